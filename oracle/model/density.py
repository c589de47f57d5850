# SPDX-License-Identifier: Apache-2.0
"""One expiry as a risk-neutral law: an atom at zero and a piecewise-linear density over integer knots.

All numbers are exact integers; nothing is rounded. With knots X_j in ticks (gaps h_j = X_{j+1} - X_j >= 0) and
non-negative node values q_j (density 3 q_j / 2^52 per tick), from the right, s_N = c_N = 0:

    [D-1]  s_j = s_{j+1} + 3 h_j (q_j + q_{j+1})                          survival, 2^53 is certainty
    [D-2]  c_j = c_{j+1} + h_j (s_{j+1} + h_j (q_j + 2 q_{j+1}))          call price at X_j, ticks at 2^53
    [D-3]  a   = 2^53 - s_0 >= 0                                          probability of zero
    [D-4]  f   = c_0 + X_0 s_0                                            mean: the slice's own forward

q >= 0 and a >= 0 are free of butterfly arbitrage for every strike (Breeden and Litzenberger 1978: the density is
the second strike derivative of the call price).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from oracle.errors import InvalidSlice

MASS_BITS = 53
MASS_ONE = 1 << MASS_BITS
"""Certainty, and one tick of call price."""
DENSITY_BITS = 48
GAP_BITS = 22
KNOT_BITS = 24
"""Knots are below 2^24 ticks, as listed strikes are: the last knot bounds them all."""
FORWARD_TOLERANCE = 1 << 33
"""[D-5] f - forward_q16 2^37 in [-2^33, 2^33): 2^-20 of a tick, far below the tolerance of the implied vol."""


@dataclass(frozen=True)
class DensitySlice:
    """Knots (ticks, ascending, duplicates allowed) and node values of one expiry.

    Raises :class:`InvalidSlice` where a condition of the statement fails: widths, order, mass at most one.
    """

    knots_ticks: tuple[int, ...]
    density_q: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.knots_ticks) != len(self.density_q) or len(self.knots_ticks) < 2:
            raise InvalidSlice(
                f"{len(self.knots_ticks)} knots and {len(self.density_q)} node values: need two or more of each"
            )
        for place, knot in (("first", self.knots_ticks[0]), ("last", self.knots_ticks[-1])):
            if not 0 <= knot < 1 << KNOT_BITS:
                raise InvalidSlice(f"{place} knot {knot}: must be in [0, 2^{KNOT_BITS})")
        for left, right in pairwise(self.knots_ticks):
            if not 0 <= right - left < 1 << GAP_BITS:
                raise InvalidSlice(f"knots {left}, {right}: the gap must be in [0, 2^{GAP_BITS})")
        for knot, q in zip(self.knots_ticks, self.density_q, strict=True):
            if not 0 <= q < 1 << DENSITY_BITS:
                raise InvalidSlice(f"density {q} at knot {knot}: must be in [0, 2^{DENSITY_BITS})")
        if self.atom_q53 < 0:
            raise InvalidSlice(f"mass {self.survival_q53[0]} / 2^53 at the first knot exceeds one")

    @cached_property
    def gaps_ticks(self) -> tuple[int, ...]:
        """h_j, one fewer than the knots."""
        return tuple(right - left for left, right in pairwise(self.knots_ticks))

    @cached_property
    def _recurrence(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        n = len(self.knots_ticks)
        survival, call = [0] * n, [0] * n
        for j in range(n - 2, -1, -1):
            h, q, q_next = self.gaps_ticks[j], self.density_q[j], self.density_q[j + 1]
            survival[j] = survival[j + 1] + 3 * h * (q + q_next)
            call[j] = call[j + 1] + h * (survival[j + 1] + h * (q + 2 * q_next))
        return tuple(survival), tuple(call)

    @property
    def survival_q53(self) -> tuple[int, ...]:
        """[D-1] probability of ending above each knot."""
        return self._recurrence[0]

    @property
    def call_q53(self) -> tuple[int, ...]:
        """[D-2] undiscounted call price at each knot, ticks at scale 2^53."""
        return self._recurrence[1]

    @property
    def atom_q53(self) -> int:
        """[D-3] probability of zero."""
        return MASS_ONE - self.survival_q53[0]

    @property
    def mean_q53(self) -> int:
        """[D-4] the slice's own forward, ticks at scale 2^53."""
        return self.call_q53[0] + self.knots_ticks[0] * self.survival_q53[0]

    def agrees_with(self, forward_q16: int) -> bool:
        """[D-5] whether the mean minus the attested forward is in [-2^-20, 2^-20) tick."""
        return -FORWARD_TOLERANCE <= self.mean_q53 - (forward_q16 << (MASS_BITS - 16)) < FORWARD_TOLERANCE

    def call_at(self, strike_ticks: int) -> int:
        """Call price at any strike in ticks at scale 2^53, rounded down between knots, exact at knots.

        Between knots, t = X_{j+1} - K:  h c(K) = h (c_{j+1} + t s_{j+1} + 3 q_{j+1} t^2) + (q_j - q_{j+1}) t^3.
        """
        knots = self.knots_ticks
        if strike_ticks >= knots[-1]:
            return 0
        if strike_ticks <= knots[0]:
            return self.call_q53[0] + (knots[0] - strike_ticks) * self.survival_q53[0]
        j = bisect_left(knots, strike_ticks) - 1
        h, t = self.gaps_ticks[j], knots[j + 1] - strike_ticks
        right = self.call_q53[j + 1] + t * self.survival_q53[j + 1] + 3 * self.density_q[j + 1] * t * t
        return right + (self.density_q[j] - self.density_q[j + 1]) * t**3 // h

    def padded(self, size: int) -> DensitySlice:
        """The same law on ``size`` knots: the last knot repeated with gap 0 and density 0.

        Raises :class:`InvalidSlice` if there are more knots than ``size``.
        """
        missing = size - len(self.knots_ticks)
        if missing < 0:
            raise InvalidSlice(f"{len(self.knots_ticks)} knots do not fit {size}")
        return DensitySlice(self.knots_ticks + (self.knots_ticks[-1],) * missing, self.density_q + (0,) * missing)
