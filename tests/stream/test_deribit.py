# SPDX-License-Identifier: Apache-2.0
"""Deribit frames to events: what is accepted, and every way a frame is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.errors import FrameRejected
from oracle.stream.deribit import MAX_AHEAD_MS, parse_frame
from oracle.stream.events import BookChange, BookLevel, DerivativeTicker, IndexPrice, OptionSummary, Trade
from oracle.stream.fields import FrameRule, InvalidFrame

NOW_MS = 1_768_464_000_000
NOW_US = NOW_MS * 1000 + 25_000
CALL = "BTC-13FEB26-62000-C"
TICKER_CHANNEL = f"ticker.{CALL}.raw"

Notification = Callable[[str, Any], str]


def book_data(**changes: Any) -> dict[str, Any]:
    data = {
        "type": "change",
        "timestamp": NOW_MS,
        "prev_change_id": 4,
        "instrument_name": CALL,
        "change_id": 5,
        "bids": [["new", 0.041, 5.0], ["delete", 0.0405, 0.0]],
        "asks": [],
    }
    return {**data, **changes}


def trade_data(**changes: Any) -> dict[str, Any]:
    data = {
        "trade_seq": 17,
        "trade_id": "100017",
        "timestamp": NOW_MS,
        "instrument_name": CALL,
        "direction": "buy",
        "price": 0.0414,
        "amount": 0.5,
    }
    return {**data, **changes}


def rule_of(text: str | bytes) -> tuple[FrameRule, str]:
    """The rule and field of the refusal of ``text``."""
    with pytest.raises(FrameRejected) as caught:
        parse_frame(text, NOW_US)
    assert isinstance(caught.value, InvalidFrame)
    assert f"{caught.value.field} = " in str(caught.value)
    return caught.value.rule, caught.value.field


def test_an_option_ticker_becomes_a_summary_with_exact_decimals(
    ticker_data: dict[str, Any], notification: Notification
) -> None:
    (event,) = parse_frame(notification(TICKER_CHANNEL, ticker_data), NOW_US)
    assert isinstance(event, OptionSummary)
    assert event.kind == "option_summary"
    assert (event.best_bid_price, event.best_ask_price) == (Decimal("0.041"), Decimal("0.0414"))
    assert (event.exchange_time_ms, event.received_at_us) == (NOW_MS, NOW_US)
    assert event.greeks is not None
    assert event.greeks.gamma == Decimal("0.00003")
    assert event.last_price is None
    assert event.key == (NOW_MS, "deribit", TICKER_CHANNEL, 0)


def test_a_price_of_zero_or_null_is_an_absent_quote(ticker_data: dict[str, Any], notification: Notification) -> None:
    ticker_data.update(best_bid_price=0.0, best_ask_price=None)
    (event,) = parse_frame(notification(TICKER_CHANNEL, ticker_data), NOW_US)
    assert isinstance(event, OptionSummary)
    assert event.best_bid_price is None
    assert event.best_ask_price is None


def test_an_index_frame_becomes_an_index_price(notification: Notification) -> None:
    data = {"timestamp": NOW_MS, "price": 60001.37, "index_name": "btc_usd"}
    (event,) = parse_frame(notification("deribit_price_index.btc_usd", data), NOW_US)
    assert isinstance(event, IndexPrice)
    assert (event.symbol, event.price_usd) == ("btc_usd", Decimal("60001.37"))


def test_a_perpetual_ticker_becomes_a_derivative_ticker(
    ticker_data: dict[str, Any], notification: Notification
) -> None:
    ticker_data.update(instrument_name="BTC-PERPETUAL", funding_8h=-0.0001, current_funding=None)
    (event,) = parse_frame(notification("ticker.BTC-PERPETUAL.100ms", ticker_data), NOW_US)
    assert isinstance(event, DerivativeTicker)
    assert (event.funding_8h, event.current_funding) == (Decimal("-0.0001"), None)


def test_a_book_frame_becomes_a_change_with_its_predecessor(notification: Notification) -> None:
    (event,) = parse_frame(notification(f"book.{CALL}.raw", book_data()), NOW_US)
    assert isinstance(event, BookChange)
    assert (event.change_id, event.prev_change_id, event.is_snapshot) == (5, 4, False)
    assert event.bids[0] == BookLevel("new", Decimal("0.041"), Decimal("5.0"))


def test_a_trades_frame_becomes_one_event_per_trade(notification: Notification) -> None:
    frame = notification(f"trades.{CALL}.raw", [trade_data(), trade_data(trade_seq=18, direction="sell")])
    events = parse_frame(frame, NOW_US)
    assert [event.sequence for event in events] == [17, 18]
    assert all(isinstance(event, Trade) for event in events)


@pytest.mark.parametrize(
    "text",
    [
        '{"jsonrpc":"2.0","id":0,"result":["ticker.BTC-PERPETUAL.raw"]}',
        '{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}',
    ],
)
def test_replies_and_heartbeats_have_no_events(text: str) -> None:
    assert parse_frame(text, NOW_US) == ()


@pytest.mark.parametrize(
    ("text", "rule", "field"),
    [
        ("", FrameRule.NOT_JSON, "frame"),
        ("[" * 100_000, FrameRule.TOO_DEEP, "frame"),
        ("[" * 33 + "]" * 33, FrameRule.TOO_DEEP, "frame"),
        ('{"a":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}', FrameRule.MISSING_FIELD, "result"),
        (b"\xff\xfe", FrameRule.NOT_UTF8, "frame"),
        ("[1]", FrameRule.WRONG_TYPE, "frame"),
        ("{}", FrameRule.MISSING_FIELD, "result"),
        ('{"id":1,"error":{"code":11050}}', FrameRule.VENUE_ERROR, "error"),
        ('{"method":"x","method":"y"}', FrameRule.DUPLICATE_KEY, "key"),
        ('{"method":"public/echo"}', FrameRule.UNKNOWN_METHOD, "method"),
        ('{"method":"subscription"}', FrameRule.MISSING_FIELD, "params"),
        ('{"method":"subscription","params":[]}', FrameRule.WRONG_TYPE, "params"),
        ('{"result":NaN}', FrameRule.NOT_FINITE, "number"),
        ('{"result":-Infinity}', FrameRule.NOT_FINITE, "number"),
        ('{"result":1e19}', FrameRule.ABSURD_NUMBER, "number"),
        ('{"result":1e-19}', FrameRule.ABSURD_NUMBER, "number"),
        ('{"result":1e999999999999999999999}', FrameRule.ABSURD_NUMBER, "number"),
        ('{"result":1234567.123456789012345678}', FrameRule.ABSURD_NUMBER, "number"),
        ('{"result":1.0000000000000000000000001}', FrameRule.ABSURD_NUMBER, "number"),
        ('{"result":1234567890123456789.5}', FrameRule.ABSURD_NUMBER, "number"),
        ('{"result":0.' + "1" * 60 + "}", FrameRule.ABSURD_NUMBER, "number"),
        ('{"result":' + "9" * 5000 + "}", FrameRule.ABSURD_NUMBER, "number"),
        ('{"result":9223372036854775808}', FrameRule.ABSURD_NUMBER, "number"),
    ],
)
def test_a_malformed_frame_is_rejected_by_name(text: str | bytes, rule: FrameRule, field: str) -> None:
    assert rule_of(text) == (rule, field)


def test_a_frame_of_one_mebibyte_is_read_and_one_byte_more_is_rejected() -> None:
    body = '{"result":"%s"}'
    fits = body % ("x" * ((1 << 20) - len(body) + 2))
    assert parse_frame(fits, NOW_US) == ()
    assert rule_of(fits + " ")[0] is FrameRule.OVERSIZE
    assert rule_of(fits.encode() + b" ")[0] is FrameRule.OVERSIZE
    assert rule_of(body % ("é" * (1 << 19)))[0] is FrameRule.OVERSIZE


@pytest.mark.parametrize(
    ("channel", "rule"),
    [
        ("platform_state", FrameRule.UNKNOWN_CHANNEL),
        (f"ticker.{CALL}.1s", FrameRule.UNKNOWN_CHANNEL),
        (f"book.{CALL}.none.10.100ms", FrameRule.UNKNOWN_CHANNEL),
        ("deribit_price_index.BTC", FrameRule.UNKNOWN_CHANNEL),
        ("ticker.BTC-31FEB26-62000-C.raw", FrameRule.UNKNOWN_INSTRUMENT),
        ("ticker.BTC_USDC.raw", FrameRule.UNKNOWN_INSTRUMENT),
        ("ticker.BTC-13FEB26-63000-C.raw", FrameRule.INSTRUMENT_MISMATCH),
    ],
)
def test_an_unknown_channel_or_instrument_is_rejected(
    channel: str, rule: FrameRule, ticker_data: dict[str, Any], notification: Notification
) -> None:
    assert rule_of(notification(channel, ticker_data))[0] is rule


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("best_bid_price", -0.0001, FrameRule.NEGATIVE),
        ("best_bid_price", "0.041", FrameRule.WRONG_TYPE),
        ("best_bid_price", True, FrameRule.WRONG_TYPE),
        ("best_ask_amount", None, FrameRule.WRONG_TYPE),
        ("best_ask_amount", -1, FrameRule.NEGATIVE),
        ("underlying_price", 0, FrameRule.NOT_POSITIVE),
        ("underlying_index", 5, FrameRule.WRONG_TYPE),
        ("underlying_index", "x" * 65, FrameRule.WRONG_TYPE),
        ("index_price", 0.0, FrameRule.NOT_POSITIVE),
        ("timestamp", NOW_MS + 0.5, FrameRule.WRONG_TYPE),
        ("timestamp", True, FrameRule.WRONG_TYPE),
        ("timestamp", -1, FrameRule.NEGATIVE),
        ("timestamp", 1_000, FrameRule.TIME_OUT_OF_RANGE),
        ("timestamp", NOW_US // 1000 + MAX_AHEAD_MS + 1, FrameRule.TIME_OUT_OF_RANGE),
        ("state", 1, FrameRule.WRONG_TYPE),
        ("greeks", [], FrameRule.WRONG_TYPE),
        ("instrument_name", "BTC-13FEB26-63000-C", FrameRule.INSTRUMENT_MISMATCH),
    ],
)
def test_a_bad_ticker_field_is_rejected_by_name(
    field: str, value: object, rule: FrameRule, ticker_data: dict[str, Any], notification: Notification
) -> None:
    ticker_data[field] = value
    assert rule_of(notification(TICKER_CHANNEL, ticker_data)) == (rule, field)


@pytest.mark.parametrize(
    "field",
    ["timestamp", "state", "best_bid_price", "best_ask_amount", "underlying_price", "mark_iv", "greeks", "index_price"],
)
def test_a_missing_ticker_field_is_rejected_by_name(
    field: str, ticker_data: dict[str, Any], notification: Notification
) -> None:
    del ticker_data[field]
    assert rule_of(notification(TICKER_CHANNEL, ticker_data)) == (FrameRule.MISSING_FIELD, field)


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"type": "delta"}, FrameRule.UNKNOWN_VALUE, "type"),
        ({"bids": [["new", 0.04]]}, FrameRule.WRONG_TYPE, "bids"),
        ({"bids": ["new"]}, FrameRule.WRONG_TYPE, "bids"),
        ({"asks": None}, FrameRule.WRONG_TYPE, "asks"),
        ({"bids": [["add", 0.04, 1]]}, FrameRule.UNKNOWN_VALUE, "bids.action"),
        ({"bids": [["new", 0, 1]]}, FrameRule.NOT_POSITIVE, "bids"),
        ({"asks": [["change", 0.04, 0]]}, FrameRule.NOT_POSITIVE, "asks"),
        ({"asks": [["delete", -0.04, 0]]}, FrameRule.NEGATIVE, "asks.price"),
        ({"asks": [["delete", 0.04, 0]] * 20_001}, FrameRule.OVERSIZE, "asks"),
        ({"prev_change_id": None}, FrameRule.WRONG_TYPE, "prev_change_id"),
    ],
)
def test_a_bad_book_frame_is_rejected_by_name(
    changes: dict[str, Any], rule: FrameRule, field: str, notification: Notification
) -> None:
    assert rule_of(notification(f"book.{CALL}.raw", book_data(**changes))) == (rule, field)


@pytest.mark.parametrize(
    ("data", "rule", "field"),
    [
        ({}, FrameRule.WRONG_TYPE, "data"),
        ([5], FrameRule.WRONG_TYPE, "data"),
        ([trade_data(direction="up")], FrameRule.UNKNOWN_VALUE, "direction"),
        ([trade_data(amount=0)], FrameRule.NOT_POSITIVE, "amount"),
    ],
)
def test_a_bad_trades_frame_is_rejected_by_name(
    data: object, rule: FrameRule, field: str, notification: Notification
) -> None:
    assert rule_of(notification(f"trades.{CALL}.raw", data)) == (rule, field)


def test_the_message_of_a_refusal_is_cut_to_a_fixed_length() -> None:
    with pytest.raises(FrameRejected) as caught:
        parse_frame('{"method":"' + "x" * 100_000 + '"}', NOW_US)
    assert len(str(caught.value)) < 200


@given(st.binary(max_size=200))
def test_arbitrary_bytes_raise_nothing_but_frame_rejected(data: bytes) -> None:
    only_refusals(data)


@given(st.text(max_size=200))
def test_arbitrary_text_raises_nothing_but_frame_rejected(text: str) -> None:
    only_refusals(text)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from([CALL, "snapshot", "change", "open", "new", "delete", "buy", NOW_MS, 0.041]),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4),
    max_leaves=12,
)
CHANNELS = st.sampled_from(
    [
        TICKER_CHANNEL,
        f"book.{CALL}.raw",
        f"trades.{CALL}.100ms",
        "ticker.BTC-PERPETUAL.raw",
        "deribit_price_index.btc_usd",
    ]
)


@given(frame=JSON_VALUES)
def test_arbitrary_json_raises_nothing_but_frame_rejected(frame: object) -> None:
    only_refusals(json.dumps(frame))


@given(channel=CHANNELS, data=st.data())
def test_a_valid_frame_with_one_arbitrary_field_raises_nothing_but_frame_rejected(
    channel: str, data: st.DataObject
) -> None:
    base: dict[str, Any] = {
        "price": 1,
        "index_name": "btc_usd",
        **trade_data(),
        **book_data(),
        "instrument_name": channel.split(".")[1],
    }
    base[data.draw(st.sampled_from(sorted(base)))] = data.draw(JSON_VALUES)
    body: object = [base] if channel.startswith("trades") else base
    frame = {"method": "subscription", "params": {"channel": channel, "data": body}}
    only_refusals(json.dumps(frame))


def only_refusals(text: str | bytes) -> None:
    """Parse; a refusal is fine, any other exception fails the test."""
    with suppress(FrameRejected):
        assert isinstance(parse_frame(text, NOW_US), tuple)
