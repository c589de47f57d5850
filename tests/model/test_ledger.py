# SPDX-License-Identifier: Apache-2.0
"""Funding, settlement, haircut, parts and state hashes in integers."""

from __future__ import annotations

import random

import pytest
from eth_utils.crypto import keccak

from oracle.errors import MarginError
from oracle.model.account import Position
from oracle.model.ledger import counted_cash_e6, funding_owed_e6, part, settled, settlement_e6, state_hash

NOW = 1_799_000_000
CALL, PUT = Position(NOW, 50_000, False, 10_000), Position(NOW, 70_000, True, -20_000)
LATER, PERPETUAL = Position(NOW + 1, 60_000, False, 5), Position(0, 0, False, 20_000)
OWNER = "0x" + "ab" * 20


def test_a_long_owes_what_the_index_rose_and_a_short_gets_no_more() -> None:
    assert funding_owed_e6([PERPETUAL, LATER], 0, 5_000_001) == 10_000_002
    assert funding_owed_e6([LATER], 0, 5_000_001) == 0
    rng = random.Random(1)
    for _ in range(10_000):
        amount, before, now = rng.randint(1, (1 << 28) - 1), rng.getrandbits(100), rng.getrandbits(100)
        long, short = (funding_owed_e6([Position(0, 0, False, s * amount)], before, now) for s in (1, -1))
        assert long + short in (0, 1)
        assert 0 <= long * 10_000 - amount * (now - before) < 10_000


def test_expired_options_settle_to_their_intrinsic_value() -> None:
    assert settlement_e6(CALL, 6_500_000, 100) == 15_000 * 10**6
    assert settlement_e6(PUT, 6_500_000, 100) == -2 * 5_000 * 10**6
    assert settlement_e6(CALL, 5_000_000, 100) == settlement_e6(PUT, 7_000_000, 100) == 0


def test_what_has_not_expired_and_the_perpetual_are_left() -> None:
    book = [PERPETUAL, CALL, PUT, LATER]
    assert settled(book, NOW, {NOW: (6_500_000, 100)}) == ((PERPETUAL, LATER), 5_000 * 10**6)
    assert settled(book, NOW - 1, {}) == (tuple(book), 0)


def test_an_expiry_without_a_price_is_a_margin_error() -> None:
    with pytest.raises(MarginError, match=f"expiry {NOW}: no settlement price"):
        settled([CALL], NOW, {})


@pytest.mark.parametrize(
    ("cash", "haircut", "counted"), [(100, 0, 100), (101, 1_000, 90), (-101, 1_000, -101), (7, 10_000, 0), (0, 5, 0)]
)
def test_a_haircut_leaves_a_negative_cash_and_rounds_a_positive_one_down(cash: int, haircut: int, counted: int) -> None:
    assert counted_cash_e6(cash, haircut) == counted


def test_a_part_is_rounded_toward_zero_and_nothing_is_left_out() -> None:
    assert part([PUT, LATER], 3_333) == (Position(NOW, 70_000, True, -6_666), Position(NOW + 1, 60_000, False, 1))
    assert part([LATER], 1_999) == ()
    assert part([CALL, PUT], 10_000) == (CALL, PUT)


def test_a_state_hash_covers_owner_nonce_index_and_every_term_but_no_hint() -> None:
    states = [
        (OWNER, 1, 0, [CALL]),
        (OWNER, 2, 0, [CALL]),
        (OWNER, 1, -1, [CALL]),
        (OWNER, 1, 0, [PUT]),
        (OWNER, 1, 0, []),
    ]
    states.append(("0x" + "ac" * 20, 1, 0, [CALL]))
    assert len({state_hash(*state) for state in states}) == len(states)
    head = (int(OWNER, 16) | 1 << 160).to_bytes(32, "big") + bytes(32)
    assert state_hash(OWNER, 1, 0, [CALL]) == keccak(head + CALL.word().to_bytes(32, "big"))


def test_a_fresh_account_has_the_hash_zero() -> None:
    assert state_hash(OWNER, 0, 0, []) == bytes(32)
