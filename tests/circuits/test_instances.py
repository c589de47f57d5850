# SPDX-License-Identifier: Apache-2.0
"""Sizes of the instances, and the three public signals."""

from __future__ import annotations

import pytest

from oracle.analytics.portfolios import random_accounts
from oracle.model.margin import MarginParams
from oracle.model.solvency import required_cash_e6
from oracle.statements.solvency import solvency_statement
from prover.artifacts import ArtifactStore
from prover.r1cs import read_r1cs_header
from tests.circuits.accounts import GRID
from tests.circuits.conftest import Case, MarginCase
from tests.circuits.support import CIRCUITS, DOMAIN, ROOT, Product, product_of, sources

CONSTRAINTS = {
    "slice_32_16": 27_157,
    "slice_48_32": 42_783,
    "slice_64_48": 58_515,
    "slice_96_80": 89_332,
    "solvency_4": 20_264,
    "solvency_8": 30_033,
    "solvency_16": 49_109,
    "insolvency_4": 1_680,
    "insolvency_8": 2_680,
    "insolvency_16": 4_920,
    "insolvency_32": 9_166,
    "option_32": 3_884,
    "option_48": 5_276,
    "option_64": 6_906,
    "option_96": 9_870,
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


@pytest.mark.full
def test_the_solvency_circuit_that_is_not_built_by_default_holds_the_bound_of_thirty_two_positions() -> None:
    main = (CIRCUITS / "generated" / "solvency_32.circom").read_text().replace('"../solvency', '"solvency')
    product = product_of("solvency_32", sources(), main)
    assert len(product.r1cs.constraints) == 87_501
    params = MarginParams(100, 600, 0)
    book = next(b for b in map(random_accounts(5, 200, 32, GRID, True).positions, range(200)) if len(b) == 32)
    bound = required_cash_e6(book, GRID, params)
    for beyond, accepted in ((0, True), (-1, False)):
        statement = solvency_statement(32, book, GRID, params, DOMAIN, bound + beyond)
        assert product.circuit.accepts(statement.circuit_inputs()) is accepted
