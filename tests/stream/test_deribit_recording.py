# SPDX-License-Identifier: Apache-2.0
"""A real recording of the venue (22 July 2021): every line is an event, a note or a ledger entry."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from oracle.errors import SnapshotError
from oracle.stream.books import Books
from oracle.stream.deribit import VENUE, parse_frame
from oracle.stream.events import BookChange, Event, IndexPrice, OptionSummary
from oracle.stream.feed import read_events
from oracle.stream.instrument import format_option, parse_option
from oracle.stream.ledger import RejectLedger
from oracle.stream.recording import RecordingReader
from oracle.stream.snapshot import SnapshotBuilder

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "deribit_ws_2021"
RECORDING = DATA / "DERIBIT.ws.1.0"
INSTRUMENTS = DATA / "DERIBIT.0"

pytestmark = pytest.mark.skipif(not RECORDING.is_file(), reason="the real recording ../shared/data is absent")


@pytest.fixture
def ledger() -> RejectLedger:
    return RejectLedger()


@pytest.fixture
def events(ledger: RejectLedger) -> list[Event]:
    return list(read_events(RecordingReader(RECORDING, ledger), VENUE, parse_frame, ledger))


def test_every_line_is_an_event_an_ignored_note_or_a_ledger_entry(ledger: RejectLedger) -> None:
    reader = RecordingReader(RECORDING, ledger)
    counts = [len(parse_frame(frame.text, frame.received_at_us)) for frame in reader]
    lines = RECORDING.read_bytes().count(b"\n")
    assert reader.frames + reader.notes + reader.refused == lines == 139
    assert (reader.notes, reader.refused) == (3, 0)
    assert sorted(counts) == [0] + [1] * 135


def test_tickers_and_books_parse_and_nothing_is_refused(events: list[Event], ledger: RejectLedger) -> None:
    assert ledger.total == 0
    assert sum(isinstance(event, OptionSummary) for event in events) == 89
    assert sum(isinstance(event, BookChange) for event in events) == 46


def test_the_venues_greeks_parse_and_are_plausible(events: list[Event]) -> None:
    for event in events:
        if isinstance(event, OptionSummary):
            put = event.symbol.endswith("P")
            assert event.greeks is not None
            assert -int(put) <= event.greeks.delta <= 1 - int(put)
            assert event.greeks.gamma >= 0
            assert event.greeks.vega >= 0
            assert event.greeks.theta <= 0


def test_books_are_unbroken_and_their_best_prices_equal_the_tickers_where_times_agree(
    events: list[Event], ledger: RejectLedger
) -> None:
    books = Books(ledger)
    compared = equal = 0
    tops: dict[tuple[str, int], set[tuple[Decimal | None, Decimal | None]]] = {}
    for event in events:
        if isinstance(event, BookChange):
            top = books.apply(event)
            assert top is not None
            tops.setdefault((event.symbol, event.exchange_time_ms), set()).add((top.best_bid_price, top.best_ask_price))
    for event in events:
        if isinstance(event, OptionSummary):
            at_that_time = tops.get((event.symbol, event.exchange_time_ms))
            if at_that_time is not None:
                compared += 1
                equal += (event.best_bid_price, event.best_ask_price) in at_that_time
    assert (books.to_resubscribe, ledger.total) == (frozenset(), 0)
    assert compared >= 1
    assert equal == compared


def test_every_listed_option_name_parses_to_the_venues_own_strike_and_expiry() -> None:
    checked = 0
    for line in INSTRUMENTS.read_text().splitlines():
        if not line.startswith("https://"):
            continue
        for row in json.loads(line[line.index("{") :])["result"]:
            if row["kind"] == "option":
                option = parse_option(row["instrument_name"])
                assert option.expiry * 1000 == row["expiration_timestamp"]
                assert option.strike_ticks == row["strike"]
                assert option.put == (row["option_type"] == "put")
                assert format_option(option) == row["instrument_name"]
                checked += 1
    assert checked > 900


def test_without_an_index_there_is_no_spot_and_with_one_there_is_a_snapshot(events: list[Event]) -> None:
    builder = SnapshotBuilder("BTC-USD", "BTC")
    for event in events:
        builder.consume(event)
    now_ms = builder.event_time_ms
    with pytest.raises(SnapshotError, match="no spot"):
        builder.close(0, now_ms)
    tickers = [event for event in events if isinstance(event, OptionSummary) and event.symbol.startswith("BTC")]
    builder.consume(
        IndexPrice(
            venue=VENUE,
            channel="deribit_price_index.btc_usd",
            symbol="btc_usd",
            exchange_time_ms=now_ms,
            received_at_us=now_ms * 1000,
            price_usd=tickers[-1].index_price_usd,
        )
    )
    snapshot = builder.close(0, now_ms)
    quoted = {
        quote.strike_ticks: (quote.mid_half_ticks, quote.half_spread_half_ticks)
        for expiry in snapshot.expiries
        for quote in expiry.quotes
        if quote.quoted
    }
    assert quoted == {24_000: (45, 5), 300_000: (105, 5)}
    assert len(snapshot.expiries) == 5
    assert builder.ledger.counts == {"spread_too_wide": 1, "unseen": 4}
    assert snapshot.rejected_count == 5
