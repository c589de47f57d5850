# SPDX-License-Identifier: Apache-2.0
"""The fit on recorded Deribit chains (quantflow's fixtures, BSD-3): prices, order in time, certificates."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from oracle.model.calendar import CALENDAR_PIECES, certificate, first_violation
from oracle.model.snapshot import ExpirySnapshot, MarketSnapshot, Quote
from oracle.surface.surface import fit_surface

FOLDER = Path(__file__).parents[2] / ".." / "shared" / "data" / "quantflow_2026"
KNOTS, SLOTS = 96, 80
WIDEST_SPREAD = 0.25
"""Of the mid: wider quotes are no input of a fit."""

Chain = dict[int, dict[tuple[float, bool], tuple[float, float]]]
"""Per expiry (Unix seconds): (strike in dollars, put) -> bid, ask in the coin."""


def seconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp())


def forwards(expiries: list[int], futures: dict[int, tuple[float, float]], spot: float, now: int) -> dict[int, float]:
    """Mids of futures no wider than 0.1 %, linear in time between them and from the spot."""
    points = {now: spot} | {t: (b + a) / 2 for t, (b, a) in futures.items() if 0 < a - b < 1e-3 * b}
    times, values = sorted(points), []
    for expiry in expiries:
        left = max((t for t in times if t <= expiry), default=times[0])
        right = min((t for t in times if t >= expiry), default=times[-1])
        share = 0.0 if left == right else (expiry - left) / (right - left)
        values.append(points[left] + share * (points[right] - points[left]))
    return dict(zip(expiries, values, strict=True))


def snapshot_of(
    market: str, tick_e2: int, as_of_ms: int, chain: Chain, futures: dict[int, tuple[float, float]], spot: float
) -> MarketSnapshot:
    """Expiries of at least a day with seven two-sided out-of-the-money quotes."""
    mids = forwards(sorted(chain), futures, spot, as_of_ms // 1000)
    expiries = []
    for expiry, sides in sorted(chain.items()):
        forward = mids[expiry]
        quotes = []
        for strike in sorted({strike for strike, _ in sides}):
            ticks, put = round(strike * 100 / tick_e2), strike < forward
            bid, ask = (round(10_000 * price) for price in sides.get((strike, put), (0.0, 0.0)))
            usable = 0 < bid < ask and (ask - bid) <= WIDEST_SPREAD * (bid + ask) / 2
            quotes.append(Quote(ticks, put, True, bid + ask, ask - bid) if usable else Quote(ticks, False, False, 0, 0))
        if expiry * 1000 - as_of_ms >= 86_400_000 and sum(quote.quoted for quote in quotes) >= 7:
            expiries.append(ExpirySnapshot(expiry, round(forward * 6_553_600 / tick_e2), tuple(quotes)))
    return MarketSnapshot(market, 1, as_of_ms, round(spot * 100), tick_e2, tuple(expiries), 0)


def surface_file(name: str, market: str, tick_e2: int) -> MarketSnapshot:
    content = json.loads((FOLDER / name).read_text())
    chain: Chain = defaultdict(dict)
    futures: dict[int, tuple[float, float]] = {}
    spot = 0.0
    for row in content["inputs"]:
        bid, ask = float(row["bid"]), float(row["ask"])
        if row["security_type"] == "spot":
            spot = (bid + ask) / 2
        elif row["security_type"] == "forward":
            futures[seconds(row["maturity"])] = (bid, ask)
        else:
            chain[seconds(row["maturity"])][float(row["strike"]), row["option_type"] == "put"] = (bid, ask)
    as_of = seconds(content["asset_curve"]["ref_date"]) * 1000
    return snapshot_of(market, tick_e2, as_of, chain, futures, spot)


def exchange_file(name: str) -> MarketSnapshot:
    content = json.loads(gzip.decompress((FOLDER / name).read_bytes()))
    chain: Chain = defaultdict(dict)
    futures: dict[int, tuple[float, float]] = {}
    spot = 0.0
    for row in content["futures"]:
        bid, ask = row["bid_price"] or 0.0, row["ask_price"] or 0.0
        if row["instrument_name"].endswith("PERPETUAL"):
            spot = (bid + ask) / 2
        else:
            futures[expiry_of(row)] = (bid, ask)
    for row in content["options"]:
        _, _, strike, kind = row["instrument_name"].split("-")
        chain[expiry_of(row)][float(strike), kind == "P"] = (row["bid_price"] or 0.0, row["ask_price"] or 0.0)
    return snapshot_of("BTC-USD", 100, seconds(content["as_of"]) * 1000, chain, futures, spot)


def expiry_of(row: dict[str, Any]) -> int:
    """Options and futures expire at 08:00 UTC of the day in their name."""
    day = datetime.strptime(row["instrument_name"].split("-")[1], "%d%b%y").replace(hour=8, tzinfo=UTC)
    return round(day.timestamp())


def recorded(name: str) -> MarketSnapshot:
    if not FOLDER.is_dir():
        pytest.skip("recorded chains are not beside this checkout (../shared/data/quantflow_2026)")
    if name == "btc":
        return surface_file("volsurface_btc.json", "BTC-USD", 100)
    return surface_file("volsurface_eth.json", "ETH-USD", 5) if name == "eth" else exchange_file("deribit_btc.json.gz")


@pytest.mark.parametrize("name", ["btc", "eth", "exchange"])
def test_a_recorded_chain_is_repriced_within_its_quotes_and_exactly_ordered_in_time(name: str) -> None:
    snapshot = recorded(name)
    assert len(snapshot.expiries) == 11
    surface = fit_surface(snapshot, max_knots=KNOTS, listed_slots=SLOTS)
    market = surface.quality.market
    assert market.quotes >= 230
    assert market.rmse_vol_points < 0.12
    assert market.inside_share > 0.99
    assert max(expiry.rmse_vol_points for expiry in surface.quality.expiries) < 0.25
    for listed, density in zip(snapshot.expiries, surface.slices, strict=True):
        assert density.agrees_with(listed.forward_q16)
        assert {quote.strike_ticks for quote in listed.quotes} <= set(density.knots_ticks)
    for earlier, later in pairwise(surface.slices):
        assert first_violation(earlier, later) is None
        assert certificate(earlier.padded(KNOTS), later.padded(KNOTS), CALENDAR_PIECES[KNOTS]) is not None
