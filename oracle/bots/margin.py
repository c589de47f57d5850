# SPDX-License-Identifier: Apache-2.0
"""Solvency and insolvency proofs of accounts on the newest slices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oracle.chain.accounts import AccountState, MarginAccounts, MarginProof
from oracle.chain.slices import StoredSlice, published_slices
from oracle.errors import MarginError
from oracle.model.account import Position, equity_e6, margin_positions
from oracle.model.insolvency import required_cash_e6 as insolvency_bound
from oracle.model.insolvency import worst_row
from oracle.model.ledger import counted_cash_e6
from oracle.model.margin import MarginParams, MarginPosition
from oracle.model.solvency import required_cash_e6 as solvency_bound
from oracle.statements.bundle import ProofBundle
from oracle.statements.insolvency import circuit_id as insolvency_circuit
from oracle.statements.insolvency import insolvency_statement
from oracle.statements.solvency import circuit_id as solvency_circuit
from oracle.statements.solvency import solvency_statement
from oracle.statements.statement import Statement
from prover.prove import ProofSource

SLOTS = (4, 8, 16, 32)
"""Positions of an account, by preset."""


def slots_for(count: int) -> int:
    """The smallest preset that holds ``count`` positions. Raises :class:`MarginError` where none does."""
    for slots in SLOTS:
        if count <= slots:
            return slots
    raise MarginError(f"{count} positions: an account holds at most {SLOTS[-1]}")


@dataclass(frozen=True)
class Health:
    """An account at the newest marks: equity and the maintenance bound of its worst scenario, 1e-6 dollars.

    ``cash_e6`` is what counts of its cash: after funding and haircut.
    """

    address: str
    nonce: int
    cash_e6: int
    equity_e6: int
    maintenance_cash_e6: int
    worst_row: int
    locked: bool

    @property
    def insolvent(self) -> bool:
        """Whether an insolvency proof at maintenance exists: cash below the provable bound."""
        return self.cash_e6 < self.maintenance_cash_e6


class MarginProver:
    """Builds and proves margin statements for one engine."""

    def __init__(self, accounts: MarginAccounts, prover: ProofSource) -> None:
        self.accounts = accounts
        self._prover = prover

    def health(self, state: AccountState, slices: Mapping[int, StoredSlice]) -> Health:
        """Evaluates an account in integers, without proving. Raises :class:`MarginError` where a slice is missing."""
        published = published_slices(slices)
        grid = self.accounts.grid
        if not state.positions:
            return Health(state.address, state.nonce, state.cash_e6, state.cash_e6, 0, 0, state.locked)
        mark, owed = self.accounts.perpetual(state) or (None, 0)
        positions = margin_positions(state.positions, published, grid, False, mark)
        row, bound = worst_row(positions, grid, self.accounts.maintenance)
        cash = state.cash_e6 - owed
        equity = equity_e6(cash, state.positions, published, grid, mark)
        counted = counted_cash_e6(cash, self.accounts.haircut_e4)
        return Health(state.address, state.nonce, counted, equity, bound, row, state.locked)

    def solvency(
        self,
        address: str,
        nonce: int,
        positions: tuple[Position, ...],
        slices: Mapping[int, StoredSlice],
        params: MarginParams | None = None,
    ) -> MarginProof:
        """Proof of a (resulting) account at initial margin, or at ``params``. Raises :class:`MarginError` where it does not fit."""
        slots = slots_for(len(positions))
        domain = self.accounts.domain(solvency_circuit(slots), address, nonce)
        rows, factors = self._rows(positions, slices, True), params or self.accounts.initial
        bound = solvency_bound(rows, self.accounts.grid, factors)
        return self._prove(solvency_statement(slots, rows, self.accounts.grid, factors, domain, bound), bound)

    def required_e6(
        self, positions: tuple[Position, ...], slices: Mapping[int, StoredSlice], params: MarginParams
    ) -> int:
        """The cash that a solvency proof of these positions needs, 1e-6; 0 without positions."""
        return solvency_bound(self._rows(positions, slices, True), self.accounts.grid, params) if positions else 0

    def short_below_e6(
        self, positions: tuple[Position, ...], slices: Mapping[int, StoredSlice], row: int, params: MarginParams
    ) -> int:
        """The cash below which these positions are short in a row, 1e-6: what the auction computes to size a bid."""
        return insolvency_bound(self._rows(positions, slices, False), self.accounts.grid, row, params)

    def value_e6(self, positions: tuple[Position, ...], slices: Mapping[int, StoredSlice]) -> int:
        """Sum of amounts at marks, 1e-6."""
        return sum(row.value for row in self._rows(positions, slices, True))

    def _rows(
        self, positions: tuple[Position, ...], slices: Mapping[int, StoredSlice], upper: bool
    ) -> list[MarginPosition]:
        mark, _ = self.accounts.perpetual(AccountState("", 0, positions, 0)) or (None, 0)
        return margin_positions(positions, published_slices(slices), self.accounts.grid, upper, mark)

    def insolvency(self, state: AccountState, row: int, slices: Mapping[int, StoredSlice]) -> MarginProof:
        """Proof at maintenance margin of one scenario."""
        slots = slots_for(len(state.positions))
        domain = self.accounts.domain(insolvency_circuit(slots), state.address, state.nonce)
        rows = self._rows(state.positions, slices, False)
        grid, params = self.accounts.grid, self.accounts.maintenance
        bound = insolvency_bound(rows, grid, row, params)
        return self._prove(insolvency_statement(slots, rows, grid, row, params, domain, bound), bound)

    def _prove(self, statement: Statement, required_cash_e6: int) -> MarginProof:
        proof = self._prover.prove(statement.circuit_id, statement.circuit_inputs())
        return MarginProof(statement, required_cash_e6, proof, self.accounts.rules_version)


def bundle_of(proof: MarginProof) -> ProofBundle:
    """The proof as a document."""
    return ProofBundle(proof.statement, proof.proof)
