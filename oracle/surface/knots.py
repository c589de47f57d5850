# SPDX-License-Identifier: Apache-2.0
"""Where the knots of an expiry stand: every listed strike, the ends of the support, and fill where they are far apart.

Distances are measured in deviations z = ln(K / F) / sd, with sd the total volatility at the money. The density lives
on the support, from 5 deviations or more below the forward to as many above, and is zero at its ends and outside;
listed strikes outside are knots too (the statement demands it) and carry density zero.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from oracle.errors import SurfaceError
from oracle.model.density import GAP_BITS, KNOT_BITS

REACH = 5.0
"""Deviations the support reaches at least to each side."""
REACH_BEYOND_QUOTES = 3.0
REACH_BEYOND_EARLIER = 0.5
"""Deviations by which a later expiry's support exceeds the earlier one's: without it no calendar order is possible."""
LISTED_REACH = 8.0
"""Listed strikes within so many deviations lie in the support, so that they keep a price above zero."""
CORE, CORE_STEP = 2.5, 0.5
WING, WING_STEP = 4.0, 0.7
"""Widest steps: 0.5 deviations within 2.5, 0.7 beyond 4, linear between."""


@dataclass(frozen=True)
class KnotPlan:
    """Knots in ticks, strictly ascending; ``first`` and ``last`` index the ends of the support."""

    knots_ticks: tuple[int, ...]
    first: int
    last: int

    @property
    def support_ticks(self) -> tuple[int, ...]:
        """Knots of the support, ends included."""
        return self.knots_ticks[self.first : self.last + 1]


def metric(z: float) -> float:
    """The number of widest steps from the forward to ``z`` deviations, signed: the integral of 1 / step."""
    slope = (WING_STEP - CORE_STEP) / (WING - CORE)
    size = abs(z)
    between = min(max(size - CORE, 0.0), WING - CORE)
    steps = min(size, CORE) / CORE_STEP + math.log1p(between * slope / CORE_STEP) / slope
    return math.copysign(steps + max(size - WING, 0.0) / WING_STEP, z)


def from_metric(steps: float) -> float:
    """Inverse of :func:`metric`."""
    slope = (WING_STEP - CORE_STEP) / (WING - CORE)
    size, core, wing = abs(steps), CORE / CORE_STEP, metric(WING)
    if size <= core:
        z = size * CORE_STEP
    elif size <= wing:
        z = CORE + CORE_STEP * math.expm1((size - core) * slope) / slope
    else:
        z = WING + (size - wing) * WING_STEP
    return math.copysign(z, steps)


def place_knots(
    listed_ticks: Sequence[int],
    forward_ticks: float,
    deviation: float,
    quoted_range: tuple[float, float],
    earlier_support: tuple[float, float] | None,
    later_deviations: float,
    max_knots: int,
    max_below: int | None = None,
) -> KnotPlan:
    """Knots of one expiry, at most ``max_knots``, at most ``max_below`` unlisted ones below the last listed strike.

    The slice circuit demands the latter: its unused strike slots are filled from the knots above.

    ``listed_ticks`` ascending; ``deviation`` is sd; ``quoted_range`` the outer quoted strikes in deviations;
    ``earlier_support`` the ends of the previous expiry's support as K / F, None for the first expiry: they become
    knots too, for a tangent there is the one that lies above the earlier slice's outermost chord;
    ``later_deviations`` the sum of sd over the later expiries, for which room is left below the widest gap.
    Intervals are split until none exceeds its step. Where a budget is short the widest interval is split first, so all
    intervals coarsen alike. Raises :class:`SurfaceError` if listed strikes and support ends alone exceed a budget, or
    if the support would end so close to the last quote that its wing has no room below the largest knot.
    """
    low, high = _support(listed_ticks, forward_ticks, deviation, quoted_range, earlier_support, later_deviations)
    anchors = {round(forward_ticks * end) for end in earlier_support or ()}
    fixed = sorted({low, high, *listed_ticks, *(knot for knot in anchors if low < knot < high)})
    if len(fixed) > max_knots:
        raise SurfaceError(f"{len(fixed)} listed strikes and support ends do not fit {max_knots} knots")
    last = listed_ticks[-1] if listed_ticks else 0
    below = len([knot for knot in fixed if knot < last]) - max(len(listed_ticks) - 1, 0)
    room_below = max_knots if max_below is None else max_below - below
    if room_below < 0:
        raise SurfaceError(f"{below} support ends below the last listed strike do not fit {max_below}")
    inside = [knot for knot in fixed if low <= knot <= high]
    fill = _fill(inside, forward_ticks, deviation, max_knots - len(fixed), last, room_below)
    knots = tuple(sorted({*fixed, *fill}))
    return KnotPlan(knots, bisect_left(knots, low), bisect_left(knots, high))


def _support(
    listed_ticks: Sequence[int],
    forward_ticks: float,
    deviation: float,
    quoted_range: tuple[float, float],
    earlier_support: tuple[float, float] | None,
    later_deviations: float,
) -> tuple[int, int]:
    """Ends of the support in ticks, rounded outwards; the upper one keeps every gap and every knot within its width."""
    left, right = max(REACH, REACH_BEYOND_QUOTES - quoted_range[0]), max(REACH, REACH_BEYOND_QUOTES + quoted_range[1])
    for strike in (listed_ticks[0], listed_ticks[-1]) if listed_ticks else ():
        z = math.log(strike / forward_ticks) / deviation
        left, right = max(left, min(-z, LISTED_REACH)), max(right, min(z, LISTED_REACH))
    if earlier_support is not None:
        left = max(left, -math.log(earlier_support[0]) / deviation + REACH_BEYOND_EARLIER)
        right = max(right, math.log(earlier_support[1]) / deviation + REACH_BEYOND_EARLIER)
    widest = (
        math.log(0.9 * (1 << GAP_BITS) / forward_ticks + 1.0) - REACH_BEYOND_EARLIER * later_deviations
    ) / deviation
    low = max(math.floor(forward_ticks * math.exp(-left * deviation)), 1)
    needed = quoted_range[1] + WING_STEP
    limit = (1 << KNOT_BITS) - 1
    if forward_ticks * math.exp(needed * deviation) > limit:
        raise SurfaceError(
            f"forward {forward_ticks:.0f}: the wing above the last quote does not end below {limit + 1} ticks"
        )
    right = max(min(right, widest), needed)
    high = min(math.ceil(forward_ticks * math.exp(right * deviation)), limit)
    return low, high


def _fill(
    inside: list[int],
    forward_ticks: float,
    deviation: float,
    budget: int,
    last_listed: int,
    room_below: int,
) -> list[int]:
    """Up to ``budget`` further knots, up to ``room_below`` of them below the last listed strike.

    The interval of the longest parts is split again until no part exceeds a step.
    """
    marks = [metric(math.log(knot / forward_ticks) / deviation) for knot in inside]
    ends = list(pairwise(marks))
    parts = [1] * len(ends)
    open_above = bisect_left(inside, last_listed)
    for _ in range(budget):
        first = 0 if room_below > 0 else open_above
        longest = max(range(first, len(ends)), key=lambda i: (ends[i][1] - ends[i][0]) / parts[i], default=None)
        if longest is None or ends[longest][1] - ends[longest][0] <= parts[longest]:
            break
        parts[longest] += 1
        room_below -= longest < open_above
    return [
        round(forward_ticks * math.exp(deviation * from_metric(left + (right - left) * part / count)))
        for (left, right), count in zip(ends, parts, strict=True)
        for part in range(1, count)
    ]
