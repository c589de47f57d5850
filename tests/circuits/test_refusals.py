# SPDX-License-Identifier: Apache-2.0
"""False statements about a slice or an account: each is refused by the constraint that stands against it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from oracle.errors import CalendarViolation, InvalidSlice
from oracle.model.density import DensitySlice
from oracle.statements.slice import SliceWitness, slice_statement
from oracle.statements.statement import Statement
from prover.errors import ConstraintViolated, SignalOutOfField
from prover.field import SCALAR_MODULUS
from tests.circuits.conftest import Case, MarginCase
from tests.circuits.support import DOMAIN, Product, broken_rules, field, with_field

Inputs = dict[str, Any]


def refused(product: Product, inputs: Inputs) -> list[str]:
    """The source lines that refuse the inputs."""
    with pytest.raises(ConstraintViolated) as caught:
        product.circuit.wires(inputs)
    return broken_rules(caught.value)


def moved(name: str, by: int, *index: int) -> Callable[[Statement], Inputs]:
    """One element of a signal shifted."""

    def change(statement: Statement) -> Inputs:
        value = statement.inputs[name]
        for i in index:
            value = value[i]
        return with_field(statement, name, field(value + by), *index)

    return change


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("fit.in", moved("fit_error_q16", -1)),
        ("mark_remainder.in", moved("mark_e2", 1, 3)),
        ("mark_remainder.in", moved("mark_e2", -1, 3)),
        ("tolerance.in", moved("total_vol_q32", 1 << 12, 3)),
        ("tolerance.in", moved("total_vol_q32", -(1 << 12), 3)),
        ("forward.in", moved("forward_q16", 1)),
        ("forward.in", moved("forward_q16", -1)),
        ("tolerance.in", moved("ln_forward_q48", 1 << 36)),
        ("tolerance.in", moved("ln_strike_q48", 1 << 36, 3)),
        ("used * (knot_ticks - strike_ticks) === 0", moved("strike_ticks", 1, 3)),
        ("density[j].in", moved("density_q", SCALAR_MODULUS - (1 << 60), 4)),
        ("gap[j].in", moved("gaps_ticks", SCALAR_MODULUS - (1 << 40), 4)),
        ("first.in", moved("first_knot_ticks", 1 << 24)),
        ("mark_remainder.in", moved("tick_e2", 1)),
        ("claim * (1 - claim) === 0", moved("claim", 1, 0)),
        ("range_ratio.in", moved("ratio_p", 1 << 20, 0)),
        ("range_p.in", moved("ratio_p", 1 << 32, 0)),
        ("range_q.in", moved("ratio_q", 1 << 33, 1)),
        ("bits[l][i] * (1 - bits[l][i]) === 0", moved("strike_bits", 2, 0, 0)),
    ],
)
def test_a_changed_number_of_a_slice_is_refused_by_its_rule(
    slice_product: Product, claimed: Case, rule: str, change: Callable[[Statement], Inputs]
) -> None:
    assert any(rule in line for line in refused(slice_product, change(claimed.statement)))


def test_a_vol_off_by_two_to_the_minus_20_is_refused_where_the_price_feels_it(
    slice_product: Product, slices: list[Case]
) -> None:
    """At the strikes next to the forward; far out the tolerance of the price is wider than the vega."""
    for case in slices[:6]:
        strikes = case.witness.values.strikes
        nearest = min(
            range(len(strikes)), key=lambda i: abs(strikes[i].ln_strike_q48 - case.witness.values.ln_forward_q48)
        )
        for by in (1 << 12, -(1 << 12)):
            rules = refused(slice_product, moved("total_vol_q32", by, nearest)(case.statement))
            assert any("tolerance.in" in line for line in rules)


@pytest.mark.parametrize("name", ["ratio_q", "put", "quoted", "used"])
def test_a_selector_outside_its_values_is_refused(slice_product: Product, claimed: Case, name: str) -> None:
    value = 0 if name == "ratio_q" else 2
    rules = refused(slice_product, with_field(claimed.statement, name, value, len(claimed.statement.inputs[name]) - 1))
    wanted = {
        "ratio_q": "range_q.in",
        "put": "put * (1 - put) === 0",
        "quoted": "quoted * (1 - quoted) === 0",
        "used": "used * (1 - used) === 0",
    }[name]
    # a signal may break the fit or a parity before its own range is looked at
    assert any(wanted in line or "fit.in" in line for line in rules)


def test_negative_density_is_refused_by_model_and_circuit(slice_product: Product, claimed: Case) -> None:
    own = claimed.witness.density
    with pytest.raises(InvalidSlice, match="density"):
        replace(own, density_q=(*own.density_q[:5], -1, *own.density_q[6:]))
    rules = refused(slice_product, with_field(claimed.statement, "density_q", field(-1), 5))
    assert any("density[j].in" in line for line in rules)


def test_a_negative_gap_is_refused(slice_product: Product, claimed: Case) -> None:
    rules = refused(slice_product, with_field(claimed.statement, "gaps_ticks", field(-1), 7))
    assert any("gap[j].in" in line for line in rules)


def test_mass_above_one_is_refused_by_model_and_circuit(slice_product: Product, claimed: Case) -> None:
    own = claimed.witness.density
    doubled = tuple(2 * q for q in own.density_q)
    with pytest.raises(InvalidSlice, match="exceeds one"):
        DensitySlice(own.knots_ticks, doubled)
    inputs = {**claimed.statement.circuit_inputs(), "density_q": list(doubled)}
    assert any("atom.in" in line for line in refused(slice_product, inputs))


def test_one_unit_of_mass_too_much_is_refused(slice_product: Product, claimed: Case) -> None:
    """The atom's mass and one unit more, put on one knot, whatever happens to the mean."""
    own = claimed.witness.density
    j = 16
    per_unit = 3 * (own.knots_ticks[j + 1] - own.knots_ticks[j - 1])
    exact = own.density_q[j] + own.atom_q53 // per_unit
    over = with_field(claimed.statement, "density_q", exact + 1, j)
    assert any("atom.in" in line for line in refused(slice_product, over))
    within = with_field(claimed.statement, "density_q", exact, j)
    assert not any("atom.in" in line for line in refused(slice_product, within))


def test_a_crossing_neighbour_cannot_be_claimed(slice_product: Product, claimed: Case) -> None:
    """The later neighbour presented as the earlier one, with the certificate of the honest pair forced in."""
    assert claimed.later is not None
    assert claimed.earlier is not None
    with pytest.raises(CalendarViolation, match="certificate"):
        slice_statement(claimed.witness, claimed.market, claimed.epoch, DOMAIN, claimed.later, claimed.earlier)
    honest = claimed.statement.circuit_inputs()
    swapped = [claimed.later, claimed.earlier]
    forced = {
        **honest,
        "neighbour_density_q": [list(n.density_q) for n in swapped],
        "neighbour_gaps_ticks": [list(n.gaps_ticks) for n in swapped],
        "neighbour_first_knot_ticks": [n.knots_ticks[0] for n in swapped],
    }
    for ratio in (honest["ratio_p"], [1, 1], [0, 0]):
        rules = refused(slice_product, {**forced, "ratio_p": ratio})
        assert any(
            name in line for line in rules for name in ("range_ratio.in", "range_atom.in", "range_room[i][e].in")
        )


def test_a_claim_cannot_be_switched_on_without_a_certificate(slice_product: Product, slices: list[Case]) -> None:
    alone = next(case for case in slices if not case.earlier and not case.later)
    later = next(case for case in slices if case.later and case.market == alone.market).later
    assert later is not None
    inputs = alone.statement.circuit_inputs()
    inputs["neighbour_density_q"] = [inputs["neighbour_density_q"][0], list(later.density_q)]
    inputs["neighbour_gaps_ticks"] = [inputs["neighbour_gaps_ticks"][0], list(later.gaps_ticks)]
    inputs["neighbour_first_knot_ticks"] = [0, later.knots_ticks[0]]
    rules = refused(slice_product, {**inputs, "claim": [0, 1]})
    assert any("range_room[i][e].in" in line or "range_atom.in" in line for line in rules)


def test_an_unclaimed_neighbour_goes_out_as_zero(slice_product: Product, slices: list[Case]) -> None:
    alone = next(case for case in slices if not case.earlier and not case.later)
    inputs = alone.statement.circuit_inputs()
    foreign = {**inputs, "neighbour_density_q": [[7] * 32, [9] * 32]}
    assert slice_product.circuit.wires(foreign)[1:4] == alone.statement.publics


def test_a_smaller_fit_error_is_refused_and_a_larger_one_is_a_weaker_statement(
    slice_product: Product, claimed: Case
) -> None:
    values = claimed.witness.values
    weaker = claimed.again(replace(claimed.witness, values=replace(values, fit_error_q16=values.fit_error_q16 + 1)))
    stronger = claimed.again(replace(claimed.witness, values=replace(values, fit_error_q16=values.fit_error_q16 - 1)))
    assert slice_product.circuit.accepts(weaker.circuit_inputs())
    assert any("fit.in" in line for line in refused(slice_product, stronger.circuit_inputs()))


def test_an_unused_slot_cannot_hold_a_strike_or_a_mark(slice_product: Product, slices: list[Case]) -> None:
    case = next(case for case in slices if len(case.witness.values.strikes) == 12)
    slot = 14
    assert any(
        "(1 - used) * strike_ticks" in r
        for r in refused(slice_product, with_field(case.statement, "strike_ticks", 1, slot))
    )
    assert any("mark_remainder.in" in r for r in refused(slice_product, with_field(case.statement, "mark_e2", 1, slot)))


def test_a_used_slot_cannot_be_declared_unused(slice_product: Product, claimed: Case) -> None:
    assert any(
        "(1 - used) * strike_ticks" in r for r in refused(slice_product, with_field(claimed.statement, "used", 0, 2))
    )


def test_a_mean_off_the_attested_forward_is_refused_by_the_model(claimed: Case) -> None:
    snapshot = replace(claimed.witness.snapshot, forward_q16=claimed.witness.snapshot.forward_q16 + 1)
    with pytest.raises(InvalidSlice, match="D-5"):
        SliceWitness.build(claimed.witness.size, claimed.witness.density, snapshot, 100)


@pytest.mark.parametrize("circuit_id", ["slice_32_16", "solvency_4", "insolvency_4"])
def test_an_element_shifted_by_the_modulus_is_refused(
    products: dict[str, Product],
    claimed: Case,
    solvencies: list[MarginCase],
    insolvencies: list[MarginCase],
    circuit_id: str,
) -> None:
    statement = {
        "slice_32_16": claimed.statement,
        "solvency_4": solvencies[0].statement(),
        "insolvency_4": insolvencies[0].statement(),
    }[circuit_id]
    for name, value in statement.circuit_inputs().items():
        first, index = value, tuple[int, ...]()
        while isinstance(first, list):
            first, index = first[0], (*index, 0)
        with pytest.raises(SignalOutOfField, match=name):
            products[circuit_id].circuit.wires(with_field(statement, name, first + SCALAR_MODULUS, *index))


FIELDS = {
    "required_cash_e6": 64,
    "value_e6": 66,
    "factor_e2": 8,
    "short_rate_e5": 17,
    "perpetual_rate_e5": 17,
    "spot_e4": 16,
    "ln_spot_q24": 27,
    "weight_e5": 17,
    "amount_e4": 29,
    "put": 1,
    "perpetual": 1,
    "strike_e2": 32,
    "log_moneyness_q24": 27,
    "forward_e2": 32,
    "vol_q18": 21,
    "inverse_vol_q4": 12,
}


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("value", ["above", "negative"])
def test_a_field_of_insolvency_at_its_width_or_negative_is_refused(
    insolvency_product: Product, insolvencies: list[MarginCase], name: str, value: str
) -> None:
    """Moving a packed field past its width would borrow from its neighbour in the same element."""
    statement = insolvencies[0].statement(cash=-(1 << 50))
    wrong = 1 << FIELDS[name] if value == "above" else field(-1)
    index = (0,) if isinstance(statement.inputs[name], list) else ()
    rules = refused(insolvency_product, with_field(statement, name, wrong, *index))
    wanted = f"{name} * (1 - {name}) === 0" if FIELDS[name] == 1 else f"check_{name}.in"
    assert any(wanted in line for line in rules)


def test_a_perpetual_put_is_refused(
    insolvency_product: Product, solvency_product: Product, solvencies: list[MarginCase], insolvencies: list[MarginCase]
) -> None:
    for product, case in ((solvency_product, solvencies[0]), (insolvency_product, insolvencies[0])):
        statement = case.statement(cash=1 << 50 if case.row is None else -(1 << 50))
        inputs = {**with_field(statement, "put", 1, 0), "perpetual": [1, 0, 0, 0]}
        assert any("put * perpetual === 0" in line for line in refused(product, inputs))
