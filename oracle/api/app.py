# SPDX-License-Identifier: Apache-2.0
"""Read API over a running node."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from pydantic.json_schema import models_json_schema

from oracle.api.limits import BodyLimit
from oracle.api.margin import Margin
from oracle.api.markets import AccountHealth, market_routes
from oracle.api.metrics import NodeCollector, RequestLatency, request_latency
from oracle.api.operations import operation_routes, stream_routes
from oracle.api.option import option_routes
from oracle.api.problems import Problem, install_problems
from oracle.api.proof_models import EpochDocument
from oracle.api.proofs import circuit_routes, proof_routes
from oracle.api.stream import EventStreams
from oracle.node.state import NodeState
from prover.artifacts import ArtifactStore

DESCRIPTION = """Proven option surfaces and margin. A field's suffix is its scale: `_e2`, `_e4`, `_e6` powers of ten, `_q16`,
`_q32`, .. powers of two. Integers that may pass 2^53 are decimal strings. Fields named `indicative` are floats for reading;
everything else is proven, attested or read from the chain. Errors are `application/problem+json` whose `type` is stable."""


class ReadApi(FastAPI):
    """The app; ``streams`` are its open event streams, to be closed before the server stops."""

    def __init__(self, streams: EventStreams) -> None:
        super().__init__(title="zkrisk", description=DESCRIPTION, version="0.1.0")
        self.streams = streams

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, with the schemas of errors and of the stream's events."""
        document = super().openapi()
        _, extra = models_json_schema(
            [(Problem, "serialization"), (EpochDocument, "serialization")], ref_template="#/components/schemas/{model}"
        )
        document.setdefault("components", {}).setdefault("schemas", {}).update(extra["$defs"])
        return document


def create_app(
    state: NodeState,
    health_of: AccountHealth,
    margin_of: Margin,
    artifacts: ArtifactStore,
    streams: EventStreams | None = None,
    registry: CollectorRegistry | None = None,
) -> ReadApi:
    """The API over ``state``; ``streams`` where other limits than the defaults are wanted, ``registry`` to show more metrics."""
    app = ReadApi(streams or EventStreams(state))
    registry = registry or CollectorRegistry()
    registry.register(NodeCollector(state, app.streams))
    app.include_router(operation_routes(state, registry))
    app.include_router(market_routes(state, health_of, margin_of))
    app.include_router(option_routes(state))
    app.include_router(proof_routes(state))
    app.include_router(circuit_routes(artifacts))
    app.include_router(stream_routes(state, app.streams))
    install_problems(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestLatency, histogram=request_latency(registry))
    return app
