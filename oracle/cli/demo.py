# SPDX-License-Identifier: Apache-2.0
"""The whole path in one run: recorded quotes, proven slices, two accounts, a crash, a liquidation on a local chain."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from oracle.api.app import create_app
from oracle.api.server import ApiServer
from oracle.bots.liquidator import LiquidationResult, Liquidator
from oracle.bots.margin import MarginProver, bundle_of
from oracle.chain.accounts import MarginProof
from oracle.chain.anvil import Anvil
from oracle.chain.deploy import list_expiry
from oracle.cli.node import account_health
from oracle.cli.tables import print_result
from oracle.cli.world import CrashWatch, World
from oracle.errors import ChainError
from oracle.node.epoch import ProvenEpoch
from oracle.node.node import BTC_USD, OracleNode
from oracle.statements.bundle import ProofBundle
from oracle.stream.ledger import RejectLedger
from oracle.stream.recording import RecordingReader
from oracle.stream.simulator import write_recording
from oracle.stream.simulator_config import SimulatorConfig
from prover.artifacts import ArtifactStore
from prover.prove import Prover

CIRCUITS = ("slice_32_16", "solvency_4", "insolvency_4")


class Demo:
    """State of one run; :meth:`run` does it all."""

    def __init__(self, root: Path, store: ArtifactStore, console: Console) -> None:
        self.root = root
        self.store = store
        self.console = console
        self.proofs: list[ProofBundle] = []
        self.epochs: list[ProvenEpoch] = []
        self.liquidation: LiquidationResult | None = None
        self.latency_ms = 0.0

    def run(self, stay: bool, api_port: int) -> dict[str, Any]:
        """Runs the demonstration and returns what ``build/demo.json`` holds.

        Raises :class:`ChainError` where the crash leads to no liquidation.
        """
        with ExitStack() as stack:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            progress = stack.enter_context(Progress(*columns, console=self.console))
            steps = progress.add_task("load proving keys", total=len(CIRCUITS))
            prover = Prover(self.store)
            for circuit in CIRCUITS:
                prover.load(circuit)
                progress.advance(steps)
            recording = self._recording()
            anvil = stack.enter_context(Anvil(self.root, _first_second(recording)))
            steps = progress.add_task("deploy contracts", total=1)
            world = World(self.root, anvil, self.store, prover, BTC_USD)
            progress.advance(steps)
            liquidator = Liquidator(MarginProver(world.keeper, prover), world.slices(world.keeper))
            server = stack.enter_context(
                ApiServer(create_app(world.state, account_health(world.buyer, prover)), api_port)
            )
            epochs = progress.add_task("replay, fit, prove, submit", total=None)
            crash = CrashWatch()
            self._replay(world, liquidator, recording, crash, lambda: progress.advance(epochs))
            progress.update(epochs, total=len(self.epochs), completed=len(self.epochs))
            if self.liquidation is None or crash.delivered_at is None:
                raise ChainError("the recording ended without a liquidation")
            result = self._result(world, server.url)
            (self.root / "build" / "demo.json").write_text(json.dumps(result, indent=2) + "\n")
            progress.stop()
            print_result(self.console, result)
            if stay:
                self._wait(server.url)
            return result

    def _recording(self) -> Path:
        path = self.root / "build" / "recordings" / "crash.jsonl.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_recording(path, SimulatorConfig(inject_faults=True))
        return path

    def _replay(self, world: World, liquidator: Liquidator, recording: Path, crash: CrashWatch, landed: Any) -> None:
        node = OracleNode(
            BTC_USD,
            world.prover,
            world.publishers,
            world.operator,
            world.deployment,
            world.state,
            world.clock.advance,
        )
        frames = crash(iter(RecordingReader(recording, node.ledger)))
        with ThreadPoolExecutor(2) as workers:
            for snapshot in node.snapshots(frames):
                if not self.epochs:
                    for expiry in snapshot.expiries:
                        list_expiry(world.operator, world.deployment, expiry, snapshot.tick_e2)
                epoch = node.land(snapshot, workers)
                if epoch is None:
                    raise ChainError(world.state.last_error)
                first = not self.epochs
                self.epochs.append(epoch)
                self.proofs += epoch.bundles
                if first:
                    self._keep(world.open_accounts(snapshot))
                for done in liquidator.step():
                    if self.liquidation is None and crash.delivered_at is not None:
                        self.liquidation = done
                        self.latency_ms = 1e3 * (time.monotonic() - crash.delivered_at)
                        self._keep([done.insolvency, done.solvency])
                        world.state.add_proof(f"insolvency-{done.account}", bundle_of(done.insolvency))
                landed()

    def _keep(self, proofs: list[MarginProof]) -> None:
        self.proofs += [bundle_of(proof) for proof in proofs]

    def _result(self, world: World, url: str) -> dict[str, Any]:
        quality = self.epochs[-1].surface.quality.market
        return {
            "proofs": [self._proof_json(bundle) for bundle in self.proofs],
            "transactions": [{"name": r.name, "gas": r.gas} for r in world.transactions()],
            "liquidation_latency_ms": self.latency_ms,
            "surface": [
                {
                    "market": BTC_USD.name,
                    "expiries": len(self.epochs[-1].witnesses),
                    "rmse_vol_points": quality.rmse_vol_points,
                    "inside_share": quality.inside_share,
                }
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


def _first_second(recording: Path) -> int:
    for frame in RecordingReader(recording, RejectLedger()):
        return frame.received_at_us // 1_000_000
    raise ChainError(f"recording {recording}: no frames")
