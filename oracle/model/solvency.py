# SPDX-License-Identifier: Apache-2.0
"""solvency: this account, with at least the stated cash, covers its requirement in every scenario of the grid."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.model.grid import Grid, vol_mode
from oracle.model.margin import REQUIREMENT_UNIT, MarginParams, MarginPosition, requirement


def required_cash_e6(positions: Sequence[MarginPosition], grid: Grid, params: MarginParams) -> int:
    """[M-7] Least provable cash bound in 1e-6, rounded up: the largest requirement of the 36 rows."""
    bounds = [requirement(positions, row, vol_mode(j), params, upper=True) for j, row in enumerate(grid.scenarios)]
    return -(-max(bounds) // REQUIREMENT_UNIT)
