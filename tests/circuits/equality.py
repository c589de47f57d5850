# SPDX-License-Identifier: Apache-2.0
"""Model against circuit over many seeds, on all cores: one resident witness generator per process and circuit."""

from __future__ import annotations

import json
import multiprocessing
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache

from prover.artifacts import ArtifactStore
from prover.build import build_source
from prover.errors import ConstraintViolated
from prover.r1cs import read_symbols
from prover.witness import WitnessCalculator
from tests.circuits import generators
from tests.circuits.support import ROOT

WORD = 32
CHUNK = 50
PUBLICS = ("digest", "y", "z")


@dataclass
class Comparison:
    """What a run of cases found: the first differences in words, and what was compared."""

    circuit_id: str
    cases: int = 0
    inner: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def add(self, other: Comparison) -> None:
        """Takes over another run's counts and differences."""
        self.cases += other.cases
        self.inner += other.inner
        self.labels += other.labels
        self.differences += other.differences


@cache
def presets() -> dict[str, tuple[str, dict[str, int]]]:
    """Circuit id to template and sizes."""
    raw = json.loads((ROOT / "circuits" / "presets.json").read_text())
    return {circuit_id: (preset["template"], preset["sizes"]) for circuit_id, preset in raw.items()}


def smallest_presets() -> list[str]:
    """The first preset of each template by its sizes."""
    ordered = sorted(presets().items(), key=lambda item: tuple(item[1][1].values()))
    return list({template: circuit_id for circuit_id, (template, _) in reversed(ordered)}.values())


@cache
def resident(circuit_id: str) -> tuple[WitnessCalculator, dict[str, int]]:
    """Witness generator and symbols, loaded once a process."""
    artifact = ArtifactStore(ROOT / "build").artifact(circuit_id)
    return WitnessCalculator.of(artifact), read_symbols(artifact.sym)


def build(circuit_id: str) -> None:
    """Makes the circuit's artefact from the present sources where it is not up to date."""
    main = ROOT / "circuits" / "generated" / f"{circuit_id}.circom"
    build_source(circuit_id, main, ROOT, ArtifactStore.locate(ROOT / "build"))


def compare_case(circuit_id: str, seed: int) -> Comparison:
    """One case: published signals and every inner number that is a wire."""
    template, sizes = presets()[circuit_id]
    case = generators.GENERATORS[template](sizes, seed)
    calculator, symbols = resident(circuit_id)
    result = Comparison(circuit_id, 1, 0, Counter([case.label]))
    try:
        witness = calculator.calculate(case.statement.circuit_inputs())
    except ConstraintViolated as refused:
        result.differences.append(f"{circuit_id} seed {seed} ({case.label}): refused: {refused}")
        return result

    def wire(index: int) -> int:
        return int.from_bytes(witness[WORD * index : WORD * (index + 1)], "little")

    expected = {**dict(zip(PUBLICS, case.statement.publics, strict=True)), **case.inner}
    for name, value in expected.items():
        index = symbols.get(f"main.{name}")
        if index is None:
            continue
        result.inner += name not in PUBLICS
        if wire(index) != generators.field(value):
            result.differences.append(f"{circuit_id} seed {seed} ({case.label}): {name} = {wire(index)}, not {value}")
    if [wire(1), wire(2), wire(3)] != case.statement.publics:
        result.differences.append(f"{circuit_id} seed {seed} ({case.label}): public signals differ")
    return result


def _chunk(task: tuple[str, int, int]) -> Comparison:
    circuit_id, first, count = task
    total = Comparison(circuit_id)
    for seed in range(first, first + count):
        total.add(compare_case(circuit_id, seed))
    return total


def compare(circuit_id: str, count: int, first: int = 0, processes: int | None = None) -> Comparison:
    """``count`` cases from seed ``first``; the circuit's artefact must be built."""
    tasks: Sequence[tuple[str, int, int]] = [
        (circuit_id, first + start, min(CHUNK, count - start)) for start in range(0, count, CHUNK)
    ]
    total = Comparison(circuit_id)
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        for part in pool.map(_chunk, tasks):
            total.add(part)
    return total
