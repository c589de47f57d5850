# SPDX-License-Identifier: Apache-2.0
"""The simulated venue's order books: three levels a side around a quote, sent as Deribit sends them."""

from __future__ import annotations

from oracle.stream.venue_frames import BookRow, book_change, book_snapshot
from oracle.stream.venue_quotes import OptionQuote, to_price

_DEPTH = 3
_Side = dict[int, float]


class SimulatedBook:
    """One option's book; every frame names the change before it."""

    def __init__(self, name: str, change_id: int) -> None:
        self._name = name
        self._change_id = change_id
        self._bids: _Side = {}
        self._asks: _Side = {}

    def snapshot(self, quote: OptionQuote, time_ms: int) -> str:
        """The whole book around ``quote``."""
        self._bids, self._asks = _sides(quote)
        self._change_id += 7
        bids: list[BookRow] = [("new", to_price(ticks), amount) for ticks, amount in self._bids.items()]
        asks: list[BookRow] = [("new", to_price(ticks), amount) for ticks, amount in self._asks.items()]
        return book_snapshot(self._name, self._change_id, time_ms, bids, asks)

    def change(self, quote: OptionQuote, time_ms: int) -> str | None:
        """The change that moves the book to ``quote``, None where nothing moves."""
        bids, asks = _sides(quote)
        bid_rows, ask_rows = _difference(self._bids, bids), _difference(self._asks, asks)
        self._bids, self._asks = bids, asks
        if not bid_rows and not ask_rows:
            return None
        previous, self._change_id = self._change_id, self._change_id + 7
        return book_change(self._name, previous, self._change_id, time_ms, bid_rows, ask_rows)

    def lose_change(self) -> None:
        """Skip a change id, as if one frame had been lost."""
        self._change_id += 7


def _sides(quote: OptionQuote) -> tuple[_Side, _Side]:
    bids = {quote.bid_ticks - 2 * i: round(quote.bid_amount + 10 * i, 1) for i in range(_DEPTH)}
    asks = {quote.ask_ticks + 2 * i: round(quote.ask_amount + 10 * i, 1) for i in range(_DEPTH)}
    return {ticks: amount for ticks, amount in bids.items() if ticks > 0}, asks


def _difference(old: _Side, new: _Side) -> list[BookRow]:
    rows: list[BookRow] = [("delete", to_price(ticks), 0.0) for ticks in old if ticks not in new]
    for ticks, amount in new.items():
        if old.get(ticks) != amount:
            rows.append(("change" if ticks in old else "new", to_price(ticks), amount))
    return rows
