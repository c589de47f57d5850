# SPDX-License-Identifier: Apache-2.0
"""Fifty random accounts: the circuit accepts the model's bound, refuses one unit better, and never contradicts mpmath."""

from __future__ import annotations

from oracle.model.grid import vol_mode
from oracle.model.margin import cell, cell_hint, padded
from tests.circuits.accounts import GRID, exact_requirement, weighted_gross
from tests.circuits.conftest import MarginCase
from tests.circuits.support import Product, field
from tests.soundness.statements import whole

LARGEST_SLACK = 2e-5
"""Of weighted gross notional; the median is below 5e-6."""


def test_the_accounts_cover_shorts_spreads_perpetuals_puts_and_hours_before_expiry(
    solvencies: list[MarginCase], insolvencies: list[MarginCase]
) -> None:
    for cases in (solvencies, insolvencies):
        assert {case.account.style for case in cases} == {"mixed", "short", "spread", "near"}
        positions = [p for case in cases for p in case.account.positions]
        assert {(p.put, p.perpetual) for p in positions} == {(False, False), (True, False), (False, True)}
        assert {p.amount_e4 > 0 for p in positions} == {True, False}
        assert any(len(case.account.positions) == size for size in (1, 4) for case in cases)


def _bit_for_bit(product: Product, cases: list[MarginCase]) -> None:
    for case in cases:
        statement = case.statement()
        assert product.wires(statement)[1:4] == statement.publics
        assert not product.circuit.accepts(case.statement(beyond=1).circuit_inputs())


def test_solvency_accepts_the_bound_of_the_model_and_refuses_one_unit_less(
    solvency_product: Product, solvencies: list[MarginCase]
) -> None:
    _bit_for_bit(solvency_product, solvencies)


def test_insolvency_accepts_the_bound_of_the_model_and_refuses_one_unit_more(
    insolvency_product: Product, insolvencies: list[MarginCase]
) -> None:
    _bit_for_bit(insolvency_product, insolvencies)


def test_cells_of_insolvency_hold_the_integers_of_the_model(insolvencies: list[MarginCase]) -> None:
    circuit = whole("insolvency_4").circuit
    for case in insolvencies:
        assert case.row is not None
        wires = circuit.wires(case.statement().circuit_inputs())
        for i, p in enumerate(padded(case.account.positions, 4)):
            vol, k = p.vols_q18[vol_mode(case.row)], p.log_moneyness_q24 - GRID.scenarios[case.row].ln_spot_q24
            upper = p.needs_upper(False)
            legs = [circuit.value(wires, f"cell[{i}].{leg}_leg") for leg in ("asset", "strike")]
            expected = cell(vol, upper, k, p.asset, p.strike)
            assert legs == [field(leg) for leg in expected]
            assert (circuit.value(wires, f"cell[{i}].d"), circuit.value(wires, f"cell[{i}].tail_steps")) == cell_hint(
                k, vol
            )


def test_cells_of_solvency_hold_the_integers_of_the_model(solvencies: list[MarginCase]) -> None:
    circuit = whole("solvency_4").circuit
    for case in solvencies[:8]:
        wires = circuit.wires(case.statement().circuit_inputs())
        for i, p in enumerate(padded(case.account.positions, 4)):
            for j, row in enumerate(GRID.scenarios):
                vol, k = p.vols_q18[vol_mode(j)], p.log_moneyness_q24 - row.ln_spot_q24
                legs = [circuit.value(wires, f"cell[{i}][{j}].{leg}_leg") for leg in ("asset", "strike")]
                assert legs == [field(leg) for leg in cell(vol, p.needs_upper(True), k, p.asset, p.strike)]


def test_the_solvency_bound_is_never_below_the_exact_requirement(solvencies: list[MarginCase]) -> None:
    slack = sorted(
        float((case.bound - exact_requirement(case.account)) / weighted_gross(case.account)) for case in solvencies
    )
    assert slack[0] >= 0
    assert slack[len(slack) // 2] < 5e-6
    assert slack[-1] < LARGEST_SLACK


def test_the_insolvency_bound_is_never_above_the_exact_requirement(insolvencies: list[MarginCase]) -> None:
    slack = []
    for case in insolvencies:
        assert case.row is not None
        exact = exact_requirement(case.account, rows=[case.row])
        slack.append(float((exact - case.bound) / weighted_gross(case.account, rows=[case.row])))
    slack.sort()
    assert slack[0] >= 0
    assert slack[len(slack) // 2] < 5e-6
    assert slack[-1] < LARGEST_SLACK
