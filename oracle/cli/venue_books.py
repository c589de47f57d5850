# SPDX-License-Identifier: Apache-2.0
"""The books of a raw recording, and their best prices against the tickers'."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.table import Table

from oracle.cli.output import table
from oracle.stream.books import Books, TopOfBook
from oracle.stream.events import BookChange, Disconnect, Event, OptionSummary
from oracle.stream.ledger import RejectLedger


@dataclass(frozen=True)
class BookComparison:
    """Book ``channels`` and ``changes``, ``dropped`` changes (gaps and what follows them); of ``compared`` tickers with a book of
    the same exchange time ``equal`` show its best bid and ask.
    """

    channels: int
    changes: int
    dropped: int
    compared: int
    equal: int

    def table(self) -> Table:
        """The comparison for a terminal."""
        shown = table("Books of the recording", "channels", "changes", "dropped", "tickers compared", "equal", left=0)
        shown.add_row(*map(str, (self.channels, self.changes, self.dropped, self.compared, self.equal)))
        return shown


def compare_books(events: Iterable[Event]) -> BookComparison:
    """Builds every book of option channels and compares it with the tickers of the same exchange millisecond."""
    ledger = RejectLedger()
    books = Books(ledger)
    tops: dict[tuple[str, int], TopOfBook] = {}
    quotes: list[OptionSummary] = []
    channels: set[str] = set()
    changes = 0
    for event in events:
        if isinstance(event, BookChange):
            channels.add(event.channel)
            changes += 1
        if isinstance(event, BookChange | Disconnect):
            top = books.apply(event)
            if top is not None:
                tops[top.symbol, top.exchange_time_ms] = top
        elif isinstance(event, OptionSummary):
            quotes.append(event)
    pairs = [(quote, tops.get((quote.symbol, quote.exchange_time_ms))) for quote in quotes]
    matched = [(quote, top) for quote, top in pairs if top is not None]
    equal = sum((q.best_bid_price, q.best_ask_price) == (t.best_bid_price, t.best_ask_price) for q, t in matched)
    return BookComparison(len(channels), changes, ledger.total, len(matched), equal)
