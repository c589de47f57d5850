# SPDX-License-Identifier: Apache-2.0
"""Integer Greeks from the words of an option: exact rationals rounded towards zero, and close to Black-76."""

from __future__ import annotations

import math
import random
from dataclasses import asdict, replace
from fractions import Fraction

import pytest

from oracle.analytics import black76 as floats
from oracle.errors import InvalidValue
from oracle.model.exponential import sqrt_years_q32
from oracle.model.greeks import OptionGreeks, OptionWords, option_greeks
from oracle.model.option import option_values
from tests.model.test_slice_values import FORWARD_Q16, LAW

STRIKES = (20_000, 29_999, 45_678, 60_001, 63_210, 79_999, 110_000)
TENORS = (60, 3_600, 86_400, 30 * 86_400, 300 * 86_400)
TICK_E2 = 100


def words_of(strike: int, tick_e2: int = TICK_E2) -> OptionWords:
    """Words of one strike of the law."""
    o = option_values(LAW, FORWARD_Q16, strike)
    return OptionWords(o.forward_q16, tick_e2, strike, o.call_q53, o.total_vol_q32, o.cdf_d1, o.pdf_d1)


def exact_greeks(w: OptionWords, tenor_s: int, put: bool) -> OptionGreeks:
    """[O-3], [O-4] in rationals, cut towards zero at the end."""
    usd = Fraction(w.tick_e2, 100)
    forward, vol = Fraction(w.forward_q16, 1 << 16) * usd, Fraction(w.total_vol_q32, 1 << 32)
    price = Fraction(w.call_q53, 1 << 53) * usd
    if put:
        price = max(Fraction(0), price - forward + w.strike_ticks * usd)
    cdf, pdf = Fraction(w.cdf_d1, 1 << 197), Fraction(w.pdf_d1, 1 << 202)
    tenor = max(tenor_s, 60)
    years, root = Fraction(tenor, 365 * 86_400), Fraction(sqrt_years_q32(tenor), 1 << 32)
    values = (
        price * 10**6,
        (cdf - put) * 10**9,
        pdf / (forward * vol) * 10**12,
        forward * pdf * root * 10**6,
        -forward * pdf * vol / (2 * years) * 10**6,
        -price * years * 10**6,
    )
    return OptionGreeks(*(math.trunc(value) for value in values))


@pytest.mark.parametrize("put", [False, True])
@pytest.mark.parametrize("tenor_s", [0, 59, *TENORS, (1 << 40) - 1])
def test_greeks_are_the_exact_rationals_rounded_towards_zero(tenor_s: int, put: bool) -> None:
    for strike in STRIKES:
        assert option_greeks(words_of(strike), tenor_s, put) == exact_greeks(words_of(strike), tenor_s, put)


def test_greeks_of_random_words_are_the_exact_rationals_rounded_towards_zero() -> None:
    draw = random.Random(17)
    for _ in range(300):
        words = OptionWords(
            draw.randrange(1, 1 << draw.randint(1, 40)),
            draw.randrange(1, 1 << 8),
            draw.randrange(1, 1 << draw.randint(1, 24)),
            draw.randrange(1 << draw.randint(1, 78)),
            draw.randrange(1, 1 << draw.randint(1, 35)),
            draw.choice([0, 1 << 197, draw.randrange(1 << 197)]),
            draw.randrange(1 << 202),
        )
        tenor, put = draw.randrange(1 << draw.randint(1, 40)), draw.random() < 0.5
        assert option_greeks(words, tenor, put) == exact_greeks(words, tenor, put)


@pytest.mark.parametrize("put", [False, True])
@pytest.mark.parametrize("tenor_s", TENORS)
def test_greeks_are_close_to_those_of_black_76_in_floats(tenor_s: int, put: bool) -> None:
    years = tenor_s / (365 * 86_400)
    for strike in STRIKES:
        words = words_of(strike)
        forward, vol = FORWARD_Q16 / 2**16, words.total_vol_q32 / 2**32
        truth = floats.greeks(forward, float(strike), vol / math.sqrt(years), years, put)
        mine = option_greeks(words, tenor_s, put)
        assert abs(mine.delta_e9 / 1e9 - float(truth.delta)) < 2e-9
        assert abs(mine.gamma_e12 / 1e12 - float(truth.gamma)) < 1.2e-10 / (forward * vol) + 1e-12
        assert abs(mine.vega_e6 / 1e6 - float(truth.vega)) < (1.2e-10 + 1e-9) * forward * math.sqrt(years) + 2e-5
        assert math.isclose(mine.theta_e6 / 1e6, float(truth.theta), rel_tol=1e-5, abs_tol=1e-2)
        # the vol is that of the price plus f / 2^22
        assert abs(mine.price_e6 / 1e6 + forward / 2**22 - float(truth.price)) < 1e-3
        assert math.isclose(mine.rho_e6 / 1e6, -years * mine.price_e6 / 1e6, rel_tol=1e-9, abs_tol=2e-6)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("forward_q16", (0, 1 << 40)),
        ("tick_e2", (0, 1 << 8)),
        ("strike_ticks", (0, 1 << 24)),
        ("call_q53", (-1, 1 << 78)),
        ("total_vol_q32", (0, 1 << 35)),
        ("cdf_d1", (-1, (1 << 197) + 1)),
        ("pdf_d1", (-1, 1 << 202)),
    ],
)
def test_a_word_outside_its_range_is_an_invalid_value(field: str, values: tuple[int, int]) -> None:
    words = words_of(60_001)
    assert asdict(words)[field] not in values
    for value in values:
        with pytest.raises(InvalidValue, match=field):
            option_greeks(replace(words, **{field: value}), 86_400, False)


@pytest.mark.parametrize("tenor_s", [-1, 1 << 40])
def test_a_tenor_outside_its_range_is_an_invalid_value(tenor_s: int) -> None:
    with pytest.raises(InvalidValue, match="tenor_s"):
        option_greeks(words_of(60_001), tenor_s, False)
