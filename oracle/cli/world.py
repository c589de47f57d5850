# SPDX-License-Identifier: Apache-2.0
"""The demonstration's world: a funded local chain, the deployed protocol, and in each market a seller, a buyer and a keeper."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount

from oracle.bots.liquidator import Liquidator
from oracle.bots.margin import MarginProver, bundle_of
from oracle.chain.accounts import MarginAccounts, MarginProof, Order
from oracle.chain.anvil import Anvil
from oracle.chain.artifacts import ContractArtifacts
from oracle.chain.client import ChainClient, ReplayClock, TransactionRecord
from oracle.chain.deploy import Deployment, DeploymentPlan, Deployments, MarketPlan, deploy
from oracle.chain.slices import SliceReader, published_slices
from oracle.cli.legs import seller_legs
from oracle.model.account import Position, equity_e6, merge
from oracle.model.grid import load_grid
from oracle.model.margin import MarginParams
from oracle.model.snapshot import MarketSnapshot
from oracle.node.markets import MARKETS
from oracle.node.state import NodeState
from oracle.stream.events import Event, IndexPrice
from prover.artifacts import ArtifactStore
from prover.prove import Prover

PUBLISHERS, THRESHOLD = 3, 2
INSURANCE_E6 = 100_000 * 10**6
TRADER_CASH_E6 = 1_000_000 * 10**6
ORDER_LIFETIME_S = 600
DEPOSIT_MARGIN_E2 = 103
"""The seller deposits 3 % more than his initial margin demands."""
CRASH_FACTOR = Decimal("0.95")
GRIDS = Path("circuits/grids")


@dataclass
class CrashWatch:
    """Passes events on and notes (monotonic clock) when the first one of a crash is delivered.

    A crash is an index price below 95 % of the one before.
    """

    delivered_at: float | None = None
    _last: dict[str, Decimal] = field(default_factory=dict, repr=False)

    def __call__(self, events: Iterator[Event]) -> Iterator[Event]:
        """The same events, observed."""
        for event in events:
            if isinstance(event, IndexPrice):
                last = self._last.get(event.symbol, event.price_usd)
                if self.delivered_at is None and event.price_usd < CRASH_FACTOR * last:
                    self.delivered_at = time.monotonic()
                self._last[event.symbol] = event.price_usd
            yield event


@dataclass
class Desk:
    """One market's actors; every actor has a key of its own made for this run."""

    deployment: Deployment
    seller: MarginAccounts
    buyer: MarginAccounts
    keeper: MarginAccounts
    liquidator: Liquidator
    opened: bool = False


class World:
    """Every market deployed on a fresh chain."""

    def __init__(self, root: Path, anvil: Anvil, store: ArtifactStore, prover: Prover, grid: str) -> None:
        self.publishers: list[LocalAccount] = [Account.create() for _ in range(PUBLISHERS)]
        self.state = NodeState(tuple(market.name for market in MARKETS))
        self.prover = prover
        self._artifacts = ContractArtifacts(root / "build" / "contracts")
        self._anvil = anvil
        self._grids = root / GRIDS
        self.clock = ReplayClock(anvil.web3)
        self._clients: list[ChainClient] = []
        self.operator = self._client()
        rules = load_grid(self._grids / f"{grid}.json")
        plan = DeploymentPlan(
            markets=[
                MarketPlan(market=m.name, grid=rules, initial=MarginParams(100, 0, 0), maintenance_factor_e2=80)
                for m in MARKETS
            ],
            publishers=[account.address for account in self.publishers],
            threshold=THRESHOLD,
            circuits=store.circuits(),
            test_chain=True,
        )
        self.deployments: Deployments = deploy(self.operator, plan, store)
        self.desks = {deployment.market: self._desk(deployment) for deployment in self.deployments.markets}

    def _client(self) -> ChainClient:
        account = Account.create()
        self._anvil.fund(account)
        client = ChainClient(self._anvil.rpc_url, account, self._artifacts, self.clock)
        self._clients.append(client)
        return client

    def _desk(self, deployment: Deployment) -> Desk:
        token = self.operator.contract("DemoDollar", deployment.collateral)
        engine = self.operator.contract("MarginEngine", deployment.margin_engine)
        self.operator.send("mint", token.functions.mint(self.operator.address, INSURANCE_E6))
        self.operator.send("approve", token.functions.approve(deployment.margin_engine, INSURANCE_E6))
        self.operator.send("fund insurance", engine.functions.fundInsurance(INSURANCE_E6))
        seller, buyer, keeper = (self._trader(deployment) for _ in range(3))
        margin = MarginProver(keeper, self.prover)
        return Desk(deployment, seller, buyer, keeper, Liquidator(margin, SliceReader(keeper.client, deployment)))

    def _trader(self, deployment: Deployment) -> MarginAccounts:
        client = self._client()
        token = client.contract("DemoDollar", deployment.collateral)
        client.send("mint", token.functions.mint(client.address, 10 * TRADER_CASH_E6))
        return MarginAccounts(client, deployment, self._grids)

    def transactions(self) -> list[TransactionRecord]:
        """Everything mined by our actors, in block order."""
        records = [record for client in self._clients for record in client.records]
        return sorted(records, key=lambda record: record.block)

    def open_accounts(self, snapshot: MarketSnapshot) -> list[MarginProof]:
        """The seller writes options to the buyer; both resulting accounts are proven solvent."""
        desk = self.desks[snapshot.market]
        seller, buyer = desk.seller, desk.buyer
        reader = SliceReader(seller.client, desk.deployment)
        reader.poll()
        legs = seller_legs(snapshot)
        published = published_slices(reader.latest)
        premium = -equity_e6(0, legs, published, seller.grid)
        opposite = merge([Position(p.expiry, p.strike_ticks, p.put, -p.amount_e4) for p in legs])
        maker_proof = MarginProver(seller, self.prover).solvency(seller.client.address, 1, legs, reader.latest)
        taker_proof = MarginProver(buyer, self.prover).solvency(buyer.client.address, 1, opposite, reader.latest)
        seller.deposit(max(0, maker_proof.required_cash_e6 * DEPOSIT_MARGIN_E2 // 100 - premium))
        buyer.deposit(premium + max(0, taker_proof.required_cash_e6) + TRADER_CASH_E6)
        desk.keeper.deposit(5 * TRADER_CASH_E6)
        deadline = int(self.operator.web3.eth.get_block("latest")["timestamp"]) + ORDER_LIFETIME_S
        order = Order(seller.client.address, buyer.client.address, legs, premium, deadline, salt=1)
        signature = order.sign(seller.client.signer, desk.deployment.chain_id, desk.deployment.margin_engine)
        maker, taker = (trader.state(trader.client.address) for trader in (seller, buyer))
        buyer.trade(order, signature, maker, taker, reader.latest, maker_proof, taker_proof)
        for trader, proof in ((seller, maker_proof), (buyer, taker_proof)):
            trader.poll()
            self.state.add_proof(f"solvency-{snapshot.market}-{trader.client.address}-1", bundle_of(proof))
        desk.opened = True
        return [maker_proof, taker_proof]
