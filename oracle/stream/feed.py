# SPDX-License-Identifier: Apache-2.0
"""From frames to events: a venue is a name and a function from a frame's text to its events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from oracle.stream.events import Disconnect, Event
from oracle.stream.fields import InvalidFrame
from oracle.stream.ledger import RejectLedger
from oracle.stream.recording import Frame


class FrameParser(Protocol):
    """A venue's frame format: the events of one frame, or :class:`InvalidFrame` and nothing else."""

    def __call__(self, text: str, received_at_us: int, /) -> tuple[Event, ...]: ...


def read_events(frames: Iterable[Frame], venue: str, parse_frame: FrameParser, ledger: RejectLedger) -> Iterator[Event]:
    """The events of ``frames``; refused frames go to the ledger, a changed connection gives a :class:`Disconnect`."""
    connection_id: int | None = None
    for frame in frames:
        if connection_id is not None and frame.connection_id != connection_id:
            yield Disconnect(
                venue=venue,
                channel="",
                symbol="",
                exchange_time_ms=frame.received_at_us // 1000,
                received_at_us=frame.received_at_us,
            )
        connection_id = frame.connection_id
        try:
            yield from parse_frame(frame.text, frame.received_at_us)
        except InvalidFrame as error:
            values = {"field": error.field, "value": error.value, "frame": frame.text[:200]}
            ledger.record(error.rule, venue, frame.received_at_us, values)
