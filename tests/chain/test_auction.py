# SPDX-License-Identifier: Apache-2.0
"""Liquidations on a real chain with real proofs: what starts, what ends, and what is refused by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracle.bots.margin import slots_for
from oracle.chain.accounts import AccountState, MarginAccounts, MarginProof, slices_tuple
from oracle.model.account import margin_positions, merge
from oracle.model.insolvency import required_cash_e6 as insolvency_bound
from oracle.model.solvency import required_cash_e6
from oracle.statements.insolvency import insolvency_statement
from oracle.statements.solvency import circuit_id, solvency_statement
from prover.errors import ConstraintViolated
from prover.proof import Proof
from tests.chain.market import KEEPER_REWARD_E6, Market, key


def _start(market: Market, changed: MarginProof | None = None) -> tuple[AccountState, MarginAccounts]:
    """Starts the seller's auction as the keeper."""
    state, proof, row = market.insolvency()
    keeper = market.accounts("keeper")
    keeper.start_auction(state, market.slices(), row, proof if changed is None else changed)
    return keeper.state(state.address), keeper


def _bid(market: Market, state: AccountState, bidder: str, part: int = 1) -> int:
    """A bid limited to the quoted price or a part of it; returns the price paid."""
    accounts, slices = market.accounts(bidder), market.slices()
    own = accounts.state(key(bidder).address)
    resulting = merge(own.positions, state.positions)
    proof = market.margin(bidder).solvency(own.address, own.nonce + 1, resulting, slices)
    _, price, _ = accounts.quote(state, slices)
    return accounts.bid(state, own, slices, proof, price // part)


def _end(market: Market, state: AccountState, caller: str = "stranger") -> None:
    """Ends the auction with a proof at maintenance margin."""
    accounts, slices = market.accounts("seller"), market.slices()
    published = {expiry: stored.published for expiry, stored in slices.items()}
    rows = margin_positions(state.positions, published, accounts.grid, upper=True)
    bound = required_cash_e6(rows, accounts.grid, accounts.maintenance)
    slots = slots_for(len(state.positions))
    domain = accounts.domain(circuit_id(slots), state.address, state.nonce)
    statement = solvency_statement(slots, rows, accounts.grid, accounts.maintenance, domain, bound)
    proof = MarginProof(statement, bound, market.prover.prove(statement.circuit_id, statement.circuit_inputs()))
    words = slices_tuple(slices, state.positions)
    call = market.auction.functions.end(state.address, state.as_tuple(slices), words, proof.as_tuple())
    market.client(caller).send("end auction", call)


def _auction_of(market: Market, name: str = "seller") -> tuple[str, int, bool]:
    starter, clock_start, insured = market.auction.functions.auctionOf(key(name).address).call()
    return str(starter), int(clock_start), bool(insured)


def test_a_liquidation_moves_positions_and_cash_and_conserves_the_money(crashed: Market) -> None:
    before = crashed.cash("seller", "keeper")
    state, _ = _start(crashed)
    assert state.locked
    starter, clock_start, insured = _auction_of(crashed)
    assert starter == key("keeper").address
    assert clock_start > 0
    assert insured
    price = _bid(crashed, state, "keeper")
    assert price > KEEPER_REWARD_E6
    keeper = crashed.accounts("keeper")
    assert keeper.state(key("seller").address).positions == ()
    assert keeper.state(key("keeper").address).positions == state.positions
    assert crashed.cash("seller", "keeper") == [price - KEEPER_REWARD_E6, sum(before) - price + KEEPER_REWARD_E6]
    assert _auction_of(crashed)[1] == 0
    assert not keeper.state(key("seller").address).locked
    assert crashed.conserved()


def test_an_insolvency_of_a_solvent_account_is_not_insolvent(opened: Market) -> None:
    with opened.refused("NotInsolvent"):
        _start(opened)


def test_a_bound_above_the_proven_one_is_an_invalid_insolvency_proof(opened: Market) -> None:
    state, proof, _ = opened.insolvency()
    with opened.refused("InvalidInsolvencyProof"):
        _start(opened, replace(proof, required_cash_e6=state.cash_e6 + 1))


def test_a_solvent_account_has_no_insolvency_proof_above_its_cash(opened: Market) -> None:
    state, _, row = opened.insolvency()
    accounts = opened.accounts("keeper")
    published = {expiry: stored.published for expiry, stored in opened.slices().items()}
    rows = margin_positions(state.positions, published, accounts.grid, upper=False)
    assert insolvency_bound(rows, accounts.grid, row, accounts.maintenance) <= state.cash_e6
    domain = accounts.domain("insolvency_4", state.address, state.nonce)
    forged = insolvency_statement(
        slots_for(len(rows)), rows, accounts.grid, row, accounts.maintenance, domain, state.cash_e6 + 1_000_000
    )
    with opened.unchanged(), pytest.raises(ConstraintViolated):
        opened.prover.prove(forged.circuit_id, forged.circuit_inputs())


@pytest.mark.parametrize("word", range(8))
def test_an_insolvency_proof_with_one_byte_changed_is_invalid(crashed: Market, word: int) -> None:
    _, proof, _ = crashed.insolvency()
    words = list(proof.proof.to_calldata())
    words[word] ^= 0x01
    with crashed.refused("InvalidInsolvencyProof"):
        _start(crashed, replace(proof, proof=Proof.from_calldata("insolvency_4", words, proof.proof.publics)))


def test_a_proof_of_another_row_is_an_invalid_insolvency_proof(crashed: Market) -> None:
    _, proof, row = crashed.insolvency()
    state, slices = crashed.insolvency()[0], crashed.slices()
    grid = crashed.accounts("keeper").grid
    other = next(i for i, scenario in enumerate(grid.scenarios) if scenario != grid.scenarios[row])
    with crashed.refused("InvalidInsolvencyProof"):
        crashed.accounts("keeper").start_auction(state, slices, other, proof)


def test_a_row_outside_the_grid_is_out_of_range(crashed: Market) -> None:
    state, proof, _ = crashed.insolvency()
    with crashed.refused("RowOutOfRange"):
        crashed.accounts("keeper").start_auction(state, crashed.slices(), 36, proof)


def test_a_solvency_proof_starts_no_auction(crashed: Market) -> None:
    state, _, row = crashed.insolvency()
    margin = crashed.margin("keeper")
    solvency = margin.solvency(state.address, state.nonce, state.positions, crashed.slices())
    assert solvency.required_cash_e6 > state.cash_e6
    with crashed.refused("UnsupportedCircuit"):
        margin.accounts.start_auction(state, crashed.slices(), row, solvency)


def test_an_auction_starts_once(crashed: Market) -> None:
    _start(crashed)
    with crashed.refused("AuctionRunning"):
        _start(crashed)


def test_an_account_without_positions_has_nothing_to_liquidate(crashed: Market) -> None:
    _, proof, row = crashed.insolvency()
    keeper = crashed.accounts("keeper")
    with crashed.refused("NothingToLiquidate"):
        keeper.start_auction(keeper.state(key("keeper").address), {}, row, proof)


def test_an_account_under_auction_is_locked(crashed: Market) -> None:
    state, _ = _start(crashed)
    margin = crashed.margin("seller")
    proof = margin.solvency(state.address, state.nonce, state.positions, crashed.slices())
    with crashed.refused("AccountLocked"):
        margin.accounts.withdraw(1, state, crashed.slices(), proof)


def test_a_bid_above_the_limit_is_refused(crashed: Market) -> None:
    state, _ = _start(crashed)
    with crashed.refused("PriceAboveLimit"):
        _bid(crashed, state, "keeper", part=2)
    assert _auction_of(crashed)[1] > 0


def test_the_owner_cannot_bid_for_his_own_account(crashed: Market) -> None:
    state, _ = _start(crashed)
    seller = crashed.accounts("seller")
    _, proof, _ = crashed.insolvency()
    with crashed.refused("SelfBid"):
        seller.bid(state, state, crashed.slices(), proof, 10**12)


def test_a_bidder_who_cannot_carry_the_account_is_refused(crashed: Market) -> None:
    state, _ = _start(crashed)
    with crashed.refused("InsufficientMargin"):
        _bid(crashed, state, "operator")


def test_a_bid_without_an_auction_is_refused(crashed: Market) -> None:
    state, proof, _ = crashed.insolvency()
    keeper = crashed.accounts("keeper")
    own = keeper.state(key("keeper").address)
    with crashed.refused("NoAuction"):
        keeper.bid(state, own, crashed.slices(), proof, 10**12)


def test_an_account_that_is_still_short_does_not_end_its_auction(crashed: Market) -> None:
    state, _ = _start(crashed)
    with crashed.refused("InsufficientMargin"):
        _end(crashed, state)


def test_a_deposit_and_a_maintenance_proof_end_the_auction(crashed: Market) -> None:
    state, _ = _start(crashed)
    crashed.accounts("seller").deposit(10**12)
    _end(crashed, state)
    after = crashed.accounts("seller").state(state.address)
    assert not after.locked
    assert after.positions == state.positions
    assert _auction_of(crashed)[1] == 0
    with crashed.refused("NoAuction"):
        _end(crashed, state)
    with crashed.refused("NotInsolvent"):
        _start(crashed)
    assert crashed.conserved()
