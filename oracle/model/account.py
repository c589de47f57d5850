# SPDX-License-Identifier: Apache-2.0
"""From an account's positions and proven slices to what the margin statements take, rounded as the contracts do.

[A-1] strike_e2 = strike_ticks tick_e2; forward_e2 = forward_q16 tick_e2 / 2^16 to the nearest (halves up).
[A-2] log_moneyness_q24 = floor((ln_strike_q48 - ln_forward_q48) / 2^24).
[A-3] mark of a call as published, of a put max(0, mark + strike - forward).
[A-4] vol = max(total_vol multiplier + shift, floor) of the mode [G-2], to 2^-18: up to the next integer where an upper price bound is
needed (short positions for solvency, long ones for insolvency), then at least 2^-7; down otherwise, then at most 8 - 2^-18:
the price rises with v, so that a lower vol gives a lower bound, and an upper bound at a lower vol would be none: it is refused.
[A-5] a position's word: amount + 2^28 (29 bits), put (1), strike in ticks (24), expiry (64), from bit 118 the hint (8 bits).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oracle.errors import InvalidValue, MarginError, require_bits
from oracle.model.grid import Grid, VolShock
from oracle.model.margin import LEAST_UPPER_VOL_Q18, UNUSED_VOL_Q18, VOL_LIMIT_Q18, MarginPosition

AMOUNT_LIMIT_E4 = 1 << 28


@dataclass(frozen=True, order=True)
class Position:
    """An option position: expiry (Unix seconds), strike in ticks, put or call, signed amount at 1e-4 contracts."""

    expiry: int
    strike_ticks: int
    put: bool
    amount_e4: int

    def __post_init__(self) -> None:
        require_bits("expiry", self.expiry, 64)
        require_bits("strike_ticks", self.strike_ticks, 24)
        if self.perpetual and (self.strike_ticks or self.put):
            raise InvalidValue("position", self, "a perpetual, with expiry 0, has neither strike nor put flag")
        if self.amount_e4 == 0 or not -AMOUNT_LIMIT_E4 < self.amount_e4 < AMOUNT_LIMIT_E4:
            raise InvalidValue("amount_e4", self.amount_e4, "must be non-zero and below 2^28 in size")

    @property
    def perpetual(self) -> bool:
        """Whether it is the perpetual: expiry, strike and put flag zero."""
        return self.expiry == 0

    def word(self, hint: int = 0) -> int:
        """[A-5] The position as the contracts take it; ``hint``, the strike's index in its listing, is in no hash."""
        terms = self.amount_e4 + AMOUNT_LIMIT_E4 | int(self.put) << 29 | self.strike_ticks << 30
        return terms | self.expiry << 54 | require_bits("hint", hint, 8) << 118

    @classmethod
    def from_word(cls, word: int) -> Position:
        """The position of a word, whatever its hint."""
        amount, strike_ticks = (word & (1 << 29) - 1) - AMOUNT_LIMIT_E4, word >> 30 & (1 << 24) - 1
        return cls(word >> 54 & (1 << 64) - 1, strike_ticks, bool(word >> 29 & 1), amount)


@dataclass(frozen=True)
class PublishedStrike:
    """What the chain knows of one listed strike."""

    ln_strike_q48: int
    mark_e2: int
    total_vol_q32: int


@dataclass(frozen=True)
class PublishedSlice:
    """What the chain knows of one proven slice; ``strikes`` by strike in ticks."""

    expiry: int
    observed_at: int
    forward_q16: int
    ln_forward_q48: int
    tick_e2: int
    strikes: Mapping[int, PublishedStrike]

    @property
    def forward_e2(self) -> int:
        """[A-1]"""
        return self.forward_q16 * self.tick_e2 + (1 << 15) >> 16

    def hint(self, strike_ticks: int) -> int:
        """Index of a strike in the listing. Raises :class:`MarginError` where it is not listed."""
        for index, listed in enumerate(sorted(self.strikes)):
            if listed == strike_ticks:
                return index
        raise MarginError(f"expiry {self.expiry}: strike {strike_ticks} is not listed")


def merge(*books: Sequence[Position]) -> tuple[Position, ...]:
    """Positions of several books netted by contract, sorted as the contracts demand; contracts that net to zero vanish."""
    amounts: dict[tuple[int, int, bool], int] = {}
    for book in books:
        for p in book:
            key = (p.expiry, p.strike_ticks, p.put)
            amounts[key] = amounts.get(key, 0) + p.amount_e4
    return tuple(Position(*key, amount) for key, amount in sorted(amounts.items()) if amount)


def shocked_vol_q18(total_vol_q32: int, shock: VolShock, needs_upper: bool) -> int:
    """[A-4] A vol of 8 or more that needs an upper bound is returned as it is: the statement of its row refuses it."""
    shocked = max(total_vol_q32 * shock.multiplier_q32 + (shock.shift_q32 << 32), shock.floor_q32 << 32)
    if needs_upper:
        return max(-(-shocked >> 46), LEAST_UPPER_VOL_Q18)
    return min(shocked >> 46, VOL_LIMIT_Q18 - 1)


def _margin_perpetual(position: Position, mark_e2: int | None) -> MarginPosition:
    if mark_e2 is None:
        raise MarginError("a perpetual without a mark")
    mark = require_bits("forward_e2", mark_e2, 32)
    return MarginPosition(position.amount_e4, False, True, 0, 0, mark, mark, (UNUSED_VOL_Q18,) * 3)


def margin_position(
    position: Position,
    slices: Mapping[int, PublishedSlice],
    grid: Grid,
    upper: bool,
    perpetual_mark_e2: int | None = None,
) -> MarginPosition:
    """[A-1] to [A-4]; ``upper`` True for solvency, False for insolvency. A perpetual is its mark, without strike and vol.

    Raises :class:`MarginError` for an expiry without slice, a strike that is not listed, a perpetual without mark.
    """
    if position.perpetual:
        return _margin_perpetual(position, perpetual_mark_e2)
    published = slices.get(position.expiry)
    if published is None:
        raise MarginError(f"expiry {position.expiry}: no proven slice")
    strike = published.strikes.get(position.strike_ticks)
    if strike is None:
        raise MarginError(f"expiry {position.expiry}: strike {position.strike_ticks} is not listed")
    strike_e2, forward_e2 = position.strike_ticks * published.tick_e2, published.forward_e2
    mark = max(0, strike.mark_e2 + strike_e2 - forward_e2) if position.put else strike.mark_e2
    needs_upper = (position.amount_e4 < 0) is upper
    shocks = grid.vol_rule.shocks(position.expiry - published.observed_at)
    up, none, down = (shocked_vol_q18(strike.total_vol_q32, shock, needs_upper) for shock in shocks)
    return MarginPosition(
        amount_e4=position.amount_e4,
        put=position.put,
        perpetual=False,
        strike_e2=require_bits("strike_e2", strike_e2, 32),
        log_moneyness_q24=strike.ln_strike_q48 - published.ln_forward_q48 >> 24,
        mark_e2=require_bits("mark_e2", mark, 32),
        forward_e2=require_bits("forward_e2", forward_e2, 32),
        vols_q18=(up, none, down),
    )


def margin_positions(
    positions: Sequence[Position],
    slices: Mapping[int, PublishedSlice],
    grid: Grid,
    upper: bool,
    perpetual_mark_e2: int | None = None,
) -> list[MarginPosition]:
    """:func:`margin_position` of every position."""
    return [margin_position(position, slices, grid, upper, perpetual_mark_e2) for position in positions]


def equity_e6(
    cash_e6: int,
    positions: Sequence[Position],
    slices: Mapping[int, PublishedSlice],
    grid: Grid,
    perpetual_mark_e2: int | None = None,
) -> int:
    """Cash plus marks at 1e-6 dollars: amount (1e-4) x mark (1e-2) is exact."""
    return cash_e6 + sum(p.value for p in margin_positions(positions, slices, grid, True, perpetual_mark_e2))
