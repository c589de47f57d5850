# SPDX-License-Identifier: Apache-2.0
"""The read API over real sockets: what it says before and after the first epoch, and how it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from oracle.api.app import create_app
from oracle.api.server import ApiServer
from oracle.bots.margin import Health
from oracle.chain.anvil import free_port
from oracle.chain.client import ChainClient
from oracle.cli.main import app as command
from oracle.cli.node import account_health
from oracle.errors import ChainError, ConfigError, MarginError
from oracle.node.epoch import ProvenEpoch
from oracle.node.state import NodeState, surface_json
from tests.chain.market import CONTRACTS, ROOT, Market, key


def _unknown(address: str) -> Health:
    raise MarginError(f"no health of {address}")


@pytest.fixture
def served(opened: Market, calm: ProvenEpoch) -> Iterator[httpx.Client]:
    """The API of a node that has landed one epoch."""
    state = NodeState("BTC-USD")
    state.publish(calm)
    app = create_app(state, account_health(opened.accounts("stranger"), opened.prover))
    with ApiServer(app) as server, httpx.Client(base_url=server.url) as client:
        yield client


def test_a_node_is_live_at_once_and_ready_after_its_first_epoch(calm: ProvenEpoch) -> None:
    state = NodeState("BTC-USD")
    with ApiServer(create_app(state, _unknown)) as server, httpx.Client(base_url=server.url) as client:
        assert (client.get("/live").status_code, client.get("/live").json()) == (200, {"live": True})
        before = client.get("/ready")
        assert (before.status_code, before.json()["ready"]) == (503, False)
        missing = client.get("/v1/markets/BTC-USD/surface")
        assert missing.status_code == 503
        assert "no epoch has landed yet" in missing.json()["detail"]
        assert client.get("/v1/proofs").json() == []
        state.fail("epoch 1: no quotes")
        assert client.get("/ready").json() == {"ready": False, "epochs": 0, "failed_epochs": 1}
        state.publish(calm)
        after = client.get("/ready")
        assert (after.status_code, after.json()) == (200, {"ready": True, "epochs": 1, "failed_epochs": 1})


def test_the_surface_is_the_newest_epochs(served: httpx.Client, calm: ProvenEpoch) -> None:
    answer = served.get("/v1/markets/BTC-USD/surface")
    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(surface_json(calm)))


@pytest.mark.parametrize("market", ["ETH-USD", "btc-usd", "BTC-USD%00", "../../etc/passwd"])
def test_another_market_is_not_found(served: httpx.Client, market: str) -> None:
    assert served.get(f"/v1/markets/{market}/surface").status_code == 404


def test_the_health_of_an_account_is_in_integers_of_the_newest_slices(served: httpx.Client, opened: Market) -> None:
    margin = opened.margin("keeper")
    for name in ("seller", "buyer", "nobody"):
        address = key(name).address
        expected = margin.health(margin.accounts.state(address), opened.slices())
        for written in (address, address.lower()):
            answer = served.get(f"/v1/accounts/{written}/health")
            assert answer.status_code == 200
            assert answer.json() == {**vars(expected), "insolvent": False}


def test_health_follows_the_chain(crashed: Market) -> None:
    app = create_app(NodeState("BTC-USD"), account_health(crashed.accounts("stranger"), crashed.prover))
    with ApiServer(app) as server, httpx.Client(base_url=server.url) as client:
        seller = f"/v1/accounts/{key('seller').address}/health"
        assert client.get(seller).json()["insolvent"] is True
        crashed.accounts("seller").deposit(10**12)
        assert client.get(seller).json()["insolvent"] is False


def test_many_requests_at_once_agree(served: httpx.Client) -> None:
    url = f"/v1/accounts/{key('seller').address}/health"
    with ThreadPoolExecutor(8) as workers:
        answers = list(workers.map(lambda _: served.get(url).text, range(32)))
    assert len(set(answers)) == 1
    assert json.loads(answers[0])["equity_e6"] > 0


@pytest.mark.parametrize("address", ["0x12", "nobody", "0x" + "zz" * 20, "0x" + "11" * 21, "%20"])
def test_a_malformed_address_is_unprocessable(served: httpx.Client, address: str) -> None:
    answer = served.get(f"/v1/accounts/{address}/health")
    assert answer.status_code == 422
    assert "account " in answer.json()["detail"]


def test_an_account_outside_the_model_is_unprocessable_by_name() -> None:
    with ApiServer(create_app(NodeState("BTC-USD"), _unknown)) as server:
        answer = httpx.get(f"{server.url}/v1/accounts/0x{'11' * 20}/health")
    assert answer.status_code == 422
    assert "no health of 0x1111" in answer.json()["detail"]


def test_an_unreachable_chain_is_an_unavailable_service(opened: Market) -> None:
    accounts = opened.accounts("stranger")
    health = account_health(accounts, opened.prover)
    gone = ChainClient(f"http://127.0.0.1:{free_port()}", key("stranger"), CONTRACTS)
    accounts.client.web3.provider = gone.web3.provider
    try:
        with ApiServer(create_app(NodeState("BTC-USD"), health)) as server:
            answer = httpx.get(f"{server.url}/v1/accounts/{key('seller').address}/health")
            assert httpx.get(f"{server.url}/live").status_code == 200
    finally:
        accounts.client.web3.provider = ChainClient(opened.anvil.rpc_url, key("stranger"), CONTRACTS).web3.provider
    assert answer.status_code == 503
    assert "newest block" in answer.json()["detail"]


def test_served_proofs_are_listed_newest_first_and_verify_from_the_command_line(
    served: httpx.Client, calm: ProvenEpoch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"slice-{expiry}-{calm.snapshot.epoch}" for expiry, _ in calm.updates]
    listed = served.get("/v1/proofs").json()
    assert listed == [{"id": name, "circuit": "slice_32_16"} for name in reversed(names)]
    monkeypatch.chdir(ROOT)
    for name in names:
        document = tmp_path / f"{name}.json"
        document.write_bytes(served.get(f"/v1/proofs/{name}").content)
        done = CliRunner().invoke(command, ["verify", str(document)])
        assert (done.exit_code, done.output) == (0, "valid slice_32_16 proof\n")


@pytest.mark.parametrize("name", ["slice-1-1", "", "..%2f..%2fetc%2fpasswd", "x" * 5000])
def test_a_proof_that_is_not_kept_is_not_found(served: httpx.Client, name: str) -> None:
    answer = served.get(f"/v1/proofs/{name}", follow_redirects=False)
    assert answer.status_code in ((307,) if not name else (404,))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_written(served: httpx.Client, method: str) -> None:
    assert served.request(method, "/v1/proofs").status_code == 405


def test_a_port_that_is_taken_is_a_config_error() -> None:
    with ApiServer(create_app(NodeState("BTC-USD"), _unknown)) as server:
        port = int(server.url.rsplit(":", 1)[1])
        with pytest.raises(ConfigError, match=f"port {port}"):
            ApiServer(create_app(NodeState("BTC-USD"), _unknown), port)
        assert httpx.get(f"{server.url}/live").status_code == 200


def test_a_server_that_never_starts_is_a_chain_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oracle.api.server.START_TIMEOUT_S", 0.0)
    server = ApiServer(create_app(NodeState("BTC-USD"), _unknown))
    monkeypatch.setattr(server._thread, "_target", lambda _: None)
    with pytest.raises(ChainError, match="API server: not ready"), server:
        pass
    assert server._socket.fileno() == -1
