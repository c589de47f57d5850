# SPDX-License-Identifier: Apache-2.0
"""The simulated venue's prices: an SSVI smile, Black-76 and Deribit's Greeks, in floats (a venue computes in floats).

Smile: Gatheral and Jacquier, "Arbitrage-free SVI volatility surfaces" (2014), with phi(theta) = eta / sqrt(theta):
free of butterfly arbitrage while eta sqrt(theta) (1 + |rho|) < 4 and eta^2 (1 + |rho|) <= 4 (theorem 4.2), and free of
calendar arbitrage because the at-the-money total variance theta rises with the expiry (theorem 4.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

YEAR_SECONDS = 365 * 86_400
_MIN_PRICE = 1e-12


@dataclass(frozen=True, slots=True)
class Smile:
    """At-the-money volatility short_vol at 30 days, rising by ``slope`` per unit of ln(T / 30 d); rho, eta as above.

    ``factor`` multiplies every volatility (a crash). Total variance rises with T while slope >= 0.
    """

    short_vol: float = 0.50
    slope: float = 0.02
    rho: float = -0.30
    eta: float = 0.90
    factor: float = 1.0

    def atm_vol(self, years: float) -> float:
        """At-the-money volatility of an expiry ``years`` away."""
        return self.factor * (self.short_vol + self.slope * max(math.log(years * 365 / 30), -2.0))

    def total_vol(self, log_moneyness: float, years: float) -> float:
        """v = sigma sqrt(T) at k = ln(K / F)."""
        theta = self.atm_vol(years) ** 2 * years
        scaled = self.eta / math.sqrt(theta) * log_moneyness
        root = math.sqrt((scaled + self.rho) ** 2 + 1 - self.rho**2)
        return math.sqrt(theta / 2 * (1 + self.rho * scaled + root))


@dataclass(frozen=True, slots=True)
class Valuation:
    """Black-76 value of one option: price in the coin, Deribit's Greeks in dollars (per volatility point, per day)."""

    price: float
    delta: float
    gamma: float
    vega: float
    theta: float
    rho: float


def normal_cdf(x: float) -> float:
    """Standard normal distribution function, relative error below 1e-12 for |x| < 6."""
    return 0.5 * math.erfc(-x / math.sqrt(2))


def price_coin(log_moneyness: float, total_vol: float, put: bool) -> float:
    """Black (1976) price over the forward, which is the price in the coin; no discounting."""
    d1 = -log_moneyness / total_vol + total_vol / 2
    sign = -1 if put else 1
    return sign * (normal_cdf(sign * d1) - math.exp(log_moneyness) * normal_cdf(sign * (d1 - total_vol)))


def value(forward: float, strike: float, years: float, total_vol: float, put: bool) -> Valuation:
    """Price and Greeks at ``total_vol`` = sigma sqrt(years)."""
    k = math.log(strike / forward)
    d1 = -k / total_vol + total_vol / 2
    density = math.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
    price = price_coin(k, total_vol, put)
    vega = forward * density * math.sqrt(years)
    return Valuation(
        price=price,
        delta=normal_cdf(d1) - (1 if put else 0),
        gamma=density / (forward * total_vol),
        vega=vega / 100,
        theta=-vega * total_vol / math.sqrt(years) / (2 * years) / 365,
        rho=-years * forward * price / 100,
    )


def implied_vol(log_moneyness: float, years: float, price: float, put: bool) -> float:
    """Volatility whose price over the forward is ``price``, by bisection to 1e-6; 0 where none below 1000 % exists."""
    low, high = 1e-4, 10 * math.sqrt(years)
    if not price_coin(log_moneyness, low, put) + _MIN_PRICE < price < price_coin(log_moneyness, high, put):
        return 0.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if price_coin(log_moneyness, middle, put) < price else (low, middle)
    return low / math.sqrt(years)
