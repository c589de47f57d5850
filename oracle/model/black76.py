# SPDX-License-Identifier: Apache-2.0
"""Black-76 in integers: the specification of ``circuits/lib/black76.circom``.

[B-1] d1 = (v^2 / 2 - k) / v rounded to the nearest (halves up), d2 = d1 - v at 2^34, from v at 2^32 and k = ln(K / F) at 2^48
(Black 1976, undiscounted); Phi at 2^152 from 32 segments of degree 6, phi at 2^227 from 16 of degree 8. Error of the
tables against the true functions: Phi below 4e-11, phi below 8e-12.
"""

from __future__ import annotations

from dataclasses import dataclass

from oracle.errors import InvalidSlice, InvalidValue
from oracle.model.tables import CORE_CDF, CORE_PDF

CDF_BITS = CORE_CDF.output_bits
PDF_BITS = CORE_PDF.output_bits
PRICE_SHIFT = CDF_BITS + 16
"""Prices of the core are ticks at scale 2^168: forward at 2^16 times Phi at 2^152."""
CORE_BITS = 34
"""Fractional bits of d1, d2 and, inside the core, of v."""
ARGUMENT_LIMIT = 8 << CORE_BITS
"""|d| < 8: the domain of the tables."""
VOL_Q32_BITS = 35
"""Total vols are below 8."""
FLOOR_SHIFT = 22
"""[B-2] the implied vol is that of c + f / 2^22."""
VOL_TOLERANCE = 1 << PRICE_SHIFT - 15
"""[B-3] |Black76(v) - (c + f / 2^22)| < 2^-15 tick, at the scale of the core's prices."""


@dataclass(frozen=True)
class Black76:
    """d1, d2 at 2^34; cdf at 2^152; pdf at 2^227."""

    d1_q34: int
    d2_q34: int
    cdf_d1: int
    cdf_d2: int
    pdf_d1: int

    def call(self, forward_q16: int, strike_ticks: int) -> int:
        """Undiscounted call price, ticks at 2^168: F Phi(d1) - K Phi(d2), unrounded."""
        return forward_q16 * self.cdf_d1 - (strike_ticks << 16) * self.cdf_d2


def _cdf(d_q34: int) -> int:
    value = CORE_CDF(abs(d_q34))
    return (1 << CDF_BITS) - value if d_q34 < 0 else value


def black76(k_q48: int, total_vol_q32: int) -> Black76:
    """The core at log-moneyness ``k_q48`` and total vol ``total_vol_q32``.

    Raises :class:`InvalidValue` where v is not in [1, 2^35) or |d1| or |d2| reaches 8.
    """
    if not 0 < total_vol_q32 < 1 << VOL_Q32_BITS:
        raise InvalidValue("total_vol_q32", total_vol_q32, f"must be in [1, 2^{VOL_Q32_BITS})")
    v = total_vol_q32 << CORE_BITS - 32
    d1 = (v * v + v - (k_q48 << 2 * CORE_BITS - 47)) // (2 * v)
    d2 = d1 - v
    if abs(d1) >= ARGUMENT_LIMIT or abs(d2) >= ARGUMENT_LIMIT:
        raise InvalidValue("total_vol_q32", total_vol_q32, "puts |d1| or |d2| at 8 or above")
    return Black76(d1, d2, _cdf(d1), _cdf(d2), CORE_PDF(abs(d1)))


def implied_total_vol_q32(forward_q16: int, strike_ticks: int, k_q48: int, target: int) -> int:
    """Total vol at 2^32 whose price is nearest to ``target`` (ticks at 2^168), by bisection.

    Raises :class:`InvalidSlice` where no vol in [1, 2^35) meets [B-3].
    """

    def price(vol_q32: int) -> int | None:
        try:
            return black76(k_q48, vol_q32).call(forward_q16, strike_ticks)
        except InvalidValue:
            return None

    low, high = 1, (1 << VOL_Q32_BITS) - 1
    while high - low > 1:
        middle = (low + high) // 2
        value = price(middle)
        # outside the tables: |d| falls with v up to v^2 = 2 |k| and rises from there
        below = middle * middle < abs(k_q48) << 17 if value is None else value <= target
        low, high = (middle, high) if below else (low, middle)
    errors = {vol: abs(value - target) for vol in (low, high) if (value := price(vol)) is not None}
    if not errors or min(errors.values()) >= VOL_TOLERANCE:
        raise InvalidSlice(f"strike {strike_ticks}: no total vol reprices it within the tolerance")
    return min(errors, key=lambda vol: errors[vol])
