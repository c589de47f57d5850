# SPDX-License-Identifier: Apache-2.0
"""From events to the attested snapshot: selection, exact integers, refusals, time."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle.errors import InvalidValue, SnapshotError
from oracle.model.snapshot import MarketSnapshot, Quote
from oracle.stream.events import Disconnect, Event, IndexPrice, OptionSummary
from oracle.stream.snapshot import SnapshotBuilder

NOW_MS = 1_768_464_000_000
EXPIRY = 1_770_969_600
"""2026-02-13 08:00 UTC."""
CLOSE_MS = NOW_MS + 9_999
MakeSummary = Callable[..., OptionSummary]
MakeIndex = Callable[..., IndexPrice]


def name(strike: int, side: str) -> str:
    return f"BTC-13FEB26-{strike}-{side}"


def no_quote(strike: int) -> Quote:
    return Quote(strike, put=False, quoted=False, mid_half_ticks=0, half_spread_half_ticks=0)


def close(events: list[Event], builder: SnapshotBuilder | None = None) -> MarketSnapshot:
    builder = SnapshotBuilder("BTC-USD", "BTC") if builder is None else builder
    for event in events:
        builder.consume(event)
    return builder.close(1, CLOSE_MS)


def only(snapshot: MarketSnapshot) -> tuple[int, tuple[Quote, ...]]:
    (expiry,) = snapshot.expiries
    assert expiry.expiry == EXPIRY
    return expiry.forward_q16, expiry.quotes


def test_puts_below_the_forward_calls_from_it_on_in_exact_half_ticks(summary: MakeSummary, index: MakeIndex) -> None:
    put_prices = {"best_bid_price": Decimal("0.0200"), "best_ask_price": Decimal("0.0203")}
    forward = {"underlying_price_usd": Decimal("60000")}
    events: list[Event] = [index("59990.125")]
    for strike in (59_999, 60_000):
        events += [summary(name(strike, "C"), **forward), summary(name(strike, "P"), **forward, **put_prices)]
    snapshot = close(events)
    forward_q16, quotes = only(snapshot)
    assert forward_q16 == 60_000 << 16
    assert quotes == (Quote(59_999, True, True, 403, 3), Quote(60_000, False, True, 824, 4))
    assert (snapshot.spot_e2, snapshot.observed_at_ms, snapshot.epoch) == (5_999_012, CLOSE_MS, 1)
    assert (snapshot.market, snapshot.tick_e2, snapshot.rejected_count) == ("BTC-USD", 100, 0)


def test_the_forward_is_the_median_rounded_half_even_at_the_markets_tick(
    summary: MakeSummary, index: MakeIndex
) -> None:
    prices = ["2000.01", "2000.02", "2000.05", "2000.03"]
    events: list[Event] = [index("2000", symbol="eth_usd")]
    for strike, price in enumerate(prices, start=2000):
        events.append(summary(f"ETH-13FEB26-{strike}-C", underlying_price_usd=Decimal(price)))
    snapshot = close(events, SnapshotBuilder("ETH-USD", "ETH", tick_e2=5))
    assert only(snapshot)[0] == round(Decimal("2000.025") * 20 * 65_536)
    assert [quote.strike_ticks for quote in only(snapshot)[1]] == [40_000, 40_020, 40_040, 40_060]


def test_a_refused_quote_is_unquoted_and_in_the_ledger(summary: MakeSummary, index: MakeIndex) -> None:
    builder = SnapshotBuilder("BTC-USD", "BTC")
    crossed = summary(name(63_000, "C"), best_bid_price=Decimal("0.0420"))
    snapshot = close([index(), summary(), crossed], builder)
    assert only(snapshot)[1] == (Quote(62_000, False, True, 824, 4), no_quote(63_000))
    assert snapshot.rejected_count == 1
    (entry,) = builder.ledger.entries
    assert (entry.rule, entry.subject, entry.at_us) == ("crossed_or_locked", name(63_000, "C"), NOW_MS * 1000)
    assert dict(entry.values) == {"best_ask_price": "0.0414", "best_bid_price": "0.0420"}


def test_a_listed_strike_nobody_quotes_is_unseen_and_an_unlisted_one_is_left_out(
    summary: MakeSummary, index: MakeIndex
) -> None:
    builder = SnapshotBuilder("BTC-USD", "BTC", listings={EXPIRY: [61_000, 62_000]})
    snapshot = close([index(), summary(), summary(name(63_000, "C")), summary(name(61_000, "P"))], builder)
    assert only(snapshot)[1] == (no_quote(61_000), Quote(62_000, False, True, 824, 4))
    assert [(entry.rule, entry.subject) for entry in builder.ledger.entries] == [("unseen", name(61_000, "C"))]


def test_a_stray_forward_is_refused_and_does_not_move_the_median(summary: MakeSummary, index: MakeIndex) -> None:
    events: list[Event] = [index()]
    for strike in (61_000, 62_000, 63_000):
        events += [summary(name(strike, side)) for side in "CP"]
    builder = SnapshotBuilder("BTC-USD", "BTC")
    stray = {"at_ms": NOW_MS + 1, "underlying_price_usd": Decimal(61_000)}
    strays: list[Event] = [summary(name(61_000, "C"), **stray), summary(name(63_000, "P"), **stray)]
    snapshot = close([*events, *strays], builder)
    assert only(snapshot)[0] == round(Decimal("60000.5") * 65_536)
    assert [quote.quoted for quote in only(snapshot)[1]] == [False, True, True]
    assert {entry.subject for entry in builder.ledger.entries} == {name(61_000, "C"), name(63_000, "P")}
    assert builder.ledger.counts == {"forward_out_of_band": 2}
    assert snapshot.rejected_count == 2


def test_the_forward_is_the_median_of_what_lies_in_the_band(summary: MakeSummary, index: MakeIndex) -> None:
    prices = ((61_000, "60000"), (62_000, "60001"), (63_000, "61000"))
    events = [summary(name(k, "C"), underlying_price_usd=Decimal(price)) for k, price in prices]
    assert only(close([index(), *events]))[0] == (60_000 << 16) + (1 << 15)


def test_the_ledger_does_not_depend_on_the_order_across_channels(summary: MakeSummary, index: MakeIndex) -> None:
    events: list[Event] = [summary(name(60_000 + 2 * i, "C")) for i in range(40)]
    events += [summary(name(60_001 + 2 * i, "C")) for i in range(3)]
    events += [summary(name(40_000 + 2 * i, "C"), underlying_price_usd=Decimal(70_000 + i)) for i in range(30)]
    builders = [SnapshotBuilder("BTC-USD", "BTC", tick_e2=200) for _ in range(2)]
    first, second = (close([index(), *events[::step]], b) for step, b in zip((1, -1), builders, strict=True))
    assert first.root() == second.root()
    assert builders[0].ledger.counts == {"forward_out_of_band": 30, "strike_off_tick": 3, "unseen": 31}
    assert builders[0].ledger.entries == builders[1].ledger.entries


def test_a_stale_quote_is_refused_and_takes_no_part_in_the_forward(summary: MakeSummary, index: MakeIndex) -> None:
    builder = SnapshotBuilder("BTC-USD", "BTC")
    old = summary(name(63_000, "C"), at_ms=NOW_MS - 60_001, underlying_price_usd=Decimal(60_200))
    snapshot = close([index(), summary(), old], builder)
    assert only(snapshot)[0] == round(Decimal("60000.5") * 65_536)
    assert builder.ledger.counts == {"stale": 1}


def test_an_expiry_without_a_forward_is_left_out_and_recorded(summary: MakeSummary, index: MakeIndex) -> None:
    later = 1_776_412_800
    builder = SnapshotBuilder("BTC-USD", "BTC", listings={EXPIRY: [62_000], later: [62_000]})
    snapshot = close([index(), summary()], builder)
    assert [expiry.expiry for expiry in snapshot.expiries] == [EXPIRY]
    assert [(entry.rule, entry.subject) for entry in builder.ledger.entries] == [("no_forward", "BTC-17APR26")]
    assert snapshot.rejected_count == 1


def test_an_expired_expiry_is_left_out(summary: MakeSummary, index: MakeIndex) -> None:
    builder = SnapshotBuilder("BTC-USD", "BTC", listings={NOW_MS // 1000: [60_000], EXPIRY: [62_000]})
    snapshot = close([index(), summary(), summary("BTC-15JAN26-60000-C", at_ms=NOW_MS - 1)], builder)
    assert [expiry.expiry for expiry in snapshot.expiries] == [EXPIRY]
    assert builder.ledger.total == 0


def test_no_spot_is_a_snapshot_error(summary: MakeSummary, index: MakeIndex) -> None:
    with pytest.raises(SnapshotError, match="no spot"):
        close([summary(), index(symbol="eth_usd")])


def test_a_spot_older_than_the_limit_is_a_snapshot_error(summary: MakeSummary, index: MakeIndex) -> None:
    with pytest.raises(SnapshotError, match="no spot: the index is 10001 ms old"):
        close([summary(), index(at_ms=CLOSE_MS - 10_001)])


def test_a_spot_below_one_cent_is_a_snapshot_error(summary: MakeSummary, index: MakeIndex) -> None:
    with pytest.raises(SnapshotError, match="no spot"):
        close([summary(), index("0.001")])


def test_no_forward_at_all_is_a_snapshot_error(index: MakeIndex) -> None:
    with pytest.raises(SnapshotError, match="no expiry has a forward"):
        close([index()])


@pytest.mark.parametrize("price", ["0.99", "16777216"])
def test_a_forward_outside_the_snapshots_width_is_no_forward(
    price: str, summary: MakeSummary, index: MakeIndex
) -> None:
    with pytest.raises(SnapshotError, match="no expiry has a forward"):
        close([index(), summary(underlying_price_usd=Decimal(price))])


def test_an_epoch_outside_its_width_is_a_snapshot_error(summary: MakeSummary, index: MakeIndex) -> None:
    builder = SnapshotBuilder("BTC-USD", "BTC")
    builder.consume(index())
    builder.consume(summary())
    with pytest.raises(SnapshotError, match="epoch"):
        builder.close(1 << 64, CLOSE_MS)


def test_a_snapshot_may_not_go_back_in_time(summary: MakeSummary, index: MakeIndex) -> None:
    builder = SnapshotBuilder("BTC-USD", "BTC")
    close([index(), summary()], builder)
    with pytest.raises(SnapshotError, match="before the last snapshot"):
        builder.close(2, CLOSE_MS - 1)


def test_events_after_the_moment_wait_for_the_next_snapshot(summary: MakeSummary, index: MakeIndex) -> None:
    builder = SnapshotBuilder("BTC-USD", "BTC")
    next_prices = {"best_bid_price": Decimal("0.0390"), "best_ask_price": Decimal("0.0394")}
    later: list[Event] = [summary(at_ms=CLOSE_MS + 1, **next_prices), index("58000", at_ms=CLOSE_MS + 1)]
    first = close([*later, index(), summary(at_ms=CLOSE_MS)], builder)
    assert builder.event_time_ms == CLOSE_MS + 1
    assert builder.oldest_waiting_ms == CLOSE_MS + 1
    second = builder.close(2, CLOSE_MS + 10_000)
    assert [only(snapshot)[1][0].mid_half_ticks for snapshot in (first, second)] == [824, 784]
    assert [snapshot.spot_e2 for snapshot in (first, second)] == [5_999_012, 5_800_000]
    assert builder.oldest_waiting_ms is None


def test_a_late_event_is_recorded_and_counts_from_the_next_snapshot_on(summary: MakeSummary, index: MakeIndex) -> None:
    builder = SnapshotBuilder("BTC-USD", "BTC")
    close([index(), summary()], builder)
    builder.consume(summary(at_ms=CLOSE_MS - 5, best_bid_price=Decimal("0.0412")))
    builder.consume(index(at_ms=CLOSE_MS + 1))
    assert builder.late.counts == {"late": 1}
    assert builder.oldest_waiting_ms == CLOSE_MS + 1
    assert dict(builder.late.entries[0].values)["age_ms"] == "5"
    assert only(builder.close(2, CLOSE_MS + 10_000))[1][0].mid_half_ticks == 826


def test_the_first_event_of_a_channel_is_not_late_nor_is_the_first_after_a_disconnect(
    summary: MakeSummary, index: MakeIndex
) -> None:
    builder = SnapshotBuilder("BTC-USD", "BTC")
    close([index(), summary()], builder)
    builder.consume(summary(name(64_000, "C")))
    assert builder.late.total == 0
    disconnect = {"channel": "", "symbol": "", "exchange_time_ms": CLOSE_MS, "received_at_us": CLOSE_MS * 1000}
    builder.consume(Disconnect(venue="deribit", **disconnect))  # type: ignore[arg-type]
    builder.consume(summary())
    assert builder.late.total == 0
    builder.consume(summary())
    assert builder.late.total == 1


def test_an_older_event_never_replaces_a_newer_one(summary: MakeSummary, index: MakeIndex) -> None:
    old = summary(at_ms=NOW_MS - 5, best_bid_price=Decimal("0.0390"))
    assert close([index(), summary(), old]).root() == close([index(), summary()]).root()


def test_of_two_events_of_one_channel_and_millisecond_the_second_counts(summary: MakeSummary, index: MakeIndex) -> None:
    second = summary(best_bid_price=Decimal("0.0412"))
    assert only(close([index(), summary(), second]))[1][0].mid_half_ticks == 826


def test_events_of_other_currencies_have_no_effect(summary: MakeSummary, index: MakeIndex) -> None:
    strangers: list[Event] = [summary("ETH-13FEB26-2000-C"), index("1", symbol="eth_usd")]
    assert close([index(), summary(), *strangers]).root() == close([index(), summary()]).root()


def test_a_strike_off_the_markets_tick_is_recorded(summary: MakeSummary, index: MakeIndex) -> None:
    builder = SnapshotBuilder("BTC-USD", "BTC", tick_e2=200)
    close([index(), summary(), summary(name(62_001, "C"))], builder)
    assert builder.ledger.counts == {"strike_off_tick": 1}


@pytest.mark.parametrize("listings", [{EXPIRY + 1: [62_000]}, {EXPIRY: [0]}, {EXPIRY: [1 << 24]}, {EXPIRY: [-1]}])
def test_listings_without_a_name_are_invalid(listings: dict[int, list[int]]) -> None:
    with pytest.raises(InvalidValue):
        SnapshotBuilder("BTC-USD", "BTC", listings=listings)


def test_a_tick_outside_its_range_is_invalid() -> None:
    with pytest.raises(InvalidValue, match="tick_e2"):
        SnapshotBuilder("BTC-USD", "BTC", tick_e2=256)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_the_root_does_not_depend_on_the_order_across_channels(
    data: st.DataObject, summary: MakeSummary, index: MakeIndex
) -> None:
    """Within a channel the order stays; any interleaving of the channels gives the same snapshot and refusals."""
    channels: list[list[Event]] = [[index(str(60_000 + i), at_ms=NOW_MS + 700 * i) for i in range(3)]]
    for strike in (58_000, 61_000, 62_000):
        for side in "CP":
            times = data.draw(st.lists(st.integers(min_value=-2, max_value=2), min_size=1, max_size=3).map(sorted))
            bids = data.draw(st.lists(st.integers(min_value=400, max_value=416), min_size=3, max_size=3))
            for feed in ("raw", "100ms"):
                quotes = zip(times, bids, strict=False)
                channel = f"ticker.{name(strike, side)}.{feed}"
                channels.append(
                    [
                        summary(
                            name(strike, side),
                            NOW_MS + at,
                            channel,
                            best_bid_price=Decimal(bid + (feed == "raw")).scaleb(-4),
                        )
                        for at, bid in quotes
                    ]
                )
    in_order = [event for events in channels for event in events]
    turns = data.draw(st.permutations([i for i, events in enumerate(channels) for _ in events]))
    queues = [iter(events) for events in channels]
    mixed = [next(queues[turn]) for turn in turns]
    builders = [SnapshotBuilder("BTC-USD", "BTC") for _ in range(2)]
    first, second = (close(events, builder) for events, builder in zip((in_order, mixed), builders, strict=True))
    assert first.root() == second.root()
    assert builders[0].ledger.entries == builders[1].ledger.entries
