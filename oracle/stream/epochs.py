# SPDX-License-Identifier: Apache-2.0
"""Epochs: fixed intervals of the venue's clock. Epoch e covers the milliseconds [origin + e I, origin + (e + 1) I).

An epoch closes once an event newer than its last millisecond plus the allowed lateness has been seen, so the moment of
closing depends on event time alone, never on ours. The stream starts with the epoch of the first index price.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from oracle.errors import InvalidValue, SnapshotError
from oracle.model.snapshot import MarketSnapshot
from oracle.stream.events import Event, IndexPrice
from oracle.stream.snapshot import SnapshotBuilder


@dataclass(frozen=True, slots=True)
class EpochClock:
    """``interval_ms`` I per epoch from ``origin_ms`` (Unix milliseconds); ``lateness_ms`` is waited for stragglers."""

    interval_ms: int = 10_000
    origin_ms: int = 0
    lateness_ms: int = 1_000

    def __post_init__(self) -> None:
        if self.interval_ms <= 0:
            raise InvalidValue("interval_ms", self.interval_ms, "must be positive")
        if self.origin_ms < 0 or self.lateness_ms < 0:
            raise InvalidValue("origin_ms, lateness_ms", (self.origin_ms, self.lateness_ms), "must not be negative")

    def epoch_of(self, exchange_time_ms: int) -> int:
        """The epoch that contains ``exchange_time_ms``; :class:`InvalidValue` before the origin."""
        if exchange_time_ms < self.origin_ms:
            raise InvalidValue("exchange_time_ms", exchange_time_ms, f"must not be before the origin {self.origin_ms}")
        return (exchange_time_ms - self.origin_ms) // self.interval_ms

    def last_ms(self, epoch: int) -> int:
        """The last millisecond of ``epoch``: its snapshot's ``observed_at_ms``."""
        return self.origin_ms + (epoch + 1) * self.interval_ms - 1

    def is_due(self, epoch: int, event_time_ms: int) -> bool:
        """Whether an event at ``event_time_ms`` closes ``epoch``."""
        return event_time_ms > self.last_ms(epoch) + self.lateness_ms


class EpochDriver:
    """Closes one market's epochs as its events come in.

    An epoch without a snapshot (no spot, no forward) is one ledger entry under the rule ``no_snapshot``; a run of
    epochs without any event is one entry under ``silent_epochs``.
    """

    def __init__(self, builder: SnapshotBuilder, clock: EpochClock | None = None) -> None:
        self._builder = builder
        self._clock = EpochClock() if clock is None else clock
        self._epoch: int | None = None

    def push(self, event: Event) -> Iterator[MarketSnapshot]:
        """Consumes an event; yields the snapshots of the epochs that it closes."""
        self._builder.consume(event)
        if self._epoch is None:
            if not isinstance(event, IndexPrice) or event.symbol != self._builder.index_symbol:
                return
            if event.exchange_time_ms < self._clock.origin_ms:
                return
            self._epoch = self._clock.epoch_of(event.exchange_time_ms)
        while self._clock.is_due(self._epoch, self._builder.event_time_ms):
            yield from self._close(self._epoch)

    def finish(self) -> Iterator[MarketSnapshot]:
        """Closes what is open at the end of the events."""
        while self._epoch is not None and self._clock.epoch_of(self._builder.event_time_ms) >= self._epoch:
            yield from self._close(self._epoch)

    def _close(self, epoch: int) -> Iterator[MarketSnapshot]:
        observed_at_ms = self._clock.last_ms(epoch)
        try:
            yield self._builder.close(epoch, observed_at_ms)
        except SnapshotError as error:
            values = {"epoch": epoch, "error": error}
            self._builder.ledger.record("no_snapshot", self._builder.market, observed_at_ms * 1000, values)
        self._epoch = _after(self._builder, self._clock, epoch)


def snapshots(
    events: Iterable[Event], *builders: SnapshotBuilder, clock: EpochClock | None = None
) -> Iterator[MarketSnapshot]:
    """The snapshots of one or more markets from one pass over their common events, one per market and epoch.

    Each market's epochs come in order and close by its own event time; what is open at the end of the events is closed
    too, by epoch and then in the order of ``builders``.
    """
    drivers = [EpochDriver(builder, clock) for builder in builders]
    for event in events:
        for driver in drivers:
            yield from driver.push(event)
    yield from sorted((last for driver in drivers for last in driver.finish()), key=lambda last: last.epoch)


def _after(builder: SnapshotBuilder, clock: EpochClock, epoch: int) -> int:
    """The next epoch with an event in it; the epochs passed over are recorded."""
    waiting_ms = builder.oldest_waiting_ms
    following = epoch + 1
    if waiting_ms is None or clock.epoch_of(waiting_ms) == following:
        return following
    resumed = clock.epoch_of(waiting_ms)
    values = {"first_epoch": following, "last_epoch": resumed - 1}
    builder.ledger.record("silent_epochs", builder.market, clock.last_ms(epoch) * 1000, values)
    return resumed
