# SPDX-License-Identifier: Apache-2.0
"""Price and Greeks of one option in integers from its proven words, the same in ``contracts/libraries/GreeksMath.sol``.

With F the forward and K the strike in USD, v the total vol, T the tenor in years of 365 days (at least a minute, [L-4]),
Phi = Phi(d1) and phi = phi(d1), at discount factor 1 (Black 1976; Haug, The Complete Guide to Option Pricing Formulas, 2nd
edition, chapter 2, cost of carry 0):

    [O-3]  call = c,  put = max(0, c - F + K)         delta = Phi,  put -(1 - Phi)
    [O-4]  gamma = phi / (F v)      vega = F phi sqrt(T)      theta = -F phi v / (2 T)      rho = -T price

Every magnitude is rounded down, towards zero; nothing is rounded before it, but for the square root of T [L-4].
"""

from __future__ import annotations

from dataclasses import dataclass

from oracle.errors import InvalidValue, require_bits
from oracle.model.black76 import CDF_BITS, PDF_BITS
from oracle.model.density import MASS_BITS
from oracle.model.exponential import LEAST_TENOR_S, YEAR_S, sqrt_years_q32
from oracle.model.option import CALL_BITS, require_strike

CDF_ONE = 1 << CDF_BITS
FORWARD_BITS = 40
TICK_BITS = 8
VOL_BITS = 35
TENOR_BITS = 40
E9 = 10**9


@dataclass(frozen=True)
class OptionWords:
    """What a reader holds of a proven option: the slice's forward and tick, and the published numbers of the strike."""

    forward_q16: int
    tick_e2: int
    strike_ticks: int
    call_q53: int
    total_vol_q32: int
    cdf_d1: int
    pdf_d1: int

    def require(self) -> None:
        """Raises :class:`InvalidValue` naming a word outside its range."""
        require_strike(self.strike_ticks)
        require_bits("call_q53", self.call_q53, CALL_BITS)
        require_bits("pdf_d1", self.pdf_d1, PDF_BITS)
        if not 0 <= self.cdf_d1 <= CDF_ONE:
            raise InvalidValue("cdf_d1", self.cdf_d1, f"must be in [0, 2^{CDF_BITS}]")
        for name, bits in (("forward_q16", FORWARD_BITS), ("tick_e2", TICK_BITS), ("total_vol_q32", VOL_BITS)):
            if not 1 <= getattr(self, name) < 1 << bits:
                raise InvalidValue(name, getattr(self, name), f"must be in [1, 2^{bits})")


@dataclass(frozen=True)
class OptionGreeks:
    """USD and units of the forward: ``price_e6`` USD at 1e-6; ``delta_e9`` at 1e-9; ``gamma_e12`` delta per USD at 1e-12;
    ``vega_e6`` USD per 1.00 of vol; ``theta_e6`` USD per year; ``rho_e6`` USD per 1.00 of the rate at a fixed forward."""

    price_e6: int
    delta_e9: int
    gamma_e12: int
    vega_e6: int
    theta_e6: int
    rho_e6: int


def option_greeks(words: OptionWords, tenor_s: int, put: bool) -> OptionGreeks:
    """[O-3], [O-4] of a call or a put that expires in ``tenor_s`` seconds; below a minute counts as a minute.

    Raises :class:`InvalidValue` for a word or a tenor (2^40) outside its range.
    """
    words.require()
    tenor = max(require_bits("tenor_s", tenor_s, TENOR_BITS), LEAST_TENOR_S)
    value = words.call_q53
    if put:
        value = max(0, value - (words.forward_q16 << MASS_BITS - 16) + (words.strike_ticks << MASS_BITS))
    value_e6 = value * words.tick_e2 * 10**4
    # USD at 2^16 and 1e-2; pdf at 2^202
    forward_e2 = words.forward_q16 * words.tick_e2
    density_e6 = forward_e2 * 10**4 * words.pdf_d1
    root = sqrt_years_q32(tenor)
    return OptionGreeks(
        price_e6=value_e6 >> MASS_BITS,
        delta_e9=-((CDF_ONE - words.cdf_d1) * E9 >> CDF_BITS) if put else words.cdf_d1 * E9 >> CDF_BITS,
        gamma_e12=words.pdf_d1 * 10**14 // (forward_e2 * words.total_vol_q32 << PDF_BITS - 48),
        vega_e6=density_e6 * root >> PDF_BITS + 48,
        theta_e6=-(density_e6 * words.total_vol_q32 * YEAR_S // (2 * tenor << PDF_BITS + 48)),
        rho_e6=-(value_e6 * tenor // (YEAR_S << MASS_BITS)),
    )
