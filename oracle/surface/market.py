# SPDX-License-Identifier: Apache-2.0
"""The fit of a market as it is: what can be fitted is fitted jointly, the rest is refused by name and counted.

All expiries share one size of the slice circuit, because a calendar claim opens the neighbour with the circuit's own
number of knots: the smallest preset that holds every expiry's listed strikes and the knots of its fit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from oracle.errors import CalendarViolation, InvalidValue, RiskOracleError, SnapshotError, SurfaceError, TooFewQuotes
from oracle.model.snapshot import ExpirySnapshot, MarketSnapshot
from oracle.statements.slice import SliceSize
from oracle.surface.population import Population, populations
from oracle.surface.quotes import RefusedQuote, usable_quotes
from oracle.surface.surface import CrossingExpiries, Surface, UnfitExpiry, UsableExpiry, fit_usable, plan_knots

PRESETS = (SliceSize(32, 16), SliceSize(48, 32), SliceSize(64, 48), SliceSize(96, 80))
RULE_NOT_COVERED = "strike_not_covered"
_UNBOUNDED_KNOTS = 1 << 12


@dataclass(frozen=True)
class MarketFit:
    """A market's surface over its usable expiries, None where there is none, with the circuit's size that fits it.

    ``refusals``: the error of every expiry left out. ``uncovered``: strikes beyond the largest preset's slots, farthest
    from the forward, quoted or not (rule ``strike_not_covered``). ``surface.snapshot`` has neither of them and counts
    both in ``rejected_count``. ``population`` and ``short``: see :mod:`oracle.surface.population`.
    """

    surface: Surface | None
    size: SliceSize | None
    refusals: Mapping[int, RiskOracleError]
    uncovered: tuple[RefusedQuote, ...]
    population: Population
    short: Population


def fit_market(
    snapshot: MarketSnapshot,
    presets: Sequence[SliceSize] = PRESETS,
    unquoted: Mapping[int, Mapping[str, int]] | None = None,
) -> MarketFit:
    """Fits all expiries of ``snapshot`` that can be fitted; no expiry fails the others. Deterministic.

    ``presets``: available sizes, ascending; a single one pins the size. ``unquoted``: what the snapshot's builder
    removed, for the population. An expiry with fewer than seven usable quotes is refused as :class:`TooFewQuotes`. Where
    the joint fit fails at every size, the expiry it names is refused, of two that cross the one with fewer quotes.
    Raises :class:`InvalidValue` for presets that are not ascending.
    """
    sizes = list(presets)
    if not sizes or any(a.knots >= b.knots or a.strikes >= b.strikes for a, b in pairwise(sizes)):
        raise InvalidValue("presets", [size.circuit_id for size in sizes], "must be one or more, ascending")
    refusals: dict[int, RiskOracleError] = {}
    uncovered: list[RefusedQuote] = []
    usable: list[UsableExpiry] = []
    for whole in snapshot.expiries:
        listed, beyond = cover(whole, sizes[-1].strikes)
        try:
            usable.append(UsableExpiry(listed, *usable_quotes(snapshot, listed)))
            uncovered += beyond
        except (SnapshotError, SurfaceError) as refused:
            refusals[whole.expiry] = refused
    fit: tuple[Surface, SliceSize] | None = None
    while usable and fit is None:
        covered = [quote for quote in uncovered if quote.expiry not in refusals]
        accepted = replace(
            snapshot,
            expiries=tuple(expiry.listed for expiry in usable),
            rejected_count=snapshot.rejected_count + len(refusals) + len(covered),
        )
        outcome = _fit(accepted, usable, sizes)
        if isinstance(outcome, tuple):
            fit = outcome
        else:
            refused_expiry = _culprit(outcome, usable)
            refusals[refused_expiry] = outcome
            usable = [expiry for expiry in usable if expiry.listed.expiry != refused_expiry]
    surface, size = (None, None) if fit is None else fit
    left_out = tuple(quote for quote in uncovered if quote.expiry not in refusals)
    without_vol = [quote for expiry in usable for quote in expiry.refused]
    rules = {expiry: refusal_rule(error) for expiry, error in sorted(refusals.items())}
    population, short = populations(snapshot, unquoted or {}, [*left_out, *without_vol], rules)
    return MarketFit(surface, size, dict(sorted(refusals.items())), left_out, population, short)


def refusal_rule(error: RiskOracleError) -> str:
    """The rule's name of a refused expiry, for ledgers and counts."""
    if isinstance(error, TooFewQuotes):
        return "too_few_quotes"
    return "calendar_crossing" if isinstance(error, CalendarViolation) else "no_fit"


def cover(listed: ExpirySnapshot, slots: int) -> tuple[ExpirySnapshot, tuple[RefusedQuote, ...]]:
    """The ``slots`` listed strikes nearest to the forward by abs(ln K / F), and the others as refused.

    Decided in integers: of two strikes on either side, K1 < F < K2, the lower one is nearer if K1 K2 > F^2; of two equally
    near the lower one stays.
    """
    quotes, forward = list(listed.quotes), listed.forward_q16
    first, last = 0, len(quotes)
    while last - first > slots:
        low, high = quotes[first].strike_ticks << 16, quotes[last - 1].strike_ticks << 16
        if low * high >= forward * forward:
            last -= 1
        else:
            first += 1
    beyond = (*quotes[:first], *quotes[last:])
    refused = tuple(RefusedQuote(listed.expiry, quote.strike_ticks, RULE_NOT_COVERED) for quote in beyond)
    return replace(listed, quotes=tuple(quotes[first:last])), refused


def smallest_size(usable: Sequence[UsableExpiry], sizes: Sequence[SliceSize]) -> int:
    """The index of the first size that holds every expiry's strikes and all knots its fit wants, else of the last."""
    strikes = max(len(expiry.listed.quotes) for expiry in usable)
    for index, size in enumerate(sizes):
        if strikes <= size.strikes:
            plans = plan_knots(usable, _UNBOUNDED_KNOTS, _UNBOUNDED_KNOTS - (size.knots - size.strikes))
            if max(len(plan.knots_ticks) for plan in plans) <= size.knots:
                return index
    return len(sizes) - 1


def _fit(
    snapshot: MarketSnapshot, usable: Sequence[UsableExpiry], sizes: Sequence[SliceSize]
) -> tuple[Surface, SliceSize] | SurfaceError | CalendarViolation:
    """The surface at the smallest size that fits, a larger one where that fit fails; else the last failure."""
    try:
        first = smallest_size(usable, sizes)
    except UnfitExpiry as unplaced:
        return unplaced
    failure: SurfaceError | CalendarViolation = SurfaceError("no size")
    for size in sizes[first:]:
        try:
            return fit_usable(snapshot, usable, size.knots, size.strikes), size
        except (SurfaceError, CalendarViolation) as failed:
            failure = failed
    return failure


def _culprit(failure: SurfaceError | CalendarViolation, usable: Sequence[UsableExpiry]) -> int:
    """The expiry to leave out: the named one, of a named pair or of all the one with the fewest quotes."""
    if isinstance(failure, UnfitExpiry):
        return failure.expiry
    named = failure.pair if isinstance(failure, CrossingExpiries) else [u.listed.expiry for u in usable]
    counts = {expiry.listed.expiry: len(expiry.quotes.strike_ticks) for expiry in usable}
    return min(named, key=lambda expiry: (counts.get(expiry, math.inf), expiry))
