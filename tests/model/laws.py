# SPDX-License-Identifier: Apache-2.0
"""Random slices that the option statement takes, and the truth about them by rational integration."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache
from itertools import pairwise

from oracle.model.density import FORWARD_TOLERANCE, MASS_ONE, DensitySlice

DENSITY_UNIT = Fraction(3, 1 << 52)
"""A node value of one is this density per tick."""


def nearest_forward_q16(density: DensitySlice) -> int:
    """The forward nearest to the mean."""
    return round(Fraction(density.mean_q53, 1 << 37))


@cache
def random_law(seed: int, knots: int = 32) -> tuple[DensitySlice, int]:
    """A law on up to ``knots`` knots, some of them repeated or of density 0, and a forward within [D-5] of its mean."""
    draw = random.Random(seed)
    count = draw.randint(3, knots)
    first = draw.choice([0, 1, draw.randrange(1 << 10), draw.randrange(1 << 16), draw.randrange(1 << 23)])
    widest = draw.choice([1, 3, 500, 5_000, 1 << 17])
    gaps = [draw.choice([0, 1, draw.randint(1, widest), draw.randint(1, widest)]) for _ in range(count - 1)]
    gaps[draw.randrange(count - 1)] = widest
    positions = [first]
    for gap in gaps:
        positions.append(positions[-1] + gap)
    shape = [draw.choice([0, draw.randrange(1 << 20), draw.randrange(1 << 20)]) for _ in range(count)]
    widths = [a + b for a, b in pairwise([0, *gaps, 0])]
    mass = 3 * sum(q * w for q, w in zip(shape, widths, strict=True))
    if mass == 0:
        return random_law(seed + 1_000_003, knots)
    share = Fraction(draw.randint(1 << 30, MASS_ONE), mass)
    nodes = [min(int(q * share), (1 << 48) - 1) for q in shape]
    for _ in range(400):
        law = DensitySlice(tuple(positions), tuple(nodes))
        forward = nearest_forward_q16(law)
        if abs(law.mean_q53 - (forward << 37)) < FORWARD_TOLERANCE and 1 << 16 <= forward < 1 << 40:
            return law, forward
        j = draw.randrange(count)
        nodes[j] = max(0, nodes[j] - draw.randrange(1 << 12))
    return random_law(seed + 1_000_003, knots)


def full_law(knots: int) -> tuple[DensitySlice, int]:
    """A law with density on every knot but the last, 1,000 ticks apart from 30,000, and its forward."""
    positions = tuple(30_000 + 1_000 * j for j in range(knots))
    level = MASS_ONE // (3 * 2_000 * knots)
    for first in range(1 << 12):
        law = DensitySlice(positions, (first, *(level,) * (knots - 2), 0))
        forward = nearest_forward_q16(law)
        if abs(law.mean_q53 - (forward << 37)) < FORWARD_TOLERANCE:
            return law, forward
    raise AssertionError("no law of the family has a forward")


def strikes_of(density: DensitySlice, draw: random.Random, between: int) -> list[int]:
    """Both ends of the range, every knot with its neighbours, and strikes drawn between the first and the last knot and outside."""
    knots = density.knots_ticks
    chosen = {1, (1 << 24) - 1} | {k + by for k in knots for by in (-1, 0, 1)}
    chosen |= {draw.randint(max(1, knots[0] - 50), knots[-1] + 50) for _ in range(between)}
    return sorted(k for k in chosen if 1 <= k < 1 << 24)


def exact_call(density: DensitySlice, strike: int) -> Fraction:
    """E max(0, X - strike) in ticks: the integrand is quadratic on every piece, so that Simpson's rule is exact."""
    total = Fraction(0)
    nodes = list(zip(density.knots_ticks, density.density_q, strict=True))
    for (left, p), (right, q) in pairwise(nodes):
        low = max(left, strike)
        if low >= right:
            continue

        def payoff(x: Fraction, left: int = left, right: int = right, p: int = p, q: int = q) -> Fraction:
            return (x - strike) * (p + Fraction(q - p, right - left) * (x - left))

        middle = Fraction(low + right, 2)
        total += (payoff(Fraction(low)) + 4 * payoff(middle) + payoff(Fraction(right))) * Fraction(right - low, 6)
    return total * DENSITY_UNIT
