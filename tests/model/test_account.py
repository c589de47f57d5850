# SPDX-License-Identifier: Apache-2.0
"""From positions and proven slices to margin positions: rounding [A-1] to [A-4], merging, refusals."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import mpmath as mp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.errors import InvalidValue, MarginError, ShockedVolTooHigh
from oracle.model.account import (
    AMOUNT_LIMIT_E4,
    Position,
    PublishedSlice,
    PublishedStrike,
    equity_e6,
    margin_position,
    margin_positions,
    merge,
    shocked_vol_q18,
)
from oracle.model.grid import VolShock, load_grid
from oracle.model.insolvency import required_cash_e6 as insolvency_bound
from oracle.model.insolvency import worst_row
from oracle.model.logarithm import ln_q48
from oracle.model.margin import (
    LEAST_UPPER_VOL_Q18,
    VOL_LIMIT_Q18,
    MarginParams,
    MarginPosition,
    inverse_vol_q4,
    padded,
)

GRID = load_grid(Path(__file__).resolve().parents[2] / "circuits" / "grids" / "flat.json")
EXPIRY, STRIKE = 1_800_000_000, 61_000
FORWARD_Q16 = 60_123 * 65_536 + 12_345
POSITION = Position(EXPIRY, STRIKE, False, 5_000)
SLICE = PublishedSlice(
    EXPIRY,
    1,
    FORWARD_Q16,
    ln_q48(FORWARD_Q16),
    100,
    {STRIKE: PublishedStrike(ln_q48(STRIKE << 16), 250_012, round(0.13 * 2**32))},
)
SLICES = {EXPIRY: SLICE}


def test_strike_and_forward_are_cents_the_forward_to_the_nearest() -> None:
    p = margin_position(POSITION, SLICES, GRID, upper=True)
    assert p.strike_e2 == STRIKE * 100
    assert abs(Fraction(p.forward_e2) - Fraction(FORWARD_Q16 * 100, 65_536)) <= Fraction(1, 2)
    assert replace(SLICE, forward_q16=32_768, tick_e2=1).forward_e2 == 1


def test_log_moneyness_is_rounded_down() -> None:
    p = margin_position(POSITION, SLICES, GRID, upper=True)
    exact = mp.log(mp.mpf(STRIKE) * 65_536 / FORWARD_Q16) * 2**24
    assert 0 <= exact - p.log_moneyness_q24 < 1.001


def test_the_mark_of_a_put_is_by_parity_and_never_negative() -> None:
    call, put = (margin_position(replace(POSITION, put=side), SLICES, GRID, True).mark_e2 for side in (False, True))
    assert call == 250_012
    assert put == 250_012 + STRIKE * 100 - SLICE.forward_e2
    low = replace(SLICE, strikes={STRIKE: replace(SLICE.strikes[STRIKE], mark_e2=0)}, forward_q16=70_000 << 16)
    assert margin_position(replace(POSITION, put=True), {EXPIRY: low}, GRID, True).mark_e2 == 0


@given(
    st.integers(0, (1 << 34) - 1), st.integers(0, 1 << 35), st.integers(-(1 << 34), 1 << 34), st.integers(0, 1 << 34)
)
def test_vols_are_rounded_against_the_prover(total: int, multiplier: int, shift: int, floor: int) -> None:
    exact = max(Fraction(total * multiplier + (shift << 32), 1 << 46), Fraction(floor, 1 << 14))
    shock = VolShock(multiplier, shift, floor)
    up, down = shocked_vol_q18(total, shock, True), shocked_vol_q18(total, shock, False)
    assert down == min(exact.__floor__(), VOL_LIMIT_Q18 - 1)
    assert up == max(exact.__ceil__(), LEAST_UPPER_VOL_Q18)


@pytest.mark.parametrize(
    ("amount", "upper", "rounds_up"), [(1, True, False), (-1, True, True), (1, False, True), (-1, False, False)]
)
def test_the_side_that_needs_an_upper_bound_depends_on_sign_and_statement(
    amount: int, upper: bool, rounds_up: bool
) -> None:
    p = margin_position(replace(POSITION, amount_e4=amount), SLICES, GRID, upper)
    total = SLICE.strikes[STRIKE].total_vol_q32
    shocks = GRID.vol_rule.shocks(EXPIRY - SLICE.observed_at)
    assert p.vols_q18 == tuple(shocked_vol_q18(total, shock, rounds_up) for shock in shocks)


def test_a_liquidator_passes_over_rows_whose_vol_is_shocked_to_eight() -> None:
    """The long call has no upper bound with vols up; the unshocked rows still prove what they can."""
    grid = replace(GRID, vol_rule=replace(GRID.vol_rule, up_e4=20_000))
    wild = replace(SLICE, strikes={STRIKE: replace(SLICE.strikes[STRIKE], total_vol_q32=3 << 32)})
    params = MarginParams(80, 0, 0)
    book = [margin_position(POSITION, {EXPIRY: wild}, grid, upper=False)]
    assert book[0].vols_q18[0] >= VOL_LIMIT_Q18
    row, bound = worst_row(book, grid, params)
    assert row >= 18
    assert bound == insolvency_bound(book, grid, row, params)
    with pytest.raises(ShockedVolTooHigh):
        insolvency_bound(book, grid, 0, params)
    with pytest.raises(ShockedVolTooHigh):
        worst_row([replace(book[0], vols_q18=(VOL_LIMIT_Q18,) * 3)], grid, params)


def test_an_unknown_expiry_or_strike_is_a_margin_error() -> None:
    with pytest.raises(MarginError, match="no proven slice"):
        margin_position(replace(POSITION, expiry=5), SLICES, GRID, True)
    with pytest.raises(MarginError, match="not listed"):
        margin_position(replace(POSITION, strike_ticks=5), SLICES, GRID, True)


def test_a_strike_beyond_its_width_is_an_invalid_value() -> None:
    strike = (1 << 24) - 1
    wide = replace(SLICE, tick_e2=256, strikes={strike: PublishedStrike(0, 0, 1 << 32)}, forward_q16=1 << 16)
    p = margin_position(replace(POSITION, strike_ticks=strike), {EXPIRY: wide}, GRID, True)
    assert p.strike_e2 == strike * 256
    wider = replace(wide, tick_e2=257)
    with pytest.raises(InvalidValue, match="strike_e2"):
        margin_position(replace(POSITION, strike_ticks=strike), {EXPIRY: wider}, GRID, True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount_e4": 0}, "amount_e4"),
        ({"amount_e4": 1 << 28}, "amount_e4"),
        ({"amount_e4": -(1 << 28)}, "amount_e4"),
        ({"strike_ticks": 1 << 24}, "strike_ticks"),
        ({"expiry": -1}, "expiry"),
    ],
)
def test_a_position_outside_its_widths_is_an_invalid_value(change: dict[str, int], field: str) -> None:
    with pytest.raises(InvalidValue, match=field):
        replace(POSITION, **change)  # type: ignore[arg-type]


positions = st.builds(
    Position,
    st.integers(1, 3),
    st.integers(1, 3),
    st.booleans(),
    st.integers(-50, 50).filter(bool),
)


@given(st.lists(positions, max_size=12), st.lists(positions, max_size=12))
def test_merging_nets_by_contract_and_sorts(first: list[Position], second: list[Position]) -> None:
    merged = merge(first, second)
    keys = [(p.expiry, p.strike_ticks, p.put) for p in merged]
    assert keys == sorted(set(keys))
    for p in merged:
        same = [
            q.amount_e4
            for q in first + second
            if (q.expiry, q.strike_ticks, q.put) == (p.expiry, p.strike_ticks, p.put)
        ]
        assert p.amount_e4 == sum(same) != 0
    assert sum(p.amount_e4 for p in merged) == sum(p.amount_e4 for p in first + second)
    assert merge(merged) == merged


def test_equity_is_cash_plus_signed_marks() -> None:
    book = [POSITION, replace(POSITION, put=True, amount_e4=-300)]
    marks = [p.mark_e2 for p in margin_positions(book, SLICES, GRID, True)]
    assert equity_e6(-7, book, SLICES, GRID) == -7 + 5_000 * marks[0] - 300 * marks[1]


def test_too_many_positions_are_a_margin_error() -> None:
    unused = MarginPosition(1, False, False, 1, 0, 1, 1, (1 << 18,) * 3)
    assert len(padded([unused], 4)) == 4
    with pytest.raises(MarginError, match="do not fit"):
        padded([unused] * 5, 4)


def test_a_vol_too_low_for_an_upper_bound_is_a_margin_error() -> None:
    assert inverse_vol_q4(1 << 11, True) == 1 << 11
    assert inverse_vol_q4(0, False) == 0
    with pytest.raises(MarginError, match="upper price bound"):
        inverse_vol_q4((1 << 11) - 1, True)


@given(st.integers(LEAST_UPPER_VOL_Q18, VOL_LIMIT_Q18 - 1))
def test_the_inverse_vol_is_the_least_integer_not_below_it(vol: int) -> None:
    x = inverse_vol_q4(vol, True)
    assert x < 1 << 12
    assert 0 <= x * vol - (1 << 22) < vol


def test_a_vol_of_eight_that_needs_an_upper_bound_is_refused_by_name() -> None:
    assert inverse_vol_q4(VOL_LIMIT_Q18 - 1, True) == 3
    assert inverse_vol_q4(VOL_LIMIT_Q18, False) == 0
    with pytest.raises(ShockedVolTooHigh, match="below 2\\^21") as caught:
        inverse_vol_q4(VOL_LIMIT_Q18, True)
    assert caught.value.value == VOL_LIMIT_Q18


@pytest.mark.parametrize(
    ("values", "field"),
    [((256, 0, 0), "factor_e2"), ((1, 1 << 17, 0), "short_rate_e5"), ((1, 0, -1), "perpetual_rate_e5")],
)
def test_parameters_outside_their_widths_are_invalid_values(values: tuple[int, int, int], field: str) -> None:
    with pytest.raises(InvalidValue, match=field):
        MarginParams(*values)


def test_a_word_gives_its_position_back_at_the_edges_of_every_field() -> None:
    rng = random.Random(3)
    edges = [(1 << 64) - 1, 1], [(1 << 24) - 1, 0], [AMOUNT_LIMIT_E4 - 1, 1 - AMOUNT_LIMIT_E4, 1, -1]
    for _ in range(2_000):
        expiry = rng.choice([*edges[0], rng.randrange(1, 1 << 64)])
        strike, amount = (
            rng.choice([*edges[1], rng.getrandbits(24)]),
            rng.choice([*edges[2], rng.randrange(1, 1 << 28)]),
        )
        position, hint = Position(expiry, strike, rng.random() < 0.5, amount), rng.getrandbits(8)
        word = position.word(hint)
        assert Position.from_word(word) == position
        assert (word >> 118, word >> 126) == (hint, 0)
        assert position.word() == word & (1 << 118) - 1


def test_words_are_in_the_order_of_their_positions() -> None:
    book = sorted(Position(e, k, put, 7) for e in (1, 2) for k in (5, 6) for put in (False, True))
    assert [p.word() for p in book] == sorted(p.word() for p in book)


def test_a_hint_beyond_eight_bits_is_refused() -> None:
    with pytest.raises(InvalidValue, match="hint"):
        Position(1, 1, False, 1).word(256)


@pytest.mark.parametrize(("strike", "put"), [(1, False), (0, True)])
def test_a_perpetual_with_terms_is_refused(strike: int, put: bool) -> None:
    with pytest.raises(InvalidValue, match="neither strike nor put flag"):
        Position(0, strike, put, 1)


def test_a_perpetual_is_its_mark_without_strike_and_vol() -> None:
    shown = margin_positions([Position(0, 0, False, -5)], SLICES, GRID, True, 6_012_345)[0]
    assert (shown.perpetual, shown.strike_e2, shown.log_moneyness_q24) == (True, 0, 0)
    assert (shown.mark_e2, shown.forward_e2, shown.vols_q18) == (6_012_345, 6_012_345, (1 << 18,) * 3)
    assert shown.value == -5 * 6_012_345
    with pytest.raises(MarginError, match="a perpetual without a mark"):
        margin_positions([Position(0, 0, False, -5)], SLICES, GRID, True)


def test_a_hint_is_the_place_of_a_strike_in_its_listing() -> None:
    published = next(iter(SLICES.values()))
    for place, strike in enumerate(sorted(published.strikes)):
        assert published.hint(strike) == place
    with pytest.raises(MarginError, match="strike 1 is not listed"):
        published.hint(1)
