# SPDX-License-Identifier: Apache-2.0
"""Which expiries have to be proven again: those whose published slice no longer says what the market says.

    [V-1]  it is another expiry or lists other strikes
    [V-2]  the forward moved by more than 2 bp: 10^4 |F' - F| > 2 F
    [V-3]  some mark lies farther outside its quote than when it was fitted (0 inside): with the old law rescaled to the
           new forward (the law of S / F is kept), the mark at strike K is C(K F / F') / F in the coin, by parity for puts

A quote that the fit never met, such as an outlier, so moves nothing until it drifts away further; a strike that was not
quoted when the slice was fitted has to be inside. A strike no longer quoted says nothing. Decided in exact rationals.
"""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction

from oracle.model.density import MASS_ONE, DensitySlice
from oracle.model.snapshot import QUOTE_UNIT_PER_COIN, ExpirySnapshot, Quote

FORWARD_MOVE_E4 = 2
"""[V-2] basis points."""


def moved(density: DensitySlice, old: ExpirySnapshot, new: ExpirySnapshot) -> bool:
    """[V-1] to [V-3] whether ``density``, fitted to ``old``, has to be proven again for ``new``."""
    if (old.expiry, _strikes(old)) != (new.expiry, _strikes(new)):
        return True
    if 10_000 * abs(new.forward_q16 - old.forward_q16) > FORWARD_MOVE_E4 * old.forward_q16:
        return True
    return any(
        after.quoted
        and outside_half_ticks(density, after, new.forward_q16)
        > (outside_half_ticks(density, before, old.forward_q16) if before.quoted else 0)
        for before, after in zip(old.quotes, new.quotes, strict=True)
    )


def call_fraction(density: DensitySlice, moneyness: Fraction) -> Fraction:
    """C(x f) / f of the slice at any moneyness x, exact: the cubic between knots of :meth:`DensitySlice.call_at`."""
    knots, mean = density.knots_ticks, density.mean_q53
    strike = moneyness * mean / MASS_ONE
    if strike >= knots[-1]:
        return Fraction(0)
    if strike <= knots[0]:
        return (density.call_q53[0] + (knots[0] - strike) * density.survival_q53[0]) / mean
    j = bisect_right(knots, strike) - 1
    h, t = density.gaps_ticks[j], knots[j + 1] - strike
    left, right = density.density_q[j], density.density_q[j + 1]
    call = density.call_q53[j + 1] + t * density.survival_q53[j + 1] + 3 * right * t * t + (left - right) * t**3 / h
    return call / mean


def outside_half_ticks(density: DensitySlice, quote: Quote, forward_q16: int) -> Fraction:
    """[V-3] how far the mark lies outside bid and ask, in half ticks; 0 inside."""
    moneyness = Fraction(quote.strike_ticks << 16, forward_q16)
    price = call_fraction(density, moneyness)
    if quote.put:
        price += moneyness - 1
    error = abs(QUOTE_UNIT_PER_COIN * price - quote.mid_half_ticks)
    return max(error - quote.half_spread_half_ticks, Fraction(0))


def _strikes(listed: ExpirySnapshot) -> list[int]:
    return [quote.strike_ticks for quote in listed.quotes]
