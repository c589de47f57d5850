# SPDX-License-Identifier: Apache-2.0
"""Books of a raw recording against its tickers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from oracle.cli.venue_books import compare_books
from oracle.stream.events import BookChange, Event, OptionSummary
from oracle.stream.ledger import RejectLedger
from oracle.stream.open_recording import open_recording
from oracle.stream.simulator import write_recording
from oracle.stream.simulator_config import SimulatorConfig

RAW = Path(__file__).resolve().parents[3] / "shared" / "data" / "deribit_ws_2021" / "DERIBIT.ws.1.0"


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    path = tmp_path_factory.mktemp("books") / "market.jsonl"
    write_recording(path, SimulatorConfig.small())
    return list(open_recording(path, RejectLedger()).events)


def test_books_of_a_simulated_market_are_unbroken(events: list[Event]) -> None:
    compared = compare_books(events)
    assert compared.channels > 0
    assert compared.changes == sum(isinstance(event, BookChange) for event in events)
    assert compared.dropped == 0


def test_a_missing_change_drops_the_book(events: list[Event]) -> None:
    changes = [i for i, event in enumerate(events) if isinstance(event, BookChange) and not event.is_snapshot]
    assert compare_books([*events[: changes[0]], *events[changes[0] + 1 :]]).dropped > 0


@pytest.mark.skipif(not RAW.exists(), reason="the recorded market data lies beside the repository, not in it")
def test_tickers_of_the_recorded_market_show_the_books_best_prices() -> None:
    events = list(open_recording(RAW, RejectLedger()).events)
    compared = compare_books(events)
    assert (compared.dropped, compared.compared, compared.equal) == (0, 37, 37)
    wrong = [replace(e, best_bid_price=Decimal(9)) if isinstance(e, OptionSummary) else e for e in events]
    assert compare_books(wrong).equal == 0
