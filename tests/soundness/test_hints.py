# SPDX-License-Identifier: Apache-2.0
"""Every hint of every circuit, shifted with all dependents recomputed.

A hint is either pinned (every shift breaks a constraint) or free in the prover's disfavour (docs/spec/statement.md,
section Hints): then no shift may carry a bound past the exact requirement.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any

import mpmath as mp
import pytest

from oracle.model.black76 import CDF_BITS
from prover.field import SCALAR_MODULUS
from tests.circuits.accounts import exact_requirement
from tests.circuits.conftest import Case, MarginCase
from tests.circuits.support import sources
from tests.soundness.circom import parse
from tests.soundness.tampering import SHIFTS, Site, Tampered, statements_of, tampered_circuit

PINNED = {("ToBits", "out"), ("Black76", "d1"), ("Black76", "d1_negative"), ("Black76", "d2_negative")}
FREE = {
    ("Cell", "d"),
    ("Cell", "tail_steps"),
    ("Insolvency", "calls_short"),
    ("Insolvency", "puts_short"),
}
BOUNDED = {("CalendarPair", "intercept")}
LENIENT = 1 << 50
"""Cash of about 10^9 dollars on the safe side: the bound itself does not stand in the way of any hint."""

Inputs = dict[str, Any]


def survivors(
    circuit: Tampered, inputs: Inputs, sites: Iterable[Site], shifts: Sequence[int]
) -> list[tuple[Site, int]]:
    """Shifts that no constraint refuses."""
    return [(site, shift) for site in sites for shift in shifts if circuit.accepts(inputs, site, shift)]


def of(sites: Iterable[Site], kinds: set[tuple[str, str]]) -> list[Site]:
    """Sites of some hints."""
    return [site for site in sites if site.kind in kinds]


def test_a_hint_in_a_form_the_copies_do_not_understand_is_an_error() -> None:
    with pytest.raises(ValueError, match="hint outside the form"):
        statements_of(parse({"x.circom": "template X() {\n    signal output out; 3 --> out; out\n        <-- 3;\n}\n"}))


@pytest.mark.parametrize("width", [1, 53, 253])
def test_no_bit_of_a_decomposition_can_be_shifted(width: int) -> None:
    circuit = tampered_circuit(f"bits_{width}", f"ToBits({width})", "lib/bits.circom")
    for value in (0, (1 << width) - 1, random.Random(width).getrandbits(width)):
        inputs = {"in": value}
        sites = circuit.sites(inputs)
        assert len(sites) == width
        assert survivors(circuit, inputs, sites, SHIFTS[:6]) == []


def test_no_hint_of_the_pricing_core_in_a_slice_can_be_shifted(tampered_slice: Tampered, claimed: Case) -> None:
    inputs = claimed.statement.circuit_inputs()
    sites = of(tampered_slice.sites(inputs), PINNED - {("ToBits", "out")})
    assert len(sites) == 48
    assert survivors(tampered_slice, inputs, sites, (1, -1)) == []


def test_no_hint_of_the_pricing_core_can_be_shifted() -> None:
    circuit = core()
    for inputs in CORE_INPUTS:
        sites = of(circuit.sites(inputs), PINNED - {("ToBits", "out")})
        assert survivors(circuit, inputs, sites, SHIFTS) == []


def test_the_sign_of_a_zero_is_free_and_moves_phi_by_less_than_the_table_error() -> None:
    """d1 = 0: both signs are true; Phi(0) and 1 - Phi(0) differ by twice the error of the table."""
    circuit = core()
    v = 1 << 30
    inputs = {"k": v * v >> 17, "total_vol_q32": v}
    site = next(site for site in circuit.sites(inputs) if site.signal == "d1_negative")
    honest, other = circuit.wires(inputs), circuit.wires(inputs, site, 1)
    values = [circuit.circuit.value(wires, "cdf_d1") / 2**CDF_BITS for wires in (honest, other)]
    assert abs(values[0] - values[1]) < 8e-11
    assert survivors(circuit, inputs, [site], [s for s in SHIFTS if s != 1]) == []


CORE_INPUTS: list[Inputs] = [
    {"k": 1 << 40, "total_vol_q32": 1 << 30},
    {"k": (1 << 46) + 12345, "total_vol_q32": (3 << 30) + 77},
    {"k": 0, "total_vol_q32": 1 << 33},
    {"k": 1 << 48, "total_vol_q32": 1 << 31},
    {"k": -(5 << 48) % SCALAR_MODULUS, "total_vol_q32": (7 << 32) + 12345},
]


def core(files: dict[str, str] | None = None, name: str = "black76") -> Tampered:
    """The pricing core alone."""
    return tampered_circuit(name, "Black76()", "lib/black76.circom", files=files)


REMOVALS = [
    ("lib/black76.circom", "    below.in <== 2 * v - 1 - (product - scaled_k);", "    below.in <== 0;", "d1"),
    ("lib/black76.circom", "    remainder.in <== product - scaled_k;", "    remainder.in <== 0;", "d1"),
    ("lib/bits.circom", "    sum === in;", "    in * 0 === 0;", "out"),
]


@pytest.mark.parametrize(("path", "constraint", "instead", "hint"), REMOVALS)
def test_a_removed_constraint_is_found_by_shifting_hints(path: str, constraint: str, instead: str, hint: str) -> None:
    files = sources()
    assert files[path].count(constraint) == 1
    files[path] = files[path].replace(constraint, instead)
    circuit = core(files, f"planted_{REMOVALS.index((path, constraint, instead, hint))}")
    sites = [site for site in circuit.sites(CORE_INPUTS[1]) if site.signal == hint]
    assert survivors(circuit, CORE_INPUTS[1], sites, SHIFTS)
    assert not survivors(core(), CORE_INPUTS[1], sites, SHIFTS)


def test_an_intercept_of_the_calendar_can_only_be_lowered_within_its_remainder(
    tampered_slice: Tampered, claimed: Case
) -> None:
    """Lower tangents hurt the prover; the remainder check allows ratio_q times the shift below 2^32."""
    inputs = claimed.statement.circuit_inputs()
    wires = tampered_slice.wires(inputs)
    accepted = 0
    for site in of(tampered_slice.sites(inputs), BOUNDED):
        pair, piece = site.component.removeprefix("main."), site.count

        def value(signal: str, pair: str = pair) -> int:
            return tampered_slice.circuit.value(wires, f"{pair}.{signal}")

        remainder = value(f"product[{piece}]") - value(f"back[{piece}]")
        room = min(value(f"room[{piece}][{end}]") for end in (0, 1))
        for shift in (1, -1, 1 << 64):
            allowed = shift < 0 and remainder - shift * value("ratio_q") < 1 << 32 and room >= -shift
            assert tampered_slice.accepts(inputs, site, shift) is allowed
            accepted += allowed
    assert accepted > 0


def test_an_intercept_that_is_not_claimed_is_free_and_publishes_nothing(
    tampered_slice: Tampered, slices: list[Case]
) -> None:
    alone = next(case for case in slices if not case.earlier and not case.later)
    inputs = alone.statement.circuit_inputs()
    site = of(tampered_slice.sites(inputs), BOUNDED)[0]
    wires = tampered_slice.wires(inputs, site, -5)
    assert [tampered_slice.circuit.value(wires, name) for name in ("digest", "y", "z")] == alone.statement.publics
    assert alone.statement.d[2:4] == (0, 0)


def test_free_hints_are_free_where_the_bound_leaves_room(
    tampered_insolvency: Tampered,
    tampered_solvency: Tampered,
    solvencies: list[MarginCase],
    insolvencies: list[MarginCase],
) -> None:
    found = set()
    for circuit, statement in (
        (tampered_insolvency, insolvencies[1].statement(cash=-LENIENT)),
        (tampered_solvency, solvencies[1].statement(cash=LENIENT)),
    ):
        inputs = statement.circuit_inputs()
        sites = of(circuit.sites(inputs), FREE)
        for kind in FREE:
            some = [site for site in sites if site.kind == kind][:4]
            found |= {s.kind for s, _ in survivors(circuit, inputs, some, (1, -1))}
    assert found == FREE


def test_no_free_hint_carries_insolvency_past_the_exact_requirement(
    tampered_insolvency: Tampered, insolvencies: list[MarginCase]
) -> None:
    for case in insolvencies[:12]:
        assert case.row is not None
        beyond = int(mp.floor(exact_requirement(case.account, rows=[case.row]))) + 1
        inputs = case.statement(cash=beyond).circuit_inputs()
        honest = case.statement().circuit_inputs()
        sites = of(tampered_insolvency.sites(honest), FREE)
        assert survivors(tampered_insolvency, inputs, sites, SHIFTS) == []


def test_no_free_hint_carries_solvency_past_the_exact_requirement(
    tampered_solvency: Tampered, solvencies: list[MarginCase]
) -> None:
    for case in solvencies[1:4]:
        beyond = int(mp.ceil(exact_requirement(case.account))) - 1
        inputs = case.statement(cash=beyond).circuit_inputs()
        sites = of(tampered_solvency.sites(case.statement().circuit_inputs()), FREE)
        chosen = random.Random(case.bound).sample(sites, 16)
        assert survivors(tampered_solvency, inputs, chosen, (1, -1, 128)) == []
