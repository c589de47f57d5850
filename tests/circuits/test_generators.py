# SPDX-License-Identifier: Apache-2.0
"""The product's witness generators: machine code and WebAssembly give the same bytes and refuse the same inputs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from oracle.model.insolvency import worst_row
from oracle.statements.insolvency import insolvency_statement
from oracle.statements.slice import SliceSize, SliceWitness, slice_statement
from oracle.statements.solvency import solvency_statement
from oracle.statements.statement import Statement
from prover.artifacts import ArtifactStore
from prover.build import build_circuit
from prover.errors import ConstraintViolated, ProverError
from prover.field import SCALAR_MODULUS
from prover.witness import WitnessCalculator, flatten
from tests.circuits.accounts import GRID, random_account
from tests.circuits.conftest import Case, MarginCase
from tests.circuits.support import DOMAIN, ROOT

SLICES = (SliceSize(32, 16), SliceSize(48, 32), SliceSize(64, 48), SliceSize(96, 80))


def generators(circuit: str) -> tuple[WitnessCalculator, WitnessCalculator]:
    """Machine code and WebAssembly of a preset."""
    artifact = build_circuit(circuit, ROOT, ArtifactStore(ROOT / "build"))
    library, wasm = WitnessCalculator.of(artifact), WitnessCalculator(circuit, artifact.wasm)
    assert (library.kind, wasm.kind) == ("so", "wasm")
    return library, wasm


def outcome(calculator: WitnessCalculator, inputs: Mapping[str, Any]) -> bytes | tuple[type[ProverError], str, str]:
    """The witness, or the refusal with the innermost template and line that it names."""
    try:
        return calculator.calculate(inputs)
    except ConstraintViolated as error:
        template, line = re.findall(r"(?:template/function|in template) (\w+?)(?:_\d+)? line:? (\d+)", str(error))[0]
        return ConstraintViolated, template, line


def disturbed(statement: Statement, draw: Random) -> dict[str, Any]:
    """The inputs with one element changed: by one, by a high power of two, or to anything."""
    inputs = {name: flatten(name, signal) for name, signal in statement.circuit_inputs().items()}
    elements = inputs[draw.choice(sorted(inputs))]
    place = draw.randrange(len(elements))
    change = draw.choice([1, -1, 1 << draw.randrange(253), draw.randrange(SCALAR_MODULUS)])
    elements[place] = (elements[place] + change) % SCALAR_MODULUS
    return inputs


def compare(circuit: str, statements: list[Statement], disturbances: int) -> None:
    """Both generators on each statement and on copies of the last one with one element disturbed."""
    library, wasm = generators(circuit)
    for statement in statements:
        witness = library.calculate(statement.circuit_inputs())
        assert witness == wasm.calculate(statement.circuit_inputs())
        publics = library.values(statement.circuit_inputs(), [1, 2, 3])
        assert publics == statement.publics
    draw = Random(circuit)
    refusals = 0
    for _ in range(disturbances):
        inputs = disturbed(statements[-1], draw)
        ours = outcome(library, inputs)
        assert ours == outcome(wasm, inputs)
        refusals += isinstance(ours, tuple)
    assert refusals > disturbances // 2


@pytest.mark.parametrize("size", SLICES, ids=[size.circuit_id for size in SLICES])
def test_slices_give_equal_bytes_and_refusals(slices: list[Case], claimed: Case, size: SliceSize) -> None:
    chosen = [*slices, claimed] if size == SLICES[0] else [claimed]
    statements = []
    for case in chosen:
        neighbours = [n if n is None else n.padded(size.knots) for n in (case.earlier, case.later)]
        values = case.witness
        density = values.density.padded(size.knots)
        witness = SliceWitness(size, values.expiry, density, values.snapshot, values.values)
        statements.append(slice_statement(witness, case.market, case.epoch, DOMAIN, *neighbours))
    compare(size.circuit_id, statements, 24)


def test_small_accounts_give_equal_bytes_and_refusals(
    solvencies: list[MarginCase], insolvencies: list[MarginCase]
) -> None:
    compare("solvency_4", [case.statement() for case in solvencies], 24)
    compare("insolvency_4", [case.statement() for case in insolvencies], 24)


def test_large_accounts_give_equal_bytes_and_refusals() -> None:
    accounts = [(random_account(seed, True, 16), random_account(seed, False, 16)) for seed in range(4)]
    solvent = [solvency_statement(16, a.positions, GRID, a.params, DOMAIN) for a, _ in accounts]
    insolvent = [
        insolvency_statement(16, b.positions, GRID, worst_row(b.positions, GRID, b.params)[0], b.params, DOMAIN)
        for _, b in accounts
    ]
    compare("solvency_16", solvent, 12)
    compare("insolvency_16", insolvent, 12)
