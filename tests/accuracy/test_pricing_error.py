# SPDX-License-Identifier: Apache-2.0
"""Price and Greeks of the pricing core against Black-76 at 50 digits, over the whole stated domain.

``ZKRISK_POINTS`` sets the number of random options (``make test-accuracy``: a million).
"""

from __future__ import annotations

import os
from dataclasses import asdict

import mpmath as mp
import pytest
from flint import ctx

from oracle.model.black76 import CDF_BITS, CORE_BITS, PDF_BITS, black76
from oracle.model.logarithm import ln_q48
from scripts.bench.pricing_error import (
    DIGITS,
    HOUR_YEARS,
    VOL_BITS,
    Errors,
    Option,
    Source,
    corner_options,
    largest_errors,
    option_errors,
    random_options,
    sampled_errors,
    shortest_options,
)

POINTS = int(os.environ.get("ZKRISK_POINTS", "20000"))
CDF_ERROR, PDF_ERROR, PEAK = 4e-11, 8e-12, 0.39894228
"""Bounds of tests/model/test_tables.py, and phi(0)."""
VOL_ROUNDING = 2.0 ** -(VOL_BITS + 1) / (0.05 * HOUR_YEARS**0.5)
"""Half a unit of v as a fraction of the smallest v of the domain: 2.2e-7 at 2^32."""
D1_ROUNDING = 2.0 ** -(CORE_BITS + 1) * PEAK
"""What the nearest d1 can add to Phi or to phi."""
LN_ROUNDING = 2.0**-47 / (0.05 * HOUR_YEARS**0.5) * PEAK
"""What two rounded logarithms can."""
LIMITS = Errors(
    delta=CDF_ERROR + D1_ROUNDING,
    price=2 * CDF_ERROR + D1_ROUNDING,
    pdf=(PDF_ERROR + D1_ROUNDING) / PEAK,
    real_delta=CDF_ERROR + 0.242 * VOL_ROUNDING + D1_ROUNDING + LN_ROUNDING,
    real_price=2 * CDF_ERROR + 2.0 ** -(VOL_BITS + 1) + D1_ROUNDING + LN_ROUNDING,
    real_gamma=(PDF_ERROR + D1_ROUNDING + LN_ROUNDING) / PEAK + VOL_ROUNDING,
    real_vega=(PDF_ERROR + D1_ROUNDING + LN_ROUNDING) / PEAK + 0.736 * VOL_ROUNDING,
    real_theta=(PDF_ERROR + D1_ROUNDING + LN_ROUNDING) / PEAK + 1.214 * VOL_ROUNDING,
)
"""Table error plus the largest derivative by v: |d| phi(d) <= 0.242, d^2 phi <= 0.736 phi(0), (1 + d^2) phi <= 1.214 phi(0)."""


def within_limits(errors: Errors) -> None:
    limits = asdict(LIMITS)
    over = {name: (e, limits[name]) for name, e in asdict(errors).items() if limits[name] and e > limits[name]}
    assert over == {}


@pytest.mark.parametrize("source", [random_options, shortest_options])
def test_random_options_are_within_the_limits_that_tables_and_rounding_imply(source: Source) -> None:
    errors = sampled_errors(source, POINTS)
    assert errors.priced + errors.refused >= POINTS
    assert errors.priced > 0.8 * POINTS
    within_limits(errors)
    assert errors.delta > 0.3 * LIMITS.delta
    assert errors.pdf > 0.3 * LIMITS.pdf
    assert errors.real_theta > 0.3 * LIMITS.real_theta


def test_the_grid_of_corners_is_within_the_same_limits_and_refused_only_where_d_reaches_eight() -> None:
    options = corner_options()
    errors = largest_errors(options)
    within_limits(errors)
    assert errors.priced > 2_500
    for option in options:
        vol = mp.mpf(option.volatility) * mp.sqrt(option.years)
        d1 = vol / 2 - mp.log(mp.mpf(option.strike_ticks << 16) / option.forward_q16) / vol
        within = max(abs(d1), abs(d1 - vol)) < 8
        assert (option_errors(option) is not None) is within


def test_the_references_of_two_libraries_agree_at_fifty_digits() -> None:
    ctx.dps = DIGITS
    with mp.workdps(60):
        for option in random_options("mpmath", 300):
            errors = option_errors(option)
            if errors is None:
                continue
            vol = mp.mpf(option.volatility) * mp.sqrt(option.years)
            d1 = vol / 2 - mp.log(mp.mpf(option.strike_ticks << 16) / option.forward_q16) / vol
            vol_int = int(mp.floor(vol * 2**VOL_BITS + mp.mpf(1) / 2))
            core = black76(ln_q48(option.strike_ticks << 16) - ln_q48(option.forward_q16), vol_int)
            delta = abs(core.cdf_d1 / mp.mpf(2) ** CDF_BITS - mp.ncdf(d1))
            vega = abs(core.pdf_d1 / mp.mpf(2) ** PDF_BITS - mp.npdf(d1)) / mp.npdf(0)
            assert errors.real_delta == pytest.approx(float(delta), rel=1e-12, abs=0)
            assert errors.real_vega == pytest.approx(float(vega), rel=1e-12, abs=0)


def test_a_worse_core_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """One part in 2^30 of v more: the limits that hold are not vacuous."""
    monkeypatch.setattr("scripts.bench.pricing_error.black76", lambda k, vol: black76(k, vol + (vol >> 30)))
    errors = largest_errors(random_options("worse", 2_000))
    assert errors.delta > LIMITS.delta
    assert errors.pdf > LIMITS.pdf


def test_an_option_at_the_money_has_the_errors_of_a_hand_calculation() -> None:
    ctx.dps = DIGITS
    errors = option_errors(Option(50_000 << 16, 50_000, 0.25, 1.0))
    assert errors is not None
    core = black76(0, 1 << VOL_BITS - 1)
    assert errors.delta == pytest.approx(abs(core.cdf_d1 / 2**CDF_BITS - float(mp.ncdf(0.25))), abs=2e-16)
