# SPDX-License-Identifier: Apache-2.0
"""Black-76 in floats, vectorised: prices, Greeks and implied volatilities for the indicative tier.

With d1 = ln(F/K)/v + v/2, d2 = d1 - v, v = sigma sqrt(T) and D the discount factor (Black 1976, "The pricing of
commodity contracts", Journal of Financial Economics 3, pages 167-179, equation 16):

    [E-1]  call = D (F Phi(d1) - K Phi(d2)),   put = D (K Phi(-d2) - F Phi(-d1))

All arguments broadcast as numpy arrays. Forward and strike share one unit of money, volatilities are per square root
of a year as fractions (0.60 is 60 %), times are years of 365 days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfcx, ndtr

from oracle.errors import InvalidValue

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SQRT_2 = float(np.sqrt(2.0))
PHI_0 = float(1.0 / np.sqrt(2.0 * np.pi))
TOTAL_VOL_MIN, TOTAL_VOL_MAX = 1e-6, 40.0
"""Domain of implied total volatilities."""
NEWTON_STEPS = 120


@dataclass(frozen=True)
class Greeks:
    """Price and derivatives of an option, arrays of one shape.

    ``price`` money; ``delta`` per unit of forward; ``gamma`` delta per unit of forward; ``vega`` money per 1.00 of
    volatility; ``theta`` money per year; ``rho`` money per 1.00 of the continuous rate at a fixed forward; ``vanna``
    delta per 1.00 of volatility; ``volga`` vega per 1.00 of volatility.
    """

    price: FloatArray
    delta: FloatArray
    gamma: FloatArray
    vega: FloatArray
    theta: FloatArray
    rho: FloatArray
    vanna: FloatArray
    volga: FloatArray


def normal_density(x: FloatArray) -> FloatArray:
    """phi(x), the density of the standard normal law."""
    return np.asarray(PHI_0 * np.exp(-0.5 * x * x))


def _positive(field: str, value: ArrayLike) -> FloatArray:
    array = np.asarray(value, dtype=np.float64)
    if not bool(np.all(np.isfinite(array) & (array > 0))):
        raise InvalidValue(field, value, "must be positive and finite")
    return array


def d1_d2(forward: ArrayLike, strike: ArrayLike, total_vol: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """d1 and d2 from the total volatility v = sigma sqrt(T). Raises :class:`InvalidValue` unless all are positive."""
    vol = _positive("total_vol", total_vol)
    d1 = np.log(_positive("forward", forward) / _positive("strike", strike)) / vol + 0.5 * vol
    return d1, d1 - vol


def price(
    forward: ArrayLike, strike: ArrayLike, total_vol: ArrayLike, put: ArrayLike, discount: ArrayLike = 1.0
) -> FloatArray:
    """[E-1] from forward, strike (money), total volatility, put flag and discount factor.

    Absolute error below 4e-16 (F + K). Raises :class:`InvalidValue` unless all numbers are positive.
    """
    d1, d2 = d1_d2(forward, strike, total_vol)
    sign = np.where(np.asarray(put, dtype=np.bool_), -1.0, 1.0)
    undiscounted = sign * (np.asarray(forward) * ndtr(sign * d1) - np.asarray(strike) * ndtr(sign * d2))
    return np.asarray(_positive("discount", discount) * np.maximum(undiscounted, 0.0))


def greeks(
    forward: ArrayLike,
    strike: ArrayLike,
    volatility: ArrayLike,
    years: ArrayLike,
    put: ArrayLike,
    discount: ArrayLike = 1.0,
) -> Greeks:
    """Price and Greeks with the forward held fixed (units in :class:`Greeks`).

    theta is the decay at constant discount factor, -F phi sigma / (2 sqrt T) times D (the rate's own carry is rho's).
    Formulas: Haug, The Complete Guide to Option Pricing Formulas, 2nd edition, chapter 2, with cost of carry 0.
    """
    sigma, time = _positive("volatility", volatility), _positive("years", years)
    root = np.sqrt(time)
    total_vol = sigma * root
    d1, d2 = d1_d2(forward, strike, total_vol)
    factor = _positive("discount", discount)
    sign = np.where(np.asarray(put, dtype=np.bool_), -1.0, 1.0)
    density = factor * normal_density(d1)
    value = price(forward, strike, total_vol, put, discount)
    vega = np.asarray(forward) * root * density
    fields = (
        value,
        sign * factor * ndtr(sign * d1),
        density / (np.asarray(forward) * total_vol),
        vega,
        -np.asarray(forward) * density * total_vol / (2.0 * time),
        -time * value,
        -density * d2 / sigma,
        vega * d1 * d2 / sigma,
    )
    return Greeks(*np.broadcast_arrays(*fields))


def _log_otm(log_strike: FloatArray, vol: FloatArray) -> tuple[FloatArray, FloatArray]:
    """ln of C / sqrt(F K) for an out-of-the-money call with ln(K/F) >= 0, and its derivative in the total volatility.

    C / sqrt(FK) = e^{-(h^2 + t^2)/2} (Y((h - t)/sqrt 2) - Y((h + t)/sqrt 2)) / 2, h = ln(K/F)/v, t = v/2 and Y the
    scaled complementary error function: nothing underflows (Jaeckel 2015, "Let's be rational", Wilmott 75).
    """
    h, t = log_strike / vol, 0.5 * vol
    exponent = -0.5 * (h * h + t * t)
    spread = np.maximum(0.5 * (erfcx((h - t) / SQRT_2) - erfcx((h + t) / SQRT_2)), np.finfo(np.float64).tiny)
    return exponent + np.log(spread), PHI_0 / spread


def implied_total_vol(option_price: ArrayLike, forward: ArrayLike, strike: ArrayLike, put: ArrayLike) -> FloatArray:
    """Total volatility v = sigma sqrt(T) at which the undiscounted price [E-1] equals ``option_price``.

    An in-the-money option is first turned into the other kind by parity. The result lies in [1e-6, 40]; a price at or
    below intrinsic gives 1e-6 and one at or above its upper bound (F for a call, K for a put) gives 40. Relative error
    of the repriced time value below 1e-10 for total volatilities of 1e-3 and above.
    Newton on the logarithm of the price, kept inside a bracket by bisection.
    """
    f, k = _positive("forward", forward), _positive("strike", strike)
    quoted = np.asarray(option_price, dtype=np.float64)
    if not bool(np.all(np.isfinite(quoted))):
        raise InvalidValue("option_price", option_price, "must be finite")
    sign = np.where(np.asarray(put, dtype=np.bool_), -1.0, 1.0)
    time_value = quoted - np.maximum(sign * (f - k), 0.0)
    log_strike = np.abs(np.log(k / f))
    low, high, shape = TOTAL_VOL_MIN, TOTAL_VOL_MAX, np.broadcast(time_value, log_strike).shape
    lower, upper = np.full(shape, low), np.full(shape, high)
    unattainable = np.broadcast_to(time_value <= 0, shape)
    saturated = np.broadcast_to(time_value >= np.minimum(f, k), shape)
    safe = np.where(unattainable | saturated, 0.5 * np.minimum(f, k), time_value)
    target = np.log(safe / np.sqrt(f * k))
    vol = np.clip(np.sqrt(2.0 * np.broadcast_to(log_strike, shape)), 1e-3, 2.0)
    for _ in range(NEWTON_STEPS):
        value, slope = _log_otm(log_strike, vol)
        above = value > target
        upper, lower = np.where(above, vol, upper), np.where(above, lower, vol)
        newton = vol + (target - value) / slope
        inside = (newton > lower) & (newton < upper)
        step = np.where(inside, newton, 0.5 * (lower + upper))
        settled = bool(np.all(np.abs(step - vol) <= 1e-14 * vol))
        vol = step
        if settled:
            break
    return np.asarray(np.where(unattainable, low, np.where(saturated, high, vol)))
