# SPDX-License-Identifier: Apache-2.0
"""Marks, implied vols and the fit error of one expiry, each against an independent calculation."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import mpmath as mp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.errors import InvalidSlice, InvalidValue
from oracle.model.black76 import PRICE_SHIFT, VOL_TOLERANCE, black76, implied_total_vol_q32
from oracle.model.density import MASS_ONE, DensitySlice
from oracle.model.logarithm import ln_q48
from oracle.model.slice import mark_e2, slice_values, squared_error
from oracle.model.snapshot import ExpirySnapshot, MarketSnapshot, Quote

KNOTS = (30_000, 45_000, 55_000, 60_000, 65_000, 80_000, 120_000)
NODES = (0, 9_000_000_000, 30_000_000_000, 36_000_000_000, 24_000_000_000, 5_000_000_000, 0)


def density() -> DensitySlice:
    """A law on seven knots with mass just below one."""
    trial = DensitySlice(KNOTS, NODES)
    scale = Fraction(MASS_ONE - (1 << 20), trial.survival_q53[0])
    return DensitySlice(KNOTS, tuple(int(q * scale) for q in NODES))


def _agreeing() -> tuple[DensitySlice, int]:
    """The law with its first node moved until its mean is within [D-5] of a forward at 2^16."""
    law = density()
    for first in range(1 << 12):
        law = DensitySlice(KNOTS, (first, *law.density_q[1:]))
        nearest = round(Fraction(law.mean_q53, 1 << 37))
        if law.agrees_with(nearest):
            return law, nearest
    raise AssertionError("no law of the family agrees with a forward")


LAW, FORWARD_Q16 = _agreeing()


def snapshot(mid_shift: int = 0) -> ExpirySnapshot:
    """Quotes at the law's own prices in half ticks, moved by ``mid_shift``."""
    quotes = [Quote(30_000, False, False, 0, 0)]
    for strike in (45_000, 55_000, 60_000, 65_000, 80_000):
        put = strike < 60_000
        price = LAW.call_at(strike) - ((LAW.mean_q53 - (strike << 53)) if put else 0)
        quotes.append(Quote(strike, put, True, round(Fraction(20_000 * price, LAW.mean_q53)) + mid_shift, 2))
    return ExpirySnapshot(1_800_000_000, FORWARD_Q16, tuple(quotes))


@given(st.integers(0, (1 << 77) - 1), st.integers(1, 255))
def test_a_mark_is_the_nearest_cent(call: int, tick: int) -> None:
    exact = Fraction(call * tick, MASS_ONE)
    if exact + Fraction(1, 2) >= 1 << 32:
        with pytest.raises(InvalidValue, match="mark_e2"):
            mark_e2(call, tick)
    else:
        assert mark_e2(call, tick) == math.floor(exact + Fraction(1, 2))


def test_the_published_numbers_of_a_law_are_those_of_its_prices() -> None:
    values = slice_values(LAW, snapshot(), 100)
    for strike in values.strikes:
        assert strike.call_q53 == LAW.call_at(strike.strike_ticks)
        assert strike.mark_e2 == mark_e2(strike.call_q53, 100)
        assert strike.ln_strike_q48 == ln_q48(strike.strike_ticks << 16)
        vol = mp.mpf(strike.total_vol_q32) / 2**32
        forward = mp.mpf(values.forward_q16) / 2**16
        d1 = mp.log(forward / strike.strike_ticks) / vol + vol / 2
        price = forward * mp.ncdf(d1) - strike.strike_ticks * mp.ncdf(d1 - vol)
        target = mp.mpf(strike.call_q53) / MASS_ONE + mp.mpf(LAW.mean_q53) / MASS_ONE / 2**22
        assert abs(price - target) < mp.mpf(2) ** -15 + 2 * forward * 7e-11


def test_the_fit_error_is_the_least_integer_above_the_sum_of_squares() -> None:
    for shift in (0, 3):
        listed = snapshot(shift)
        expected = Fraction(0)
        for quote in listed.quotes:
            if quote.quoted:
                call = Fraction(LAW.call_at(quote.strike_ticks), LAW.mean_q53)
                parity = 1 - Fraction(quote.strike_ticks << 53, LAW.mean_q53) if quote.put else 0
                expected += (20_000 * (call - parity) - quote.mid_half_ticks) ** 2
        assert Fraction(squared_error(LAW, listed), LAW.mean_q53**2) == expected
        assert slice_values(LAW, listed, 100).fit_error_q16 == math.ceil(expected * 65_536)


def test_an_unquoted_strike_does_not_count_in_the_fit_error() -> None:
    listed = snapshot(5)
    silent = replace(
        listed,
        quotes=tuple(
            replace(q, quoted=False, put=False, mid_half_ticks=0, half_spread_half_ticks=0) for q in listed.quotes
        ),
    )
    assert squared_error(LAW, listed) > 0
    assert squared_error(LAW, silent) == 0


@pytest.mark.parametrize("strike", [45_000, 60_000, 80_000])
def test_an_implied_vol_is_the_nearest_of_all_to_the_price(strike: int) -> None:
    k = ln_q48(strike << 16) - ln_q48(FORWARD_Q16)
    target = (LAW.call_at(strike) << PRICE_SHIFT - 53) + (LAW.mean_q53 << PRICE_SHIFT - 75)
    vol = implied_total_vol_q32(FORWARD_Q16, strike, k, target)
    errors = {v: abs(black76(k, v).call(FORWARD_Q16, strike) - target) for v in range(vol - 3, vol + 4)}
    assert min(errors, key=lambda v: errors[v]) == vol
    assert errors[vol] < VOL_TOLERANCE


@pytest.mark.parametrize("vol", [1 << 20, 3 << 32, 5 << 32, (8 << 32) - (1 << 20)])
@pytest.mark.parametrize("strike", [1, 40, 60_000, (1 << 24) - 1])
def test_a_vol_below_eight_is_found_again_wherever_the_tables_reach(vol: int, strike: int) -> None:
    k = ln_q48(strike << 16) - ln_q48(FORWARD_Q16)
    try:
        target = black76(k, vol).call(FORWARD_Q16, strike)
    except InvalidValue:
        pytest.skip("|d| reaches 8 at this vol and strike")
    found = implied_total_vol_q32(FORWARD_Q16, strike, k, target)
    assert abs(black76(k, found).call(FORWARD_Q16, strike) - target) < VOL_TOLERANCE


def test_a_price_that_no_vol_reaches_is_an_invalid_slice() -> None:
    with pytest.raises(InvalidSlice, match="no total vol"):
        implied_total_vol_q32(60_000 << 16, 60_000, 0, 60_001 << PRICE_SHIFT)
    with pytest.raises(InvalidSlice, match="no total vol"):
        implied_total_vol_q32(60_000 << 16, 30_000, ln_q48(30_000 << 16) - ln_q48(60_000 << 16), 29_000 << PRICE_SHIFT)


@pytest.mark.parametrize(
    ("change", "rule"),
    [({"forward_q16": FORWARD_Q16 + 1}, "D-5"), ({"quotes": (Quote(44_999, False, False, 0, 0),)}, "not a knot")],
)
def test_a_snapshot_that_is_not_of_the_slice_is_an_invalid_slice(change: dict[str, object], rule: str) -> None:
    with pytest.raises(InvalidSlice, match=rule):
        slice_values(LAW, replace(snapshot(), **change), 100)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((1 << 24, False, True, 5, 1), "strike_ticks"),
        ((0, False, True, 5, 1), "strike_ticks"),
        ((5, False, True, 1 << 24, 1), "mid_half_ticks"),
        ((5, False, True, 1 << 20, 1 << 16), "half_spread_half_ticks"),
        ((5, False, True, 5, 6), "half_spread_half_ticks"),
        ((5, False, True, 5, 0), "half_spread_half_ticks"),
        ((5, False, False, 5, 0), "quoted"),
        ((5, True, False, 0, 0), "quoted"),
    ],
)
def test_a_quote_outside_its_widths_is_an_invalid_value(
    arguments: tuple[int, bool, bool, int, int], field: str
) -> None:
    with pytest.raises(InvalidValue, match=field):
        Quote(*arguments)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"expiry": -1}, "expiry"),
        ({"forward_q16": 1 << 40}, "forward_q16"),
        ({"forward_q16": (1 << 16) - 1}, "forward_q16"),
        ({"quotes": (Quote(6, False, True, 5, 1), Quote(6, False, True, 5, 1))}, "strike_ticks"),
        ({"quotes": (Quote(7, False, True, 5, 1), Quote(6, False, True, 5, 1))}, "strike_ticks"),
    ],
)
def test_an_expiry_outside_its_widths_is_an_invalid_value(change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidValue, match=field):
        replace(snapshot(), **change)  # type: ignore[arg-type]


MARKET = MarketSnapshot("BTC-USD", 7, 1_700_000_000_000, 6_000_000, 100, (snapshot(),), 3)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"market": ""}, "market"),
        ({"market": "X" * 33}, "market"),
        ({"epoch": -1}, "epoch"),
        ({"spot_e2": 1 << 64}, "spot_e2"),
        ({"tick_e2": 0}, "tick_e2"),
        ({"tick_e2": 256}, "tick_e2"),
        ({"rejected_count": 1 << 32}, "rejected_count"),
        ({"expiries": (snapshot(), snapshot())}, "expiry"),
    ],
)
def test_a_market_outside_its_widths_is_an_invalid_value(change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidValue, match=field):
        replace(MARKET, **change)  # type: ignore[arg-type]


def test_every_number_of_a_market_snapshot_moves_its_root() -> None:
    changes: list[dict[str, object]] = [
        {"market": "ETH-USD"},
        {"epoch": 8},
        {"observed_at_ms": 1},
        {"spot_e2": 1},
        {"tick_e2": 5},
        {"rejected_count": 4},
        {"expiries": ()},
        {"expiries": (snapshot(1),)},
        {"expiries": (replace(snapshot(), expiry=5),)},
    ]
    roots = {replace(MARKET, **change).root() for change in changes}  # type: ignore[arg-type]
    assert len(roots | {MARKET.root()}) == len(changes) + 1
