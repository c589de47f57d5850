# SPDX-License-Identifier: Apache-2.0
"""Bounds of the margin statements against the exact requirement by mpmath: perpetuals, all contingencies, no circuit."""

from __future__ import annotations

import random

import pytest

from oracle.model.insolvency import required_cash_e6 as insolvency_bound
from oracle.model.solvency import required_cash_e6 as solvency_bound
from tests.circuits.accounts import GRID, exact_requirement, random_account, weighted_gross

MEDIAN_SLACK, LARGEST_SLACK = 4e-6, 1.2e-5


def test_no_solvency_bound_of_sixty_accounts_is_below_the_exact_requirement() -> None:
    slack: list[float] = []
    for seed in range(1_000, 1_060):
        account = random_account(seed, upper=True)
        bound = solvency_bound(account.positions, GRID, account.params)
        slack.append(float((bound - exact_requirement(account)) / weighted_gross(account)))
    slack.sort()
    assert slack[0] >= 0
    assert slack[30] < MEDIAN_SLACK
    assert slack[-1] < LARGEST_SLACK


def test_no_insolvency_bound_of_two_hundred_accounts_is_above_the_exact_requirement() -> None:
    slack: list[float] = []
    draw = random.Random(36)
    for seed in range(1_000, 1_200):
        account, row = random_account(seed, upper=False, slots=6), draw.randrange(36)
        bound = insolvency_bound(account.positions, GRID, row, account.params)
        exact = exact_requirement(account, rows=[row])
        slack.append(float((exact - bound) / weighted_gross(account, rows=[row])))
    slack.sort()
    assert slack[0] >= 0
    assert slack[100] < MEDIAN_SLACK
    assert slack[-1] < LARGEST_SLACK


@pytest.mark.parametrize("upper", [True, False])
def test_the_exact_requirement_moves_with_every_parameter(upper: bool) -> None:
    """The truth that the bounds are compared with is itself sensitive: a vacuous reference would pass everything."""
    account = next(a for a in (random_account(s, upper) for s in range(50)) if len(a.positions) == 4)
    base = exact_requirement(account)
    fewer = type(account)(account.style, upper, account.positions[:3], account.vols[:3], account.params)
    assert exact_requirement(fewer) != base
