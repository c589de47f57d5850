# SPDX-License-Identifier: Apache-2.0
"""Leave-one-out removal of quotes that contradict the rest of their expiry.

Least squares lets one bad quote bend its neighbours; reweighting helps less than leaving out the one quote whose
removal improves the fit most. A quote goes only if the fit without it misses it widely and improves much.
"""

from __future__ import annotations

import numpy as np

from oracle.analytics.black76 import FloatArray
from oracle.surface.fit import SliceProblem, objective, quote_errors, slice_problem, solve_slice
from oracle.surface.knots import KnotPlan
from oracle.surface.quotes import MIN_QUOTES, RULE_FIT_OUTLIER, ExpiryQuotes, RefusedQuote, select

CANDIDATES = 8
"""Quotes tried per round: those of the largest weighted error."""
MISS_HALF_SPREADS = 3.0
MISS_VOL_POINTS = 1.0
"""A refused quote lies at least this far from the fit without it, by both measures."""
IMPROVEMENT = 0.5
"""Share of the objective that its removal takes away, at least."""


def remove_outliers(
    quotes: ExpiryQuotes, plan: KnotPlan, atom: float
) -> tuple[SliceProblem, FloatArray, tuple[RefusedQuote, ...]]:
    """The problem without outliers, its solution and the refused quotes (rule ``fit_outlier``); at least 7 remain."""
    problem = slice_problem(quotes, plan, atom)
    solution = solve_slice(problem)
    refused: list[RefusedQuote] = []
    while len(problem.quotes.strike_ticks) > MIN_QUOTES:
        worst = _worst(problem, solution, plan)
        if worst is None:
            break
        index, problem_without, solution = worst
        refused.append(RefusedQuote(quotes.expiry, problem.quotes.strike_ticks[index], RULE_FIT_OUTLIER))
        problem = problem_without
    return problem, solution, tuple(refused)


def _worst(problem: SliceProblem, solution: FloatArray, plan: KnotPlan) -> tuple[int, SliceProblem, FloatArray] | None:
    """The quote whose removal helps most, with problem and solution without it, or None if all quotes may stay."""
    quotes = problem.quotes
    errors = quote_errors(problem, solution, quotes)
    if bool(np.all(np.abs(errors) <= 0.5 * (quotes.ask - quotes.bid))):
        return None
    before = objective(problem, solution)
    best: tuple[float, int, SliceProblem, FloatArray] | None = None
    for index in np.argsort(-np.abs(errors) * quotes.weight, kind="stable")[:CANDIDATES]:
        keep = np.arange(len(errors)) != index
        trial = slice_problem(select(quotes, keep), plan, problem.atom)
        trial_solution = solve_slice(trial)
        after = objective(trial, trial_solution)
        miss = abs(float(quote_errors(trial, trial_solution, select(quotes, ~keep))[0]))
        half_spread = float(quotes.ask[index] - quotes.bid[index]) / 2
        far = miss > MISS_HALF_SPREADS * half_spread and miss > MISS_VOL_POINTS * 0.01 * float(quotes.vega[index])
        if far and after <= (1.0 - IMPROVEMENT) * before and (best is None or after < best[0]):
            best = (after, int(index), trial, trial_solution)
    return None if best is None else best[1:]
