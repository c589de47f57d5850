# SPDX-License-Identifier: Apache-2.0
"""What the simulated session looks like: its clock, its currencies, its calm and its crash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oracle.errors import InvalidValue
from oracle.stream.venue_listing import SimulatedCurrency
from oracle.stream.venue_model import Smile

_TENORS_DAYS = (2, 9, 16, 30, 58, 93, 184, 268)
_BTC_STEPS_USD = (
    (500, 1_000),
    (1_000, 1_000),
    (1_000, 2_000),
    (1_000, 1_000),
    (2_000, 2_000),
    (2_000, 5_000),
    (2_000, 10_000),
    (5_000, 10_000),
)
_ETH_STEPS_USD = ((25, 50), (50, 100), (50, 100), (100, 100), (100, 200), (200, 200), (200, 1_000), (500, 1_000))


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """Everything the recording depends on: the same values give the same bytes.

    A calm phase of ``calm_rounds`` and then ``crash_rounds``; in each round of ``round_seconds`` every option of every
    currency sends one ticker. In the first crash round spots fall to their ``crash_spot_factor`` within three seconds,
    before any option is quoted again, and all volatilities rise by ``crash_vol_factor``. ``inject_faults`` adds
    malformed frames, crossed quotes, a stray forward and a lost book change.
    """

    seed: int = 1
    start_ms: int = 1_768_464_000_000
    """2026-01-15 08:00:00 UTC."""
    currencies: tuple[SimulatedCurrency, ...] = (SimulatedCurrency(),)
    calm_rounds: int = 3
    crash_rounds: int = 1
    round_seconds: int = 10
    crash_vol_factor: float = 1.4
    calm_half_spread_vols: float = 0.003
    crash_half_spread_vols: float = 0.009
    books_per_expiry: int = 2
    inject_faults: bool = False

    def __post_init__(self) -> None:
        if self.crash_vol_factor <= 0:
            raise InvalidValue("crash_vol_factor", self.crash_vol_factor, "must be positive")
        if self.start_ms % 1000:
            raise InvalidValue("start_ms", self.start_ms, "must be a whole second")
        if self.round_seconds < 8:
            raise InvalidValue("round_seconds", self.round_seconds, "must be at least 8")
        if self.calm_rounds < 0 or self.crash_rounds < 0 or self.rounds == 0:
            raise InvalidValue(
                "calm_rounds, crash_rounds", (self.calm_rounds, self.crash_rounds), "must sum to 1 or more"
            )
        names = [currency.currency for currency in self.currencies]
        if not names or len(set(names)) < len(names):
            raise InvalidValue("currencies", names, "must be one or more, each once")
        for currency in self.currencies:
            currency.expiries(self.start_ms)

    @classmethod
    def small(cls, seed: int = 1, inject_faults: bool = False, **currency: Any) -> SimulatorConfig:
        """One currency (BTC, two expiries of 16 strikes, unless fields of :class:`SimulatedCurrency` say otherwise)."""
        return cls(seed=seed, inject_faults=inject_faults, currencies=(SimulatedCurrency(**currency),))

    @classmethod
    def full(cls, seed: int = 1, inject_faults: bool = False) -> SimulatorConfig:
        """BTC and ETH, eight expiries each from two days to nine months, strikes on the venue's grids."""
        bitcoin = SimulatedCurrency(tenors_days=_TENORS_DAYS, steps_usd=_BTC_STEPS_USD)
        ether = SimulatedCurrency(
            currency="ETH",
            spot_usd=3_000.0,
            tenors_days=_TENORS_DAYS,
            steps_usd=_ETH_STEPS_USD,
            basis=0.04,
            spot_step=0.00007,
            crash_spot_factor=0.78,
            smile=Smile(short_vol=0.65, rho=-0.25),
        )
        return cls(seed=seed, inject_faults=inject_faults, currencies=(bitcoin, ether))

    @property
    def rounds(self) -> int:
        """Calm and crash rounds together."""
        return self.calm_rounds + self.crash_rounds
