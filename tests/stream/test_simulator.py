# SPDX-License-Identifier: Apache-2.0
"""The simulated market: repeatable, arbitrage-free at mid, and a crash where it is asked for."""

from __future__ import annotations

import hashlib
import math
import random
from itertools import pairwise
from pathlib import Path

import pytest

from oracle.model.snapshot import MarketSnapshot
from oracle.stream.books import Books
from oracle.stream.deribit import VENUE, parse_frame
from oracle.stream.epochs import snapshots
from oracle.stream.events import BookChange, DerivativeTicker, Event, IndexPrice, OptionSummary, Trade
from oracle.stream.feed import read_events
from oracle.stream.ledger import RejectLedger
from oracle.stream.open_recording import open_recording
from oracle.stream.recording import Frame, RecordingReader
from oracle.stream.simulator import SimulatorConfig, simulate, write_recording
from oracle.stream.snapshot import SnapshotBuilder
from oracle.stream.venue_model import Smile, implied_vol, price_coin, value

START_MS = SimulatorConfig().start_ms


def replay(frames: list[Frame], config: SimulatorConfig) -> tuple[list[MarketSnapshot], SnapshotBuilder, RejectLedger]:
    ledger = RejectLedger()
    builder = SnapshotBuilder("BTC-USD", "BTC", listings=config.currencies[0].listings(config.start_ms), ledger=ledger)
    return list(snapshots(read_events(frames, VENUE, parse_frame, ledger), builder)), builder, ledger


def events_of(config: SimulatorConfig) -> tuple[list[Event], RejectLedger]:
    ledger = RejectLedger()
    return list(read_events(simulate(config), VENUE, parse_frame, ledger)), ledger


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_seed_gives_the_same_bytes_and_another_seed_gives_others(suffix: str, tmp_path: Path) -> None:
    digests = []
    for number, seed in enumerate((7, 7, 8)):
        path = tmp_path / f"{number}{suffix}"
        write_recording(path, SimulatorConfig(seed=seed))
        digests.append(hashlib.sha256(path.read_bytes()).hexdigest())
    assert digests[0] == digests[1] != digests[2]


def test_three_calm_rounds_and_a_crash_give_four_snapshots(tmp_path: Path) -> None:
    config = SimulatorConfig()
    path = tmp_path / "market.raw.gz"
    frames = write_recording(path, config)
    ledger = RejectLedger()
    reader = RecordingReader(path, ledger)
    taken, builder, _ = replay(list(reader), config)
    assert (reader.frames, ledger.total, builder.late.total) == (frames, 0, 0)
    assert [snapshot.epoch - config.start_ms // 10_000 for snapshot in taken] == [0, 1, 2, 3]
    for snapshot in taken:
        assert [expiry.expiry for expiry in snapshot.expiries] == sorted(config.currencies[0].expiries(config.start_ms))
        for expiry in snapshot.expiries:
            assert len(expiry.quotes) == 16
            assert sum(quote.quoted for quote in expiry.quotes) >= 15
            widths = {quote.half_spread_half_ticks for quote in expiry.quotes if quote.quoted}
            assert len(widths) > 3
    spots = [snapshot.spot_e2 for snapshot in taken]
    assert all(abs(spot / 6_000_000 - 1) < 0.005 for spot in spots[:3])
    assert abs(spots[3] / spots[2] - 0.83) < 0.005


def test_volatility_rises_by_two_fifths_in_the_crash() -> None:
    config = SimulatorConfig()
    events, _ = events_of(config)
    crash_ms = config.start_ms + config.calm_rounds * config.round_seconds * 1000
    vols: dict[bool, list[float]] = {False: [], True: []}
    for event in events:
        if isinstance(event, OptionSummary):
            moneyness = float(event.underlying_price_usd) / int(event.symbol.split("-")[2])
            if abs(moneyness - 1) < 0.03:
                assert event.mark_iv_percent is not None
                vols[event.exchange_time_ms >= crash_ms].append(float(event.mark_iv_percent))
    calm, crash = (sum(values) / len(values) for values in (vols[False], vols[True]))
    assert crash / calm == pytest.approx(1.4, abs=0.03)


@pytest.mark.parametrize("factor", [1.0, 1.4])
def test_the_smile_is_free_of_butterfly_and_calendar_arbitrage(factor: float) -> None:
    smile = Smile(factor=factor)
    tenors = [7 / 365, 30 / 365, 90 / 365, 1.0]
    moneyness = [i / 50 for i in range(-60, 61)]
    for years in tenors:
        points = [(math.exp(k), price_coin(k, smile.total_vol(k, years), False)) for k in moneyness]
        slopes = [(c2 - c1) / (x2 - x1) for (x1, c1), (x2, c2) in pairwise(points)]
        assert all(-1 <= left <= right + 1e-12 for left, right in pairwise(slopes))
        assert slopes[-1] <= 0
    for early, late in pairwise(tenors):
        assert all(smile.total_vol(k, early) < smile.total_vol(k, late) for k in moneyness)


def test_the_smile_is_skewed_to_the_puts() -> None:
    smile = Smile()
    assert smile.total_vol(-0.2, 0.25) > smile.total_vol(0.0, 0.25) * 1.02
    assert smile.total_vol(-0.2, 0.25) > smile.total_vol(0.2, 0.25)


def test_black_76_price_at_the_money_is_the_textbook_one() -> None:
    assert price_coin(0.0, 0.2, False) == pytest.approx(2 * 0.539827837277029 - 1, abs=1e-14)


@pytest.mark.parametrize("put", [False, True])
def test_greeks_agree_with_finite_differences(put: bool) -> None:
    forward, strike, years, vol = 60_000.0, 66_000.0, 0.25, 0.6
    bump = 1.0

    def dollars(f: float, t: float, v: float) -> float:
        return f * price_coin(math.log(strike / f), v * math.sqrt(t), put)

    greeks = value(forward, strike, years, vol * math.sqrt(years), put)
    up, mid, down = (dollars(forward + step, years, vol) for step in (bump, 0.0, -bump))
    assert greeks.price * forward == pytest.approx(mid)
    assert greeks.delta == pytest.approx((up - down) / (2 * bump), abs=1e-7)
    assert greeks.gamma == pytest.approx((up - 2 * mid + down) / bump**2, rel=1e-3)
    vol_step = (dollars(forward, years, vol + 1e-5) - dollars(forward, years, vol - 1e-5)) / 2e-5
    assert greeks.vega == pytest.approx(vol_step / 100, rel=1e-6)
    day = (dollars(forward, years - 1e-6, vol) - dollars(forward, years + 1e-6, vol)) / 2e-6
    assert greeks.theta == pytest.approx(day / 365, rel=1e-5)


def test_implied_volatility_inverts_the_price_and_is_zero_where_there_is_none() -> None:
    price = price_coin(0.1, 0.3, True)
    assert implied_vol(0.1, 0.25, price, True) == pytest.approx(0.6, abs=1e-5)
    assert implied_vol(0.1, 0.25, 0.0, True) == 0.0


def test_the_recording_has_every_kind_of_event_and_all_lie_in_their_rounds() -> None:
    config = SimulatorConfig()
    events, ledger = events_of(config)
    assert ledger.total == 0
    assert {type(event) for event in events} == {OptionSummary, IndexPrice, BookChange, DerivativeTicker, Trade}
    end_ms = config.start_ms + config.rounds * config.round_seconds * 1000
    assert all(config.start_ms <= event.exchange_time_ms < end_ms for event in events)
    tickers = [event.symbol for event in events if isinstance(event, OptionSummary)]
    assert len(tickers) == 64 * config.rounds


@pytest.mark.parametrize("seed", range(12))
def test_arrival_is_in_order_within_channels_and_out_of_order_across(seed: int) -> None:
    events, _ = events_of(SimulatorConfig(seed=seed, inject_faults=True))
    newest: dict[str, int] = {}
    for event in events:
        assert event.exchange_time_ms >= newest.get(event.channel, 0)
        newest[event.channel] = event.exchange_time_ms
    times = [event.exchange_time_ms for event in events]
    out_of_order = sum(later < earlier for earlier, later in pairwise(times)) / len(times)
    assert 0.01 < out_of_order < 0.4


def test_best_prices_of_the_books_equal_the_tickers() -> None:
    events, _ = events_of(SimulatorConfig())
    ledger = RejectLedger()
    books = Books(ledger)
    compared = 0
    for event in sorted(events, key=lambda event: event.key):
        if isinstance(event, BookChange):
            books.apply(event)
        elif isinstance(event, OptionSummary):
            top = books.top(f"book.{event.symbol}.raw")
            if top is not None:
                assert (top.best_bid_price, top.best_ask_price) == (event.best_bid_price, event.best_ask_price)
                compared += 1
    assert compared == 4 * SimulatorConfig().rounds
    assert ledger.total == 0


def test_injected_faults_show_in_the_ledgers_and_cost_no_snapshot() -> None:
    config = SimulatorConfig(inject_faults=True)
    taken, builder, ledger = replay(list(simulate(config)), config)
    assert len(taken) == config.rounds
    assert ledger.counts["not_json"] == ledger.counts["negative"] == ledger.counts["crossed_or_locked"] == 4
    assert ledger.counts["forward_out_of_band"] >= 1
    assert all(snapshot.rejected_count >= 1 for snapshot in taken)
    assert builder.late.total == 0
    book_ledger = RejectLedger()
    books = Books(book_ledger)
    for event in events_of(config)[0]:
        if isinstance(event, BookChange):
            books.apply(event)
    assert book_ledger.counts == {"book_gap": 1}
    assert books.to_resubscribe == frozenset()


@pytest.mark.parametrize("seed", range(3))
def test_another_interleaving_of_the_channels_gives_the_same_roots(seed: int) -> None:
    """Frames move by up to 0.4 s of arrival, in order within each channel: well inside the second that is waited."""
    config = SimulatorConfig(seed=seed, inject_faults=True)
    frames = list(simulate(config))
    source = random.Random(seed)
    newest: dict[str, int] = {}
    moved = []
    for i, frame in enumerate(frames):
        channel = frame.text.split('"channel":"')[-1].split('"')[0]
        at_us = max(frame.received_at_us + source.randrange(400_000), newest.get(channel, 0))
        newest[channel] = at_us
        moved.append((at_us, i, frame))
    shuffled = [frame for _, _, frame in sorted(moved, key=lambda item: item[:2])]
    assert shuffled != frames
    roots = [[snapshot.root() for snapshot in replay(order, config)[0]] for order in (frames, shuffled)]
    assert roots[0] == roots[1]


def test_one_recording_interleaves_both_currencies_and_both_crash_in_the_same_epoch(tmp_path: Path) -> None:
    config = SimulatorConfig.full(inject_faults=True)
    path = tmp_path / "full.jsonl.gz"
    write_recording(path, config)
    ledger = RejectLedger()
    builders = [
        SnapshotBuilder("BTC-USD", "BTC", 100, config.currencies[0].listings(START_MS), ledger=ledger),
        SnapshotBuilder("ETH-USD", "ETH", 5, config.currencies[1].listings(START_MS, 5), ledger=ledger),
    ]
    taken = list(snapshots(open_recording(path, ledger).events, *builders))
    spots: dict[str, list[int]] = {"BTC-USD": [], "ETH-USD": []}
    for snapshot in taken:
        spots[snapshot.market].append(snapshot.spot_e2)
        assert len(snapshot.expiries) == 8
        assert all(sum(quote.quoted for quote in expiry.quotes) >= 7 for expiry in snapshot.expiries)
    assert [len(values) for values in spots.values()] == [4, 4]
    assert spots["BTC-USD"][3] / spots["BTC-USD"][2] == pytest.approx(0.83, abs=0.005)
    assert spots["ETH-USD"][3] / spots["ETH-USD"][2] == pytest.approx(0.78, abs=0.005)
    assert ledger.counts["not_json"] == ledger.counts["negative"] == 8
    currencies = [frame.text.split('"instrument_name":"')[-1][:3] for frame in simulate(config)]
    assert sum(a != b for a, b in pairwise(currencies)) > len(currencies) / 4
