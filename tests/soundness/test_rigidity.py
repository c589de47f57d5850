# SPDX-License-Identifier: Apache-2.0
"""At honest witnesses no wire of a product circuit can move, even by a direction over the field; no signal is left unused."""

from __future__ import annotations

from collections import Counter

import pytest

from oracle.statements.statement import Statement
from prover.field import SCALAR_MODULUS
from tests.circuits.support import Product, sources
from tests.soundness.coverage import Coverage
from tests.soundness.rigidity import linearised, movable
from tests.soundness.statements import STATEMENTS, smallest, whole
from tests.soundness.system import System, system_of
from tests.soundness.usage import dead_ends, idle_inputs, unconstrained

DEAD_ENDS = {
    ("Pick", "bits"): "switches outside the live width: forced to 0",
    ("Pick", "rows_a"): "rows of the last layer that are not picked",
    ("Pick", "rows_b"): "rows of the last layer that are not picked",
    ("CoreNormal", "pdf"): "the density of d2 is 0 and not used",
    ("MarginCdf", "below"): "only the tails of d count, not those of d + v",
}
"""Signals of exactly one equation, by reason; the public outputs are others."""


def held_signals(statement: str) -> set[str]:
    """The challenge and the elements that the circuit reads as they are."""
    opaque = [element["name"] for element in STATEMENTS[statement]["elements"] if element.get("opaque")]
    return {"main.z", *(f"main.{name}" for name in opaque)}


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_wire_of_a_product_circuit_can_move(
    name: str, statement_products: dict[str, Product], cases: dict[str, list[Statement]], coverage: Coverage
) -> None:
    """z is held, and opaque elements, which are the verifier's own: no other input may move either."""
    product, pinned = statement_products[name], []
    held = [wire for signal, wire in product.circuit.symbols.items() if signal.split("[")[0] in held_signals(name)]
    for statement in cases[name]:
        wires = product.wires(statement)
        assert product.r1cs.violated(wires) == []
        free = movable(product.r1cs, wires, held)
        assert free == set()
        pinned.append(len(wires) - len(free))
    coverage.note(name, rigid=[min(pinned), len(wires)])


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_signal_is_used(name: str, coverage: Coverage) -> None:
    system = whole(smallest(name))
    assert unconstrained(system) == []
    assert idle_inputs(system) == []
    found = dead_ends(system)
    coverage.note(name, unused=len(unconstrained(system)) + len(idle_inputs(system)))
    allowed = {(system.main, "y"), (system.main, "digest"), *DEAD_ENDS}
    assert [sorted(kinds) for kinds in found if not kinds & allowed] == []


def test_every_documented_dead_end_occurs() -> None:
    found = {kind for name in STATEMENTS for kinds in dead_ends(whole(smallest(name))) for kind in kinds}
    assert set(DEAD_ENDS) <= found


def small(name: str, body: str) -> System:
    """A template with private inputs a, b and the output y."""
    text = f"template Small() {{\n    signal input a;\n    signal input b;\n    signal output y;\n{body}}}\n"
    main = 'pragma circom 2.1.6;\ninclude "small.circom";\ncomponent main = Small();\n'
    files = {
        "lib/bits.circom": sources()["lib/bits.circom"],
        "small.circom": f'pragma circom 2.1.6;\ninclude "lib/bits.circom";\n{text}',
    }
    return system_of(f"small_{name}", files, main)


FREE = {
    "product": ("    y <== a * b;\n", set()),
    "unbound": ("    y <-- a * b;\n    a * b === 0 * y;\n", {"main.y"}),
    "sum": ("    signal m <-- a;\n    signal n <-- b;\n    m + n === a + b;\n    y <== m + n;\n", {"main.m", "main.n"}),
    "root": ("    signal m <-- a;\n    signal s <== a * a;\n    m * m === s;\n    y <== m + b;\n", set()),
    "pair": (
        "    signal m <-- a;\n    signal n <-- b;\n    m + n === a + b;\n    m - n === a - b;\n    y <== m + n;\n",
        set(),
    ),
}


@pytest.mark.parametrize("name", FREE)
def test_the_wires_that_can_move_are_named(name: str) -> None:
    body, free = FREE[name]
    system = small(name, body)
    wires = system.circuit.wires({"a": 3, "b": 0 if name == "unbound" else 5})
    inputs = [system.circuit.symbols[name] for name in ("main.a", "main.b")]
    assert {system.names[wire] for wire in movable(system.r1cs, wires, inputs)} == free


def test_a_linearised_constraint_is_the_derivative_of_the_constraint() -> None:
    system = small("product", FREE["product"][0])
    wires = system.circuit.wires({"a": 3, "b": 5})
    (row,) = linearised(system.r1cs, wires)
    names = {system.names[wire]: c for wire, c in row.items()}
    scale = pow(names["main.y"], -1, SCALAR_MODULUS)
    assert {n: c * scale % SCALAR_MODULUS for n, c in names.items()} == {
        "main.y": 1,
        "main.a": SCALAR_MODULUS - 5,
        "main.b": SCALAR_MODULUS - 3,
    }


def test_signals_in_no_or_one_equation_and_inputs_that_are_only_checked_are_named() -> None:
    system = small("idle", "    component r = Range(4);\n    r.in <== b;\n    signal m <-- a;\n    y <== a * a;\n")
    assert unconstrained(system) == ["main.m"]
    assert idle_inputs(system) == ["main.b"]
    assert Counter(kind for kinds in dead_ends(system) for kind in kinds)["Small", "y"] == 1
