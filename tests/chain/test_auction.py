# SPDX-License-Identifier: Apache-2.0
"""Liquidations on a real chain with real proofs: what starts, what ends, and what is refused by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracle.bots.bidding import BidPlan, Offer, plan_bid
from oracle.bots.margin import slots_for
from oracle.chain.accounts import AccountState, MarginProof
from oracle.chain.auctions import Auctions, Bid, RunningAuction
from oracle.chain.deploy import AuctionPlan
from oracle.errors import ChainError
from oracle.model.account import margin_positions, merge
from oracle.model.insolvency import required_cash_e6 as insolvency_bound
from oracle.statements.insolvency import insolvency_statement
from prover.errors import ConstraintViolated
from prover.proof import Proof
from tests.chain.market import Market, key


def _start(market: Market, changed: MarginProof | None = None) -> tuple[AccountState, Auctions]:
    """Starts the seller's auction as the keeper."""
    state, proof, row = market.insolvency()
    keeper = Auctions(market.accounts("keeper"))
    keeper.start(state, market.slices(), row, proof if changed is None else changed)
    return keeper.accounts.state(state.address), keeper


def _plan(market: Market, state: AccountState, bidder: str = "keeper") -> BidPlan:
    """The largest bid at the clock's start."""
    margin, slices = market.margin(bidder), market.slices()
    own, auctions = margin.accounts.state(key(bidder).address), Auctions(margin.accounts)
    row = margin.health(state, slices).worst_row
    return plan_bid(
        margin, own, Offer(state, state.cash_e6, row, auctions.moment(0)), slices, auctions.settings.buffer_e2
    )


def _bid(market: Market, state: AccountState, plan: BidPlan, bidder: str = "keeper") -> int:
    """Sends a planned bid; returns the price paid."""
    margin, slices = market.margin(bidder), market.slices()
    own = margin.accounts.state(key(bidder).address)
    proof = margin.solvency(own.address, own.nonce + 1, plan.resulting, slices)
    return Auctions(margin.accounts).bid(state, own, slices, plan.bid, proof)


def _end(market: Market, state: AccountState, caller: str = "stranger") -> None:
    """Ends the auction with a proof at maintenance margin."""
    margin, slices = market.margin(caller), market.slices()
    proof = margin.solvency(state.address, state.nonce, state.positions, slices, margin.accounts.maintenance)
    Auctions(margin.accounts).end(state, slices, proof)


def _auction_of(market: Market, name: str = "seller") -> RunningAuction:
    return Auctions(market.accounts("operator")).of(key(name).address)


def test_a_bid_moves_a_part_of_the_positions_and_conserves_the_money(crashed: Market) -> None:
    before = crashed.cash("seller", "keeper")
    state, auctions = _start(crashed)
    assert state.locked
    running = _auction_of(crashed)
    assert running.starter == key("keeper").address
    assert running.clock_start > 0
    assert running.insured
    assert running.reward_e6 >= AuctionPlan().reward_fixed_e6
    plan = _plan(crashed, state)
    quoted = auctions.quote(state, crashed.slices(), plan.bid)
    price = _bid(crashed, state, plan)
    assert price <= plan.bid.max_price_e6
    assert quoted.fraction_e4 == plan.bid.fraction_e4 < 10_000
    keeper = crashed.accounts("keeper")
    after = keeper.state(key("seller").address)
    assert keeper.state(key("keeper").address).positions == plan.resulting
    assert merge(after.positions, plan.resulting) == state.positions
    assert crashed.cash("seller", "keeper") == [
        before[0] + price - running.reward_e6,
        before[1] - price + running.reward_e6,
    ]
    assert after.locked
    assert crashed.conserved()


def test_bids_stop_at_maintenance_plus_the_buffer(crashed: Market) -> None:
    state, auctions = _start(crashed)
    plan = _plan(crashed, state)
    more = replace(plan.bid, fraction_e4=plan.bid.fraction_e4 + 500)
    with pytest.raises(ChainError, match=r"quote: BidTooLarge\("):
        auctions.quote(state, crashed.slices(), more)
    _bid(crashed, state, plan)
    margin, slices = crashed.margin("keeper"), crashed.slices()
    left = margin.accounts.state(state.address)
    buffered = replace(
        margin.accounts.maintenance, factor_e2=margin.accounts.maintenance.factor_e2 + auctions.settings.buffer_e2
    )
    bound = margin.short_below_e6(left.positions, slices, plan.bid.row, buffered)
    assert left.cash_e6 <= bound


def test_one_transaction_starts_and_bids(crashed: Market) -> None:
    state, insolvency, _ = crashed.insolvency()
    plan, margin, slices = _plan(crashed, state), crashed.margin("keeper"), crashed.slices()
    own = margin.accounts.state(key("keeper").address)
    proof = margin.solvency(own.address, own.nonce + 1, plan.resulting, slices)
    Auctions(margin.accounts).bid(state, own, slices, plan.bid, proof, insolvency)
    margin.accounts.poll()
    assert margin.accounts.state(own.address).positions == plan.resulting
    assert _auction_of(crashed).clock_start > 0
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
        Auctions(crashed.accounts("keeper")).start(state, slices, other, proof)


def test_a_row_outside_the_grid_is_out_of_range(crashed: Market) -> None:
    state, proof, _ = crashed.insolvency()
    with crashed.refused("RowOutOfRange"):
        Auctions(crashed.accounts("keeper")).start(state, crashed.slices(), 36, proof)


def test_a_solvency_proof_starts_no_auction(crashed: Market) -> None:
    state, _, row = crashed.insolvency()
    margin = crashed.margin("keeper")
    solvency = margin.solvency(state.address, state.nonce, state.positions, crashed.slices())
    assert solvency.required_cash_e6 > state.cash_e6
    with crashed.refused("UnsupportedCircuit"):
        Auctions(margin.accounts).start(state, crashed.slices(), row, solvency)


def test_an_auction_starts_once(crashed: Market) -> None:
    _start(crashed)
    with crashed.refused("AuctionRunning"):
        _start(crashed)


def test_an_account_without_positions_has_nothing_to_liquidate(crashed: Market) -> None:
    _, proof, row = crashed.insolvency()
    keeper = crashed.accounts("keeper")
    with crashed.refused("NothingToLiquidate"):
        Auctions(keeper).start(keeper.state(key("keeper").address), {}, row, proof)


def test_an_account_under_auction_is_locked(crashed: Market) -> None:
    state, _ = _start(crashed)
    margin = crashed.margin("seller")
    proof = margin.solvency(state.address, state.nonce, state.positions, crashed.slices())
    with crashed.refused("AccountLocked"):
        margin.accounts.withdraw(1, state, crashed.slices(), proof)


def test_a_bid_above_the_limit_is_refused(crashed: Market) -> None:
    state, _ = _start(crashed)
    plan = _plan(crashed, state)
    low = replace(plan, bid=replace(plan.bid, max_price_e6=plan.bid.max_price_e6 - 10**12))
    with crashed.refused("PriceAboveLimit"):
        _bid(crashed, state, low)
    assert _auction_of(crashed).clock_start > 0


def test_the_owner_cannot_bid_for_his_own_account(crashed: Market) -> None:
    state, _ = _start(crashed)
    _, proof, _ = crashed.insolvency()
    with crashed.refused("SelfBid"):
        Auctions(crashed.accounts("seller")).bid(state, state, crashed.slices(), Bid(1_000, 0, 10**12), proof)


def test_a_bidder_who_cannot_carry_the_part_is_refused(crashed: Market) -> None:
    state, _ = _start(crashed)
    plan = _plan(crashed, state)
    with crashed.refused("InsufficientMargin"):
        _bid(crashed, state, plan, "operator")


def test_a_second_bid_on_the_state_before_the_first_is_refused(crashed: Market) -> None:
    state, _ = _start(crashed)
    plan = _plan(crashed, state)
    _bid(crashed, state, plan)
    with crashed.refused("AccountStateMismatch"):
        _bid(crashed, state, plan)


def test_a_bid_without_an_auction_is_refused(crashed: Market) -> None:
    state, proof, _ = crashed.insolvency()
    keeper = crashed.accounts("keeper")
    own = keeper.state(key("keeper").address)
    with crashed.refused("NoAuction"):
        Auctions(keeper).bid(state, own, crashed.slices(), Bid(1_000, 0, 10**12), proof)


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
    assert _auction_of(crashed).clock_start == 0
    with crashed.refused("NoAuction"):
        _end(crashed, state)
    with crashed.refused("NotInsolvent"):
        _start(crashed)
    assert crashed.conserved()
