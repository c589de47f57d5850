# SPDX-License-Identifier: Apache-2.0
"""Prometheus metrics of a node and its API, in a registry of their own."""

from __future__ import annotations

import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oracle.api.stream import EventStreams
from oracle.node.state import NodeState

LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
UNMATCHED = "unmatched"


class NodeCollector(Collector):
    """Reads a node's counts when Prometheus asks."""

    def __init__(self, state: NodeState, streams: EventStreams) -> None:
        self._state = state
        self._streams = streams

    def describe(self) -> list[Metric]:
        """No metric is known before a scrape."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All metrics of the node."""
        state = self._state
        yield CounterMetricFamily("zkrisk_epochs_landed", "Epochs landed on-chain", state.epochs)
        yield CounterMetricFamily("zkrisk_epochs_failed", "Epochs that could not be published", state.failed_epochs)
        yield CounterMetricFamily("zkrisk_slices_proven", "Slices proven and landed", state.slices)
        stages = SummaryMetricFamily(
            "zkrisk_proof_stage_seconds", "Wall-clock time of a proof's stages", labels=["circuit", "stage"]
        )
        for circuit, times in sorted(state.times().items()):
            for stage, spent_ms in times.stages_ms.items():
                stages.add_metric([circuit, stage], times.proofs, spent_ms / 1000)
        yield stages
        refusals = CounterMetricFamily("zkrisk_refusals", "Refused frames, quotes and expiries", labels=["rule"])
        for rule, count in state.refusals().items():
            refusals.add_metric([rule], count)
        yield refusals
        observed = GaugeMetricFamily(
            "zkrisk_newest_epoch_observed_seconds", "The venue's clock at the newest landed epoch", labels=["market"]
        )
        for market in state.markets:
            surface = state.surface(market)
            if surface is not None:
                observed.add_metric([market], surface["observed_at_ms"] / 1000)
        yield observed
        yield GaugeMetricFamily("zkrisk_streams_open", "Clients of the event stream", self._streams.open)
        yield CounterMetricFamily("zkrisk_streams_dropped", "Clients dropped as too slow", self._streams.dropped)


def request_latency(registry: CollectorRegistry) -> Histogram:
    """Seconds until a response starts, by route template and status."""
    return Histogram(
        "zkrisk_request_seconds",
        "Time until a response starts",
        ["route", "status"],
        buckets=LATENCY_BUCKETS_S,
        registry=registry,
    )


class RequestLatency:
    """ASGI middleware that observes :func:`request_latency`."""

    def __init__(self, app: ASGIApp, histogram: Histogram) -> None:
        self._app = app
        self._histogram = histogram

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()

        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", UNMATCHED)
                self._histogram.labels(route, str(message["status"])).observe(time.perf_counter() - started)
            await send(message)

        await self._app(scope, receive, timed)
