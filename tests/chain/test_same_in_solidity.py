# SPDX-License-Identifier: Apache-2.0
"""Python = Solidity: digests, hashes, logarithms and data vectors, each computed by both on the same values."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from oracle.bots.margin import MarginProver
from oracle.chain.accounts import Order
from oracle.chain.auctions import Auctions, Bid
from oracle.chain.report import ExpiryReport, Report
from oracle.chain.slices import folded
from oracle.model.account import Position, equity_e6, margin_positions, merge
from oracle.model.auction import largest_fraction_e4
from oracle.model.logarithm import ln_q48
from oracle.node.epoch import ProvenEpoch
from oracle.node.markets import BTC_USD
from oracle.statements.layout import SliceHeader, SliceListing, SliceLogarithms
from oracle.statements.slice import HEADER
from oracle.statements.statement import name_bytes32
from tests.chain.market import Market, key

MARKET = name_bytes32("market", BTC_USD.name)
STRIKE_LIMIT = 1 << 24
MOST_LEGS = 4


def _report(seed: int) -> Report:
    rng = random.Random(seed)
    expiries = tuple(
        ExpiryReport(
            rng.getrandbits(64), rng.getrandbits(64), rng.getrandbits(32), rng.randbytes(32), rng.getrandbits(256)
        )
        for _ in range(rng.randrange(5))
    )
    return Report(
        market="ETH-USD",
        epoch=rng.getrandbits(64),
        attempt=rng.getrandbits(16),
        observed_at_ms=rng.getrandbits(64),
        set_version=rng.getrandbits(32),
        venue_mask=rng.getrandbits(32),
        absent_venues=rng.getrandbits(32),
        rejected_count=rng.getrandbits(32),
        confidence_e4=rng.getrandbits(16),
        config_hash=rng.randbytes(32),
        snapshot_root=rng.randbytes(32),
        spot_e2=rng.getrandbits(64),
        cumulative_spot_e2_ms=rng.getrandbits(128),
        perpetual_mark_e2=rng.getrandbits(64),
        perpetual_index_e2=rng.getrandbits(64),
        expiries=expiries,
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_digest_of_a_report_is_the_contracts(listed: Market, seed: int) -> None:
    report = _report(seed)
    assert report.digest() == bytes(listed.publisher_set.functions.reportDigest(report.as_tuple()).call())


def test_the_digest_of_a_report_names_no_chain_and_no_contract(listed: Market, calm: ProvenEpoch) -> None:
    other = listed.client("operator").deploy("PublisherSet", key("operator").address, [key("stranger").address], 1)
    contract = listed.client("operator").contract("PublisherSet", other)
    assert calm.report.digest() == bytes(contract.functions.reportDigest(calm.report.as_tuple()).call())


@pytest.mark.parametrize("seed", range(5))
def test_the_hash_of_an_order_is_the_contracts_and_the_maker_signs_it(listed: Market, seed: int) -> None:
    rng = random.Random(seed)
    legs = tuple(
        Position(rng.getrandbits(64), rng.randrange(1, STRIKE_LIMIT), rng.random() < 0.5, rng.randrange(1, 1 << 28) * s)
        for s in rng.choices([1, -1], k=rng.randrange(5))
    )
    cash = rng.getrandbits(64) - (1 << 63)
    taker = Account.create().address
    order = Order(
        key("seller").address, taker, legs, cash, rng.getrandbits(64), rng.getrandbits(64), rng.getrandbits(32), 7
    )
    hashed = bytes(listed.engine.functions.orderHash(order.as_tuple()).call())
    signature = listed.sign(order)
    assert Account._recover_hash(hashed, signature=signature) == key("seller").address
    changed = replace(order, salt=order.salt ^ 1)
    assert bytes(listed.engine.functions.orderHash(changed.as_tuple()).call()) != hashed


def test_the_grid_id_is_the_contracts(listed: Market) -> None:
    accounts = listed.accounts("keeper")
    params, stored_id = accounts.rules.functions.paramsOf(0).call()
    grid_id = bytes(stored_id)
    assert accounts.grid.grid_id() == grid_id
    rule = accounts.grid.vol_rule
    for name in vars(rule):
        changed = replace(accounts.grid, vol_rule=replace(rule, **{name: getattr(rule, name) + 1}))
        assert changed.grid_id() != grid_id
    words, stored_rule, *_ = params
    assert list(words) == accounts.grid.words()
    assert tuple(stored_rule) == rule.as_tuple()


@pytest.mark.parametrize("seed", range(6))
def test_logarithms_and_elements_of_a_listing_are_the_contracts(listed: Market, seed: int) -> None:
    rng = random.Random(seed)
    edges = [1, 2, STRIKE_LIMIT - 1]
    wanted = sorted({*edges, *(rng.randrange(1, 1 << rng.randrange(2, 25)) for _ in range(90))})[: rng.randrange(1, 81)]
    operator = listed.client("operator")
    registry = operator.contract("ListingRegistry", listed.deployment.listing_registry)
    listed.govern(registry, "addListing", MARKET, 1_900_000_000, 100, wanted)
    *_, added = registry.events.ListingAdded.get_logs(from_block=operator.head())
    code = operator.code(added["args"]["elements"])
    listing, logarithms = [SliceListing(k) for k in wanted], [SliceLogarithms(ln_q48(k << 16)) for k in wanted]
    elements = [*SliceListing.pack_all(listing), *SliceLogarithms.pack_all(logarithms)]
    assert code == b"\0" + b"".join(element.to_bytes(32, "big") for element in elements)
    stored = registry.functions.listingOf(MARKET, 1_900_000_000).call()
    assert stored == (added["args"]["elements"], 100, len(wanted))


def test_the_logarithm_of_the_forward_in_a_landed_slice_is_pythons(opened: Market) -> None:
    for stored in opened.slices().values():
        header = SliceHeader.unpack(stored.words[HEADER])
        assert header.ln_forward_q48 == ln_q48(header.forward_q16)


def test_a_landed_slice_says_what_the_model_said(opened: Market, calm: ProvenEpoch) -> None:
    for witness in calm.fitted.witnesses:
        stored = opened.slices()[witness.expiry]
        observed_at = calm.fitted.snapshot.observed_at_ms // 1000
        assert stored.published == witness.published(observed_at)
        for value in witness.values.strikes:
            assert stored.published.strikes[value.strike_ticks].total_vol_q32 == value.total_vol_q32
        (facts,) = opened.oracle.functions.sliceFacts(MARKET, [witness.expiry]).call()
        _, rest_hash, header, results = stored.margin
        runs = [b"".join(word.to_bytes(32, "big") for word in results[i : i + 4]) for i in range(0, len(results), 4)]
        assert facts[0] == keccak(rest_hash + header.to_bytes(32, "big") + b"".join(map(keccak, runs)))
        assert folded(stored.margin, ())[3] == [int.from_bytes(keccak(run), "big") for run in runs]
        assert facts[2] == observed_at


def _book(rng: random.Random, market: Market) -> tuple[Position, ...]:
    """Up to four options of any kind on listed strikes, small against the buyer's and seller's cash."""
    legs = []
    for _ in range(rng.randrange(1, MOST_LEGS + 1)):
        expiry, stored = rng.choice(sorted(market.slices().items()))
        strike = rng.choice(sorted(stored.published.strikes))
        legs.append(Position(expiry, strike, rng.random() < 0.5, rng.choice([1, -1]) * rng.randrange(1, 30_000)))
    return merge(legs)


@pytest.mark.parametrize("seed", [1, 4])
def test_a_trade_of_any_book_is_accepted_so_the_data_vectors_are_equal(opened: Market, seed: int) -> None:
    """The contract builds d from its own storage; a proof holds only for that d."""
    rng, slices = random.Random(seed), opened.slices()
    legs = _book(rng, opened)
    states, proofs = [], []
    for name, sign in (("seller", 1), ("buyer", -1)):
        accounts = opened.accounts(name)
        accounts.deposit(3 * 10**12)
        state = accounts.state(key(name).address)
        states.append(state)
        closing = [replace(p, amount_e4=-p.amount_e4) for p in state.positions]
        resulting = merge(state.positions, closing, [replace(p, amount_e4=sign * p.amount_e4) for p in legs])
        margin = MarginProver(accounts, opened.prover)
        proofs.append(margin.solvency(state.address, 2, resulting, slices))
    closing_legs = merge([replace(p, amount_e4=-p.amount_e4) for p in states[0].positions], legs)
    order = opened.order(closing_legs, 0, salt=9)
    buyer = opened.accounts("buyer")
    buyer.trade(order, opened.sign(order), states[0], states[1], slices, proofs[0], proofs[1])
    buyer.poll()
    assert buyer.state(key("seller").address).positions == legs
    assert opened.conserved()


def test_a_proof_of_other_words_has_another_digest_and_is_refused(opened: Market) -> None:
    margin = opened.margin("seller")
    state = margin.accounts.state(key("seller").address)
    honest = margin.solvency(state.address, 1, state.positions, opened.slices())
    first = replace(state.positions[0], amount_e4=state.positions[0].amount_e4 + 1)
    other = margin.solvency(state.address, 1, (first, *state.positions[1:]), opened.slices())
    assert other.statement.digest != honest.statement.digest
    with opened.refused("InvalidMarginProofs"):
        margin.accounts.withdraw(1, state, opened.slices(), other)
    with opened.refused("InvalidMarginProofs"):
        margin.accounts.withdraw(1, state, opened.slices(), replace(other, statement=honest.statement))
    margin.accounts.withdraw(1, state, opened.slices(), honest)


def test_the_equity_of_an_auction_is_pythons(crashed: Market) -> None:
    state, proof, row = crashed.insolvency()
    keeper, slices = crashed.accounts("keeper"), crashed.slices()
    auctions = Auctions(keeper)
    auctions.start(state, slices, row, proof)
    published = {expiry: stored.published for expiry, stored in slices.items()}
    buffer = replace(keeper.maintenance, factor_e2=keeper.maintenance.factor_e2 + auctions.settings.buffer_e2)
    bound = crashed.margin("keeper").short_below_e6(state.positions, slices, row, buffer)
    worth = equity_e6(state.cash_e6, state.positions, published, keeper.grid)
    largest = largest_fraction_e4(bound, state.cash_e6, worth, auctions.moment(0))
    quote = auctions.quote(state, slices, Bid(largest, row, 0))
    equity = quote.equity_e6
    assert quote.bound_e6 == bound
    assert equity == equity_e6(state.cash_e6, state.positions, published, keeper.grid)
    values = [p.value for p in margin_positions(state.positions, published, keeper.grid, upper=False)]
    assert equity - state.cash_e6 == sum(values)
