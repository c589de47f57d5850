# SPDX-License-Identifier: Apache-2.0
"""A thousand proofs of random witnesses over seven circuits and both engines: all verify, some elsewhere too.

Two circuits are made to meet the exceptional cases of point addition: inputs that share every constraint have equal bases,
inputs with opposite factors opposite ones, inputs that no constraint names bases at infinity.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from prover.artifacts import ArtifactStore
from prover.build import build_source
from prover.engine import EngineOptions
from prover.field import SCALAR_MODULUS
from prover.proof import Proof
from prover.prove import Prover
from prover.verify import verify, verify_batch, verify_independent, verify_snarkjs
from prover.witness import Inputs
from tests.circuits.equality import presets
from tests.circuits.generators import GENERATORS

TWINS = """\
// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

template Twins(n) {
    signal input equal[n];
    signal input opposite[n];
    signal input unused[n];
    signal input factor;
    signal steps[n + 1];
    signal output out;

    var sum = 0;
    for (var i = 0; i < n; i++) {
        sum += equal[i] + (i % 2 == 0 ? opposite[i] : -opposite[i]);
    }
    steps[0] <== sum * factor;
    for (var i = 0; i < n; i++) {
        steps[i + 1] <== steps[i] * (sum + SHIFT);
    }
    out <== steps[n];
}

component main {public [factor]} = Twins(150);
"""
SIZE = 150
SAMPLE = 3
"""Proofs of each circuit that py-ecc verifies too; of snarkjs one."""


@dataclass(frozen=True)
class Case:
    """A circuit, how many proofs of it, and inputs by seed with the public signals where the model knows them."""

    circuit: str
    proofs: int
    inputs: Callable[[int], tuple[Inputs, list[int] | None]]


def twins(seed: int) -> tuple[Inputs, None]:
    """Bits, extremes of the field and random elements."""
    draw = random.Random(seed)
    choices: list[Callable[[], int]] = [
        lambda: draw.randrange(2),
        lambda: SCALAR_MODULUS - 1,
        lambda: draw.randrange(SCALAR_MODULUS),
    ]

    def mixed() -> int:
        return draw.choice(choices)()

    kind = choices[seed % 3] if seed % 4 else mixed
    signals = {name: [kind() for _ in range(SIZE)] for name in ("equal", "opposite", "unused")}
    return {**signals, "factor": draw.randrange(SCALAR_MODULUS)}, None


def statement_of(circuit: str) -> Callable[[int], tuple[Inputs, list[int] | None]]:
    """Random statements of a product's circuit."""
    template, sizes = presets()[circuit]

    def inputs(seed: int) -> tuple[Inputs, list[int] | None]:
        statement = GENERATORS[template](sizes, seed).statement
        return statement.circuit_inputs(), statement.publics

    return inputs


PRODUCT = {"insolvency_4": 300, "insolvency_8": 150, "option_32": 150, "solvency_4": 50, "slice_32_16": 50}
CASES = [
    Case("twins", 250, twins),
    Case("shifted", 100, twins),
    *(Case(circuit, proofs, statement_of(circuit)) for circuit, proofs in PRODUCT.items()),
]


@pytest.fixture(scope="module")
def stores(root: Path, workshop: Path) -> dict[str, ArtifactStore]:
    """By circuit: where its keys are."""
    own = ArtifactStore(workshop / "twins")
    for name, shift in (("twins", "0"), ("shifted", "7")):
        main = workshop / f"{name}.circom"
        main.write_text(TWINS.replace("SHIFT", shift), encoding="utf-8")
        build_source(name, main, root, own)
    return {case.circuit: ArtifactStore(root / "build") if case.circuit in PRODUCT else own for case in CASES}


def proofs_of(case: Case, prover: Prover) -> list[Proof]:
    """The case's proofs, their public signals compared with the model's."""
    made = []
    for seed in range(case.proofs):
        inputs, publics = case.inputs(seed)
        proof = prover.prove(case.circuit, inputs)
        assert publics is None or list(proof.publics) == publics
        made.append(proof)
    return made


@pytest.mark.full
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.circuit)
def test_proofs_of_random_witnesses_verify(case: Case, stores: dict[str, ArtifactStore], root: Path) -> None:
    store = stores[case.circuit]
    prover = Prover(store, [case.circuit])
    vkey = prover.verification_key(case.circuit)
    made = proofs_of(case, prover)
    for proof in made:
        verify(proof, vkey)
    verify_batch(made, vkey)
    for proof in made[:: len(made) // SAMPLE][:SAMPLE]:
        verify_independent(proof, vkey)
    verify_snarkjs(made[-1], vkey, root)


@pytest.mark.full
def test_a_thousand_witnesses_over_seven_circuits_are_proven() -> None:
    assert sum(case.proofs for case in CASES) >= 1000
    assert len({case.circuit for case in CASES}) == 7


@pytest.mark.parametrize("engine", [EngineOptions(), EngineOptions(lean=True), EngineOptions("portable")], ids=str)
def test_circuits_with_equal_opposite_and_unused_columns_are_proven(
    stores: dict[str, ArtifactStore], engine: EngineOptions
) -> None:
    prover = Prover(stores["twins"], ["twins"], engine)
    verify_batch(proofs_of(Case("twins", 12, twins), prover), prover.verification_key("twins"))
