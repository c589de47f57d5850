# SPDX-License-Identifier: Apache-2.0
"""What the ``slice`` statement publishes about one expiry, in integers: the specification of ``circuits/slice.circom``."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.errors import InvalidSlice, require_bits
from oracle.model.black76 import FLOOR_SHIFT, PRICE_SHIFT, black76, implied_total_vol_q32
from oracle.model.density import MASS_BITS, MASS_ONE, DensitySlice
from oracle.model.logarithm import ln_q48
from oracle.model.snapshot import QUOTE_UNIT_PER_COIN, ExpirySnapshot

FIT_ERROR_BITS = 48


@dataclass(frozen=True)
class StrikeValue:
    """One listed strike: mark in cents (call), total vol at 2^32, the two Greeks words, the slice's exact call price."""

    strike_ticks: int
    ln_strike_q48: int
    call_q53: int
    mark_e2: int
    total_vol_q32: int
    cdf_d1: int
    pdf_d1: int


@dataclass(frozen=True)
class SliceValues:
    """The published numbers of one expiry."""

    forward_q16: int
    ln_forward_q48: int
    fit_error_q16: int
    tick_e2: int
    strikes: tuple[StrikeValue, ...]


def mark_e2(call_q53: int, tick_e2: int) -> int:
    """[S-1] Call price in cents, rounded to the nearest, halves up. Raises InvalidValue from 2^32 cents."""
    return require_bits("mark_e2", call_q53 * tick_e2 + (MASS_ONE >> 1) >> MASS_BITS, 32)


def squared_error(density: DensitySlice, snapshot: ExpirySnapshot) -> int:
    """[S-2] Sum over quoted strikes of (20000 (c - put (f - K)) - mid f)^2: price errors in half ticks times mean, at 2^106."""
    calls = dict(zip(density.knots_ticks, density.call_q53, strict=True))
    mean, total = density.mean_q53, 0
    for quote in snapshot.quotes:
        if quote.quoted:
            parity = (mean - (quote.strike_ticks << MASS_BITS)) if quote.put else 0
            price = QUOTE_UNIT_PER_COIN * (calls[quote.strike_ticks] - parity)
            total += (price - quote.mid_half_ticks * mean) ** 2
    return total


def slice_values(density: DensitySlice, snapshot: ExpirySnapshot, tick_e2: int) -> SliceValues:
    """Everything the slice statement publishes.

    ``fit_error_q16`` [S-3] is the least integer E with E f^2 >= 2^16 times :func:`squared_error`.
    Raises :class:`InvalidSlice` where the mean misses the attested forward [D-5], a listed strike is no knot, or no vol
    reprices a strike [B-3]; InvalidValue where a number leaves its width.
    """
    if not density.agrees_with(snapshot.forward_q16):
        raise InvalidSlice(f"mean {density.mean_q53} is not within [D-5] of the forward {snapshot.forward_q16}")
    calls = dict(zip(density.knots_ticks, density.call_q53, strict=True))
    ln_forward = ln_q48(snapshot.forward_q16)
    strikes = []
    for quote in snapshot.quotes:
        strike = quote.strike_ticks
        if strike not in calls:
            raise InvalidSlice(f"listed strike {strike} is not a knot")
        ln_strike = ln_q48(strike << 16)
        k = ln_strike - ln_forward
        # [B-2] at 2^168 ticks: c 2^115 + f 2^93
        target = (calls[strike] << PRICE_SHIFT - MASS_BITS) + (
            density.mean_q53 << PRICE_SHIFT - MASS_BITS - FLOOR_SHIFT
        )
        vol = implied_total_vol_q32(snapshot.forward_q16, strike, k, target)
        core = black76(k, vol)
        strikes.append(
            StrikeValue(
                strike, ln_strike, calls[strike], mark_e2(calls[strike], tick_e2), vol, core.cdf_d1, core.pdf_d1
            )
        )
    fit_error = -(-(squared_error(density, snapshot) << 16) // density.mean_q53**2)
    require_bits("fit_error_q16", fit_error, FIT_ERROR_BITS)
    return SliceValues(snapshot.forward_q16, ln_forward, fit_error, tick_e2, tuple(strikes))
