# SPDX-License-Identifier: Apache-2.0
"""A market on its own Anvil, built up to a stage; keys and addresses are the same on every chain, so are the proofs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from web3.types import TxReceipt

from oracle.bots.margin import MarginProver
from oracle.chain.accounts import AccountState, MarginAccounts, MarginProof, Order
from oracle.chain.anvil import Anvil
from oracle.chain.artifacts import ContractArtifacts
from oracle.chain.client import ChainClient, ReplayClock
from oracle.chain.deploy import Deployment, DeploymentPlan, Deployments, MarketPlan, deploy
from oracle.chain.listings import list_expiry
from oracle.chain.slices import SliceReader, StoredSlice, strikes_of, submit
from oracle.chain.timelock import Timelock, owner_call
from oracle.cli.legs import seller_legs
from oracle.errors import ChainError
from oracle.model.account import Position, equity_e6, merge
from oracle.model.grid import load_grid
from oracle.model.margin import MarginParams
from oracle.node.epoch import ProvenEpoch
from oracle.node.markets import BTC_USD
from oracle.statements.bundle import ProofBundle
from oracle.statements.slice_runs import before_listing
from oracle.statements.statement import name_bytes32
from prover.artifacts import ArtifactStore
from prover.proof import Proof
from prover.prove import Progress, Prover
from prover.witness import Inputs

ROOT = Path(__file__).resolve().parents[2]
GRIDS = ROOT / "circuits" / "grids"
CONTRACTS = ContractArtifacts(ROOT / "build" / "contracts")
CIRCUITS = ["slice_32_16", "solvency_4", "solvency_8", "insolvency_4", "insolvency_8"]
ACTORS = ("operator", "seller", "buyer", "keeper", "stranger")
CASH_E6 = 1_000_000 * 10**6
INSURANCE_E6 = 100_000 * 10**6
FORCED_GAS = 10_000_000
LIFETIME_S = 600


def key(name: str) -> LocalAccount:
    """The same key for the same name on every chain."""
    account: LocalAccount = Account.from_key(keccak(text=f"zkrisk test key {name}"))
    return account


PUBLISHERS = [key(f"publisher {i}") for i in range(3)]
THRESHOLD = 2


class RecallingProver(Prover):
    """Proves each statement once: the challenge z names data vector and domain."""

    def __init__(self, store: ArtifactStore) -> None:
        super().__init__(store)
        self._known: dict[tuple[str, int], Proof] = {}

    def prove(
        self, circuit: str, inputs: Inputs, progress: Progress | None = None, cancelled: Event | None = None
    ) -> Proof:
        """The proof of an earlier call for the same statement, or a new one."""
        z = inputs["z"]
        name = (circuit, z if isinstance(z, int) else 0)
        if name not in self._known:
            self._known[name] = super().prove(circuit, inputs, progress, cancelled)
        return self._known[name]


class ForcingClient(ChainClient):
    """Sends what the simulation refuses all the same: the chain itself refuses it too, in a mined transaction."""

    forced: TxReceipt | None = None

    def send(self, name: str, call: Any) -> TxReceipt:
        """As the product sends; after a refusal once more with a fixed amount of gas."""
        try:
            return super().send(name, call)
        except ChainError:
            nonce = self.web3.eth.get_transaction_count(self.signer.address)
            transaction = call.build_transaction({"from": self.address, "nonce": nonce, "gas": FORCED_GAS})
            sent = self.web3.eth.send_raw_transaction(self.signer.sign_transaction(transaction).raw_transaction)
            self.forced = self.web3.eth.wait_for_transaction_receipt(sent, 20, 0.01)
            raise


def update_of(expiry: int, bundle: ProofBundle, **changes: Any) -> tuple[Any, ...]:
    """The SliceUpdate struct, some fields replaced."""
    statement = bundle.statement
    fields = {
        "circuit": name_bytes32("circuit_id", statement.circuit_id),
        "expiry": expiry,
        "words": list(statement.d[: before_listing(strikes_of(statement.circuit_id))]),
        "digest": statement.digest,
        "proof": list(bundle.proof.to_calldata()),
    }
    return tuple({**fields, **changes}.values())


def plan_of(
    markets: Sequence[str], circuits: list[str], collateral: str | None = None, test_chain: bool = True
) -> DeploymentPlan:
    """Markets on the flat grid, three publishers of whom two sign."""
    flat = load_grid(GRIDS / "flat.json")
    return DeploymentPlan(
        markets=[
            MarketPlan(market=name, grid=flat, initial=MarginParams(100, 0, 0), maintenance_factor_e2=80)
            for name in markets
        ],
        publishers=[account.address for account in PUBLISHERS],
        threshold=THRESHOLD,
        circuits=circuits,
        test_chain=test_chain,
        collateral=collateral,
    )


class Market:
    """The protocol on one chain. Every actor has a :class:`ForcingClient`; readers are made anew after a restore."""

    def __init__(self, anvil: Anvil, store: ArtifactStore, prover: Prover) -> None:
        self.anvil = anvil
        self.prover = prover
        self.clock = ReplayClock(anvil.web3)
        self.clients: dict[str, ForcingClient] = {}
        self.opening: tuple[Order, bytes] | None = None
        for name in ACTORS:
            self.client(name)
        operator = self.client("operator")
        self.deployments: Deployments = deploy(operator, plan_of([BTC_USD.name], CIRCUITS), store)
        self.deployment: Deployment = self.deployments.of(BTC_USD.name)
        self.oracle = operator.contract("RiskOracle", self.deployment.risk_oracle)
        self.publisher_set = operator.contract("PublisherSet", self.deployment.publisher_set)
        self.engine = operator.contract("MarginEngine", self.deployment.margin_engine)
        self.auction = operator.contract("LiquidationAuction", self.deployment.liquidation_auction)
        self.token = operator.contract("DemoDollar", self.deployment.collateral)
        self._mint(operator, INSURANCE_E6)
        operator.send("approve", self.token.functions.approve(self.deployment.margin_engine, INSURANCE_E6))
        operator.send("fund insurance", self.engine.functions.fundInsurance(INSURANCE_E6))
        self._snapshot = ""

    def client(self, name: str) -> ForcingClient:
        """The client of a named actor, funded with ether."""
        if name not in self.clients:
            self.anvil.fund(key(name))
            self.clients[name] = ForcingClient(self.anvil.rpc_url, key(name), CONTRACTS, self.clock)
        return self.clients[name]

    def govern(self, contract: Any, function: str, *arguments: Any) -> None:
        """A call of the owner: the operator schedules it and the timelock, without delay here, executes it."""
        timelock = Timelock(self.client("operator"), self.deployments.record().governance.timelock)
        assert timelock.propose(function, [owner_call(contract, function, *arguments)]).executed

    def _mint(self, client: ChainClient, amount_e6: int) -> None:
        client.send("mint", self.token.functions.mint(client.address, amount_e6))

    def accounts(self, name: str) -> MarginAccounts:
        """The engine as an actor sees it now."""
        accounts = MarginAccounts(self.client(name), self.deployment, GRIDS)
        accounts.poll()
        return accounts

    def margin(self, name: str) -> MarginProver:
        """Margin proofs of an actor."""
        return MarginProver(self.accounts(name), self.prover)

    def slices(self) -> dict[int, StoredSlice]:
        """The newest slices."""
        reader = SliceReader(self.client("operator"), self.deployment)
        reader.poll()
        return reader.latest

    def list_strikes(self, epoch: ProvenEpoch) -> None:
        """Lists the strikes of an epoch."""
        snapshot = epoch.fitted.snapshot
        for expiry in snapshot.expiries:
            list_expiry(self.client("operator"), self.deployment, expiry, snapshot.tick_e2, PUBLISHERS)

    def land(self, epoch: ProvenEpoch) -> None:
        """Submits an epoch at its own time."""
        self.clock.advance(epoch.report.observed_at_ms)
        proven = [(expiry, bundle.statement, bundle.proof) for expiry, bundle in epoch.proven]
        submit(self.client("operator"), self.deployment, epoch.report, epoch.signatures, proven)

    def send_updates(
        self, epoch: ProvenEpoch, updates: Sequence[tuple[Any, ...]], signatures: Sequence[bytes] | None = None
    ) -> None:
        """Submits raw updates under an epoch's report at the time of its snapshot."""
        self.clock.advance(epoch.fitted.snapshot.observed_at_ms)
        given = list(epoch.signatures if signatures is None else signatures)
        call = self.oracle.functions.submit(epoch.report.as_tuple(), b"".join(given), list(updates))
        self.client("operator").send("submit slices", call)

    def open(self, epoch: ProvenEpoch) -> None:
        """The seller writes options to the buyer, 3 % above the initial requirement; the keeper only deposits."""
        slices = self.slices()
        legs = seller_legs(epoch.fitted.snapshot)
        published = {expiry: stored.published for expiry, stored in slices.items()}
        traders = {name: self.accounts(name) for name in ("seller", "buyer", "keeper")}
        premium = -equity_e6(0, legs, published, traders["seller"].grid)
        opposite = merge([Position(p.expiry, p.strike_ticks, p.put, -p.amount_e4) for p in legs])
        proofs = [
            MarginProver(traders[name], self.prover).solvency(key(name).address, 1, positions, slices)
            for name, positions in (("seller", legs), ("buyer", opposite))
        ]
        for trader in traders.values():
            self._mint(trader.client, 10 * CASH_E6)
        traders["seller"].deposit(proofs[0].required_cash_e6 * 103 // 100 - premium)
        traders["buyer"].deposit(premium + CASH_E6)
        traders["keeper"].deposit(5 * CASH_E6)
        order = self.order(legs, premium, salt=1)
        self.opening = order, self.sign(order)
        states = [traders[name].state(key(name).address) for name in ("seller", "buyer")]
        traders["buyer"].trade(*self.opening, states[0], states[1], slices, proofs[0], proofs[1])

    def order(self, legs: tuple[Position, ...], cash_to_maker_e6: int, salt: int) -> Order:
        """An order of the seller for the buyer, valid for ten minutes."""
        now = int(self.anvil.web3.eth.get_block("latest")["timestamp"])
        return Order(key("seller").address, key("buyer").address, legs, cash_to_maker_e6, now + LIFETIME_S, salt)

    def sign(self, order: Order, signer: str = "seller") -> bytes:
        """An order's signature."""
        return order.sign(key(signer), self.deployment.chain_id, self.deployment.margin_engine)

    def insolvency(self, row: int | None = None) -> tuple[AccountState, MarginProof, int]:
        """The seller's state, the proof of a row (None: the worst) and the row."""
        margin = self.margin("keeper")
        state = margin.accounts.state(key("seller").address)
        shown = margin.health(state, self.slices()).worst_row if row is None else row
        return state, margin.insolvency(state, shown, self.slices()), shown

    def save(self) -> None:
        """Makes this the state that :meth:`restore` returns to."""
        self._snapshot = self._rpc("evm_snapshot")

    def restore(self) -> None:
        """Back to the saved state."""
        self._rpc("evm_revert", self._snapshot)
        self.clock = ReplayClock(self.anvil.web3)
        for client in self.clients.values():
            client._clock = self.clock
            client.forced = None
        self.save()

    def _rpc(self, method: str, *parameters: Any) -> Any:
        answer = self.anvil.web3.provider.make_request(method, list(parameters))  # type: ignore[arg-type]
        return answer["result"]

    def facts(self) -> Mapping[str, str]:
        """Storage root of every contract: equal before and after means that no word changed."""
        addresses = [value for value in vars(self.deployment).values() if str(value).startswith("0x")]
        return {address: self._rpc("eth_getProof", address, [], "latest")["storageHash"] for address in addresses}

    def cash(self, *names: str) -> list[int]:
        """Cash of accounts, 1e-6."""
        return [int(self.engine.functions.accountOf(key(name).address).call()[1]) for name in names]

    def conserved(self) -> bool:
        """Whether the engine holds exactly all cash and the insurance fund."""
        held = int(self.token.functions.balanceOf(self.deployment.margin_engine).call())
        insurance = int(self.engine.functions.fund().call()[0])
        return held == sum(self.cash(*ACTORS)) + insurance

    @contextmanager
    def refused(self, error: str) -> Iterator[None]:
        """Expects a contract's named error from the simulation and from a mined transaction, and no word changed."""
        before = self.facts()
        for client in self.clients.values():
            client.forced = None
        with pytest.raises(ChainError, match=rf": {error}\("):
            yield
        forced = [client.forced for client in self.clients.values() if client.forced is not None]
        assert [receipt["status"] for receipt in forced] == [0]
        assert forced[0]["gasUsed"] < FORCED_GAS
        assert self.facts() == before

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Expects no block at all."""
        before = self.anvil.web3.eth.get_block("latest")["hash"]
        yield
        assert self.anvil.web3.eth.get_block("latest")["hash"] == before
