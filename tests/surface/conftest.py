# SPDX-License-Identifier: Apache-2.0
"""Synthetic markets: snapshots whose quotes come from a stated smile, rounded to the venue's ticks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from oracle.analytics.black76 import price
from oracle.model.snapshot import ExpirySnapshot, MarketSnapshot, Quote

OBSERVED_AT_MS = 1_790_000_000_000
DAY = 86_400


@dataclass(frozen=True)
class Smile:
    """Implied vol atm (1 + skew z + curvature z^2), z = ln(K / F) / (atm sqrt T), within 0.4 and 3 of atm.

    ``half_spread`` as a fraction of the mid, at least one unit of 5e-5 coin.
    """

    days: float
    forward: float
    atm: float
    skew: float = -0.04
    curvature: float = 0.02
    half_spread: float = 0.02
    strikes: tuple[int, ...] = ()
    shift: dict[int, float] = field(default_factory=dict)
    """Factor on the mid of single strikes."""

    @property
    def years(self) -> float:
        return self.days / 365

    def vol(self, strike: float) -> float:
        z = math.log(strike / self.forward) / (self.atm * math.sqrt(self.years))
        return self.atm * min(max(1 + self.skew * z + self.curvature * z * z, 0.4), 3.0)


def default_strikes(forward: float, deviation: float, count: int = 16, reach: float = 2.2) -> tuple[int, ...]:
    """``count`` strikes rounded to 100 ticks within ``reach`` deviations."""
    points = (-reach + 2 * reach * j / (count - 1) for j in range(count))
    return tuple(sorted({round(forward * math.exp(z * deviation) / 100) * 100 for z in points}))


def expiry_snapshot(smile: Smile) -> ExpirySnapshot:
    strikes = smile.strikes or default_strikes(smile.forward, smile.atm * math.sqrt(smile.years))
    quotes = []
    for strike in strikes:
        put = strike < smile.forward
        coin = float(price(smile.forward, strike, smile.vol(strike) * math.sqrt(smile.years), put)) / smile.forward
        mid = round(coin * smile.shift.get(strike, 1.0) * 20_000)
        half = max(1, round(mid * smile.half_spread))
        quotes.append(Quote(strike, put, True, mid, half) if mid > half else Quote(strike, False, False, 0, 0))
    expiry = OBSERVED_AT_MS // 1000 + round(smile.days * DAY)
    return ExpirySnapshot(expiry, round(smile.forward * 65536), tuple(quotes))


def market_snapshot(smiles: Sequence[Smile]) -> MarketSnapshot:
    expiries = tuple(expiry_snapshot(smile) for smile in smiles)
    return MarketSnapshot("BTC-USD", 1, OBSERVED_AT_MS, round(smiles[0].forward * 100), 100, expiries, 0)


@pytest.fixture
def smile() -> type[Smile]:
    return Smile


@pytest.fixture
def market() -> Callable[[Sequence[Smile]], MarketSnapshot]:
    return market_snapshot
