# SPDX-License-Identifier: Apache-2.0
"""No accepted slice has a butterfly, no accepted pair a calendar arbitrage: 500 strikes each, exact rationals.

Prices come from an integration of the linear density in fractions, independent of the model's recurrences.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from oracle.model.density import DENSITY_BITS, MASS_ONE, DensitySlice
from oracle.statements.slice import SliceSize
from oracle.stream.epochs import snapshots
from oracle.stream.ledger import RejectLedger
from oracle.stream.open_recording import open_recording
from oracle.stream.simulator import write_recording
from oracle.stream.simulator_config import SimulatorConfig
from oracle.stream.snapshot import SnapshotBuilder
from oracle.surface.surface import fit_surface
from tests.circuits.laws import random_slice

SIZE, RANDOM_SLICES, STRIKES = SliceSize(32, 16), 300, 500
DENSITY_UNIT = Fraction(3, 1 << DENSITY_BITS + 4)
"""Density per tick of one unit of a node value: 3 / 2^52."""


class Prices:
    """Call prices in ticks at any rational strike, of a density given by its heights at ascending knots."""

    def __init__(self, knots: list[int], heights: list[Fraction]) -> None:
        self.knots, self.heights = knots, heights
        beyond = [(Fraction(0), Fraction(0))]
        for j in range(len(knots) - 2, -1, -1):
            beyond.append(self._piece(j, Fraction(knots[j]), *beyond[-1]))
        self._at_knot = beyond[::-1]
        self.mean = self.call(Fraction(0))

    @classmethod
    def of(cls, density: DensitySlice) -> Prices:
        """Of a slice; its padding repeats the last knot without density."""
        heights: dict[int, Fraction] = {}
        for knot, q in zip(density.knots_ticks, density.density_q, strict=True):
            heights.setdefault(knot, q * DENSITY_UNIT)
        return cls(list(heights), list(heights.values()))

    def _piece(self, j: int, strike: Fraction, survival: Fraction, call: Fraction) -> tuple[Fraction, Fraction]:
        """Survival and call at a strike between knots j and j + 1, given both at knot j + 1.

        With density p at the strike, slope b and width w: p w + b w^2 / 2 more mass, p w^2 / 2 + b w^3 / 3 + w survival more call.
        """
        width = self.knots[j + 1] - strike
        slope = (self.heights[j + 1] - self.heights[j]) / (self.knots[j + 1] - self.knots[j])
        height = self.heights[j] + slope * (strike - self.knots[j])
        moment = height * width**2 / 2 + slope * width**3 / 3
        return survival + height * width + slope * width**2 / 2, call + width * survival + moment

    def call(self, strike: Fraction) -> Fraction:
        """Undiscounted call price."""
        if strike >= self.knots[-1]:
            return Fraction(0)
        if strike <= self.knots[0]:
            survival, call = self._at_knot[0]
            return call + (self.knots[0] - strike) * survival
        j = bisect_right(self.knots, strike) - 1
        return self._piece(j, strike, *self._at_knot[j + 1])[1]

    def normalised(self, moneyness: Fraction) -> Fraction:
        """C(x f) / f."""
        return self.call(moneyness * self.mean) / self.mean


def butterfly(prices: Prices, strikes: list[Fraction]) -> str | None:
    """The first violated condition over ascending strikes, in words."""
    calls = [prices.call(strike) for strike in strikes]
    for strike, call in zip(strikes, calls, strict=True):
        if not max(Fraction(0), prices.mean - strike) <= call <= prices.mean:
            return f"the call at {float(strike)} leaves its bounds"
    slopes = [(right - left) / (k1 - k0) for (k0, left), (k1, right) in pairwise(zip(strikes, calls, strict=True))]
    if any(not -1 <= slope <= 0 for slope in slopes):
        return "a slope leaves [-1, 0]"
    return "calls are not convex" if any(left > right for left, right in pairwise(slopes)) else None


def calendar(earlier: Prices, later: Prices, moneyness: list[Fraction]) -> Fraction | None:
    """The first moneyness at which the earlier normalised call is above the later one."""
    return next((x for x in moneyness if earlier.normalised(x) > later.normalised(x)), None)


def fine_strikes(prices: Prices, draw: random.Random) -> list[Fraction]:
    """500 ascending strikes: knots, points beside them, an even grid to beyond the support, random ones."""
    last = prices.knots[-1]
    points = {Fraction(knot) for knot in prices.knots}
    points |= {Fraction(2 * knot + 1, 2) for knot in prices.knots}
    points |= {Fraction(last * j * 11, 2_500) for j in range(1, 251)}
    while len(points) < STRIKES:
        points.add(Fraction(draw.randrange(1, 1000 * (prices.knots[-1] + 10)), 1000))
    return sorted(points)


def fine_moneyness(earlier: Prices, later: Prices) -> list[Fraction]:
    """At least 500 points: all knots of both in moneyness, an even grid over both supports and beyond."""
    knots = {knot / prices.mean for prices in (earlier, later) for knot in prices.knots}
    return sorted(knots | {max(knots) * Fraction(j, 480) for j in range(STRIKES + 1)})


@pytest.mark.parametrize("part", range(4))
def test_random_slices_and_their_claimed_neighbours_are_free_of_arbitrage(part: int) -> None:
    pairs = 0
    for seed in range(part, RANDOM_SLICES, 4):
        made = random_slice(SIZE, seed)
        own = Prices.of(made.witness.density)
        assert own.mean * MASS_ONE == made.witness.density.mean_q53
        assert butterfly(own, fine_strikes(own, random.Random(seed))) is None, seed
        for earlier, later in ((made.earlier, made.witness.density), (made.witness.density, made.later)):
            if earlier is not None and later is not None:
                first, second = Prices.of(earlier), Prices.of(later)
                assert calendar(first, second, fine_moneyness(first, second)) is None, seed
                pairs += 1
    assert pairs >= 40


@cache
def _fitted(folder: Path) -> list[tuple[DensitySlice, ...]]:
    path = folder / "market.jsonl.gz"
    write_recording(path, SimulatorConfig())
    ledger = RejectLedger()
    builder = SnapshotBuilder("BTC-USD", "BTC", ledger=ledger)
    return [fit_surface(snapshot).slices for snapshot in snapshots(open_recording(path, ledger).events, builder)]


def test_fitted_slices_and_all_neighbours_are_free_of_arbitrage(tmp_path: Path) -> None:
    count = 0
    for slices in _fitted(tmp_path):
        prices = [Prices.of(density) for density in slices]
        for seed, own in enumerate(prices):
            assert butterfly(own, fine_strikes(own, random.Random(seed))) is None
            count += 1
        for earlier, later in pairwise(prices):
            assert calendar(earlier, later, fine_moneyness(earlier, later)) is None
    assert count >= 6


def _with_claims() -> Iterator[tuple[DensitySlice, DensitySlice]]:
    for seed in range(60):
        made = random_slice(SIZE, seed)
        if made.later is not None:
            yield made.witness.density, made.later


def test_a_pair_in_the_wrong_order_has_an_arbitrage_on_the_same_grid() -> None:
    pairs = list(_with_claims())
    assert len(pairs) >= 10
    for earlier, later in pairs[:20]:
        first, second = Prices.of(later), Prices.of(earlier)
        assert calendar(first, second, fine_moneyness(first, second)) is not None


def test_a_negative_density_is_seen_as_a_butterfly_on_the_same_grid() -> None:
    own = Prices.of(random_slice(SIZE, 1).witness.density)
    middle = len(own.knots) // 2
    heights = list(own.heights)
    heights[middle] = -heights[middle] - DENSITY_UNIT
    broken = Prices(own.knots, heights)
    assert butterfly(broken, fine_strikes(broken, random.Random(0))) is not None
