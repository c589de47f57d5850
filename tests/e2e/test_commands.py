# SPDX-License-Identifier: Apache-2.0
"""The separate commands as a user runs them, each a process of its own, against one Anvil."""

from __future__ import annotations

import gzip
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from oracle.bots.margin import MarginProver
from oracle.chain.accounts import MarginAccounts, Order
from oracle.chain.anvil import Anvil
from oracle.chain.client import ChainClient
from oracle.chain.deploy import Deployment, Deployments
from oracle.chain.slices import SliceReader, StoredSlice
from oracle.cli.legs import seller_legs
from oracle.model.account import Position, equity_e6, merge
from oracle.model.snapshot import MarketSnapshot
from oracle.node.markets import BTC_USD
from oracle.statements.bundle import ProofBundle
from oracle.stream.epochs import snapshots
from oracle.stream.ledger import RejectLedger
from oracle.stream.open_recording import open_recording
from oracle.stream.simulator_config import SimulatorConfig
from oracle.stream.snapshot import SnapshotBuilder
from tests.chain.market import CONTRACTS, GRIDS, ROOT, RecallingProver

CONFIG = SimulatorConfig.small()
CRASH_S = CONFIG.start_ms // 1000 + CONFIG.calm_rounds * CONFIG.round_seconds
CALM_S = CRASH_S - CONFIG.round_seconds


def _zkrisk(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("zkrisk")), *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": "300"}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment, timeout=120)


class User:
    """A folder with keys, a password, recordings and the deployment file; an Anvil to talk to."""

    def __init__(self, folder: Path, anvil: Anvil) -> None:
        self.folder = folder
        self.anvil = anvil
        self.deployment_file = folder / "deployment.json"
        self.password = folder / "password"
        self._signers: dict[str, LocalAccount] = {}
        self.password.write_text("correct horse battery staple\n")
        made = {"operator": self._new_key("operator")}
        self.addresses = made | {name: self._other_wallets_key(name) for name in ("publisher", "keeper")}
        for address in self.addresses.values():
            anvil.fund(SimpleNamespace(address=address))  # type: ignore[arg-type]
        whole = folder / "session.jsonl.gz"
        done = _zkrisk("simulate", whole, "--small")
        assert (done.returncode, done.stderr) == (0, "")
        self.recordings = {
            name: _cut(whole, folder / f"{name}.jsonl", first, last)
            for name, first, last in (("calm", CALM_S, CRASH_S), ("crash", CRASH_S, CRASH_S + 60))
        }

    def _new_key(self, name: str) -> str:
        done = _zkrisk("keys", "new", self.folder / f"{name}.json", "--password-file", self.password)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.strip()

    def _other_wallets_key(self, name: str) -> str:
        """A keystore as another wallet writes it, with another key derivation."""
        account = Account.create()
        sealed = Account.encrypt(account.key, self.password.read_text().strip(), kdf="pbkdf2", iterations=1_000)
        (self.folder / f"{name}.json").write_text(json.dumps(sealed))
        return str(account.address)

    def run(self, *command: str, signer: str = "operator", options: Sequence[object] = ()) -> tuple[int, str]:
        """A command with the connection options; exit status and output."""
        signed = ["--rpc", self.anvil.rpc_url, "--deployment", self.deployment_file]
        signed += ["--keystore", self.folder / f"{signer}.json", "--password-file", self.password]
        done = _zkrisk(*command, *signed, *options)
        assert "Traceback" not in done.stderr + done.stdout, done.stderr + done.stdout
        return done.returncode, done.stdout

    def node(self, recording: str) -> tuple[int, str]:
        """Replays a recording through the node."""
        options = ["--recording", self.recordings[recording], "--publisher-keystore", self.folder / "publisher.json"]
        return self.run("node", options=[*options, "--replay-clock", "--no-stay", "--api-port", 0])

    def accounts(self, signer: LocalAccount) -> MarginAccounts:
        """The engine as a signer sees it now."""
        client = ChainClient(self.anvil.rpc_url, signer, CONTRACTS)
        accounts = MarginAccounts(client, self.deployment, GRIDS)
        accounts.poll()
        return accounts

    @property
    def deployment(self) -> Deployment:
        """What `zkrisk chain deploy` wrote of the market."""
        return Deployments.load(self.deployment_file).of(BTC_USD.name)

    def slices(self, accounts: MarginAccounts) -> dict[int, StoredSlice]:
        """The newest slices."""
        reader = SliceReader(accounts.client, self.deployment)
        reader.poll()
        return reader.latest

    def signer(self, name: str) -> LocalAccount:
        """A key of the user's keystores."""
        if name not in self._signers:
            keystore, password = (self.folder / f"{name}.json").read_text(), self.password.read_text().strip()
            self._signers[name] = Account.from_key(Account.decrypt(keystore, password))
        return self._signers[name]


def _cut(whole: Path, part: Path, first_s: int, last_s: int) -> Path:
    """The frames of some seconds of a recording."""
    with gzip.open(whole, "rt") as lines:
        kept = [line for line in lines if line[0].isdigit() and first_s <= float(line.split(": ")[0]) < last_s]
    assert kept
    part.write_text("".join(kept))
    return part


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """A user with keys, recordings, deployed and listed contracts; one epoch has landed."""
    with Anvil(ROOT, CALM_S) as anvil:
        made = User(tmp_path_factory.mktemp("user"), anvil)
        status, shown = made.run("chain", "deploy", options=["--publisher", made.addresses["publisher"]])
        assert (status, shown.split(":")[0]) == (0, "deployed on chain 31337")
        status, shown = made.run("chain", "list", options=["--recording", made.recordings["calm"]])
        (currency,) = CONFIG.currencies
        expected = f"BTC-USD: {len(currency.expiries(CONFIG.start_ms))} expiries listed\n"
        assert (status, shown) == (0, expected)
        status, shown = made.node("calm")
        assert status == 0, shown
        assert "1 epochs landed, 0 failed" in shown
        yield made


def test_a_keystore_is_encrypted_and_readable_by_its_owner_only(user: User) -> None:
    path = user.folder / "operator.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert user.signer("operator").address == user.addresses["operator"]
    assert user.signer("operator").key.hex().removeprefix("0x") not in path.read_text()


def test_a_replayed_recording_is_degraded_not_fatal_and_changes_nothing(user: User) -> None:
    accounts = user.accounts(user.signer("keeper"))
    before = user.slices(accounts)
    status, shown = user.node("calm")
    assert status == 1
    assert "NothingNewer" in shown
    assert "0 epochs landed, 1 failed" in shown
    assert user.slices(accounts) == before


def _deposit(user: User, signer: LocalAccount, amount_e6: int) -> MarginAccounts:
    user.anvil.fund(signer)
    accounts = user.accounts(signer)
    token = accounts.client.contract("DemoDollar", user.deployment.collateral)
    accounts.client.send("mint", token.functions.mint(signer.address, amount_e6))
    accounts.deposit(amount_e6)
    return accounts


def _open(user: User, snapshot: MarketSnapshot, prover: RecallingProver) -> LocalAccount:
    """A seller just above his initial requirement, a rich buyer and a rich keeper; returns the seller."""
    seller, buyer = Account.create(), Account.create()
    keeper = _deposit(user, user.signer("keeper"), 5 * 10**12)
    slices, legs = user.slices(keeper), seller_legs(snapshot)
    published = {expiry: stored.published for expiry, stored in slices.items()}
    premium = -equity_e6(0, legs, published, keeper.grid)
    margin = MarginProver(keeper, prover)
    opposite = merge([Position(p.expiry, p.strike_ticks, p.put, -p.amount_e4) for p in legs])
    proofs = [margin.solvency(a.address, 1, book, slices) for a, book in ((seller, legs), (buyer, opposite))]
    maker = _deposit(user, seller, proofs[0].required_cash_e6 * 103 // 100 - premium)
    taker = _deposit(user, buyer, premium + 10**12)
    now = int(user.anvil.web3.eth.get_block("latest")["timestamp"])
    order = Order(seller.address, buyer.address, legs, premium, now + 600, salt=1)
    signature = order.sign(seller, user.deployment.chain_id, user.deployment.margin_engine)
    states = [taker.state(a.address) for a in (seller, buyer)]
    taker.trade(order, signature, states[0], states[1], slices, proofs[0], proofs[1])
    maker.poll()
    assert maker.state(seller.address).positions == legs
    return seller  # type: ignore[no-any-return]


def test_the_liquidator_waits_in_a_calm_market_and_liquidates_after_the_crash(
    user: User, recalling: RecallingProver
) -> None:
    ledger = RejectLedger()
    builder = SnapshotBuilder(BTC_USD.name, BTC_USD.currency, BTC_USD.tick_e2, ledger=ledger)
    snapshot = next(snapshots(open_recording(user.recordings["calm"], ledger).events, builder))
    seller = _open(user, snapshot, recalling)
    assert user.run("liquidator", signer="keeper", options=["--once"]) == (0, "")
    status, shown = user.node("crash")
    assert (status, "1 epochs landed, 0 failed" in shown) == (0, True)
    before = user.accounts(user.signer("keeper")).state(seller.address).positions
    status, shown = user.run("liquidator", signer="keeper", options=["--once"])
    assert status == 0
    assert f"liquidated {seller.address} at " in shown
    keeper = user.accounts(user.signer("keeper"))
    left, taken = (keeper.state(address).positions for address in (seller.address, keeper.client.address))
    assert len(before) == len(left) == len(taken) == 4
    for whole, rest, part in zip(before, left, taken, strict=True):
        assert 0 < abs(rest.amount_e4) < abs(whole.amount_e4)
        assert replace(whole, amount_e4=rest.amount_e4 + part.amount_e4) == whole


def test_a_proof_document_is_verified_by_three_verifiers(user: User, recalling: RecallingProver) -> None:
    accounts = user.accounts(user.signer("keeper"))
    slices = user.slices(accounts)
    expiry, stored = next(iter(slices.items()))
    book = (Position(expiry, next(iter(stored.published.strikes)), True, -10_000),)
    proof = MarginProver(accounts, recalling).solvency(user.addresses["keeper"], 7, book, slices)
    document = ProofBundle(proof.statement, proof.proof).to_json()
    path = user.folder / "proof.json"
    path.write_text(json.dumps(document))
    done = _zkrisk("verify", path, "--independent", "--snarkjs")
    assert (done.returncode, done.stdout) == (0, "valid solvency_4 proof\n")
    document["proof"]["pi_a"], document["proof"]["pi_c"] = document["proof"]["pi_c"], document["proof"]["pi_a"]
    path.write_text(json.dumps(document))
    done = _zkrisk("verify", path)
    assert done.returncode == 2
    assert done.stdout.startswith("InvalidProof: ")
    assert done.stderr == ""
