# SPDX-License-Identifier: Apache-2.0
"""Price and implied vol of an option at any strike: against rational integration, the listed strikes and mpmath."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import mpmath as mp
import pytest

from oracle.errors import InvalidSlice, InvalidValue, NoTotalVol
from oracle.model.black76 import black76
from oracle.model.density import MASS_ONE, DensitySlice
from oracle.model.option import call_q53, option_values, segment_of
from oracle.model.slice import mark_e2, slice_values
from tests.model.laws import exact_call, nearest_forward_q16, random_law, strikes_of
from tests.model.test_slice_values import FORWARD_Q16, LAW, snapshot

LAWS = 60


@pytest.mark.parametrize("seed", range(LAWS))
def test_a_call_is_the_rational_integral_rounded_down_at_and_between_knots_and_outside_them(seed: int) -> None:
    law, _ = random_law(seed)
    for strike in strikes_of(law, random.Random(seed), 20):
        exact = exact_call(law, strike) * MASS_ONE
        assert call_q53(law, strike) == math.floor(exact) == law.call_at(strike)
        if strike in law.knots_ticks:
            assert exact.denominator == 1


def test_the_random_laws_have_every_corner() -> None:
    laws = [random_law(seed)[0] for seed in range(LAWS)]
    assert any(law.knots_ticks[0] == 0 for law in laws)
    assert any(0 in law.gaps_ticks for law in laws)
    assert any(law.density_q[-1] for law in laws)
    assert any(law.knots_ticks[-1] > 1 << 20 for law in laws)
    assert any(law.density_q[j] < law.density_q[j + 1] for law in laws for j in range(len(law.density_q) - 1))


@pytest.mark.parametrize("seed", range(LAWS))
def test_the_row_of_a_strike_holds_it_and_has_a_positive_width(seed: int) -> None:
    law, _ = random_law(seed)
    knots = law.knots_ticks
    for strike in strikes_of(law, random.Random(seed), 20):
        segment = segment_of(law, strike)
        right = strike + segment.to_right_ticks
        left = right - segment.gap_ticks
        assert left <= strike < right
        assert left == (knots[segment.row - 1] if segment.row else 0)
        assert right == (knots[segment.row] if segment.row < len(knots) else knots[-1] + (1 << 24))


def test_padding_changes_no_price_and_no_vol() -> None:
    for strike in (1, 29_999, 30_000, 61_234, 119_999, 120_000, 500_000):
        assert option_values(LAW, FORWARD_Q16, strike) == option_values(LAW.padded(48), FORWARD_Q16, strike)


def test_a_listed_strike_has_the_price_mark_vol_and_words_of_the_slice() -> None:
    for listed in slice_values(LAW, snapshot(), 100).strikes:
        option = option_values(LAW, FORWARD_Q16, listed.strike_ticks)
        assert option.call_q53 == listed.call_q53
        assert mark_e2(option.call_q53, 100) == listed.mark_e2
        assert option.total_vol_q32 == listed.total_vol_q32
        assert (option.cdf_d1, option.pdf_d1) == (listed.cdf_d1, listed.pdf_d1)


def test_the_words_of_an_unlisted_strike_are_those_of_black_76_at_its_vol() -> None:
    for strike in (1, 100, 29_000, 31_234, 59_999, 60_001, 118_000, 400_000, (1 << 24) - 1):
        option = option_values(LAW, FORWARD_Q16, strike)
        core = black76(option.log_moneyness_q48, option.total_vol_q32 << 8)
        assert (option.cdf_d1, option.pdf_d1) == (core.cdf_d1, core.pdf_d1)
        vol, forward = mp.mpf(option.total_vol_q32) / 2**32, mp.mpf(FORWARD_Q16) / 2**16
        d1 = mp.log(forward / strike) / vol + vol / 2
        price = forward * mp.ncdf(d1) - strike * mp.ncdf(d1 - vol)
        target = mp.mpf(option.call_q53) / MASS_ONE + mp.mpf(LAW.mean_q53) / MASS_ONE / 2**22
        assert abs(price - target) < mp.mpf(2) ** -15 + 2 * max(forward, strike) * 7e-11


def test_a_tick_of_strike_takes_at_most_a_tick_off_a_call_and_never_adds_to_it() -> None:
    calls = [option_values(LAW, FORWARD_Q16, strike).call_q53 for strike in range(44_990, 45_010)]
    assert all(0 <= left - right <= MASS_ONE for left, right in pairwise(calls))


@pytest.mark.parametrize("strike", [0, -1, 1 << 24])
def test_a_strike_outside_its_range_is_an_invalid_value(strike: int) -> None:
    for refuse in (segment_of, call_q53):
        with pytest.raises(InvalidValue, match="strike_ticks"):
            refuse(LAW, strike)
    with pytest.raises(InvalidValue, match="strike_ticks"):
        option_values(LAW, FORWARD_Q16, strike)


def test_a_forward_off_the_mean_is_an_invalid_slice() -> None:
    for by in (1, -1):
        with pytest.raises(InvalidSlice, match="not within"):
            option_values(LAW, FORWARD_Q16 + by, 60_000)


def test_a_strike_below_the_floor_of_the_price_has_no_total_vol() -> None:
    """A mean above 2^22 ticks: at strike 1 the target is above the forward."""
    law = DensitySlice(((1 << 23) - 8, 1 << 23, (1 << 23) + 8), (0, MASS_ONE // 48 - 1, 0))
    forward = nearest_forward_q16(law)
    assert law.agrees_with(forward)
    with pytest.raises(NoTotalVol, match="strike_ticks = 1:") as caught:
        option_values(law, forward, 1)
    assert (caught.value.strike_ticks, caught.value.forward_q16) == (1, forward)


def test_a_call_from_2_to_the_78_is_an_invalid_value() -> None:
    knots = tuple(((1 << 22) - 1) * j for j in range(20))
    assert call_q53(DensitySlice(knots, (0,) * 4 + (1 << 28,) + (0,) * 15), 1) < 1 << 78
    with pytest.raises(InvalidValue, match="call_q53"):
        call_q53(DensitySlice(knots, (0,) * 18 + (1 << 28, 0)), 1)
