# SPDX-License-Identifier: Apache-2.0
"""Accounts of the margin engine: state from events, deposits, trades and withdrawals with their proofs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from oracle.chain.client import ChainClient
from oracle.chain.deploy import Deployment
from oracle.chain.slices import MarginSlice, StoredSlice, folded
from oracle.errors import ChainError
from oracle.model.account import Position
from oracle.model.grid import Grid, load_grid
from oracle.model.ledger import funding_owed_e6
from oracle.model.margin import MarginParams
from oracle.statements.statement import Statement, account_domain, name_bytes32
from prover.proof import Proof

ORDER_TYPES = {
    "Order": [
        {"name": "maker", "type": "address"},
        {"name": "taker", "type": "address"},
        {"name": "legs", "type": "Position[]"},
        {"name": "cashToMakerE6", "type": "int64"},
        {"name": "lots", "type": "uint32"},
        {"name": "minimumLots", "type": "uint32"},
        {"name": "deadline", "type": "uint64"},
        {"name": "salt", "type": "uint64"},
    ],
    "Position": [
        {"name": "expiry", "type": "uint64"},
        {"name": "strikeTicks", "type": "uint24"},
        {"name": "put", "type": "bool"},
        {"name": "amountE4", "type": "int32"},
    ],
}


@dataclass(frozen=True)
class AccountState:
    """What an account's stored hash commits to, and its cash; ``funding_index_e6`` up to which its cash holds the funding."""

    address: str
    nonce: int
    positions: tuple[Position, ...]
    cash_e6: int
    locked: bool = False
    funding_index_e6: int = 0

    def as_tuple(self, slices: Mapping[int, StoredSlice] | None = None) -> tuple[Any, ...]:
        """The AccountState struct; calls that value the positions need ``slices``, which say where their strikes are listed."""
        return (self.nonce, self.funding_index_e6, position_words(self.positions, slices))


@dataclass(frozen=True)
class Order:
    """A maker's signed offer: for each lot ``legs`` are the maker's changes, ``cash_to_maker_e6`` is paid by the taker.

    A fill is of ``minimum_lots`` or of all that is left. Orders of one maker and salt share their filled lots.
    """

    maker: str
    taker: str
    legs: tuple[Position, ...]
    cash_to_maker_e6: int
    deadline: int
    salt: int
    lots: int = 1
    minimum_lots: int = 0

    def as_tuple(self, slices: Mapping[int, StoredSlice] | None = None) -> tuple[Any, ...]:
        """The Order struct."""
        return (self.maker, self.taker, position_words(self.legs, slices), *self._terms())

    def sign(self, maker: LocalAccount, chain_id: int, engine: str) -> bytes:
        """The maker's EIP-712 signature; the domain holds chain id and engine."""
        names = [field["name"] for field in ORDER_TYPES["Position"]]
        legs = [dict(zip(names, (p.expiry, p.strike_ticks, p.put, p.amount_e4), strict=True)) for p in self.legs]
        values = (self.maker, self.taker, legs, *self._terms())
        message = dict(zip((f["name"] for f in ORDER_TYPES["Order"]), values, strict=True))
        domain = {"name": "zkrisk", "version": "1", "chainId": chain_id, "verifyingContract": engine}
        return bytes(maker.sign_message(encode_typed_data(domain, ORDER_TYPES, message)).signature)

    def _terms(self) -> tuple[int, ...]:
        return (self.cash_to_maker_e6, self.lots, self.minimum_lots, self.deadline, self.salt)


@dataclass(frozen=True)
class MarginProof:
    """A proven cash bound about an account."""

    statement: Statement
    required_cash_e6: int
    proof: Proof
    rules_version: int = 0

    def as_tuple(self) -> tuple[Any, ...]:
        """The MarginProof struct."""
        circuit = name_bytes32("circuit_id", self.statement.circuit_id)
        words = list(self.proof.to_calldata())
        return (circuit, self.rules_version, self.required_cash_e6, self.statement.digest, words)


NO_PROOF = (b"\0" * 32, 0, 0, 0, [0] * 8)
"""Passed where a resulting account has no positions."""


def position_words(positions: Sequence[Position], slices: Mapping[int, StoredSlice] | None = None) -> list[int]:
    """Positions as the contracts take them. Raises :class:`MarginError` for a strike that is not listed."""
    stored = slices or {}
    return [p.word(stored[p.expiry].published.hint(p.strike_ticks) if p.expiry in stored else 0) for p in positions]


def slices_tuple(slices: Mapping[int, StoredSlice], *books: Sequence[Position]) -> list[MarginSlice]:
    """MarginSlice of every expiry the books hold, ascending, each with the results near the books' strikes alone.

    Raises :class:`ChainError` for an expiry without a slice and :class:`MarginError` for a strike that is not listed.
    """
    indices: dict[int, set[int]] = {}
    for p in (p for book in books for p in book if not p.perpetual):
        if p.expiry not in slices:
            raise ChainError(f"expiry {p.expiry}: no slice on-chain")
        indices.setdefault(p.expiry, set()).add(slices[p.expiry].published.hint(p.strike_ticks))
    return [folded(slices[expiry].margin, indices[expiry]) for expiry in sorted(indices)]


class MarginAccounts:
    """The engine and the auction as one signer sees them."""

    def __init__(self, client: ChainClient, deployment: Deployment, grids: Path) -> None:
        self.client = client
        self.deployment = deployment
        deployment.require_chain(client)
        self.engine = client.contract("MarginEngine", deployment.margin_engine)
        self.auction = client.contract("LiquidationAuction", deployment.liquidation_auction)
        self.rules = client.contract("MarginRules", deployment.margin_rules)
        self.oracle = client.contract("RiskOracle", deployment.risk_oracle)
        self.grid: Grid = load_grid(grids / f"{deployment.grid}.json")
        self.rules_version = int(client.call("rules", self.rules.functions.activeVersion()))
        params, grid_id = client.call("rules", self.rules.functions.paramsOf(self.rules_version))
        self.grid_id = bytes(grid_id)
        if self.grid_id != self.grid.grid_id():
            raise ChainError(f"grid {deployment.grid}: the rules' id 0x{self.grid_id.hex()} is another grid's")
        _, _, initial, maintenance, short_rate, perpetual_rate, self.haircut_e4, _ = params
        self.initial = MarginParams(initial, short_rate, perpetual_rate)
        self.maintenance = MarginParams(maintenance, short_rate, perpetual_rate)
        self._next_block = deployment.from_block
        self._positions: dict[str, tuple[int, int, tuple[Position, ...]]] = {}

    def poll(self) -> None:
        """Follows position changes up to the newest block."""
        head = self.client.head()
        if head < self._next_block:
            return
        for log in self.client.logs(self.engine.events.PositionsChanged, self._next_block, head):
            arguments = log["args"]
            positions = tuple(Position.from_word(word) for word in arguments["positions"])
            index = int(arguments["fundingIndexE6"])
            self._positions[arguments["account"]] = (int(arguments["nonce"]), index, positions)
        self._next_block = head + 1

    def known(self) -> list[str]:
        """Accounts that ever held positions, by address."""
        return sorted(self._positions)

    def state(self, address: str) -> AccountState:
        """An account as of the last :meth:`poll`, with its current cash."""
        _, cash, nonce, _, locked = self.client.call("accountOf", self.engine.functions.accountOf(address))
        known_nonce, index, positions = self._positions.get(address, (0, 0, ()))
        if known_nonce != nonce:
            raise ChainError(f"account {address}: nonce {nonce} on-chain, {known_nonce} in its events; poll again")
        return AccountState(address, nonce, positions, cash, locked, index)

    def perpetual(self, state: AccountState) -> tuple[int, int] | None:
        """Mark of the perpetual, 1e-2, and what the account owes of funding, 1e-6; None for an account without one."""
        if not any(p.perpetual for p in state.positions):
            return None
        market = name_bytes32("market", self.deployment.market)
        facts = self.client.call("marketFacts", self.oracle.functions.marketFacts(market))
        return int(facts[3]), funding_owed_e6(state.positions, state.funding_index_e6, int(facts[5]))

    def domain(self, circuit_id: str, account: str, nonce: int) -> bytes:
        """What an account statement is bound to."""
        return account_domain(
            circuit_id, self.deployment.chain_id, self.deployment.margin_engine, account, nonce, self.grid_id
        )

    def deposit(self, amount_e6: int) -> None:
        """Approves and deposits collateral for the signer."""
        token = self.client.contract("DemoDollar", self.deployment.collateral)
        self.client.send("approve", token.functions.approve(self.deployment.margin_engine, amount_e6))
        self.client.send("deposit", self.engine.functions.deposit(self.client.address, amount_e6))

    def withdraw(
        self, amount_e6: int, state: AccountState, slices: Mapping[int, StoredSlice], proof: MarginProof | None
    ) -> None:
        """Pays out to the signer; the proof is under the state's nonce."""
        words = slices_tuple(slices, state.positions)
        shown = proof.as_tuple() if proof else NO_PROOF
        self.client.send("withdraw", self.engine.functions.withdraw(amount_e6, state.as_tuple(slices), words, shown))

    def trade(
        self,
        order: Order,
        signature: bytes,
        maker: AccountState,
        taker: AccountState,
        slices: Mapping[int, StoredSlice],
        maker_proof: MarginProof,
        taker_proof: MarginProof,
    ) -> None:
        """Fills an order of one lot as taker; both proofs are of the resulting accounts under nonce + 1."""
        words = slices_tuple(slices, maker.positions, taker.positions, order.legs)
        fill = (order.as_tuple(slices), signature, 1, 1)
        changes = [
            (state.address, state.as_tuple(slices), proof.as_tuple())
            for state, proof in ((taker, taker_proof), (maker, maker_proof))
        ]
        self.client.send("trade", self.engine.functions.trade([fill], changes, words))

    def settle(self, state: AccountState) -> None:
        """Settles an account's expired positions."""
        self.client.send("settle", self.engine.functions.settle(state.address, state.as_tuple()))
