# SPDX-License-Identifier: Apache-2.0
"""Normalised market events, named after the Tardis normalised schema.

Times: ``exchange_time_ms`` is the venue's clock (Unix milliseconds), ``received_at_us`` ours (Unix microseconds).
Prices of options are in the coin, those of futures and indices in dollars; all are exact decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

EventKey = tuple[int, str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event carries.

    ``sequence`` is the venue's own number (change id, trade number), 0 where it has none: then two events of one
    channel and one millisecond stand in arrival order, which a connection preserves within a channel.
    """

    kind: ClassVar[str] = "event"

    venue: str
    channel: str
    symbol: str
    exchange_time_ms: int
    received_at_us: int
    sequence: int = 0

    @property
    def key(self) -> EventKey:
        """Canonical order: exchange time, venue, channel, sequence."""
        return (self.exchange_time_ms, self.venue, self.channel, self.sequence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeks:
    """The venue's own Greeks, for display and comparison; nothing is computed from them."""

    delta: Decimal
    gamma: Decimal
    vega: Decimal
    theta: Decimal
    rho: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionSummary(Event):
    """Top of book, mark, underlying and Greeks of one option; what the venue does not show is None.

    Option prices in the coin; ``underlying_price_usd`` is the forward of the expiry; volatilities in percent.
    """

    kind: ClassVar[str] = "option_summary"

    state: str
    best_bid_price: Decimal | None
    best_bid_amount: Decimal | None
    best_ask_price: Decimal | None
    best_ask_amount: Decimal | None
    last_price: Decimal | None
    mark_price: Decimal | None
    mark_iv_percent: Decimal | None
    bid_iv_percent: Decimal | None
    ask_iv_percent: Decimal | None
    underlying_price_usd: Decimal
    underlying_index: str
    index_price_usd: Decimal
    open_interest: Decimal | None
    greeks: Greeks | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivativeTicker(Event):
    """Top of book, mark, index and funding of a perpetual or a dated future (no funding there)."""

    kind: ClassVar[str] = "derivative_ticker"

    state: str
    best_bid_price_usd: Decimal | None
    best_ask_price_usd: Decimal | None
    last_price_usd: Decimal | None
    mark_price_usd: Decimal
    index_price_usd: Decimal
    open_interest: Decimal
    current_funding: Decimal | None
    funding_8h: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPrice(Event):
    """The venue's spot index in dollars; ``symbol`` is the index name (``btc_usd``)."""

    kind: ClassVar[str] = "index_price"

    price_usd: Decimal


@dataclass(frozen=True, slots=True)
class BookLevel:
    """A price level that is new, changed or deleted (then ``amount`` is meaningless)."""

    action: str
    price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BookChange(Event):
    """A whole book (``is_snapshot``), or the levels changed since ``prev_change_id``; ``sequence`` is the change id."""

    kind: ClassVar[str] = "book_change"

    is_snapshot: bool
    prev_change_id: int | None
    bids: tuple[BookLevel, ...]
    asks: tuple[BookLevel, ...]

    @property
    def change_id(self) -> int:
        """The venue's number of this state of the book."""
        return self.sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade(Event):
    """One trade; ``sequence`` is the venue's trade number; ``direction`` is the taker's side."""

    kind: ClassVar[str] = "trade"

    trade_id: str
    direction: str
    price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect(Event):
    """The connection was lost or replaced: books are unknown until their next snapshot. Both times are ours."""

    kind: ClassVar[str] = "disconnect"
