# SPDX-License-Identifier: Apache-2.0
"""What is measured of one circuit: times beside other provers, loading and making of keys and tables, memory."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from prover.artifacts import ArtifactStore
from prover.bench.peers import Contender, contenders
from prover.bench.workload import INPUTS, Times, Workload, prepare, race
from prover.engine import EngineOptions
from prover.errors import NativeFailure
from prover.keys import make_development_key
from prover.nativelib import require_native
from prover.prove import Prover

FULL, LEAN, PORTABLE = "vector", "vector, lean", "portable"
ENGINES = {FULL: EngineOptions("vector"), LEAN: EngineOptions("vector", lean=True), PORTABLE: EngineOptions("portable")}
REPEATS = 3
"""Times that keys and tables are loaded and made; the median counts."""

Absent = Callable[[str, str], None]
"""Hears of a contender that cannot take part, and why."""


def measure_times(circuit: str, root: Path, runs: int, peers: Sequence[str], absent: Absent) -> Times:
    """The race of our engines and `peers` on one key and witness. Raises as `build_source` and the provers do."""
    workload = prepare(circuit, root)
    own: dict[str, Contender] = {}
    for name, options in ENGINES.items():
        try:
            key = options.load_key(workload.artifact, workload.artifact.manifest())
        except NativeFailure as error:
            absent(name, str(error))
            continue
        own[name] = lambda key=key: key.prove(workload.witness)  # type: ignore[misc]
    with contenders(peers, workload, root, absent) as theirs:
        return race({**own, **theirs}, runs)


def measure_resources(circuit: str, root: Path, absent: Absent) -> dict[str, dict[str, float]]:
    """By engine, each in processes of its own: key_load_ms with tables at hand, prover_load_ms likewise with the file's hash and
    the subgroup of its points checked, table_build_s (a key's first load: tables made and written), peak_mb after two proofs.

    Raises as `build_source` does.
    """
    workload = prepare(circuit, root)
    rows: dict[str, dict[str, float]] = {}
    for name, options in ENGINES.items():
        try:
            rows[name] = _in_processes(_load_and_prove, options, workload, REPEATS if name == FULL else 1)
        except NativeFailure as error:
            absent(name, str(error))
    for name in set(rows) & {FULL}:
        rows[name] |= _in_processes(_build_tables, ENGINES[name], workload, REPEATS)
    return rows


def measure_dev_key(root: Path) -> float:
    """Seconds for a development key, of the circuit that takes longer. Raises as `build_source` does."""
    medians = []
    for circuit in INPUTS:
        artifact = prepare(circuit, root).artifact
        seconds = []
        with tempfile.TemporaryDirectory(dir=artifact.folder.parent) as folder:
            for _ in range(REPEATS):
                started = time.perf_counter()
                make_development_key(artifact.r1cs, Path(folder, "zkey"), Path(folder, "vkey.json"))
                seconds.append(time.perf_counter() - started)
        medians.append(median(seconds))
    return max(medians)


Measurement = Callable[[EngineOptions, Workload], dict[str, float]]


def _in_processes(
    measurement: Measurement, options: EngineOptions, workload: Workload, repeats: int
) -> dict[str, float]:
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        rows = [pool.apply(measurement, (options, workload)) for _ in range(repeats)]
    return {label: median(row[label] for row in rows) for label in rows[0]}


def _load_and_prove(options: EngineOptions, workload: Workload) -> dict[str, float]:
    require_native()
    manifest = workload.artifact.manifest()
    started = time.perf_counter()
    key = options.load_key(workload.artifact, manifest)
    key_load_ms = 1e3 * (time.perf_counter() - started)
    for _ in range(2):
        key.prove(workload.witness)
    peak_mb = _peak_mb()
    del key
    started = time.perf_counter()
    Prover(ArtifactStore(workload.artifact.folder.parent), [workload.artifact.circuit], options)
    prover_load_ms = 1e3 * (time.perf_counter() - started)
    return {"key_load_ms": key_load_ms, "prover_load_ms": prover_load_ms, "peak_mb": peak_mb}


def _build_tables(options: EngineOptions, workload: Workload) -> dict[str, float]:
    native = require_native()
    artifact, manifest = workload.artifact, workload.artifact.manifest()
    with tempfile.TemporaryDirectory(dir=artifact.folder.parent) as folder:
        tables = (Path(folder, "tables"), bytes.fromhex(manifest.zkey_sha256))
        started = time.perf_counter()
        native.Key.load(artifact.zkey, engine=options.engine, lean=options.lean, tables=tables)
        return {"table_build_s": time.perf_counter() - started}


def _peak_mb() -> float:
    """The most memory that this process has held, as Linux tells it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return float(status.partition("VmHWM:")[2].split()[0]) / 1024
