# SPDX-License-Identifier: Apache-2.0
"""Knot placement: budget, listed strikes, reach and step."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.errors import SurfaceError
from oracle.model.density import GAP_BITS, KNOT_BITS
from oracle.surface.knots import CORE, CORE_STEP, REACH, WING, WING_STEP, from_metric, metric, place_knots

FORWARD, DEVIATION = 60_000.0, 0.1
LISTED = tuple(range(48_000, 74_000, 2_000))


def deviations(ticks: tuple[int, ...]) -> list[float]:
    return [math.log(tick / FORWARD) / DEVIATION for tick in ticks]


@given(st.floats(-20, 20))
def test_the_metric_counts_widest_steps_and_its_inverse_agrees(z: float) -> None:
    assert from_metric(metric(z)) == pytest.approx(z, abs=1e-9)
    step = CORE_STEP + (WING_STEP - CORE_STEP) * min(max((abs(z) - CORE) / (WING - CORE), 0.0), 1.0)
    assert (metric(z + 1e-6) - metric(z - 1e-6)) / 2e-6 == pytest.approx(1 / step, rel=1e-4)


def test_a_roomy_budget_leaves_no_gap_wider_than_the_step_and_no_more_knots_than_needed() -> None:
    plan = place_knots(LISTED, FORWARD, DEVIATION, (-2.2, 1.8), None, 0.0, 96)
    z = deviations(plan.support_ticks)
    assert z[0] <= -REACH
    assert z[-1] >= REACH
    assert set(LISTED) <= set(plan.knots_ticks)
    assert max(metric(b) - metric(a) for a, b in pairwise(z)) <= 1.01
    assert len(plan.knots_ticks) < 40


@given(st.integers(0, 16), st.floats(0.005, 0.8), st.integers(19, 40))
def test_the_budget_holds_for_any_ladder_and_every_listed_strike_is_a_knot(
    count: int, deviation: float, budget: int
) -> None:
    listed = tuple(range(20_000, 20_000 + 5_000 * count, 5_000))
    plan = place_knots(listed, FORWARD, deviation, (-1.0, 1.0), None, 0.0, budget)
    assert len(plan.knots_ticks) <= budget
    assert set(listed) <= set(plan.knots_ticks)
    assert list(plan.knots_ticks) == sorted(set(plan.knots_ticks))
    assert all(b - a < 1 << GAP_BITS for a, b in pairwise(plan.knots_ticks))


def test_a_short_budget_coarsens_all_gaps_alike() -> None:
    z = deviations(place_knots(LISTED, FORWARD, DEVIATION, (-2.2, 1.8), None, 0.0, 22).support_ticks)
    widest = max(metric(b) - metric(a) for a, b in pairwise(z))
    assert 1.0 < widest < 2.0
    wing = [metric(b) - metric(a) for a, b in pairwise(z) if b < -2.3 or a > 2.1]
    assert max(wing) < 2 * min(wing)


def test_listed_strikes_far_outside_the_support_are_knots_but_not_part_of_it() -> None:
    plan = place_knots((6_000, *LISTED, 600_000), FORWARD, DEVIATION, (-2.2, 1.8), None, 0.0, 32)
    assert (plan.knots_ticks[0], plan.knots_ticks[-1]) == (6_000, 600_000)
    assert (plan.first, plan.last) == (1, len(plan.knots_ticks) - 2)


def test_the_support_reaches_three_deviations_beyond_the_outer_quotes() -> None:
    z = deviations(place_knots(LISTED, FORWARD, DEVIATION, (-4.0, 6.0), None, 0.0, 64).support_ticks)
    assert z[0] <= -7.0
    assert z[-1] >= 9.0


def test_a_later_support_exceeds_the_earlier_one_by_half_a_deviation_and_has_its_ends_as_knots() -> None:
    earlier = (0.4, 2.2)
    plan = place_knots(LISTED, FORWARD, DEVIATION, (-2.2, 1.8), earlier, 0.0, 64)
    assert plan.support_ticks[0] <= FORWARD * 0.4 * math.exp(-0.5 * DEVIATION)
    assert plan.support_ticks[-1] >= FORWARD * 2.2 * math.exp(0.5 * DEVIATION)
    assert {round(FORWARD * end) for end in earlier} <= set(plan.support_ticks)


@pytest.mark.parametrize("room", [1, 3, 16])
def test_no_more_unlisted_knots_stand_below_the_last_strike_than_there_is_room_for(room: int) -> None:
    plan = place_knots(LISTED, FORWARD, DEVIATION, (-2.2, 1.8), None, 0.0, 96, room)
    below = [knot for knot in plan.knots_ticks if knot < LISTED[-1] and knot not in LISTED]
    free = place_knots(LISTED, FORWARD, DEVIATION, (-2.2, 1.8), None, 0.0, 96)
    assert len(below) == min(room, len([k for k in free.knots_ticks if k < LISTED[-1] and k not in LISTED]))
    above = [knot for knot in plan.knots_ticks if knot > LISTED[-1]]
    assert above == [knot for knot in free.knots_ticks if knot > LISTED[-1]]


def test_no_room_for_the_support_below_the_last_strike_is_a_surface_error() -> None:
    with pytest.raises(SurfaceError, match="1 support ends below the last listed strike do not fit 0"):
        place_knots(LISTED, FORWARD, DEVIATION, (-2.2, 1.8), None, 0.0, 96, 0)


def test_no_knot_reaches_two_to_the_24_ticks_and_a_wing_without_room_is_a_surface_error() -> None:
    limit = 1 << KNOT_BITS
    plan = place_knots((13_000_000, 14_000_000), 1.35e7, DEVIATION, (-1.0, 1.0), None, 0.0, 32)
    assert plan.knots_ticks[-1] == limit - 1
    with pytest.raises(SurfaceError, match="below 16777216 ticks"):
        place_knots((14_000_000, 15_000_000), 1.45e7, DEVIATION, (-1.0, 1.0), None, 0.0, 32)


def test_more_fixed_knots_than_the_budget_is_a_surface_error() -> None:
    with pytest.raises(SurfaceError, match="15 listed strikes and support ends do not fit 14 knots"):
        place_knots(LISTED, FORWARD, DEVIATION, (-2.2, 1.8), None, 0.0, 14)
