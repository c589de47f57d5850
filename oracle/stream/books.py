# SPDX-License-Identifier: Apache-2.0
"""Order books from Deribit's change feed: each change names the change before it, so a lost one cannot pass unseen."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from oracle.stream.events import BookChange, BookLevel, Disconnect
from oracle.stream.ledger import RejectLedger


@dataclass(frozen=True, slots=True)
class TopOfBook:
    """Best prices and amounts after one change; None on an empty side."""

    symbol: str
    exchange_time_ms: int
    change_id: int
    best_bid_price: Decimal | None
    best_bid_amount: Decimal
    best_ask_price: Decimal | None
    best_ask_amount: Decimal


@dataclass(slots=True)
class _Book:
    change_id: int
    bids: dict[Decimal, Decimal] = field(default_factory=dict)
    asks: dict[Decimal, Decimal] = field(default_factory=dict)


class Books:
    """All books of one venue, by channel.

    A change whose ``prev_change_id`` is not the last ``change_id`` (rule ``book_gap``), or that changes or deletes a
    level the book does not have (rule ``book_level_unknown``), drops the book and marks its channel in
    :attr:`to_resubscribe`. Changes that arrive before the next snapshot are recorded as ``book_awaits_snapshot``.
    """

    def __init__(self, ledger: RejectLedger) -> None:
        self._ledger = ledger
        self._books: dict[str, _Book] = {}
        self._tops: dict[str, TopOfBook] = {}
        self._to_resubscribe: set[str] = set()

    @property
    def to_resubscribe(self) -> frozenset[str]:
        """Channels whose book was dropped and that have not sent a snapshot since."""
        return frozenset(self._to_resubscribe)

    def top(self, channel: str) -> TopOfBook | None:
        """Best bid and ask of a channel's book, None while it has no book."""
        return self._tops.get(channel)

    def apply(self, event: BookChange | Disconnect) -> TopOfBook | None:
        """Apply a change; the new top, or None where the channel has no book afterwards."""
        if isinstance(event, Disconnect):
            self._to_resubscribe |= self._books.keys()
            self._books.clear()
            self._tops.clear()
            return None
        if event.is_snapshot:
            self._to_resubscribe.discard(event.channel)
            book = self._books[event.channel] = _Book(event.change_id)
        else:
            held = self._books.get(event.channel)
            if held is None:
                self._to_resubscribe.add(event.channel)
                self._refuse("book_awaits_snapshot", event, {"prev_change_id": event.prev_change_id})
                return None
            if event.prev_change_id != held.change_id:
                expected = held.change_id
                self._drop("book_gap", event, {"prev_change_id": event.prev_change_id, "expected": expected})
                return None
            book = held
        for side, levels in ((book.bids, event.bids), (book.asks, event.asks)):
            unknown = _apply_levels(side, levels)
            if unknown is not None:
                self._drop("book_level_unknown", event, {"action": unknown.action, "price": unknown.price})
                return None
        book.change_id = event.change_id
        top = self._tops[event.channel] = _top_of(book, event)
        return top

    def _drop(self, rule: str, event: BookChange, values: dict[str, object]) -> None:
        self._books.pop(event.channel, None)
        self._tops.pop(event.channel, None)
        self._to_resubscribe.add(event.channel)
        self._refuse(rule, event, values)

    def _refuse(self, rule: str, event: BookChange, values: dict[str, object]) -> None:
        self._ledger.record(rule, event.symbol, event.received_at_us, {"change_id": event.change_id, **values})


def _apply_levels(side: dict[Decimal, Decimal], levels: tuple[BookLevel, ...]) -> BookLevel | None:
    """Apply ``levels`` in order; the first that refers to a level the side does not have, if any."""
    for level in levels:
        if level.action != "new" and level.price not in side:
            return level
        if level.action == "delete":
            del side[level.price]
        else:
            side[level.price] = level.amount
    return None


def _top_of(book: _Book, event: BookChange) -> TopOfBook:
    bid = max(book.bids, default=None)
    ask = min(book.asks, default=None)
    return TopOfBook(
        symbol=event.symbol,
        exchange_time_ms=event.exchange_time_ms,
        change_id=event.change_id,
        best_bid_price=bid,
        best_bid_amount=Decimal(0) if bid is None else book.bids[bid],
        best_ask_price=ask,
        best_ask_amount=Decimal(0) if ask is None else book.asks[ask],
    )
