# SPDX-License-Identifier: Apache-2.0
"""The best bound that free hints of the margin circuits can give: every d of every cell with the best of all tail steps.

Cells add up and each has hints of its own, so that the best choice of each is the best joint choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from oracle.model import margin
from oracle.model.grid import Grid, vol_mode
from oracle.model.margin import (
    CDF1_BITS,
    CDF2_BITS,
    REQUIREMENT_UNIT,
    SPOT_UNIT,
    TAIL_STEPS_LIMIT,
    MarginParams,
    MarginPosition,
    inverse_vol_q4,
    requirement,
    tail_shift,
)
from oracle.model.tables import MARGIN_CDF_Q7, MARGIN_CDF_Q18

PLACES = 2048
"""Values of d: those of eleven bits."""


@cache
def _second() -> list[int]:
    return [MARGIN_CDF_Q7(d) << CDF2_BITS - MARGIN_CDF_Q7.output_bits for d in range(PLACES)]


def eta_at(d: int, steps: int, k_q24: int, vol_q18: int) -> int:
    """2 (v d + k + v^2 / 2) at 2^36, the tail steps included."""
    return (vol_q18 * (d - 1024 + tail_shift(d, steps)) << 12) + (k_q24 << 13) + vol_q18 * vol_q18


def least_eta(d: int, k_q24: int, vol_q18: int) -> int:
    """The smallest |eta| over all tail steps: eta is linear in the steps."""
    base = eta_at(d, 0, k_q24, vol_q18)
    step = vol_q18 * tail_shift(d, 1) << 12
    if step == 0:
        return abs(base)
    turn = -base // step
    return min(abs(base + step * min(max(steps, 0), TAIL_STEPS_LIMIT)) for steps in (turn, turn + 1))


def prices(d: int, eta: int, vol_q18: int, x_q4: int) -> tuple[int, int]:
    """Phi(d + v) + p at 2^122 and Phi(d) - p at 2^92."""
    penalty = 1635 * x_q4 * eta * eta
    return MARGIN_CDF_Q18((d << 11) + vol_q18) + (penalty << CDF1_BITS - CDF2_BITS), _second()[d] - penalty


def accepted_cells(vol_q18: int, needs_upper: bool, k_q24: int) -> Iterator[tuple[int, int]]:
    """`prices` with the smallest penalty at every d that the tables take."""
    x = inverse_vol_q4(vol_q18, needs_upper)
    for d in range(PLACES - (vol_q18 >> 11)):
        yield prices(d, least_eta(d, k_q24, vol_q18), vol_q18, x)


def best_cell(
    vol_q18: int, needs_upper: bool, k_q24: int, asset: int, strike: int, spot_e4: int, upper: bool
) -> tuple[int, int]:
    """The legs that serve the prover best: the largest shocked value in solvency, the least in insolvency."""

    def value(found: tuple[int, int]) -> int:
        return spot_e4 * asset * found[0] - SPOT_UNIT * strike * (found[1] << CDF1_BITS - CDF2_BITS)

    first, second = (max if upper else min)(accepted_cells(vol_q18, needs_upper, k_q24), key=value)
    return asset * first, strike * second


def best_bound(
    monkeypatch: pytest.MonkeyPatch,
    positions: tuple[MarginPosition, ...],
    grid: Grid,
    row: int,
    params: MarginParams,
    upper: bool,
) -> int:
    """Cash bound of one row in 1e-6, the least (solvency) or the largest (insolvency) of all hints that the circuit accepts."""
    scenario = grid.scenarios[row]

    def best(vol_q18: int, needs_upper: bool, k_q24: int, asset: int, strike: int) -> tuple[int, int]:
        if asset == 0:
            return 0, 0
        return best_cell(vol_q18, needs_upper, k_q24, asset, strike, scenario.spot_e4, upper)

    with monkeypatch.context() as patch:
        patch.setattr(margin, "cell", best)
        found = requirement(positions, scenario, vol_mode(row), params, upper)
    return -(-found // REQUIREMENT_UNIT) if upper else found // REQUIREMENT_UNIT
