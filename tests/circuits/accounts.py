# SPDX-License-Identifier: Apache-2.0
"""Random accounts and their exact requirement by mpmath, independent of the tables and of the integer bounds."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mpmath as mp

from oracle.model.account import (
    Position,
    PublishedSlice,
    PublishedStrike,
    margin_position,
)
from oracle.model.grid import Grid, load_grid, vol_mode
from oracle.model.logarithm import ln_q48
from oracle.model.margin import LEAST_UPPER_VOL_Q18, MarginParams, MarginPosition

GRID = load_grid(Path(__file__).resolve().parents[2] / "circuits" / "grids" / "flat.json")
SPOT_E2 = 10_000_000
TICK_E2 = 100
HOURS = {"near": (1, 2, 6, 12, 24), "other": (72, 168, 336, 720, 1440, 2880, 6000, 17_500)}
mp.mp.dps = 40


@dataclass(frozen=True)
class Account:
    """Margin positions with the total vols (real numbers) that their integers were rounded from."""

    style: str
    upper: bool
    positions: tuple[MarginPosition, ...]
    vols: tuple[tuple[mp.mpf, mp.mpf, mp.mpf], ...]
    params: MarginParams


def _published(expiry: int, forward_q16: int, strike: int, vol: float) -> PublishedSlice:
    ln_strike, ln_forward = ln_q48(strike << 16), ln_q48(forward_q16)
    d1 = (forward_q16 / 65536, vol / 2 - (ln_strike - ln_forward) / 2**48 / vol)
    call = d1[0] * float(mp.ncdf(d1[1])) - strike * float(mp.ncdf(d1[1] - vol))
    mark = max(0, round(call * TICK_E2))
    return PublishedSlice(
        expiry, 0, forward_q16, ln_forward, TICK_E2, {strike: PublishedStrike(ln_strike, mark, round(vol * 2**32))}
    )


def random_account(seed: int, upper: bool, slots: int = 4) -> Account:
    """One account; ``upper`` True for solvency. Styles: mixed, mostly short, spreads, hours before expiry."""
    draw = random.Random(f"{seed}-{upper}")
    style = ("mixed", "short", "spread", "near")[seed % 4]
    positions: list[MarginPosition] = []
    vols: list[tuple[mp.mpf, mp.mpf, mp.mpf]] = []
    previous: tuple[Position, PublishedSlice] | None = None
    for i in range(draw.randint(1, slots)):
        if draw.random() < 0.15:
            forward = SPOT_E2 + draw.randint(-5000, 5000)
            amount = draw.choice((-1, 1)) * draw.randint(1, 20_000)
            positions.append(MarginPosition(amount, False, True, 0, 0, forward, forward, (1 << 18,) * 3))
            vols.append((mp.mpf(1),) * 3)
            continue
        hours = draw.choice(HOURS["near" if style == "near" else "other"])
        sigma, deviation = draw.uniform(0.2, 1.5), math.sqrt(hours / 8760)
        forward_q16 = round(SPOT_E2 / TICK_E2 * math.exp(0.05 * hours / 8760) * 65536)
        strike = max(
            1000, round(forward_q16 / 65536 * math.exp(draw.uniform(-2.5, 2.5) * sigma * deviation) / 500) * 500
        )
        amount = draw.randint(1, 20_000) * (-1 if draw.random() < (0.9 if style == "short" else 0.5) else 1)
        position = Position(1000 + i, strike, draw.random() < 0.5, amount)
        slices = _published(1000 + i, forward_q16, strike, sigma * deviation)
        if style == "spread" and i % 2 and previous:
            last, old = previous
            strike = last.strike_ticks + 2000
            position = Position(last.expiry, strike, last.put, -last.amount_e4)
            slices = _published(
                last.expiry, old.forward_q16, strike, old.strikes[last.strike_ticks].total_vol_q32 / 2**32
            )
        previous = position, slices
        converted = margin_position(position, {position.expiry: slices}, GRID, upper)
        total = mp.mpf(slices.strikes[strike].total_vol_q32) / 2**32
        floor = mp.mpf(LEAST_UPPER_VOL_Q18) / 2**18 if (amount < 0) is upper else mp.mpf(0)
        positions.append(converted)
        shocks = GRID.vol_rule.shocks(position.expiry - slices.observed_at)
        exact = [
            max((total * s.multiplier_q32 + s.shift_q32) / 2**32, mp.mpf(s.floor_q32) / 2**32, floor) for s in shocks
        ]
        vols.append((exact[0], exact[1], exact[2]))
    params = MarginParams(draw.choice((100, 80, 130)), draw.choice((0, 1000)), draw.choice((0, 2000)))
    return Account(style, upper, tuple(positions), tuple(vols), params)


def _value(p: MarginPosition, vol: mp.mpf, spot_e4: int) -> mp.mpf:
    """Value of one position at a spot multiplier, 1e-6 dollars."""
    forward = mp.mpf(p.forward_e2) * spot_e4 / 10_000
    if p.perpetual:
        return p.amount_e4 * forward
    if p.strike_e2 == 0:
        return mp.mpf(0)
    d1 = mp.log(forward / p.strike_e2) / vol + vol / 2 if vol else mp.inf * (1 if forward > p.strike_e2 else -1)
    call = forward * mp.ncdf(d1) - p.strike_e2 * mp.ncdf(d1 - vol)
    return p.amount_e4 * (call - forward + p.strike_e2 if p.put else call)


def exact_requirement(account: Account, grid: Grid = GRID, rows: Sequence[int] = range(36)) -> mp.mpf:
    """[M-2] the largest requirement of the rows in 1e-6 dollars."""
    value = sum(p.value for p in account.positions)
    calls = sum(p.amount_e4 * p.forward_e2 for p in account.positions if not p.put and not p.perpetual)
    puts = sum(p.amount_e4 * p.forward_e2 for p in account.positions if p.put)
    perpetuals = sum(abs(p.amount_e4) * p.forward_e2 for p in account.positions if p.perpetual)
    short = account.params.short_rate_e5 * (max(0, -calls) + max(0, -puts))
    charges = mp.mpf(short + account.params.perpetual_rate_e5 * perpetuals) / 100_000
    worst = mp.mpf("-inf")
    for row in rows:
        scenario = grid.scenarios[row]
        shocked = sum(
            (
                _value(p, vol[vol_mode(row)], scenario.spot_e4)
                for p, vol in zip(account.positions, account.vols, strict=True)
            ),
            mp.mpf(0),
        )
        loss = account.params.factor_e2 * scenario.weight_e5 * (value - shocked) / mp.mpf(10**7)
        worst = max(worst, loss + charges - value)
    return worst


def weighted_gross(account: Account, grid: Grid = GRID, rows: Sequence[int] = range(36)) -> float:
    """Largest factor weight (F s + K) |a| of the rows, 1e-6 dollars: what slack is measured in."""
    gross = 0.0
    for row in rows:
        scenario = grid.scenarios[row]
        size = sum(
            abs(p.amount_e4) * (p.forward_e2 * scenario.spot_e4 / 10_000 + p.strike_e2) for p in account.positions
        )
        gross = max(gross, size * account.params.factor_e2 * scenario.weight_e5 / 10**7)
    return gross
