# SPDX-License-Identifier: Apache-2.0
"""How far free hints carry a bound: the best of every joint choice stays on the safe side of the exact requirement.

x is no hint: the data vector holds it, and 2^22 <= x v < 2^22 + v leaves one integer [M-5].
"""

from __future__ import annotations

import random

import pytest

from oracle.model import margin
from oracle.model.grid import vol_mode
from oracle.model.insolvency import required_cash_e6
from oracle.model.margin import (
    LEAST_UPPER_VOL_Q18,
    TAIL_STEPS_LIMIT,
    VOL_LIMIT_Q18,
    cell,
    cell_hint,
    inverse_vol_q4,
)
from tests.circuits.accounts import GRID, exact_requirement, weighted_gross
from tests.circuits.conftest import MarginCase, margin_case
from tests.soundness.coverage import Coverage
from tests.soundness.freedom import PLACES, best_bound, eta_at, least_eta, prices
from tests.soundness.tampering import Tampered

LARGEST_GAIN = 2e-6
"""Of weighted gross notional: what the best hints win over those of the circuit; the charge is 2.86e-6 of F and of K."""
FAST = {"insolvency": 6, "solvency": 2}
ACCOUNTS = 25


def measured(monkeypatch: pytest.MonkeyPatch, case: MarginCase) -> tuple[float, float]:
    """Gain of the best hints and what is left to the exact requirement, of weighted gross notional."""
    a = case.account
    if case.row is None:
        rows = list(range(len(GRID.scenarios)))
        best = max(best_bound(monkeypatch, a.positions, GRID, row, a.params, True) for row in rows)
        gain, room = case.bound - best, best - exact_requirement(a)
    else:
        rows = [case.row]
        best = best_bound(monkeypatch, a.positions, GRID, case.row, a.params, False)
        gain, room = best - case.bound, exact_requirement(a, rows=rows) - best
    gross = weighted_gross(a, rows=rows)
    return gain / gross, float(room) / gross


def check(monkeypatch: pytest.MonkeyPatch, coverage: Coverage, upper: bool, count: int) -> None:
    name = "solvency" if upper else "insolvency"
    cases = [margin_case(seed, upper) for seed in range(count)]
    found = [measured(monkeypatch, case) for case in cases]
    assert all(gain >= 0 for gain, _ in found)
    assert max(gain for gain, _ in found) < LARGEST_GAIN
    assert min(room for _, room in found) >= 0
    options = [any(p.asset for p in case.account.positions) for case in cases]
    room = min(room for (_, room), option in zip(found, options, strict=True) if option)
    coverage.note(name, largest_gain=max(gain for gain, _ in found), least_room=room)


@pytest.mark.parametrize("name", FAST)
def test_no_joint_choice_of_hints_carries_a_bound_past_the_exact_requirement(
    name: str, monkeypatch: pytest.MonkeyPatch, coverage: Coverage
) -> None:
    check(monkeypatch, coverage, name == "solvency", FAST[name])


@pytest.mark.full
@pytest.mark.parametrize("name", FAST)
def test_no_joint_choice_of_hints_carries_any_account_past_the_exact_requirement(
    name: str, monkeypatch: pytest.MonkeyPatch, coverage: Coverage
) -> None:
    check(monkeypatch, coverage, name == "solvency", ACCOUNTS)


def bound_with(monkeypatch: pytest.MonkeyPatch, case: MarginCase, changed: int, legs: tuple[int, int]) -> int:
    """The bound of an insolvency whose cell at one position has these legs."""
    a = case.account
    assert case.row is not None
    own = a.positions[changed]

    def other(vol_q18: int, needs_upper: bool, k_q24: int, asset: int, strike: int) -> tuple[int, int]:
        mine = (asset, strike) == (own.asset, own.strike)
        return legs if mine else cell(vol_q18, needs_upper, k_q24, asset, strike)

    with monkeypatch.context() as patch:
        patch.setattr(margin, "cell", other)
        return required_cash_e6(a.positions, GRID, case.row, a.params)


@pytest.mark.parametrize("hint", ["d", "tail_steps"])
def test_the_circuit_has_the_bound_of_the_search_at_any_choice_and_refuses_one_unit_more(
    hint: str, tampered_insolvency: Tampered, insolvencies: list[MarginCase], monkeypatch: pytest.MonkeyPatch
) -> None:
    draw, worse = random.Random(hint), 0
    for case in insolvencies[:20]:
        assert case.row is not None
        scenario, mode = GRID.scenarios[case.row], vol_mode(case.row)
        sites = tampered_insolvency.sites(case.statement().circuit_inputs())
        cells = {site.component: site for site in sites if site.kind == ("Cell", hint)}
        for i, p in enumerate(case.account.positions):
            k, vol = p.log_moneyness_q24 - scenario.ln_spot_q24, p.vols_q18[mode]
            honest = dict(zip(("d", "tail_steps"), cell_hint(k, vol), strict=True))
            most = PLACES - 1 - (vol >> 11) if hint == "d" else TAIL_STEPS_LIMIT
            near = draw.randint(max(honest[hint] - 8, 0), min(honest[hint] + 8, most))
            chosen = {**honest, hint: draw.choice((near, draw.randint(0, most)))}
            x = inverse_vol_q4(vol, p.needs_upper(False))
            eta = eta_at(chosen["d"], chosen["tail_steps"], k, vol)
            first, second = prices(chosen["d"], eta, vol, x)
            bound = bound_with(monkeypatch, case, i, (p.asset * first, p.strike * second))
            for beyond in (0, 1):
                inputs = case.statement(cash=bound + beyond).circuit_inputs()
                shift = chosen[hint] - honest[hint]
                assert tampered_insolvency.accepts(inputs, cells[f"main.cell[{i}]"], shift) is (beyond == 0)
            worse += bound < case.bound
    assert worse > 0


def test_the_least_eta_is_that_of_all_tail_steps() -> None:
    draw = random.Random(3)
    for _ in range(200):
        d = draw.choice((draw.randrange(256), draw.randrange(1792, 2048), 1024))
        k, vol = draw.randint(-(1 << 26), 1 << 26), draw.randrange(LEAST_UPPER_VOL_Q18, VOL_LIMIT_Q18)
        assert least_eta(d, k, vol) == min(abs(eta_at(d, steps, k, vol)) for steps in range(TAIL_STEPS_LIMIT + 1))


def test_the_inverse_vol_of_the_data_vector_is_the_only_one() -> None:
    draw = random.Random(4)
    for _ in range(500):
        vol = draw.randrange(LEAST_UPPER_VOL_Q18, VOL_LIMIT_Q18)
        x = inverse_vol_q4(vol, True)
        assert [y for y in (x - 1, x, x + 1) if 1 << 22 <= y * vol < (1 << 22) + vol] == [x]
