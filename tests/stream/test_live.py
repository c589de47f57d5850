# SPDX-License-Identifier: Apache-2.0
"""Live frames from a venue on a real socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.server import ServerConnection, serve

from oracle.stream.epochs import snapshots
from oracle.stream.ledger import RejectLedger
from oracle.stream.live import LiveSource
from oracle.stream.open_recording import open_recording
from oracle.stream.recording import write_frames
from oracle.stream.simulator import simulate
from oracle.stream.simulator_config import SimulatorConfig
from oracle.stream.snapshot import SnapshotBuilder

FRAMES = [frame.text for frame in simulate(SimulatorConfig.small())]
NAMES = ["BTC-13FEB26-50000-P", "BTC-13FEB26-60000-C"]


@contextmanager
def venue(handler: Callable[[ServerConnection], None]) -> Iterator[str]:
    with serve(handler, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        host, port = server.socket.getsockname()
        yield f"ws://{host}:{port}"
        server.shutdown()
        thread.join(5)


def request(connection: ServerConnection) -> dict[str, object]:
    message: dict[str, object] = json.loads(connection.recv(timeout=5))
    return message


def listed(connection: ServerConnection) -> dict[str, object]:
    """Answers the list of instruments and returns the subscription that follows."""
    assert request(connection)["method"] == "public/set_heartbeat"
    asked = request(connection)
    assert asked["method"] == "public/get_instruments"
    names = [{"instrument_name": name} for name in NAMES]
    connection.send(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": names}))
    return request(connection)


def test_a_session_subscribes_to_what_is_listed_and_answers_heartbeats(tmp_path: Path) -> None:
    seen: list[dict[str, object]] = []

    def handler(connection: ServerConnection) -> None:
        seen.append(listed(connection))
        connection.send(json.dumps({"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": "test_request"}}))
        seen.append(request(connection))
        for text in FRAMES:
            connection.send(text)
        connection.recv(timeout=10)

    ledger = RejectLedger()
    path = tmp_path / "live.jsonl"
    with venue(handler) as url:
        count = write_frames(path, LiveSource(url, ("BTC",), 2.0).frames(ledger), url)
    assert seen[0]["params"] == {"channels": ["deribit_price_index.btc_usd", *(f"ticker.{n}.100ms" for n in NAMES)]}
    assert seen[1]["method"] == "public/test"
    assert count == len(FRAMES) + 2
    assert ledger.total == 0
    live, replayed = RejectLedger(), tmp_path / "simulated.jsonl"
    write_frames(replayed, simulate(SimulatorConfig.small()), "ws://simulated")
    roots = [
        [s.root() for s in snapshots(open_recording(p, live).events, SnapshotBuilder("BTC-USD", "BTC", ledger=live))]
        for p in (path, replayed)
    ]
    assert roots[0] == roots[1] != []


def test_a_lost_connection_is_recorded_and_opened_again() -> None:
    connections: list[int] = []

    def handler(connection: ServerConnection) -> None:
        connections.append(1)
        listed(connection)
        connection.send(FRAMES[len(connections)])
        if len(connections) == 1:
            connection.close(1011)
        else:
            connection.recv(timeout=10)

    ledger = RejectLedger()
    with venue(handler) as url:
        frames = list(LiveSource(url, ("BTC",), 2.0).frames(ledger))
    assert len(connections) == 2
    assert ledger.counts == {"disconnected": 1}
    assert [f.connection_id for f in frames] == [1, 1, 2, 2]
    assert [f.text for f in frames[1::2]] == FRAMES[1:3]


def test_hostile_replies_change_nothing() -> None:
    hostile = [
        "not json",
        "[" * 5000,
        "[1]",
        '{"id":1,"result":[1,{"a":2},{"instrument_name":7}]}',
        '{"id":1,"result":5}',
    ]

    def handler(connection: ServerConnection) -> None:
        for text in hostile:
            connection.send(text)
        connection.send(b"\xff\xfe")
        listed(connection)
        for _ in connection:
            pass

    ledger = RejectLedger()
    with venue(handler) as url:
        frames = list(LiveSource(url, ("BTC",), 1.0).frames(ledger))
    assert [f.text for f in frames[: len(hostile)]] == hostile
    assert ledger.total == 0


def test_a_venue_that_is_not_there_is_asked_again_until_the_time_is_over() -> None:
    ledger = RejectLedger()
    assert list(LiveSource("ws://127.0.0.1:9", ("BTC",), 1.2).frames(ledger)) == []
    assert ledger.counts["disconnected"] == 2


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_no_time_is_no_frame(seconds: float) -> None:
    assert list(LiveSource("ws://127.0.0.1:9", ("BTC",), seconds).frames(RejectLedger())) == []
