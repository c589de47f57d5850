# SPDX-License-Identifier: Apache-2.0
"""Random portfolios for the accuracy figures of the margin statements: one minute to two years, K / F from 0.05 to 20."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from oracle.analytics.margin import Accounts, Floats, Integers
from oracle.model.grid import Grid, VolShock
from oracle.model.margin import LEAST_UPPER_VOL_Q18, VOL_LIMIT_Q18

Flags = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]
SPOT_E2 = 10_000_000
TENORS_S = (
    60,
    600,
    3_600,
    6 * 3_600,
    86_400,
    3 * 86_400,
    7 * 86_400,
    30 * 86_400,
    90 * 86_400,
    365 * 86_400,
    730 * 86_400,
)
YEAR_S = 365 * 86_400
STRIKE_STEP_E2 = 100


def random_accounts(
    seed: int, count: int, slots: int, grid: Grid, upper: bool, tenors_s: Sequence[int] = TENORS_S
) -> Accounts:
    """``count`` accounts of 1 to ``slots`` options; ``upper``: vols rounded for solvency, else for insolvency.

    A quarter of the accounts is mostly short, a quarter holds spreads (neighbouring strikes of one expiry with opposite
    amounts), a quarter strikes anywhere from 0.05 to 20 forwards. Two books of one seed differ in the rounding alone.
    """
    draw = np.random.default_rng(seed)
    shape = (count, slots)
    style = np.arange(count)[:, None] % 4
    tenor = np.array(tenors_s)[draw.integers(0, len(tenors_s), shape)]
    sigma = draw.uniform(0.2, 1.5, shape)
    forward = np.rint(SPOT_E2 * np.exp(0.05 * tenor / YEAR_S + draw.uniform(-0.1, 0.1, shape))).astype(np.int64)
    near = draw.uniform(-2.5, 2.5, shape) * sigma * np.sqrt(tenor / YEAR_S)
    moneyness = np.where(style == 3, draw.uniform(np.log(0.05), np.log(20), shape), near)
    amount = draw.integers(1, 20_000, shape) * np.where(draw.random(shape) < np.where(style == 1, 0.9, 0.5), -1, 1)
    put = draw.random(shape) < 0.5
    for i in range(1, slots, 2):
        spread = style[:, 0] == 2
        for values in (tenor, sigma, forward, put):
            values[spread, i] = values[spread, i - 1]
        moneyness[spread, i] = moneyness[spread, i - 1] + draw.uniform(0.005, 0.05, int(np.sum(spread)))
        amount[spread, i] = -amount[spread, i - 1]
    amount[np.arange(slots) >= draw.integers(1, slots + 1, (count, 1))] = 0
    strike = np.maximum(1, np.rint(forward * np.exp(moneyness) / STRIKE_STEP_E2)).astype(np.int64) * STRIKE_STEP_E2
    total = np.rint(sigma * np.sqrt(tenor / YEAR_S) * 2.0**32).astype(np.int64)
    log_moneyness = np.log(strike / forward)
    vols_q18, vols = _shocked(total, tenor, grid, (amount < 0) if upper else (amount > 0))
    return Accounts(
        amount_e4=amount,
        put=put,
        strike_e2=strike,
        log_moneyness_q24=np.floor(log_moneyness * 2.0**24).astype(np.int64),
        mark_e2=_marks(forward, strike, log_moneyness, total / 2.0**32, put),
        forward_e2=forward,
        vols_q18=vols_q18,
        vols=vols,
    )


def _marks(forward: Integers, strike: Integers, log_moneyness: Floats, vol: Floats, put: Flags) -> Integers:
    d1 = vol / 2 - log_moneyness / vol
    call = forward * ndtr(d1) - strike * ndtr(d1 - vol)
    return np.maximum(0, np.rint(np.where(put, call + strike - forward, call))).astype(np.int64)


def _shocked(total_q32: Integers, tenor_s: Integers, grid: Grid, needs: Flags) -> tuple[Integers, Floats]:
    """[A-4] rounded and not, (accounts, positions, 3); the floor of upper vols is in both."""
    shocks = {int(t): grid.vol_rule.shocks(int(t)) for t in np.unique(tenor_s)}
    rounded = np.empty((*total_q32.shape, 3), dtype=np.int64)
    for mode in range(3):
        multiplier, shift, floor = (_by_tenor(tenor_s, shocks, mode, i) for i in range(3))
        shocked = np.maximum(total_q32.astype(object) * multiplier + shift * 2**32, floor * 2**32)
        high, low = (
            np.maximum(-(-shocked // 2**46), LEAST_UPPER_VOL_Q18),
            np.minimum(shocked // 2**46, VOL_LIMIT_Q18 - 1),
        )
        rounded[..., mode] = np.where(needs, high, low)
    exact = np.stack([_real(total_q32, tenor_s, shocks, mode, needs) for mode in range(3)], axis=-1)
    return rounded, exact


def _by_tenor(
    tenor_s: Integers, shocks: dict[int, tuple[VolShock, VolShock, VolShock]], mode: int, part: int
) -> Objects:
    names = ("multiplier_q32", "shift_q32", "floor_q32")
    values = np.vectorize(lambda t: getattr(shocks[int(t)][mode], names[part]), otypes=[object])(tenor_s)
    return np.asarray(values, dtype=np.object_)


def _real(
    total_q32: Integers,
    tenor_s: Integers,
    shocks: dict[int, tuple[VolShock, VolShock, VolShock]],
    mode: int,
    needs: Flags,
) -> Floats:
    multiplier, shift, floor = (_by_tenor(tenor_s, shocks, mode, i).astype(np.float64) / 2.0**32 for i in range(3))
    shocked = np.maximum(total_q32 / 2.0**32 * multiplier + shift, floor)
    return np.where(needs, np.maximum(shocked, LEAST_UPPER_VOL_Q18 / 2.0**18), shocked)
