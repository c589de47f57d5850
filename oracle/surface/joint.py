# SPDX-License-Identifier: Apache-2.0
"""The joint fit of all expiries of a market under calendar constraints.

[F-1] summed over the expiries, with one linear form of [C-2] per segment end: the tangent of the later slice at a
knot chosen beforehand lies above the earlier slice's call by a margin that survives the rounding to integers. The
first choice comes from lognormal laws with the slices' own volatilities at the money, later ones from the solution
before. A choice that leaves no solution is made elastic: shortfalls are allowed at a price, and the next choice,
made from that solution, needs none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import clarabel  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import ndtr

from oracle.analytics.black76 import FloatArray, price
from oracle.surface.fit import SliceProblem

SHORTFALL_PRICE = 1e6
"""Cost of a shortfall in the objective of [F-1], per fraction of F over the norm of the row."""
LATER_WIDENING = 1.1
"""The later lognormal law of the first choice is at least so much wider than the earlier one."""

IntArray = NDArray[np.intp]


@dataclass(frozen=True)
class JointSolution:
    """Scaled unknowns per expiry and, per pair of neighbours, the tangents that suit them best."""

    unknowns: tuple[FloatArray, ...]
    choices: tuple[IntArray, ...]


def first_choices(problems: Sequence[SliceProblem]) -> tuple[IntArray, ...]:
    """Per pair and segment of the earlier slice the best tangent between two lognormal laws, (knots - 1,) each."""
    choices = []
    for earlier, later in pairwise(problems):
        vol = earlier.quotes.atm_deviation
        vol_later = max(later.quotes.atm_deviation, LATER_WIDENING * vol)
        slopes = ndtr(-np.log(later.moneyness) / vol_later - 0.5 * vol_later)
        intercepts = price(1.0, later.moneyness, vol_later, False) + slopes * later.moneyness
        calls = price(1.0, earlier.moneyness, vol, False)
        choices.append(_best(earlier.moneyness, calls, np.asarray(slopes), np.asarray(intercepts)))
    return tuple(choices)


def solve_jointly(
    problems: Sequence[SliceProblem],
    alone: Sequence[FloatArray],
    choices: Sequence[IntArray],
    margins: Sequence[float],
) -> JointSolution | None:
    """The joint optimum, or None where even the elastic problem does not converge.

    ``alone``: each expiry's own optimum; ``choices``: per pair the tangent of each segment; ``margins``: per pair the
    fraction of F by which tangents exceed calls.
    """
    unknowns = _solve(problems, alone, choices, margins, elastic=False)
    if unknowns is None:
        unknowns = _solve(problems, alone, choices, margins, elastic=True)
    if unknowns is None:
        return None
    better = []
    for (earlier, later), (u, u_later) in zip(pairwise(problems), pairwise(unknowns), strict=True):
        slopes = later.survival @ u_later
        intercepts = later.call @ u_later + slopes * later.moneyness
        better.append(_best(earlier.moneyness, earlier.call @ u, slopes, intercepts))
    return JointSolution(tuple(unknowns), tuple(better))


def _best(moneyness: FloatArray, calls: FloatArray, slopes: FloatArray, intercepts: FloatArray) -> IntArray:
    """Per segment of the earlier slice the inner knot of the later one whose tangent has the largest margin."""
    above = intercepts[:, None] - slopes[:, None] * moneyness[None, :] - calls[None, :]
    margins = np.minimum(above[:, :-1], above[:, 1:])
    return np.asarray(np.clip(margins.argmax(axis=0), 1, len(slopes) - 2))


def _calendar_rows(
    earlier: SliceProblem, later: SliceProblem, choice: IntArray, margin: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rows (m, n1) and (m, n2) and bounds (m,): -earlier rows u1 + later rows u2 >= bounds, each row of norm one."""
    ends = np.arange(len(choice))
    knot, tangent = np.concatenate([ends, ends + 1]), np.concatenate([choice, choice])
    own = earlier.call[knot]
    shift = later.moneyness[tangent] - earlier.moneyness[knot]
    other = later.call[tangent] + later.survival[tangent] * shift[:, None]
    norm = np.sqrt((own * own).sum(axis=1) + (other * other).sum(axis=1))
    return own / norm[:, None], other / norm[:, None], margin / norm


def _solve(
    problems: Sequence[SliceProblem],
    alone: Sequence[FloatArray],
    choices: Sequence[IntArray],
    margins: Sequence[float],
    elastic: bool,
) -> list[FloatArray] | None:
    """One interior-point solve (Clarabel: Goulart and Chen 2024), or None if it does not converge.

    Unknowns are the distances from ``alone``: the objective is then near zero and its tolerance means something.
    """
    starts = np.concatenate([[0], np.cumsum([problem.design.shape[1] for problem in problems])])
    total, start = int(starts[-1]), np.concatenate(list(alone))
    residuals = [p.design @ u - p.target for p, u in zip(problems, alone, strict=True)]
    linear = np.concatenate([2.0 * p.design.T @ r for p, r in zip(problems, residuals, strict=True)])
    blocks, bounds = [], []
    for i, (choice, margin) in enumerate(zip(choices, margins, strict=True)):
        own, other, least = _calendar_rows(problems[i], problems[i + 1], choice, margin)
        block = np.zeros((len(least), total))
        block[:, starts[i] : starts[i + 1]] = own
        block[:, starts[i + 1] : starts[i + 2]] = -other
        blocks.append(block)
        bounds.append(-least)
    rows = sum(len(bound) for bound in bounds)
    slack = rows if elastic else 0
    calendar = sparse.csc_matrix(np.vstack(blocks))
    equal = _diagonal([np.vstack([p.mass, p.mean]) for p in problems])
    matrix = sparse.vstack([equal, -sparse.eye(total), calendar], format="csc")
    levels = [level for p in problems for level in (1.0 - p.atom, 1.0)]
    right = np.concatenate([levels, np.zeros(total), *bounds]) - matrix @ start
    hessian = _diagonal([*(np.triu(2.0 * p.design.T @ p.design) for p in problems), np.zeros((slack, slack))])
    if elastic:
        widening = sparse.vstack([sparse.csc_matrix((len(levels) + total, rows)), -sparse.eye(rows)])
        positive = sparse.hstack([sparse.csc_matrix((rows, total)), -sparse.eye(rows)])
        matrix = sparse.vstack([sparse.hstack([matrix, widening]), positive], format="csc")
        right = np.concatenate([right, np.zeros(rows)])
        linear = np.concatenate([linear, np.full(rows, SHORTFALL_PRICE)])
    cones = [clarabel.ZeroConeT(len(levels)), clarabel.NonnegativeConeT(len(right) - len(levels))]
    result = clarabel.DefaultSolver(hessian, linear, matrix, right, cones, _settings()).solve()
    if result.status not in (clarabel.SolverStatus.Solved, clarabel.SolverStatus.AlmostSolved):
        return None
    solution = np.maximum(start + np.array(result.x)[:total], 0.0)
    return [solution[a:b] for a, b in pairwise(starts)]


def _settings() -> clarabel.DefaultSettings:
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.tol_gap_abs = settings.tol_gap_rel = 1e-9
    settings.tol_feas = 1e-11
    settings.max_iter = 100
    return settings


def _diagonal(blocks: Sequence[FloatArray]) -> sparse.csc_matrix:
    return sparse.csc_matrix(sparse.block_diag(blocks))
