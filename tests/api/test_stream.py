# SPDX-License-Identifier: Apache-2.0
"""The event stream over a real socket, and its behaviour with clients that do not read."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from oracle.api.stream import EventStreams
from oracle.node.epoch import ProvenEpoch
from oracle.node.state import NodeState
from tests.api.conftest import MARKET, MARKETS, Served, problem_of, serve

PATH = "/v1/stream"


def wait_for(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Returns once the condition holds, fails after ``seconds``."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        time.sleep(0.005)


class Reader:
    """The blocks of an open stream, each a mapping of its fields (a comment under "")."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.iter_lines()

    def __next__(self) -> dict[str, str]:
        block: dict[str, str] = {}
        for line in self._lines:
            if not line:
                return block
            name, _, value = line.partition(": ")
            block[name] = value
        raise StopIteration

    def __iter__(self) -> Iterator[dict[str, str]]:
        return self


@contextmanager
def opened(served: Served, query: str = "", last: str | None = None) -> Iterator[Reader]:
    """An open stream after its retry line."""
    headers = {} if last is None else {"last-event-id": last}
    before = served.app.streams.open
    with served.client.stream("GET", PATH + query, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert "content-length" not in response.headers
        reader = Reader(response)
        assert next(reader) == {"retry": "1000"}
        wait_for(lambda: served.app.streams.open == before + 1)
        yield reader


def test_a_landed_epoch_is_one_event_with_its_id_and_slices(
    fresh: Callable[..., Served], history: list[ProvenEpoch]
) -> None:
    served = fresh()
    served.state.publish(history[0])
    with opened(served) as events:
        served.state.publish(history[1])
        event = next(events)
    report = history[1].report
    assert (event["id"], event["event"]) == (f"{MARKET}-{report.epoch}", "epoch")
    document = json.loads(event["data"])
    assert (document["market"], document["epoch"]) == (MARKET, report.epoch)
    assert document["observed_at_ms"] == report.observed_at_ms
    assert [s["proof_id"] for s in document["proven"]] == [
        f"slice-{MARKET}-{u.witness.expiry}-{report.epoch}" for u in history[1].updates
    ]


def test_a_client_resumes_after_the_last_event_it_saw(fresh: Callable[..., Served], history: list[ProvenEpoch]) -> None:
    served = fresh()
    for epoch in history[:3]:
        served.state.publish(epoch)
    names = [f"{MARKET}-{epoch.report.epoch}" for epoch in history]
    with opened(served, last=names[0]) as events:
        assert [next(events)["id"] for _ in range(2)] == names[1:3]
        served.state.publish(history[3])
        assert next(events)["id"] == names[3]


def test_a_client_whose_last_event_is_gone_starts_with_the_oldest_kept(
    fresh: Callable[..., Served], history: list[ProvenEpoch]
) -> None:
    served = fresh(NodeState(MARKETS, kept_events=2))
    for epoch in history:
        served.state.publish(epoch)
    with opened(served, last=f"{MARKET}-{history[0].report.epoch}") as events:
        assert [next(events)["id"] for _ in range(2)] == [f"{MARKET}-{e.report.epoch}" for e in history[-2:]]


def test_a_stream_of_one_market_leaves_the_others_out(fresh: Callable[..., Served], history: list[ProvenEpoch]) -> None:
    served = fresh(heartbeat_s=0.05)
    with opened(served, "?market=ETH-USD") as events:
        served.state.publish(history[0])
        assert next(events) == {"": "heartbeat"}
    assert problem_of(served.client.get(f"{PATH}?market=DOGE-USD")) == "UnknownMarket"


def test_a_silent_stream_carries_heartbeats(fresh: Callable[..., Served]) -> None:
    with opened(fresh(heartbeat_s=0.02)) as events:
        assert [next(events) for _ in range(3)] == [{"": "heartbeat"}] * 3


def test_a_client_that_leaves_is_forgotten_without_being_counted_as_slow(
    fresh: Callable[..., Served], history: list[ProvenEpoch]
) -> None:
    served = fresh()
    with opened(served):
        assert served.app.streams.open == 1
    wait_for(lambda: served.app.streams.open == 0)
    served.state.publish(history[0])
    assert served.app.streams.dropped == 0
    assert served.client.get("/live").status_code == 200


def test_streams_above_the_limit_are_refused_until_one_leaves(fresh: Callable[..., Served]) -> None:
    served = fresh(max_streams=2)
    with opened(served):
        with opened(served):
            response = served.client.get(PATH)
            assert (response.status_code, problem_of(response)) == (503, "TooManyStreams")
        wait_for(lambda: served.app.streams.open == 1)
        with opened(served):
            pass


@pytest.mark.parametrize("last", ["", "7", "BTC-USD-", "BTC-USD-x", "x" * 65 + "-1", "BTC USD-7"])
def test_a_malformed_last_event_id_is_an_invalid_request(api: Served, last: str) -> None:
    response = api.client.get(PATH, headers={"last-event-id": last})
    assert problem_of(response) == "InvalidRequest"


def test_streams_end_cleanly_when_the_server_stops(history: list[ProvenEpoch]) -> None:
    state = NodeState(MARKETS)
    with ExitStack() as outside:
        with ExitStack() as stack:
            served = serve(stack, state)
            client = outside.enter_context(httpx.Client(base_url=served.url, timeout=10))
            response = outside.enter_context(client.stream("GET", PATH))
            reader = Reader(response)
            next(reader)
            state.publish(history[0])
            assert next(reader)["event"] == "epoch"
            started = time.monotonic()
        assert time.monotonic() - started < 4
        assert list(reader) == []


class Wire:
    """An ASGI connection whose client reads only while ``reading`` is set."""

    def __init__(self) -> None:
        self.reading = asyncio.Event()
        self.reading.set()
        self.sent: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError("a client that stays does not disconnect")

    async def send(self, message: Any) -> None:
        await self.reading.wait()
        self.sent.append(message)

    @property
    def events(self) -> int:
        return sum(b"event: epoch" in message.get("body", b"") for message in self.sent)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.002)


def test_a_client_that_stops_reading_is_dropped_and_publishing_does_not_wait(history: list[ProvenEpoch]) -> None:
    state = NodeState(MARKETS)
    streams = EventStreams(state, send_timeout_s=0.05)

    async def run() -> None:
        wire = Wire()
        stream = asyncio.create_task(streams.start(None, None)({}, wire.receive, wire.send))
        await until(lambda: len(wire.sent) == 2)
        wire.reading.clear()
        state.publish(history[0])
        await asyncio.wait_for(stream, 5)
        assert wire.events == 0

    asyncio.run(run())
    assert (streams.dropped, streams.open) == (1, 0)


def test_a_client_that_falls_behind_what_is_kept_is_dropped(history: list[ProvenEpoch]) -> None:
    state = NodeState(MARKETS, kept_events=2)
    streams = EventStreams(state)

    async def run() -> None:
        wire = Wire()
        stream = asyncio.create_task(streams.start(None, None)({}, wire.receive, wire.send))
        await until(lambda: len(wire.sent) == 2)
        wire.reading.clear()
        state.publish(history[0])
        await asyncio.sleep(0.02)
        for epoch in history[1:] * 2:
            state.publish(epoch)
        wire.reading.set()
        await asyncio.wait_for(stream, 5)
        assert wire.events == 1
        assert wire.sent[-1]["more_body"] is False

    asyncio.run(run())
    assert (streams.dropped, streams.open) == (1, 0)
