# SPDX-License-Identifier: Apache-2.0
"""A deployment that is cut off at any transaction goes on where it stopped, and what is done is not done again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from web3.types import TxReceipt

from oracle.chain.anvil import Anvil
from oracle.chain.client import ChainClient, SignedCall
from oracle.chain.deploy import DeploymentPlan, Deployments, GovernancePlan, Journal, deploy
from oracle.chain.deploy.verification import verify_deployment
from oracle.errors import ChainError, ConfigError
from prover.artifacts import ArtifactStore
from tests.chain.market import CONTRACTS, ROOT, key, plan_of

START = 1_768_464_000
CIRCUIT = "insolvency_4"
DEPLOYER, PROPOSER, GUARDIAN = key("deployer"), key("proposer").address, key("guardian").address
LEAST_STEPS = 20


class Killed(BaseException):
    """The process ends here."""


class MortalClient(ChainClient):
    """Ends the process at a fresh transaction: before it is sent, or before its receipt is noted."""

    lives = -1
    sends = False

    def sign(self, name: str, call: Any) -> SignedCall:
        """As the product signs; every fresh transaction takes a life."""
        signed = super().sign(name, call)
        self.lives -= 1
        return signed

    def deliver(self, signed: SignedCall) -> TxReceipt:
        """As the product delivers, until the last life."""
        if self.lives == 0 and not self.sends:
            raise Killed
        receipt = super().deliver(signed)
        if self.lives == 0:
            raise Killed
        return receipt


class Ground:
    """An empty chain to deploy on, again and again."""

    def __init__(self, anvil: Anvil) -> None:
        self.anvil = anvil
        anvil.fund(DEPLOYER)
        self._empty = ""
        self.save()

    def save(self) -> None:
        """Makes this the state to return to."""
        self._empty = self._rpc("evm_snapshot")

    def clear(self) -> None:
        """Back to the empty chain."""
        self._rpc("evm_revert", self._empty)
        self.save()

    def client(self) -> MortalClient:
        """The deployer."""
        return MortalClient(self.anvil.rpc_url, DEPLOYER, CONTRACTS)

    def _rpc(self, method: str, *parameters: Any) -> Any:
        return self.anvil.web3.provider.make_request(method, list(parameters))["result"]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def chain() -> Iterator[Ground]:
    """One chain for the module."""
    with Anvil(ROOT, START) as anvil:
        yield Ground(anvil)


@pytest.fixture
def ground(chain: Ground) -> Ground:
    """An empty chain."""
    chain.clear()
    return chain


@pytest.fixture(scope="module")
def plan() -> DeploymentPlan:
    """One market, one circuit, and a governance in which the deployer keeps no role."""
    governance = GovernancePlan(delay_s=7200, proposers=(PROPOSER,), guardian=GUARDIAN)
    return plan_of(["BTC-USD"], [CIRCUIT]).model_copy(update={"governance": governance})


@pytest.fixture(scope="module")
def whole(chain: Ground, plan: DeploymentPlan, built: ArtifactStore) -> Deployments:
    """What a deployment in one go makes."""
    chain.clear()
    return deploy(chain.client(), plan, built)


@pytest.fixture(scope="module")
def steps(chain: Ground, plan: DeploymentPlan, built: ArtifactStore) -> int:
    """Transactions of a deployment in one go."""
    chain.clear()
    deploy(chain.client(), plan, built)
    return chain.client().next_nonce()


def _wrong(client: ChainClient, deployments: Deployments) -> dict[str, str]:
    return {found.part: found.found for found in verify_deployment(client, deployments) if found.state != "ok"}


def test_a_second_run_sends_nothing_and_returns_the_same(
    ground: Ground, plan: DeploymentPlan, built: ArtifactStore, tmp_path: Path
) -> None:
    client, path = ground.client(), tmp_path / "journal.jsonl"
    first = deploy(client, plan, built, Journal(path))
    journal = Journal(path)
    assert [entry.nonce for entry in journal.entries if entry.block is None] == list(range(client.next_nonce()))
    head = client.head()
    assert deploy(client, plan, built, journal, first) == first
    assert (journal.sent, client.head()) == (0, head)
    assert _wrong(client, first) == {}


def test_without_journal_and_file_a_second_run_sends_nothing_either(
    ground: Ground, plan: DeploymentPlan, built: ArtifactStore
) -> None:
    client = ground.client()
    first = deploy(client, plan, built)
    head = client.head()
    again = deploy(client, plan, built)
    assert client.head() == head
    assert again.chain == first.chain
    assert again.markets[0].from_block == 0


@pytest.mark.parametrize("sends", [False, True], ids=["signed", "sent"])
def test_runs_that_each_end_at_their_first_transaction_finish_the_deployment_without_one_sent_twice(
    chain: Ground,
    plan: DeploymentPlan,
    built: ArtifactStore,
    whole: Deployments,
    steps: int,
    tmp_path: Path,
    sends: bool,
) -> None:
    chain.clear()
    path = tmp_path / "journal.jsonl"
    assert steps >= LEAST_STEPS
    for step in range(steps):
        mortal = chain.client()
        mortal.lives, mortal.sends = 1, sends
        with pytest.raises(Killed):
            deploy(mortal, plan, built, Journal(path))
        assert mortal.next_nonce() == step + sends
    client = chain.client()
    made = deploy(client, plan, built, Journal(path))
    assert client.next_nonce() == steps
    assert made.chain == whole.chain
    assert _wrong(client, made) == {}


def test_the_deployer_keeps_no_role(ground: Ground, plan: DeploymentPlan, built: ArtifactStore) -> None:
    client = ground.client()
    made = deploy(client, plan, built)
    timelock = client.contract("Timelock", made.record().governance.timelock)
    for role in ("DEFAULT_ADMIN_ROLE", "PROPOSER_ROLE", "CANCELLER_ROLE", "EXECUTOR_ROLE"):
        assert not timelock.functions.hasRole(timelock.functions[role]().call(), DEPLOYER.address).call(), role
    assert timelock.functions.getMinDelay().call() == 7200
    with pytest.raises(ChainError, match="AccessControlUnauthorizedAccount"):
        client.send("grant", timelock.functions.grantRole(b"\0" * 32, DEPLOYER.address))


def test_a_circuit_added_after_the_handover_waits_for_the_timelock(ground: Ground, built: ArtifactStore) -> None:
    governance = GovernancePlan(delay_s=7200)
    plan = plan_of(["BTC-USD"], [CIRCUIT]).model_copy(update={"governance": governance})
    client = ground.client()
    deploy(client, plan, built)
    more = plan.model_copy(update={"circuits": [CIRCUIT, "solvency_4"]})
    for _ in range(2):
        with pytest.raises(ChainError, match=r"register solvency_4: scheduled, due at \d+ .*run the command again"):
            deploy(client, more, built)
    ground.anvil.web3.provider.make_request("evm_increaseTime", [7200])  # type: ignore[arg-type]
    ground.anvil.web3.provider.make_request("evm_mine", [])  # type: ignore[arg-type]
    assert _wrong(client, deploy(client, more, built)) == {}


def test_a_plan_that_differs_from_the_live_deployment_of_the_file_is_a_config_error(
    ground: Ground, plan: DeploymentPlan, built: ArtifactStore
) -> None:
    client = ground.client()
    first = deploy(client, plan, built)
    head = client.head()
    with pytest.raises(ConfigError, match="the file names another RiskOracle"):
        deploy(client, plan.model_copy(update={"threshold": 3}), built, previous=first)
    assert client.head() == head
    assert deploy(client, plan.model_copy(update={"label": "second"}), built).markets != first.markets


def test_a_chain_without_the_proxy_is_a_chain_error(ground: Ground, plan: DeploymentPlan, built: ArtifactStore) -> None:
    proxy = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
    ground.anvil.web3.provider.make_request("anvil_setCode", [proxy, "0x"])  # type: ignore[arg-type]
    with pytest.raises(ChainError, match=f"deployment proxy {proxy} is missing"):
        deploy(ground.client(), plan, built)


def test_a_journal_of_another_chain_is_left_alone(
    ground: Ground, plan: DeploymentPlan, built: ArtifactStore, tmp_path: Path
) -> None:
    path = tmp_path / "journal.jsonl"
    mortal = ground.client()
    mortal.lives = LEAST_STEPS - 2
    with pytest.raises(Killed):
        deploy(mortal, plan, built, Journal(path))
    ground.clear()
    client = ground.client()
    assert _wrong(client, deploy(client, plan, built, Journal(path))) == {}


def test_a_line_cut_off_in_the_journal_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    whole_line = json.dumps({"name": "a", "nonce": 0, "hash": "0x00", "block": 1, "gas": 2}) + "\n"
    path.write_text(whole_line + '{"name": "b", "non')
    assert [entry.name for entry in Journal(path).entries] == ["a"]
    assert path.read_text() == whole_line


@pytest.mark.parametrize("line", ["{}", "[]", "nonsense", '{"name": "a", "nonce": 0, "hash": "0x", "other": 1}'])
def test_a_malformed_journal_is_a_config_error_that_names_file_and_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(ConfigError, match=r"journal\.jsonl: line 1 is malformed"):
        Journal(path)
