# SPDX-License-Identifier: Apache-2.0
"""The two circuits, their witnesses, and races between provers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from prover.artifacts import ArtifactStore, CircuitArtifact
from prover.build import build_source
from prover.witness import Inputs, WitnessCalculator

INPUTS: Mapping[str, Inputs] = {
    "bits": {"x": 123_456_789_012_345_678_901_234_567, "y": 0xFEDC_BA98_7654_3210},
    "field": {"x": 987_654_321},
}
"""By circuit. bits: 63,595 constraints, nearly all wires are bits. field: 63,500 constraints over full-size elements."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One circuit's artefact and witness."""

    artifact: CircuitArtifact
    witness: bytes


def prepare(circuit: str, root: Path) -> Workload:
    """Builds the circuit, with a development key, below `root`/build/bench unless it is there. Raises as `build_source`."""
    source = Path(__file__).parent / "circuits" / f"{circuit}.circom"
    artifact = build_source(circuit, source, root, ArtifactStore(root / "build" / "bench"))
    return Workload(artifact, WitnessCalculator(circuit, artifact.wasm).calculate(INPUTS[circuit]))


def race(contenders: Mapping[str, Callable[[], object]], runs: int) -> dict[str, list[float]]:
    """Milliseconds of each of `runs` rounds by contender, after one round that does not count.

    The contenders take turns, so that a slow spell of the machine meets all of them.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(runs + 1):
        for name, prove in contenders.items():
            started = time.perf_counter()
            prove()
            times[name].append(1e3 * (time.perf_counter() - started))
    return {name: values[1:] for name, values in times.items()}


def ratios(times: Mapping[str, list[float]], reference: str) -> dict[str, float]:
    """By contender: the median over the rounds of the reference's time divided by its own."""
    return {
        name: median(theirs / own for theirs, own in zip(times[reference], values, strict=True))
        for name, values in times.items()
    }
