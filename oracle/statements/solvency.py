# SPDX-License-Identifier: Apache-2.0
"""solvency: this account, with at least the stated cash, covers its requirement in every scenario of the grid."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.model.grid import Grid
from oracle.model.margin import MarginParams, MarginPosition, inverse_vol_q4, padded, value_e6
from oracle.model.solvency import required_cash_e6
from oracle.statements.columns import columns
from oracle.statements.layout import SolvencyGrid, SolvencyHeader, SolvencyPositions
from oracle.statements.statement import Statement


def circuit_id(slots: int) -> str:
    """Name of the instance."""
    return f"solvency_{slots}"


def solvency_statement(
    slots: int,
    positions: Sequence[MarginPosition],
    grid: Grid,
    params: MarginParams,
    domain: bytes,
    required_cash: int | None = None,
) -> Statement:
    """The statement at the least provable cash bound, or at ``required_cash`` (1e-6) where given.

    Raises :class:`MarginError` for too many positions or a vol that cannot be bounded.
    """
    filled = padded(positions, slots)
    bound = required_cash_e6(filled, grid, params) if required_cash is None else required_cash
    header = SolvencyHeader(bound, value_e6(filled), params.factor_e2, params.short_rate_e5, params.perpetual_rate_e5)
    rows = [SolvencyGrid(row.spot_e4, row.ln_spot_q24, row.weight_e5) for row in grid.scenarios]
    words = [
        SolvencyPositions(
            p.amount_e4,
            int(p.put),
            int(p.perpetual),
            p.strike_e2,
            p.log_moneyness_q24,
            p.forward_e2,
            *p.vols_q18,
            *(inverse_vol_q4(vol, p.needs_upper(True)) for vol in p.vols_q18),
        )
        for p in filled
    ]
    d = (header.pack(), *SolvencyGrid.pack_all(rows), *SolvencyPositions.pack_all(words))
    return Statement(circuit_id(slots), d, {**header.encoded(), **columns(rows), **columns(words)}, domain)
