# SPDX-License-Identifier: Apache-2.0
"""What moves an account's cash besides trades, and what its stored hash commits to, in the contracts' integers.

[W-1] A perpetual owes amount x (index now - index before) / 10^4, rounded up: against the account. Index at 1e-6 USD a contract.
[W-2] An option settles to amount x max(0, price - strike), a put to amount x max(0, strike - price): 1e-4 x 1e-2, exact.
[W-3] Of a positive cash counts cash x (10^4 - haircut) / 10^4, rounded down; all of a negative one.
[W-4] State hash: keccak256 of owner + nonce 2^160, the funding index, and the positions' words without hints, 32 bytes each.
[W-5] A part of a position is amount x fraction / 10^4, rounded toward zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from eth_utils.crypto import keccak

from oracle.errors import MarginError
from oracle.model.account import Position

UNIT_E4 = 10_000


def funding_owed_e6(positions: Sequence[Position], index_before_e6: int, index_now_e6: int) -> int:
    """[W-1]"""
    amount = sum(p.amount_e4 for p in positions if p.perpetual)
    return -(-amount * (index_now_e6 - index_before_e6) // UNIT_E4)


def settlement_e6(position: Position, price_e2: int, tick_e2: int) -> int:
    """[W-2] What an expired option pays its holder at its expiry's price."""
    intrinsic = price_e2 - position.strike_ticks * tick_e2
    return position.amount_e4 * max(0, -intrinsic if position.put else intrinsic)


def settled(
    positions: Sequence[Position], now: int, prices: Mapping[int, tuple[int, int]]
) -> tuple[tuple[Position, ...], int]:
    """Positions that have not expired at ``now``, and what the others pay; ``prices``: expiry to (price_e2, tick_e2).

    Raises :class:`MarginError` for an expired position without a price.
    """
    gain = 0
    for p in positions:
        if 0 < p.expiry <= now:
            if p.expiry not in prices:
                raise MarginError(f"expiry {p.expiry}: no settlement price")
            gain += settlement_e6(p, *prices[p.expiry])
    return tuple(p for p in positions if not 0 < p.expiry <= now), gain


def counted_cash_e6(cash_e6: int, haircut_e4: int) -> int:
    """[W-3]"""
    return cash_e6 if cash_e6 <= 0 else cash_e6 * (UNIT_E4 - haircut_e4) // UNIT_E4


def state_hash(owner: str, nonce: int, funding_index_e6: int, positions: Sequence[Position]) -> bytes:
    """[W-4] Zero for an account that never held a position."""
    if nonce == 0 and not positions:
        return b"\0" * 32
    head = (int(owner, 16) | nonce << 160).to_bytes(32, "big") + (funding_index_e6 % (1 << 256)).to_bytes(32, "big")
    return keccak(head + b"".join(p.word().to_bytes(32, "big") for p in positions))


def part(positions: Sequence[Position], fraction_e4: int) -> tuple[Position, ...]:
    """[W-5] A fraction of every position; what is nothing is left out."""
    amounts = [abs(p.amount_e4) * fraction_e4 // UNIT_E4 * (1 if p.amount_e4 > 0 else -1) for p in positions]
    return tuple(replace(p, amount_e4=a) for p, a in zip(positions, amounts, strict=True) if a)
