# SPDX-License-Identifier: Apache-2.0
"""Options at any strike of a slice: the circuit has the model's integers, and false claims are refused by their rule."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from oracle.errors import InvalidValue
from oracle.model.black76 import black76
from oracle.statements.option import CALL, LOG_MONEYNESS_OFFSET, read_option, segment_layers
from oracle.statements.slice import knots_digest
from prover.artifacts import ArtifactStore
from prover.errors import ConstraintViolated
from prover.field import SCALAR_MODULUS
from prover.r1cs import decode_witness
from prover.witness import WitnessCalculator
from tests.circuits.options import CORNERS, KNOTS, OptionCase, corner, random_cases
from tests.circuits.support import ROOT, Product, broken_rules, field, signed, with_field
from tests.model.laws import full_law
from tests.soundness.statements import whole

CASES = 320
ELSEWHERE = random.Random(5).randrange(SCALAR_MODULUS)
"""Far away in the field, and no small fraction."""
Inputs = dict[str, Any]


@pytest.fixture(scope="module")
def cases() -> list[OptionCase]:
    return random_cases(CASES)


def refused(product: Product, inputs: Inputs) -> list[str]:
    """The source lines that refuse the inputs."""
    with pytest.raises(ConstraintViolated) as caught:
        product.circuit.wires(inputs)
    return broken_rules(caught.value)


def test_publics_of_every_strike_are_those_of_the_statement(option_product: Product, cases: list[OptionCase]) -> None:
    for case in cases:
        statement, values = case.statement, case.values
        wires = option_product.wires(statement)
        assert wires[1:4] == statement.publics
        assert option_product.circuit.value(wires, "black.cdf_d1") == values.cdf_d1
        assert option_product.circuit.value(wires, "black.pdf_d1") == values.pdf_d1


@pytest.mark.parametrize("knots", [48, 64, 96])
def test_publics_of_every_corner_are_those_of_the_statement_in_the_larger_circuits(knots: int) -> None:
    artifact = ArtifactStore(ROOT / "build").circuit(f"option_{knots}")
    calculator = WitnessCalculator(artifact.circuit, artifact.wasm)
    small = corner("on a knot")
    laws = [(small.density, small.forward_q16, strike) for strike in CORNERS.values()]
    # the last rows and the switches above them
    wide, forward = full_law(knots)
    laws += [(wide, forward, wide.knots_ticks[j] + 1) for j in (0, knots // 2, knots - 2, knots - 1)]
    for law, forward_q16, strike in laws:
        statement = OptionCase(law.padded(knots), forward_q16, strike).statement
        wires = decode_witness(calculator.calculate(statement.circuit_inputs()))
        assert wires[1:4] == statement.publics


def test_the_cases_have_every_corner(cases: list[OptionCase]) -> None:
    rows = {case.segment.row for case in cases}
    assert {0, 1, KNOTS - 1, KNOTS} <= rows
    assert len(rows) > 25
    assert any(0 in case.density.gaps_ticks[:-1] for case in cases)
    assert sum(case.strike_ticks in case.density.knots_ticks for case in cases) > 50
    assert any(case.density.knots_ticks[0] == 0 for case in cases)
    assert any(case.values.call_q53 == 0 for case in cases)


def test_every_inner_number_is_that_of_the_model(cases: list[OptionCase]) -> None:
    circuit = whole("option_32").circuit
    for case in cases[:60]:
        wires = circuit.wires(case.statement.circuit_inputs())

        def value(signal: str, wires: list[int] = wires) -> int:
            return signed(circuit.value(wires, signal))

        law, segment, values = case.density, case.segment, case.values
        row = segment.row
        inside, right = 0 < row < KNOTS, row < KNOTS
        core = black76(values.log_moneyness_q48, values.total_vol_q32)
        assert value("knots.mean_q53") == law.mean_q53
        assert value("knots.digest") % SCALAR_MODULUS == knots_digest(law) == case.statement.d[3]
        assert value("segment.to_right_ticks") == segment.to_right_ticks
        assert value("segment.right_call_q53") == (law.call_q53[row] if right else 0)
        assert value("segment.right_survival_q53") == (law.survival_q53[row] if right else 0)
        assert value("segment.right_density_q") == (law.density_q[row] if inside else 0)
        assert value("segment.left_density_q") == (law.density_q[row - 1] if inside else 0)
        assert value("black.d1") == core.d1_q34
        assert value("black.cdf_d2") == core.cdf_d2
        assert 0 <= value("rest") < segment.gap_ticks


@pytest.mark.parametrize("name", CORNERS)
def test_the_price_has_no_other_value(option_product: Product, name: str) -> None:
    for by in (1, -1, 1 << 30, -(1 << 30), 1 << 77, ELSEWHERE):
        rules = refused(option_product, moved("call_q53", by)(corner(name)))
        assert any("floor_low.in" in line or "floor_high.in" in line for line in rules)


def test_a_call_that_is_a_fraction_in_the_field_is_refused_by_every_reader(option_product: Product) -> None:
    """The row is 3 x 10^4 ticks wide: a third of r passes the rounding, breaks the vol here and is beyond 2^78 anywhere."""
    case = corner("below the first knot")
    assert case.segment.gap_ticks % 3 == 0
    third = pow(3, -1, SCALAR_MODULUS)
    inputs = with_field(case.statement, "call_q53", (case.values.call_q53 - third) % SCALAR_MODULUS)
    assert not any("floor_" in line for line in refused(option_product, inputs))
    vector = list(case.statement.d)
    vector[CALL] = inputs["call_q53"]
    with pytest.raises(InvalidValue, match="call_q53"):
        read_option(tuple(vector))


@pytest.mark.parametrize("name", ["below the first knot", "on a knot", "between knots", "above the last knot"])
def test_no_other_row_holds_a_strike(option_product: Product, name: str) -> None:
    """Every row with the width that it has, and with every width that would make its distances pass."""
    case = corner(name)
    inputs, knots = case.statement.circuit_inputs(), case.density.knots_ticks
    ends = [0, *knots, knots[-1] + (1 << 24)]
    for row in range(1 << segment_layers(KNOTS)):
        if min(row, KNOTS) == case.segment.row:
            continue
        bits = [row >> layer & 1 for layer in range(segment_layers(KNOTS))]
        left, right = ends[min(row, KNOTS)], ends[min(row, KNOTS) + 1]
        for gap in {right - left, right - case.strike_ticks, 1 << 25}:
            changed = {**inputs, "segment_bits": bits, "gap_ticks": field(gap)}
            assert any("left_of.in" in line or "right_of.in" in line for line in refused(option_product, changed))


def test_no_other_width_of_the_row_is_accepted(option_product: Product) -> None:
    for name in CORNERS:
        statement = corner(name).statement
        for by in (1, -1, 1 << 25, -(1 << 25), 1 << 49, SCALAR_MODULUS // 5):
            inputs = with_field(statement, "gap_ticks", field(statement.inputs["gap_ticks"] + by))
            rules = refused(option_product, inputs)
            assert any("_of.in" in line or "floor_" in line for line in rules)


def moved(name: str, by: int, *index: int) -> Callable[[OptionCase], Inputs]:
    """One element of a signal shifted."""

    def change(case: OptionCase) -> Inputs:
        value = case.statement.inputs[name]
        for i in index:
            value = value[i]
        return with_field(case.statement, name, field(value + by), *index)

    return change


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("tolerance.in", moved("total_vol_q32", 1 << 12)),
        ("tolerance.in", moved("total_vol_q32", -(1 << 12))),
        ("tolerance.in", moved("forward_q16", 1 << 6)),
        ("tolerance.in", moved("forward_q16", -(1 << 6))),
        ("tolerance.in", moved("log_moneyness_q48", 1 << 36)),
        ("tolerance.in", moved("log_moneyness_q48", -(1 << 36))),
        ("check_total_vol_q32.in", moved("total_vol_q32", 1 << 35)),
        ("check_strike_ticks.in", moved("strike_ticks", 1 << 24)),
        ("floor_low.in", moved("strike_ticks", 1)),
        ("floor_low.in", moved("strike_ticks", -1)),
        ("density[j].in", moved("density_q", SCALAR_MODULUS - (1 << 60), 4)),
        ("density[j].in", moved("density_q", 1 << 48, 4)),
        ("gap[j].in", moved("gaps_ticks", SCALAR_MODULUS - (1 << 40), 4)),
        ("gap[j].in", moved("gaps_ticks", 1 << 22, 4)),
        ("first.in", moved("first_knot_ticks", 1 << 24)),
        ("segment_bits[l] * (1 - segment_bits[l]) === 0", moved("segment_bits", 2, 0)),
        ("segment_bits[l] * (1 - segment_bits[l]) === 0", moved("segment_bits", 2, 5)),
    ],
)
def test_a_changed_number_is_refused_by_its_rule(
    option_product: Product, rule: str, change: Callable[[OptionCase], Inputs]
) -> None:
    rules = refused(option_product, change(corner("between knots")))
    wanted = (rule, "floor_high.in") if rule == "floor_low.in" else (rule,)
    # a moved knot or switch may leave the row, and a wide field the core, before its own range is looked at
    early = (
        () if rule in ("tolerance.in", "floor_low.in") else ("_of.in", "floor_", "remainder.in", "below.in", "bits.in")
    )
    assert any(part in line for line in rules for part in (*wanted, *early))


def test_the_vol_is_free_within_the_tolerance_of_the_price_alone(option_product: Product) -> None:
    """Not unique: the neighbouring vol is accepted too, with its own words and the same price."""
    case = corner("between knots")
    inputs = moved("total_vol_q32", 1)(case)
    wires = option_product.circuit.wires(inputs)
    core = black76(case.values.log_moneyness_q48, case.values.total_vol_q32 + 1)
    assert option_product.circuit.value(wires, "black.cdf_d1") == core.cdf_d1 != case.values.cdf_d1


def test_knots_of_another_slice_give_another_digest(option_product: Product) -> None:
    case = corner("above the last knot")
    other = with_field(case.statement, "density_q", case.density.density_q[2] - 1, 2)
    try:
        wires = option_product.circuit.wires(other)
    except ConstraintViolated:
        return
    assert wires[1:3] != case.statement.publics[:2]


def test_every_public_signal_is_bound(option_product: Product) -> None:
    wires = option_product.wires(corner("on a knot").statement)
    for public in (1, 2, 3):
        assert option_product.r1cs.violated_by_change(wires, public, wires[public] + 1)


def test_another_challenge_keeps_the_digest_and_moves_y(option_product: Product) -> None:
    statement = corner("on a knot").statement
    inputs = statement.circuit_inputs()
    other = option_product.circuit.wires({**inputs, "z": random.Random(1).randrange(SCALAR_MODULUS)})
    assert other[1] == statement.publics[0]
    assert other[2] != statement.publics[1]


def test_the_stored_log_moneyness_is_not_negative() -> None:
    for name in CORNERS:
        statement = corner(name).statement
        assert statement.d[2] - LOG_MONEYNESS_OFFSET == corner(name).values.log_moneyness_q48
        assert 0 <= statement.d[2] < 1 << 54
