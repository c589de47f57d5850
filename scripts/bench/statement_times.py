# SPDX-License-Identifier: Apache-2.0
"""From inputs to verified proof, of statements about a simulated market: ``python -m scripts.bench.statement_times OUTPUT``."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from statistics import median

from oracle.model.account import Position, PublishedSlice, margin_positions
from oracle.model.grid import load_grid
from oracle.model.insolvency import worst_row
from oracle.model.margin import MarginParams
from oracle.node.epoch import FittedEpoch, fit_epoch
from oracle.node.markets import BTC_USD
from oracle.statements.insolvency import insolvency_statement
from oracle.statements.slice import SliceSize, slice_statement
from oracle.statements.solvency import solvency_statement
from oracle.statements.statement import Statement
from oracle.stream.epochs import snapshots
from oracle.stream.ledger import RejectLedger
from oracle.stream.open_recording import open_recording
from oracle.stream.simulator import write_recording
from oracle.stream.simulator_config import SimulatorConfig
from oracle.stream.snapshot import SnapshotBuilder
from oracle.surface.market import fit_market
from prover.artifacts import ArtifactStore
from prover.pool import ProverPool
from prover.proof import Proof
from prover.prove import Prover
from scripts.bench.circuit_sizes import BenchFailure

ROOT = Path(__file__).resolve().parents[2]
GRID = load_grid(ROOT / "circuits" / "grids" / "deribit.json")
INITIAL, MAINTENANCE = MarginParams(100, 0, 0), MarginParams(80, 0, 0)
UNBOUND = b"\0" * 32
SIZE = SliceSize(48, 32)
SLOTS, ACCOUNTS, ROUNDS = 16, 24, 15
THREADS = (1, 2, 3, 4)
BATCH = 4 * ACCOUNTS


def simulated_epoch() -> FittedEpoch:
    """One market of three expiries with 30 strikes each."""
    config = SimulatorConfig.small(tenors_days=(9, 30, 90), strikes_per_expiry=30)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "market.jsonl.gz")
        write_recording(path, config)
        ledger = RejectLedger()
        builder = SnapshotBuilder(BTC_USD.name, BTC_USD.currency, BTC_USD.tick_e2, ledger=ledger)
        snapshot = next(iter(snapshots(open_recording(path, ledger).events, builder)))
    return fit_epoch(fit_market(snapshot, (SIZE,)))


def middle_slice(epoch: FittedEpoch) -> Statement:
    """The slice between two others, both calendar conditions claimed."""
    earlier, own, later = epoch.witnesses
    snapshot = epoch.snapshot
    return slice_statement(own, snapshot.market, snapshot.epoch, UNBOUND, earlier=earlier.density, later=later.density)


def accounts(epoch: FittedEpoch) -> list[list[Position]]:
    """Different accounts of 16 options each, three written for one held."""
    contracts = [
        (w.expiry, value.strike_ticks, put)
        for w in epoch.witnesses
        for value in w.values.strikes
        for put in (False, True)
    ]
    books = []
    for number in range(ACCOUNTS):
        chosen = [contracts[(7 * number + 11 * i) % len(contracts)] for i in range(SLOTS)]
        books.append([Position(*c, (-1 if i % 4 else 1) * (10_000 + 137 * number + i)) for i, c in enumerate(chosen)])
    return books


def account_statements(epoch: FittedEpoch) -> tuple[list[Statement], list[Statement]]:
    """Of each account its insolvency in its worst scenario and its solvency over all 36."""
    published: dict[int, PublishedSlice] = {
        w.expiry: w.published(epoch.snapshot.observed_at_ms // 1000) for w in epoch.witnesses
    }
    insolvencies, solvencies = [], []
    for book in accounts(epoch):
        rows = margin_positions(book, published, GRID, upper=True)
        solvencies.append(solvency_statement(SLOTS, rows, GRID, INITIAL, UNBOUND))
        rows = margin_positions(book, published, GRID, upper=False)
        row, _ = worst_row(rows, GRID, MAINTENANCE)
        insolvencies.append(insolvency_statement(SLOTS, rows, GRID, row, MAINTENANCE, UNBOUND))
    return insolvencies, solvencies


def require_proof(statement: Statement, proof: Proof) -> None:
    """Raises BenchFailure unless the proof is of this statement."""
    if list(proof.publics) != statement.publics:
        raise BenchFailure(f"{statement.circuit_id}: the proof is of another statement")


def latencies(prover: Prover, statements: Sequence[Statement]) -> list[float]:
    """Milliseconds from inputs to verified proof of each statement, one after the other."""
    times = []
    for statement in statements:
        inputs = statement.circuit_inputs()
        started = time.perf_counter()
        proof = prover.prove(statement.circuit_id, inputs)
        times.append(1e3 * (time.perf_counter() - started))
        require_proof(statement, proof)
    return times


def in_a_row(prover: Prover, kinds: Mapping[str, Sequence[Statement]]) -> dict[str, float]:
    """Median of different accounts' statements of one kind, after as many that do not count: the key's tables are in memory."""
    return {
        name: median(latencies(prover, [statements[i % len(statements)] for i in range(2 * ROUNDS)])[ROUNDS:])
        for name, statements in kinds.items()
    }


def in_turns(prover: Prover, kinds: Mapping[str, Sequence[Statement]]) -> dict[str, float]:
    """Median where a statement of another kind comes between two of one: the tables are no longer in the cache."""
    names = list(kinds) * (ROUNDS + 1)
    mixed = [kinds[name][i // len(kinds) % len(kinds[name])] for i, name in enumerate(names)]
    times = latencies(prover, mixed)[len(kinds) :]
    return {f"{name}, in turns": median(times[i :: len(kinds)]) for i, name in enumerate(kinds)}


Batch = Callable[[Sequence[Statement]], list[Proof]]


@contextmanager
def ways(store: ArtifactStore, prover: Prover, circuit: str) -> Iterator[dict[str, Batch]]:
    """How the product proves many statements at once: threads on one prover, worker processes of one native thread."""

    def threaded(count: int) -> Batch:
        def prove(statements: Sequence[Statement]) -> list[Proof]:
            with ThreadPoolExecutor(count) as executor:
                return list(executor.map(lambda s: prover.prove(s.circuit_id, s.circuit_inputs()), statements))

        return prove

    with ProverPool(store, [circuit], workers=2, threads=1) as pool:

        def pooled(statements: Sequence[Statement]) -> list[Proof]:
            jobs = [pool.submit(s.circuit_id, s.circuit_inputs()) for s in statements]
            return [job.result(300) for job in jobs]

        yield {f"{count} threads": threaded(count) for count in THREADS} | {"2 worker processes": pooled}


def rates(store: ArtifactStore, prover: Prover, statements: Sequence[Statement]) -> dict[str, float]:
    """Proofs in a second by way, the median of three rounds in which the ways take turns."""
    batch = [statements[i % len(statements)] for i in range(BATCH)]
    found: dict[str, list[float]] = {}
    with ways(store, prover, statements[0].circuit_id) as available:
        for prove in available.values():
            prove(batch[:4])
        for _ in range(3):
            for name, prove in available.items():
                started = time.perf_counter()
                proofs = prove(batch)
                found.setdefault(name, []).append(len(batch) / (time.perf_counter() - started))
                for statement, proof in islice(zip(batch, proofs, strict=True), 4):
                    require_proof(statement, proof)
    return {name: median(values) for name, values in found.items()}


def main() -> int:
    """Measures, and writes {"rates": ..., "latencies_ms": ..., "turns_ms": ...} to the file named."""
    epoch = simulated_epoch()
    insolvencies, solvencies = account_statements(epoch)
    kinds = {
        "insolvency_16_ms": insolvencies,
        "solvency_16_36_ms": solvencies,
        "slice_48_32_ms": [middle_slice(epoch)],
    }
    store = ArtifactStore.locate()
    prover = Prover(store, [statements[0].circuit_id for statements in kinds.values()])
    # The rates come first: they bring the process to the state in which a node runs.
    result = {
        "rates": rates(store, prover, insolvencies),
        "latencies_ms": in_a_row(prover, kinds),
        "turns_ms": in_turns(prover, kinds),
    }
    for row in result.values():
        for name, value in row.items():
            print(f"  {name:<28}{value:8.1f}", flush=True)
    Path(sys.argv[1]).write_text(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
