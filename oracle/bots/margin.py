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
        self, address: str, nonce: int, positions: tuple[Position, ...], slices: Mapping[int, StoredSlice]
    ) -> MarginProof:
        """Proof at initial margin of a (resulting) account. Raises :class:`MarginError` where it does not fit."""
        published = published_slices(slices)
        slots = slots_for(len(positions))
        circuit = solvency_circuit(slots)
        domain = self.accounts.domain(circuit, address, nonce)
        mark, _ = self.accounts.perpetual(AccountState(address, nonce, positions, 0)) or (None, 0)
        rows = margin_positions(positions, published, self.accounts.grid, True, mark)
        grid, params = self.accounts.grid, self.accounts.initial
        bound = solvency_bound(rows, grid, params)
        return self._prove(solvency_statement(slots, rows, grid, params, domain, bound), bound)

    def insolvency(self, state: AccountState, row: int, slices: Mapping[int, StoredSlice]) -> MarginProof:
        """Proof at maintenance margin of one scenario."""
        published = published_slices(slices)
        slots = slots_for(len(state.positions))
        circuit = insolvency_circuit(slots)
        domain = self.accounts.domain(circuit, state.address, state.nonce)
        mark, _ = self.accounts.perpetual(state) or (None, 0)
        rows = margin_positions(state.positions, published, self.accounts.grid, False, mark)
        grid, params = self.accounts.grid, self.accounts.maintenance
        bound = insolvency_bound(rows, grid, row, params)
        return self._prove(insolvency_statement(slots, rows, grid, row, params, domain, bound), bound)

    def _prove(self, statement: Statement, required_cash_e6: int) -> MarginProof:
        proof = self._prover.prove(statement.circuit_id, statement.circuit_inputs())
        return MarginProof(statement, required_cash_e6, proof, self.accounts.rules_version)


def bundle_of(proof: MarginProof) -> ProofBundle:
    """The proof as a document."""
    return ProofBundle(proof.statement, proof.proof)
