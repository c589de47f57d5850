# SPDX-License-Identifier: Apache-2.0
# Generated from circuits/statements.json; not edited by hand.
"""Records of the data vectors: field, bits, offset in packing order; units and scales in docs/spec/notation.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from oracle.statements.record import Record


@dataclass(frozen=True)
class SliceHeader(Record):
    """One record of `header` in the data vector of `slice` (149 bits)."""

    LAYOUT: ClassVar[tuple[tuple[str, int, int], ...]] = (
        ("forward_q16", 40, 0),
        ("ln_forward_q48", 53, 0),
        ("fit_error_q16", 48, 0),
        ("tick_e2", 8, 0),
    )
    PER_ELEMENT: ClassVar[int] = 1

    forward_q16: int
    ln_forward_q48: int
    fit_error_q16: int
    tick_e2: int


@dataclass(frozen=True)
class SliceStrikes(Record):
    """One record of `strikes` in the data vector of `slice` (108 bits)."""

    LAYOUT: ClassVar[tuple[tuple[str, int, int], ...]] = (
        ("mid_half_ticks", 24, 0),
        ("half_spread_half_ticks", 16, 0),
        ("put", 1, 0),
        ("quoted", 1, 0),
        ("mark_e2", 32, 0),
        ("total_vol_q32", 34, 0),
    )
    PER_ELEMENT: ClassVar[int] = 2

    mid_half_ticks: int
    half_spread_half_ticks: int
    put: int
    quoted: int
    mark_e2: int
    total_vol_q32: int


@dataclass(frozen=True)
class SliceListing(Record):
    """One record of `listing` in the data vector of `slice` (77 bits)."""

    LAYOUT: ClassVar[tuple[tuple[str, int, int], ...]] = (
        ("strike_ticks", 24, 0),
        ("ln_strike_q48", 53, 0),
    )
    PER_ELEMENT: ClassVar[int] = 3

    strike_ticks: int
    ln_strike_q48: int


@dataclass(frozen=True)
class InsolvencyHeader(Record):
    """One record of `header` in the data vector of `insolvency` (232 bits)."""

    LAYOUT: ClassVar[tuple[tuple[str, int, int], ...]] = (
        ("required_cash_e6", 64, 1 << 63),
        ("value_e6", 66, 1 << 65),
        ("factor_e2", 8, 0),
        ("short_rate_e5", 17, 0),
        ("perpetual_rate_e5", 17, 0),
        ("spot_e4", 16, 0),
        ("ln_spot_q24", 27, 1 << 26),
        ("weight_e5", 17, 0),
    )
    PER_ELEMENT: ClassVar[int] = 1

    required_cash_e6: int
    value_e6: int
    factor_e2: int
    short_rate_e5: int
    perpetual_rate_e5: int
    spot_e4: int
    ln_spot_q24: int
    weight_e5: int


@dataclass(frozen=True)
class InsolvencyPositions(Record):
    """One record of `positions` in the data vector of `insolvency` (155 bits)."""

    LAYOUT: ClassVar[tuple[tuple[str, int, int], ...]] = (
        ("amount_e4", 29, 1 << 28),
        ("put", 1, 0),
        ("perpetual", 1, 0),
        ("strike_e2", 32, 0),
        ("log_moneyness_q24", 27, 1 << 26),
        ("forward_e2", 32, 0),
        ("vol_q18", 21, 0),
        ("inverse_vol_q4", 12, 0),
    )
    PER_ELEMENT: ClassVar[int] = 1

    amount_e4: int
    put: int
    perpetual: int
    strike_e2: int
    log_moneyness_q24: int
    forward_e2: int
    vol_q18: int
    inverse_vol_q4: int


@dataclass(frozen=True)
class SolvencyHeader(Record):
    """One record of `header` in the data vector of `solvency` (172 bits)."""

    LAYOUT: ClassVar[tuple[tuple[str, int, int], ...]] = (
        ("required_cash_e6", 64, 1 << 63),
        ("value_e6", 66, 1 << 65),
        ("factor_e2", 8, 0),
        ("short_rate_e5", 17, 0),
        ("perpetual_rate_e5", 17, 0),
    )
    PER_ELEMENT: ClassVar[int] = 1

    required_cash_e6: int
    value_e6: int
    factor_e2: int
    short_rate_e5: int
    perpetual_rate_e5: int


@dataclass(frozen=True)
class SolvencyGrid(Record):
    """One record of `grid` in the data vector of `solvency` (60 bits)."""

    LAYOUT: ClassVar[tuple[tuple[str, int, int], ...]] = (
        ("spot_e4", 16, 0),
        ("ln_spot_q24", 27, 1 << 26),
        ("weight_e5", 17, 0),
    )
    PER_ELEMENT: ClassVar[int] = 4

    spot_e4: int
    ln_spot_q24: int
    weight_e5: int


@dataclass(frozen=True)
class SolvencyPositions(Record):
    """One record of `positions` in the data vector of `solvency` (221 bits)."""

    LAYOUT: ClassVar[tuple[tuple[str, int, int], ...]] = (
        ("amount_e4", 29, 1 << 28),
        ("put", 1, 0),
        ("perpetual", 1, 0),
        ("strike_e2", 32, 0),
        ("log_moneyness_q24", 27, 1 << 26),
        ("forward_e2", 32, 0),
        ("vol_up_q18", 21, 0),
        ("vol_none_q18", 21, 0),
        ("vol_down_q18", 21, 0),
        ("inverse_vol_up_q4", 12, 0),
        ("inverse_vol_none_q4", 12, 0),
        ("inverse_vol_down_q4", 12, 0),
    )
    PER_ELEMENT: ClassVar[int] = 1

    amount_e4: int
    put: int
    perpetual: int
    strike_e2: int
    log_moneyness_q24: int
    forward_e2: int
    vol_up_q18: int
    vol_none_q18: int
    vol_down_q18: int
    inverse_vol_up_q4: int
    inverse_vol_none_q4: int
    inverse_vol_down_q4: int
