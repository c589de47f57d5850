# SPDX-License-Identifier: Apache-2.0
"""The density slice against an independent integration in rationals, and its refusals."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.errors import InvalidSlice
from oracle.model.density import FORWARD_TOLERANCE, GAP_BITS, MASS_ONE, DensitySlice

NODES = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 1 << 24)), min_size=2, max_size=12)


def a_slice(nodes: list[tuple[int, int]]) -> DensitySlice:
    """Knots from a first knot and gaps, node values as given."""
    knots, at = [], 0
    for gap, _ in nodes:
        at += gap
        knots.append(at)
    return DensitySlice(tuple(knots), tuple(q for _, q in nodes))


def partial_moments(density: DensitySlice, strike: int) -> tuple[Fraction, Fraction]:
    """Survival and call price at a strike by integrating the linear pieces, as fractions of one and in ticks.

    On a piece with p(u) = p0 + b (u - u0):  mass = (p0 + p1) w / 2,  first moment about u0 = p0 w^2/2 + b w^3/3.
    """
    mass, call = Fraction(0), Fraction(0)
    for (u0, q0), (u1, q1) in zip(
        zip(density.knots_ticks, density.density_q, strict=True),
        list(zip(density.knots_ticks, density.density_q, strict=True))[1:],
        strict=False,
    ):
        if u1 <= strike or u1 == u0:
            continue
        slope = Fraction(3 * (q1 - q0), (u1 - u0) << 52)
        start = max(u0, strike)
        p0 = Fraction(3 * q0, 1 << 52) + slope * (start - u0)
        width = u1 - start
        piece = p0 * width + slope * Fraction(width * width, 2)
        mass += piece
        call += p0 * Fraction(width**2, 2) + slope * Fraction(width**3, 3) + (start - strike) * piece
    return mass, call


@settings(max_examples=60, deadline=None)
@given(NODES)
def test_survival_call_and_mean_equal_an_independent_integration(nodes: list[tuple[int, int]]) -> None:
    density = a_slice(nodes)
    for knot, survival, call in zip(density.knots_ticks, density.survival_q53, density.call_q53, strict=True):
        assert partial_moments(density, knot) == (Fraction(survival, MASS_ONE), Fraction(call, MASS_ONE))
    assert Fraction(density.mean_q53, MASS_ONE) == partial_moments(density, 0)[1]


@settings(max_examples=60, deadline=None)
@given(NODES, st.integers(0, 40_000))
def test_a_call_between_knots_is_the_exact_price_rounded_down(nodes: list[tuple[int, int]], strike: int) -> None:
    density = a_slice(nodes)
    exact = partial_moments(density, strike)[1] * MASS_ONE
    assert density.call_at(strike) == exact.numerator // exact.denominator


def test_padding_changes_neither_mass_nor_mean_nor_calls() -> None:
    density = a_slice([(100, 0), (50, 1 << 30), (70, 0)])
    padded = density.padded(8)
    assert len(padded.knots_ticks) == 8
    assert (padded.atom_q53, padded.mean_q53) == (density.atom_q53, density.mean_q53)
    assert [padded.call_at(k) for k in range(300)] == [density.call_at(k) for k in range(300)]


def test_padding_below_the_number_of_knots_is_an_invalid_slice() -> None:
    with pytest.raises(InvalidSlice, match="3 knots do not fit 2"):
        a_slice([(100, 0), (50, 1), (70, 0)]).padded(2)


def test_the_mean_agrees_with_a_forward_within_the_tolerance_and_not_beyond_it() -> None:
    # A tent of 2^40 at 2000 has the mean 2000 s exactly; a unit at the first knot adds 1000 (1000 + 1000 + 2000) to it.
    nodes, forward_q16 = (0, 1 << 40, 0), 12_000_000 << 3
    knots, unit = (1000, 2000, 3000), 4_000_000
    assert DensitySlice(knots, nodes).mean_q53 == forward_q16 << 37
    assert DensitySlice(knots, nodes).agrees_with(forward_q16)
    below, above = FORWARD_TOLERANCE // unit, FORWARD_TOLERANCE // unit + 1
    assert DensitySlice(knots, (below, *nodes[1:])).agrees_with(forward_q16)
    assert not DensitySlice(knots, (above, *nodes[1:])).agrees_with(forward_q16)
    assert not DensitySlice(knots, nodes).agrees_with(forward_q16 + 1)


@pytest.mark.parametrize(
    ("knots", "nodes", "rule"),
    [
        ((1, 2), (0,), "need two or more of each"),
        ((1,), (0,), "need two or more of each"),
        ((1 << 24, (1 << 24) + 1), (0, 0), "first knot"),
        ((2, 1), (0, 0), "gap"),
        ((0, 1 << GAP_BITS), (0, 0), "gap"),
        ((1, 2), (-1, 0), "density"),
        ((1, 2), (1 << 48, 0), "density"),
        ((0, 1 << 20), (1 << 40, 1 << 40), "exceeds one"),
    ],
)
def test_a_slice_outside_the_statement_is_an_invalid_slice(
    knots: tuple[int, ...], nodes: tuple[int, ...], rule: str
) -> None:
    with pytest.raises(InvalidSlice, match=rule):
        DensitySlice(knots, nodes)
