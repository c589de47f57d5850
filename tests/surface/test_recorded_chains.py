# SPDX-License-Identifier: Apache-2.0
"""The whole way from recorded files to surfaces: stored Deribit chains (quantflow's fixtures, BSD-3) and raw frames."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest

from oracle.errors import TooFewQuotes
from oracle.model.calendar import certificate, first_violation
from oracle.model.snapshot import MarketSnapshot
from oracle.statements.slice import SliceSize
from oracle.stream.epochs import snapshots
from oracle.stream.ledger import RejectLedger
from oracle.stream.open_recording import open_recording
from oracle.stream.simulator import SimulatorConfig, write_recording
from oracle.stream.snapshot import SnapshotBuilder
from oracle.surface.market import MarketFit, fit_market

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
CHAINS = DATA / "quantflow_2026"


def fits(path: Path) -> tuple[list[tuple[MarketSnapshot, MarketFit]], RejectLedger]:
    """Every snapshot of both markets in the file with its fit."""
    ledger = RejectLedger()
    builders = {
        "BTC-USD": SnapshotBuilder("BTC-USD", "BTC", 100, ledger=ledger),
        "ETH-USD": SnapshotBuilder("ETH-USD", "ETH", 5, ledger=ledger),
    }
    taken = snapshots(open_recording(path, ledger).events, *builders.values())
    return [(snapshot, fit_market(snapshot, unquoted=builders[snapshot.market].removed)) for snapshot in taken], ledger


def check_exact(fit: MarketFit) -> None:
    assert fit.surface is not None
    assert fit.size is not None
    for listed, density in zip(fit.surface.snapshot.expiries, fit.surface.slices, strict=True):
        assert density.agrees_with(listed.forward_q16)
        last = listed.quotes[-1].strike_ticks
        strikes = {quote.strike_ticks for quote in listed.quotes}
        assert strikes <= set(density.knots_ticks)
        assert sum(knot < last for knot in set(density.knots_ticks) - strikes) <= fit.size.knots - fit.size.strikes
    knots, pieces = fit.size.knots, fit.size.pieces
    for earlier, later in pairwise(fit.surface.slices):
        assert first_violation(earlier, later) is None
        assert certificate(earlier.padded(knots), later.padded(knots), pieces) is not None


@pytest.mark.parametrize(
    ("name", "market", "size", "quotes", "refused", "removed"),
    [
        ("volsurface_btc.json", "BTC-USD", SliceSize(96, 80), 305, 1, {"spread_too_wide": 70}),
        ("volsurface_eth.json", "ETH-USD", SliceSize(64, 48), 232, 1, {"spread_too_wide": 49}),
        (
            "deribit_btc.json.gz",
            "BTC-USD",
            SliceSize(96, 80),
            276,
            2,
            {"one_sided": 50, "spread_too_wide": 83, "too_few_quotes": 3},
        ),
    ],
)
def test_a_stored_chain_is_one_epoch_repriced_within_its_quotes_and_exactly_ordered_in_time(
    name: str, market: str, size: SliceSize, quotes: int, refused: int, removed: dict[str, int]
) -> None:
    if not CHAINS.is_dir():
        pytest.skip("stored chains are not beside this checkout (../shared/data/quantflow_2026)")
    ((snapshot, fit),), _ = fits(CHAINS / name)
    assert (snapshot.market, fit.size) == (market, size)
    check_exact(fit)
    assert fit.surface is not None
    assert len(fit.surface.slices) == 11
    assert len(fit.refusals) == refused
    assert all(isinstance(error, TooFewQuotes) for error in fit.refusals.values())
    assert (fit.population.quotes, fit.population.removed) == (quotes, removed)
    quality = fit.surface.quality.market
    assert quality.quotes == quotes
    assert quality.inside_share > 0.99
    assert quality.rmse_vol_points < 0.12
    assert max(expiry.rmse_vol_points for expiry in fit.surface.quality.expiries) < 0.25


def test_in_the_raw_recording_every_expiry_is_refused_by_name_and_no_snapshot_is_lost() -> None:
    path = DATA / "deribit_ws_2021" / "DERIBIT.ws.1.0"
    if not path.is_file():
        pytest.skip("the raw recording is not beside this checkout (../shared/data/deribit_ws_2021)")
    taken, ledger = fits(path)
    assert [snapshot.market for snapshot, _ in taken].count("BTC-USD") == 4
    assert [snapshot.market for snapshot, _ in taken].count("ETH-USD") == 4
    for snapshot, fit in taken:
        assert fit.surface is None
        assert fit.size is None
        assert list(fit.refusals) == [expiry.expiry for expiry in snapshot.expiries]
        for expiry, error in fit.refusals.items():
            assert isinstance(error, TooFewQuotes)
            assert str(expiry) in str(error)
        quoted = sum(quote.quoted for expiry in snapshot.expiries for quote in expiry.quotes)
        assert fit.population.removed.get("too_few_quotes", 0) + fit.short.removed.get("too_few_quotes", 0) == quoted
    assert set(ledger.counts) == {"one_sided", "spread_too_wide", "unseen"}


def test_two_markets_of_eight_expiries_are_parsed_and_fitted_within_two_seconds_an_epoch(tmp_path: Path) -> None:
    path = tmp_path / "full.jsonl.gz"
    write_recording(path, SimulatorConfig.full(inject_faults=True))
    start = time.process_time()
    taken, _ = fits(path)
    assert (time.process_time() - start) / 4 < 2.0
    assert len(taken) == 8
    for snapshot, fit in taken:
        check_exact(fit)
        assert fit.surface is not None
        assert fit.size == (SliceSize(64, 48) if snapshot.market == "BTC-USD" else SliceSize(48, 32))
        assert (fit.refusals, len(fit.surface.slices)) == ({}, 8)
        assert fit.surface.quality.market.inside_share > 0.98
        assert fit.surface.quality.market.quotes == fit.population.quotes > 190
