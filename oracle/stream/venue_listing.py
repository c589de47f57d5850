# SPDX-License-Identifier: Apache-2.0
"""What the simulated venue lists in one currency: expiries on Fridays (dailies below a week) and grids of strikes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from oracle.errors import InvalidValue
from oracle.stream.instrument import EXPIRY_HOUR_UTC
from oracle.stream.venue_model import YEAR_SECONDS, Smile

DAY_SECONDS = 86_400
CORE_SD = 1.25
"""Deviations either side of the forward within which a grid has its fine step."""
FALL_ROOM = 0.9
"""Grids reach down to this share of the forward after the crash, so that short expiries can still be quoted then."""
_FIRST_FRIDAY_DAY = 1
"""1970-01-02 was a Friday: day 1 of the Unix epoch."""


@dataclass(frozen=True, slots=True)
class SimulatedCurrency:
    """One currency of the simulated venue; dollars and whole-dollar strikes.

    Strikes cover ``strike_width_sd`` standard deviations either side of each expiry's first forward. ``steps_usd`` has
    one (fine, coarse) pair per tenor: fine steps within 1.25 deviations, coarse ones beyond, as the venue lists them;
    where it is empty, an expiry has ``strikes_per_expiry`` strikes at about equal distances. ``basis`` is the forwards'
    yearly drift, ``spot_step`` the standard deviation of one second's relative spot move. In a crash the spot falls to
    ``crash_spot_factor`` of its value.
    """

    currency: str = "BTC"
    spot_usd: float = 60_000.0
    tenors_days: tuple[int, ...] = (30, 90)
    steps_usd: tuple[tuple[int, int], ...] = ()
    strikes_per_expiry: int = 16
    strike_width_sd: float = 2.5
    basis: float = 0.05
    spot_step: float = 0.00005
    crash_spot_factor: float = 0.83
    smile: Smile = field(default_factory=Smile)

    def __post_init__(self) -> None:
        for name in ("spot_usd", "strikes_per_expiry", "strike_width_sd", "crash_spot_factor"):
            if getattr(self, name) <= 0:
                raise InvalidValue(name, getattr(self, name), "must be positive")
        if self.steps_usd and len(self.steps_usd) != len(self.tenors_days):
            raise InvalidValue("steps_usd", self.steps_usd, f"must have one pair for each of {self.tenors_days}")
        for fine, coarse in self.steps_usd:
            if not 0 < fine <= coarse:
                raise InvalidValue("steps_usd", (fine, coarse), "must be a positive step and one as wide or wider")

    @property
    def index_name(self) -> str:
        """The venue's name of the spot index."""
        return f"{self.currency.lower()}_usd"

    def expiries(self, start_ms: int) -> tuple[int, ...]:
        """08:00 UTC of the Friday nearest to each tenor, of the very day for tenors below a week, in Unix seconds.

        Raises :class:`InvalidValue` where two tenors share a date or one is not a day away.
        """
        dates = []
        for tenor in self.tenors_days:
            day = start_ms // 1000 // DAY_SECONDS + tenor
            friday = day if tenor < 7 else day - (day - _FIRST_FRIDAY_DAY + 3) % 7 + 3
            dates.append(friday * DAY_SECONDS + EXPIRY_HOUR_UTC * 3600)
        if len(set(dates)) < len(dates) or min(self.tenors_days, default=0) < 1:
            raise InvalidValue("tenors_days", self.tenors_days, "must be distinct dates, a day or more away")
        return tuple(dates)

    def strikes_usd(self, start_ms: int) -> dict[int, tuple[int, ...]]:
        """Whole-dollar strikes of each expiry, ascending."""
        listed = {}
        for number, expiry in enumerate(self.expiries(start_ms)):
            years = years_to(expiry, start_ms)
            forward = self.spot_usd * math.exp(self.basis * years)
            deviation = self.smile.atm_vol(years) * math.sqrt(years)
            if self.steps_usd:
                listed[expiry] = self._grid(forward, deviation, *self.steps_usd[number])
            else:
                listed[expiry] = self._equidistant(forward, deviation)
        return listed

    def listings(self, start_ms: int, tick_e2: int = 100) -> dict[int, tuple[int, ...]]:
        """Expiry to strikes in ticks of ``tick_e2`` cents: what a contract lists and a snapshot builder takes."""
        return {
            expiry: tuple(strike * 100 // tick_e2 for strike in strikes)
            for expiry, strikes in self.strikes_usd(start_ms).items()
        }

    def _grid(self, forward: float, deviation: float, fine: int, coarse: int) -> tuple[int, ...]:
        """Multiples of ``fine`` near the forward, of ``coarse`` out to the width and down to the room for a fall."""
        lowest = forward * self.crash_spot_factor * FALL_ROOM
        strikes: set[int] = set()
        for step, reach, floor in ((fine, CORE_SD, math.inf), (coarse, self.strike_width_sd, lowest)):
            low, high = (forward * math.exp(sign * reach * deviation) for sign in (-1, 1))
            low = min(low, floor)
            strikes.update(range(max(math.ceil(low / step), 1) * step, math.floor(high) + 1, step))
        return tuple(sorted(strikes))

    def _equidistant(self, forward: float, deviation: float) -> tuple[int, ...]:
        fine = 10 ** int(math.log10(self.spot_usd)) // 10 or 1
        strikes: list[int] = []
        for i in range(self.strikes_per_expiry):
            z = self.strike_width_sd * (2 * i / max(self.strikes_per_expiry - 1, 1) - 1)
            wanted = forward * math.exp(z * deviation)
            step = fine * 5 if wanted >= fine * 100 else fine
            strike = max(round(wanted / step), 1) * step
            strikes.append(strike if not strikes or strike > strikes[-1] else strikes[-1] + step)
        return tuple(strikes)


def years_to(expiry: int, time_ms: int) -> float:
    """Time to expiry in years of 365 days."""
    return (expiry - time_ms / 1000) / YEAR_SECONDS
