# SPDX-License-Identifier: Apache-2.0
"""The server: starts, refuses a taken port, serves many at once, and nothing can be written through it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from oracle.api.app import create_app
from oracle.api.margin import WhatIfMargin
from oracle.api.server import ApiServer
from oracle.cli.main import app as command
from oracle.errors import ChainError, ConfigError
from oracle.node.state import NodeState
from tests.api.conftest import MARKET, MARKETS, ROOT, STORE, Served, health_of, problem_of


def server(port: int = 0) -> ApiServer:
    state = NodeState(MARKETS)
    return ApiServer(create_app(state, health_of, WhatIfMargin({}, state.published), STORE), port)


def test_a_port_that_is_taken_is_a_config_error(api: Served) -> None:
    port = urlsplit(api.url).port
    with pytest.raises(ConfigError, match=f"port {port}"):
        server(port or 0)
    assert api.client.get("/live").status_code == 200


def test_a_server_that_never_starts_is_a_chain_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oracle.api.server.START_TIMEOUT_S", 0.0)
    stuck = server()
    monkeypatch.setattr(stuck._thread, "_target", lambda _: None)
    with pytest.raises(ChainError, match="API server: not ready"), stuck:
        pass
    assert stuck._socket.fileno() == -1


def test_many_requests_at_once_agree(api: Served) -> None:
    with ThreadPoolExecutor(8) as workers:
        answers = list(workers.map(lambda _: api.client.get(f"/v1/markets/{MARKET}/greeks").text, range(32)))
    assert len(set(answers)) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/v1/proofs", f"/v1/markets/{MARKET}/surface", "/v1/circuits", "/v1/stream"])
def test_nothing_can_be_written(api: Served, method: str, path: str) -> None:
    response = api.client.request(method, path)
    assert (response.status_code, problem_of(response)) == (405, "MethodNotAllowed")
    assert response.headers["allow"] == "GET"


def test_a_served_proof_verifies_from_the_command_line(
    api: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    newest = api.client.get("/v1/proofs?limit=1").json()["proofs"][0]["id"]
    document = tmp_path / "proof.json"
    document.write_bytes(api.client.get(f"/v1/proofs/{newest}").content)
    done = CliRunner().invoke(command, ["verify", str(document)])
    assert done.exit_code == 0, done.output
    changed = json.loads(document.read_text())
    changed["d"][0] = str(int(changed["d"][0]) + 1)
    document.write_text(json.dumps(changed))
    assert CliRunner().invoke(command, ["verify", str(document)]).exit_code != 0
