# SPDX-License-Identifier: Apache-2.0
"""Runs commands in-process from the repository's root, without settings of the machine."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from typer.testing import CliRunner

from oracle.chain.anvil import Anvil
from oracle.cli.main import app
from oracle.stream.simulator import write_recording
from oracle.stream.simulator_config import SimulatorConfig

ROOT = Path(__file__).resolve().parents[2]
OPERATOR = Account.from_key("0x" + "42" * 32)


@dataclass(frozen=True)
class Outcome:
    """Exit status and standard output of one command."""

    code: int
    text: str

    @property
    def json(self) -> dict[str, Any]:
        """Standard output as the one JSON object it must be."""
        parsed: dict[str, Any] = json.loads(self.text)
        return parsed


Run = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "200")
    for name in list(os.environ):
        if name.startswith("ZKRISK_"):
            monkeypatch.delenv(name)


@pytest.fixture
def run() -> Run:
    def invoke(*arguments: object) -> Outcome:
        outcome = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
        return Outcome(outcome.exit_code, outcome.stdout)

    return invoke


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One simulated market: two expiries of 16 strikes, four epochs."""
    path = tmp_path_factory.mktemp("recording") / "small.jsonl.gz"
    write_recording(path, SimulatorConfig.small())
    return path


@pytest.fixture(scope="session")
def venue_recording() -> Path:
    """A raw recording of the venue with its own Greeks and no usable expiry."""
    path = ROOT.parent / "shared" / "data" / "deribit_ws_2021" / "DERIBIT.ws.1.0"
    if not path.is_file():
        pytest.skip(f"{path.name} is not on this machine")
    return path


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a password and the operator's keystore (few rounds: fast)."""
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "password").write_text("correct horse\n")
    encrypted = Account.encrypt(OPERATOR.key, "correct horse", kdf="pbkdf2", iterations=10)
    (folder / "operator.json").write_text(json.dumps(encrypted))
    return folder


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the smallest circuit of each statement."""
    store = tmp_path_factory.mktemp("store")
    for circuit in ("slice_32_16", "solvency_4", "insolvency_4", "option_32"):
        built = ROOT / "build" / circuit
        if not built.is_dir():
            pytest.skip(f"{circuit} is not built: run `make circuits`")
        (store / circuit).symlink_to(built)
    return store


@dataclass(frozen=True)
class Chain:
    """A local chain and the options that name it."""

    anvil: Anvil
    signed: list[object]
    deployment: Path

    def height(self) -> int:
        """The newest block."""
        return int(self.anvil.web3.eth.block_number)


@pytest.fixture(scope="session")
def chain(secrets: Path, artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """A local chain with the contracts deployed by the command."""
    deployment = tmp_path_factory.mktemp("deployed") / "deployment.json"
    with Anvil(ROOT, SimulatorConfig.small().start_ms // 1000) as anvil, pytest.MonkeyPatch.context() as patched:
        patched.chdir(ROOT)
        anvil.fund(OPERATOR)
        signed: list[object] = ["--rpc", anvil.rpc_url, "--deployment", deployment]
        signed += ["--keystore", secrets / "operator.json", "--password-file", secrets / "password"]
        deploy = ["chain", "deploy", *signed, "--publisher", OPERATOR.address, "--artifacts", artifacts, "--json"]
        done = CliRunner().invoke(app, [str(argument) for argument in deploy])
        assert done.exit_code == 0, done.stdout
        assert json.loads(done.stdout)["markets"] == json.loads(deployment.read_text())["markets"]
        yield Chain(anvil, signed, deployment)
