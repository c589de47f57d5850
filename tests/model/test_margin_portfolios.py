# SPDX-License-Identifier: Apache-2.0
"""Many random portfolios under every grid: no provable bound is on the wrong side of Black-76, and none is far from it.

The bulk in doubles (errors below 1e-12 of weighted gross, far below what is asserted), the tightest accounts again with the
integers of the model and Black-76 by mpmath.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest

from oracle.analytics.margin import Accounts, Floats, bounds_e6, exact_e6, weighted_gross_e6
from oracle.analytics.portfolios import TENORS_S, random_accounts
from oracle.model.grid import Grid, load_grid, vol_mode
from oracle.model.insolvency import required_cash_e6 as insolvency_bound
from oracle.model.insolvency import worst_row
from oracle.model.margin import REQUIREMENT_UNIT, MarginParams, requirement
from oracle.model.solvency import required_cash_e6 as solvency_bound

GRIDS = sorted((Path(__file__).resolve().parents[2] / "circuits" / "grids").glob("*.json"))
INITIAL, MAINTENANCE = MarginParams(100, 600, 0), MarginParams(80, 600, 0)
MEDIAN_SLACK, LARGEST_SLACK = 4e-6, 1.2e-5
DOUBLES = 1e-12
EVERY_GRID = pytest.mark.parametrize("path", GRIDS, ids=lambda path: path.stem)


@dataclass(frozen=True)
class Books:
    """The same accounts rounded for solvency and for insolvency, with bounds, truth and gross of every row."""

    grid: Grid
    params: MarginParams
    solvency: Accounts
    insolvency: Accounts
    upper: Floats
    lower: Floats
    exact: Floats
    exact_lower: Floats
    gross: Floats

    @property
    def solvency_slack(self) -> Floats:
        """Of every account: the bound less the exact requirement, over weighted gross."""
        return np.asarray((self.upper.max(axis=1) - self.exact.max(axis=1)) / self.gross.max(axis=1))

    @property
    def insolvency_slack(self) -> Floats:
        """Of every account in the row that a liquidator proves."""
        row = self.lower.argmax(axis=1)[:, None]
        return np.asarray(np.take_along_axis((self.exact_lower - self.lower) / self.gross, row, axis=1)[:, 0])


def books(path: Path, count: int, params: MarginParams, seed: int = 1, tenors_s: tuple[int, ...] = TENORS_S) -> Books:
    """``count`` accounts of up to four positions under one grid."""
    grid = load_grid(path)
    high, low = (random_accounts(seed, count, 4, grid, upper, tenors_s) for upper in (True, False))
    return Books(
        grid,
        params,
        high,
        low,
        bounds_e6(high, grid, params, True),
        bounds_e6(low, grid, params, False),
        exact_e6(high, grid, params),
        exact_e6(low, grid, params),
        weighted_gross_e6(high, grid, params),
    )


def exact_row(accounts: Accounts, account: int, row: int, grid: Grid, params: MarginParams) -> mp.mpf:
    """[M-2] of one account and row at 40 digits, independent of tables and doubles."""
    mp.mp.dps = 40
    scenario, mode = grid.scenarios[row], vol_mode(row)
    value = shocked = mp.mpf(0)
    asset = {False: 0, True: 0}
    for i in np.flatnonzero(accounts.amount_e4[account]):
        p, vol = accounts.position(account, int(i)), mp.mpf(float(accounts.vols[account, i, mode]))
        forward = mp.mpf(p.forward_e2) * scenario.spot_e4 / 10_000
        d1 = mp.log(forward / p.strike_e2) / vol + vol / 2 if vol else mp.inf * (1 if forward > p.strike_e2 else -1)
        call = forward * mp.ncdf(d1) - p.strike_e2 * mp.ncdf(d1 - vol)
        value += p.amount_e4 * p.mark_e2
        shocked += p.amount_e4 * (call - forward + p.strike_e2 if p.put else call)
        asset[p.put] += p.amount_e4 * p.forward_e2
    charges = mp.mpf(params.short_rate_e5) / 100_000 * sum(max(0, -net) for net in asset.values())
    return params.factor_e2 * scenario.weight_e5 * (value - shocked) / mp.mpf(10**7) + charges - value


def check(made: Books) -> None:
    """No row of any account on the wrong side, and the slack of the published bounds."""
    assert np.min((made.upper - made.exact) / made.gross) > 0
    assert np.min((made.exact_lower - made.lower) / made.gross) > 0
    for slack in (made.solvency_slack, made.insolvency_slack):
        assert np.median(slack) <= MEDIAN_SLACK
        assert np.max(slack) <= LARGEST_SLACK


def recheck(made: Books, count: int) -> None:
    """The accounts with the least slack: integers of the model against mpmath."""
    for account in np.argsort(made.solvency_slack)[:count]:
        row = int(made.exact[account].argmax())
        bound = solvency_bound(made.solvency.positions(int(account)), made.grid, made.params)
        assert bound >= exact_row(made.solvency, int(account), row, made.grid, made.params)
    for account in np.argsort(made.insolvency_slack)[:count]:
        row, bound = worst_row(made.insolvency.positions(int(account)), made.grid, made.params)
        assert bound <= exact_row(made.insolvency, int(account), row, made.grid, made.params)


@EVERY_GRID
def test_no_bound_of_five_thousand_accounts_is_on_the_wrong_side_or_far_from_the_truth(path: Path) -> None:
    made = books(path, 5_000, INITIAL)
    check(made)
    recheck(made, 40)


@pytest.mark.full
@EVERY_GRID
def test_no_bound_of_a_hundred_thousand_accounts_is_on_the_wrong_side_or_far_from_the_truth(path: Path) -> None:
    for seed in range(20):
        made = books(path, 5_000, INITIAL, seed=100 + seed)
        check(made)
        recheck(made, 10)


@EVERY_GRID
@pytest.mark.parametrize("tenor_s", [60, 600, 3_600, 86_400, 730 * 86_400])
def test_accounts_of_one_tenor_are_as_tight_from_a_minute_to_two_years(path: Path, tenor_s: int) -> None:
    """The tail steps reach every strike from 0.05 to 20 forwards in every scenario."""
    check(books(path, 400, INITIAL, seed=tenor_s, tenors_s=(tenor_s,)))


@EVERY_GRID
def test_an_account_is_never_proven_solvent_and_insolvent(path: Path) -> None:
    """With cash R - 1 of an insolvency proof no solvency proof exists at the same factor, and a fortiori at the initial one."""
    made = books(path, 3_000, MAINTENANCE, seed=7)
    assert np.all(made.lower.max(axis=1) < made.upper.max(axis=1))
    initial = bounds_e6(made.solvency, made.grid, INITIAL, True)
    loses = made.exact.max(axis=1) > exact_e6(made.solvency, made.grid, MarginParams(0, 600, 0)).max(axis=1)
    assert np.mean(loses) > 0.9
    assert np.all(made.lower.max(axis=1)[loses] < initial.max(axis=1)[loses])
    for account in range(25):
        lowest = solvency_bound(made.solvency.positions(account), made.grid, MAINTENANCE)
        for row in range(0, 36, 5):
            assert insolvency_bound(made.insolvency.positions(account), made.grid, row, MAINTENANCE) <= lowest


@EVERY_GRID
def test_the_doubles_are_the_integers_of_the_model(path: Path) -> None:
    made = books(path, 40, INITIAL, seed=11)
    for account in range(40):
        for row in (0, 7, 11, 16, 20, 26, 30, 35):
            for accounts, upper, found in (
                (made.solvency, True, made.upper),
                (made.insolvency, False, made.lower),
            ):
                mode, scenario = vol_mode(row), made.grid.scenarios[row]
                exact = requirement(accounts.positions(account), scenario, mode, INITIAL, upper) / REQUIREMENT_UNIT
                assert abs(exact - found[account, row]) < DOUBLES * made.gross[account].max()


def test_the_truth_is_far_more_exact_than_the_slack() -> None:
    """Doubles against mpmath: the errors of the bulk check are below a millionth of what it asserts."""
    made = books(GRIDS[0], 40, INITIAL, seed=12)
    for account in range(40):
        for row in (3, 13, 22, 33):
            truth = exact_row(made.solvency, account, row, made.grid, INITIAL)
            assert abs(float(truth) - made.exact[account, row]) < DOUBLES * made.gross[account].max()


def test_bounds_better_by_the_charge_are_found_by_the_check() -> None:
    """The check can fail: without the charge some rows are on the wrong side."""
    made = books(GRIDS[0], 400, INITIAL)
    cheaper = made.upper - 3e-6 * made.gross
    assert np.min((cheaper - made.exact) / made.gross) < 0
