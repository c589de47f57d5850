# SPDX-License-Identifier: Apache-2.0
"""Trades and withdrawals that must not happen: refused by name, in the simulation and on-chain, no stored word changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracle.bots.margin import SLOTS, MarginProver, slots_for
from oracle.chain.accounts import AccountState, MarginProof
from oracle.errors import ChainError, MarginError
from oracle.model.account import Position, margin_positions, merge
from oracle.node.epoch import ProvenEpoch
from oracle.statements.solvency import circuit_id, solvency_statement
from prover.errors import ConstraintViolated
from prover.field import SCALAR_MODULUS
from prover.proof import Proof
from tests.chain.market import Market, key


def _seller(market: Market) -> tuple[MarginProver, AccountState, MarginProof]:
    """The seller's prover, state, and the proof a withdrawal needs."""
    margin = market.margin("seller")
    state = margin.accounts.state(key("seller").address)
    return margin, state, margin.solvency(state.address, state.nonce, state.positions, market.slices())


def _with_words(proof: MarginProof, words: list[int]) -> MarginProof:
    return replace(proof, proof=Proof.from_calldata(proof.proof.circuit, words, proof.proof.publics))


def test_everything_above_the_bound_can_be_withdrawn_and_no_more(opened: Market) -> None:
    margin, state, proof = _seller(opened)
    spare = state.cash_e6 - proof.required_cash_e6
    assert spare > 0
    with opened.refused("InsufficientMargin"):
        margin.accounts.withdraw(spare + 1, state, opened.slices(), proof)
    held = opened.token.functions.balanceOf(state.address).call()
    margin.accounts.withdraw(spare, state, opened.slices(), proof)
    assert opened.token.functions.balanceOf(state.address).call() == held + spare
    assert opened.cash("seller") == [proof.required_cash_e6]
    assert opened.conserved()


def test_a_withdrawal_of_all_cash_and_a_unit_is_insufficient_margin(opened: Market) -> None:
    margin, state, proof = _seller(opened)
    with opened.refused("InsufficientMargin"):
        margin.accounts.withdraw(state.cash_e6 + 1, state, opened.slices(), proof)


def test_a_bound_below_the_proven_one_is_an_invalid_margin_proof(opened: Market) -> None:
    margin, state, proof = _seller(opened)
    lowered = replace(proof, required_cash_e6=proof.required_cash_e6 - 1)
    with opened.refused("InvalidMarginProofs"):
        margin.accounts.withdraw(state.cash_e6 - lowered.required_cash_e6, state, opened.slices(), lowered)


def test_a_bound_below_the_requirement_has_no_proof(opened: Market) -> None:
    margin, state, proof = _seller(opened)
    accounts = margin.accounts
    published = {expiry: stored.published for expiry, stored in opened.slices().items()}
    rows = margin_positions(state.positions, published, accounts.grid, upper=True)
    slots = slots_for(len(state.positions))
    domain = accounts.domain(circuit_id(slots), state.address, state.nonce)
    lowered = solvency_statement(
        slots, rows, accounts.grid, accounts.initial, domain, proof.required_cash_e6 - 1_000_000
    )
    with opened.unchanged(), pytest.raises(ConstraintViolated):
        opened.prover.prove(lowered.circuit_id, lowered.circuit_inputs())


@pytest.mark.parametrize("word", range(8))
def test_a_solvency_proof_with_one_byte_changed_is_an_invalid_margin_proof(opened: Market, word: int) -> None:
    margin, state, proof = _seller(opened)
    words = list(proof.proof.to_calldata())
    words[word] ^= 0x01
    with opened.refused("InvalidMarginProofs"):
        margin.accounts.withdraw(1, state, opened.slices(), _with_words(proof, words))


def test_a_digest_plus_r_is_not_in_the_field(opened: Market) -> None:
    _, state, proof = _seller(opened)
    circuit, version, required, digest, words = proof.as_tuple()
    slices = opened.slices()
    shown = (circuit, version, required, digest + SCALAR_MODULUS, words)
    with opened.refused("NotInField"):
        given = [stored.margin for _, stored in sorted(slices.items())]
        call = opened.engine.functions.withdraw(1, state.as_tuple(slices), given, shown)
        opened.client("seller").send("withdraw", call)


def test_a_slice_word_plus_r_is_an_unknown_slice(opened: Market) -> None:
    margin, state, proof = _seller(opened)
    slices = opened.slices()
    first = min(slices)
    expiry, rest_hash, header, results = slices[first].margin
    for changed in ((header + SCALAR_MODULUS, results), (header, [results[0] + SCALAR_MODULUS, *results[1:]])):
        with opened.refused("SliceMismatch"):
            moved = replace(slices[first], margin=(expiry, rest_hash, *changed))
            margin.accounts.withdraw(1, state, {**slices, first: moved}, proof)


@pytest.mark.parametrize("nonce", [0, 2])
def test_a_proof_of_another_position_nonce_is_an_invalid_margin_proof(opened: Market, nonce: int) -> None:
    margin, state, _ = _seller(opened)
    assert state.nonce == 1
    moved = margin.solvency(state.address, nonce, state.positions, opened.slices())
    with opened.refused("InvalidMarginProofs"):
        margin.accounts.withdraw(1, state, opened.slices(), moved)


def test_a_proof_of_another_account_is_an_invalid_margin_proof(opened: Market) -> None:
    margin, state, _ = _seller(opened)
    other = margin.solvency(key("buyer").address, state.nonce, state.positions, opened.slices())
    with opened.refused("InvalidMarginProofs"):
        margin.accounts.withdraw(1, state, opened.slices(), other)


def test_another_nonce_or_position_is_an_account_state_mismatch(opened: Market) -> None:
    margin, state, proof = _seller(opened)
    for wrong in (replace(state, nonce=2), replace(state, positions=state.positions[1:])):
        with opened.refused("AccountStateMismatch"):
            margin.accounts.withdraw(1, wrong, opened.slices(), proof)


def test_a_proof_from_old_slices_does_not_hold_for_new_ones(opened: Market, crash: ProvenEpoch) -> None:
    margin, state, proof = _seller(opened)
    old = opened.slices()
    # Else the crash is past the limits: its slices only liquidate.
    widest = (120, 600, 10_000, 65_535, 65_535, 10_000)
    opened.govern(opened.oracle, "setLimits", widest)
    opened.land(crash)
    with opened.refused("InvalidMarginProofs"):
        margin.accounts.withdraw(1, state, opened.slices(), proof)
    with opened.refused("SliceMismatch"):
        margin.accounts.withdraw(1, state, old, proof)


def test_an_insolvency_proof_opens_nothing(opened: Market) -> None:
    margin, state, _ = _seller(opened)
    _, insolvency, _ = opened.insolvency()
    with opened.refused("UnsupportedCircuit"):
        margin.accounts.withdraw(1, state, opened.slices(), insolvency)


def _closing(market: Market) -> tuple[Position, ...]:
    positions = market.accounts("seller").state(key("seller").address).positions
    return tuple(replace(p, amount_e4=-p.amount_e4) for p in positions)


def _fill(market: Market, signer: str = "seller", taker: str = "buyer", **changes: object) -> None:
    """A trade that closes both accounts, its order changed before it is signed."""
    order = replace(market.order(_closing(market), -1_000_000, salt=2), **changes)  # type: ignore[arg-type]
    accounts = market.accounts(taker)
    states = [accounts.state(key(name).address) for name in ("seller", taker)]
    _, _, proof = _seller(market)
    accounts.trade(order, market.sign(order, signer), states[0], states[1], market.slices(), proof, proof)


def test_a_closing_trade_needs_no_proof_and_conserves_the_money(opened: Market) -> None:
    _fill(opened)
    accounts = opened.accounts("buyer")
    for name in ("seller", "buyer"):
        assert accounts.state(key(name).address).positions == ()
        assert accounts.state(key(name).address).nonce == 2
    assert opened.conserved()


def test_a_replayed_order_is_used(opened: Market) -> None:
    assert opened.opening is not None
    order, signature = opened.opening
    buyer = opened.accounts("buyer")
    states = [buyer.state(key(name).address) for name in ("seller", "buyer")]
    _, _, proof = _seller(opened)
    with opened.refused("WrongLots"):
        buyer.trade(order, signature, states[0], states[1], opened.slices(), proof, proof)


def test_an_order_that_the_maker_did_not_sign_is_refused(opened: Market) -> None:
    with opened.refused("InvalidOrderSignature"):
        _fill(opened, signer="stranger")


def test_an_order_past_its_deadline_is_expired(opened: Market) -> None:
    with opened.refused("OrderExpired"):
        _fill(opened, deadline=1)


def test_an_order_for_another_taker_is_refused(opened: Market) -> None:
    with opened.refused("WrongTaker"):
        _fill(opened, taker="keeper")


def test_a_trade_on_stale_slices_is_refused(opened: Market, calm: ProvenEpoch) -> None:
    opened.clock.advance(calm.fitted.snapshot.observed_at_ms + 121_000)
    with opened.refused("SliceNotFresh"):
        _fill(opened, legs=_many(opened, 1))


def test_a_position_that_no_slice_covers_is_named_before_anything_is_sent(opened: Market) -> None:
    margin, state, proof = _seller(opened)
    unlisted = (Position(state.positions[0].expiry, 12_345, True, 10_000),)
    with opened.unchanged():
        with pytest.raises(MarginError, match="strike 12345 is not listed"):
            margin.solvency(state.address, 1, unlisted, opened.slices())
        with pytest.raises(ChainError, match="no slice on-chain"):
            margin.accounts.withdraw(1, state, {}, proof)


def _many(market: Market, count: int) -> tuple[Position, ...]:
    slices = sorted(market.slices().items())
    listed = [(expiry, strike) for expiry, stored in slices for strike in sorted(stored.published.strikes)]
    return tuple(Position(expiry, strike, False, 1) for expiry, strike in listed[:count])


@pytest.mark.parametrize(("count", "slots"), [(1, 4), (4, 4), (5, 8), (9, 16), (17, 32), (32, 32)])
def test_the_smallest_statement_that_holds_the_positions_is_taken(count: int, slots: int) -> None:
    assert slots_for(count) == slots


def test_more_positions_than_any_statement_holds_are_a_margin_error(opened: Market) -> None:
    margin, state, _ = _seller(opened)
    book = _many(opened, 1) * (SLOTS[-1] + 1)
    with opened.unchanged(), pytest.raises(MarginError, match="33 positions: an account holds at most 32"):
        margin.solvency(state.address, 1, book, opened.slices())


def test_five_positions_are_opened_and_closed_with_the_larger_statement(opened: Market) -> None:
    """The contract takes the circuit's number of slots for the data vector, on either side of the trade."""
    slices, legs = opened.slices(), _many(opened, 5)
    buyer = opened.accounts("buyer")
    states = [buyer.state(key(name).address) for name in ("seller", "buyer")]
    proofs = []
    for state, sign in zip(states, (1, -1), strict=True):
        opposite = [replace(p, amount_e4=-p.amount_e4) for p in state.positions]
        resulting = merge(state.positions, opposite, [replace(p, amount_e4=sign * p.amount_e4) for p in legs])
        proofs.append(opened.margin("buyer").solvency(state.address, 2, resulting, slices))
    assert {proof.statement.circuit_id for proof in proofs} == {"solvency_8"}
    order = opened.order(merge([replace(p, amount_e4=-p.amount_e4) for p in states[0].positions], legs), 0, salt=3)
    buyer.trade(order, opened.sign(order), states[0], states[1], slices, proofs[0], proofs[1])
    buyer.poll()
    assert buyer.state(key("seller").address).positions == legs
    assert opened.conserved()
