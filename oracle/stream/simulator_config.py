# SPDX-License-Identifier: Apache-2.0
"""What the simulated market looks like: its clock, its expiries and strikes, its calm and its crash."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from oracle.errors import InvalidValue
from oracle.stream.instrument import EXPIRY_HOUR_UTC
from oracle.stream.venue_model import YEAR_SECONDS, Smile

DAY_SECONDS = 86_400
_FIRST_FRIDAY_DAY = 1
"""1970-01-02 was a Friday: day 1 of the Unix epoch."""


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """Everything the recording depends on: the same values give the same bytes.

    A calm phase of ``calm_rounds`` and then ``crash_rounds``; in each round of ``round_seconds`` every option sends
    one ticker. In the first crash round spot falls to ``crash_spot_factor`` of its value within three seconds, before
    any option is quoted again, and all volatilities rise by ``crash_vol_factor``. Strikes cover ``strike_width_sd``
    standard deviations either side of each expiry's first forward. ``basis`` is the forwards' yearly drift.
    ``inject_faults`` adds malformed frames, crossed quotes, a stray forward and a lost book change.
    """

    seed: int = 1
    start_ms: int = 1_768_464_000_000
    """2026-01-15 08:00:00 UTC."""
    currency: str = "BTC"
    spot_usd: float = 60_000.0
    tenors_days: tuple[int, ...] = (30, 90)
    strikes_per_expiry: int = 16
    strike_width_sd: float = 2.5
    calm_rounds: int = 3
    crash_rounds: int = 1
    round_seconds: int = 10
    crash_spot_factor: float = 0.83
    crash_vol_factor: float = 1.4
    calm_half_spread_vols: float = 0.003
    crash_half_spread_vols: float = 0.009
    basis: float = 0.05
    spot_step: float = 0.00005
    """Standard deviation of one second's relative spot move."""
    smile: Smile = field(default_factory=Smile)
    books_per_expiry: int = 2
    inject_faults: bool = False

    def __post_init__(self) -> None:
        for name in ("spot_usd", "strikes_per_expiry", "strike_width_sd", "crash_spot_factor", "crash_vol_factor"):
            if getattr(self, name) <= 0:
                raise InvalidValue(name, getattr(self, name), "must be positive")
        if self.start_ms % 1000:
            raise InvalidValue("start_ms", self.start_ms, "must be a whole second")
        if self.round_seconds < 8:
            raise InvalidValue("round_seconds", self.round_seconds, "must be at least 8")
        if self.calm_rounds < 0 or self.crash_rounds < 0 or self.rounds == 0:
            raise InvalidValue(
                "calm_rounds, crash_rounds", (self.calm_rounds, self.crash_rounds), "must sum to 1 or more"
            )
        if len(set(self.expiries)) < len(self.tenors_days) or min(self.tenors_days, default=0) < 7:
            raise InvalidValue("tenors_days", self.tenors_days, "must be distinct Fridays, a week or more away")

    @property
    def rounds(self) -> int:
        """Calm and crash rounds together."""
        return self.calm_rounds + self.crash_rounds

    @property
    def expiries(self) -> tuple[int, ...]:
        """The Friday, 08:00 UTC, nearest to each tenor, in Unix seconds."""
        dates = []
        for tenor in self.tenors_days:
            day = self.start_ms // 1000 // DAY_SECONDS + tenor
            friday = day - (day - _FIRST_FRIDAY_DAY + 3) % 7 + 3
            dates.append(friday * DAY_SECONDS + EXPIRY_HOUR_UTC * 3600)
        return tuple(dates)

    @property
    def strikes_usd(self) -> dict[int, tuple[int, ...]]:
        """Whole-dollar strikes of each expiry, ascending."""
        return {expiry: self._strikes(expiry) for expiry in self.expiries}

    def listings(self, tick_e2: int = 100) -> dict[int, tuple[int, ...]]:
        """Expiry to strikes in ticks: what a contract lists and a snapshot builder takes."""
        return {
            expiry: tuple(strike * 100 // tick_e2 for strike in strikes) for expiry, strikes in self.strikes_usd.items()
        }

    def years_to(self, expiry: int, time_ms: int) -> float:
        """Time to expiry in years of 365 days."""
        return (expiry - time_ms / 1000) / YEAR_SECONDS

    def _strikes(self, expiry: int) -> tuple[int, ...]:
        years = self.years_to(expiry, self.start_ms)
        forward = self.spot_usd * math.exp(self.basis * years)
        sd = self.smile.atm_vol(years) * math.sqrt(years)
        fine = 10 ** int(math.log10(self.spot_usd)) // 10 or 1
        strikes: list[int] = []
        for i in range(self.strikes_per_expiry):
            z = self.strike_width_sd * (2 * i / max(self.strikes_per_expiry - 1, 1) - 1)
            wanted = forward * math.exp(z * sd)
            step = fine * 5 if wanted >= fine * 100 else fine
            strike = max(round(wanted / step), 1) * step
            strikes.append(strike if not strikes or strike > strikes[-1] else strikes[-1] + step)
        return tuple(strikes)
