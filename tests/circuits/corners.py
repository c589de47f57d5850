# SPDX-License-Identifier: Apache-2.0
"""Tables of corner cases for slices and accounts, as statements that the circuits must accept as the model does."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from oracle.model.account import AMOUNT_LIMIT_E4, Position, PublishedSlice, PublishedStrike, margin_positions
from oracle.model.density import MASS_BITS
from oracle.model.grid import Grid, vol_mode
from oracle.model.logarithm import ln_q48
from oracle.model.margin import REQUIREMENT_UNIT, MarginParams, requirement
from oracle.model.snapshot import ExpirySnapshot, Quote
from oracle.statements.insolvency import insolvency_statement
from oracle.statements.slice import SliceSize, SliceWitness, slice_statement
from oracle.statements.solvency import solvency_statement
from oracle.statements.statement import Statement
from tests.circuits.generators import GRIDS
from tests.circuits.laws import ATOM_STEP_Q53, HEIGHT_UNITS, normalised

MINUTE, HOUR, DAY, YEAR = 60, 3_600, 86_400, 365 * 86_400
TENORS_S = (0, MINUTE, HOUR, DAY, 30 * DAY, YEAR, 2 * YEAR)
VOLS = (0.05, 0.6, 5.0)
SLICE_VOLS = ((MINUTE, 0.6), (MINUTE, 5.0), *itertools.product(TENORS_S[2:], VOLS))
FORWARD_TICKS, OBSERVED_AT, TICK_E2 = 60_000, 1_790_000_000, 100
STRIKE_RATIOS = (0.05, 0.5, 1.0, 2.0, 20.0)
AMOUNTS = (1, -1, 10_000, -10_000, AMOUNT_LIMIT_E4 - 1, 1 - AMOUNT_LIMIT_E4)
PARAMS = (MarginParams(100, 600, 200), MarginParams(255, (1 << 17) - 1, (1 << 17) - 1), MarginParams(0, 0, 0))
REQUIREMENT_BITS = 214
"""Width of the final check in circuits/lib/margin.circom."""
ROWS = (0, 17, 18, 26, 27, 35)


@dataclass(frozen=True)
class SliceCorner:
    """A lognormal law of this tenor and volatility on ``knots`` knots, its strikes by their place among them."""

    tenor_s: int
    volatility: float
    knots: int
    places: tuple[int, ...]

    def statement(self, size: SliceSize) -> Statement:
        """The statement without claims. Raises RiskOracleError where the model refuses."""
        total = self.volatility * math.sqrt(self.tenor_s / YEAR)
        low, high = -min(5 * total, 6.0), min(5 * total, 4.0)
        centre, steps = 2 * FORWARD_TICKS, self.knots - 3
        ticks = sorted({max(1, round(centre * math.exp(low + (high - low) * j / steps))) for j in range(steps + 1)})
        middle = min(ticks[1:-1], key=lambda tick: abs(tick - centre))
        ticks = sorted({*ticks, middle - 1, middle + 1})
        deviations = [math.log(tick / centre) / total + total / 2 for tick in ticks]
        heights = [math.exp(-z * z / 2) / tick for z, tick in zip(deviations, ticks, strict=True)]
        units = [round(height / max(heights) * HEIGHT_UNITS) for height in heights]
        tuned = min(range(1, len(ticks) - 1), key=lambda j: (ticks[j + 1] - ticks[j - 1]) * ticks[j])
        law = normalised(ticks, units, ATOM_STEP_Q53, tuned)
        places = sorted({place % len(ticks) for place in self.places})[: size.strikes]
        quotes = []
        for place in places:
            strike, put = ticks[place], ticks[place] << MASS_BITS < law.mean_q53
            price = law.call_q53[place] - ((law.mean_q53 - (strike << MASS_BITS)) if put else 0)
            mid = round(20_000 * price / law.mean_q53)
            quotes.append(Quote(strike, put, True, mid, 1) if mid else Quote(strike, False, False, 0, 0))
        snapshot = ExpirySnapshot(
            OBSERVED_AT + self.tenor_s, round(law.mean_q53 / 2 ** (MASS_BITS - 16)), tuple(quotes)
        )
        witness = SliceWitness.build(size, law, snapshot, TICK_E2)
        return slice_statement(witness, "BTC-USD", 1, b"\7" * 32)


def slice_corners(size: SliceSize) -> Iterator[SliceCorner]:
    """Every tenor and volatility: half of the knots with one or two strikes at the ends, all knots with every slot used."""
    ends, used = ((0,), (-1,), (-2,), (0, -1)), size.strikes
    for tenor, vol in SLICE_VOLS:
        for places in ends:
            yield SliceCorner(tenor, vol, size.knots // 2, places)
        for first in (0, -used - 1, -used):
            yield SliceCorner(tenor, vol, size.knots, tuple(range(first, first + used)))


@dataclass(frozen=True)
class AccountCorner:
    """Options of one tenor and volatility under one grid and parameters; amounts by position, strikes as ratios of F."""

    tenor_s: int
    volatility: float
    legs: tuple[tuple[float, bool, int], ...]
    grid: Grid
    params: MarginParams

    def _positions(self) -> tuple[list[Position], dict[int, PublishedSlice]]:
        forward_q16 = FORWARD_TICKS << 16
        strikes = {round(FORWARD_TICKS * ratio): ratio for ratio, _, _ in self.legs}
        total_q32 = round(self.volatility * math.sqrt(max(self.tenor_s, MINUTE) / YEAR) * 2**32)
        expiry = OBSERVED_AT + self.tenor_s
        published = {
            strike: PublishedStrike(ln_q48(strike << 16), max(0, (FORWARD_TICKS - strike) * TICK_E2), total_q32)
            for strike in strikes
        }
        slices = {expiry: PublishedSlice(expiry, OBSERVED_AT, forward_q16, ln_q48(forward_q16), TICK_E2, published)}
        legs = [Position(expiry, round(FORWARD_TICKS * ratio), put, amount) for ratio, put, amount in self.legs]
        return legs, slices

    def solvency(self, slots: int) -> Statement:
        """The statement at the least cash. Raises RiskOracleError where the model refuses."""
        positions, slices = self._positions()
        return solvency_statement(
            slots, margin_positions(positions, slices, self.grid, True), self.grid, self.params, b"\7" * 32
        )

    def out_of_reach(self) -> bool:
        """Whether rows lie further apart than the final check of solvency holds (docs/spec/errors.md, completeness)."""
        positions, slices = self._positions()
        converted = margin_positions(positions, slices, self.grid, True)
        rows = [
            requirement(converted, row, vol_mode(j), self.params, upper=True)
            for j, row in enumerate(self.grid.scenarios)
        ]
        bound = -(-max(rows) // REQUIREMENT_UNIT) * REQUIREMENT_UNIT
        return bound - min(rows) >= 1 << REQUIREMENT_BITS

    def insolvency(self, slots: int, row: int) -> Statement:
        """The statement of one row at the largest cash. Raises RiskOracleError where the model refuses."""
        positions, slices = self._positions()
        converted = margin_positions(positions, slices, self.grid, False)
        return insolvency_statement(slots, converted, self.grid, row, self.params, b"\7" * 32)


def account_corners(slots: int) -> Iterator[AccountCorner]:
    """No, one and all positions at every tenor, volatility, strike and size; grids and parameters in turn."""
    grids, params = itertools.cycle(GRIDS), itertools.cycle(PARAMS)
    yield AccountCorner(DAY, 0.6, (), next(grids), next(params))
    for tenor, vol in itertools.product(TENORS_S, VOLS):
        for ratio, put, amount in itertools.product(STRIKE_RATIOS, (False, True), AMOUNTS):
            yield AccountCorner(tenor, vol, ((ratio, put, amount),), next(grids), next(params))
        for amount in AMOUNTS:
            full = itertools.islice(itertools.product(STRIKE_RATIOS, (False, True)), slots)
            legs = tuple((ratio, put, amount * (-1) ** i) for i, (ratio, put) in enumerate(full))
            yield AccountCorner(tenor, vol, legs, next(grids), next(params))
