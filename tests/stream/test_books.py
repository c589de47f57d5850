# SPDX-License-Identifier: Apache-2.0
"""Order books: gaps drop the book, snapshots restore it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from oracle.stream.books import Books
from oracle.stream.events import BookChange, Disconnect
from oracle.stream.ledger import RejectLedger

CHANNEL = "book.BTC-13FEB26-62000-C.raw"
MakeChange = Callable[..., BookChange]


@pytest.fixture
def ledger() -> RejectLedger:
    return RejectLedger()


@pytest.fixture
def books(ledger: RejectLedger, book_change: MakeChange) -> Books:
    """Books with one snapshot: bids 0.0405, 0.0410, ask 0.0414."""
    books = Books(ledger)
    bids = (("new", "0.0405", "3"), ("new", "0.0410", "5"))
    books.apply(book_change(10, bids=bids, asks=(("new", "0.0414", "7"),)))
    return books


def test_a_snapshot_gives_best_bid_and_ask(books: Books) -> None:
    top = books.top(CHANNEL)
    assert top is not None
    assert (top.best_bid_price, top.best_bid_amount) == (Decimal("0.0410"), Decimal(5))
    assert (top.best_ask_price, top.best_ask_amount) == (Decimal("0.0414"), Decimal(7))


def test_changes_in_sequence_add_change_and_delete_levels(books: Books, book_change: MakeChange) -> None:
    books.apply(book_change(11, 10, bids=(("delete", "0.041", "0"), ("change", "0.0405", "4"))))
    top = books.apply(book_change(12, 11, asks=(("new", "0.0412", "2"),)))
    assert top is not None
    assert (top.best_bid_price, top.best_bid_amount) == (Decimal("0.0405"), Decimal(4))
    assert (top.best_ask_price, top.change_id) == (Decimal("0.0412"), 12)


def test_an_empty_side_has_no_best_price(books: Books, book_change: MakeChange) -> None:
    top = books.apply(book_change(11, 10, asks=(("delete", "0.0414", "0"),)))
    assert top is not None
    assert (top.best_ask_price, top.best_ask_amount) == (None, Decimal(0))


def test_a_gap_drops_the_book_and_marks_it_until_a_snapshot_restores_it(
    books: Books, ledger: RejectLedger, book_change: MakeChange
) -> None:
    assert books.apply(book_change(13, 12, asks=(("new", "0.0412", "2"),))) is None
    assert books.top(CHANNEL) is None
    assert books.to_resubscribe == {CHANNEL}
    assert books.apply(book_change(14, 13)) is None
    assert ledger.counts == {"book_awaits_snapshot": 1, "book_gap": 1}
    top = books.apply(book_change(20, asks=(("new", "0.05", "1"),)))
    assert top is not None
    assert (top.best_bid_price, top.best_ask_price) == (None, Decimal("0.05"))
    assert books.to_resubscribe == frozenset()
    assert books.apply(book_change(21, 20)) is not None


@pytest.mark.parametrize("action", ["change", "delete"])
def test_a_change_of_a_level_the_book_does_not_have_drops_the_book(
    action: str, books: Books, ledger: RejectLedger, book_change: MakeChange
) -> None:
    assert books.apply(book_change(11, 10, bids=((action, "0.03", "1"),))) is None
    assert ledger.counts == {"book_level_unknown": 1}
    assert books.to_resubscribe == {CHANNEL}


def test_a_disconnect_drops_every_book_and_marks_it(books: Books) -> None:
    books.apply(Disconnect(venue="deribit", channel="", symbol="", exchange_time_ms=1, received_at_us=1000))
    assert books.top(CHANNEL) is None
    assert books.to_resubscribe == {CHANNEL}
