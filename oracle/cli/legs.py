# SPDX-License-Identifier: Apache-2.0
"""What the demonstration's sellers write: short puts and calls with a little cover."""

from __future__ import annotations

from oracle.model.account import Position, merge
from oracle.model.snapshot import ExpirySnapshot, MarketSnapshot

UNIT_VALUE_E2 = 6_000_000
"""Amounts are in units worth about this much spot, in cents: one bitcoin, twenty ether."""
MOST_LEGS = 16


def seller_legs(snapshot: MarketSnapshot) -> tuple[Position, ...]:
    """Four legs in a market of coins worth more than 10,000 dollars, up to sixteen over all expiries elsewhere.

    Strikes are the listed ones nearest to the targets; every leg nets to one position.
    """
    unit_e4 = max(1, UNIT_VALUE_E2 * 10_000 // snapshot.spot_e2)
    expiries = [expiry for expiry in snapshot.expiries if len(expiry.quotes) >= 2]
    if snapshot.spot_e2 > 1_000_000:
        near, far = expiries[len(expiries) // 3], expiries[-1]
        chosen = [
            (near, 0.95, True, -3 * unit_e4),
            (near, 0.80, True, unit_e4 // 2),
            (near, 1.12, False, -unit_e4 // 2),
            (far, 0.90, True, -unit_e4),
        ]
    else:
        chosen = []
        for expiry in expiries[: MOST_LEGS // 2]:
            chosen += [(expiry, 0.93, True, -unit_e4 // 2), (expiry, 1.15, False, -unit_e4 // 8)]
    return merge([_leg(expiry, moneyness, put, amount) for expiry, moneyness, put, amount in chosen])


def _leg(expiry: ExpirySnapshot, moneyness: float, put: bool, amount_e4: int) -> Position:
    target = moneyness * expiry.forward_q16 / 65536
    strike = min((quote.strike_ticks for quote in expiry.quotes), key=lambda ticks: abs(ticks - target))
    return Position(expiry.expiry, strike, put, amount_e4)
