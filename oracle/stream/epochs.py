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


def snapshots(
    events: Iterable[Event], builder: SnapshotBuilder, clock: EpochClock | None = None
) -> Iterator[MarketSnapshot]:
    """One snapshot per epoch, in order; what is open at the end of the events is closed too.

    An epoch without a snapshot (no spot, no forward) is one ledger entry under the rule ``no_snapshot``; a run of
    epochs without any event is one entry under ``silent_epochs``.
    """
    clock = EpochClock() if clock is None else clock
    epoch: int | None = None
    for event in events:
        builder.consume(event)
        if epoch is None:
            if not isinstance(event, IndexPrice) or event.symbol != builder.index_symbol:
                continue
            if event.exchange_time_ms < clock.origin_ms:
                continue
            epoch = clock.epoch_of(event.exchange_time_ms)
        while clock.is_due(epoch, builder.event_time_ms):
            yield from _close(builder, clock, epoch)
            epoch = _after(builder, clock, epoch)
    while epoch is not None and clock.epoch_of(builder.event_time_ms) >= epoch:
        yield from _close(builder, clock, epoch)
        epoch = _after(builder, clock, epoch)


def _close(builder: SnapshotBuilder, clock: EpochClock, epoch: int) -> Iterator[MarketSnapshot]:
    observed_at_ms = clock.last_ms(epoch)
    try:
        yield builder.close(epoch, observed_at_ms)
    except SnapshotError as error:
        builder.ledger.record("no_snapshot", builder.market, observed_at_ms * 1000, {"epoch": epoch, "error": error})


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
