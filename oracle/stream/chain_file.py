# SPDX-License-Identifier: Apache-2.0
"""Whole option chains stored as one JSON document: the events of one moment, the file's own.

Two formats: the venue's REST summaries (``as_of``, ``futures``, ``options`` by instrument name) and the inputs of a
fitted surface (``asset``, ``asset_curve.ref_date``, ``inputs`` with spot, forwards and options, numbers as strings).
A row that cannot be read is a ledger entry; a document that cannot be read raises :class:`InvalidFrame`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from oracle.errors import InvalidValue
from oracle.stream.chain_forward import Forward, expiry_forwards
from oracle.stream.deribit import EARLIEST_TIME_MS, VENUE
from oracle.stream.events import Event, IndexPrice, OptionSummary
from oracle.stream.fields import Fields, FrameRule, InvalidFrame
from oracle.stream.instrument import (
    CURRENCY_PATTERN,
    OptionInstrument,
    format_expiry,
    format_option,
    parse_expiry,
    parse_option,
)
from oracle.stream.ledger import RejectLedger

LATEST_TIME_MS = 4_102_444_800_000
"""The year 2100: instrument names have two digits for the year."""
MAX_ROWS = 20_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURRENCY = re.compile(CURRENCY_PATTERN)

TwoSided = tuple[Decimal | None, Decimal | None]
"""Bid and ask; None where there is none."""


@dataclass
class Chain:
    """What a document says: the time in Unix microseconds, spot and futures in dollars, options in the coin."""

    currency: str
    as_of_us: int
    spot: TwoSided = (None, None)
    futures: dict[int, TwoSided] = field(default_factory=dict)
    options: dict[OptionInstrument, TwoSided] = field(default_factory=dict)


def chain_format(document: Fields) -> Callable[[Fields, RejectLedger, str], Chain]:
    """The reader of a document, chosen by its keys; :class:`InvalidFrame` (rule ``unknown_format``) for any other."""
    if document.values.keys() >= {"as_of", "futures", "options"}:
        return read_exchange_chain
    if document.values.keys() >= {"asset", "asset_curve", "inputs"}:
        return read_surface_inputs
    raise InvalidFrame("keys", sorted(document.values)[:8], FrameRule.UNKNOWN_FORMAT)


def read_exchange_chain(document: Fields, ledger: RejectLedger, name: str) -> Chain:
    """The venue's summaries; spot is the perpetual's quote. The currency is that of the first option's name."""
    options, futures = _rows(document, "options"), _rows(document, "futures")
    first = Fields.of("options", options[0]).text("instrument_name") if options else ""
    chain = Chain(_currency("instrument_name", first.partition("-")[0]), _time_us("as_of", document.text("as_of")))

    def future(row: Fields) -> None:
        symbol, prices = row.text("instrument_name"), (row.quoted("bid_price"), row.quoted("ask_price"))
        if symbol == f"{chain.currency}-PERPETUAL":
            chain.spot = prices
        else:
            _put(chain.futures, _future_expiry(symbol, chain.currency), prices, symbol)

    def option(row: Fields) -> None:
        instrument = parse_option(row.text("instrument_name"))
        if instrument.currency != chain.currency:
            raise InvalidFrame("instrument_name", row.text("instrument_name"), FrameRule.INSTRUMENT_MISMATCH)
        _put(chain.options, instrument, (row.quoted("bid_price"), row.quoted("ask_price")), row.text("instrument_name"))

    _each(futures, "futures", future, chain, ledger, name)
    _each(options, "options", option, chain, ledger, name)
    return chain


def read_surface_inputs(document: Fields, ledger: RejectLedger, name: str) -> Chain:
    """The inputs of a surface; options must be inverse (priced in the coin)."""
    as_of = document.object("asset_curve").text("ref_date")
    chain = Chain(_currency("asset", document.text("asset").upper()), _time_us("ref_date", as_of))

    def row(fields: Fields) -> None:
        kind = fields.text("security_type")
        prices = (fields.number_text("bid") or None, fields.number_text("ask") or None)
        if kind == "spot":
            chain.spot = prices
        elif kind == "forward":
            _put(chain.futures, _maturity(fields), prices, fields.text("maturity"))
        elif kind == "option":
            if fields.required("inverse") is not True:
                raise InvalidFrame("inverse", fields.required("inverse"), FrameRule.UNKNOWN_VALUE)
            instrument = _surface_option(fields, chain.currency)
            _put(chain.options, instrument, prices, format_option(instrument))
        else:
            raise InvalidFrame("security_type", kind, FrameRule.UNKNOWN_VALUE)

    _each(_rows(document, "inputs"), "inputs", row, chain, ledger, name)
    return chain


def chain_events(chain: Chain, ledger: RejectLedger) -> Iterator[Event]:
    """The index price and one :class:`OptionSummary` per option, all at the file's time.

    The index is the mid of the spot; without one there is none. What the file does not say (amounts, marks, Greeks)
    is None. ``underlying_index`` names the future, or ``SYN.`` and the expiry where the forward is derived
    (:func:`expiry_forwards`). An expiry without a forward is one ledger entry (``no_forward``) and sends no events.
    """
    time_ms = chain.as_of_us // 1000
    bid, ask = chain.spot
    spot = None if bid is None or ask is None or bid > ask else Fraction(bid + ask) / 2
    if spot is None:
        ledger.record("no_spot", chain.currency, chain.as_of_us, {"bid": bid, "ask": ask})
        return
    symbol = f"{chain.currency.lower()}_usd"
    spot_usd = (Decimal(spot.numerator) / spot.denominator).normalize()
    yield IndexPrice(
        venue=VENUE,
        channel=f"deribit_price_index.{symbol}",
        symbol=symbol,
        exchange_time_ms=time_ms,
        received_at_us=chain.as_of_us,
        price_usd=spot_usd,
    )
    forwards = expiry_forwards(chain.options, chain.futures, spot, chain.as_of_us // 1_000_000)
    for expiry in sorted({option.expiry for option in chain.options} - forwards.keys()):
        subject = f"{chain.currency}-{format_expiry(expiry)}"
        ledger.record("no_forward", subject, chain.as_of_us, {"future": chain.futures.get(expiry)})
    for option, prices in chain.options.items():
        forward = forwards.get(option.expiry)
        if forward is not None:
            yield _summary(option, prices, forward, spot_usd, chain.as_of_us)


def _summary(
    option: OptionInstrument, prices: TwoSided, forward: Forward, spot_usd: Decimal, as_of_us: int
) -> OptionSummary:
    symbol = format_option(option)
    return OptionSummary(
        venue=VENUE,
        channel=f"ticker.{symbol}.raw",
        symbol=symbol,
        exchange_time_ms=as_of_us // 1000,
        received_at_us=as_of_us,
        state="open",
        best_bid_price=prices[0],
        best_bid_amount=None,
        best_ask_price=prices[1],
        best_ask_amount=None,
        last_price=None,
        mark_price=None,
        mark_iv_percent=None,
        bid_iv_percent=None,
        ask_iv_percent=None,
        underlying_price_usd=forward.price_usd,
        underlying_index=f"{forward.source.prefix}{option.currency}-{format_expiry(option.expiry)}",
        index_price_usd=spot_usd,
        open_interest=None,
        greeks=None,
    )


def _rows(document: Fields, name: str) -> list[Any]:
    rows = document.array(name)
    if len(rows) > MAX_ROWS:
        raise InvalidFrame(name, f"{len(rows)} rows", FrameRule.OVERSIZE)
    return rows


def _each(
    rows: list[Any], field_name: str, read: Callable[[Fields], None], chain: Chain, ledger: RejectLedger, file: str
) -> None:
    """Read every row; one that breaks a rule is a ledger entry and leaves the others."""
    for number, item in enumerate(rows):
        try:
            read(Fields.of(field_name, item))
        except InvalidFrame as error:
            values = {"field": error.field, "value": error.value, "row": f"{field_name}[{number}]"}
            ledger.record(error.rule, file, chain.as_of_us, values)


def _put(known: dict[Any, TwoSided], key: object, prices: TwoSided, name: str) -> None:
    if key in known:
        raise InvalidFrame("instrument_name", name, FrameRule.DUPLICATE_INSTRUMENT)
    known[key] = prices


def _currency(name: str, value: str) -> str:
    if _CURRENCY.fullmatch(value) is None:
        raise InvalidFrame(name, value, FrameRule.UNKNOWN_INSTRUMENT)
    return value


def _future_expiry(symbol: str, currency: str) -> int:
    own, _, date = symbol.partition("-")
    if own != currency:
        raise InvalidFrame("instrument_name", symbol, FrameRule.INSTRUMENT_MISMATCH)
    return parse_expiry(symbol, date)


def _surface_option(fields: Fields, currency: str) -> OptionInstrument:
    strike, kind = fields.number_text("strike"), fields.text("option_type")
    if kind not in ("call", "put"):
        raise InvalidFrame("option_type", kind, FrameRule.UNKNOWN_VALUE)
    if strike != int(strike):
        raise InvalidFrame("strike", strike, FrameRule.UNKNOWN_INSTRUMENT)
    option = OptionInstrument(currency, _maturity(fields), int(strike), put=kind == "put")
    try:
        return parse_option(format_option(option))
    except InvalidValue as error:
        raise InvalidFrame("strike", strike, FrameRule.UNKNOWN_INSTRUMENT) from error


def _maturity(fields: Fields) -> int:
    text = fields.text("maturity")
    expiry, rest = divmod(_time_us("maturity", text), 1_000_000)
    try:
        format_expiry(expiry)
    except InvalidValue as error:
        raise InvalidFrame("maturity", text, FrameRule.TIME_OUT_OF_RANGE) from error
    if rest:
        raise InvalidFrame("maturity", text, FrameRule.TIME_OUT_OF_RANGE)
    return expiry


def _time_us(name: str, text: str) -> int:
    """ISO 8601 with a time zone as Unix microseconds."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidFrame(name, text, FrameRule.WRONG_TYPE) from error
    if moment.tzinfo is None:
        raise InvalidFrame(name, text, FrameRule.WRONG_TYPE)
    time_us = (moment - _EPOCH) // timedelta(microseconds=1)
    if not EARLIEST_TIME_MS * 1000 <= time_us < LATEST_TIME_MS * 1000:
        raise InvalidFrame(name, text, FrameRule.TIME_OUT_OF_RANGE)
    return time_us
