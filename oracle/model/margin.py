# SPDX-License-Identifier: Apache-2.0
"""Scenario margin in integers: the specification of ``circuits/lib/margin.circom``.

Prices are cents (1e-2), amounts 1e-4 contracts, values and cash 1e-6; logarithms at 2^24, vols at 2^18, inverse vols at 2^4.

[M-1] V0 = sum of amount x mark; V(j) = value at spot multiplier s_j with Black-76 at log-moneyness k - ln s_j and the shocked
vol of row j's mode, puts by parity.
[M-2] requirement_j = factor weight_j (V0 - V(j)) + short + perpetual - V0: the cash below which scenario j is a shortfall.
[M-3] short = rate (max(0, -sum of call a F) + max(0, -sum of put a F)); perpetual = rate sum |a| F.
[M-4] C = max over d of F Phi(d + v) - K Phi(d): any d bounds from below; adding 0.09974 x eta^2 (F + K) with
eta = v d + k + v^2 / 2 and x >= 1 / v bounds from above.
[M-5] x = ceil(2^22 / v) at 2^4 where an upper bound is needed, for v in [2^-7, 8), else 0.
[M-6] Each cell is charged 3 / 2^20 of its gross notional against the prover: the error of the two tables is at most 2.67e-6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oracle.errors import MarginError, ShockedVolTooHigh, require_bits
from oracle.model.grid import Scenario
from oracle.model.tables import MARGIN_CDF_Q7, MARGIN_CDF_Q18

CDF1_BITS = MARGIN_CDF_Q18.output_bits
CDF2_BITS = 92
SPOT_UNIT, WEIGHT_UNIT, FACTOR_UNIT = 10_000, 100_000, 100
TABLE_ERROR_Q20 = 3
TAIL_STEP_OUT, TAIL_STEP_IN = 240, 176
TAIL_STEPS_LIMIT = 511
ONE = (1 << CDF1_BITS) * SPOT_UNIT
REQUIREMENT_UNIT = ONE * FACTOR_UNIT * WEIGHT_UNIT
UNUSED_VOL_Q18 = 1 << 18
LEAST_UPPER_VOL_Q18 = 1 << 11
"""v >= 2^-7 where an upper price bound is needed [A-4]."""
VOL_LIMIT_Q18 = 1 << 21
"""Vols of the statements have 21 bits: v < 8."""


@dataclass(frozen=True)
class MarginParams:
    """Factor at 1e-2 (initial 100, maintenance 80), contingency rates at 1e-5."""

    factor_e2: int
    short_rate_e5: int
    perpetual_rate_e5: int

    def __post_init__(self) -> None:
        require_bits("factor_e2", self.factor_e2, 8)
        require_bits("short_rate_e5", self.short_rate_e5, 17)
        require_bits("perpetual_rate_e5", self.perpetual_rate_e5, 17)


@dataclass(frozen=True)
class MarginPosition:
    """One position as the margin statements see it; ``vols_q18`` by mode (up, none, down)."""

    amount_e4: int
    put: bool
    perpetual: bool
    strike_e2: int
    log_moneyness_q24: int
    mark_e2: int
    forward_e2: int
    vols_q18: tuple[int, int, int]

    def needs_upper(self, upper: bool) -> bool:
        """Whether its price is bounded from above: shorts for an upper bound of the requirement, longs for a lower one."""
        return not self.perpetual and (self.amount_e4 < 0 if upper else self.amount_e4 > 0)

    @property
    def asset(self) -> int:
        """Amount x forward of an option, 0 for a perpetual."""
        return 0 if self.perpetual else self.amount_e4 * self.forward_e2

    @property
    def strike(self) -> int:
        """Amount x strike of an option, 0 for a perpetual."""
        return 0 if self.perpetual else self.amount_e4 * self.strike_e2

    @property
    def value(self) -> int:
        """Amount x mark."""
        return self.amount_e4 * self.mark_e2


UNUSED = MarginPosition(0, False, False, 0, 0, 0, 0, (UNUSED_VOL_Q18,) * 3)
"""An empty slot."""


def value_e6(positions: Sequence[MarginPosition]) -> int:
    """[M-1] V0: sum of amount x mark, exact."""
    return sum(p.value for p in positions)


def padded(positions: Sequence[MarginPosition], size: int) -> list[MarginPosition]:
    """Positions filled up with empty slots. Raises :class:`MarginError` where there are more than ``size``."""
    if len(positions) > size:
        raise MarginError(f"{len(positions)} positions do not fit {size}")
    return [*positions, *([UNUSED] * (size - len(positions)))]


def cell_hint(k_q24: int, vol_q18: int) -> tuple[int, int]:
    """The circuit's own hint for d (grid of 1/128 around 1024) and the tail steps; any value would be sound."""
    numerator = -((k_q24 << 13) + vol_q18 * vol_q18)
    negative = numerator < 0
    distance = 16383 if vol_q18 == 0 else ((abs(numerator) >> 11) + vol_q18) // (2 * vol_q18)
    top, step = (1024, TAIL_STEP_OUT) if negative else (1023 - (vol_q18 >> 11), TAIL_STEP_IN)
    steps, rest = 0, distance
    if distance > top:
        rest = top
        if top >= 768:
            steps = min(TAIL_STEPS_LIMIT, (distance - top + step - 1) // step)
            rest = max(768, min(top, distance - step * steps))
    return (1024 - rest if negative else 1024 + rest), steps


def tail_shift(d: int, steps: int) -> int:
    """How far the tail steps move d for the penalty, in 1/128: only where |d| >= 6."""
    if d >> 8 == 7:
        return TAIL_STEP_IN * steps
    return -TAIL_STEP_OUT * steps if d >> 8 == 0 else 0


def inverse_vol_q4(vol_q18: int, needs_upper: bool) -> int:
    """[M-5] x = ceil(2^22 / v), at 2^4; 0 where no upper bound is needed.

    Raises :class:`ShockedVolTooHigh` from v = 8 and :class:`MarginError` below 2^-7 where one is.
    """
    if not needs_upper:
        return 0
    if vol_q18 < LEAST_UPPER_VOL_Q18:
        raise MarginError(f"total vol {vol_q18} / 2^18 of a position that needs an upper price bound is below 2^-7")
    if vol_q18 >= VOL_LIMIT_Q18:
        raise ShockedVolTooHigh(vol_q18)
    return -(-(1 << 22) // vol_q18)


def cell(vol_q18: int, needs_upper: bool, k_q24: int, asset: int, strike: int) -> tuple[int, int]:
    """[M-4] Asset leg at 2^122 and strike leg at 2^92 of one position in one scenario."""
    d, steps = cell_hint(k_q24, vol_q18)
    eta = (vol_q18 * (d - 1024 + tail_shift(d, steps)) << 12) + (k_q24 << 13) + vol_q18 * vol_q18
    penalty = 1635 * inverse_vol_q4(vol_q18, needs_upper) * eta * eta
    first = MARGIN_CDF_Q18((d << 11) + vol_q18) + (penalty << CDF1_BITS - CDF2_BITS)
    second = (MARGIN_CDF_Q7(d) << CDF2_BITS - MARGIN_CDF_Q7.output_bits) - penalty
    return asset * first, strike * second


def requirement(
    positions: Sequence[MarginPosition], scenario: Scenario, mode: int, params: MarginParams, upper: bool
) -> int:
    """[M-2] at scale REQUIREMENT_UNIT, bounded against the prover.

    ``upper`` True: an upper bound of the requirement (solvency); False: a lower bound (insolvency).
    Raises :class:`MarginError` for a vol that cannot be bounded from above where that is needed.
    """
    error_sign = -1 if upper else 1
    error = TABLE_ERROR_Q20 << CDF1_BITS - 20
    asset_legs = strike_legs = 0
    for p in positions:
        a, b = cell(
            p.vols_q18[mode], p.needs_upper(upper), p.log_moneyness_q24 - scenario.ln_spot_q24, p.asset, p.strike
        )
        asset_legs, strike_legs = asset_legs + a, strike_legs + b
    puts = [p for p in positions if p.put]
    notional = [p.amount_e4 * p.forward_e2 for p in positions if p.perpetual]
    linear_asset = sum(notional) - sum(p.asset for p in puts)
    linear_strike = sum(p.strike for p in puts)
    asset_size = sum(abs(p.asset) for p in positions)
    strike_size = sum(abs(p.strike) for p in positions)
    assets = scenario.spot_e4 * (asset_legs + (linear_asset << CDF1_BITS) + error_sign * error * asset_size)
    shocked = assets - SPOT_UNIT * (
        (strike_legs << CDF1_BITS - CDF2_BITS) - (linear_strike << CDF1_BITS) - error_sign * error * strike_size
    )
    value = value_e6(positions)
    short = max(0, -sum(p.asset for p in positions if not p.put)) + max(0, -sum(p.asset for p in puts))
    charges = params.short_rate_e5 * short + params.perpetual_rate_e5 * sum(map(abs, notional))
    loss = params.factor_e2 * scenario.weight_e5 * (ONE * value - shocked)
    return loss + charges * ONE * FACTOR_UNIT - value * REQUIREMENT_UNIT
