# SPDX-License-Identifier: Apache-2.0
"""How well the proven integers reprice the quotes they were fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from oracle.analytics.black76 import BoolArray, FloatArray, implied_total_vol
from oracle.model.density import MASS_ONE, DensitySlice
from oracle.surface.quotes import ExpiryQuotes

PRICE_FLOOR = 2.0**-22
"""Fraction of F added to a price before its volatility is taken, as the published volatilities do."""


@dataclass(frozen=True)
class FitQuality:
    """Over all usable quotes, those refused as outliers included; all zero where there are none.

    ``rmse_vol_points`` root mean square of model minus mid implied volatility, 1 is 0.01; ``inside_share`` share of
    quotes whose model price lies in [bid, ask]; ``quotes`` how many; ``refused`` how many of them the fit left out.
    """

    rmse_vol_points: float
    inside_share: float
    quotes: int
    refused: int


@dataclass(frozen=True)
class SurfaceQuality:
    """The quality of each expiry, in order; of the market over the expiries more than a day away; of the shorter ones."""

    expiries: tuple[FitQuality, ...]
    market: FitQuality
    short: FitQuality


def model_prices(density: DensitySlice, quotes: ExpiryQuotes) -> FloatArray:
    """Prices of the quoted options under the slice, as fractions of its own forward f; puts by parity with f."""
    position = {knot: j for j, knot in enumerate(density.knots_ticks)}
    mean, prices = density.mean_q53, []
    for strike, put in zip(quotes.strike_ticks, quotes.put, strict=True):
        call = density.call_q53[position[strike]]
        prices.append((call - mean + strike * MASS_ONE if put else call) / mean)
    return np.array(prices, dtype=np.float64)


def _errors(density: DensitySlice, quotes: ExpiryQuotes) -> tuple[FloatArray, BoolArray]:
    """Errors in vol points and whether the price lies inside the quote, both (n,)."""
    prices = model_prices(density, quotes)
    total = implied_total_vol(prices + PRICE_FLOOR, 1.0, quotes.moneyness, quotes.put)
    errors = 100.0 * (total / np.sqrt(quotes.years) - quotes.mid_vol)
    return np.asarray(errors), np.asarray((prices >= quotes.bid) & (prices <= quotes.ask))


def surface_quality(
    slices: Sequence[DensitySlice], quotes: Sequence[ExpiryQuotes], refused: Sequence[int]
) -> SurfaceQuality:
    """Quality per expiry, of the market and of its shorter expiries; ``refused`` counts the outliers of each expiry."""
    results = [
        (view.short, *_errors(density, view), count)
        for density, view, count in zip(slices, quotes, refused, strict=True)
    ]
    expiries = tuple(_quality(errors, inside, count) for _, errors, inside, count in results)
    return SurfaceQuality(expiries, *(_together([r for r in results if r[0] is short]) for short in (False, True)))


def _together(results: Sequence[tuple[bool, FloatArray, BoolArray, int]]) -> FitQuality:
    if not results:
        return FitQuality(0.0, 0.0, 0, 0)
    _, errors, inside, counts = zip(*results, strict=True)
    return _quality(np.concatenate(errors), np.concatenate(inside), sum(counts))


def _quality(errors: FloatArray, inside: BoolArray, refused: int) -> FitQuality:
    return FitQuality(float(np.sqrt(np.mean(errors * errors))), float(np.mean(inside)), len(errors), refused)
