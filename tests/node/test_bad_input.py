# SPDX-License-Identifier: Apache-2.0
"""Markets that are not as they should be: each ends in a named error or a ledger entry, and costs nothing else."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

import prover.build
from oracle.errors import InvalidValue, SnapshotError, TooFewQuotes
from oracle.model.snapshot import ExpirySnapshot, MarketSnapshot, Quote
from oracle.node.epoch import fit_epoch
from oracle.stream.deribit import VENUE, parse_frame
from oracle.stream.epochs import snapshots
from oracle.stream.events import Event, IndexPrice, OptionSummary
from oracle.stream.feed import read_events
from oracle.stream.ledger import RejectLedger
from oracle.stream.simulator import simulate
from oracle.stream.simulator_config import SimulatorConfig
from oracle.stream.snapshot import SnapshotBuilder
from oracle.surface.market import fit_market
from prover.artifacts import ArtifactStore
from prover.errors import ArtifactUnwritable

CONFIG = SimulatorConfig.small()
EVENTS: list[Event] = list(read_events(iter(simulate(CONFIG)), VENUE, parse_frame, RejectLedger()))


def taken(events: list[Event], builder: SnapshotBuilder | None = None) -> tuple[list[MarketSnapshot], SnapshotBuilder]:
    builder = builder or SnapshotBuilder("BTC-USD", "BTC")
    return list(snapshots(events, builder)), builder


def changed(change: Callable[[OptionSummary], OptionSummary | None], symbol: str) -> list[Event]:
    found: Iterator[Event | None] = (
        change(event) if isinstance(event, OptionSummary) and event.symbol == symbol else event for event in EVENTS
    )
    return [event for event in found if event is not None]


@pytest.fixture(scope="module")
def put() -> OptionSummary:
    """An out-of-the-money put that is quoted in every epoch."""
    options = [e for e in EVENTS if isinstance(e, OptionSummary) and e.symbol.endswith("-P") and e.best_bid_price]
    return next(e for e in options if strike_of(e) < 55_000 and "-13FEB26-" in e.symbol)


def strike_of(quote: OptionSummary) -> int:
    return int(quote.symbol.split("-")[2])


def quotes_of(snapshot: MarketSnapshot) -> dict[int, Quote]:
    return {quote.strike_ticks: quote for quote in snapshot.expiries[0].quotes}


@pytest.mark.parametrize(
    ("price", "rule"),
    [("0.00005", "off_tick"), ("1.5", "price_out_of_range"), ("999999999999", "price_out_of_range")],
)
def test_a_price_that_cannot_be_is_refused_and_the_epoch_stands(put: OptionSummary, price: str, rule: str) -> None:
    bid = Decimal(price) * Decimal("0.999")
    found, builder = taken(changed(lambda e: replace(e, best_ask_price=Decimal(price), best_bid_price=bid), put.symbol))
    assert len(found) == 4
    assert builder.ledger.counts == {rule: 4}
    assert not any(quotes_of(snapshot)[strike_of(put)].quoted for snapshot in found)
    assert fit_market(found[0]).surface is not None


def test_a_delisted_strike_goes_stale_and_is_quoted_no_more(put: OptionSummary) -> None:
    first = min(e.exchange_time_ms for e in EVENTS)
    gone = changed(lambda e: e if e.exchange_time_ms < first + 10_000 else None, put.symbol)
    later = [
        replace(e, exchange_time_ms=e.exchange_time_ms + 70_000, received_at_us=e.received_at_us + 70_000_000)
        if e.exchange_time_ms >= first + 10_000
        else e
        for e in gone
    ]
    found, builder = taken(later)
    strike = strike_of(put)
    assert quotes_of(found[0])[strike].quoted
    assert not quotes_of(found[-1])[strike].quoted
    assert builder.ledger.counts["stale"] > 0


def test_a_strike_listed_on_chain_that_the_venue_never_shows_is_absent() -> None:
    listings = {expiry.expiry: [*quotes_strikes(expiry), 999_999] for expiry in taken(EVENTS)[0][0].expiries}
    found, builder = taken(EVENTS, SnapshotBuilder("BTC-USD", "BTC", listings=listings))
    assert not quotes_of(found[0])[999_999].quoted
    assert builder.ledger.counts["unseen"] > 0


def quotes_strikes(expiry: ExpirySnapshot) -> list[int]:
    return [quote.strike_ticks for quote in expiry.quotes]


def test_a_strike_listed_twice_is_an_invalid_value() -> None:
    expiry = taken(EVENTS)[0][0].expiries[0]
    with pytest.raises(InvalidValue, match="strictly ascending"):
        replace(expiry, quotes=(expiry.quotes[0], *expiry.quotes))


def test_an_empty_chain_forms_no_snapshot() -> None:
    found, builder = taken([event for event in EVENTS if isinstance(event, IndexPrice)])
    assert found == []
    assert builder.ledger.counts["no_snapshot"] > 0


def test_one_quote_alone_is_too_few(put: OptionSummary) -> None:
    found, _ = taken([e for e in EVENTS if isinstance(e, IndexPrice) or e.symbol == put.symbol])
    fit = fit_market(found[0])
    assert fit.surface is None
    assert [type(error) for error in fit.refusals.values()] == [TooFewQuotes]
    with pytest.raises(SnapshotError, match="no usable expiry"):
        fit_epoch(fit)


def test_a_clock_that_goes_back_is_late_and_leaves_closed_epochs_as_they_were(put: OptionSummary) -> None:
    expected, _ = taken(EVENTS)
    last = max(EVENTS, key=lambda e: e.exchange_time_ms)
    back = replace(put, best_bid_price=Decimal("0.5"), best_ask_price=Decimal("0.5001"))
    found, builder = taken([*EVENTS[: EVENTS.index(last)], back, *EVENTS[EVENTS.index(last) :]])
    assert [s.root() for s in found[:3]] == [s.root() for s in expected[:3]]
    assert builder.late.total == 1
    assert len(found) == len(expected)


def test_a_full_disk_while_a_circuit_is_built_leaves_the_old_artefact(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = Path(__file__).resolve().parents[2]
    store = ArtifactStore(root / "build" / "test_full_disk")
    fresh = store.artifact("insolvency_4").folder
    fresh.mkdir(parents=True, exist_ok=True)
    (fresh / "manifest.json").write_text("old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(prover.build, "compile_circuit", full)
    with pytest.raises(ArtifactUnwritable, match="No space left"):
        prover.build.build_circuit("insolvency_4", root, store)
    assert (fresh / "manifest.json").read_text() == "old"
    assert [path.name for path in fresh.parent.iterdir()] == ["insolvency_4"]
