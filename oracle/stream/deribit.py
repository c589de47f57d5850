# SPDX-License-Identifier: Apache-2.0
"""Deribit's WebSocket frames as normalised events (API v2: channels ticker, book, trades, deribit_price_index)."""

from __future__ import annotations

import re

from oracle.stream.events import (
    BookChange,
    BookLevel,
    DerivativeTicker,
    Event,
    Greeks,
    IndexPrice,
    OptionSummary,
    Trade,
)
from oracle.stream.fields import Fields, FrameRule, InvalidFrame, as_amount, as_array, decode
from oracle.stream.instrument import is_option, parse_option, require_future

VENUE = "deribit"
EARLIEST_TIME_MS = 1_451_606_400_000
"""2016-01-01: the venue is not older."""
MAX_AHEAD_MS = 5_000
"""How far the venue's clock may run ahead of ours."""
MAX_LEVELS = 20_000
_INSTRUMENT_CHANNEL = re.compile(r"(ticker|book|trades)\.([A-Z0-9_-]{1,40})\.(?:raw|agg2|100ms)")
_INDEX_CHANNEL = re.compile(r"deribit_price_index\.([a-z0-9_]{1,40})")


def parse_frame(text: str | bytes, received_at_us: int) -> tuple[Event, ...]:
    """The events of one frame, in the frame's order; replies to requests and heartbeats have none.

    ``received_at_us`` is our clock in Unix microseconds. Raises :class:`InvalidFrame` and nothing else.
    """
    frame = Fields.of("frame", decode(text))
    if "method" not in frame.values:
        if "error" in frame.values:
            raise InvalidFrame("error", frame.values["error"], FrameRule.VENUE_ERROR)
        frame.required("result")
        return ()
    method = frame.text("method")
    if method == "heartbeat":
        return ()
    if method != "subscription":
        raise InvalidFrame("method", method, FrameRule.UNKNOWN_METHOD)
    params = frame.object("params")
    channel = params.text("channel")
    index = _INDEX_CHANNEL.fullmatch(channel)
    if index is not None:
        return (_index_price(params.object("data"), channel, index.group(1), received_at_us),)
    match = _INSTRUMENT_CHANNEL.fullmatch(channel)
    if match is None:
        raise InvalidFrame("channel", channel, FrameRule.UNKNOWN_CHANNEL)
    family, symbol = match.groups()
    if is_option(symbol):
        parse_option(symbol)
    else:
        require_future(symbol)
    if family == "trades":
        trades = as_array("data", params.required("data"))
        return tuple(_trade(Fields.of("data", item), channel, symbol, received_at_us) for item in trades)
    data = params.object("data")
    if family == "book":
        return (_book_change(data, channel, symbol, received_at_us),)
    if is_option(symbol):
        return (_option_summary(data, channel, symbol, received_at_us),)
    return (_derivative_ticker(data, channel, symbol, received_at_us),)


def _exchange_time_ms(data: Fields, received_at_us: int) -> int:
    time_ms = data.natural("timestamp")
    if not EARLIEST_TIME_MS <= time_ms <= received_at_us // 1000 + MAX_AHEAD_MS:
        raise InvalidFrame("timestamp", time_ms, FrameRule.TIME_OUT_OF_RANGE)
    return time_ms


def _require_symbol(data: Fields, field: str, symbol: str) -> None:
    name = data.text(field)
    if name != symbol:
        raise InvalidFrame(field, name, FrameRule.INSTRUMENT_MISMATCH)


def _one_of(field: str, value: object, allowed: frozenset[str]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise InvalidFrame(field, value, FrameRule.UNKNOWN_VALUE)
    return value


def _index_price(data: Fields, channel: str, symbol: str, received_at_us: int) -> IndexPrice:
    _require_symbol(data, "index_name", symbol)
    return IndexPrice(
        venue=VENUE,
        channel=channel,
        symbol=symbol,
        exchange_time_ms=_exchange_time_ms(data, received_at_us),
        received_at_us=received_at_us,
        price_usd=data.positive("price"),
    )


def _option_summary(data: Fields, channel: str, symbol: str, received_at_us: int) -> OptionSummary:
    _require_symbol(data, "instrument_name", symbol)
    greeks = data.object("greeks")
    return OptionSummary(
        venue=VENUE,
        channel=channel,
        symbol=symbol,
        exchange_time_ms=_exchange_time_ms(data, received_at_us),
        received_at_us=received_at_us,
        state=data.text("state"),
        best_bid_price=data.quoted("best_bid_price"),
        best_bid_amount=data.amount("best_bid_amount"),
        best_ask_price=data.quoted("best_ask_price"),
        best_ask_amount=data.amount("best_ask_amount"),
        last_price=data.quoted("last_price"),
        mark_price=data.amount("mark_price"),
        mark_iv_percent=data.amount("mark_iv"),
        bid_iv_percent=data.quoted("bid_iv"),
        ask_iv_percent=data.quoted("ask_iv"),
        underlying_price_usd=data.positive("underlying_price"),
        underlying_index=data.text("underlying_index"),
        index_price_usd=data.positive("index_price"),
        open_interest=data.amount("open_interest"),
        greeks=Greeks(
            delta=greeks.signed("delta"),
            gamma=greeks.signed("gamma"),
            vega=greeks.signed("vega"),
            theta=greeks.signed("theta"),
            rho=greeks.signed("rho"),
        ),
    )


def _derivative_ticker(data: Fields, channel: str, symbol: str, received_at_us: int) -> DerivativeTicker:
    _require_symbol(data, "instrument_name", symbol)
    return DerivativeTicker(
        venue=VENUE,
        channel=channel,
        symbol=symbol,
        exchange_time_ms=_exchange_time_ms(data, received_at_us),
        received_at_us=received_at_us,
        state=data.text("state"),
        best_bid_price_usd=data.quoted("best_bid_price"),
        best_ask_price_usd=data.quoted("best_ask_price"),
        last_price_usd=data.quoted("last_price"),
        mark_price_usd=data.positive("mark_price"),
        index_price_usd=data.positive("index_price"),
        open_interest=data.amount("open_interest"),
        current_funding=data.optional_signed("current_funding"),
        funding_8h=data.optional_signed("funding_8h"),
    )


def _book_change(data: Fields, channel: str, symbol: str, received_at_us: int) -> BookChange:
    _require_symbol(data, "instrument_name", symbol)
    is_snapshot = _one_of("type", data.text("type"), frozenset({"snapshot", "change"})) == "snapshot"
    return BookChange(
        venue=VENUE,
        channel=channel,
        symbol=symbol,
        exchange_time_ms=_exchange_time_ms(data, received_at_us),
        received_at_us=received_at_us,
        sequence=data.natural("change_id"),
        is_snapshot=is_snapshot,
        prev_change_id=None if is_snapshot else data.natural("prev_change_id"),
        bids=_levels("bids", data),
        asks=_levels("asks", data),
    )


def _levels(field: str, data: Fields) -> tuple[BookLevel, ...]:
    items = data.array(field)
    if len(items) > MAX_LEVELS:
        raise InvalidFrame(field, f"{len(items)} levels", FrameRule.OVERSIZE)
    return tuple(_level(field, item) for item in items)


def _level(field: str, item: object) -> BookLevel:
    parts = as_array(field, item)
    if len(parts) != 3:
        raise InvalidFrame(field, item, FrameRule.WRONG_TYPE)
    action = _one_of(f"{field}.action", parts[0], frozenset({"new", "change", "delete"}))
    price, amount = as_amount(f"{field}.price", parts[1]), as_amount(f"{field}.amount", parts[2])
    if not price or (not amount and action != "delete"):
        raise InvalidFrame(field, item, FrameRule.NOT_POSITIVE)
    return BookLevel(action, price, amount)


def _trade(data: Fields, channel: str, symbol: str, received_at_us: int) -> Trade:
    _require_symbol(data, "instrument_name", symbol)
    return Trade(
        venue=VENUE,
        channel=channel,
        symbol=symbol,
        exchange_time_ms=_exchange_time_ms(data, received_at_us),
        received_at_us=received_at_us,
        sequence=data.natural("trade_seq"),
        trade_id=data.text("trade_id"),
        direction=_one_of("direction", data.text("direction"), frozenset({"buy", "sell"})),
        price=data.positive("price"),
        amount=data.positive("amount"),
    )
