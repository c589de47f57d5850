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
from prover.field import ELEMENT_BYTES, SCALAR_MODULUS
from prover.witness import Inputs, WitnessCalculator

INPUTS: Mapping[str, Inputs] = {
    "fx": {"x": 123_456_789_012_345_678_901_234_567, "y": 0xFEDC_BA98_7654_3210},
    "ff": {"x": 987_654_321},
}
"""By circuit."""

PAUSE_S = 0.02
"""Between two proofs of a race: threads of the one before that still spin come to rest."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One circuit's artefact and witness, and the witness as the file that snarkjs and others read."""

    artifact: CircuitArtifact
    witness: bytes
    witness_file: Path


def bench_store(root: Path) -> ArtifactStore:
    """Where the circuits of the benchmark are built."""
    return ArtifactStore(root.resolve() / "build" / "bench")


def prepare(circuit: str, root: Path) -> Workload:
    """Builds the circuit, with a development key, below `root`/build/bench unless it is there. Raises as `build_source`."""
    source = Path(__file__).parent / "circuits" / f"{circuit}.circom"
    store = bench_store(root)
    artifact = build_source(circuit, source, root, store)
    witness = WitnessCalculator.of(artifact).calculate(INPUTS[circuit])
    file = store.path / f"{circuit}.wtns"
    file.unlink(missing_ok=True)
    file.write_bytes(wtns(witness))
    return Workload(artifact, witness, file)


def wtns(witness: bytes) -> bytes:
    """The file that snarkjs and others read: version 2, a header and the words of `witness`."""
    header = (
        ELEMENT_BYTES.to_bytes(4, "little")
        + SCALAR_MODULUS.to_bytes(ELEMENT_BYTES, "little")
        + (len(witness) // ELEMENT_BYTES).to_bytes(4, "little")
    )
    sections = b"".join(
        kind.to_bytes(4, "little") + len(content).to_bytes(8, "little") + content
        for kind, content in ((1, header), (2, witness))
    )
    return b"wtns" + (2).to_bytes(4, "little") + (2).to_bytes(4, "little") + sections


Times = dict[str, list[float]]
"""Milliseconds of each round by contender."""


def race(contenders: Mapping[str, Callable[[], object]], runs: int, pause_s: float = PAUSE_S) -> Times:
    """Milliseconds of each of `runs` rounds by contender, after one round that does not count.

    The contenders take turns, so that a slow spell of the machine meets all of them.
    """
    times: Times = {name: [] for name in contenders}
    for _ in range(runs + 1):
        for name, prove in contenders.items():
            time.sleep(pause_s)
            started = time.perf_counter()
            prove()
            times[name].append(1e3 * (time.perf_counter() - started))
    return {name: values[1:] for name, values in times.items()}


def ratio(times: Mapping[str, list[float]], reference: str, own: str) -> float:
    """The median over the rounds of the reference's time divided by `own`'s."""
    return median(theirs / ours for theirs, ours in zip(times[reference], times[own], strict=True))
