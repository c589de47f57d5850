# SPDX-License-Identifier: Apache-2.0
"""From a market snapshot to proven integers: one density slice per expiry, free of arbitrage in strike and in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from oracle.analytics.black76 import FloatArray
from oracle.errors import CalendarViolation, SurfaceError
from oracle.model.calendar import CALENDAR_PIECES, certificate, first_violation
from oracle.model.density import MASS_ONE, DensitySlice
from oracle.model.snapshot import ExpirySnapshot, MarketSnapshot
from oracle.surface.fit import SliceProblem
from oracle.surface.integers import atom_q53, integer_slice
from oracle.surface.joint import joint_rounds
from oracle.surface.knots import KnotPlan, place_knots
from oracle.surface.outliers import remove_outliers
from oracle.surface.quality import SurfaceQuality, surface_quality
from oracle.surface.quotes import ExpiryQuotes, RefusedQuote, usable_quotes

JOINT_ROUNDS = 2
"""Joint fits per surface: the second with tangents chosen from the first."""
SPARE_ROUNDS = 2
"""Further joint fits where the integers of the last one do not pass exactly."""


@dataclass(frozen=True)
class Surface:
    """One slice per expiry of the snapshot, in its order and unpadded, the fit's quality and the quotes it refused."""

    snapshot: MarketSnapshot
    slices: tuple[DensitySlice, ...]
    quality: SurfaceQuality
    refused: tuple[RefusedQuote, ...]


@dataclass(frozen=True)
class _Fitted:
    """One expiry on its way: what was listed and quoted, the problem without outliers, its own optimum."""

    listed: ExpirySnapshot
    quotes: ExpiryQuotes
    problem: SliceProblem
    solution: FloatArray
    refused: tuple[RefusedQuote, ...]
    outliers: int


def fit_surface(snapshot: MarketSnapshot, max_knots: int = 32, listed_slots: int = 16) -> Surface:
    """Fits all expiries of ``snapshot`` jointly and returns exact integers. Deterministic.

    ``max_knots`` and ``listed_slots`` are the sizes of the slice circuit. Raises :class:`TooFewQuotes` where an expiry
    has fewer than seven usable quotes, :class:`CalendarViolation` where the integers of two expiries cross in time,
    :class:`SurfaceError` otherwise; each names the expiry.
    """
    fitted: list[_Fitted] = []
    for index, listed in enumerate(snapshot.expiries):
        if len(listed.quotes) > listed_slots:
            raise SurfaceError(f"expiry {listed.expiry}: {len(listed.quotes)} listed strikes, at most {listed_slots}")
        fitted.append(_fit_expiry(snapshot, listed, fitted[-1].problem if fitted else None, max_knots, index))
    if not fitted:
        raise SurfaceError("the snapshot has no expiry")
    slices = _exact_slices(fitted, max_knots)
    quality = surface_quality(slices, [fit.quotes for fit in fitted], [fit.outliers for fit in fitted])
    return Surface(snapshot, slices, quality, tuple(quote for fit in fitted for quote in fit.refused))


def _fit_expiry(
    snapshot: MarketSnapshot, listed: ExpirySnapshot, earlier: SliceProblem | None, max_knots: int, index: int
) -> _Fitted:
    quotes, refused = usable_quotes(snapshot, listed)
    plan = _plan(listed, quotes, earlier, max_knots)
    problem, solution, outliers = remove_outliers(quotes, plan, atom_q53(index) / MASS_ONE)
    return _Fitted(listed, quotes, problem, solution, refused + outliers, len(outliers))


def _plan(listed: ExpirySnapshot, quotes: ExpiryQuotes, earlier: SliceProblem | None, max_knots: int) -> KnotPlan:
    z = quotes.deviations
    support = None if earlier is None else (float(earlier.moneyness[0]), float(earlier.moneyness[-1]))
    strikes = [quote.strike_ticks for quote in listed.quotes]
    try:
        return place_knots(
            strikes, quotes.forward_ticks, quotes.atm_deviation, (float(z[0]), float(z[-1])), support, max_knots
        )
    except SurfaceError as unplaced:
        raise SurfaceError(f"expiry {listed.expiry}: {unplaced}") from unplaced


def _exact_slices(fitted: Sequence[_Fitted], max_knots: int) -> tuple[DensitySlice, ...]:
    """The integers of the second joint fit, or of a later one if those do not pass the exact calendar conditions."""
    if len(fitted) == 1:
        return (_to_integers(fitted[0], fitted[0].solution, 0),)
    violation: CalendarViolation | None = None
    for number, solution in enumerate(joint_rounds([fit.problem for fit in fitted], JOINT_ROUNDS + SPARE_ROUNDS), 1):
        if number < JOINT_ROUNDS:
            continue
        slices = tuple(_to_integers(fit, u, i) for i, (fit, u) in enumerate(zip(fitted, solution, strict=True)))
        violation = _calendar_violation(fitted, slices, max_knots)
        if violation is None:
            return slices
    raise violation or SurfaceError(f"no joint fit of expiries {[fit.listed.expiry for fit in fitted]} converged")


def _to_integers(fit: _Fitted, solution: FloatArray, index: int) -> DensitySlice:
    plan, problem = fit.problem.plan, fit.problem
    density = np.zeros(len(plan.knots_ticks))
    density[plan.first + 1 : plan.last] = solution * problem.scale / problem.quotes.forward_ticks
    return integer_slice(fit.listed.expiry, plan.knots_ticks, density, fit.listed.forward_q16, index)


def _calendar_violation(
    fitted: Sequence[_Fitted], slices: Sequence[DensitySlice], max_knots: int
) -> CalendarViolation | None:
    """The first pair of neighbours that crosses, or that has no certificate of the circuit's number of pieces."""
    pieces = CALENDAR_PIECES.get(max_knots)
    for i, (earlier, later) in enumerate(pairwise(slices)):
        names = f"expiries {fitted[i].listed.expiry} and {fitted[i + 1].listed.expiry}"
        broken = first_violation(earlier, later)
        if broken is not None:
            return CalendarViolation(f"{names}: {broken}")
        if pieces and certificate(earlier.padded(max_knots), later.padded(max_knots), pieces) is None:
            return CalendarViolation(f"{names}: no certificate of {pieces} pieces over {max_knots} knots")
    return None
