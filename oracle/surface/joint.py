# SPDX-License-Identifier: Apache-2.0
"""The joint fit of all expiries of a market under calendar constraints.

[F-1] summed over the expiries, with one linear form of [C-2] per end of a piece: the tangent of the later slice at a
knot chosen beforehand lies above the earlier slice's call by a margin that survives the rounding to integers. The
first choice comes from lognormal laws with the slices' own volatilities at the money, later ones from the solution
before. A choice that leaves no solution is made elastic: shortfalls are allowed at a price, and the next choice,
made from that solution, needs none.

Pieces are the segments of the earlier slice. Where the order binds over most of a pair, no certificate of few pieces
[C-5] exists for such a solution; the path is then made of so few pieces itself.
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
PRICE_SCALE_FLOOR = 1e-8
LATER_WIDENING = 1.1
"""The later lognormal law of the first choice is at least so much wider than the earlier one."""

IntArray = NDArray[np.intp]


@dataclass(frozen=True)
class CalendarPath:
    """Kinks (P + 1,), knots of the earlier support from its first to its last, and the tangent (P,) of each piece."""

    kinks: IntArray
    tangents: IntArray


@dataclass(frozen=True)
class JointSolution:
    """Scaled unknowns per expiry and, per pair of neighbours, the same kinks with the tangents that suit them best."""

    unknowns: tuple[FloatArray, ...]
    paths: tuple[CalendarPath, ...]


def first_paths(problems: Sequence[SliceProblem]) -> tuple[CalendarPath, ...]:
    """Per pair all segments of the earlier slice, with the best tangents between two lognormal laws."""
    paths = []
    for earlier, later in pairwise(problems):
        vol = earlier.quotes.atm_deviation
        vol_later = max(later.quotes.atm_deviation, LATER_WIDENING * vol)
        slopes = np.asarray(ndtr(-np.log(later.moneyness) / vol_later - 0.5 * vol_later))
        intercepts = np.asarray(price(1.0, later.moneyness, vol_later, False) + slopes * later.moneyness)
        calls = price(1.0, earlier.moneyness, vol, False)
        kinks = np.arange(len(calls))
        paths.append(CalendarPath(kinks, _best(earlier.moneyness, calls, kinks, slopes, intercepts)))
    return tuple(paths)


def coarser_path(
    earlier: SliceProblem, later: SliceProblem, solution: tuple[FloatArray, FloatArray], pieces: int
) -> CalendarPath:
    """A path of at most ``pieces`` pieces: kinks are dropped one by one from all knots.

    Each time goes the kink whose merged piece has the tangent of the largest margin, as a share of the
    out-of-the-money price at the kink: that piece costs the fit least.
    """
    calls, x = earlier.call @ solution[0], earlier.moneyness
    scale = np.minimum(calls, calls - 1.0 + x) + PRICE_SCALE_FLOOR
    slopes = later.survival @ solution[1]
    above = (later.call @ solution[1] + slopes * later.moneyness)[1:-1, None] - slopes[1:-1, None] * x - calls
    kinks = np.arange(len(x))
    while len(kinks) > pieces + 1:
        merged = np.minimum(above[:, kinks[:-2]], above[:, kinks[2:]]).max(axis=0)
        kinks = np.delete(kinks, 1 + int(np.argmax(merged / scale[kinks[1:-1]])))
    return CalendarPath(kinks, _best(x, calls, kinks, slopes, later.call @ solution[1] + slopes * later.moneyness))


def solve_jointly(
    problems: Sequence[SliceProblem],
    alone: Sequence[FloatArray],
    paths: Sequence[CalendarPath],
    margins: Sequence[float],
) -> JointSolution | None:
    """The joint optimum, or None where even the elastic problem does not converge.

    ``alone``: each expiry's own optimum; ``paths`` and ``margins``: per pair the pieces and the fraction of F by which
    their tangents exceed calls.
    """
    unknowns = _solve(problems, alone, paths, margins, elastic=False)
    if unknowns is None:
        unknowns = _solve(problems, alone, paths, margins, elastic=True)
    if unknowns is None:
        return None
    better = []
    for i, (earlier, later) in enumerate(pairwise(problems)):
        slopes = later.survival @ unknowns[i + 1]
        intercepts = later.call @ unknowns[i + 1] + slopes * later.moneyness
        kinks = paths[i].kinks
        better.append(
            CalendarPath(kinks, _best(earlier.moneyness, earlier.call @ unknowns[i], kinks, slopes, intercepts))
        )
    return JointSolution(tuple(unknowns), tuple(better))


def _best(
    moneyness: FloatArray, calls: FloatArray, kinks: IntArray, slopes: FloatArray, intercepts: FloatArray
) -> IntArray:
    """Per piece the inner knot of the later slice whose tangent has the largest margin above both ends."""
    above = intercepts[:, None] - slopes[:, None] * moneyness[kinks][None, :] - calls[kinks][None, :]
    margins = np.minimum(above[:, :-1], above[:, 1:])
    return np.asarray(np.clip(margins.argmax(axis=0), 1, len(slopes) - 2))


def _calendar_rows(
    earlier: SliceProblem, later: SliceProblem, path: CalendarPath, margin: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rows (m, n1) and (m, n2) and bounds (m,): -earlier rows u1 + later rows u2 >= bounds, each row of norm one."""
    knot, tangent = np.concatenate([path.kinks[:-1], path.kinks[1:]]), np.concatenate([path.tangents, path.tangents])
    own = earlier.call[knot]
    shift = later.moneyness[tangent] - earlier.moneyness[knot]
    other = later.call[tangent] + later.survival[tangent] * shift[:, None]
    norm = np.sqrt((own * own).sum(axis=1) + (other * other).sum(axis=1))
    return own / norm[:, None], other / norm[:, None], margin / norm


def _solve(
    problems: Sequence[SliceProblem],
    alone: Sequence[FloatArray],
    paths: Sequence[CalendarPath],
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
    for i, (path, margin) in enumerate(zip(paths, margins, strict=True)):
        own, other, least = _calendar_rows(problems[i], problems[i + 1], path, margin)
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
