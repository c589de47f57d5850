# SPDX-License-Identifier: Apache-2.0
"""Price and size of a liquidation bid in integers, the same in Solidity (``contracts/libraries/AuctionMath.sol``).

Cash, equities, bounds and prices at 1e-6 dollars, fractions at 1e-4, times t in seconds since the auction's clock started.

[Q-1] sold(E, t) = floor(E p max(0, T - t) / (10^2 T)) for E > 0, else E: what an equity E sells for. The auction's settings: p, at
1e-2, the price at the start, and T, the seconds in which it falls to nothing.
[Q-2] largest f = floor(10^4 (B - C) / (B - C + sold(E, t))), 0 where B <= C, 10^4 where nothing is paid for E: the cash that is left,
C + f (sold - C), is not above (1 - f) B. B: bound from below of the cash that maintenance plus the buffer requires; C: cash.
[Q-3] price = sold(V + s, t) - s with s = C f / 10^4 towards zero: the bidder takes positions worth V, their cash stays.
[Q-4] bonus = floor(cap f min(t, T) / (10^4 T)): what the fund adds where the account's equity is not positive.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_CLOCK_LEAD_S = 30
LEAST_FRACTION_E4 = 1_000
"""The smallest part of a bid where more may be taken."""
WHOLE_E4, WHOLE_E2 = 10_000, 100


@dataclass(frozen=True)
class Moment:
    """``elapsed_s`` after the clock's start of an auction with these settings; the price starts at ``start_price_e2``."""

    elapsed_s: int
    decay_s: int
    start_price_e2: int

    @property
    def left_s(self) -> int:
        """Seconds until the price is nothing."""
        return max(0, self.decay_s - self.elapsed_s)

    @property
    def discount_e4(self) -> int:
        """How far a positive equity sells below itself, rounded down."""
        sold = -(-WHOLE_E4 * self.start_price_e2 * self.left_s // (WHOLE_E2 * self.decay_s))
        return WHOLE_E4 - sold


def sold_for_e6(equity_e6: int, moment: Moment) -> int:
    """[Q-1]"""
    if equity_e6 <= 0:
        return equity_e6
    return equity_e6 * moment.start_price_e2 * moment.left_s // (WHOLE_E2 * moment.decay_s)


def largest_fraction_e4(bound_e6: int, cash_e6: int, equity_e6: int, moment: Moment) -> int:
    """[Q-2]"""
    short = bound_e6 - cash_e6
    if short <= 0:
        return 0
    sold = sold_for_e6(equity_e6, moment)
    return WHOLE_E4 if sold <= 0 else short * WHOLE_E4 // (short + sold)


def price_e6(value_e6: int, cash_e6: int, fraction_e4: int, moment: Moment) -> int:
    """[Q-3] What the bidder pays; negative where he is paid."""
    size = abs(cash_e6) * fraction_e4 // WHOLE_E4
    share = size if cash_e6 >= 0 else -size
    return sold_for_e6(value_e6 + share, moment) - share


def bonus_e6(cap_e6: int, fraction_e4: int, moment: Moment) -> int:
    """[Q-4]"""
    return cap_e6 * fraction_e4 * min(moment.elapsed_s, moment.decay_s) // (WHOLE_E4 * moment.decay_s)


def clock_start(oldest_observed_at: int, last_changed_at: int, now: int) -> int:
    """When the clock started: the later of both, at most :data:`MAX_CLOCK_LEAD_S` before ``now`` and not after it."""
    return min(now, max(oldest_observed_at, last_changed_at, now - MAX_CLOCK_LEAD_S))
