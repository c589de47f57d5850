# SPDX-License-Identifier: Apache-2.0
"""The convex fit of one expiry: node values of the density that reprice the quotes and stay smooth.

Unknowns are p_j >= 0, density per unit of moneyness x = K / F at the inner knots of the support (zero at its ends).
Prices at knots are linear in them, so with w the weights of the quotes (1 / vol point), g = sd x p(x) the density per
deviation, g0 a lognormal prior and D second differences,

    [F-1]  minimise  |w (C(x_quote) - mid)|^2 + lambda |D (g - g0)|^2 + mu |g - g0|^2 outside the quotes
           subject to  p >= 0,  mass = 1 - atom,  mean = 1

Arbitrage-free smoothing by a quadratic programme is due to Fengler (2009), "Arbitrage-free smoothing of the implied
volatility surface", Quantitative Finance 9, pages 417-428. Quotes enter only the objective: contradictory quotes
cannot make it infeasible. Columns are scaled, for wing unknowns differ from central ones by nine orders.
"""

from __future__ import annotations

from dataclasses import dataclass

import daqp  # type: ignore[import-not-found]
import numpy as np

from oracle.analytics.black76 import FloatArray, normal_density
from oracle.errors import SurfaceError
from oracle.surface.knots import KnotPlan
from oracle.surface.quotes import ExpiryQuotes

SMOOTHING = 0.3
"""lambda of [F-1]: best out of sample among 0.1, 0.3 and 1 on recorded chains."""
RIDGE = 1.0
"""mu of [F-1]."""
PRIOR_STEPS = 4
HUBER = 1.5
EQUALITY = 5
"""The solver's code of an equality that is always active."""


@dataclass(frozen=True)
class SliceProblem:
    """[F-1] of one expiry in scaled unknowns u = p / scale, n of them; arrays by (rows, n).

    ``design``, ``target``: objective |design u - target|^2. ``call``, ``survival``: (n + 2, n), price as a fraction of
    F and probability at each knot of the support. ``mass``, ``mean``: (n,). ``moneyness``: (n + 2,) knots over F.
    """

    quotes: ExpiryQuotes
    plan: KnotPlan
    moneyness: FloatArray
    scale: FloatArray
    design: FloatArray
    target: FloatArray
    call: FloatArray
    survival: FloatArray
    mass: FloatArray
    mean: FloatArray
    atom: float


def price_rows(moneyness: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Calls and survivals at the n knots as (n, n) matrices over node values; the float form of [D-1] and [D-2]."""
    n = len(moneyness)
    gaps = np.diff(moneyness)
    call, survival = np.zeros((n, n)), np.zeros((n, n))
    for j in range(n - 2, -1, -1):
        h = gaps[j]
        survival[j] = survival[j + 1]
        call[j] = call[j + 1] + h * survival[j + 1]
        survival[j, j] += h / 2
        survival[j, j + 1] += h / 2
        call[j, j] += h * h / 6
        call[j, j + 1] += h * h / 3
    return call, survival


def prior_density(quotes: ExpiryQuotes, deviations: FloatArray) -> FloatArray:
    """g0 at ``deviations``: lognormal with the vol of a robust cubic through the mids, flat outside the quotes."""
    z, vols = quotes.deviations, quotes.mid_vol
    degree = 3 if len(z) >= 9 else 2
    powers = np.vander(z, degree + 1)
    weights = quotes.weight * quotes.vega * np.sqrt(quotes.vega / quotes.vega.max())
    robust = np.ones_like(z)
    curve = np.zeros(degree + 1)
    for _ in range(PRIOR_STEPS):
        factor = weights * np.sqrt(robust)
        curve = np.linalg.lstsq(powers * factor[:, None], vols * factor, rcond=None)[0]
        residual = np.abs(vols - powers @ curve)
        spread = max(float(np.median(residual)) * 1.4826, 1e-4)
        robust = np.minimum(1.0, HUBER * spread / np.maximum(residual, 1e-12))
    inside = np.clip(deviations, z[0], z[-1])
    atm = quotes.atm_deviation / np.sqrt(quotes.years)
    total = np.clip(np.polyval(curve, inside), 0.3 * atm, 4.0 * atm) * np.sqrt(quotes.years)
    d2 = -deviations * quotes.atm_deviation / total - 0.5 * total
    return np.asarray(normal_density(d2) / total * quotes.atm_deviation)


def slice_problem(quotes: ExpiryQuotes, plan: KnotPlan, atom: float) -> SliceProblem:
    """Assembles [F-1] for the quotes on the plan's support; every quoted strike is a knot of the support."""
    ticks = plan.support_ticks
    x = np.array(ticks, dtype=np.float64) / quotes.forward_ticks
    z = np.log(x) / quotes.atm_deviation
    call, survival = (matrix[:, 1:-1] for matrix in price_rows(x))
    position = {tick: j for j, tick in enumerate(ticks)}
    rows = call[[position[tick] for tick in quotes.strike_ticks]]
    left, right = np.diff(z)[:-1], np.diff(z)[1:]
    per_node = x[1:-1] * quotes.atm_deviation
    curvature = np.diag(-2.0 / (left * right))
    curvature += np.diag((2.0 / (right * (left + right)))[:-1], 1) + np.diag((2.0 / (left * (left + right)))[1:], -1)
    smooth = np.sqrt(SMOOTHING * (left + right) / 2)[:, None] * curvature
    prior = prior_density(quotes, z[1:-1])
    outside = (z[1:-1] < quotes.deviations[0]) | (z[1:-1] > quotes.deviations[-1])
    ridge = np.diag(np.sqrt(RIDGE * (left + right) / 2))[outside]
    design = np.vstack([rows * quotes.weight[:, None], smooth * per_node, ridge * per_node])
    target = np.concatenate([quotes.call_mid * quotes.weight, smooth @ prior, ridge @ prior])
    scale = 1.0 / np.maximum(np.sqrt((design * design).sum(axis=0)), 1e-9)
    call, survival = call * scale, survival * scale
    mean = call[0] + x[0] * survival[0]
    return SliceProblem(
        quotes, plan, x, scale, design * scale, target, call, survival, survival[0], np.asarray(mean), atom
    )


def solve_slice(problem: SliceProblem) -> FloatArray:
    """The optimum of [F-1] for one expiry alone, scaled unknowns (n,). Raises :class:`SurfaceError` naming the expiry.

    Solver: DAQP, a dual active-set method (Arnstroem, Bemporad and Axehill 2022).
    """
    n = problem.design.shape[1]
    hessian = 2.0 * problem.design.T @ problem.design + 1e-11 * np.eye(n)
    linear = -2.0 * problem.design.T @ problem.target
    lower = np.concatenate([np.zeros(n), [1.0 - problem.atom, 1.0]])
    upper = np.concatenate([np.full(n, 1e30), [1.0 - problem.atom, 1.0]])
    sense = np.concatenate([np.zeros(n), [EQUALITY, EQUALITY]]).astype(np.int32)
    solution, _, status, _ = daqp.solve(
        hessian,
        linear,
        np.ascontiguousarray(np.vstack([problem.mass, problem.mean])),
        upper,
        lower,
        sense,
        primal_tol=1e-10,
        dual_tol=1e-10,
    )
    if status != 1:
        raise SurfaceError(f"expiry {problem.quotes.expiry}: the fit has no optimum (solver status {status})")
    return np.maximum(np.asarray(solution, dtype=np.float64), 0.0)


def objective(problem: SliceProblem, unknowns: FloatArray) -> float:
    """[F-1] at scaled unknowns."""
    residual = problem.design @ unknowns - problem.target
    return float(residual @ residual)


def quote_errors(problem: SliceProblem, unknowns: FloatArray, quotes: ExpiryQuotes) -> FloatArray:
    """Model minus mid at ``quotes`` (m,), as fractions of F; their strikes must be knots of the problem's support."""
    position = {tick: j for j, tick in enumerate(problem.plan.support_ticks)}
    rows = problem.call[[position[tick] for tick in quotes.strike_ticks]]
    return np.asarray(rows @ unknowns - quotes.call_mid)
