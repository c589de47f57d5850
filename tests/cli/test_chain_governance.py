# SPDX-License-Identifier: Apache-2.0
"""Deploying by command, checking what stands, halting as guardian and resuming through the timelock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from oracle.chain.anvil import Anvil
from oracle.chain.artifacts import ContractArtifacts
from oracle.chain.client import ChainClient
from oracle.chain.deploy import Deployments
from oracle.chain.timelock import Timelock, owner_call

ROOT = Path(__file__).resolve().parents[2]
OPERATOR = Account.from_key("0x" + "42" * 32)
START = 1_768_464_000
CONTRACTS = ContractArtifacts(ROOT / "build" / "contracts")
DELAY_S = 7200


class Ground:
    """A chain of its own and the options that name it."""

    def __init__(self, anvil: Anvil, folder: Path, secrets: Path, artifacts: Path) -> None:
        self.anvil = anvil
        self.deployment = folder / "31337.json"
        self.journal = folder / "31337.journal.jsonl"
        self.read: list[object] = ["--rpc", anvil.rpc_url, "--deployment", self.deployment]
        self.signed = [*self.read, "--keystore", secrets / "operator.json"]
        self.signed += ["--password-file", secrets / "password"]
        self.deploy: list[object] = ["chain", "deploy", *self.signed, "--publisher", OPERATOR.address]
        self.deploy += ["--artifacts", artifacts, "--timelock-delay-s", DELAY_S]

    def rpc(self, method: str, *parameters: Any) -> Any:
        """The node's answer."""
        return self.anvil.web3.provider.make_request(method, list(parameters))["result"]  # type: ignore[arg-type]

    def height(self) -> int:
        """The newest block."""
        return int(self.anvil.web3.eth.block_number)

    def wait(self) -> None:
        """The timelock's delay passes."""
        self.rpc("evm_increaseTime", DELAY_S)
        self.rpc("evm_mine")

    def client(self) -> ChainClient:
        """The operator."""
        return ChainClient(self.anvil.rpc_url, OPERATOR, CONTRACTS)


@pytest.fixture(scope="module")
def _chain(secrets: Path, artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with Anvil(ROOT, START) as anvil:
        anvil.fund(OPERATOR)
        yield Ground(anvil, tmp_path_factory.mktemp("deployments"), secrets, artifacts)


@pytest.fixture
def ground(_chain: Ground, run: Any) -> Iterator[Ground]:
    """Deployed, with a delay; what a test does to the chain is undone."""
    if not _chain.deployment.exists():
        done = run(*_chain.deploy, "--json")
        assert done.code == 0, done.text
    snapshot = _chain.rpc("evm_snapshot")
    yield _chain
    _chain.rpc("evm_revert", snapshot)


def _states(outcome: Any) -> dict[str, str]:
    return {found["part"]: found["state"] for found in outcome.json["findings"] if found["state"] != "ok"}


def test_a_second_deployment_sends_nothing_and_leaves_the_file(run: Any, ground: Ground) -> None:
    height, content, journal = ground.height(), ground.deployment.read_bytes(), ground.journal.read_bytes()
    again = run(*ground.deploy, "--json")
    assert (again.code, again.json["sent"], again.json["wrong"]) == (0, 0, [])
    assert (ground.height(), ground.deployment.read_bytes(), ground.journal.read_bytes()) == (height, content, journal)
    assert run(*ground.deploy).text.startswith("nothing to send: all of it stands on chain 31337")


def test_a_dry_run_names_every_transaction_with_its_gas_and_sends_nothing(
    run: Any, secrets: Path, artifacts: Path, tmp_path: Path
) -> None:
    with Anvil(ROOT, START) as anvil:
        fresh = Ground(anvil, tmp_path, secrets, artifacts)
        dry = run(*fresh.deploy, "--dry-run", "--json")
        assert dry.code == 0, dry.text
        assert (fresh.height(), list(tmp_path.iterdir())) == (0, [])
        anvil.fund(OPERATOR)
        done = run(*fresh.deploy, "--json")
        journal = [json.loads(line) for line in fresh.journal.read_text().splitlines()]
        rehearsed = [(record["name"], record["gas"]) for record in dry.json["dry_run"]]
        assert rehearsed == [(entry["name"], entry["gas"]) for entry in journal if "gas" in entry]
        assert len(rehearsed) == done.json["sent"]
        assert "sum" in run(*fresh.deploy, "--dry-run").text


def test_status_finds_everything_as_deployed(run: Any, ground: Ground) -> None:
    status = run("chain", "status", *ground.read, "--json")
    assert (status.code, _states(status)) == (0, {}), "a market that never landed a slice is no fault"
    assert len(status.json["findings"]) > 30
    assert "checks of code, roles and keys hold" in run("chain", "status", *ground.read).text


@pytest.mark.parametrize(
    "contract", ["VerifierRegistry", "RiskOracle", "MarginEngine", "Timelock", "LiquidationAuction"]
)
def test_other_bytecode_is_unsafe(run: Any, ground: Ground, contract: str) -> None:
    address = Deployments.load(ground.deployment).record().addresses(contract)[0]
    code = bytearray(ground.client().code(address))
    code[-1] ^= 1
    ground.rpc("anvil_setCode", address, "0x" + code.hex())
    status = run("chain", "status", *ground.read, "--json")
    assert status.code == 2
    assert "unsafe" in _states(status).values()
    again = run(*ground.deploy, "--json")
    assert again.code == 2
    assert any("other bytecode" in finding["found"] for finding in again.json["wrong"])


def test_a_role_granted_to_another_is_unsafe(run: Any, ground: Ground) -> None:
    client = ground.client()
    record = Deployments.load(ground.deployment).record()
    timelock = Timelock(client, record.governance.timelock)
    stranger = Account.create().address
    role = timelock.contract.functions.PROPOSER_ROLE().call()
    call = owner_call(timelock.contract, "grantRole", role, stranger)
    assert not timelock.propose("grant", [call]).executed
    ground.wait()
    assert timelock.propose("grant", [call]).executed
    status = run("chain", "status", *ground.read, "--json")
    assert (status.code, _states(status)) == (2, {"proposers of the timelock": "unsafe"})


def test_an_owner_that_is_not_the_timelock_is_unsafe(run: Any, ground: Ground) -> None:
    client = ground.client()
    record = Deployments.load(ground.deployment).record()
    oracle = client.contract("RiskOracle", record.addresses("RiskOracle")[0])
    timelock = Timelock(client, record.governance.timelock)
    calls = [owner_call(oracle, "transferOwnership", OPERATOR.address)]
    timelock.propose("give away", calls)
    ground.wait()
    assert timelock.propose("give away", calls).executed
    assert _states(run("chain", "status", *ground.read, "--json")) == {"next owner of RiskOracle": "unsafe"}
    client.send("accept", oracle.functions.acceptOwnership())
    status = run("chain", "status", *ground.read, "--json")
    assert (status.code, _states(status)) == (2, {"owner of RiskOracle": "unsafe"})


def test_the_guardian_halts_a_market_at_once_and_resuming_waits_for_the_timelock(run: Any, ground: Ground) -> None:
    halted = run("chain", "halt", "market", "BTC-USD", *ground.signed, "--json")
    assert (halted.code, halted.json["done"]) == (0, "halt market BTC-USD")
    status = run("chain", "status", *ground.read, "--json")
    assert [market["halted"] for market in status.json["markets"]] == [True, False]
    for _ in range(2):
        waiting = run("chain", "resume", "market", "BTC-USD", *ground.signed, "--json")
        assert (waiting.code, waiting.json["executed"]) == (1, False)
    ground.wait()
    assert run("chain", "resume", "market", "BTC-USD", *ground.signed).text == "resume market BTC-USD: done\n"
    status = run("chain", "status", *ground.read, "--json")
    assert [market["halted"] for market in status.json["markets"]] == [False, False]
    again = run("chain", "halt", "market", "BTC-USD", *ground.signed)
    assert again.code == 0
    assert run("chain", "resume", "market", "BTC-USD", *ground.signed, "--json").json["executed"] is False


def test_paused_opening_is_shown_until_the_timelock_resumes_it(run: Any, ground: Ground) -> None:
    assert run("chain", "halt", "opening", "ETH-USD", *ground.signed).code == 0
    status = run("chain", "status", *ground.read, "--json").json
    assert [market["opening_paused"] for market in status["markets"]] == [False, True]
    assert "opening paused, 0 expiries listed" in run("chain", "status", *ground.read).text
    assert run("chain", "resume", "opening", "ETH-USD", *ground.signed).code == 1
    ground.wait()
    assert run("chain", "resume", "opening", "ETH-USD", *ground.signed).code == 0
    status = run("chain", "status", *ground.read, "--json").json
    assert [market["opening_paused"] for market in status["markets"]] == [False, False]


def test_native_slices_wait_for_the_timelock_and_are_stopped_at_once(run: Any, ground: Ground) -> None:
    def allowed() -> bool:
        return bool(run("chain", "status", *ground.read, "--json").json["native_slices"])

    assert not allowed()
    assert run("chain", "resume", "native-slices", *ground.signed).code == 1
    ground.wait()
    assert run("chain", "resume", "native-slices", *ground.signed).code == 0
    assert allowed()
    assert run("chain", "halt", "native-slices", *ground.signed).code == 0
    assert not allowed()


def test_stopped_circuits_degrade_and_a_removed_one_never_returns(run: Any, ground: Ground) -> None:
    assert run("chain", "halt", "circuits", *ground.signed).code == 0
    status = run("chain", "status", *ground.read, "--json")
    assert {circuit["status"] for circuit in status.json["circuits"]} == {"stopped"}
    assert set(_states(status).values()) == {"degraded"}
    assert run("chain", "halt", "circuit", "solvency_4", *ground.signed).code == 0
    assert run("chain", "resume", "circuits", *ground.signed).code == 1
    ground.wait()
    assert run("chain", "resume", "circuits", *ground.signed).code == 0
    status = run("chain", "status", *ground.read, "--json")
    assert (status.code, _states(status)) == (1, {"key of solvency_4": "degraded"})
    for words in (["resume", "circuit", "solvency_4"], ["resume", "circuits"], ["halt", "market"]):
        refused = run("chain", *words, *ground.signed, "--json")
        assert (refused.code, refused.json["error"]) == (2, "ConfigError")
    tombstone = run(*ground.deploy, "--json")
    assert (tombstone.code, tombstone.json["error"]) == (2, "ChainError")
    assert "solvency_4: the id was removed and never returns" in tombstone.json["message"]


def test_a_stranger_halts_nothing(run: Any, ground: Ground, tmp_path: Path) -> None:
    stranger = Account.create()
    ground.anvil.fund(stranger)
    (tmp_path / "password").write_text("correct horse\n")
    sealed = Account.encrypt(stranger.key, "correct horse", kdf="pbkdf2", iterations=10)
    (tmp_path / "key.json").write_text(json.dumps(sealed))
    signed = [*ground.read, "--keystore", tmp_path / "key.json", "--password-file", tmp_path / "password", "--json"]
    for words in (["market", "BTC-USD"], ["circuits"], ["circuit", "solvency_4"], ["native-slices"]):
        refused = run("chain", "halt", *words, *signed)
        assert (refused.code, "NotGuardian" in refused.json["message"]) == (2, True)
    refused = run("chain", "resume", "market", "BTC-USD", *signed)
    assert (refused.code, "AccessControlUnauthorizedAccount" in refused.json["message"]) == (2, True)


def test_a_network_of_the_settings_names_node_chain_and_file(run: Any, ground: Ground, tmp_path: Path) -> None:
    path = tmp_path / "z.toml"
    path.write_text(f"[networks.mine]\nchain_id = 31337\nrpc_url = '{ground.anvil.rpc_url}'\ntest_chain = true\n")
    known = ["--network", "mine", "--config", path, "--json"]
    assert run("chain", "status", *known, "--deployment", ground.deployment).json["chain_id"] == 31337
    other = run("chain", "status", "--network", "sepolia", "--rpc", ground.anvil.rpc_url, *known[2:], *ground.read[2:])
    assert "network = 'sepolia': is chain 11155111, the node serves chain 31337" in other.json["message"]
    unknown = run("chain", "status", "--network", "nowhere", *known[2:])
    assert "network = 'nowhere': must be one of ['local', 'mine', 'sepolia']" in unknown.json["message"]
    missing = run("chain", "status", "--network", "sepolia", "--config", path, "--json")
    assert (missing.code, missing.json["error"]) == (3, "NotActivated")
    assert "deployments/11155111.json" in missing.json["message"]


@pytest.mark.parametrize("chain_id", [1, 10, 8453])
def test_a_main_network_declared_a_test_chain_is_a_config_error(run: Any, tmp_path: Path, chain_id: int) -> None:
    path = tmp_path / "z.toml"
    path.write_text(f"[networks.mine]\nchain_id = {chain_id}\ntest_chain = true\n")
    refused = run("chain", "status", "--config", path, "--json")
    assert (refused.code, refused.json["error"]) == (2, "ConfigError")
    assert f"chain {chain_id} is a main network" in refused.json["message"]
