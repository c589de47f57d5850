# SPDX-License-Identifier: Apache-2.0
"""The whole path in one run: quotes, proofs, accounts, crash, liquidation; what the chain says afterwards."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from rich.console import Console

from oracle.chain.accounts import AccountState
from oracle.chain.auctions import Auctions, RunningAuction
from oracle.chain.deploy import AuctionPlan
from oracle.cli.demo import Demo
from oracle.cli.world import INSURANCE_E6, World
from oracle.statements.statement import name_bytes32
from prover.artifacts import ArtifactStore
from prover.verify import verify
from tests.chain.market import ROOT

AUCTION = AuctionPlan()

MARKETS = ("BTC-USD", "ETH-USD")
EPOCHS, EXPIRIES = 4, 8
LEGS = {"BTC-USD": 4, "ETH-USD": 16}
MARGIN_SIZES = {"BTC-USD": 4, "ETH-USD": 16}
FRESH, LIQUIDATE_ONLY = 1, 2
NO_NEIGHBOUR, PROVEN = 0, 1
VOL_MOVED, CALENDARS = 7, slice(8, 10)
"""Places in what the oracle tells of a slice."""
NAMES = {
    "deploy RiskOracle",
    "register slice_32_16",
    "register slice_96_80",
    "register solvency_4",
    "register solvency_16",
    "register insolvency_4",
    "register insolvency_16",
    "submit slices",
    "deposit",
    "trade",
    "start and bid",
}
INSURED = {"BTC-USD": False, "ETH-USD": True}
"""Where the fall leaves the seller without equity, so that the insurance fund pays."""
Shown = tuple["Inspected", dict[str, Any], str]


@dataclass(frozen=True)
class Filled:
    """The event of a bid that went through."""

    account: str
    bidder: str
    fraction_e4: int
    equity_e6: int
    price_e6: int
    reward_e6: int


@dataclass(frozen=True)
class MarketFacts:
    """What the chain and the API said of one market before the chain went away."""

    seller: AccountState
    keeper: AccountState
    cash_e6: int
    insurance_e6: int
    held_e6: int
    auction: RunningAuction
    filled: Filled
    states: dict[int, int]
    stored: dict[int, Any]
    health: dict[str, Any]
    surface: dict[str, Any]
    proofs: list[dict[str, Any]]


class Inspected(Demo):
    """A demonstration that is looked at once it is done."""

    facts: dict[str, MarketFacts]
    ready: int

    def _result(self, world: World, url: str) -> dict[str, Any]:
        self.facts = {market: _look(world, url, market) for market in MARKETS}
        self.ready = httpx.get(f"{url}/ready").status_code
        return super()._result(world, url)


def _look(world: World, url: str, market: str) -> MarketFacts:
    desk = world.desks[market]
    traders = [desk.seller, desk.buyer, desk.keeper]
    for trader in traders:
        trader.poll()
    states = [trader.state(trader.client.address) for trader in traders]
    oracle = world.operator.contract("RiskOracle", desk.deployment.risk_oracle).functions
    token = world.operator.contract("DemoDollar", desk.deployment.collateral).functions
    served = f"{url}/v1/markets/{market}"
    surface = httpx.get(f"{served}/surface").json()
    name = name_bytes32("market", market)
    ((account, bidder, *amounts),) = (
        log["args"].values()
        for log in world.operator.logs(
            desk.seller.auction.events.AuctionFilled, desk.deployment.from_block, world.operator.head()
        )
    )
    return MarketFacts(
        filled=Filled(account, bidder, *amounts),
        seller=states[0],
        keeper=states[2],
        cash_e6=sum(state.cash_e6 for state in states),
        insurance_e6=desk.seller.engine.functions.fund().call()[0],
        held_e6=token.balanceOf(desk.deployment.margin_engine).call(),
        auction=Auctions(desk.seller).of(states[0].address),
        states={e["expiry"]: oracle.stateOf(name, e["expiry"]).call() for e in surface["expiries"]},
        stored={e["expiry"]: oracle.sliceOf(name, e["expiry"]).call() for e in surface["expiries"]},
        health=httpx.get(f"{served}/accounts/{states[0].address}/health").json(),
        surface=surface,
        proofs=httpx.get(f"{url}/v1/proofs", params={"market": market, "limit": 100}).json()["proofs"],
    )


@pytest.fixture(scope="module")
def demo(built: ArtifactStore) -> Shown:
    """The run, its result, and what the terminal showed."""
    console = Console(file=io.StringIO(), width=120)
    run = Inspected(ROOT, built, console)
    result = run.run(None, stay=False, api_port=0)
    assert isinstance(console.file, io.StringIO)
    return run, result, console.file.getvalue()


@pytest.fixture(params=MARKETS)
def market(request: pytest.FixtureRequest) -> str:
    """Each market of the run."""
    return str(request.param)


@pytest.fixture
def facts(demo: Shown, market: str) -> MarketFacts:
    """What chain and API said of the market at the end."""
    return demo[0].facts[market]


def test_the_result_file_is_complete(demo: Shown) -> None:
    _, result, _ = demo
    assert json.loads((ROOT / "build" / "demo.json").read_text()) == result
    assert set(result) == {"proofs", "transactions", "liquidation_latency_ms", "surface", "api_url", "liquidated"}
    assert result["liquidated"] is True
    assert 0 < result["liquidation_latency_ms"] < 60_000
    assert result["api_url"].startswith("http://127.0.0.1:")


def test_every_proof_is_in_the_result_with_size_and_times(demo: Shown, built: ArtifactStore) -> None:
    _, result, _ = demo
    counts = Counter(proof["statement"] for proof in result["proofs"])
    slices = sum(count for circuit, count in counts.items() if circuit.startswith("slice_"))
    assert 2 * len(MARKETS) * EXPIRIES <= slices <= EPOCHS * len(MARKETS) * EXPIRIES
    for kind, count in (("solvency", 3), ("insolvency", 1)):
        for size in MARGIN_SIZES.values():
            assert counts[f"{kind}_{size}"] == count
    for proof in result["proofs"]:
        assert set(proof) == {"statement", "constraints", "witness_ms", "prove_ms", "verify_ms", "size_bytes"}
        assert proof["constraints"] == built.circuit(proof["statement"]).manifest().n_constraints
        assert proof["size_bytes"] == 256
        assert min(proof["witness_ms"], proof["prove_ms"], proof["verify_ms"]) > 0


def test_every_proof_verifies_and_is_bound_to_its_data(demo: Shown, built: ArtifactStore) -> None:
    run, result, _ = demo
    assert len(run.proofs) == len(result["proofs"])
    for bundle in run.proofs:
        bundle.require_bound()
        verify(bundle.proof, built.circuit(bundle.statement.circuit_id).verification_key())


def test_every_transaction_is_in_the_result_with_its_gas(demo: Shown) -> None:
    _, result, _ = demo
    names = [transaction["name"] for transaction in result["transactions"]]
    assert set(names) >= NAMES
    assert 2 * len(MARKETS) <= names.count("submit slices") <= EPOCHS * len(MARKETS)
    assert names.count("trade") == names.count("start and bid") == len(MARKETS)
    assert all(21_000 < transaction["gas"] < 2**24 for transaction in result["transactions"])


def test_the_surfaces_fit_their_quotes(demo: Shown) -> None:
    _, result, _ = demo
    assert [surface["market"] for surface in result["surface"]] == list(MARKETS)
    for surface in result["surface"]:
        assert set(surface) == {"market", "expiries", "rmse_vol_points", "inside_share"}
        assert surface["expiries"] == EXPIRIES
        assert surface["rmse_vol_points"] < 0.5
        assert surface["inside_share"] > 0.9


def test_the_terminal_shows_proofs_transactions_and_the_liquidation(demo: Shown) -> None:
    _, result, shown = demo
    for text in ("insolvency_4", "insolvency_16", "start and bid", "Liquidation: ", *MARKETS, result["api_url"]):
        assert text in shown


def test_all_calendar_pairs_are_proven_on_the_chain(facts: MarketFacts) -> None:
    pairs = [tuple(stored[CALENDARS]) for stored in facts.stored.values()]
    inner = [(PROVEN, PROVEN)] * (EXPIRIES - 2)
    assert pairs == [(NO_NEIGHBOUR, PROVEN), *inner, (PROVEN, NO_NEIGHBOUR)]


def test_every_slice_is_fresh_but_those_whose_vol_the_crash_moved_past_its_limit(facts: MarketFacts) -> None:
    moved = [bool(stored[VOL_MOVED]) for stored in facts.stored.values()]
    assert list(facts.states.values()) == [LIQUIDATE_ONLY if past else FRESH for past in moved]


def test_a_seller_with_equity_keeps_what_the_buffer_leaves_and_one_without_loses_all(
    facts: MarketFacts, market: str
) -> None:
    assert facts.seller.nonce == 2
    whole = facts.filled.fraction_e4 == 10_000
    assert whole == INSURED[market]
    assert (facts.seller.positions == ()) == whole
    assert facts.seller.locked != whole
    assert len(facts.keeper.positions) == LEGS[market]


def test_the_price_of_the_timed_liquidation_is_the_auctions(demo: Shown) -> None:
    run, _, _ = demo
    assert run.liquidation is not None
    done = run.liquidation
    (facts,) = [found for found in run.facts.values() if found.seller.address == done.account]
    assert facts.filled.price_e6 == done.price_e6
    assert done.solvency is not None
    assert facts.keeper.cash_e6 >= done.solvency.required_cash_e6


def test_the_seller_pays_the_bidder_for_taking_shorts_and_the_fund_what_is_missing(
    facts: MarketFacts, market: str
) -> None:
    filled = facts.filled
    assert (filled.account, filled.bidder) == (facts.seller.address, facts.keeper.address)
    assert AUCTION.reward_fixed_e6 <= filled.reward_e6 <= AUCTION.reward_cap_e6
    assert filled.price_e6 < 0
    if INSURED[market]:
        assert filled.equity_e6 < 0
        assert facts.seller.cash_e6 == 0
    else:
        assert filled.equity_e6 > 0
        assert facts.seller.cash_e6 > 0


def test_the_engine_holds_exactly_all_cash_and_the_insurance_fund(facts: MarketFacts, market: str) -> None:
    assert facts.held_e6 == facts.cash_e6 + facts.insurance_e6
    missing_e6 = facts.filled.reward_e6 - facts.filled.equity_e6 if INSURED[market] else 0
    bonus_e6 = INSURANCE_E6 - missing_e6 - facts.insurance_e6
    assert 0 <= bonus_e6 <= (AUCTION.bonus_cap_e6 if INSURED[market] else 0)


def test_the_auction_is_over_once_nothing_is_left_to_sell(facts: MarketFacts, market: str) -> None:
    assert (facts.auction.clock_start == 0) == INSURED[market]


def test_the_api_of_the_run_served_surface_health_and_proofs(demo: Shown, facts: MarketFacts, market: str) -> None:
    run, _, _ = demo
    assert run.ready == 200
    assert facts.surface["epoch"] == run.epochs[market].report.epoch
    assert len(facts.surface["expiries"]) == EXPIRIES
    assert facts.health["cash_e6"] == facts.seller.cash_e6
    assert facts.health["insolvent"] is False
    kinds = Counter(proof["circuit"] for proof in facts.proofs)
    size = MARGIN_SIZES[market]
    assert (kinds[f"solvency_{size}"], kinds[f"insolvency_{size}"]) == (2, 1)
    served = {proof["id"] for proof in facts.proofs}
    assert {expiry["proof_id"] for expiry in facts.surface["expiries"]} <= served
