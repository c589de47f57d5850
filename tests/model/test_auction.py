# SPDX-License-Identifier: Apache-2.0
"""Price and size of bids: the bounds that hold for every account, and a case by hand."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from oracle.model.auction import (
    WHOLE_E4,
    bonus_e6,
    clock_start,
    largest_fraction_e4,
    price_e6,
    sold_for_e6,
)

AMOUNT = st.integers(-(1 << 60), 1 << 60)
SECONDS = st.integers(0, 2_000)


def test_an_account_short_of_twenty_with_eighty_of_equity_sells_a_fifth_at_the_start() -> None:
    cash, equity, bound = 1_000, 80_000, 21_000
    assert sold_for_e6(equity, 0) == 78_400
    assert largest_fraction_e4(bound, cash, equity, 0) == 20_000 * 10_000 // 98_400
    assert price_e6(equity - cash, cash, 10_000, 600) == sold_for_e6(equity, 600) - cash == 38_200


@given(AMOUNT, AMOUNT, AMOUNT, SECONDS)
def test_the_largest_part_leaves_at_most_the_bound_of_the_rest(
    bound: int, cash: int, equity: int, elapsed: int
) -> None:
    fraction = largest_fraction_e4(bound, cash, equity, elapsed)
    assert 0 <= fraction <= WHOLE_E4
    if 0 < fraction < WHOLE_E4:
        f = Fraction(fraction, WHOLE_E4)
        assert cash + f * (sold_for_e6(equity, elapsed) - cash) <= (1 - f) * bound


@given(AMOUNT, AMOUNT, st.integers(1, WHOLE_E4), SECONDS)
def test_a_bidder_never_pays_more_than_the_positions_marks_and_less_with_time(
    value: int, cash: int, fraction: int, elapsed: int
) -> None:
    price = price_e6(value, cash, fraction, elapsed)
    assert price <= value
    assert price_e6(value, cash, fraction, elapsed + 1) <= price


@given(st.integers(0, 1 << 47), st.integers(1, WHOLE_E4), SECONDS)
def test_a_bonus_stays_within_its_cap(cap: int, fraction: int, elapsed: int) -> None:
    assert 0 <= bonus_e6(cap, fraction, elapsed) <= cap


@given(st.integers(0, 1 << 40), st.integers(0, 1 << 40), st.integers(31, 1 << 40))
def test_the_clock_starts_at_most_thirty_seconds_ago_and_never_ahead(oldest: int, changed: int, now: int) -> None:
    assert now - 30 <= clock_start(oldest, changed, now) <= now
