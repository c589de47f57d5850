# SPDX-License-Identifier: Apache-2.0
"""What the simulated venue lists, and configurations that are impossible."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from oracle.errors import InvalidValue
from oracle.stream.simulator_config import SimulatorConfig
from oracle.stream.venue_listing import SimulatedCurrency, years_to

START_MS = SimulatorConfig().start_ms


def test_expiries_are_fridays_near_their_tenors() -> None:
    for tenor, expiry in zip((30, 90), SimulatedCurrency().expiries(START_MS), strict=True):
        date = datetime.fromtimestamp(expiry, UTC)
        assert (date.weekday(), date.hour) == (4, 8)
        assert abs((expiry - 1_768_464_000) / 86_400 - tenor) <= 3


def test_strikes_cover_two_and_a_half_deviations_in_venue_steps() -> None:
    config = SimulatedCurrency()
    for expiry, strikes in config.strikes_usd(START_MS).items():
        years = years_to(expiry, START_MS)
        sd = config.smile.atm_vol(years) * math.sqrt(years)
        forward = config.spot_usd * math.exp(config.basis * years)
        assert len(set(strikes)) == 16
        assert all(strike % (5000 if strike > 100_000 else 1000) == 0 for strike in strikes)
        assert math.log(strikes[0] / forward) / sd == pytest.approx(-2.5, abs=0.15)
        assert math.log(strikes[-1] / forward) / sd == pytest.approx(2.5, abs=0.15)


def test_the_small_market_is_the_default_and_takes_fields_of_its_currency() -> None:
    assert SimulatorConfig.small() == SimulatorConfig()
    ether = SimulatorConfig.small(seed=3, currency="ETH", spot_usd=3000.0, tenors_days=(14, 40))
    assert (ether.seed, ether.currencies) == (3, (SimulatedCurrency("ETH", 3000.0, (14, 40)),))


def test_the_full_market_lists_eight_expiries_of_two_currencies_on_the_venues_grids() -> None:
    bitcoin, ether = SimulatorConfig.full().currencies
    assert (bitcoin.currency, ether.currency) == ("BTC", "ETH")
    for currency, grids, most in ((bitcoin, (500, 1000), 48), (ether, (25, 50, 100), 32)):
        listed = currency.strikes_usd(START_MS)
        assert list(listed) == sorted(listed)
        assert len(listed) == 8
        assert all(14 <= len(strikes) <= most for strikes in listed.values())
        assert min(listed) - START_MS // 1000 == 2 * 86_400
        assert all(datetime.fromtimestamp(expiry, UTC).weekday() == 4 for expiry in list(listed)[1:])
        for strikes in listed.values():
            steps = {right - left for left, right in pairwise(strikes)}
            assert all(any(step % grid == 0 for grid in grids) for step in steps)
        fallen = currency.spot_usd * currency.crash_spot_factor
        assert all(sum(strike < fallen for strike in strikes) >= 2 for strikes in listed.values())
    assert max(map(len, bitcoin.strikes_usd(START_MS).values())) > 32


@pytest.mark.parametrize(
    "values",
    [
        {"start_ms": 1},
        {"round_seconds": 7},
        {"crash_vol_factor": 0.0},
        {"calm_rounds": 0, "crash_rounds": 0},
        {"calm_rounds": -1},
        {"currencies": ()},
        {"currencies": (SimulatedCurrency(), SimulatedCurrency())},
    ],
)
def test_an_impossible_session_is_invalid(values: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match="|".join(values)):
        SimulatorConfig(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"spot_usd": 0.0},
        {"strikes_per_expiry": 0},
        {"steps_usd": ((500, 1000),)},
        {"steps_usd": ((500, 1000), (2000, 1000))},
        {"steps_usd": ((500, 1000), (0, 1000))},
    ],
)
def test_an_impossible_currency_is_invalid(values: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match="|".join(values)):
        SimulatedCurrency(**values)


@pytest.mark.parametrize("tenors", [(30, 31), (0,), ()])
def test_expiries_on_one_date_or_less_than_a_day_away_are_invalid(tenors: tuple[int, ...]) -> None:
    with pytest.raises(InvalidValue, match="tenors_days"):
        SimulatorConfig(currencies=(SimulatedCurrency(tenors_days=tenors),))
