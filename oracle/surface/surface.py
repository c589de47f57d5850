# SPDX-License-Identifier: Apache-2.0
"""From a market snapshot to proven integers: one density slice per expiry, free of arbitrage in strike and in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from oracle.analytics.black76 import FloatArray
from oracle.errors import CalendarViolation, SurfaceError
from oracle.model.calendar import CALENDAR_PIECES, certificate, first_violation
from oracle.model.density import MASS_ONE, DensitySlice
from oracle.model.snapshot import ExpirySnapshot, MarketSnapshot, Quote
from oracle.surface.fit import SliceProblem
from oracle.surface.integers import atom_q53, integer_slice
from oracle.surface.joint import coarser_path, first_paths, solve_jointly
from oracle.surface.knots import KnotPlan, place_knots
from oracle.surface.outliers import remove_outliers
from oracle.surface.quality import SurfaceQuality, surface_quality
from oracle.surface.quotes import ExpiryQuotes, RefusedQuote, usable_quotes

CALENDAR_MARGIN, MARGIN_GROWTH, MARGIN_MAX = 2e-9, 30.0, 3e-5
"""Fraction of F between tangents and calls: ten times the cost of rounding and of [C-3]; a pair whose integers do not
pass gets more, at the cost of a fatter wing."""
FEWER_PIECES = 2
"""A pair without a certificate is fitted again on a path of its number of pieces, then of so many fewer each time."""
MAX_ROUNDS = 8
"""Joint fits per surface: two, the second with tangents chosen from the first, unless the integers do not pass."""


@dataclass(frozen=True)
class Surface:
    """One slice per expiry of the snapshot, in its order and unpadded, the fit's quality and the quotes it refused."""

    snapshot: MarketSnapshot
    slices: tuple[DensitySlice, ...]
    quality: SurfaceQuality
    refused: tuple[RefusedQuote, ...]

    def accepted(self) -> MarketSnapshot:
        """The snapshot with the refused quotes as absent and counted: what the fit reprices and publishers sign."""
        refused = {(quote.expiry, quote.strike_ticks) for quote in self.refused}
        expiries = tuple(
            replace(
                listed,
                quotes=tuple(
                    Quote(quote.strike_ticks, False, False, 0, 0)
                    if (listed.expiry, quote.strike_ticks) in refused
                    else quote
                    for quote in listed.quotes
                ),
            )
            for listed in self.snapshot.expiries
        )
        count = self.snapshot.rejected_count + len(refused)
        return replace(self.snapshot, expiries=expiries, rejected_count=count)


@dataclass(frozen=True)
class _Fitted:
    """One expiry on its way: what was listed and quoted, the problem without outliers, its own optimum."""

    listed: ExpirySnapshot
    quotes: ExpiryQuotes
    problem: SliceProblem
    solution: FloatArray
    refused: tuple[RefusedQuote, ...]
    outliers: int


class UnfitExpiry(SurfaceError):
    """The fit of one expiry failed."""

    def __init__(self, expiry: int, reason: object) -> None:
        super().__init__(str(reason) if f"expiry {expiry}" in str(reason) else f"expiry {expiry}: {reason}")
        self.expiry = expiry


class CrossingExpiries(CalendarViolation):
    """The integers of two neighbouring expiries cross in time, or have no certificate."""

    def __init__(self, earlier: int, later: int, rule: str) -> None:
        super().__init__(f"expiries {earlier} and {later}: {rule}")
        self.pair = (earlier, later)


@dataclass(frozen=True)
class UsableExpiry:
    """One expiry that can be fitted: what is listed, its usable quotes, the quotes without a volatility."""

    listed: ExpirySnapshot
    quotes: ExpiryQuotes
    refused: tuple[RefusedQuote, ...]


def fit_surface(snapshot: MarketSnapshot, max_knots: int = 32, listed_slots: int = 16) -> Surface:
    """Fits all expiries of ``snapshot`` jointly and returns exact integers. Deterministic.

    ``max_knots`` and ``listed_slots`` are the sizes of the slice circuit. Raises :class:`TooFewQuotes` where an expiry
    has fewer than seven usable quotes, :class:`CrossingExpiries` where the integers of two expiries cross in time,
    :class:`SurfaceError` otherwise; each names the expiry.
    """
    usable = [UsableExpiry(listed, *usable_quotes(snapshot, listed)) for listed in snapshot.expiries]
    return fit_usable(snapshot, usable, max_knots, listed_slots)


def fit_usable(snapshot: MarketSnapshot, usable: Sequence[UsableExpiry], max_knots: int, listed_slots: int) -> Surface:
    """The surface of ``usable``, one for each expiry of ``snapshot``; raises as :func:`fit_surface` does."""
    if not usable:
        raise SurfaceError("the snapshot has no expiry")
    fitted: list[_Fitted] = []
    for index, (expiry, plan) in enumerate(zip(usable, plan_knots(usable, max_knots, listed_slots), strict=True)):
        try:
            problem, solution, outliers = remove_outliers(expiry.quotes, plan, atom_q53(index) / MASS_ONE)
        except SurfaceError as unsolved:
            raise UnfitExpiry(expiry.listed.expiry, unsolved) from unsolved
        refused = expiry.refused + outliers
        fitted.append(_Fitted(expiry.listed, expiry.quotes, problem, solution, refused, len(outliers)))
    slices = _exact_slices(fitted, max_knots)
    quality = surface_quality(slices, [fit.quotes for fit in fitted], [fit.outliers for fit in fitted])
    return Surface(snapshot, slices, quality, tuple(quote for fit in fitted for quote in fit.refused))


def plan_knots(usable: Sequence[UsableExpiry], max_knots: int, listed_slots: int) -> list[KnotPlan]:
    """The knots of each expiry, its support reaching beyond that of the one before.

    Raises :class:`UnfitExpiry` where strikes or knots of an expiry do not fit the sizes.
    """
    plans: list[KnotPlan] = []
    support: tuple[float, float] | None = None
    for index, expiry in enumerate(usable):
        listed, quotes = expiry.listed, expiry.quotes
        strikes = [quote.strike_ticks for quote in listed.quotes]
        if len(strikes) > listed_slots:
            raise UnfitExpiry(listed.expiry, f"{len(strikes)} listed strikes, at most {listed_slots}")
        z = quotes.deviations
        try:
            plan = place_knots(
                strikes,
                quotes.forward_ticks,
                quotes.atm_deviation,
                (float(z[0]), float(z[-1])),
                support,
                sum(later.quotes.atm_deviation for later in usable[index + 1 :]),
                max_knots,
                max_knots - listed_slots,
            )
        except SurfaceError as unplaced:
            raise UnfitExpiry(listed.expiry, unplaced) from unplaced
        low, *_, high = plan.support_ticks
        support = (low / quotes.forward_ticks, high / quotes.forward_ticks)
        plans.append(plan)
    return plans


def _exact_slices(fitted: Sequence[_Fitted], max_knots: int) -> tuple[DensitySlice, ...]:
    """The integers of the first joint fit, from the second on, that pass the exact calendar conditions."""
    if len(fitted) == 1:
        return (_to_integers(fitted[0], fitted[0].solution, 0),)
    problems, alone = [fit.problem for fit in fitted], [fit.solution for fit in fitted]
    paths, margins = list(first_paths(problems)), [CALENDAR_MARGIN] * (len(fitted) - 1)
    failure: CrossingExpiries | None = None
    for number in range(MAX_ROUNDS):
        solution = solve_jointly(problems, alone, paths, margins)
        if solution is None:
            break
        paths = list(solution.paths)
        if number == 0:
            continue
        pairs = enumerate(zip(fitted, solution.unknowns, strict=True))
        slices = tuple(_to_integers(fit, unknowns, i) for i, (fit, unknowns) in pairs)
        broken = _broken_pair(slices, max_knots)
        if broken is None:
            return slices
        i = broken.pair
        if broken.crosses:
            margins[i] = min(MARGIN_GROWTH * margins[i], MARGIN_MAX)
        else:
            unknowns = solution.unknowns[i], solution.unknowns[i + 1]
            pieces = min(CALENDAR_PIECES[max_knots], len(paths[i].tangents) - FEWER_PIECES)
            paths[i] = coarser_path(problems[i], problems[i + 1], unknowns, pieces)
        failure = CrossingExpiries(fitted[i].listed.expiry, fitted[i + 1].listed.expiry, broken.rule)
    raise failure or SurfaceError(f"no joint fit of expiries {[fit.listed.expiry for fit in fitted]} converges")


def _to_integers(fit: _Fitted, solution: FloatArray, index: int) -> DensitySlice:
    plan, problem = fit.problem.plan, fit.problem
    density = np.zeros(len(plan.knots_ticks))
    density[plan.first + 1 : plan.last] = solution * problem.scale / problem.quotes.forward_ticks
    try:
        return integer_slice(fit.listed.expiry, plan.knots_ticks, density, fit.listed.forward_q16, index)
    except SurfaceError as unrestored:
        raise UnfitExpiry(fit.listed.expiry, unrestored) from unrestored


@dataclass(frozen=True)
class _BrokenPair:
    """The earlier of two neighbours, the rule their integers break, and whether they cross or only lack a certificate."""

    pair: int
    rule: str
    crosses: bool


def _broken_pair(slices: Sequence[DensitySlice], max_knots: int) -> _BrokenPair | None:
    """The first pair of neighbours that crosses, or has no certificate of the circuit's number of pieces."""
    pieces = CALENDAR_PIECES.get(max_knots)
    for i, (earlier, later) in enumerate(pairwise(slices)):
        crossing = first_violation(earlier, later)
        if crossing is not None:
            return _BrokenPair(i, crossing, True)
        if pieces and certificate(earlier.padded(max_knots), later.padded(max_knots), pieces) is None:
            return _BrokenPair(i, f"no certificate of {pieces} pieces over {max_knots} knots", False)
    return None
