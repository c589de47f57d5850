# SPDX-License-Identifier: Apache-2.0
"""insolvency: this account, in this one scenario of the grid, falls short at any cash below the stated bound."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.model.grid import Grid, vol_mode
from oracle.model.margin import REQUIREMENT_UNIT, MarginParams, MarginPosition, requirement


def required_cash_e6(positions: Sequence[MarginPosition], grid: Grid, row: int, params: MarginParams) -> int:
    """[M-8] Largest provable cash bound in 1e-6 of one row, rounded down."""
    return requirement(positions, grid.scenarios[row], vol_mode(row), params, upper=False) // REQUIREMENT_UNIT


def worst_row(positions: Sequence[MarginPosition], grid: Grid, params: MarginParams) -> tuple[int, int]:
    """Row with the largest bound, and the bound: what a liquidator proves."""
    bounds = [required_cash_e6(positions, grid, row, params) for row in range(len(grid.scenarios))]
    best = max(range(len(bounds)), key=lambda row: bounds[row])
    return best, bounds[best]
