# SPDX-License-Identifier: Apache-2.0
"""The stored golden vectors, replayed from the files alone: packing by the registry, public signals, witness of the circuit."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from oracle.registry.layout import load_presets, load_statements
from prover.artifacts import ArtifactStore
from prover.r1cs import R1cs, decode_witness, read_symbols
from prover.witness import WitnessCalculator
from tests.circuits import equality
from tests.circuits.equality import presets
from tests.circuits.generators import field
from tests.circuits.golden import signals_of
from tests.circuits.support import ROOT

VECTORS = ROOT / "tests" / "vectors"
PRESETS = load_presets(ROOT / "circuits" / "presets.json")
CIRCUITS = list(PRESETS)
BUILT = [name if PRESETS[name].default else pytest.param(name, marks=pytest.mark.full) for name in CIRCUITS]


def _integers(value: Any) -> Any:
    """Decimal strings as integers, recursively."""
    if isinstance(value, list):
        return [_integers(item) for item in value]
    return int(value) if isinstance(value, str) else value


@cache
def _cases(circuit_id: str) -> list[dict[str, Any]]:
    template, _ = presets()[circuit_id]
    stored = json.loads((VECTORS / f"statement_{template}.json").read_text())
    assert stored["statement"] == template
    return [case for case in stored["cases"] if case["circuit_id"] == circuit_id]


def _packed(circuit_id: str, inputs: dict[str, Any]) -> dict[int, int]:
    """Index to packed element, from the inputs and the registry; digests are not packed."""
    preset = PRESETS[circuit_id]
    statement = load_statements(ROOT / "circuits" / "statements.json")[preset.template]
    elements: dict[int, int] = {}
    index = 0
    for element in statement.elements:
        if element.fields and all(f.name in inputs for f in element.fields):
            for record in range(element.records(preset.sizes)):
                word = 0
                for f in element.fields:
                    value = inputs[f.name] if element.repeat is None else inputs[f.name][record]
                    assert 0 <= value < 1 << f.bits
                    word |= value << f.shift
                place = index + record // element.per_element
                elements[place] = elements.get(place, 0) | word << element.record_bits * (record % element.per_element)
        index += element.count(preset.sizes)
    return elements


@pytest.mark.parametrize("circuit_id", CIRCUITS)
def test_packing_the_inputs_gives_the_data_vector(circuit_id: str) -> None:
    assert _cases(circuit_id)
    for case in _cases(circuit_id):
        data = _integers(case["data"])
        packed = _packed(circuit_id, {name: _integers(value) for name, value in case["inputs"].items()})
        assert packed
        assert {index: data[index] for index in packed} == packed


@pytest.mark.parametrize("circuit_id", CIRCUITS)
def test_the_public_signals_follow_from_domain_and_data_vector(circuit_id: str) -> None:
    for case in _cases(circuit_id):
        expected = [int(case[name]) for name in ("digest", "y", "z")]
        assert signals_of(bytes.fromhex(case["domain"][2:]), _integers(case["data"])) == expected


@pytest.mark.parametrize("circuit_id", BUILT)
def test_the_circuit_publishes_the_signals_and_holds_the_expected_numbers(circuit_id: str) -> None:
    equality.build(circuit_id)
    artifact = ArtifactStore(ROOT / "build").artifact(circuit_id)
    calculator, symbols = WitnessCalculator.of(artifact), read_symbols(artifact.sym)
    for case in _cases(circuit_id):
        inputs = {name: _integers(value) for name, value in case["inputs"].items()}
        wires = decode_witness(calculator.calculate({**inputs, "z": int(case["z"])}))
        assert wires[1:4] == [int(case[name]) for name in ("digest", "y", "z")]
        compared = {name: int(value) for name, value in case["expected"].items() if f"main.{name}" in symbols}
        assert len(compared) >= 4
        assert {name: wires[symbols[f"main.{name}"]] for name in compared} == {
            name: field(value) for name, value in compared.items()
        }


def test_a_stored_witness_satisfies_every_constraint_of_its_circuit() -> None:
    for circuit_id in equality.smallest_presets():
        artifact = ArtifactStore(ROOT / "build").artifact(circuit_id)
        case = _cases(circuit_id)[0]
        inputs = {name: _integers(value) for name, value in case["inputs"].items()}
        witness = WitnessCalculator.of(artifact).calculate({**inputs, "z": int(case["z"])})
        assert R1cs.load(artifact.r1cs).violated(decode_witness(witness)) == []
