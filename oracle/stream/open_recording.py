# SPDX-License-Identifier: Apache-2.0
"""One door for everything recorded: raw frames and stored chains both become normalised events."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from oracle.stream.chain_file import chain_events, chain_format, read_exchange_chain
from oracle.stream.deribit import VENUE, parse_frame
from oracle.stream.events import Event, IndexPrice, OptionSummary
from oracle.stream.feed import read_events
from oracle.stream.fields import Fields, FrameRule, InvalidFrame, decode
from oracle.stream.ledger import RejectLedger
from oracle.stream.recording import RecordingReader, open_for_reading

MAX_CHAIN_BYTES = 16 << 20
"""The largest stored chain that is looked at, decompressed: 16 MiB."""
_INDEX_CHANNEL = "deribit_price_index."
_UTF8_MARK = b"\xef\xbb\xbf"


class RecordingFormat(StrEnum):
    """What a recorded file is, found from its content."""

    RAW_FRAMES = "raw_frames"
    EXCHANGE_CHAIN = "exchange_chain"
    SURFACE_INPUTS = "surface_inputs"


@dataclass(frozen=True)
class RecordedMarkets:
    """An opened recording: what it is and its events, to be consumed once.

    ``index_stated`` is True where a raw recording has no index channel: its index prices are then those that the option
    tickers state.
    """

    path: Path
    format: RecordingFormat
    venue: str
    index_stated: bool
    events: Iterator[Event]


def open_recording(path: Path, ledger: RejectLedger) -> RecordedMarkets:
    """Opens ``path``, a raw recording or a stored chain, plain or ``.gz``; what is refused goes to ``ledger``.

    A stored chain is read at once and raises :class:`InvalidFrame` where the document is oversize, torn, not JSON or
    of no known format; raw frames are read as they are consumed and never raise. ``OSError`` if it cannot be opened.
    """
    if not _is_document(path):
        frames = RecordingReader(path, ledger)
        stated = not any(_INDEX_CHANNEL in frame.text for frame in RecordingReader(path, RejectLedger(keep=1)))
        events = read_events(frames, VENUE, parse_frame, ledger)
        return RecordedMarkets(
            path, RecordingFormat.RAW_FRAMES, VENUE, stated, with_stated_index(events) if stated else events
        )
    document = Fields.of("document", decode(_document(path), MAX_CHAIN_BYTES))
    read = chain_format(document)
    named = RecordingFormat.EXCHANGE_CHAIN if read is read_exchange_chain else RecordingFormat.SURFACE_INPUTS
    return RecordedMarkets(path, named, VENUE, False, chain_events(read(document, ledger, path.name), ledger))


def with_stated_index(events: Iterable[Event]) -> Iterator[Event]:
    """The same events, an :class:`IndexPrice` before every option ticker: the index price the ticker states."""
    for event in events:
        if isinstance(event, OptionSummary):
            yield IndexPrice(
                venue=event.venue,
                channel=f"index_of.{event.channel}",
                symbol=f"{event.symbol.partition('-')[0].lower()}_usd",
                exchange_time_ms=event.exchange_time_ms,
                received_at_us=event.received_at_us,
                price_usd=event.index_price_usd,
            )
        yield event


def _is_document(path: Path) -> bool:
    """Whether the file starts as a JSON object: lines of raw frames start with a time or an address."""
    with ExitStack() as stack:
        try:
            start = open_for_reading(path, stack).read(256)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            return False
    return start.removeprefix(_UTF8_MARK).lstrip()[:1] == b"{"


def _document(path: Path) -> bytes:
    with ExitStack() as stack:
        try:
            return open_for_reading(path, stack).read(MAX_CHAIN_BYTES + 1).removeprefix(_UTF8_MARK)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InvalidFrame("document", str(error), FrameRule.TORN_FILE) from error
