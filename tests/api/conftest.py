# SPDX-License-Identifier: Apache-2.0
"""A node's state fed by real fitted and proven epochs of the small simulated market, served over a real socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from eth_account import Account

from oracle.api.app import ReadApi, create_app
from oracle.api.margin import WhatIfMargin
from oracle.api.server import ApiServer
from oracle.api.stream import EventStreams
from oracle.bots.margin import Health
from oracle.errors import ChainError, MarginError
from oracle.model.grid import Grid, load_grid
from oracle.model.margin import MarginParams
from oracle.node.epoch import ProvenEpoch, hold, prove_epoch
from oracle.node.plan import Held
from oracle.node.state import NodeState
from oracle.stream.epochs import snapshots
from oracle.stream.ledger import RejectLedger
from oracle.stream.open_recording import open_recording
from oracle.stream.simulator import write_recording
from oracle.stream.simulator_config import SimulatorConfig
from oracle.stream.snapshot import SnapshotBuilder
from prover.artifacts import ArtifactStore
from prover.prove import Prover

ROOT = Path(__file__).resolve().parents[2]
STORE = ArtifactStore(ROOT / "build")
MARKET = "BTC-USD"
MARKETS = (MARKET, "ETH-USD")
OWNER = "0x" + "11" * 20
UNVALUED = "0x" + "22" * 20
UNREACHABLE = "0x" + "33" * 20


@dataclass(frozen=True)
class Rules:
    """Grid and margins as an engine has them."""

    grid: Grid
    initial: MarginParams
    maintenance: MarginParams


RULES = Rules(load_grid(ROOT / "circuits" / "grids" / "deribit.json"), MarginParams(100, 0, 0), MarginParams(80, 0, 0))


def health_of(market: str, address: str) -> Health:
    """Stands for the chain: one account, one that cannot be valued, one whose chain does not answer."""
    if address == UNVALUED:
        raise MarginError(f"expiry 1: no proven slice of {market}")
    if address == UNREACHABLE:
        raise ChainError("the node does not answer")
    return Health(address, 3, 5_000_000, 4_000_000, 6_000_000, 11, False)


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> list[ProvenEpoch]:
    """The small market's epochs, three calm and one after the crash, each with the proofs of what moved."""
    path = tmp_path_factory.mktemp("recording") / "small.jsonl"
    write_recording(path, SimulatorConfig.small())
    ledger = RejectLedger()
    builder = SnapshotBuilder(MARKET, "BTC", 100, ledger=ledger)
    prover, publishers = Prover(STORE), [Account.create()]
    held: dict[int, Held] = {}
    proven = []
    with ThreadPoolExecutor(2) as workers:
        for snapshot in snapshots(open_recording(path, ledger).events, builder):
            epoch = prove_epoch(snapshot, held, publishers, 1, prover, workers, cumulative_spot_e2_ms=0)
            held = hold(held, epoch)
            proven.append(epoch)
    return proven


@dataclass(frozen=True)
class Served:
    """A running API."""

    state: NodeState
    app: ReadApi
    url: str
    client: httpx.Client


def serve(stack: ExitStack, state: NodeState, streams: EventStreams | None = None) -> Served:
    """Serves ``state`` until the stack unwinds."""
    margin = WhatIfMargin({MARKET: RULES}, state.published)
    app = create_app(state, health_of, margin, STORE, streams)
    server = stack.enter_context(ApiServer(app))
    client = stack.enter_context(httpx.Client(base_url=server.url, timeout=20))
    return Served(state, app, server.url, client)


@pytest.fixture(scope="session")
def api(history: list[ProvenEpoch]) -> Iterator[Served]:
    """The API after all epochs."""
    state = NodeState(MARKETS)
    for epoch in history:
        state.publish(epoch)
    with ExitStack() as stack:
        yield serve(stack, state)


@pytest.fixture
def fresh() -> Iterator[Callable[..., Served]]:
    """Starts an API of one's own, before any epoch; keywords are those of :class:`EventStreams`."""
    with ExitStack() as stack:

        def start(state: NodeState | None = None, **limits: float) -> Served:
            own = state or NodeState(MARKETS)
            streams = EventStreams(own, **limits)  # type: ignore[arg-type]
            return serve(stack, own, streams)

        yield start


def problem_of(response: httpx.Response) -> str:
    """The stable name of an error, after checking that the document agrees with the response."""
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert document["status"] == response.status_code
    assert set(document) == {"type", "title", "status", "detail", "errors"}
    return str(document["type"])
