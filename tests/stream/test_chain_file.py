# SPDX-License-Identifier: Apache-2.0
"""Stored chains through the common door: detected by content, one epoch a file, hostile content named."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle.errors import FrameRejected
from oracle.model.snapshot import MarketSnapshot, Quote
from oracle.stream.epochs import snapshots
from oracle.stream.events import IndexPrice, OptionSummary
from oracle.stream.fields import InvalidFrame
from oracle.stream.ledger import RejectLedger
from oracle.stream.open_recording import MAX_CHAIN_BYTES, RecordingFormat, open_recording
from oracle.stream.snapshot import SnapshotBuilder

AS_OF_MS = 1_768_464_003_250
EXPIRY = 1_770_969_600
"""2026-02-13 08:00 UTC."""
Save = Callable[[object], Path]


def exchange_chain() -> dict[str, Any]:
    def row(name: str, bid: float | None, ask: float | None) -> dict[str, Any]:
        return {"instrument_name": name, "bid_price": bid, "ask_price": ask, "open_interest": 1.0, "volume_usd": 0.0}

    return {
        "as_of": "2026-01-15T08:00:03.250900+00:00",
        "futures": [row("BTC-13FEB26", 60200.0, 60202.5), row("BTC-PERPETUAL", 59999.5, 60000.0)],
        "options": [
            row("BTC-13FEB26-59000-P", 0.02, 0.0204),
            row("BTC-13FEB26-62000-C", 0.041, 0.0415),
            row("BTC-13FEB26-63000-C", None, 0.04),
        ],
        "instruments": [],
    }


def surface_inputs() -> dict[str, Any]:
    def row(kind: str, bid: str, ask: str, **fields: Any) -> dict[str, Any]:
        return {"security_type": kind, "bid": bid, "ask": ask, "open_interest": "1", "volume": "1", **fields}

    def option(strike: str, kind: str, bid: str, ask: str) -> dict[str, Any]:
        maturity = "2026-02-13T08:00:00Z"
        return row("option", bid, ask, strike=strike, option_type=kind, maturity=maturity, inverse=True)

    return {
        "asset": "btc",
        "asset_curve": {"ref_date": "2026-01-15T08:00:03.2509Z", "curve_type": "no_discount_curve"},
        "quote_curve": {"beta1": "-1.0"},
        "inputs": [
            row("spot", "59999.5", "60000"),
            row("forward", "60200", "60202.5", maturity="2026-02-13T08:00:00Z"),
            option("59000", "put", "0.02", "0.0204"),
            option("62000", "call", "0.041", "0.0415"),
            option("63000", "call", "0", "0.04"),
        ],
    }


FORMATS = {RecordingFormat.EXCHANGE_CHAIN: exchange_chain, RecordingFormat.SURFACE_INPUTS: surface_inputs}


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Writes a JSON document, or text as it is."""

    def write(document: object) -> Path:
        path = tmp_path / "chain.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return path

    return write


def read(path: Path) -> tuple[list[MarketSnapshot], RejectLedger]:
    ledger = RejectLedger()
    builder = SnapshotBuilder("BTC-USD", "BTC", ledger=ledger)
    return list(snapshots(open_recording(path, ledger).events, builder)), ledger


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("compressed", [False, True])
def test_both_formats_give_the_same_single_snapshot_at_the_files_own_time(
    format_name: RecordingFormat, compressed: bool, tmp_path: Path
) -> None:
    text = json.dumps(FORMATS[format_name]()).encode()
    path = tmp_path / ("chain.gz" if compressed else "chain")
    path.write_bytes(gzip.compress(text) if compressed else text)
    assert open_recording(path, RejectLedger()).format is format_name
    (snapshot,), ledger = read(path)
    assert snapshot.epoch == AS_OF_MS // 10_000
    assert snapshot.spot_e2 == 5_999_975
    (expiry,) = snapshot.expiries
    assert (expiry.expiry, expiry.forward_q16) == (EXPIRY, round(Decimal("60201.25") * 65_536))
    absent = Quote(63_000, False, False, 0, 0)
    assert expiry.quotes == (Quote(59_000, True, True, 404, 4), Quote(62_000, False, True, 825, 5), absent)
    assert ledger.counts == {"one_sided": 1}


def test_events_carry_the_files_time_and_nothing_the_file_does_not_say(save: Save) -> None:
    events = list(open_recording(save(exchange_chain()), RejectLedger()).events)
    assert {event.exchange_time_ms for event in events} == {AS_OF_MS}
    assert isinstance(events[0], IndexPrice)
    summary = events[1]
    assert isinstance(summary, OptionSummary)
    assert (summary.symbol, summary.underlying_index) == ("BTC-13FEB26-59000-P", "BTC-13FEB26")
    assert (summary.greeks, summary.mark_price, summary.best_bid_amount) == (None, None, None)


def test_a_derived_forward_is_marked_synthetic_as_the_venue_does(save: Save) -> None:
    document = exchange_chain()
    document["futures"][0]["ask_price"] = None
    document["options"].append({"instrument_name": "BTC-13FEB26-62000-P", "bid_price": 0.07, "ask_price": 0.07})
    events = list(open_recording(save(document), RejectLedger()).events)
    assert {e.underlying_index for e in events if isinstance(e, OptionSummary)} == {"SYN.BTC-13FEB26"}


def test_an_expiry_without_a_forward_sends_no_events_and_is_one_entry(save: Save) -> None:
    document = exchange_chain()
    document["options"].append({"instrument_name": "BTC-27MAR26-60000-C", "bid_price": 0.1, "ask_price": 0.11})
    (snapshot,), ledger = read(save(document))
    assert [expiry.expiry for expiry in snapshot.expiries] == [EXPIRY]
    assert [(e.rule, e.subject) for e in ledger.entries if e.rule == "no_forward"] == [("no_forward", "BTC-27MAR26")]


@pytest.mark.parametrize("spot", [(None, 60000.0), (60001.0, 60000.0)])
def test_a_chain_without_a_two_sided_spot_gives_no_snapshot_and_says_so(
    spot: tuple[float | None, float], save: Save
) -> None:
    document = exchange_chain()
    document["futures"][1] |= {"bid_price": spot[0], "ask_price": spot[1]}
    taken, ledger = read(save(document))
    assert (taken, ledger.counts) == ([], {"no_spot": 1})


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("a string", "wrong_type"),
        ({"bid_price": 0.1, "ask_price": 0.2}, "missing_field"),
        ({"instrument_name": "BTC-13FEB26-64000-X", "bid_price": 0.1, "ask_price": 0.2}, "unknown_instrument"),
        ({"instrument_name": "ETH-13FEB26-4000-C", "bid_price": 0.1, "ask_price": 0.2}, "instrument_mismatch"),
        ({"instrument_name": "BTC-13FEB26-64000-C", "bid_price": -0.1, "ask_price": 0.2}, "negative"),
        ({"instrument_name": "BTC-13FEB26-64000-C", "bid_price": "0.1", "ask_price": 0.2}, "wrong_type"),
        ({"instrument_name": "BTC-13FEB26-62000-C", "bid_price": 0.1, "ask_price": 0.2}, "duplicate_instrument"),
    ],
)
def test_a_bad_row_of_an_exchange_chain_is_one_entry_and_costs_no_other_row(row: object, rule: str, save: Save) -> None:
    document = exchange_chain()
    document["options"].append(row)
    (snapshot,), ledger = read(save(document))
    assert snapshot.expiries == read(save(exchange_chain()))[0][0].expiries
    assert ledger.counts == dict(sorted({"one_sided": 1, rule: 1}.items()))
    (entry,) = (entry for entry in ledger.entries if entry.rule == rule)
    assert dict(entry.values)["row"] == "options[3]"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"bid": "-0.1"}, "wrong_type"),
        ({"bid": 0.1}, "wrong_type"),
        ({"bid": "1e3"}, "wrong_type"),
        ({"bid": "0." + "1" * 50}, "absurd_number"),
        ({"strike": "64000.5"}, "unknown_instrument"),
        ({"strike": "0"}, "unknown_instrument"),
        ({"strike": "9999999999999"}, "unknown_instrument"),
        ({"option_type": "straddle"}, "unknown_value"),
        ({"security_type": "bond"}, "unknown_value"),
        ({"inverse": False}, "unknown_value"),
        ({"maturity": "2026-02-13T09:00:00Z"}, "time_out_of_range"),
        ({"maturity": "2026-02-13T08:00:00.5Z"}, "time_out_of_range"),
        ({"maturity": "2026-02-13T08:00:00"}, "wrong_type"),
        ({"maturity": "tomorrow"}, "wrong_type"),
        ({}, "duplicate_instrument"),
    ],
)
def test_a_bad_row_of_surface_inputs_is_one_entry_and_costs_no_other_row(
    changes: dict[str, Any], rule: str, save: Save
) -> None:
    document = surface_inputs()
    document["inputs"].append(document["inputs"][3] | changes)
    (snapshot,), ledger = read(save(document))
    assert snapshot.expiries == read(save(surface_inputs()))[0][0].expiries
    assert ledger.counts == dict(sorted({"one_sided": 1, rule: 1}.items()))


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        ("{", "not_json"),
        ("{}", "unknown_format"),
        ('{"as_of": 1, "as_of": 2}', "duplicate_key"),
        ('{"a": ' + "[" * 40 + "]" * 40 + "}", "too_deep"),
        ('{"a": NaN}', "not_finite"),
        (exchange_chain() | {"as_of": "2026-01-15T08:00:00"}, "wrong_type"),
        (exchange_chain() | {"as_of": "1999-01-15T08:00:00Z"}, "time_out_of_range"),
        (exchange_chain() | {"as_of": 5}, "wrong_type"),
        (exchange_chain() | {"options": []}, "unknown_instrument"),
        (exchange_chain() | {"options": {}}, "wrong_type"),
        (exchange_chain() | {"options": [0] * 20_001}, "oversize"),
        (surface_inputs() | {"asset": "$$$"}, "unknown_instrument"),
        (surface_inputs() | {"asset_curve": None}, "wrong_type"),
    ],
)
def test_a_document_that_cannot_be_read_is_an_invalid_frame_with_its_rule(
    document: object, rule: str, save: Save
) -> None:
    with pytest.raises(InvalidFrame, match=rule):
        open_recording(save(document), RejectLedger())


def test_a_document_that_inflates_beyond_the_limit_is_oversize(tmp_path: Path) -> None:
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b'{"a": "' + b" " * (MAX_CHAIN_BYTES + 100) + b'"}'))
    with pytest.raises(InvalidFrame, match="oversize"):
        open_recording(path, RejectLedger())


def test_a_torn_document_is_an_invalid_frame(tmp_path: Path) -> None:
    path = tmp_path / "torn.json.gz"
    noise = json.dumps({**exchange_chain(), "noise": [i * i % 9973 for i in range(9999)]}).encode()
    path.write_bytes(gzip.compress(noise)[:-2000])
    with pytest.raises(InvalidFrame, match="torn_file"):
        open_recording(path, RejectLedger())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(data=st.data())
def test_an_arbitrary_value_anywhere_in_a_chain_raises_nothing_but_frame_rejected(
    data: st.DataObject, save: Save
) -> None:
    document: Any = data.draw(st.sampled_from(list(FORMATS.values())))()
    place = document
    while isinstance(place, dict | list) and place:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(JSON)
            break
        place = place[key]
    try:
        read(save(document))
    except FrameRejected:
        return
