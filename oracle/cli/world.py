# SPDX-License-Identifier: Apache-2.0
"""The demonstration's world: a funded local chain, the deployed protocol, two traders and a keeper."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount

from oracle.bots.margin import MarginProver, bundle_of
from oracle.chain.accounts import AccountState, MarginAccounts, MarginProof, Order
from oracle.chain.anvil import Anvil
from oracle.chain.artifacts import ContractArtifacts
from oracle.chain.client import ChainClient, ReplayClock, TransactionRecord
from oracle.chain.deploy import Deployment, DeploymentPlan, deploy
from oracle.chain.slices import SliceReader
from oracle.errors import FrameRejected
from oracle.model.account import Position, equity_e6, merge
from oracle.model.grid import load_grid
from oracle.model.margin import MarginParams
from oracle.model.snapshot import ExpirySnapshot, MarketSnapshot
from oracle.node.node import Market
from oracle.node.state import NodeState
from oracle.stream.deribit import parse_frame
from oracle.stream.events import IndexPrice
from oracle.stream.recording import Frame
from prover.artifacts import ArtifactStore
from prover.prove import Prover

PUBLISHERS, THRESHOLD = 3, 2
KEEPER_REWARD_E6 = 50 * 10**6
INSURANCE_E6 = 100_000 * 10**6
TRADER_CASH_E6 = 1_000_000 * 10**6
ORDER_LIFETIME_S = 600
DEPOSIT_MARGIN_E2 = 103
"""The seller deposits 3 % more than his initial margin demands."""
CRASH_FACTOR = 0.95
GRIDS = Path("circuits/grids")


@dataclass
class CrashWatch:
    """Passes frames on and notes (monotonic clock) when the first one of a crash is delivered.

    A crash is an index price below 95 % of the one before.
    """

    delivered_at: float | None = None
    _last: float | None = field(default=None, repr=False)

    def __call__(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """The same frames, observed."""
        for frame in frames:
            if self.delivered_at is None and "deribit_price_index" in frame.text:
                self._observe(frame)
            yield frame

    def _observe(self, frame: Frame) -> None:
        try:
            events = parse_frame(frame.text, frame.received_at_us)
        except FrameRejected:
            return
        for event in events:
            if isinstance(event, IndexPrice):
                price = float(event.price_usd)
                if self._last is not None and price < CRASH_FACTOR * self._last:
                    self.delivered_at = time.monotonic()
                self._last = price


class World:
    """A market on a fresh chain; every actor has a key of its own made for this run."""

    def __init__(self, root: Path, anvil: Anvil, store: ArtifactStore, prover: Prover, market: Market) -> None:
        self.publishers: list[LocalAccount] = [Account.create() for _ in range(PUBLISHERS)]
        self.state = NodeState(market.name)
        self.prover = prover
        self._artifacts = ContractArtifacts(root / "build" / "contracts")
        self._anvil = anvil
        self.clock = ReplayClock(anvil.web3)
        self._clients: list[ChainClient] = []
        self.operator = self._client()
        grid = load_grid(root / GRIDS / "flat.json")
        plan = DeploymentPlan(
            market=market.name,
            grid=grid,
            initial=MarginParams(100, 0, 0),
            maintenance_factor_e2=80,
            publishers=[account.address for account in self.publishers],
            threshold=THRESHOLD,
            keeper_reward_e6=KEEPER_REWARD_E6,
            circuits=[market.size.circuit_id, "solvency_4", "insolvency_4"],
        )
        self.deployment: Deployment = deploy(self.operator, plan, store)
        self._grids = root / GRIDS
        self.seller, self.buyer, self.keeper = (self._trader() for _ in range(3))
        token = self.operator.contract("DemoDollar", self.deployment.collateral)
        engine = self.operator.contract("MarginEngine", self.deployment.margin_engine)
        self.operator.send("mint", token.functions.mint(self.operator.address, INSURANCE_E6))
        self.operator.send("approve", token.functions.approve(self.deployment.margin_engine, INSURANCE_E6))
        self.operator.send("fund insurance", engine.functions.fundInsurance(INSURANCE_E6))

    def _client(self) -> ChainClient:
        account = Account.create()
        self._anvil.fund(account)
        client = ChainClient(self._anvil.rpc_url, account, self._artifacts, self.clock)
        self._clients.append(client)
        return client

    def _trader(self) -> MarginAccounts:
        client = self._client()
        token = client.contract("DemoDollar", self.deployment.collateral)
        client.send("mint", token.functions.mint(client.address, 10 * TRADER_CASH_E6))
        return MarginAccounts(client, self.deployment, self._grids)

    def slices(self, trader: MarginAccounts) -> SliceReader:
        """A slice reader of one actor."""
        return SliceReader(trader.client, self.deployment)

    def transactions(self) -> list[TransactionRecord]:
        """Everything mined by our actors, in block order."""
        records = [record for client in self._clients for record in client.records]
        return sorted(records, key=lambda record: record.block)

    def open_accounts(self, snapshot: MarketSnapshot) -> list[MarginProof]:
        """The seller writes downside options to the buyer; both resulting accounts are proven solvent."""
        seller, buyer = self.seller, self.buyer
        reader = self.slices(seller)
        reader.poll()
        legs = seller_legs(snapshot.expiries)
        published = {expiry: stored.published for expiry, stored in reader.latest.items()}
        premium = -equity_e6(0, legs, published, seller.grid)
        provers = [MarginProver(trader, self.prover) for trader in (seller, buyer)]
        opposite = merge([Position(p.expiry, p.strike_ticks, p.put, -p.amount_e4) for p in legs])
        maker_proof = provers[0].solvency(seller.client.address, 1, legs, reader.latest)
        taker_proof = provers[1].solvency(buyer.client.address, 1, opposite, reader.latest)
        seller.deposit(max(0, maker_proof.required_cash_e6 * DEPOSIT_MARGIN_E2 // 100 - premium))
        buyer.deposit(premium + max(0, taker_proof.required_cash_e6) + TRADER_CASH_E6)
        self.keeper.deposit(5 * TRADER_CASH_E6)
        deadline = int(self.operator.web3.eth.get_block("latest")["timestamp"]) + ORDER_LIFETIME_S
        order = Order(seller.client.address, buyer.client.address, legs, premium, deadline, salt=1)
        signature = order.sign(seller.client.signer, self.deployment.chain_id, self.deployment.margin_engine)
        states = [trader.state(trader.client.address) for trader in (seller, buyer)]
        buyer.trade(order, signature, *_pair(states), reader.latest, maker_proof, taker_proof)
        for trader, proof in ((seller, maker_proof), (buyer, taker_proof)):
            trader.poll()
            self.state.add_proof(f"solvency-{trader.client.address}-1", bundle_of(proof))
        return [maker_proof, taker_proof]


def _pair(states: Sequence[AccountState]) -> tuple[AccountState, AccountState]:
    first, second = states
    return first, second


def seller_legs(expiries: Sequence[ExpirySnapshot]) -> tuple[Position, ...]:
    """Short puts in both expiries, a short call, and a far put bought as partial cover; listed strikes nearest to the targets."""
    near, far = expiries[0], expiries[-1]
    chosen = [
        (near, 0.95, True, -30_000),
        (near, 0.80, True, 5_000),
        (near, 1.12, False, -5_000),
        (far, 0.90, True, -10_000),
    ]
    return merge([_leg(expiry, moneyness, put, amount) for expiry, moneyness, put, amount in chosen])


def _leg(expiry: ExpirySnapshot, moneyness: float, put: bool, amount_e4: int) -> Position:
    target = moneyness * expiry.forward_q16 / 65536
    strike = min((quote.strike_ticks for quote in expiry.quotes), key=lambda ticks: abs(ticks - target))
    return Position(expiry.expiry, strike, put, amount_e4)
