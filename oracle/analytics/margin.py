# SPDX-License-Identifier: Apache-2.0
"""Float twin of the margin statements for many accounts at once: the provable bounds and the exact requirement.

Arrays have the shape (accounts, positions) or, with the rows of a grid, (accounts, positions, 36). Doubles: the bounds agree
with the integers of :mod:`oracle.model.margin` within 1e-12 of the weighted gross notional.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from oracle.model.grid import ROWS, Grid, vol_mode
from oracle.model.margin import (
    TABLE_ERROR_Q20,
    TAIL_STEP_IN,
    TAIL_STEP_OUT,
    TAIL_STEPS_LIMIT,
    MarginParams,
    MarginPosition,
)
from oracle.model.polynomial import Polynomial
from oracle.model.tables import MARGIN_CDF_Q7, MARGIN_CDF_Q18

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
CHARGE = TABLE_ERROR_Q20 / 2**20
MODES = np.array([vol_mode(row) for row in range(ROWS)])


@dataclass(frozen=True)
class Accounts:
    """Margin positions of many accounts (an unused slot has amount 0); units of :class:`MarginPosition`.

    ``vols_q18`` (accounts, positions, 3) as a statement takes them; ``vols`` the same before rounding.
    """

    amount_e4: Integers
    put: npt.NDArray[np.bool_]
    strike_e2: Integers
    log_moneyness_q24: Integers
    mark_e2: Integers
    forward_e2: Integers
    vols_q18: Integers
    vols: Floats

    def position(self, account: int, slot: int) -> MarginPosition:
        """One position as the integer model takes it."""
        at = (account, slot)
        return MarginPosition(
            amount_e4=int(self.amount_e4[at]),
            put=bool(self.put[at]),
            perpetual=False,
            strike_e2=int(self.strike_e2[at]),
            log_moneyness_q24=int(self.log_moneyness_q24[at]),
            mark_e2=int(self.mark_e2[at]),
            forward_e2=int(self.forward_e2[at]),
            vols_q18=(int(self.vols_q18[at][0]), int(self.vols_q18[at][1]), int(self.vols_q18[at][2])),
        )

    def positions(self, account: int) -> list[MarginPosition]:
        """One account, without its unused slots."""
        return [self.position(account, int(i)) for i in np.flatnonzero(self.amount_e4[account])]


def table_values(table: Polynomial, argument: Integers) -> Floats:
    """The table of a function in doubles, arguments cut as in the circuit."""
    rows = np.array([[float(c) for c in row] for row in table.rows])[argument >> table.low_bits]
    low = argument & ((1 << table.low_bits) - 1)
    value = rows[..., -1]
    for j in range(len(table.cuts) - 1, -1, -1):
        cut = table.frac_bits - table.cuts[j]
        value = value * ((low >> cut) - (1 << (table.low_bits - 1 - cut))) + rows[..., j]
    return np.asarray(value * 2.0**-table.output_bits, dtype=np.float64)


def hints(k_q24: Integers, vol_q18: Integers) -> tuple[Integers, Integers]:
    """d and the signed shift of the tail steps of the circuit's own hint, both in 1/128 (see ``cell_hint``)."""
    numerator = -((k_q24 << 13) + vol_q18 * vol_q18)
    negative = numerator < 0
    distance = np.where(vol_q18 == 0, 16383, ((np.abs(numerator) >> 11) + vol_q18) // np.maximum(2 * vol_q18, 1))
    top = np.where(negative, 1024, 1023 - (vol_q18 >> 11))
    step = np.where(negative, TAIL_STEP_OUT, TAIL_STEP_IN)
    far = (distance > top) & (top >= 768)
    steps = np.where(far, np.minimum(TAIL_STEPS_LIMIT, (distance - top + step - 1) // step), 0)
    rest = np.where(far, np.maximum(768, np.minimum(top, distance - step * steps)), np.minimum(distance, top))
    d = np.where(negative, 1024 - rest, 1024 + rest)
    return d, np.where(d >> 8 == 7, TAIL_STEP_IN * steps, np.where(d >> 8 == 0, -TAIL_STEP_OUT * steps, 0))


def bounds_e6(accounts: Accounts, grid: Grid, params: MarginParams, upper: bool) -> Floats:
    """[M-2] (accounts, 36): the provable requirement of every row in 1e-6, before rounding to integers."""
    a, rows = accounts, grid.scenarios
    ln_spot = np.array([row.ln_spot_q24 for row in rows])
    spot = np.array([row.spot_e4 for row in rows]) / 1e4
    vol = a.vols_q18[:, :, MODES]
    k = a.log_moneyness_q24[:, :, None] - ln_spot
    d, shift = hints(k, vol)
    needs = (a.amount_e4 < 0) if upper else (a.amount_e4 > 0)
    inverse = np.where(needs[:, :, None], -(-(1 << 22) // np.maximum(vol, 1)), 0)
    eta = (vol * (d - 1024 + shift) << 12) + (k << 13) + vol * vol
    penalty = 1635 * inverse * eta.astype(np.float64) ** 2 * 2.0**-92
    first = table_values(MARGIN_CDF_Q18, (d << 11) + vol) + penalty
    second = table_values(MARGIN_CDF_Q7, d) - penalty
    asset, strike = (a.amount_e4 * price.astype(np.float64) for price in (a.forward_e2, a.strike_e2))
    call = asset[:, :, None] * spot * first - strike[:, :, None] * second
    parity = np.where(a.put[:, :, None], strike[:, :, None] - asset[:, :, None] * spot, 0.0)
    charge = CHARGE * (np.abs(asset)[:, :, None] * spot + np.abs(strike)[:, :, None])
    shocked = np.sum(call + parity - charge if upper else call + parity + charge, axis=1)
    return _requirement(a, grid, params, shocked)


def exact_e6(accounts: Accounts, grid: Grid, params: MarginParams) -> Floats:
    """[M-2] (accounts, 36): the requirement of every row with Black-76 at the unrounded vols, in 1e-6."""
    a = accounts
    spot = np.array([row.spot_e4 for row in grid.scenarios]) / 1e4
    forward = a.forward_e2[:, :, None] * spot
    strike = np.maximum(a.strike_e2, 1)[:, :, None].astype(np.float64)
    vol = np.maximum(a.vols[:, :, MODES], 1e-300)
    with np.errstate(over="ignore"):
        d1 = np.log(np.maximum(forward, 1e-300) / strike) / vol + vol / 2
    put = a.put[:, :, None]
    sign = np.where(put, -1.0, 1.0)
    price = sign * (forward * ndtr(sign * d1) - strike * ndtr(sign * (d1 - vol)))
    return _requirement(a, grid, params, np.sum(a.amount_e4[:, :, None] * price, axis=1))


def weighted_gross_e6(accounts: Accounts, grid: Grid, params: MarginParams) -> Floats:
    """(accounts, 36): factor x weight x sum |a| (F s + K), what slack is measured in."""
    spot = np.array([row.spot_e4 for row in grid.scenarios]) / 1e4
    a = accounts
    size = np.abs(a.amount_e4)[:, :, None] * (a.forward_e2[:, :, None] * spot + a.strike_e2[:, :, None])
    return np.asarray(np.sum(size, axis=1) * _scale(grid, params), dtype=np.float64)


def _scale(grid: Grid, params: MarginParams) -> Floats:
    return np.array([params.factor_e2 * row.weight_e5 / 1e7 for row in grid.scenarios])


def _requirement(a: Accounts, grid: Grid, params: MarginParams, shocked: Floats) -> Floats:
    value: Floats = np.asarray(np.sum(a.amount_e4 * a.mark_e2, axis=1), dtype=np.float64)
    asset = a.amount_e4 * a.forward_e2.astype(np.float64)
    puts: Floats = np.asarray(np.sum(np.where(a.put, asset, 0.0), axis=1))
    calls: Floats = np.asarray(np.sum(np.where(a.put, 0.0, asset), axis=1))
    charges = params.short_rate_e5 / 1e5 * (np.maximum(0.0, -puts) + np.maximum(0.0, -calls))
    loss = (value[:, None] - shocked) * _scale(grid, params)
    return np.asarray(loss + (charges - value)[:, None], dtype=np.float64)
