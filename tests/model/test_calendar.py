# SPDX-License-Identifier: Apache-2.0
"""The calendar conditions, their certificate and the switch network, each against an independent model."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.errors import InvalidValue
from oracle.model.calendar import (
    CALENDAR_PIECES,
    PRICE_BITS,
    CalendarCertificate,
    certificate,
    first_violation,
    holds,
    ratio_below,
    switch_bits,
    switch_layers,
    switch_width,
)
from oracle.model.density import MASS_ONE, DensitySlice

SIZE, PIECES = 32, CALENDAR_PIECES[32]


def lognormal_slice(forward_ticks: float, total_vol: float, atom_eighths: int, knots: int = 30) -> DensitySlice:
    """A lognormal law on evenly spaced log-knots, its mass completed at the mode, atom about 2^-32 (1 + eighths/8)."""
    reach = 5.5 + 2 * total_vol
    points = [-reach + 2 * reach * j / (knots - 1) for j in range(knots)]
    ticks = [round(forward_ticks * math.exp(z * total_vol)) for z in points]
    heights = [math.exp(-0.5 * (z + total_vol / 2) ** 2) / x for z, x in zip(points, ticks, strict=True)]
    mass = sum((b - a) * (p + q) / 2 for a, b, p, q in zip(ticks, ticks[1:], heights, heights[1:], strict=False))
    target = MASS_ONE - (MASS_ONE >> 35) * (8 + atom_eighths)
    nodes = [int(p / mass * target / 6) for p in heights]
    trial = DensitySlice(tuple(ticks), tuple(nodes))
    mode = max(range(1, knots - 1), key=nodes.__getitem__)
    nodes[mode] += (target - trial.survival_q53[0]) // (3 * (ticks[mode + 1] - ticks[mode - 1]))
    return DensitySlice(tuple(ticks), tuple(nodes))


EARLIER = lognormal_slice(60_000, 0.10, 0)
LATER = lognormal_slice(60_150, 0.14, 1)


def normalised_call(density: DensitySlice, moneyness: Fraction) -> Fraction:
    """C(x f) / f by integrating the density over its pieces in rationals (atom at zero pays nothing)."""
    mean = Fraction(density.mean_q53, MASS_ONE)
    strike, price = moneyness * mean, Fraction(0)
    knots, nodes = density.knots_ticks, density.density_q
    for u0, u1, q0, q1 in zip(knots, knots[1:], nodes, nodes[1:], strict=False):
        if u1 <= strike or u0 == u1:
            continue
        start, slope = max(Fraction(u0), strike), Fraction(q1 - q0, u1 - u0)
        width, height = u1 - start, q0 + slope * (start - u0)
        mass = height * width + slope * width**2 / 2
        price += (height * width**2 / 2 + slope * width**3 / 3 + (start - strike) * mass) * 3 / (1 << 52)
    return price / mean


def dense_moneyness(*slices: DensitySlice) -> list[Fraction]:
    """Zero to beyond both supports: even steps, all knots, and points just beside the outer knots."""
    knots = [Fraction(k << 53, s.mean_q53) for s in slices for k in s.knots_ticks]
    beside = [k * (1 + Fraction(sign, 1000)) for k in (min(knots), max(knots)) for sign in (-1, 1)]
    return [Fraction(j, 100) for j in range(0, 300, 3)] + knots + beside


@pytest.mark.parametrize("forward", [60_150, 60_000, 59_900])
@pytest.mark.parametrize("later_vol", [0.12, 0.14, 0.30])
def test_a_pair_that_holds_is_ordered_at_every_dense_moneyness(forward: float, later_vol: float) -> None:
    later = lognormal_slice(forward, later_vol, 1, 32)
    assert first_violation(EARLIER, later) is None
    for moneyness in dense_moneyness(EARLIER, later):
        assert normalised_call(EARLIER, moneyness) <= normalised_call(later, moneyness)


def test_a_crossed_pair_is_refused_and_really_crosses() -> None:
    assert any(normalised_call(LATER, x) > normalised_call(EARLIER, x) for x in dense_moneyness(EARLIER, LATER))
    assert not holds(LATER, EARLIER)
    crossing = first_violation(replace(LATER), lognormal_slice(60_000, 0.10, 2))
    assert crossing is not None
    assert "no tangent" in crossing


def test_a_later_slice_that_crosses_only_in_one_wing_is_refused() -> None:
    # Wider in the middle, but the right wing ends before the earlier one's.
    wide = lognormal_slice(60_000, 0.14, 1)
    keep = [j for j, knot in enumerate(wide.knots_ticks) if knot < 85_000]
    cut = DensitySlice(tuple(wide.knots_ticks[j] for j in keep), tuple(wide.density_q[j] for j in keep))
    earlier = lognormal_slice(60_000, 0.12, 0)
    assert first_violation(earlier, wide) is None
    assert first_violation(earlier, cut) is not None


def test_an_atom_that_shrinks_is_named_as_the_violation() -> None:
    violation = first_violation(EARLIER, lognormal_slice(60_150, 0.14, -4))
    assert violation is not None
    assert "atom at zero shrinks" in violation


def padded_pairs() -> list[tuple[DensitySlice, DensitySlice]]:
    later = [lognormal_slice(f, v, 1, 32) for f, v in ((60_150, 0.14), (59_900, 0.12), (60_000, 0.2))]
    return [(EARLIER.padded(SIZE), slice_.padded(SIZE)) for slice_ in later]


def passes_the_circuit(earlier: DensitySlice, later: DensitySlice, proof: CalendarCertificate) -> bool:
    """[C-3], [C-4] as the circuit states them, one comparison after another."""
    p, q = proof.ratio_p, proof.ratio_q
    if not (0 <= p < 1 << 32 and 1 <= q <= 1 << 32 and 0 <= q * earlier.mean_q53 - p * later.mean_q53 < 1 << 72):
        return False
    path = (0, *proof.kinks, len(earlier.knots_ticks) - 1)
    for left, right, k in zip(path, path[1:], proof.tangents, strict=False):
        slope = later.survival_q53[k]
        intercept = p * (later.call_q53[k] + slope * later.knots_ticks[k]) // q
        for i in (left, right):
            if not 0 <= intercept - earlier.call_q53[i] - slope * earlier.knots_ticks[i] < 1 << PRICE_BITS:
                return False
    return True


@pytest.mark.parametrize("pair", padded_pairs())
def test_a_certificate_exists_for_an_ordered_pair_and_passes_the_circuit_conditions(
    pair: tuple[DensitySlice, DensitySlice],
) -> None:
    proof = certificate(*pair, PIECES)
    assert proof is not None
    assert (len(proof.kinks), len(proof.tangents)) == (PIECES - 1, PIECES)
    for rows, low, high in ((proof.kinks, 1, SIZE - 2), (proof.tangents, 0, SIZE - 1)):
        assert low <= rows[0]
        assert rows[-1] <= high
        assert list(rows) == sorted(set(rows))
    assert passes_the_circuit(*pair, proof)


@pytest.mark.parametrize("pair", padded_pairs())
def test_no_certificate_exists_for_a_crossed_pair(pair: tuple[DensitySlice, DensitySlice]) -> None:
    assert certificate(pair[1], pair[0], PIECES) is None


def test_no_certificate_exists_where_the_atom_shrinks() -> None:
    later = lognormal_slice(60_150, 0.14, -4, 32)
    assert certificate(EARLIER.padded(SIZE), later.padded(SIZE), PIECES) is None


def test_a_certificate_of_slices_of_different_size_is_an_invalid_value() -> None:
    with pytest.raises(InvalidValue, match="padded to the same size"):
        certificate(EARLIER, LATER.padded(SIZE), PIECES)


def test_a_certificate_with_as_many_pieces_as_knots_is_an_invalid_value() -> None:
    with pytest.raises(InvalidValue, match="pieces"):
        certificate(EARLIER, LATER, 30)


@given(st.integers(0, 1 << 12), st.integers(1, 1 << 12), st.integers(2, 5))
def test_ratio_below_is_the_best_of_all_ratios_from_below(numerator: int, denominator: int, bits: int) -> None:
    limit = (1 << bits) - 1
    best = max(Fraction(min(numerator * q // denominator, limit), q) for q in range(1, limit + 1))
    p, q = ratio_below(numerator, denominator, bits)
    assert 1 <= q <= limit
    assert 0 <= p <= limit
    assert Fraction(p, q) == best


def test_ratio_below_of_two_forwards_loses_less_than_the_fit_leaves_as_margin() -> None:
    p, q = ratio_below(EARLIER.mean_q53, LATER.mean_q53)
    loss = 1 - Fraction(p, q) / Fraction(EARLIER.mean_q53, LATER.mean_q53)
    assert 0 <= loss < Fraction(1, 10**9)


@pytest.mark.parametrize(("numerator", "denominator", "field"), [(-1, 1, "numerator"), (1, 0, "denominator")])
def test_ratio_below_of_a_sign_outside_the_domain_is_an_invalid_value(
    numerator: int, denominator: int, field: str
) -> None:
    with pytest.raises(InvalidValue, match=field):
        ratio_below(numerator, denominator)


def network(values: list[int], bits: list[list[int]], k: int) -> list[int]:
    """[C-6] Pick(n, k) as wires: rows past the end are the last row, switches beyond the width do not exist."""
    n, rows = len(values), values[:-1]
    for layer, layer_bits in enumerate(bits):
        width = switch_width(n, k, layer)
        assert not any(layer_bits[width:])
        ahead = rows[1 << layer :] + [values[-1]] * n
        rows = [ahead[r] if layer_bits[r] else rows[r] for r in range(width)]
        rows += [0] * (n - 1 - width)
    return rows[:k]


@pytest.mark.parametrize(("n", "k"), [(31, 15), (32, 16), (47, 19), (48, 20), (95, 19), (96, 20), (5, 4)])
def test_switch_bits_bring_any_increasing_choice_to_the_outputs(n: int, k: int) -> None:
    generator = random.Random(n)
    values = [1000 + j for j in range(n)]
    choices = [sorted(generator.sample(range(n), k)) for _ in range(50)]
    for rows in [*choices, list(range(k)), list(range(n - k, n))]:
        bits = switch_bits(rows, n, k)
        assert len(bits) == switch_layers(n, k)
        assert network(values, bits, k) == [values[row] for row in rows]


@pytest.mark.parametrize("rows", [[0, 1], [0, 0, 1], [2, 1, 3], [0, 1, 8], [-1, 0, 1]])
def test_switch_bits_of_a_choice_that_does_not_increase_within_the_rows_is_an_invalid_value(rows: list[int]) -> None:
    with pytest.raises(InvalidValue, match="strictly increasing"):
        switch_bits(rows, 8, 3)
