# SPDX-License-Identifier: Apache-2.0
"""The joint fit of all expiries of a market under calendar constraints.

[F-1] summed over the expiries, with one linear form of [C-2] per segment end: the tangent of the later slice at a
knot chosen beforehand lies above the earlier slice's call by a margin that survives the rounding to integers. The
first choice is the knot nearest to the segment; later rounds choose the best tangent of the round before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import clarabel  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from oracle.analytics.black76 import FloatArray
from oracle.errors import SurfaceError
from oracle.surface.fit import SliceProblem

CALENDAR_MARGIN = 2e-9
"""Fraction of F by which tangents exceed calls at inner knots: ten times the cost of rounding and of [C-3]."""

IntArray = NDArray[np.intp]
Solution = list[FloatArray]


def joint_rounds(problems: Sequence[SliceProblem], rounds: int) -> Iterator[Solution]:
    """Solutions of up to ``rounds`` rounds, scaled unknowns per expiry. Raises :class:`SurfaceError` if there is none.

    The iterator ends early where a later round does not converge.
    """
    choices = [_nearest(a, b) for a, b in pairwise(problems)]
    for number in range(rounds):
        solution = _solve(problems, choices)
        if solution is None:
            if number == 0:
                raise SurfaceError(
                    f"no joint fit of expiries {[p.quotes.expiry for p in problems]} is free of arbitrage"
                )
            return
        yield solution
        choices = [_best(*pair) for pair in zip(problems, problems[1:], solution, solution[1:], strict=False)]


def _nearest(earlier: SliceProblem, later: SliceProblem) -> IntArray:
    """Per segment of the earlier slice the inner knot of the later one that is nearest in log-moneyness."""
    middles = np.log(earlier.moneyness[:-1] * earlier.moneyness[1:]) / 2
    distance = np.abs(np.log(later.moneyness)[None, :] - middles[:, None])
    return np.asarray(np.clip(distance.argmin(axis=1), 1, len(later.moneyness) - 2))


def _best(earlier: SliceProblem, later: SliceProblem, u: FloatArray, u_later: FloatArray) -> IntArray:
    """Per segment of the earlier slice the inner knot of the later one whose tangent has the largest margin."""
    slopes = later.survival @ u_later
    intercepts = later.call @ u_later + slopes * later.moneyness
    above = intercepts[:, None] - slopes[:, None] * earlier.moneyness[None, :] - (earlier.call @ u)[None, :]
    margins = np.minimum(above[:, :-1], above[:, 1:])
    return np.asarray(np.clip(margins.argmax(axis=0), 1, len(later.moneyness) - 2))


def _calendar_rows(
    earlier: SliceProblem, later: SliceProblem, choice: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rows (m, n1) and (m, n2) and bounds (m,): -earlier rows u1 + later rows u2 >= bounds, each row of norm one."""
    ends = np.arange(len(choice))
    knot, tangent = np.concatenate([ends, ends + 1]), np.concatenate([choice, choice])
    own = earlier.call[knot]
    shift = later.moneyness[tangent] - earlier.moneyness[knot]
    other = later.call[tangent] + later.survival[tangent] * shift[:, None]
    norm = np.sqrt((own * own).sum(axis=1) + (other * other).sum(axis=1))
    inner = (knot > 0) & (knot < len(earlier.moneyness) - 1)
    return own / norm[:, None], other / norm[:, None], np.where(inner, CALENDAR_MARGIN / norm, 0.0)


def _solve(problems: Sequence[SliceProblem], choices: Sequence[IntArray]) -> Solution | None:
    """One interior-point solve (Clarabel: Goulart and Chen 2024), or None if it does not converge."""
    sizes = [problem.design.shape[1] for problem in problems]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    total = int(starts[-1])
    hessian = _diagonal([np.triu(2.0 * p.design.T @ p.design) for p in problems])
    linear = np.concatenate([-2.0 * p.design.T @ p.target for p in problems])
    blocks, bounds = [], []
    for i, choice in enumerate(choices):
        own, other, least = _calendar_rows(problems[i], problems[i + 1], choice)
        block = np.zeros((len(least), total))
        block[:, starts[i] : starts[i + 1]] = own
        block[:, starts[i + 1] : starts[i + 2]] = -other
        blocks.append(block)
        bounds.append(-least)
    equalities = _diagonal([np.vstack([p.mass, p.mean]) for p in problems])
    matrix = sparse.vstack([equalities, -sparse.eye(total), *map(sparse.csc_matrix, blocks)], format="csc")
    levels = [level for p in problems for level in (1.0 - p.atom, 1.0)]
    right = np.concatenate([levels, np.zeros(total), *bounds])
    cones = [clarabel.ZeroConeT(len(levels)), clarabel.NonnegativeConeT(len(right) - len(levels))]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.tol_gap_abs = settings.tol_gap_rel = 1e-9
    settings.tol_feas = 1e-11
    settings.max_iter = 100
    result = clarabel.DefaultSolver(hessian, linear, matrix, right, cones, settings).solve()
    if result.status not in (clarabel.SolverStatus.Solved, clarabel.SolverStatus.AlmostSolved):
        return None
    solution = np.maximum(np.array(result.x), 0.0)
    return [solution[a:b] for a, b in pairwise(starts)]


def _diagonal(blocks: Sequence[FloatArray]) -> sparse.csc_matrix:
    return sparse.csc_matrix(sparse.block_diag(blocks))
