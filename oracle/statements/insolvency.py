# SPDX-License-Identifier: Apache-2.0
"""insolvency: this account, in this one scenario of the grid, falls short at any cash below the stated bound."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.model.grid import Grid, vol_mode
from oracle.model.insolvency import required_cash_e6
from oracle.model.margin import MarginParams, MarginPosition, inverse_vol_q4, padded, value_e6
from oracle.statements.columns import columns
from oracle.statements.layout import InsolvencyHeader, InsolvencyPositions
from oracle.statements.statement import Statement


def circuit_id(slots: int) -> str:
    """Name of the instance."""
    return f"insolvency_{slots}"


def insolvency_statement(
    slots: int,
    positions: Sequence[MarginPosition],
    grid: Grid,
    row: int,
    params: MarginParams,
    domain: bytes,
    required_cash: int | None = None,
) -> Statement:
    """The statement of one row at the largest provable cash bound, or at ``required_cash`` (1e-6) where given.

    Raises :class:`MarginError` for too many positions or a vol that cannot be bounded.
    """
    filled = padded(positions, slots)
    bound = required_cash_e6(filled, grid, row, params) if required_cash is None else required_cash
    scenario = grid.scenarios[row]
    header = InsolvencyHeader(
        bound,
        value_e6(filled),
        params.factor_e2,
        params.short_rate_e5,
        params.perpetual_rate_e5,
        scenario.spot_e4,
        scenario.ln_spot_q24,
        scenario.weight_e5,
    )
    words = [
        InsolvencyPositions(
            p.amount_e4,
            int(p.put),
            int(p.perpetual),
            p.strike_e2,
            p.log_moneyness_q24,
            p.forward_e2,
            p.vols_q18[vol_mode(row)],
            inverse_vol_q4(p.vols_q18[vol_mode(row)], p.needs_upper(False)),
        )
        for p in filled
    ]
    d = (header.pack(), *InsolvencyPositions.pack_all(words))
    return Statement(circuit_id(slots), d, {**header.encoded(), **columns(words)}, domain)
