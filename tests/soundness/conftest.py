# SPDX-License-Identifier: Apache-2.0
"""Tampered copies, honest cases by statement, and the record of what the suite covers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oracle.statements.statement import Statement
from tests.circuits.conftest import (
    Case,
    MarginCase,
    claimed,
    insolvencies,
    insolvency_product,
    option_product,
    products,
    slice_product,
    slices,
    solvencies,
    solvency_product,
)
from tests.circuits.options import corner
from tests.circuits.support import Product
from tests.soundness.coverage import FILE, Coverage
from tests.soundness.statements import PRESETS, STATEMENTS, smallest, whole
from tests.soundness.tampering import Tampered, tampered_circuit

__all__ = [
    "claimed",
    "insolvencies",
    "insolvency_product",
    "option_product",
    "products",
    "slice_product",
    "slices",
    "solvencies",
    "solvency_product",
]

_RECORD = Coverage()


@pytest.fixture(scope="session")
def coverage() -> Iterator[Coverage]:
    """Figures of this run; the file is written at its end."""
    yield _RECORD
    _RECORD.write()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table, where the suite ran."""
    if _RECORD.statements:
        terminalreporter.section("soundness")
        for line in _RECORD.table():
            terminalreporter.write_line(line)
        if _RECORD.complete():
            terminalreporter.write_line(f"written to {FILE.parent.name}/{FILE.name}")


def tampered_preset(circuit_id: str) -> Tampered:
    """The copy of a preset."""
    preset = PRESETS[circuit_id]
    return tampered_circuit(preset["template"], preset["call"], f"{preset['template']}.circom", "{public [z]} ")


@pytest.fixture(scope="session")
def tampered_circuits() -> dict[str, Tampered]:
    """The copy of the smallest preset of every statement."""
    return {statement: tampered_preset(smallest(statement)) for statement in STATEMENTS}


@pytest.fixture(scope="session")
def tampered_insolvency(tampered_circuits: dict[str, Tampered]) -> Tampered:
    return tampered_circuits["insolvency"]


@pytest.fixture(scope="session")
def tampered_solvency(tampered_circuits: dict[str, Tampered]) -> Tampered:
    return tampered_circuits["solvency"]


@pytest.fixture(scope="session")
def tampered_slice(tampered_circuits: dict[str, Tampered]) -> Tampered:
    return tampered_circuits["slice"]


@pytest.fixture(scope="session")
def unclaimed(slices: list[Case]) -> Case:
    """One slice without a claim."""
    return next(case for case in slices if not case.earlier and not case.later)


@pytest.fixture(scope="session")
def cases(
    claimed: Case, unclaimed: Case, solvencies: list[MarginCase], insolvencies: list[MarginCase]
) -> dict[str, list[Statement]]:
    """Honest statements of every kind of the registry; the first exercises every condition."""
    found = {
        "slice": [claimed.statement, unclaimed.statement],
        "solvency": [case.statement() for case in solvencies[1:3]],
        "insolvency": [case.statement() for case in insolvencies[1:3]],
        "option": [corner(name).statement for name in ("between knots", "on a knot")],
    }
    missing = set(STATEMENTS) - set(found)
    if missing:
        raise LookupError(f"no honest case of {sorted(missing)}")
    return found


@pytest.fixture(scope="session")
def honest(cases: dict[str, list[Statement]]) -> dict[str, list[int]]:
    """Wires of the first honest case in the system of the smallest preset."""
    return {
        smallest(statement): whole(smallest(statement)).circuit.wires(found[0].circuit_inputs())
        for statement, found in cases.items()
    }


@pytest.fixture(scope="session")
def statement_products(products: dict[str, Product]) -> dict[str, Product]:
    """The product's circuits by statement."""
    return {PRESETS[circuit_id]["template"]: product for circuit_id, product in products.items()}
