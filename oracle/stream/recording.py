# SPDX-License-Identifier: Apache-2.0
"""Raw recordings: one ``<receive time>: <json>`` per line, plain or gzip, exactly as the venue sent it.

``wss://... <-> <time>`` notes a new connection, ``wss://... <- <time>: <json>`` a request we sent; both are notes, not
frames. Times are Unix seconds with a decimal point.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

from oracle.stream.fields import MAX_FRAME_BYTES
from oracle.stream.ledger import RejectLedger

MAX_LINE_BYTES = MAX_FRAME_BYTES + 256
_TIME = rb"([0-9]{1,11})(?:\.([0-9]{1,12}))?"
_FRAME = re.compile(_TIME + rb": (.+)", re.DOTALL)
_CONNECTED = re.compile(rb"wss?://\S{1,500} <-> " + _TIME)
_NOTE = re.compile(rb"(?:wss?|https?)://\S{1,2000} (?:<-|->) " + _TIME + rb"(?:: .*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as received: our time in Unix microseconds (rounded down), the connection's number, the text."""

    received_at_us: int
    text: str
    connection_id: int = 0


class RecordingReader:
    """Iterates over the frames of a recording, a line at a time; lines that are none of ours go to the ledger.

    ``frames``, ``notes`` and ``refused`` count the lines of the last pass; blank lines are notes. Reading never fails
    on content: an oversize line, bytes that are not UTF-8 and a torn gzip tail are ledger entries too. A file that
    cannot be opened raises ``OSError``.
    """

    def __init__(self, path: Path, ledger: RejectLedger) -> None:
        self._path = path
        self._ledger = ledger
        self.frames = 0
        self.notes = 0
        self.refused = 0

    def __iter__(self) -> Iterator[Frame]:
        self.frames = self.notes = self.refused = 0
        connection_id, last_us = 0, 0
        with ExitStack() as stack:
            lines = open_for_reading(self._path, stack)
            while True:
                try:
                    line, oversize = _read_line(lines)
                except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                    self._refuse("torn_file", last_us, error=error)
                    return
                if not line:
                    return
                content = line.rstrip(b"\r\n")
                if oversize:
                    self._refuse("oversize_line", last_us, line=content[:80])
                elif not content or _NOTE.fullmatch(content) is not None:
                    self.notes += 1
                elif _CONNECTED.fullmatch(content) is not None:
                    self.notes += 1
                    connection_id += 1
                else:
                    frame = self._frame(content, connection_id, last_us)
                    if frame is not None:
                        last_us = frame.received_at_us
                        self.frames += 1
                        yield frame

    def _frame(self, content: bytes, connection_id: int, last_us: int) -> Frame | None:
        match = _FRAME.fullmatch(content)
        if match is None:
            self._refuse("malformed_line", last_us, line=content[:80])
            return None
        seconds, fraction, body = match.groups()
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            self._refuse("not_utf8", last_us, line=content[:80])
            return None
        micros = int((fraction or b"").ljust(6, b"0")[:6])
        return Frame(int(seconds) * 1_000_000 + micros, text, connection_id)

    def _refuse(self, rule: str, at_us: int, **values: object) -> None:
        self.refused += 1
        self._ledger.record(rule, self._path.name, at_us, values)


def write_frames(path: Path, frames: Iterable[Frame], url: str) -> int:
    """Write ``frames`` in the raw format (gzip if the name ends in ``.gz``), a connection note wherever the connection
    changes; returns the number of frames. The same frames give the same bytes.
    """
    written, connection_id = 0, 0
    with ExitStack() as stack:
        lines = _open_for_writing(path, stack)
        for frame in frames:
            seconds, micros = divmod(frame.received_at_us, 1_000_000)
            moment = f"{seconds}.{micros:06d}"
            if frame.connection_id != connection_id:
                connection_id = frame.connection_id
                lines.write(f"{url} <-> {moment}\n".encode())
            lines.write(f"{moment}: {frame.text}\n".encode())
            written += 1
    return written


def _read_line(lines: IO[bytes]) -> tuple[bytes, bool]:
    line = lines.readline(MAX_LINE_BYTES)
    if len(line) < MAX_LINE_BYTES or line.endswith(b"\n"):
        return line, False
    while True:
        rest = lines.readline(MAX_LINE_BYTES)
        if not rest or rest.endswith(b"\n"):
            return line, True


def open_for_reading(path: Path, stack: ExitStack) -> IO[bytes]:
    """The bytes of a recording, decompressed if the name ends in ``.gz``; ``stack`` closes it."""
    return cast(IO[bytes], stack.enter_context(gzip.open(path) if path.suffix == ".gz" else path.open("rb")))


def _open_for_writing(path: Path, stack: ExitStack) -> IO[bytes]:
    raw: BinaryIO = stack.enter_context(path.open("wb"))
    if path.suffix != ".gz":
        return raw
    return cast(IO[bytes], stack.enter_context(gzip.GzipFile("", "wb", fileobj=raw, mtime=0)))
