# SPDX-License-Identifier: Apache-2.0
"""The float view of an expiry's attested quotes that the fit and the quality report share.

Everything is normalised by the attested forward F: moneyness x = K / F, prices as fractions of F. The venue quotes
inverse options in the coin, and a coin price is C / F exactly, so quotes need no discount factor.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from oracle.analytics.black76 import BoolArray, FloatArray, d1_d2, implied_total_vol, normal_density
from oracle.errors import SurfaceError, TooFewQuotes
from oracle.model.snapshot import QUOTE_UNIT_PER_COIN, ExpirySnapshot, MarketSnapshot

MIN_QUOTES = 7
"""Fewest usable quotes of an expiry that is published."""
YEAR_MS = 365 * 86_400_000
SHORT_MS = 86_400_000
"""An expiry no farther away than a day is short: its quality is reported apart."""
RULE_NO_TIME_VALUE = "no_time_value"
RULE_FIT_OUTLIER = "fit_outlier"

VOL_SPREAD_FLOOR = 0.002
WEIGHT_VOL = 0.01
WEIGHT_FLOOR = 0.05
ATM_QUOTES = 4


@dataclass(frozen=True)
class RefusedQuote:
    """A quoted strike that the fit left out, and the rule that refused it."""

    expiry: int
    strike_ticks: int
    rule: str


@dataclass(frozen=True)
class ExpiryQuotes:
    """Usable quotes of one expiry, n of them by ascending strike; arrays of shape (n,) unless said otherwise.

    ``moneyness`` K / F; ``put`` flags; ``mid``, ``bid``, ``ask`` fractions of F; ``mid_vol``, ``bid_vol``,
    ``ask_vol`` implied volatilities; ``vega`` at the mid, fractions of F per 1.00 of volatility; ``weight`` of the
    price error in the fit, vol points per fraction of F;
    ``atm_deviation`` total volatility at the money, the unit "sd" of knots and wings.
    """

    expiry: int
    years: float
    forward_ticks: float
    strike_ticks: tuple[int, ...]
    moneyness: FloatArray
    put: BoolArray
    mid: FloatArray
    bid: FloatArray
    ask: FloatArray
    mid_vol: FloatArray
    bid_vol: FloatArray
    ask_vol: FloatArray
    vega: FloatArray
    weight: FloatArray
    atm_deviation: float

    @property
    def short(self) -> bool:
        """Whether the expiry is no more than a day away."""
        return self.years <= SHORT_MS / YEAR_MS

    @property
    def deviations(self) -> FloatArray:
        """ln(K / F) in units of the total volatility at the money."""
        return np.asarray(np.log(self.moneyness) / self.atm_deviation)

    @property
    def call_mid(self) -> FloatArray:
        """Mids as call prices by parity with the attested forward, fractions of F."""
        return np.asarray(self.mid + np.where(self.put, 1.0 - self.moneyness, 0.0))


def years_to_expiry(snapshot: MarketSnapshot, expiry: int) -> float:
    """Years of 365 days from the observation to ``expiry`` (Unix seconds).

    Raises :class:`SurfaceError` where the expiry is not after the observation.
    """
    left_ms = expiry * 1000 - snapshot.observed_at_ms
    if left_ms <= 0:
        raise SurfaceError(f"expiry {expiry}: not after the observation at {snapshot.observed_at_ms} ms")
    return left_ms / YEAR_MS


def usable_quotes(snapshot: MarketSnapshot, listed: ExpirySnapshot) -> tuple[ExpiryQuotes, tuple[RefusedQuote, ...]]:
    """The quotes of ``listed`` that carry a volatility, and those whose mid has no time value or exceeds its bound.

    Raises :class:`TooFewQuotes` below seven usable quotes, :class:`SurfaceError` for a past expiry.
    """
    years = years_to_expiry(snapshot, listed.expiry)
    quoted = [quote for quote in listed.quotes if quote.quoted]
    forward = listed.forward_q16 / 65536
    moneyness = np.array([quote.strike_ticks / forward for quote in quoted], dtype=np.float64)
    put = np.array([quote.put for quote in quoted], dtype=np.bool_)
    unit = 1.0 / QUOTE_UNIT_PER_COIN
    mid = np.array([quote.mid_half_ticks * unit for quote in quoted], dtype=np.float64)
    half = np.array([quote.half_spread_half_ticks * unit for quote in quoted], dtype=np.float64)
    intrinsic = np.maximum(np.where(put, moneyness - 1.0, 1.0 - moneyness), 0.0)
    usable = (mid > intrinsic) & (mid < np.where(put, moneyness, 1.0))
    refused = tuple(
        RefusedQuote(listed.expiry, quote.strike_ticks, RULE_NO_TIME_VALUE)
        for quote, keep in zip(quoted, usable, strict=True)
        if not keep
    )
    count = int(usable.sum())
    if count < MIN_QUOTES:
        raise TooFewQuotes(f"expiry {listed.expiry}: {count} usable quotes, the fit needs {MIN_QUOTES}")
    strikes = tuple(quote.strike_ticks for quote, keep in zip(quoted, usable, strict=True) if keep)
    return _with_vols(
        listed.expiry, years, forward, strikes, moneyness[usable], put[usable], mid[usable], half[usable]
    ), refused


def _with_vols(
    expiry: int,
    years: float,
    forward: float,
    strikes: tuple[int, ...],
    moneyness: FloatArray,
    put: BoolArray,
    mid: FloatArray,
    half: FloatArray,
) -> ExpiryQuotes:
    """Adds volatilities and weights.

    A quote weighs 1 / vega, less where it is wider than a vol point; the weight is bounded by four times one over
    the spread, so that a quote of no vega cannot rule the fit.
    """
    root = float(np.sqrt(years))
    bid, ask = mid - half, mid + half
    prices = np.concatenate([mid, bid, ask])
    total = implied_total_vol(prices, 1.0, np.tile(moneyness, 3), np.tile(put, 3))
    mid_total, bid_total, ask_total = np.split(total, 3)
    d1, _ = d1_d2(1.0, moneyness, mid_total)
    vega = np.maximum(normal_density(d1) * root, 1e-300)
    width = np.maximum((ask_total - bid_total) / root, VOL_SPREAD_FLOOR)
    share = np.clip(WEIGHT_VOL / width, WEIGHT_FLOOR, 1.0)
    weight = np.minimum(share / (vega * 0.01), 2.0 / half)
    nearest = np.argsort(np.abs(np.log(moneyness)), kind="stable")[:ATM_QUOTES]
    return ExpiryQuotes(
        expiry,
        years,
        forward,
        strikes,
        moneyness,
        put,
        mid,
        bid,
        ask,
        mid_total / root,
        bid_total / root,
        ask_total / root,
        np.asarray(vega),
        np.asarray(weight),
        float(np.median(mid_total[nearest])),
    )


def select(quotes: ExpiryQuotes, keep: BoolArray) -> ExpiryQuotes:
    """The quotes where ``keep`` (n,) is True; the unit of deviation stays, so that knots stay comparable."""
    arrays = {
        field.name: getattr(quotes, field.name)[keep]
        for field in fields(quotes)
        if isinstance(getattr(quotes, field.name), np.ndarray)
    }
    strikes = tuple(strike for strike, kept in zip(quotes.strike_ticks, keep, strict=True) if kept)
    return replace(quotes, strike_ticks=strikes, **arrays)
