# SPDX-License-Identifier: Apache-2.0
"""Synthetic markets: snapshots whose quotes come from a stated smile, rounded to the venue's ticks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from oracle.analytics.black76 import price
from oracle.model.snapshot import ExpirySnapshot, MarketSnapshot, Quote

OBSERVED_AT_MS = 1_790_000_000_000
DAY = 86_400


@dataclass(frozen=True)
class Smile:
    """Total variance theta/2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 - rho^2)), theta = atm^2 T, phi = eta/sqrt(theta).

    Gatheral and Jacquier (2014), "Arbitrage-free SVI volatility surfaces", Quantitative Finance 14: no butterfly
    arbitrage for eta^2 (1 + |rho|) <= 4. ``half_spread`` as a fraction of the mid, at least one unit of 5e-5 coin.
    """

    days: float
    forward: float
    atm: float
    rho: float = -0.3
    eta: float = 0.7
    half_spread: float = 0.02
    strikes: tuple[int, ...] = ()
    count: int = 16

    @property
    def years(self) -> float:
        return self.days / 365

    def vol(self, strike: float) -> float:
        theta = self.atm**2 * self.years
        scaled = self.eta / math.sqrt(theta) * math.log(strike / self.forward)
        root = math.sqrt((scaled + self.rho) ** 2 + 1 - self.rho**2)
        return math.sqrt(theta / 2 * (1 + self.rho * scaled + root) / self.years)


def default_strikes(forward: float, deviation: float, count: int, reach: float = 2.2) -> tuple[int, ...]:
    """``count`` strikes rounded to 100 ticks within ``reach`` deviations."""
    points = (-reach + 2 * reach * j / (count - 1) for j in range(count))
    return tuple(sorted({round(forward * math.exp(z * deviation) / 100) * 100 for z in points}))


def expiry_snapshot(smile: Smile) -> ExpirySnapshot:
    strikes = smile.strikes or default_strikes(smile.forward, smile.atm * math.sqrt(smile.years), smile.count)
    quotes = []
    for strike in strikes:
        put = strike < smile.forward
        coin = float(price(smile.forward, strike, smile.vol(strike) * math.sqrt(smile.years), put)) / smile.forward
        mid = round(coin * 20_000)
        half = max(1, round(mid * smile.half_spread))
        quotes.append(Quote(strike, put, True, mid, half) if mid > half else Quote(strike, False, False, 0, 0))
    expiry = OBSERVED_AT_MS // 1000 + round(smile.days * DAY)
    return ExpirySnapshot(expiry, round(smile.forward * 65536), tuple(quotes))


def market_snapshot(smiles: Sequence[Smile]) -> MarketSnapshot:
    expiries = tuple(expiry_snapshot(smile) for smile in smiles)
    return MarketSnapshot("BTC-USD", 1, OBSERVED_AT_MS, round(smiles[0].forward * 100), 100, expiries, 0)


@pytest.fixture
def market() -> Callable[..., MarketSnapshot]:
    """Builds a snapshot from one mapping of :class:`Smile` fields per expiry."""
    return lambda *smiles: market_snapshot([Smile(**smile) for smile in smiles])
