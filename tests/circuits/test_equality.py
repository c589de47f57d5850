# SPDX-License-Identifier: Apache-2.0
"""The circuits hold and publish the model's integers, bit for bit, on random statements of every preset.

``ZKRISK_CASES`` random cases per template at its smallest preset (``make test-circuits``: 10,000);
``ZKRISK_PRESET_CASES`` at every other preset (``make test-circuits-full``: 500, by default none).
"""

from __future__ import annotations

import os

import pytest

from tests.circuits import equality, generators
from tests.circuits.equality import Comparison, compare, presets, smallest_presets

CASES = int(os.environ.get("ZKRISK_CASES", "40"))
PRESET_CASES = int(os.environ.get("ZKRISK_PRESET_CASES", "0"))
SMALLEST = smallest_presets()
OTHERS = [circuit_id for circuit_id in presets() if circuit_id not in SMALLEST]
INNER = {"slice": 25, "option": 20, "solvency": 500, "insolvency": 15}
"""Least number of inner numbers compared per case: a renamed signal would otherwise go unnoticed."""


def _equal(found: Comparison, cases: int) -> None:
    assert found.differences[:5] == []
    assert found.cases == cases
    template, _ = presets()[found.circuit_id]
    assert found.inner >= INNER[template] * cases


def test_every_template_has_a_generator() -> None:
    assert {template for template, _ in presets().values()} == generators.GENERATORS.keys() == INNER.keys()


@pytest.mark.parametrize("circuit_id", SMALLEST)
def test_random_statements_have_the_models_integers_at_the_smallest_preset(circuit_id: str) -> None:
    equality.build(circuit_id)
    found = compare(circuit_id, CASES)
    _equal(found, CASES)
    assert len(found.labels) >= 3


@pytest.mark.skipif(not PRESET_CASES, reason="set ZKRISK_PRESET_CASES, or make test-circuits-full")
@pytest.mark.parametrize("circuit_id", OTHERS)
def test_random_statements_have_the_models_integers_at_every_other_preset(circuit_id: str) -> None:
    equality.build(circuit_id)
    _equal(compare(circuit_id, PRESET_CASES, first=1 << 20), PRESET_CASES)


@pytest.mark.parametrize("circuit_id", SMALLEST)
def test_a_changed_inner_number_and_a_changed_output_are_reported(
    circuit_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    template, _ = presets()[circuit_id]
    original = generators.GENERATORS[template]

    def changed(sizes: generators.Sizes, seed: int) -> generators.CircuitCase:
        case = original(sizes, seed)
        inner = {name: value + 1 for name, value in case.inner.items()}
        d = (case.statement.d[0] ^ 1, *case.statement.d[1:])
        statement = type(case.statement)(circuit_id, d, case.statement.inputs, case.statement.domain)
        return generators.CircuitCase(statement, inner, case.label)

    monkeypatch.setattr(generators, "GENERATORS", {**generators.GENERATORS, template: changed})
    found = equality.compare_case(circuit_id, 7)
    assert any("digest" in line for line in found.differences)
    assert any(name.split("[")[0] in "".join(found.differences) for name in original(presets()[circuit_id][1], 7).inner)
