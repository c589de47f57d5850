# SPDX-License-Identifier: Apache-2.0
"""Single wires of honest witnesses moved by +1, -1 and to a random element: what survives is known by name.

One bit of every decomposition is not a wire: the optimiser writes it as the sum of the others, so that moving another
bit also asks whether the booleans are checked.
"""

from __future__ import annotations

import random
import re

import pytest

from oracle.statements.statement import Statement
from prover.field import SCALAR_MODULUS
from tests.circuits.conftest import Case, MarginCase
from tests.circuits.options import corner
from tests.circuits.support import Product, product_of, sources

SWITCHES = {"kink_bits", "tangent_bits", "strike_bits"}
"""Switches between equal rows: either position gives the same rows."""


def survivors(product: Product, wires: list[int]) -> list[tuple[str, int, int]]:
    """Name, honest value and other value of every wire that can be moved alone."""
    names = {wire: name for name, wire in product.circuit.symbols.items()}
    draw = random.Random(len(wires))
    moved, found = list(wires), []
    for wire in range(1, len(wires)):
        near = product.r1cs.constraints_of(wire)
        for value in (wires[wire] + 1, wires[wire] - 1, draw.randrange(SCALAR_MODULUS)):
            moved[wire] = value % SCALAR_MODULUS
            if not product.r1cs.violated(moved, near):
                found.append((names[wire].removeprefix("main."), wires[wire], value))
        moved[wire] = wires[wire]
    return found


def _of(product: Product, statement: Statement) -> list[tuple[str, int, int]]:
    wires = product.wires(statement)
    assert product.r1cs.violated(wires) == []
    return survivors(product, wires)


@pytest.mark.full
def test_no_wire_of_solvency_can_be_moved(solvency_product: Product, solvencies: list[MarginCase]) -> None:
    assert _of(solvency_product, solvencies[2].statement()) == []


def test_no_wire_of_insolvency_can_be_moved_but_the_sign_of_a_net_of_zero(
    insolvency_product: Product, insolvencies: list[MarginCase]
) -> None:
    for case in insolvencies[:5]:
        options = [p for p in case.account.positions if not p.perpetual]
        free = {
            name
            for name, put in (("calls_short", False), ("puts_short", True))
            if sum(p.asset for p in options if p.put is put) == 0
        }
        found = _of(insolvency_product, case.statement())
        assert {name for name, _, _ in found} == free
        assert all({before, after} == {0, 1} for _, before, after in found)


@pytest.mark.full
def test_no_wire_of_a_claimed_slice_can_be_moved_but_switches_between_equal_rows(
    slice_product: Product, claimed: Case
) -> None:
    found = _of(slice_product, claimed.statement)
    assert {re.sub(r"\[.*", "", name) for name, _, _ in found} == SWITCHES
    assert all({before, after} == {0, 1} for _, before, after in found)
    assert len(found) < 200


@pytest.mark.parametrize("name", ["below the first knot", "on a knot", "between knots", "above the last knot"])
def test_no_wire_of_an_option_can_be_moved_but_switches_between_equal_rows(option_product: Product, name: str) -> None:
    found = _of(option_product, corner(name).statement)
    assert {re.sub(r"\[.*", "", wire) for wire, _, _ in found} <= {"segment_bits"}
    assert all({before, after} == {0, 1} for _, before, after in found)


def test_a_missing_boolean_is_found_by_moving_wires() -> None:
    files = sources()
    check = "        out[i] * (1 - out[i]) === 0;\n"
    assert files["lib/bits.circom"].count(check) == 1
    main = 'pragma circom 2.1.6;\ninclude "lib/bits.circom";\ncomponent main {public [in]} = Range(20);\n'
    found = []
    for planted, text in enumerate((files["lib/bits.circom"], files["lib/bits.circom"].replace(check, ""))):
        product = product_of(f"boolean_{planted}", {"lib/bits.circom": text}, main)
        found.append(survivors(product, product.circuit.wires({"in": 12345})))
    assert found[0] == []
    assert found[1]
