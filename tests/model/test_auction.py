# SPDX-License-Identifier: Apache-2.0
"""Price and size of bids: the bounds that hold for every account, and a case by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from oracle.model.auction import (
    WHOLE_E4,
    Moment,
    bonus_e6,
    clock_start,
    largest_fraction_e4,
    price_e6,
    sold_for_e6,
)

AMOUNT = st.integers(-(1 << 60), 1 << 60)
MOMENT = st.builds(Moment, st.integers(0, 70_000), st.integers(1, (1 << 16) - 1), st.integers(0, 100))
START, HALF = Moment(0, 1_200, 98), Moment(600, 1_200, 98)


def test_an_account_short_of_twenty_with_eighty_of_equity_sells_a_fifth_at_the_start() -> None:
    cash, equity, bound = 1_000, 80_000, 21_000
    assert sold_for_e6(equity, START) == 78_400
    assert largest_fraction_e4(bound, cash, equity, START) == 20_000 * 10_000 // 98_400
    assert price_e6(equity - cash, cash, 10_000, HALF) == sold_for_e6(equity, HALF) - cash == 38_200


@given(AMOUNT, AMOUNT, AMOUNT, MOMENT)
def test_the_largest_part_leaves_at_most_the_bound_of_the_rest(
    bound: int, cash: int, equity: int, moment: Moment
) -> None:
    fraction = largest_fraction_e4(bound, cash, equity, moment)
    assert 0 <= fraction <= WHOLE_E4
    if 0 < fraction < WHOLE_E4:
        f = Fraction(fraction, WHOLE_E4)
        assert cash + f * (sold_for_e6(equity, moment) - cash) <= (1 - f) * bound


@given(AMOUNT, AMOUNT, st.integers(1, WHOLE_E4), MOMENT)
def test_a_bidder_never_pays_more_than_the_positions_marks_and_less_with_time(
    value: int, cash: int, fraction: int, moment: Moment
) -> None:
    price = price_e6(value, cash, fraction, moment)
    assert price <= value
    assert price_e6(value, cash, fraction, replace(moment, elapsed_s=moment.elapsed_s + 1)) <= price


@given(st.integers(0, 1 << 47), st.integers(1, WHOLE_E4), MOMENT)
def test_a_bonus_stays_within_its_cap(cap: int, fraction: int, moment: Moment) -> None:
    assert 0 <= bonus_e6(cap, fraction, moment) <= cap


@given(st.integers(0, 1 << 40), st.integers(0, 1 << 40), st.integers(31, 1 << 40))
def test_the_clock_starts_at_most_thirty_seconds_ago_and_never_ahead(oldest: int, changed: int, now: int) -> None:
    assert now - 30 <= clock_start(oldest, changed, now) <= now


@given(MOMENT)
def test_a_discount_is_the_share_that_an_equity_sells_below_itself(moment: Moment) -> None:
    assert moment.discount_e4 == WHOLE_E4 - Fraction(sold_for_e6(10**9 * WHOLE_E4, moment), 10**9).__ceil__()
    assert (START.discount_e4, HALF.discount_e4, Moment(1_200, 1_200, 98).discount_e4) == (200, 5_100, 10_000)
