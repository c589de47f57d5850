# SPDX-License-Identifier: Apache-2.0
"""Factories of frames and events shared by the stream's tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from oracle.stream.events import BookChange, BookLevel, Greeks, IndexPrice, OptionSummary

NOW_MS = 1_768_464_000_000
"""2026-01-15 08:00 UTC."""
CALL = "BTC-13FEB26-62000-C"
PUT = "BTC-13FEB26-58000-P"

TICKER: dict[str, Any] = {
    "underlying_price": 60000.5,
    "underlying_index": "BTC-13FEB26",
    "timestamp": NOW_MS,
    "stats": {"volume": None, "price_change": None, "low": None, "high": None},
    "state": "open",
    "settlement_price": 0.04,
    "open_interest": 12.5,
    "min_price": 0.0001,
    "max_price": 0.1,
    "mark_price": 0.0412,
    "mark_iv": 50.11,
    "last_price": None,
    "interest_rate": 0.0,
    "instrument_name": CALL,
    "index_price": 59990.12,
    "greeks": {"vega": 67.1, "theta": -55.2, "rho": -3.1, "gamma": 0.00003, "delta": 0.41},
    "estimated_delivery_price": 59990.12,
    "bid_iv": 49.9,
    "best_bid_price": 0.0410,
    "best_bid_amount": 5.0,
    "best_ask_price": 0.0414,
    "best_ask_amount": 7.5,
    "ask_iv": 50.4,
}


@pytest.fixture
def ticker_data() -> dict[str, Any]:
    """The data of a valid option ticker, to be changed freely."""
    copy: dict[str, Any] = json.loads(json.dumps(TICKER))
    return copy


@pytest.fixture
def notification() -> Callable[[str, Any], str]:
    """The text of a subscription frame for a channel and its data."""

    def build(channel: str, data: Any) -> str:
        return json.dumps({"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}})

    return build


@pytest.fixture
def summary() -> Callable[..., OptionSummary]:
    """A usable quote of the 62,000 call; keywords replace fields."""

    def build(symbol: str = CALL, at_ms: int = NOW_MS, channel: str | None = None, **changes: Any) -> OptionSummary:
        fields: dict[str, Any] = {
            "venue": "deribit",
            "channel": f"ticker.{symbol}.raw" if channel is None else channel,
            "symbol": symbol,
            "exchange_time_ms": at_ms,
            "received_at_us": at_ms * 1000 + 20_000,
            "state": "open",
            "best_bid_price": Decimal("0.0410"),
            "best_bid_amount": Decimal(5),
            "best_ask_price": Decimal("0.0414"),
            "best_ask_amount": Decimal(7),
            "last_price": None,
            "mark_price": Decimal("0.0412"),
            "mark_iv_percent": Decimal("50.1"),
            "bid_iv_percent": None,
            "ask_iv_percent": None,
            "underlying_price_usd": Decimal("60000.5"),
            "underlying_index": "BTC-13FEB26",
            "index_price_usd": Decimal("59990.12"),
            "open_interest": Decimal(1),
            "greeks": Greeks(
                delta=Decimal("0.4"), gamma=Decimal(0), vega=Decimal(67), theta=Decimal(-55), rho=Decimal(-3)
            ),
        }
        return OptionSummary(**{**fields, **changes})

    return build


@pytest.fixture
def index() -> Callable[..., IndexPrice]:
    """An index price event."""

    def build(price_usd: str = "59990.125", at_ms: int = NOW_MS, symbol: str = "btc_usd") -> IndexPrice:
        return IndexPrice(
            venue="deribit",
            channel=f"deribit_price_index.{symbol}",
            symbol=symbol,
            exchange_time_ms=at_ms,
            received_at_us=at_ms * 1000 + 10_000,
            price_usd=Decimal(price_usd),
        )

    return build


@pytest.fixture
def book_change() -> Callable[..., BookChange]:
    """A book frame: levels as (action, price, amount) strings; ``prev`` None means a snapshot."""

    def build(
        change_id: int,
        prev: int | None = None,
        bids: tuple[tuple[str, str, str], ...] = (),
        asks: tuple[tuple[str, str, str], ...] = (),
    ) -> BookChange:
        return BookChange(
            venue="deribit",
            channel=f"book.{CALL}.raw",
            symbol=CALL,
            exchange_time_ms=NOW_MS + change_id,
            received_at_us=NOW_MS * 1000,
            sequence=change_id,
            is_snapshot=prev is None,
            prev_change_id=prev,
            bids=tuple(BookLevel(action, Decimal(price), Decimal(amount)) for action, price, amount in bids),
            asks=tuple(BookLevel(action, Decimal(price), Decimal(amount)) for action, price, amount in asks),
        )

    return build
