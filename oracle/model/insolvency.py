# SPDX-License-Identifier: Apache-2.0
"""insolvency: this account, in this one scenario of the grid, falls short at any cash below the stated bound."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from oracle.errors import ShockedVolTooHigh
from oracle.model.grid import Grid, vol_mode
from oracle.model.margin import REQUIREMENT_UNIT, MarginParams, MarginPosition, requirement


def required_cash_e6(positions: Sequence[MarginPosition], grid: Grid, row: int, params: MarginParams) -> int:
    """[M-8] Largest provable cash bound in 1e-6 of one row, rounded down. Raises :class:`MarginError`."""
    return requirement(positions, grid.scenarios[row], vol_mode(row), params, upper=False) // REQUIREMENT_UNIT


def worst_row(positions: Sequence[MarginPosition], grid: Grid, params: MarginParams) -> tuple[int, int]:
    """Row with the largest bound, and the bound: what a liquidator proves.

    Rows in which a long position's vol is shocked to 8 or more have no proof and are passed over; published vols are
    below 4, so unshocked rows remain.
    """
    bounds: dict[int, int] = {}
    for row in range(len(grid.scenarios)):
        with suppress(ShockedVolTooHigh):
            bounds[row] = required_cash_e6(positions, grid, row, params)
    if not bounds:
        raise ShockedVolTooHigh(max(vol for p in positions for vol in p.vols_q18))
    best = max(bounds, key=lambda row: bounds[row])
    return best, bounds[best]
