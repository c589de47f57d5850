# SPDX-License-Identifier: Apache-2.0
"""Sizes of the instances, and the three public signals."""

from __future__ import annotations

import pytest

from prover.artifacts import ArtifactStore
from prover.r1cs import read_r1cs_header
from tests.circuits.conftest import Case, MarginCase
from tests.circuits.support import ROOT, Product

CONSTRAINTS = {
    "slice_32_16": 30_405,
    "slice_48_32": 49_325,
    "slice_64_48": 68_187,
    "slice_96_80": 105_450,
    "solvency_4": 20_264,
    "solvency_8": 30_033,
    "solvency_16": 49_109,
    "insolvency_4": 1_680,
    "insolvency_8": 2_680,
    "insolvency_16": 4_920,
    "insolvency_32": 9_166,
}


@pytest.mark.parametrize("circuit_id", CONSTRAINTS)
def test_an_instance_has_the_pinned_number_of_constraints(circuit_id: str) -> None:
    artifact = ArtifactStore(ROOT / "build").circuit(circuit_id)
    header = read_r1cs_header(artifact.r1cs)
    assert header.n_constraints == artifact.manifest().n_constraints == CONSTRAINTS[circuit_id]


@pytest.mark.parametrize("circuit_id", CONSTRAINTS)
def test_the_public_signals_are_digest_y_and_z(circuit_id: str) -> None:
    artifact = ArtifactStore(ROOT / "build").circuit(circuit_id)
    header = read_r1cs_header(artifact.r1cs)
    assert artifact.manifest().public_signals == ["digest", "y", "z"]
    assert (header.n_outputs, header.n_public_inputs) == (2, 1)


def test_every_public_signal_of_every_circuit_is_bound(
    products: dict[str, Product], claimed: Case, solvencies: list[MarginCase], insolvencies: list[MarginCase]
) -> None:
    for statement in (claimed.statement, solvencies[0].statement(), insolvencies[0].statement()):
        product = products[statement.circuit_id]
        wires = product.wires(statement)
        assert product.r1cs.violated(wires) == []
        for public in (1, 2, 3):
            assert product.r1cs.violated_by_change(wires, public, wires[public] + 1)
