# SPDX-License-Identifier: Apache-2.0
"""The one-sided price bound of the margin cell against mpmath, over EVERY d and every number of tail steps."""

from __future__ import annotations

import math
import random

import mpmath as mp
import numpy as np
import numpy.typing as npt
import pytest

from oracle.model.margin import TABLE_ERROR_Q20, TAIL_STEP_IN, TAIL_STEP_OUT, VOL_LIMIT_Q18, cell_hint, inverse_vol_q4
from oracle.model.tables import MARGIN_CDF_Q7, MARGIN_CDF_Q18

CHARGE = TABLE_ERROR_Q20 / 2**20
Floats = npt.NDArray[np.float64]
SECOND = np.array([MARGIN_CDF_Q7(d) / 2**MARGIN_CDF_Q7.output_bits for d in range(2048)])
K_ERRORS = (-0.5, 1.5)
"""True k - ln s less the integer, in 2^-24: [A-2] rounds down, [G-1] to the nearest."""


def exact_call(k: float, vol_q18: int) -> float:
    """Call on a forward of 1 at strike e^k, k in units of 2^-24."""
    log_strike, vol = mp.mpf(k) / 2**24, mp.mpf(vol_q18) / 2**18
    strike = mp.exp(log_strike)
    if vol_q18 == 0:
        return float(max(1 - strike, 0))
    d1 = -log_strike / vol + vol / 2
    return float(mp.ncdf(d1) - strike * mp.ncdf(d1 - vol))


def bounds(k_q24: int, vol_q18: int, strike: float, steps: int, upper: bool) -> Floats:
    """The cell's price at every admissible d, forward 1, without the charge."""
    d = np.arange(2048 - (vol_q18 >> 11))
    first = np.array([MARGIN_CDF_Q18((int(i) << 11) + vol_q18) / 2**122 for i in d])
    return _price(first, d, k_q24, vol_q18, strike, steps, upper)


def _price(
    first: Floats, d: npt.NDArray[np.int64], k_q24: int, vol_q18: int, strike: float, steps: int, upper: bool
) -> Floats:
    tail = TAIL_STEP_IN * (d >> 8 == 7).astype(int) - TAIL_STEP_OUT * (d >> 8 == 0)
    eta = vol_q18 * (d - 1024.0 + steps * tail) * 2.0**12 + k_q24 * 2.0**13 + float(vol_q18) ** 2
    penalty = 1635 * inverse_vol_q4(vol_q18, upper) * eta**2 / 2.0**92
    return np.asarray((first + penalty) - strike * (SECOND[d] - penalty), dtype=np.float64)


def draws(count: int, least_vol: int) -> list[tuple[int, int]]:
    """(k, v) with strikes up to e^4 away, many of them near the money."""
    draw = random.Random(count)
    cases = []
    for _ in range(count):
        vol = round(math.exp(draw.uniform(math.log(least_vol), math.log(VOL_LIMIT_Q18 - 1))))
        reach = min(4 * 2**24, draw.choice((0.0, 1.0, 3.0, 20.0)) * vol * 64 + 2)
        cases.append((round(draw.uniform(-reach, reach)), vol))
    return cases


@pytest.mark.parametrize(("least_vol", "errors"), [(1 << 11, (*K_ERRORS, -84.0, 84.0))])
def test_every_d_bounds_a_short_price_from_above_whatever_the_prover_picks(
    least_vol: int, errors: tuple[float, ...]
) -> None:
    """84 units: the rounding of a forward of 1,000 dollars to cents, admissible from the vol floor of [A-4] on."""
    for k, vol in draws(120, least_vol):
        d = np.arange(2048 - (vol >> 11))
        first = np.array([MARGIN_CDF_Q18((int(i) << 11) + vol) / 2**122 for i in d])
        for error in errors:
            strike, call = math.exp((k + error) / 2**24), exact_call(k + error, vol)
            for steps in (0, 1, 2, 5, 20, 60, 200, 511):
                worst = np.min(_price(first, d, k, vol, strike, steps, True)) + CHARGE * (1 + strike) - call
                assert worst >= 0


def test_every_d_bounds_a_long_price_from_below_whatever_the_prover_picks() -> None:
    for k, vol in [*draws(120, 1), (0, 0), (1 << 24, 0), (-(1 << 24), 0)]:
        for error in K_ERRORS:
            strike, call = math.exp((k + error) / 2**24), exact_call(k + error, vol)
            assert np.max(bounds(k, vol, strike, 0, False)) - CHARGE * (1 + strike) <= call


def test_the_hint_of_the_circuit_costs_an_honest_prover_little() -> None:
    """0.1 x (v / 256)^2 with x near 1 / v, and the table; besides the charge. Six deviations around the forward."""
    for k, vol in draws(150, 1 << 11):
        if abs(k) > 6 * vol * 64:
            continue
        strike, (d, steps) = math.exp(k / 2**24), cell_hint(k, vol)
        call, most = exact_call(k, vol), (2e-6 * vol / 2**18 + 3e-6) * (1 + strike)
        assert bounds(k, vol, strike, steps, True)[d] - call < most
        assert call - bounds(k, vol, strike, steps, False)[d] < most


def test_without_the_charge_the_bound_fails() -> None:
    """The charge is needed: the error of the table alone takes a price to the wrong side."""
    vol = 1 << 16
    low = min(
        float(np.min(bounds(k, vol, math.exp(k / 2**24), 0, True))) - exact_call(k, vol)
        for k in range(-(1 << 21), 1 << 21, 1 << 16)
    )
    assert low < 0
