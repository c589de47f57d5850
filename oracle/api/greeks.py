# SPDX-License-Identifier: Apache-2.0
"""Greeks in floats from the proven words of a strike: indicative, the words are what was proven.

With F, K in dollars, v the total volatility, T in years of 365 days, sigma = v / sqrt(T), k = ln(K / F), and the words
Phi(d1), phi(d1) (Black 1976; Haug, The Complete Guide to Option Pricing Formulas, 2nd edition, chapter 2, cost of carry 0,
discount factor 1; a put by parity):

    [P-1]  delta = Phi(d1), put Phi(d1) - 1;  gamma = phi / (F v);  vega = F phi sqrt(T);  theta = -F phi v / (2 T)
    [P-2]  rho = -T price;  vanna = -phi d2 / sigma;  volga = vega d1 d2 / sigma
    [P-3]  d1 = v / 2 - k / v,  d2 = d1 - v, from the published logarithms
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from oracle.model.black76 import CDF_BITS, PDF_BITS
from oracle.model.slice import SliceValues, StrikeValue

YEAR_MS = 365 * 86_400_000


@dataclass(frozen=True)
class IndicativeGreeks:
    """One option, price in dollars and Greeks in the units of :class:`oracle.analytics.black76.Greeks`."""

    price: float
    delta: float
    gamma: float
    vega: float
    theta: float
    rho: float
    vanna: float
    volga: float


def years_between(observed_at_ms: int, expiry: int) -> float:
    """T: from Unix milliseconds to Unix seconds, in years of 365 days."""
    return (expiry * 1000 - observed_at_ms) / YEAR_MS


def indicative_greeks(values: SliceValues, strike: StrikeValue, years: float, put: bool) -> IndicativeGreeks:
    """[P-1] to [P-3] of one listed strike; ``years`` positive. The price is the mark, to a cent."""
    forward = values.forward_q16 * values.tick_e2 / (100 << 16)
    call = strike.mark_e2 / 100
    price = max(0.0, call + strike.strike_ticks * values.tick_e2 / 100 - forward) if put else call
    vol = strike.total_vol_q32 / 2**32
    root = math.sqrt(years)
    sigma = vol / root
    d1 = vol / 2 - (strike.ln_strike_q48 - values.ln_forward_q48) / 2**48 / vol
    d2 = d1 - vol
    cdf, pdf = strike.cdf_d1 / 2**CDF_BITS, strike.pdf_d1 / 2**PDF_BITS
    vega = forward * pdf * root
    return IndicativeGreeks(
        price=price,
        delta=cdf - put,
        gamma=pdf / (forward * vol),
        vega=vega,
        theta=-forward * pdf * vol / (2 * years),
        rho=-years * price,
        vanna=-pdf * d2 / sigma,
        volga=vega * d1 * d2 / sigma,
    )
