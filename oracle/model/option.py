# SPDX-License-Identifier: Apache-2.0
"""What the ``option`` statement publishes about one strike of a slice, listed or not: the specification of ``circuits/option.circom``.

With K the strike, X_j the knots and h_j, q_j, s_j, c_j of [D-1] and [D-2], everything in integers:

    [O-1]  rows  [0, X_0), [X_j, X_{j+1}), [X_{N-1}, X_{N-1} + 2^24):  the one row [right - gap, right) that holds K
    [O-2]  c(K) = floor(c + u (s + 3 u q) + (p - q) u^3 / gap)  with u = right - K, c, s, q at the right, p the density at the left

Below the first knot p = q = 0: the curve is c_0 + (X_0 - K) s_0. Above the last knot all of them are 0. The implied vol is that of
c(K) by [B-2] and [B-3], as at a listed strike.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from oracle.errors import InvalidSlice, InvalidValue, NoTotalVol, require_bits
from oracle.model.black76 import FLOOR_SHIFT, PRICE_SHIFT, black76, implied_total_vol_q32
from oracle.model.density import MASS_BITS, DensitySlice
from oracle.model.logarithm import ln_q48

STRIKE_BITS = 24
CALL_BITS = 78
"""Calls are at most the mean, and forwards are below 2^24 ticks."""
OUTER_GAP_TICKS = 1 << STRIKE_BITS
"""Width of the row above the last knot: no strike lies beyond it."""


@dataclass(frozen=True)
class Segment:
    """[O-1] The row that holds a strike: its number from below, its width in ticks, the distance from the strike to its right end."""

    row: int
    gap_ticks: int
    to_right_ticks: int


@dataclass(frozen=True)
class OptionValues:
    """The published numbers of one strike.

    ``call_q53`` ticks at 2^53, rounded down; ``total_vol_q32`` at 2^32; ``cdf_d1`` Phi(d1) at 2^197; ``pdf_d1`` phi(d1) at 2^202.
    """

    forward_q16: int
    strike_ticks: int
    log_moneyness_q48: int
    call_q53: int
    total_vol_q32: int
    cdf_d1: int
    pdf_d1: int


def require_strike(strike_ticks: int) -> int:
    """The strike. Raises :class:`InvalidValue` outside [1, 2^24): at 0 there is no logarithm."""
    if not 1 <= strike_ticks < 1 << STRIKE_BITS:
        raise InvalidValue("strike_ticks", strike_ticks, f"must be in [1, 2^{STRIKE_BITS})")
    return strike_ticks


def segment_of(density: DensitySlice, strike_ticks: int) -> Segment:
    """[O-1] The only row of positive width that holds the strike. Raises as :func:`require_strike`."""
    knots = density.knots_ticks
    row = bisect_right(knots, require_strike(strike_ticks))
    left = knots[row - 1] if row else 0
    right = knots[row] if row < len(knots) else knots[-1] + OUTER_GAP_TICKS
    return Segment(row, right - left, right - strike_ticks)


def call_q53(density: DensitySlice, strike_ticks: int) -> int:
    """[O-2] Call price, ticks at 2^53, rounded down. Raises :class:`InvalidValue` as :func:`require_strike` or from 2^78."""
    segment, last = segment_of(density, strike_ticks), len(density.knots_ticks)
    if segment.row == last:
        return 0
    j, u = segment.row, segment.to_right_ticks
    left, right = (density.density_q[j - 1], density.density_q[j]) if j else (0, 0)
    at_right = density.call_q53[j] + u * (density.survival_q53[j] + 3 * u * right)
    return require_bits("call_q53", at_right + (left - right) * u**3 // segment.gap_ticks, CALL_BITS)


def option_values(density: DensitySlice, forward_q16: int, strike_ticks: int) -> OptionValues:
    """Everything the option statement publishes about ``strike_ticks`` of a slice with this attested forward.

    Raises :class:`InvalidValue` for a strike outside [1, 2^24), :class:`InvalidSlice` where the mean misses the forward [D-5],
    :class:`NoTotalVol` where no vol of the statement's range reprices the strike.
    """
    call = call_q53(density, strike_ticks)
    if not density.agrees_with(forward_q16):
        raise InvalidSlice(f"mean {density.mean_q53} is not within [D-5] of the forward {forward_q16}")
    k = ln_q48(strike_ticks << 16) - ln_q48(forward_q16)
    shift = PRICE_SHIFT - MASS_BITS
    target = (call << shift) + (density.mean_q53 << shift - FLOOR_SHIFT)
    try:
        vol = implied_total_vol_q32(forward_q16, strike_ticks, k, target)
    except InvalidSlice as error:
        raise NoTotalVol(strike_ticks, forward_q16) from error
    core = black76(k, vol << 8)
    return OptionValues(forward_q16, strike_ticks, k, call, vol, core.cdf_d1, core.pdf_d1)
