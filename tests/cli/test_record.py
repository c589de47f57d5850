# SPDX-License-Identifier: Apache-2.0
"""``zkrisk record`` against a venue on a real socket."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner
from websockets.sync.server import ServerConnection

from oracle.cli.main import app
from tests.stream.test_live import FRAMES, listed, venue


def handler(connection: ServerConnection) -> None:
    listed(connection)
    for text in FRAMES[:5]:
        connection.send(text)
    connection.recv(timeout=10)


def test_frames_of_a_venue_are_recorded(tmp_path: Path) -> None:
    path = tmp_path / "live.jsonl.gz"
    with venue(handler) as url:
        options = ["record", str(path), "--seconds", "1", "--currency", "BTC", "--url", url, "--json"]
        result = CliRunner().invoke(app, options)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["frames"] == 6
    assert path.exists()


@pytest.mark.parametrize(
    ("options", "error"), [(["--currency", "XRP"], "ConfigError"), (["--seconds", "1"], "VenueError")]
)
def test_what_cannot_be_recorded_leaves_the_old_file(tmp_path: Path, options: list[str], error: str) -> None:
    path = tmp_path / "live.jsonl"
    path.write_text("old")
    result = CliRunner().invoke(app, ["record", str(path), "--url", "ws://127.0.0.1:9", "--json", *options])
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"] == error
    assert path.read_text() == "old"
