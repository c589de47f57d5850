# SPDX-License-Identifier: Apache-2.0
"""Raw recordings through the common door, and index prices that only tickers state."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oracle.stream.deribit import VENUE, parse_frame
from oracle.stream.epochs import snapshots
from oracle.stream.events import IndexPrice
from oracle.stream.feed import read_events
from oracle.stream.ledger import RejectLedger
from oracle.stream.open_recording import RecordingFormat, open_recording
from oracle.stream.recording import Frame, RecordingReader, write_frames
from oracle.stream.simulator import SimulatorConfig, write_recording
from oracle.stream.snapshot import SnapshotBuilder

Notification = Callable[[str, Any], str]


def test_a_raw_recording_gives_the_events_of_its_frames(tmp_path: Path) -> None:
    path = tmp_path / "market.jsonl.gz"
    write_recording(path, SimulatorConfig.small())
    opened = open_recording(path, RejectLedger())
    ledger = RejectLedger()
    assert (opened.format, opened.venue, opened.index_stated) == (RecordingFormat.RAW_FRAMES, VENUE, False)
    assert list(opened.events) == list(read_events(RecordingReader(path, ledger), VENUE, parse_frame, ledger))


def test_without_an_index_channel_the_index_that_tickers_state_is_the_spot(
    tmp_path: Path, ticker_data: dict[str, Any], notification: Notification
) -> None:
    path, name = tmp_path / "tickers.jsonl", ticker_data["instrument_name"]
    text = notification(f"ticker.{name}.raw", ticker_data)
    write_frames(path, [Frame(ticker_data["timestamp"] * 1000 + 20_000, text, 1)], "wss://venue")
    ledger = RejectLedger()
    opened = open_recording(path, ledger)
    assert opened.index_stated
    (snapshot,) = snapshots(opened.events, SnapshotBuilder("BTC-USD", "BTC", ledger=ledger))
    assert snapshot.spot_e2 == 5_999_012
    assert ledger.counts == {}


def test_stated_index_prices_precede_their_tickers(
    tmp_path: Path, ticker_data: dict[str, Any], notification: Notification
) -> None:
    path, name = tmp_path / "tickers.jsonl", ticker_data["instrument_name"]
    text = notification(f"ticker.{name}.raw", ticker_data)
    write_frames(path, [Frame(ticker_data["timestamp"] * 1000 + i, text, 1) for i in range(2)], "wss://venue")
    kinds = [type(event) is IndexPrice for event in open_recording(path, RejectLedger()).events]
    assert kinds == [True, False] * 2


@pytest.mark.parametrize(
    ("content", "counts"),
    [(b"", {}), (b"\x00\x01\n", {"malformed_line": 1}), (b"[1, 2]\n", {"malformed_line": 1})],
    ids=["empty", "binary", "array"],
)
def test_what_is_no_document_is_read_as_frames_and_never_raises(
    content: bytes, counts: dict[str, int], tmp_path: Path
) -> None:
    path, ledger = tmp_path / "recording", RejectLedger()
    path.write_bytes(content)
    opened = open_recording(path, ledger)
    assert (opened.format, list(opened.events), ledger.counts) == (RecordingFormat.RAW_FRAMES, [], counts)


def test_a_torn_raw_recording_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path, ledger = tmp_path / "torn.gz", RejectLedger()
    path.write_bytes(gzip.compress(b"1768464000.5: {}\n")[:12])
    assert list(open_recording(path, ledger).events) == []
    assert ledger.counts == {"torn_file": 1}


def test_a_file_that_does_not_exist_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_recording(tmp_path / "nothing", RejectLedger())
