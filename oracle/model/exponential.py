# SPDX-License-Identifier: Apache-2.0
"""Exponential, power and square root in integers, the same in Solidity (``contracts/libraries/ExpMath.sol``).

[L-2] exp(x) for x in [0, 20) at 2^48: with k = floor(x / ln 2) and r = x - k ln 2 at 2^96,
1 + r + r^2 / 2 + ... + r^28 / 28!, every product and quotient rounded down, times 2^k.
[L-3] (30 days / T)^p: exp(p ln(30 days / T)) for T up to 30 days, 1 / exp(p ln(T / 30 days)) beyond, each step rounded down.
[L-4] sqrt of T in years of 365 days: floor of the square root of T 2^64 / 31536000, at 2^32.
"""

from __future__ import annotations

from math import isqrt

from oracle.errors import InvalidValue
from oracle.model.logarithm import LN2_Q127, ln_q48

LN2_Q96 = LN2_Q127 >> 31
TERMS = 28
EXPONENT_LIMIT_Q48 = 20 << 48
MONTH_S = 30 * 86_400
YEAR_S = 365 * 86_400
LEAST_TENOR_S = 60
"""Tenors below a minute count as a minute."""


def exp_q64(x_q48: int) -> int:
    """[L-2] exp(x_q48 / 2^48) at scale 2^64, rounded down. Raises :class:`InvalidValue` outside [0, 20)."""
    if not 0 <= x_q48 < EXPONENT_LIMIT_Q48:
        raise InvalidValue("x_q48", x_q48, "must be in [0, 20 x 2^48)")
    doublings, r = divmod(x_q48 << 48, LN2_Q96)
    term = total = 1 << 96
    for i in range(1, TERMS + 1):
        term = (term * r >> 96) // i
        total += term
    return total >> 32 - doublings


def tenor_power_q64(tenor_s: int, power_e4: int) -> int:
    """[L-3] (30 days / tenor)^(power_e4 / 10^4) at scale 2^64, for a tenor in seconds and a power of at most 1."""
    if not 0 <= power_e4 <= 10_000:
        raise InvalidValue("power_e4", power_e4, "must be in [0, 10000]")
    tenor, month = ln_q48(max(tenor_s, LEAST_TENOR_S) << 16), ln_q48(MONTH_S << 16)
    if tenor <= month:
        return exp_q64(power_e4 * (month - tenor) // 10_000)
    return (1 << 128) // exp_q64(power_e4 * (tenor - month) // 10_000)


def sqrt_years_q32(tenor_s: int) -> int:
    """[L-4] Square root of the tenor in years at scale 2^32, rounded down."""
    return isqrt((max(tenor_s, LEAST_TENOR_S) << 64) // YEAR_S)
