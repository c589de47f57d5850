# SPDX-License-Identifier: Apache-2.0
"""The integral of the spot and the averages that follow from it."""

from __future__ import annotations

import pytest

from oracle.errors import InvalidValue
from oracle.model.spot_integral import SpotIntegral


def test_the_first_observation_is_the_origin() -> None:
    assert SpotIntegral().at(6_000_000, 1_000) == SpotIntegral(0, 1_000)


def test_between_two_observations_the_spot_is_the_later_one() -> None:
    begin = SpotIntegral().at(6_000_000, 1_000)
    end = begin.at(6_300_000, 11_000)
    assert end.cumulative_e2_ms == 6_300_000 * 10_000
    # carried back to any moment between at the report's own spot
    assert end.cumulative_e2_ms - 6_300_000 * 4_000 == begin.at(6_300_000, 7_000).cumulative_e2_ms


def test_an_average_follows_from_any_two_observations() -> None:
    integrals = [SpotIntegral().at(5, 0)]
    for second, spot in enumerate((5, 7, 9), start=1):
        integrals.append(integrals[-1].at(spot, second * 1_000))
    assert (integrals[3].cumulative_e2_ms - integrals[0].cumulative_e2_ms) / 3_000 == 7
    assert (integrals[3].cumulative_e2_ms - integrals[1].cumulative_e2_ms) / 2_000 == 8


def test_an_earlier_observation_is_an_invalid_value() -> None:
    with pytest.raises(InvalidValue, match="observed_at_ms"):
        SpotIntegral(0, 1_000).at(1, 999)


def test_an_integral_beyond_its_width_is_an_invalid_value() -> None:
    with pytest.raises(InvalidValue, match="cumulative_e2_ms"):
        SpotIntegral((1 << 128) - 1, 0).at(1, 1)
    assert SpotIntegral((1 << 128) - 2, 0).at(1, 1).cumulative_e2_ms == (1 << 128) - 1
