# SPDX-License-Identifier: Apache-2.0
"""What-if margin of positions and cash on the newest landed slices, in the integers of the margin statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from oracle.bots.margin import slots_for
from oracle.errors import MarginError
from oracle.model.account import Position, PublishedSlice, equity_e6, margin_positions, merge
from oracle.model.grid import Grid
from oracle.model.insolvency import worst_row
from oracle.model.margin import MarginParams
from oracle.model.solvency import required_cash_e6


@dataclass(frozen=True)
class WhatIf:
    """Netted positions at the newest slices; cash bounds and equity in 1e-6 dollars.

    ``initial_cash_e6`` is the least cash with a solvency proof at initial margin, ``maintenance_cash_e6`` the cash below which
    an insolvency proof of ``worst_row`` at maintenance margin exists; both 0 without positions.
    """

    positions: tuple[Position, ...]
    cash_e6: int
    equity_e6: int
    initial_cash_e6: int
    maintenance_cash_e6: int
    worst_row: int
    grid: Grid


Margin = Callable[[str, Sequence[Position], int], WhatIf]
"""(market, positions, cash in 1e-6) to the requirement. Raises RiskOracleError where the account cannot be valued."""


class MarginRules(Protocol):
    """Grid and margins of one engine; :class:`oracle.chain.accounts.MarginAccounts` has them from the chain."""

    @property
    def grid(self) -> Grid:
        """The scenarios."""

    @property
    def initial(self) -> MarginParams:
        """What a trade and a withdrawal demand."""

    @property
    def maintenance(self) -> MarginParams:
        """Below which an account is liquidated."""


class WhatIfMargin:
    """The :data:`Margin` of a node; ``published`` gives a market's newest slices by expiry."""

    def __init__(
        self, rules: Mapping[str, MarginRules], published: Callable[[str], Mapping[int, PublishedSlice]]
    ) -> None:
        self._rules = rules
        self._published = published

    def __call__(self, market: str, positions: Sequence[Position], cash_e6: int) -> WhatIf:
        """Raises :class:`MarginError` for an expiry without slice, a strike that is not listed, too many positions or a vol
        too low to bound, :class:`InvalidValue` where positions net to an amount out of range."""
        rules = self._rules.get(market)
        if rules is None:
            raise MarginError(f"market {market}: no margin engine")
        book, grid, slices = merge(positions), rules.grid, self._published(market)
        slots_for(len(book))
        if not book:
            return WhatIf(book, cash_e6, cash_e6, 0, 0, 0, grid)
        initial = required_cash_e6(margin_positions(book, slices, grid, upper=True), grid, rules.initial)
        row, maintenance = worst_row(margin_positions(book, slices, grid, upper=False), grid, rules.maintenance)
        equity = equity_e6(cash_e6, book, slices, grid)
        return WhatIf(book, cash_e6, equity, initial, maintenance, row, grid)
