# SPDX-License-Identifier: Apache-2.0
"""Strikes of random slices with their option statements."""

from __future__ import annotations

import random
from dataclasses import dataclass

from oracle.errors import NoTotalVol
from oracle.model.density import DensitySlice
from oracle.model.option import OptionValues, Segment, option_values, segment_of
from oracle.statements.option import option_statement
from oracle.statements.statement import Statement
from tests.circuits.support import DOMAIN
from tests.model.laws import random_law, strikes_of
from tests.model.test_slice_values import FORWARD_Q16, LAW

KNOTS = 32
MARKET, EXPIRY, EPOCH = "BTC-USD", 1_800_000_000, 9
CORNERS = {
    "below the first knot": 100,
    "next to the first knot": 29_999,
    "on the first knot": 30_000,
    "on a knot": 60_000,
    "between knots": 61_234,
    "next to the last knot": 119_999,
    "on the last knot": 120_000,
    "above the last knot": 500_000,
    "the least": 1,
    "the largest": (1 << 24) - 1,
}
"""Strikes of the law that the tests of slices use, padded: its last knots repeat."""


@dataclass(frozen=True)
class OptionCase:
    """One strike of a slice."""

    density: DensitySlice
    forward_q16: int
    strike_ticks: int

    @property
    def values(self) -> OptionValues:
        """The model's numbers."""
        return option_values(self.density, self.forward_q16, self.strike_ticks)

    @property
    def segment(self) -> Segment:
        """The row that holds the strike."""
        return segment_of(self.density, self.strike_ticks)

    @property
    def statement(self) -> Statement:
        """The statement, bound to one market and epoch."""
        return option_statement(self.density, self.forward_q16, self.strike_ticks, MARKET, EXPIRY, EPOCH, DOMAIN)


def corner(name: str) -> OptionCase:
    """One of the named strikes."""
    return OptionCase(LAW.padded(KNOTS), FORWARD_Q16, CORNERS[name])


def random_cases(count: int) -> list[OptionCase]:
    """The corners, then strikes of random laws: knots, their neighbours and between, priced ones only."""
    cases, seed = [corner(name) for name in CORNERS], 0
    while len(cases) < count:
        law, forward = random_law(seed)
        draw, seed = random.Random(seed), seed + 1
        for strike in draw.sample(strikes := strikes_of(law, draw, 6), min(9, len(strikes))):
            case = OptionCase(law.padded(KNOTS), forward, strike)
            try:
                option_values(law, forward, strike)
            except NoTotalVol:
                continue
            cases.append(case)
    return cases[:count]
