# SPDX-License-Identifier: Apache-2.0
"""Raw recordings: reading, writing, and surviving damage."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle.stream.deribit import VENUE, parse_frame
from oracle.stream.events import Disconnect
from oracle.stream.feed import read_events
from oracle.stream.ledger import RejectLedger
from oracle.stream.recording import MAX_LINE_BYTES, Frame, RecordingReader, write_frames

URL = "wss://www.deribit.com/ws/api/v2"


def read(path: Path) -> tuple[list[Frame], RejectLedger, RecordingReader]:
    ledger = RejectLedger()
    reader = RecordingReader(path, ledger)
    return list(reader), ledger, reader


@pytest.mark.parametrize("name", ["frames.raw", "frames.raw.gz"])
def test_what_is_written_is_read_back(name: str, tmp_path: Path) -> None:
    frames = [Frame(1_700_000_000_000_007, '{"a":1}', 1), Frame(1_700_000_000_999_999, '{"é":2}', 2)]
    assert write_frames(tmp_path / name, frames, URL) == 2
    read_back, ledger, reader = read(tmp_path / name)
    assert read_back == frames
    assert (reader.notes, reader.frames, ledger.total) == (2, 2, 0)


def test_gzip_output_depends_on_the_frames_alone(tmp_path: Path) -> None:
    frames = [Frame(1_700_000_000_000_007, '{"a":1}', 1)]
    write_frames(tmp_path / "one.gz", frames, URL)
    write_frames(tmp_path / "two.gz", frames, URL)
    header = (tmp_path / "one.gz").read_bytes()[:10]
    assert header[3:8] == bytes(5), "neither a file name nor a modification time"
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()


def test_receive_times_are_microseconds_rounded_down(tmp_path: Path) -> None:
    path = tmp_path / "times"
    path.write_text("1626993723.8049479: {}\n1626993724: {}\n1626993724.5: {}\n")
    assert [frame.received_at_us for frame in read(path)[0]] == [
        1_626_993_723_804_947,
        1_626_993_724_000_000,
        1_626_993_724_500_000,
    ]


def test_connection_and_request_notes_are_not_frames_and_number_the_connections(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text(f"{URL} <-> 1.5\n{URL} <- 1.6: {{}}\n2.0: {{}}\n\n{URL} <-> 3.0\n4.0: {{}}\n")
    frames, ledger, reader = read(path)
    assert [frame.connection_id for frame in frames] == [1, 2]
    assert (reader.notes, reader.refused, ledger.total) == (4, 0, 0)


def test_a_new_connection_gives_a_disconnect_event(tmp_path: Path) -> None:
    path = tmp_path / "reconnect"
    heartbeat = '{"method":"heartbeat"}'
    path.write_text(f"{URL} <-> 1.5\n2.0: {heartbeat}\n{URL} <-> 3.0\n4.0: {heartbeat}\n")
    ledger = RejectLedger()
    (event,) = read_events(RecordingReader(path, ledger), VENUE, parse_frame, ledger)
    assert isinstance(event, Disconnect)
    assert event.exchange_time_ms == 4000


def test_malformed_lines_go_to_the_ledger_and_reading_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "damaged"
    path.write_bytes(
        b"no time here\n-1.0: {}\n1e5: {}\n1.0:{}\n\xff: {}\n2.0: \xff\n"
        + b"3.0: "
        + b"x" * (2 * MAX_LINE_BYTES)
        + b"\n4.0: {}\n"
    )
    frames, ledger, reader = read(path)
    assert [frame.received_at_us for frame in frames] == [4_000_000]
    assert ledger.counts == {"malformed_line": 5, "not_utf8": 1, "oversize_line": 1}
    assert reader.refused == 7


def test_a_torn_gzip_file_gives_its_readable_frames_and_one_entry(tmp_path: Path) -> None:
    path = tmp_path / "torn.gz"
    lines = b"".join(b"%d.0: {}\n" % second for second in range(1, 50_000))
    path.write_bytes(gzip.compress(lines)[:-2000])
    frames, ledger, _ = read(path)
    assert 0 < len(frames) < 50_000
    assert ledger.counts == {"torn_file": 1}


def test_a_file_that_is_not_gzip_is_one_entry(tmp_path: Path) -> None:
    path = tmp_path / "plain.gz"
    path.write_bytes(b"1.0: {}\n")
    frames, ledger, _ = read(path)
    assert (frames, ledger.counts) == ([], {"torn_file": 1})


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "absent")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400), suffix=st.sampled_from(["", ".gz"]))
def test_arbitrary_content_never_stops_the_reader_and_every_line_is_accounted_for(
    content: bytes, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"noise{suffix}"
    path.write_bytes(content)
    frames, ledger, reader = read(path)
    assert (len(frames), ledger.total) == (reader.frames, reader.refused)
    if not suffix:
        lines = content.count(b"\n") + (not content.endswith(b"\n") and bool(content))
        assert reader.frames + reader.notes + reader.refused == lines


def test_frames_that_are_refused_go_to_the_ledger_and_the_stream_goes_on() -> None:
    ledger = RejectLedger()
    frames = [Frame(5, "{"), Frame(6, '{"result":NaN}'), Frame(7, '{"result":"ok"}')]
    assert list(read_events(frames, VENUE, parse_frame, ledger)) == []
    assert ledger.counts == {"not_finite": 1, "not_json": 1}
    assert ledger.entries[0].values == (("field", "frame"), ("frame", "{"), ("value", "'{'"))
