# SPDX-License-Identifier: Apache-2.0
"""What is measured of one circuit: times, the ratio to rapidsnark, key loading, memory."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from prover.bench.rapidsnark import Rapidsnark, build_library, wtns
from prover.bench.workload import Workload, prepare, race, ratios
from prover.engine import EngineOptions
from prover.nativelib import require_native
from prover.verify import verify

ENGINES = {
    "vector": EngineOptions("vector"),
    "vector, lean": EngineOptions("vector", lean=True),
    "portable": EngineOptions("portable"),
}
RAPIDSNARK = "rapidsnark"


def memory(options: EngineOptions, workload: Workload) -> tuple[float, float]:
    """Of a process of its own: milliseconds to load the key, tables at hand; peak memory in MB after two proofs."""
    require_native()
    manifest = workload.artifact.manifest()
    started = time.perf_counter()
    key = options.load_key(workload.artifact, manifest)
    loaded_ms = 1e3 * (time.perf_counter() - started)
    for _ in range(2):
        key.prove(workload.witness)
    return loaded_ms, _peak_mb()


def _peak_mb() -> float:
    """The most memory that this process has held, as Linux tells it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return float(status.partition("VmHWM:")[2].split()[0]) / 1024


def measure(circuit: str, root: Path, runs: int, peers: bool) -> dict[str, dict[str, float]]:
    """By contender: figures by name. `speedup` is against rapidsnark. Raises as `build_source` and ToolMissing."""
    workload = prepare(circuit, root)
    artifact, manifest = workload.artifact, workload.artifact.manifest()
    contenders: dict[str, Callable[[], object]] = {}
    for name, options in ENGINES.items():
        key = options.load_key(artifact, manifest)
        contenders[name] = lambda key=key: key.prove(workload.witness)  # type: ignore[misc]
    if peers:
        rapidsnark = Rapidsnark(build_library(root / "build" / "bench"), circuit, artifact.zkey)
        file = wtns(workload.witness)
        verify(rapidsnark.prove(file), artifact.verification_key())
        contenders[RAPIDSNARK] = lambda: rapidsnark.prove(file)
    times = race(contenders, runs)
    rows = {name: {"min_ms": min(values), "median_ms": median(values)} for name, values in times.items()}
    if peers:
        for name, ratio in ratios(times, RAPIDSNARK).items():
            rows[name]["speedup"] = ratio
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for name, options in ENGINES.items():
            rows[name]["key_load_ms"], rows[name]["peak_mb"] = pool.apply(memory, (options, workload))
    return rows
