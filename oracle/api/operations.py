# SPDX-License-Identifier: Apache-2.0
"""Routes for whoever runs the node, and the event stream."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from oracle.api.markets import require_market
from oracle.api.problems import TooManyStreams, UnknownMarket, responses
from oracle.api.proof_models import Live, Ready
from oracle.api.proofs import Market
from oracle.api.stream import EventStream, EventStreams
from oracle.node.state import NodeState

LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        max_length=64,
        pattern=r"^[A-Za-z0-9-]+-[0-9]{1,20}$",
        description="Id of the last epoch received; the stream goes on after it",
    ),
]

_STREAM_EXAMPLE = "id: BTC-USD-7\nevent: epoch\ndata: {...}\n\n"


def operation_routes(state: NodeState, registry: CollectorRegistry) -> APIRouter:
    """/live, /ready, /metrics."""
    router = APIRouter(tags=["operation"])

    @router.get("/live", response_model=Live)
    def live() -> dict[str, bool]:
        """The process answers."""
        return {"live": True}

    @router.get("/ready", response_model=Ready, responses={503: {"model": Ready, "description": "Not ready"}})
    def ready(response: Response) -> dict[str, Any]:
        """200 once an epoch has landed on-chain, 503 before."""
        if state.epochs == 0:
            response.status_code = 503
        return {
            "ready": state.epochs > 0,
            "epochs": state.epochs,
            "failed_epochs": state.failed_epochs,
            "last_error": state.last_error,
        }

    @router.get("/metrics", response_class=Response, responses={200: {"content": {CONTENT_TYPE_LATEST: {}}}})
    def metrics() -> Response:
        """Counts and times for Prometheus."""
        return Response(generate_latest(registry), headers={"content-type": CONTENT_TYPE_LATEST})

    return router


def stream_routes(state: NodeState, streams: EventStreams) -> APIRouter:
    """/v1/stream."""
    router = APIRouter(prefix="/v1/stream", tags=["stream"])
    described: dict[str, Any] = {
        "description": "Server-sent events `epoch`, id `<market>-<epoch>`, data as the schema; comments are heartbeats",
        "content": {
            "text/event-stream": {
                "schema": {"$ref": "#/components/schemas/EpochDocument"},
                "example": _STREAM_EXAMPLE,
            }
        },
    }

    @router.get("", response_class=Response, responses={200: described, **responses(UnknownMarket, TooManyStreams)})
    async def stream(market: Market = None, last_event_id: LastEventId = None) -> EventStream:
        """One event per landed epoch; a client that does not keep up is dropped and may resume by Last-Event-ID."""
        if market is not None:
            require_market(state, market)
        return streams.start(market, last_event_id)

    return router
