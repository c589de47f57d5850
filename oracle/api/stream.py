# SPDX-License-Identifier: Apache-2.0
"""Server-sent events (WHATWG HTML, section 9.2): one event per landed epoch, id ``<market>-<epoch>``.

A stream holds a place in the node's log of epochs, not a queue of its own. A client that does not take an event within
``send_timeout_s``, or falls behind what the log keeps, is dropped; it may come back with Last-Event-ID.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from dataclasses import dataclass, field

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from oracle.api.problems import TooManyStreams
from oracle.node.state import EpochEvent, NodeState

MAX_STREAMS = 64
HEARTBEAT_S = 10.0
SEND_TIMEOUT_S = 5.0
RETRY_MS = 1000


@dataclass
class EventStreams:
    """The open streams of one app; ``dropped`` counts the clients that were too slow."""

    state: NodeState
    max_streams: int = MAX_STREAMS
    heartbeat_s: float = HEARTBEAT_S
    send_timeout_s: float = SEND_TIMEOUT_S
    dropped: int = 0
    _open: set[EventStream] = field(default_factory=set)
    _closed: threading.Event = field(default_factory=threading.Event)

    @property
    def open(self) -> int:
        """Streams being served."""
        return len(self._open)

    @property
    def closed(self) -> bool:
        """Whether every stream is to end."""
        return self._closed.is_set()

    def start(self, market: str | None, last_event: str | None) -> EventStream:
        """A stream of one market's epochs, or all, from the one after ``last_event``; without it from now on.

        One that is not kept any more starts with the oldest that is. Raises :class:`TooManyStreams`.
        """
        if self.closed or self.open >= self.max_streams:
            raise TooManyStreams(f"{self.max_streams} streams are open")
        known = self.state.epochs if last_event is None else self.state.sequence_of(last_event)
        return EventStream(self, market, known)

    def close(self) -> None:
        """Ends all streams; safe to call from any thread."""
        self._closed.set()
        for stream in tuple(self._open):
            stream.wake()

    def enter(self, stream: EventStream) -> None:
        """Counts a stream in."""
        self._open.add(stream)

    def leave(self, stream: EventStream) -> None:
        """Counts a stream out."""
        self._open.discard(stream)


class EventStream(Response):
    """One client's stream; ends with the client, with the server, or where the client is too slow."""

    media_type = "text/event-stream"

    def __init__(self, streams: EventStreams, market: str | None, sequence: int | None) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._streams = streams
        self._market = market
        self._resumes_at_oldest = sequence is None
        self._sequence = sequence or 0
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def wake(self) -> None:
        """Called from other threads: there is news."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._news.set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves until either side ends."""
        del scope
        self._streams.enter(self)
        end_listening = self._streams.state.listen(self.wake)
        tasks = [asyncio.ensure_future(self._serve(send)), asyncio.ensure_future(_disconnected(receive))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            end_listening()
            self._streams.leave(self)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            await self._send(send, f"retry: {RETRY_MS}\n\n")
            while not self._streams.closed:
                self._news.clear()
                events, gap = self._streams.state.events_after(self._sequence)
                if gap and not self._resumes_at_oldest:
                    self._streams.dropped += 1
                    break
                for event in events:
                    self._sequence = event.sequence
                    self._resumes_at_oldest = False
                    if self._market in (None, event.market):
                        await self._send(send, _frame(event))
                if not events:
                    await self._wait(send)
            await self._send(send, "", more=False)
        except TimeoutError:
            self._streams.dropped += 1

    async def _wait(self, send: Send) -> None:
        try:
            async with asyncio.timeout(self._streams.heartbeat_s):
                await self._news.wait()
        except TimeoutError:
            await self._send(send, ": heartbeat\n\n")

    async def _send(self, send: Send, text: str, more: bool = True) -> None:
        async with asyncio.timeout(self._streams.send_timeout_s):
            await send({"type": "http.response.body", "body": text.encode(), "more_body": more})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _frame(event: EpochEvent) -> str:
    return f"id: {event.name}\nevent: epoch\ndata: {json.dumps(event.body, separators=(',', ':'))}\n\n"
