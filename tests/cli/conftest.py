# SPDX-License-Identifier: Apache-2.0
"""Runs commands in-process from the repository's root, without settings of the machine."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from oracle.cli.main import app
from oracle.stream.simulator import write_recording
from oracle.stream.simulator_config import SimulatorConfig

ROOT = Path(__file__).resolve().parents[2]


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
