# SPDX-License-Identifier: Apache-2.0
"""The step from floats to exact integers: mean, mass and the schedule of atoms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from oracle.errors import SurfaceError
from oracle.model.density import FORWARD_TOLERANCE, MASS_ONE
from oracle.surface.integers import atom_q53, integer_slice
from oracle.surface.surface import CALENDAR_MARGIN


def lognormal(forward: float, deviation: float, noise: float) -> tuple[list[int], NDArray[np.float64]]:
    """Knots and density per tick of a lognormal law, off by about ``noise``, zero at the ends."""
    z = np.linspace(-6, 6, 30)
    knots = np.unique(np.round(forward * np.exp(z * deviation)).astype(int))
    z = np.log(knots / forward) / deviation
    density = np.exp(-0.5 * (z + deviation / 2) ** 2) / (math.sqrt(2 * math.pi) * deviation * knots)
    density[[0, -1]] = 0.0
    mass = np.sum(np.diff(knots) * (density[1:] + density[:-1]) / 2)
    left, right = knots[:-2], knots[2:]
    mean = np.sum((right - left) * (left + knots[1:-1] + right) * density[1:-1]) / 6 / mass
    knots = np.round(knots * forward / mean).astype(int)
    density = density / mass * mean / forward
    return [int(knot) for knot in knots], density * (1 + noise * np.cos(3 * z))


@settings(max_examples=60, deadline=None)
@given(st.integers(1 << 14, 1 << 17), st.floats(0.01, 0.7), st.integers(0, 12), st.integers(0, 65_535))
def test_the_mean_is_the_attested_forward_and_the_atom_keeps_its_schedule(
    ticks: int, deviation: float, index: int, fraction: int
) -> None:
    forward_q16 = ticks * 65_536 + fraction
    knots, density = lognormal(forward_q16 / 65_536, deviation, 1e-9)
    result = integer_slice(1, knots, density, forward_q16, index)
    assert result.agrees_with(forward_q16)
    assert abs(result.mean_q53 - (forward_q16 << 37)) < FORWARD_TOLERANCE
    assert abs(result.atom_q53 - atom_q53(index)) < (atom_q53(1) - atom_q53(0)) // 2
    assert result.density_q[-1] == 0


@pytest.mark.parametrize("deviation", [0.02, 0.12, 0.5])
def test_restoring_mass_and_mean_moves_no_price_by_more_than_the_calendar_margin(deviation: float) -> None:
    knots, density = lognormal(60_000.0, deviation, 0.0)
    exact = integer_slice(1, knots, density, 60_000 << 16, 0)
    wave = 1 + 1e-10 * np.cos(np.arange(len(knots)))
    noisy = np.array(exact.density_q, dtype=np.float64) * 3 / 2**52 * wave
    restored = integer_slice(1, knots, noisy, 60_000 << 16, 0)
    assert restored.density_q != exact.density_q
    for before, after in zip(exact.call_q53, restored.call_q53, strict=True):
        assert abs(after - before) < CALENDAR_MARGIN * 60_000 * MASS_ONE


def test_the_schedule_of_atoms_rises_by_an_eighth_of_two_to_the_minus_32() -> None:
    assert atom_q53(0) * 2**32 == MASS_ONE
    assert [atom_q53(i + 1) - atom_q53(i) for i in range(3)] == [MASS_ONE >> 35] * 3


def test_a_law_whose_mean_is_far_from_the_forward_is_a_surface_error_naming_the_expiry() -> None:
    knots, density = lognormal(60_000.0, 0.05, 0.0)
    with pytest.raises(SurfaceError, match="expiry 77"):
        integer_slice(77, knots, density, 90_000 << 16, 0)
