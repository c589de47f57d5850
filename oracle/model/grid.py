# SPDX-License-Identifier: Apache-2.0
"""Scenario grids as data: 36 rows, the vol mode fixed by the row (18 up, 9 none, 9 down), unused rows repeat."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from oracle.errors import InvalidValue, require_bits
from oracle.model.exponential import LEAST_TENOR_S, MONTH_S, sqrt_years_q32, tenor_power_q64
from oracle.model.logarithm import ln_q48

ROWS = 36
UP, NONE, DOWN = 0, 1, 2
ONE_Q32 = 1 << 32


def vol_mode(row: int) -> int:
    """0 up, 1 none, 2 down."""
    return UP if row < 18 else (NONE if row < 27 else DOWN)


def ln_spot_q24(spot_e4: int) -> int:
    """[G-1] ln(spot_e4 / 10^4) at 2^24: difference of two logarithms at 2^48, rounded to the nearest (halves up)."""
    difference = ln_q48(spot_e4 << 16) - ln_q48(10_000 << 16)
    return difference + (1 << 23) >> 24


@dataclass(frozen=True)
class Scenario:
    """Spot multiplier at 1e-4, its logarithm at 2^24, weight of the loss at 1e-5."""

    spot_e4: int
    ln_spot_q24: int
    weight_e5: int


@dataclass(frozen=True)
class VolShock:
    """What a vol mode does to a total vol v: max(v multiplier + shift, floor), all at 2^32; the floor is not negative."""

    multiplier_q32: int
    shift_q32: int
    floor_q32: int


@dataclass(frozen=True)
class VolRule:
    """How vols are shocked [G-2]: relative moves at 1e-4, scaled by (30 days / T)^power, powers at 1e-4.

    ``power_short_e4`` up to 30 days, ``power_long_e4`` beyond, T at least ``least_tenor_s`` seconds (a minute or more).
    ``up_points_e4``, ``down_points_e4``: absolute moves of the vol a year, whatever T. ``floor_e4``: in the up mode a vol is at
    least this much a year.
    """

    up_e4: int
    down_e4: int
    power_short_e4: int
    power_long_e4: int
    floor_e4: int
    up_points_e4: int = 0
    down_points_e4: int = 0
    least_tenor_s: int = LEAST_TENOR_S

    def __post_init__(self) -> None:
        for name in ("up_e4", "power_short_e4", "power_long_e4", "floor_e4", "up_points_e4", "down_points_e4"):
            if not 0 <= getattr(self, name) < 1 << 16:
                raise InvalidValue(name, getattr(self, name), "must be in [0, 2^16)")
        if not 0 <= self.down_e4 <= 10_000 or max(self.power_short_e4, self.power_long_e4) > 10_000:
            raise InvalidValue("vol rule", vars(self), "down and powers are at most 10000")
        if not LEAST_TENOR_S <= self.least_tenor_s < 1 << 32:
            raise InvalidValue("least_tenor_s", self.least_tenor_s, f"must be in [{LEAST_TENOR_S}, 2^32)")

    def as_tuple(self) -> tuple[int, int, int, int, int, int, int, int]:
        """The VolRule struct of the contracts."""
        powers = (self.power_short_e4, self.power_long_e4)
        points = (self.up_points_e4, self.down_points_e4)
        return (self.up_e4, self.down_e4, *powers, self.floor_e4, *points, self.least_tenor_s)

    def shocks(self, tenor_s: int) -> tuple[VolShock, VolShock, VolShock]:
        """[G-2] Up, none, down at a tenor in seconds, every product rounded down:

        multiplier 1 + up power, 1, max(0, 1 - down power); shift + up points, 0, - down points, times the root of the years.
        """
        short = tenor_s <= MONTH_S
        power = tenor_power_q64(max(tenor_s, self.least_tenor_s), self.power_short_e4 if short else self.power_long_e4)
        up, down = (e4 * power // 10_000 >> 32 for e4 in (self.up_e4, self.down_e4))
        root = sqrt_years_q32(tenor_s)
        floor, rise, fall = (e4 * root // 10_000 for e4 in (self.floor_e4, self.up_points_e4, self.down_points_e4))
        return (
            VolShock(ONE_Q32 + up, rise, floor),
            VolShock(ONE_Q32, 0, 0),
            VolShock(max(0, ONE_Q32 - down), -fall, 0),
        )


@dataclass(frozen=True)
class Grid:
    """A scenario grid and its vol rule."""

    name: str
    scenarios: tuple[Scenario, ...]
    vol_rule: VolRule

    def __post_init__(self) -> None:
        if len(self.scenarios) != ROWS:
            raise InvalidValue("scenarios", len(self.scenarios), f"a grid has {ROWS} rows")
        for row in self.scenarios:
            require_bits("spot_e4", row.spot_e4, 16)
            require_bits("weight_e5", row.weight_e5, 17)
            if row.ln_spot_q24 != ln_spot_q24(row.spot_e4):
                raise InvalidValue(
                    "ln_spot_q24", row.ln_spot_q24, f"is not the logarithm of {row.spot_e4} / 10^4 [G-1]"
                )

    def words(self) -> list[int]:
        """The nine grid elements of the ``solvency`` data vector: four rows of 60 bits, lowest first."""
        packed = [r.spot_e4 | r.ln_spot_q24 + (1 << 26) << 16 | r.weight_e5 << 43 for r in self.scenarios]
        return [sum(word << 60 * i for i, word in enumerate(packed[start : start + 4])) for start in range(0, ROWS, 4)]

    def grid_id(self) -> bytes:
        """keccak256(abi.encode(words, vol rule)): the id the contracts bind proofs to."""
        return keccak(encode(["uint256[9]", "uint256[8]"], [self.words(), list(self.vol_rule.as_tuple())]))


def load_grid(path: Path) -> Grid:
    """Reads a preset: {"up": [[spot_e4, weight_e5], ...], "none": ..., "down": ..., "vol_rule": {...}}.

    Rows of a mode are repeated cyclically up to 18, 9 and 9. Raises :class:`InvalidValue` for too many or no rows.
    """
    raw = json.loads(path.read_text())
    rows: list[Scenario] = []
    for mode, size in (("up", 18), ("none", 9), ("down", 9)):
        given = raw[mode]
        if not 0 < len(given) <= size:
            raise InvalidValue(mode, len(given), f"a grid has 1 to {size} rows of this mode")
        for i in range(size):
            spot, weight = given[i % len(given)]
            rows.append(Scenario(spot, ln_spot_q24(spot), weight))
    return Grid(path.stem, tuple(rows), VolRule(**raw["vol_rule"]))
