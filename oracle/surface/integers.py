# SPDX-License-Identifier: Apache-2.0
"""From a float density to the exact integers of the statement.

Node values are rounded to 3 q / 2^52 per tick. Solver and rounding leave mass and mean wrong by about 1e-9, far more
than [D-5] allows, so both are restored exactly, in integers. One unit of q at an inner knot j with neighbours l, r adds

    [I-1]  3 (X_r - X_l)                       to s_0, scale 2^53
    [I-2]  (X_r - X_l) (X_l + X_j + X_r)       to f, ticks at scale 2^53

(area and centroid of a triangle). Four nodes take integer changes. The densest below and above the forward solve
these two equations up to half a unit each; half a unit of the mean may exceed its tolerance, so two nodes of smaller
units solve them again for what is left, and some units more or less of the former are tried until the remainder is
small in both. The atom keeps so to its schedule

    [I-3]  atom_i = 2^-32 (1 + i / 8) for the expiry at index i

which rises with the expiry, as [C-1] demands.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction
from itertools import product

from oracle.analytics.black76 import FloatArray
from oracle.errors import InvalidSlice, SurfaceError
from oracle.model.density import FORWARD_TOLERANCE, MASS_BITS, MASS_ONE, DensitySlice

ATOM_BITS = 32
MASS_GOAL = MASS_ONE >> ATOM_BITS + 6
"""An eighth of a step of [I-3]."""
MEAN_GOAL = FORWARD_TOLERANCE // 4
DENSE = 1 << 24
"""Node values that bear a change of some thousand units."""
TRIALS = sorted(product(range(-8, 9), repeat=2), key=lambda pair: abs(pair[0]) + abs(pair[1]))
"""Units of the two densest nodes beyond their rounding, smallest first."""


def atom_q53(index: int) -> int:
    """[I-3] the scheduled probability of zero of the expiry at ``index``, scale 2^53."""
    return (MASS_ONE >> ATOM_BITS + 3) * (8 + index)


def integer_slice(
    expiry: int, knots_ticks: Sequence[int], density_per_tick: FloatArray, forward_q16: int, index: int
) -> DensitySlice:
    """The slice whose node values are ``density_per_tick`` up to rounding, its mean the attested forward.

    ``density_per_tick``: (knots,), zero at the last knot. Raises :class:`SurfaceError` naming the expiry where the
    result breaks a width, has no room to restore mass and mean, or misses the forward.
    """
    nodes = [round(Fraction(float(density)) * (1 << MASS_BITS - 1) / 3) for density in density_per_tick]
    nodes[-1] = 0
    try:
        result = DensitySlice(tuple(knots_ticks), _restored(knots_ticks, nodes, forward_q16, index))
    except InvalidSlice as broken:
        raise SurfaceError(f"expiry {expiry}: {broken}") from broken
    if not result.agrees_with(forward_q16):
        raise SurfaceError(f"expiry {expiry}: mean {result.mean_q53} misses the forward {forward_q16} / 2^16 ticks")
    return result


def _restored(knots: Sequence[int], nodes: Sequence[int], forward_q16: int, index: int) -> tuple[int, ...]:
    """``nodes`` with four of them changed so that mass and mean meet their targets."""
    left, right = (knots[0], *knots[:-1]), (*knots[1:], knots[-1])
    mass_unit = [3 * (after - before) for before, after in zip(left, right, strict=True)]
    mean_unit = [(after - before) * (before + x + after) for before, x, after in zip(left, knots, right, strict=True)]
    mass = MASS_ONE - atom_q53(index) - sum(q * unit for q, unit in zip(nodes, mass_unit, strict=True))
    mean = (forward_q16 << MASS_BITS - 16) - sum(q * unit for q, unit in zip(nodes, mean_unit, strict=True))
    middle = min(max(bisect_left(knots, forward_q16 >> 16), 2), len(knots) - 2)
    a = max(range(1, middle), key=nodes.__getitem__)
    b = max(range(middle, len(knots) - 1), key=nodes.__getitem__)
    fine = sorted({*range(1, len(knots) - 1)} - {a, b}, key=lambda j: (nodes[j] < DENSE, mean_unit[j]))[:2]
    units = list(zip(mass_unit, mean_unit, strict=True))
    first = _solved(mass, mean, units[a], units[b])
    best: tuple[int, dict[int, int]] | None = None
    for extra_a, extra_b in TRIALS:
        changes = {a: first[0] + extra_a, b: first[1] + extra_b}
        mass_left = mass - sum(change * mass_unit[j] for j, change in changes.items())
        mean_left = mean - sum(change * mean_unit[j] for j, change in changes.items())
        if len(fine) == 2:
            second = _solved(mass_left, mean_left, units[fine[0]], units[fine[1]])
            changes.update(zip(fine, second, strict=True))
            mass_left -= second[0] * mass_unit[fine[0]] + second[1] * mass_unit[fine[1]]
            mean_left -= second[0] * mean_unit[fine[0]] + second[1] * mean_unit[fine[1]]
        badness = max(abs(mass_left) * MEAN_GOAL, abs(mean_left) * MASS_GOAL)
        if best is None or badness < best[0]:
            best = badness, changes
        if badness <= MASS_GOAL * MEAN_GOAL:
            break
    changes = best[1] if best else {}
    return tuple(q + changes.get(j, 0) for j, q in enumerate(nodes))


def _solved(mass: int, mean: int, a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """Units of a and b, each a (mass, mean), that come nearest to ``mass`` and ``mean``."""
    determinant = a[0] * b[1] - b[0] * a[1]
    return _nearest(mass * b[1] - mean * b[0], determinant), _nearest(mean * a[0] - mass * a[1], determinant)


def _nearest(numerator: int, denominator: int) -> int:
    """The integer nearest to the quotient, halves upwards."""
    return (2 * numerator + denominator) // (2 * denominator)
