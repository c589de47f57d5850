# SPDX-License-Identifier: Apache-2.0
"""The whole path in one run: recorded quotes, proven slices, two accounts, a crash, a liquidation on a local chain."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from oracle.api.app import create_app
from oracle.api.margin import WhatIfMargin
from oracle.api.server import ApiServer
from oracle.bots.health import AccountHealth
from oracle.bots.liquidator import LiquidationResult
from oracle.bots.margin import bundle_of
from oracle.chain.accounts import MarginProof
from oracle.chain.anvil import Anvil
from oracle.cli.tables import print_refusals, print_result, print_venue_books, print_venue_greeks
from oracle.cli.world import CrashWatch, World
from oracle.errors import ChainError
from oracle.node.epoch import ProvenEpoch, SignedEpoch
from oracle.node.markets import MARKETS
from oracle.node.node import OracleNode
from oracle.statements.bundle import ProofBundle
from oracle.stream.ledger import RejectLedger
from oracle.stream.open_recording import open_recording
from oracle.stream.simulator import write_recording
from oracle.stream.simulator_config import SimulatorConfig
from prover.artifacts import ArtifactStore
from prover.engine import EngineOptions
from prover.prove import Prover

GRID = "deribit"
DEPLOYMENT_S = 120
"""Block time before the recording starts: each of a deployment's transactions takes a second of it."""
PROVEN = ("slice", "solvency", "insolvency")
"""Statements that the demonstration proves: the keys of others stay on disk."""


class Demo:
    """State of one run; :meth:`run` does it all."""

    def __init__(self, root: Path, store: ArtifactStore, console: Console, engine: EngineOptions | None = None) -> None:
        self.root = root
        self.engine = engine
        self.store = store
        self.console = console
        self.proofs: list[ProofBundle] = []
        self.epochs: dict[str, SignedEpoch] = {}
        self.liquidation: LiquidationResult | None = None
        self.latency_ms = 0.0

    def run(self, recording: Path | None, stay: bool, api_port: int) -> dict[str, Any]:
        """Runs the demonstration and returns what ``build/demo.json`` holds.

        Without a recording a crash is simulated and must end in a liquidation, else :class:`ChainError`; a given recording may
        hold no crash and even no usable expiry.
        """
        with ExitStack() as stack:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            progress = stack.enter_context(Progress(*columns, console=self.console))
            circuits = [c for c in self.store.circuits() if c.split("_")[0] in PROVEN]
            steps = progress.add_task("load proving keys", total=len(circuits))
            prover = Prover(self.store, options=self.engine)
            for circuit in circuits:
                prover.load(circuit)
                progress.advance(steps)
            source = recording or self._simulated()
            anvil = stack.enter_context(Anvil(self.root, _first_second(source) - DEPLOYMENT_S))
            steps = progress.add_task("deploy contracts", total=1)
            world = World(self.root, anvil, self.store, prover, GRID)
            progress.advance(steps)
            engines = {market: desk.buyer for market, desk in world.desks.items()}
            margin = WhatIfMargin(engines, world.state.published)
            app = create_app(world.state, AccountHealth(engines, prover), margin, self.store)
            server = stack.enter_context(ApiServer(app, api_port))
            epochs = progress.add_task("replay, fit, prove, submit", total=None)
            crash = CrashWatch()
            node = self._replay(world, source, crash, lambda: progress.advance(epochs))
            progress.update(epochs, total=1, completed=1)
            if recording is None and self.liquidation is None:
                raise ChainError("the simulated crash ended without a liquidation")
            result = self._result(world, server.url)
            (self.root / "build" / "demo.json").write_text(json.dumps(result, indent=2) + "\n")
            progress.stop()
            print_result(self.console, result)
            print_refusals(self.console, node)
            if recording is not None:
                print_venue_books(self.console, recording)
                print_venue_greeks(self.console, recording)
            if stay:
                self._wait(server.url)
            return result

    def _simulated(self) -> Path:
        path = self.root / "build" / "recordings" / "crash.jsonl.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_recording(path, SimulatorConfig.full())
        return path

    def _replay(self, world: World, source: Path, crash: CrashWatch, landed: Callable[[], None]) -> OracleNode:
        node = OracleNode(
            MARKETS,
            world.prover,
            world.publishers,
            world.operator,
            world.deployments,
            world.state,
            world.clock.advance,
        )
        world.state.refusals = lambda: node.ledger.counts
        with ThreadPoolExecutor(2) as workers:
            for snapshot in node.snapshots(crash(open_recording(source, node.ledger).events)):
                desk = world.desks[snapshot.market]
                if snapshot.market not in self.epochs:
                    node.list_strikes(snapshot)
                epoch = node.land(snapshot, workers)
                landed()
                if epoch is None:
                    continue
                self.epochs[snapshot.market] = epoch
                self.proofs += epoch.bundles if isinstance(epoch, ProvenEpoch) else ()
                if not desk.opened:
                    self._keep(world.open_accounts(epoch.fitted.snapshot))
                for done in desk.liquidator.step():
                    self._keep(done.proofs)
                    if done.insolvency is not None:
                        name = f"insolvency-{snapshot.market}-{done.account}"
                        world.state.add_proof(name, bundle_of(done.insolvency))
                    if self.liquidation is None and crash.delivered_at is not None:
                        self.liquidation = done
                        self.latency_ms = 1e3 * (time.monotonic() - crash.delivered_at)
        return node

    def _keep(self, proofs: list[MarginProof]) -> None:
        self.proofs += [bundle_of(proof) for proof in proofs]

    def _result(self, world: World, url: str) -> dict[str, Any]:
        return {
            "proofs": [self._proof_json(bundle) for bundle in self.proofs],
            "transactions": [{"name": r.name, "gas": r.gas} for r in world.transactions()],
            "liquidation_latency_ms": self.latency_ms,
            "surface": [
                {
                    "market": market,
                    "expiries": len(epoch.fitted.witnesses),
                    "rmse_vol_points": epoch.fitted.surface.quality.market.rmse_vol_points,
                    "inside_share": epoch.fitted.surface.quality.market.inside_share,
                }
                for market, epoch in self.epochs.items()
            ],
            "api_url": url,
            "liquidated": self.liquidation is not None,
        }

    def _proof_json(self, bundle: ProofBundle) -> dict[str, Any]:
        timings = bundle.proof.timings
        if timings is None:
            raise ChainError(f"a proof of {bundle.statement.circuit_id} without timings")
        return {
            "statement": bundle.statement.circuit_id,
            "constraints": self.store.circuit(bundle.statement.circuit_id).manifest().n_constraints,
            "witness_ms": timings.witness_ms,
            "prove_ms": timings.prove_ms,
            "verify_ms": timings.verify_ms,
            "size_bytes": bundle.proof.size_bytes,
        }

    def _wait(self, url: str) -> None:
        self.console.print(f"Read API: {url}/docs (Ctrl-C ends)")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            self.console.print("ended")


def _first_second(source: Path) -> int:
    for event in open_recording(source, RejectLedger()).events:
        return event.received_at_us // 1_000_000
    raise ChainError(f"recording {source}: no events")
