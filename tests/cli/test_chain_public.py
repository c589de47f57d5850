# SPDX-License-Identifier: Apache-2.0
"""A public test network: keys of a ceremony land a proof there, development keys only where it is declared a test chain."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from eth_account import Account

from oracle.chain.anvil import Anvil
from oracle.chain.artifacts import ContractArtifacts
from oracle.chain.client import ChainClient
from oracle.chain.deploy import Deployments
from oracle.cli.bench import Workload
from oracle.cli.settings import load_settings
from oracle.errors import ChainError
from oracle.statements.statement import name_bytes32
from prover.prove import Prover

ROOT = Path(__file__).resolve().parents[2]
OPERATOR = Account.from_key("0x" + "42" * 32)
GUARDIAN, PROPOSER = Account.create().address, Account.create().address
CIRCUIT = "insolvency_4"
MAINNET, SEPOLIA = 1, 11_155_111


class Ground:
    """A chain with a token of its own, and the options that name it."""

    def __init__(self, anvil: Anvil, secrets: Path) -> None:
        self.anvil = anvil
        anvil.fund(OPERATOR)
        self.client = ChainClient(anvil.rpc_url, OPERATOR, ContractArtifacts(ROOT / "build" / "contracts"))
        self.token = self.client.deploy("DemoDollar")
        self.signed: list[object] = ["--rpc", anvil.rpc_url, "--keystore", secrets / "operator.json"]
        self.signed += ["--password-file", secrets / "password", "--publisher", OPERATOR.address, "--json"]

    def deploy(self, run: Any, artifacts: Path, *options: object) -> Any:
        """The command."""
        return run("chain", "deploy", *self.signed, "--artifacts", artifacts, *options)


@pytest.fixture
def sepolia(secrets: Path) -> Iterator[Ground]:
    """A chain with Sepolia's id."""
    with Anvil(ROOT, 1_768_464_000, chain_id=SEPOLIA) as anvil:
        yield Ground(anvil, secrets)


def test_keys_of_a_ceremony_deploy_to_a_public_network_and_a_proof_lands(
    run: Any, sepolia: Ground, walked: SimpleNamespace, tmp_path: Path
) -> None:
    path = tmp_path / "11155111.json"
    options = ["--network", "sepolia", "--collateral", sepolia.token, "--deployment", path]
    options += ["--guardian", GUARDIAN, "--proposer", PROPOSER]
    made = sepolia.deploy(run, walked.store.path, *options)
    assert (made.code, made.json["wrong"]) == (0, []), made.text
    record = Deployments.load(path).record()
    assert (record.test_chain, record.governance.delay_s) == (False, 2 * 24 * 3600)
    assert list(record.circuits) == [CIRCUIT]

    statement = Workload(load_settings()).statement(CIRCUIT)
    proof = Prover(walked.store, [CIRCUIT]).prove(CIRCUIT, statement.circuit_inputs())
    registry = sepolia.client.contract("VerifierRegistry", record.addresses("VerifierRegistry")[0])
    words, signals = list(proof.to_calldata()), list(statement.publics)
    call = registry.functions.verify(name_bytes32("circuit_id", CIRCUIT), words, signals)
    assert sepolia.client.call("verify", call) is True
    assert sepolia.client.send("verify", call)["status"] == 1
    signals[0] += 1
    assert registry.functions.verify(name_bytes32("circuit_id", CIRCUIT), words, signals).call() is False

    status = run("chain", "status", "--rpc", sepolia.anvil.rpc_url, "--deployment", path, "--json")
    assert {found["state"] for found in status.json["findings"]} == {"ok"}
    assert [circuit["key_kind"] for circuit in status.json["circuits"]] == ["CEREMONY"]
    with pytest.raises(ChainError, match="OwnableUnauthorizedAccount"):
        sepolia.client.send("resume", registry.functions.resume([name_bytes32("circuit_id", CIRCUIT)]))


def test_development_keys_are_refused_on_a_public_network_before_anything_is_sent(
    run: Any, sepolia: Ground, artifacts: Path, tmp_path: Path
) -> None:
    head, path = sepolia.client.head(), tmp_path / "deployment.json"
    refused = sepolia.deploy(run, artifacts, "--collateral", sepolia.token, "--deployment", path)
    assert (refused.code, refused.json["error"]) == (2, "DevelopmentKey")
    assert (sepolia.client.head(), path.exists()) == (head, False)


def test_development_keys_are_accepted_where_the_settings_declare_a_test_chain(
    run: Any, sepolia: Ground, artifacts: Path, tmp_path: Path
) -> None:
    settings, path = tmp_path / "z.toml", tmp_path / "deployment.json"
    settings.write_text(f"[networks.rehearsal]\nchain_id = {SEPOLIA}\ntest_chain = true\n")
    made = sepolia.deploy(run, artifacts, "--config", settings, "--network", "rehearsal", "--deployment", path)
    assert (made.code, made.json["wrong"]) == (0, []), made.text
    assert json.loads(path.read_text())["chain"]["test_chain"] is True


@pytest.mark.parametrize("delay_s", [0, 3599])
def test_a_short_delay_is_refused_on_a_public_network(
    run: Any, sepolia: Ground, walked: SimpleNamespace, tmp_path: Path, delay_s: int
) -> None:
    head = sepolia.client.head()
    options = ["--collateral", sepolia.token, "--deployment", tmp_path / "d.json", "--timelock-delay-s", delay_s]
    refused = sepolia.deploy(run, walked.store.path, *options)
    assert (refused.code, refused.json["error"]) == (2, "ConfigError")
    assert f"timelock_delay_s = {delay_s}: must be at least 3600" in refused.json["message"]
    assert sepolia.client.head() == head


def test_development_keys_never_reach_a_main_network(run: Any, secrets: Path, artifacts: Path, tmp_path: Path) -> None:
    settings = tmp_path / "z.toml"
    settings.write_text(f"[networks.forced]\nchain_id = {MAINNET}\ntest_chain = true\n")
    with Anvil(ROOT, 1_768_464_000, chain_id=MAINNET) as anvil:
        ground = Ground(anvil, secrets)
        head = ground.client.head()
        options = ["--collateral", ground.token, "--deployment", tmp_path / "d.json"]
        refused = ground.deploy(run, artifacts, *options)
        assert (refused.code, refused.json["error"]) == (2, "DevelopmentKey")
        forced = ground.deploy(run, artifacts, "--config", settings, "--network", "forced", *options)
        assert (forced.code, forced.json["error"]) == (2, "ConfigError")
        assert ground.client.head() == head
        with pytest.raises(ChainError, match=r"MainNetwork\(1\)"):
            ground.client.deploy("VerifierRegistry", OPERATOR.address, True)
