# SPDX-License-Identifier: Apache-2.0
"""Epochs close on the venue's clock."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from oracle.errors import InvalidValue
from oracle.stream.epochs import EpochClock, snapshots
from oracle.stream.events import Event, IndexPrice, OptionSummary
from oracle.stream.snapshot import SnapshotBuilder

NOW_MS = 1_768_464_000_000
FIRST = NOW_MS // 10_000
MakeSummary = Callable[..., OptionSummary]
MakeIndex = Callable[..., IndexPrice]


def test_an_epoch_covers_its_interval_and_is_observed_at_its_last_millisecond() -> None:
    clock = EpochClock(interval_ms=10_000, origin_ms=NOW_MS)
    assert [clock.epoch_of(NOW_MS + t) for t in (0, 9_999, 10_000)] == [0, 0, 1]
    assert clock.last_ms(0) == NOW_MS + 9_999
    assert not clock.is_due(0, NOW_MS + 10_999)
    assert clock.is_due(0, NOW_MS + 11_000)


def test_a_time_before_the_origin_has_no_epoch() -> None:
    with pytest.raises(InvalidValue, match="origin"):
        EpochClock(origin_ms=NOW_MS).epoch_of(NOW_MS - 1)


@pytest.mark.parametrize("values", [{"interval_ms": 0}, {"origin_ms": -1}, {"lateness_ms": -1}])
def test_a_clock_with_impossible_values_is_invalid(values: dict[str, int]) -> None:
    with pytest.raises(InvalidValue):
        EpochClock(**values)


def test_each_epoch_gives_one_snapshot_and_the_last_is_closed_at_the_end(
    summary: MakeSummary, index: MakeIndex
) -> None:
    events: list[Event] = [summary(at_ms=NOW_MS - 50_000)]
    for second in range(25):
        events += [index(at_ms=NOW_MS + second * 1000), summary(at_ms=NOW_MS + second * 1000 + 7)]
    builder = SnapshotBuilder("BTC-USD", "BTC")
    taken = list(snapshots(events, builder))
    assert [snapshot.epoch for snapshot in taken] == [FIRST, FIRST + 1, FIRST + 2]
    assert [snapshot.observed_at_ms - NOW_MS for snapshot in taken] == [9_999, 19_999, 29_999]
    assert (builder.ledger.total, builder.late.total) == (0, 0)


def test_stragglers_within_the_lateness_belong_to_their_epoch(summary: MakeSummary, index: MakeIndex) -> None:
    straggler = summary(at_ms=NOW_MS + 9_990, best_bid_amount=0)
    last = index(at_ms=NOW_MS + 10_999)
    in_time: list[Event] = [index(at_ms=NOW_MS + 9_000), summary(), last, straggler]
    (first, _) = snapshots(in_time, SnapshotBuilder("BTC-USD", "BTC"))
    assert first.rejected_count == 1
    too_late: list[Event] = [*in_time[:2], index(at_ms=NOW_MS + 11_000), straggler]
    builder = SnapshotBuilder("BTC-USD", "BTC")
    (first, second) = snapshots(too_late, builder)
    assert (first.rejected_count, second.rejected_count) == (0, 1)
    assert builder.late.counts == {"late": 1}


def test_an_epoch_without_a_snapshot_is_recorded_and_the_stream_goes_on(summary: MakeSummary, index: MakeIndex) -> None:
    builder = SnapshotBuilder("BTC-USD", "BTC")
    events: list[Event] = [index(), index(at_ms=NOW_MS + 10_000), summary(at_ms=NOW_MS + 10_001)]
    assert [snapshot.epoch for snapshot in snapshots(events, builder)] == [FIRST + 1]
    (entry,) = builder.ledger.entries
    assert entry.rule == "no_snapshot"
    assert dict(entry.values)["epoch"] == str(FIRST)


def test_silent_epochs_are_passed_over_in_one_entry_however_many_they_are(
    summary: MakeSummary, index: MakeIndex
) -> None:
    builder = SnapshotBuilder("BTC-USD", "BTC")
    year_ms = 31_536_000_000
    events: list[Event] = [index(), summary(), index(at_ms=NOW_MS + year_ms)]
    assert [snapshot.epoch for snapshot in snapshots(events, builder)] == [FIRST]
    assert builder.ledger.counts["silent_epochs"] == 1
    assert dict(builder.ledger.entries[0].values) == {
        "first_epoch": str(FIRST + 1),
        "last_epoch": str(FIRST + year_ms // 10_000 - 1),
    }


def test_events_before_the_origin_open_no_epoch(summary: MakeSummary, index: MakeIndex) -> None:
    clock = EpochClock(origin_ms=NOW_MS + 20_000)
    events: list[Event] = [index(), summary(), index(at_ms=NOW_MS + 20_000)]
    taken = list(snapshots(events, SnapshotBuilder("BTC-USD", "BTC"), clock=clock))
    assert [snapshot.epoch for snapshot in taken] == [0]


def test_an_index_of_another_market_opens_no_epoch(summary: MakeSummary, index: MakeIndex) -> None:
    builder = SnapshotBuilder("BTC-USD", "BTC")
    events: list[Event] = [index(symbol="eth_usd"), index(at_ms=NOW_MS + 10_000), summary(at_ms=NOW_MS + 10_000)]
    assert [snapshot.epoch for snapshot in snapshots(events, builder)] == [FIRST + 1]
    assert builder.ledger.total == 0


def test_one_pass_gives_the_snapshots_of_every_market_as_a_pass_of_its_own_would(
    summary: MakeSummary, index: MakeIndex
) -> None:
    events: list[Event] = []
    for second in range(0, 40, 5):
        at_ms = NOW_MS + 1000 * second
        events += [index(at_ms=at_ms), index("3000", at_ms=at_ms + 1, symbol="eth_usd")]
        events += [summary(at_ms=at_ms + 2)]
        events += [summary("ETH-13FEB26-3100-C", at_ms=at_ms + 3, underlying_price_usd=Decimal(3010))]
    makers: list[Callable[[], SnapshotBuilder]] = [
        lambda: SnapshotBuilder("BTC-USD", "BTC"),
        lambda: SnapshotBuilder("ETH-USD", "ETH", 5),
    ]
    together = list(snapshots(events, *(make() for make in makers)))
    for market, make in zip(("BTC-USD", "ETH-USD"), makers, strict=True):
        alone = [snapshot.root() for snapshot in snapshots(events, make())]
        assert len(alone) == 4
        assert [snapshot.root() for snapshot in together if snapshot.market == market] == alone
    assert [snapshot.market for snapshot in together[-2:]] == ["BTC-USD", "ETH-USD"]
