# SPDX-License-Identifier: Apache-2.0
"""Fifty random accounts: the circuit accepts the model's bound, refuses one unit better, and never contradicts mpmath."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from oracle.analytics.portfolios import random_accounts
from oracle.model.grid import load_grid, vol_mode
from oracle.model.insolvency import required_cash_e6 as insolvency_bound
from oracle.model.margin import VOL_LIMIT_Q18, MarginParams, cell, cell_hint, padded
from oracle.model.solvency import required_cash_e6 as solvency_bound
from oracle.statements.insolvency import insolvency_statement
from oracle.statements.solvency import solvency_statement
from tests.circuits.accounts import GRID, exact_requirement, weighted_gross
from tests.circuits.conftest import MarginCase
from tests.circuits.support import DOMAIN, ROOT, Product, field
from tests.soundness.statements import whole

MEDIAN_SLACK, LARGEST_SLACK = 4e-6, 1.2e-5
"""Of weighted gross notional."""


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


GRIDS = sorted((ROOT / "circuits" / "grids").glob("*.json"))


@pytest.mark.parametrize("path", GRIDS, ids=lambda path: path.stem)
@pytest.mark.parametrize("tenor_s", [60, 730 * 86_400])
def test_under_every_grid_the_circuits_hold_the_bounds_of_a_minute_and_of_two_years(
    insolvency_product: Product, solvency_product: Product, path: Path, tenor_s: int
) -> None:
    grid, params = load_grid(path), MarginParams(80, 600, 0)
    for account in (1, 2, 3):
        low, high = (
            random_accounts(tenor_s, 4, 4, grid, upper, (tenor_s,)).positions(account) for upper in (False, True)
        )
        for row in (0, 13, 20, 30):
            bound = insolvency_bound(low, grid, row, params)
            for beyond, accepted in ((0, True), (1, False)):
                statement = insolvency_statement(4, low, grid, row, params, DOMAIN, bound + beyond)
                assert insolvency_product.circuit.accepts(statement.circuit_inputs()) is accepted
        bound = solvency_bound(high, grid, params)
        for beyond, accepted in ((0, True), (-1, False)):
            statement = solvency_statement(4, high, grid, params, DOMAIN, bound + beyond)
            assert solvency_product.circuit.accepts(statement.circuit_inputs()) is accepted


def test_a_vol_just_below_eight_is_bounded_on_both_sides(
    insolvency_product: Product, insolvencies: list[MarginCase]
) -> None:
    case = next(c for c in insolvencies if {p.amount_e4 > 0 for p in c.account.positions} == {True, False})
    vols = (VOL_LIMIT_Q18 - 1,) * 3
    book = [p if p.perpetual else replace(p, vols_q18=vols) for p in case.account.positions]
    bound = insolvency_bound(book, GRID, 0, case.account.params)
    for beyond, accepted in ((0, True), (1, False)):
        statement = insolvency_statement(4, book, GRID, 0, case.account.params, DOMAIN, bound + beyond)
        assert insolvency_product.circuit.accepts(statement.circuit_inputs()) is accepted


def test_the_solvency_bound_is_never_below_the_exact_requirement(solvencies: list[MarginCase]) -> None:
    slack = sorted(
        float((case.bound - exact_requirement(case.account)) / weighted_gross(case.account)) for case in solvencies
    )
    assert slack[0] >= 0
    assert slack[len(slack) // 2] < MEDIAN_SLACK
    assert slack[-1] < LARGEST_SLACK


def test_the_insolvency_bound_is_never_above_the_exact_requirement(insolvencies: list[MarginCase]) -> None:
    slack = []
    for case in insolvencies:
        assert case.row is not None
        exact = exact_requirement(case.account, rows=[case.row])
        slack.append(float((exact - case.bound) / weighted_gross(case.account, rows=[case.row])))
    slack.sort()
    assert slack[0] >= 0
    assert slack[len(slack) // 2] < MEDIAN_SLACK
    assert slack[-1] < LARGEST_SLACK
