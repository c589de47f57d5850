# SPDX-License-Identifier: Apache-2.0
"""The JSON shapes of Deribit's WebSocket frames, as the simulator sends them (keys in the venue's order)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

BookRow = tuple[str, float, float]


def compact(message: dict[str, Any]) -> str:
    """JSON without spaces, as the venue sends it."""
    return json.dumps(message, separators=(",", ":"))


def subscription(channel: str, data: Any) -> str:
    """A notification of one channel."""
    return compact({"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}})


def reply(request_id: int, channels: Sequence[str], now_us: int) -> str:
    """The venue's answer to a subscription request."""
    return compact(
        {
            "jsonrpc": "2.0",
            "id": request_id,
            "result": list(channels),
            "usIn": now_us - 600,
            "usOut": now_us,
            "usDiff": 600,
            "testnet": False,
        }
    )


def heartbeat() -> str:
    """The venue's liveness note."""
    return compact({"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": "heartbeat"}})


def index_price(index_name: str, price_usd: float, timestamp_ms: int) -> str:
    """A ``deribit_price_index`` notification."""
    data = {"timestamp": timestamp_ms, "price": price_usd, "index_name": index_name}
    return subscription(f"deribit_price_index.{index_name}", data)


def book_snapshot(name: str, change_id: int, timestamp_ms: int, bids: list[BookRow], asks: list[BookRow]) -> str:
    """A whole book."""
    data = {
        "type": "snapshot",
        "timestamp": timestamp_ms,
        "instrument_name": name,
        "change_id": change_id,
        "bids": bids,
        "asks": asks,
    }
    return subscription(f"book.{name}.raw", data)


def book_change(
    name: str, prev_change_id: int, change_id: int, timestamp_ms: int, bids: list[BookRow], asks: list[BookRow]
) -> str:
    """The levels that changed."""
    data = {
        "type": "change",
        "timestamp": timestamp_ms,
        "prev_change_id": prev_change_id,
        "instrument_name": name,
        "change_id": change_id,
        "bids": bids,
        "asks": asks,
    }
    return subscription(f"book.{name}.raw", data)


def trade(name: str, trade_seq: int, timestamp_ms: int, price: float, amount: float, direction: str) -> str:
    """One trade."""
    data = {
        "trade_seq": trade_seq,
        "trade_id": str(100_000_000 + trade_seq),
        "timestamp": timestamp_ms,
        "tick_direction": 0,
        "price": price,
        "instrument_name": name,
        "direction": direction,
        "amount": amount,
    }
    return subscription(f"trades.{name}.raw", [data])


def perpetual_ticker(name: str, timestamp_ms: int, mark_usd: float, index_usd: float, funding_8h: float) -> str:
    """The ticker of a perpetual, half a dollar either side of its mark."""
    mid = round(mark_usd * 2) / 2
    data = {
        "timestamp": timestamp_ms,
        "stats": {"volume_usd": 412_000_000.0, "volume": 6866.0, "price_change": 0.4, "low": mid, "high": mid},
        "state": "open",
        "settlement_price": mid,
        "open_interest": 736_199_160,
        "min_price": round(mid * 0.985, 1),
        "max_price": round(mid * 1.015, 1),
        "mark_price": round(mark_usd, 2),
        "last_price": mid,
        "interest_value": 0.0,
        "instrument_name": name,
        "index_price": index_usd,
        "funding_8h": round(funding_8h, 8),
        "estimated_delivery_price": index_usd,
        "current_funding": round(funding_8h, 8),
        "best_bid_price": mid - 0.5,
        "best_bid_amount": 120_000.0,
        "best_ask_price": mid + 0.5,
        "best_ask_amount": 95_000.0,
    }
    return subscription(f"ticker.{name}.raw", data)
