# SPDX-License-Identifier: Apache-2.0
"""Printed values of Black-76, and QuantLib's implementation, against the integer core.

Haug is E. G. Haug, Option Pricing Formulas, McGraw-Hill 1998: page 7 (options on futures), 11 (delta), 24 (table, 10 % rate).
Hull is J. C. Hull, Options, Futures, and Other Derivatives, chapter on options on futures (crude oil, 60, four months).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest

from oracle.errors import InvalidValue
from oracle.model.black76 import CDF_BITS, PDF_BITS, Black76, black76
from oracle.model.logarithm import ln_q48
from scripts.bench.pricing_error import VOL_BITS, random_options

ql: Any = import_module("QuantLib")
TICKS = 10_000
"""Ticks of one unit of money in the printed examples."""
HAUG_24 = {
    0.10: {
        0.15: ((0.0205, 9.9210), (1.8734, 1.8734), (9.9413, 0.0408)),
        0.25: ((0.3150, 10.2155), (3.1217, 3.1217), (10.3556, 0.4551)),
        0.35: ((0.9474, 10.8479), (4.3693, 4.3693), (11.1381, 1.2376)),
    },
    0.50: {
        0.15: ((0.8069, 10.3192), (4.0232, 4.0232), (10.5769, 1.0646)),
        0.25: ((2.7026, 12.2149), (6.6997, 6.6997), (12.7857, 3.2734)),
        0.35: ((4.9329, 14.4452), (9.3679, 9.3679), (15.3086, 5.7963)),
    },
}
"""Years, volatility, (call, put) at futures 90, 100, 110; strike 100, rate 10 %."""
LAST_DIGIT = 1e-4
"""The book prints 1.8734 for 1.87334: it rounds a normal distribution of a few digits."""
QUANTLIB_LIMITS = {"price": 1e-10, "delta": 6e-11, "gamma": 1e-10, "vega": 1e-10, "theta": 1e-10}
"""The core's own limits of tests/accuracy/test_pricing_error.py, for the v that both are given; floats add 1e-15."""


@dataclass(frozen=True)
class Example:
    """A printed option: its core, forward, strike and discount factor."""

    forward: float
    strike: float
    rate: float
    years: float
    volatility: float

    @property
    def discount(self) -> float:
        return math.exp(-self.rate * self.years)

    def core(self) -> Black76:
        k = ln_q48(round(self.strike * TICKS) << 16) - ln_q48(round(self.forward * TICKS) << 16)
        return black76(k, round(self.volatility * math.sqrt(self.years) * 2**VOL_BITS))

    def price(self, put: bool) -> float:
        forward, strike = round(self.forward * TICKS), round(self.strike * TICKS)
        call = self.core().call(forward << 16, strike) - put * ((forward - strike) << CDF_BITS + 16)
        return self.discount * math.ldexp(call / TICKS, -(CDF_BITS + 16))


PRINTED = [
    (Example(19, 19, 0.10, 0.75, 0.28), False, 1.7011),
    (Example(19, 19, 0.10, 0.75, 0.28), True, 1.7011),
    *(
        (Example(forward, 100, 0.10, years, volatility), put, values[put])
        for years, table in HAUG_24.items()
        for volatility, row in table.items()
        for forward, values in zip((90, 100, 110), row, strict=True)
        for put in (False, True)
    ),
]


@pytest.mark.parametrize(("example", "put", "printed"), PRINTED)
def test_a_price_printed_by_haug_is_reproduced_to_one_unit_of_its_last_digit(
    example: Example, put: bool, printed: float
) -> None:
    assert example.price(put) == pytest.approx(printed, abs=LAST_DIGIT)


def test_the_crude_oil_put_of_hull_is_reproduced_to_its_last_digit() -> None:
    assert Example(60, 60, 0.09, 4 / 12, 0.25).price(put=True) == pytest.approx(3.35, abs=5.01e-3)


@pytest.mark.parametrize(("put", "printed"), [(False, 0.5946), (True, -0.3566)])
def test_a_delta_printed_by_haug_is_reproduced_to_its_last_digit(put: bool, printed: float) -> None:
    example = Example(105, 100, 0.10, 0.5, 0.36)
    assert example.discount * (example.core().cdf_d1 / 2**CDF_BITS - put) == pytest.approx(printed, abs=5.01e-5)


def test_price_and_greeks_of_twenty_thousand_options_are_those_of_quantlib() -> None:
    largest = dict.fromkeys(("price", "delta", "gamma", "vega", "theta"), 0.0)
    compared = 0
    for option in random_options("quantlib", 20_000):
        forward, strike = option.forward_q16 / 65536, float(option.strike_ticks)
        vol_q32 = round(option.volatility * math.sqrt(option.years) * 2**VOL_BITS)
        vol = vol_q32 / 2**VOL_BITS
        try:
            k = ln_q48(option.strike_ticks << 16) - ln_q48(option.forward_q16)
            core = black76(k, vol_q32)
        except InvalidValue:
            continue
        theirs = ql.BlackCalculator(ql.PlainVanillaPayoff(ql.Option.Call, strike), forward, vol, 1.0)
        delta, density = core.cdf_d1 / 2**CDF_BITS, core.pdf_d1 / 2**PDF_BITS
        call = core.call(option.forward_q16, option.strike_ticks) / 2 ** (CDF_BITS + 16)
        peak = forward * math.sqrt(option.years) / math.sqrt(2 * math.pi)
        ours = {
            "price": (call - theirs.value()) / max(forward, strike),
            "delta": delta - theirs.deltaForward(),
            "gamma": (density / (forward * vol) - theirs.gammaForward()) * forward * vol * math.sqrt(2 * math.pi),
            "vega": (forward * density * math.sqrt(option.years) - theirs.vega(option.years)) / peak,
            "theta": (-forward * density * vol / (2 * option.years) - theirs.theta(forward, option.years))
            / (peak * vol / (2 * option.years**1.5)),
        }
        largest = {name: max(worst, abs(ours[name])) for name, worst in largest.items()}
        compared += 1
    assert compared > 16_000
    assert {
        name: (worst, QUANTLIB_LIMITS[name]) for name, worst in largest.items() if worst > QUANTLIB_LIMITS[name]
    } == {}
    assert min(largest.values()) > 1e-12
