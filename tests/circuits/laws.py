# SPDX-License-Identifier: Apache-2.0
"""Random laws in integers, without a fit: knots and node values of any shape, normalised to mass and mean.

A law is drawn as heights on random knots, scaled to a mass just below one, and brought onto a forward at 2^16 by a few units
on one node between two close knots. A neighbour is the same law drawn together or apart about its mean, which is smaller
or larger in convex order; it is claimed where a certificate exists.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from itertools import pairwise

from oracle.errors import RiskOracleError
from oracle.model.calendar import certificate
from oracle.model.density import DENSITY_BITS, MASS_BITS, MASS_ONE, DensitySlice
from oracle.model.snapshot import QUOTE_UNIT_PER_COIN, STRIKE_BITS, ExpirySnapshot, Quote
from oracle.statements.slice import SliceSize, SliceWitness

RESERVE_Q53 = 1 << 32
"""Mass left for the node that brings the mean onto a forward."""
ATOM_STEP_Q53 = 1 << 33
"""Between an expiry and the next: atoms may only grow in time, and each ends within the reserve above its aim."""
HEIGHT_UNITS = 1 << 24
"""Largest height of a draw: integers from here on, the same on every machine."""
ATTEMPTS = 60
LONGEST_FORWARD_TICKS = 120_000
"""[B-3] is met by a vol at 2^32 up to about 2^17 ticks."""


@dataclass(frozen=True)
class RandomSlice:
    """A slice ready for a statement, and a label of its kind."""

    witness: SliceWitness
    earlier: DensitySlice | None
    later: DensitySlice | None
    label: str


class NoLaw(RiskOracleError):
    """A draw that cannot be normalised."""


def normalised(knots: list[int], heights: list[int], atom_q53: int, tuned: int) -> DensitySlice:
    """The law with an atom of ``atom_q53`` or a little more whose mean meets [D-5]; ``tuned``: the node that is moved.

    Raises :class:`NoLaw` where widths do not suffice.
    """
    heights = [*heights[:-1], 0]
    mass = sum((b - a) * (p + q) for (a, b), (p, q) in zip(pairwise(knots), pairwise(heights), strict=True))
    if mass <= 0:
        raise NoLaw("no mass")
    nodes = [height * (MASS_ONE - atom_q53 - RESERVE_Q53) // (3 * mass) for height in heights]
    if max(nodes) >> DENSITY_BITS:
        raise NoLaw("a node leaves its width")
    mean = DensitySlice(tuple(knots), tuple(nodes)).mean_q53
    moved = list(nodes)
    moved[tuned] += 1
    unit = DensitySlice(tuple(knots), tuple(moved)).mean_q53 - mean
    if not 0 < unit < 1 << 33:
        raise NoLaw("no node is fine enough")
    nodes[tuned] += (-mean % (1 << MASS_BITS - 16)) // unit
    return DensitySlice(tuple(knots), tuple(nodes))


def _draw_law(draw: random.Random, knots: int) -> tuple[list[int], list[int], int]:
    """Knots, heights, the tuned node. Widths of 0.05 % (a minute) to 250 % (two years of extreme vol)."""
    forward = draw.choice((200, 3_000, 20_000, 60_000, LONGEST_FORWARD_TICKS)) * draw.uniform(0.6, 1)
    width = math.exp(draw.uniform(math.log(5e-4), math.log(2.5)))
    reach = draw.uniform(3, 6)
    points = sorted(draw.uniform(-reach, reach) for _ in range(knots))
    if draw.random() < 0.5:
        points = [-reach + 2 * reach * j / (knots - 1) for j in range(knots)]
    ticks = sorted({max(1, round(forward * math.exp(width * z - width * width / 2))) for z in points})
    if len(ticks) < 5 or ticks[-1] - ticks[0] < 16 or max(b - a for a, b in pairwise(ticks)) >> 22:
        raise NoLaw("too narrow or too wide")
    middle = min(range(1, len(ticks) - 2), key=lambda j: abs(ticks[j] - forward))
    if len(ticks) < knots:
        ticks.insert(middle + 1, ticks[middle] + 1)
        ticks = sorted(set(ticks))
    elif ticks[middle + 1] - ticks[middle - 1] > 64:
        ticks[middle + 1] = ticks[middle] + 1
        ticks[middle - 1] = ticks[middle] - 1 if ticks[middle] - 1 > 0 else ticks[middle - 1]
        ticks = sorted(set(ticks))
    rough = draw.choice((0.0, 0.0, 0.3, 1.0, 3.0))
    heights = []
    for tick in ticks:
        z = (math.log(tick / forward) + width * width / 2) / width
        noise = 1 + rough * draw.random()
        heights.append(0.0 if draw.random() < 0.1 * rough / 3 else math.exp(-z * z / 2) * noise / tick)
    units = [round(height / max(heights) * HEIGHT_UNITS) for height in heights]
    return ticks, units, ticks.index(min(ticks, key=lambda t: abs(t - forward)))


def _dilated(law: DensitySlice, factor: float, atom_q53: int) -> DensitySlice:
    """The law with distances from its mean multiplied: factor below one is earlier, above one later.

    Knots that meet become one. Raises :class:`NoLaw` where a knot would leave [1, 2^24).
    """
    mean = law.mean_q53 / MASS_ONE
    heights_at = {
        round(mean + factor * (knot - mean)): q for knot, q in zip(law.knots_ticks, law.density_q, strict=True)
    }
    knots, heights = list(heights_at), list(heights_at.values())
    if knots[0] < 1 or knots[-1] >> STRIKE_BITS:
        raise NoLaw("a knot leaves the width")
    gaps = [b - a for a, b in pairwise(knots)]
    fine = [j for j in range(1, len(gaps)) if 3 * (gaps[j - 1] + gaps[j]) * (knots[j] + gaps[j]) < 1 << 33]
    if not fine:
        raise NoLaw("no node is fine enough")
    return normalised(knots, heights, atom_q53, max(fine, key=lambda j: heights[j]))


def _quotes(draw: random.Random, law: DensitySlice, strikes: list[int]) -> tuple[Quote, ...]:
    """Quotes near the law's prices, some far off, some absent."""
    mean, calls = law.mean_q53, dict(zip(law.knots_ticks, law.call_q53, strict=True))
    quotes = []
    for strike in strikes:
        put = draw.random() < 0.2 if draw.random() < 0.2 else strike << MASS_BITS < mean
        price = calls[strike] - ((mean - (strike << MASS_BITS)) if put else 0)
        mid = round(QUOTE_UNIT_PER_COIN * price / mean) + draw.choice((0, draw.randint(-3, 3), draw.randint(0, 500)))
        quoted = mid > 0 and draw.random() < 0.85
        half = draw.randint(1, min(mid, (1 << 16) - 1)) if quoted else 0
        quotes.append(Quote(strike, put, True, mid, half) if quoted else Quote(strike, False, False, 0, 0))
    return tuple(quotes)


def _neighbour(draw: random.Random, law: DensitySlice, later: bool, size: SliceSize) -> DensitySlice | None:
    """A padded neighbour with a certificate, or None where the draw has none."""
    factor = draw.uniform(1.1, 2.5) if later else draw.uniform(0.3, 0.9)
    try:
        other = _dilated(law, factor, law.atom_q53 + (0 if later else -ATOM_STEP_Q53))
        padded, own = other.padded(size.knots), law.padded(size.knots)
    except RiskOracleError:
        return None
    pair = (own, padded) if later else (padded, own)
    return padded if certificate(*pair, size.pieces) is not None else None


def _attempt(draw: random.Random, size: SliceSize) -> RandomSlice:
    knots = draw.choice((size.knots, size.knots, draw.randint(6, size.knots)))
    ticks, heights, tuned = _draw_law(draw, knots)
    law = normalised(ticks, heights, draw.randint(2, 5) * ATOM_STEP_Q53, tuned)
    most = min(size.strikes, len(ticks))
    count = draw.choice((1, most, draw.randint(1, most)))
    places = sorted(draw.sample(range(len(ticks)), count))
    # unused slots take the rows after the last listed strike
    while places[-1] + size.strikes - len(places) >= size.knots:
        places = places[:-1] or [0]
    strikes = [ticks[j] for j in places]
    snapshot = ExpirySnapshot(
        draw.randrange(1 << 40), round(law.mean_q53 / 2 ** (MASS_BITS - 16)), _quotes(draw, law, strikes)
    )
    witness = SliceWitness.build(size, law, snapshot, draw.choice((1, 5, 100, 255)))
    earlier = _neighbour(draw, law, False, size) if draw.random() < 0.8 else None
    later = _neighbour(draw, law, True, size) if draw.random() < 0.8 else None
    label = f"{'earlier' if earlier else 'none'}-{'later' if later else 'none'}"
    return RandomSlice(witness, earlier, later, label)


def random_slice(size: SliceSize, seed: int) -> RandomSlice:
    """The first draw of ``seed`` that the model accepts. Raises :class:`NoLaw` after many refused ones."""
    for attempt in range(ATTEMPTS):
        try:
            return _attempt(random.Random(f"{size.circuit_id}-{seed}-{attempt}"), size)
        except RiskOracleError:
            continue
    raise NoLaw(f"seed {seed}: {ATTEMPTS} draws refused")
