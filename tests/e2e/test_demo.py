# SPDX-License-Identifier: Apache-2.0
"""The whole path in one run: quotes, proofs, accounts, crash, liquidation; what the chain says afterwards."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from rich.console import Console

from oracle.chain.accounts import MarginAccounts
from oracle.cli.demo import Demo
from oracle.cli.world import INSURANCE_E6, KEEPER_REWARD_E6, World
from prover.artifacts import ArtifactStore
from prover.verify import verify
from tests.chain.market import ROOT

EPOCHS, EXPIRIES = 4, 2
NAMES = {
    "deploy RiskOracle",
    "register slice_32_16",
    "register solvency_4",
    "register insolvency_4",
    "submit slices",
    "deposit",
    "trade",
    "start auction",
    "bid",
}


@dataclass(frozen=True)
class Facts:
    """What the chain and the API said before the chain went away."""

    seller: Any
    keeper: Any
    cash_e6: int
    insurance_e6: int
    held_e6: int
    auction: tuple[str, int]
    account_health: dict[str, Any]
    ready: int
    surface: dict[str, Any]
    proofs: list[dict[str, Any]]


class Inspected(Demo):
    """A demonstration that is looked at once it is done."""

    facts: Facts

    def _result(self, world: World, url: str) -> dict[str, Any]:
        traders: list[MarginAccounts] = [world.seller, world.buyer, world.keeper]
        for trader in traders:
            trader.poll()
        states = [trader.state(trader.client.address) for trader in traders]
        engine = traders[0].engine.functions
        token = world.operator.contract("DemoDollar", world.deployment.collateral).functions
        seller = states[0].address
        self.facts = Facts(
            seller=states[0],
            keeper=states[2],
            cash_e6=sum(state.cash_e6 for state in states),
            insurance_e6=engine.insuranceE6().call(),
            held_e6=token.balanceOf(world.deployment.margin_engine).call(),
            auction=tuple(traders[0].auction.functions.auctionOf(seller).call()),
            account_health=httpx.get(f"{url}/v1/accounts/{seller}/health").json(),
            ready=httpx.get(f"{url}/ready").status_code,
            surface=httpx.get(f"{url}/v1/markets/BTC-USD/surface").json(),
            proofs=httpx.get(f"{url}/v1/proofs").json(),
        )
        return super()._result(world, url)


@pytest.fixture(scope="module")
def demo(built: ArtifactStore) -> tuple[Inspected, dict[str, Any], str]:
    """The run, its result, and what the terminal showed."""
    console = Console(file=io.StringIO(), width=120)
    run = Inspected(ROOT, built, console)
    result = run.run(stay=False, api_port=0)
    assert isinstance(console.file, io.StringIO)
    return run, result, console.file.getvalue()


@pytest.fixture(scope="module")
def facts(demo: tuple[Inspected, dict[str, Any], str]) -> Facts:
    """What chain and API said at the end."""
    return demo[0].facts


def test_the_result_file_is_complete(demo: tuple[Inspected, dict[str, Any], str]) -> None:
    _, result, _ = demo
    assert json.loads((ROOT / "build" / "demo.json").read_text()) == result
    assert set(result) == {"proofs", "transactions", "liquidation_latency_ms", "surface", "api_url", "liquidated"}
    assert result["liquidated"] is True
    assert 0 < result["liquidation_latency_ms"] < 60_000
    assert result["api_url"].startswith("http://127.0.0.1:")


def test_every_proof_is_in_the_result_with_size_and_times(
    demo: tuple[Inspected, dict[str, Any], str], built: ArtifactStore
) -> None:
    _, result, _ = demo
    statements = [proof["statement"] for proof in result["proofs"]]
    assert statements.count("slice_32_16") == EPOCHS * EXPIRIES
    assert (statements.count("solvency_4"), statements.count("insolvency_4")) == (3, 1)
    for proof in result["proofs"]:
        assert set(proof) == {"statement", "constraints", "witness_ms", "prove_ms", "verify_ms", "size_bytes"}
        assert proof["constraints"] == built.circuit(proof["statement"]).manifest().n_constraints
        assert proof["size_bytes"] == 256
        assert min(proof["witness_ms"], proof["prove_ms"], proof["verify_ms"]) > 0


def test_every_proof_verifies_and_is_bound_to_its_data(
    demo: tuple[Inspected, dict[str, Any], str], built: ArtifactStore
) -> None:
    run, result, _ = demo
    assert len(run.proofs) == len(result["proofs"])
    for bundle in run.proofs:
        bundle.require_bound()
        verify(bundle.proof, built.circuit(bundle.statement.circuit_id).verification_key())


def test_every_transaction_is_in_the_result_with_its_gas(demo: tuple[Inspected, dict[str, Any], str]) -> None:
    _, result, _ = demo
    names = [transaction["name"] for transaction in result["transactions"]]
    assert set(names) >= NAMES
    assert names.count("submit slices") == EPOCHS
    assert names.count("trade") == names.count("start auction") == names.count("bid") == 1
    assert all(21_000 < transaction["gas"] < 2**24 for transaction in result["transactions"])


def test_the_surface_fits_its_quotes(demo: tuple[Inspected, dict[str, Any], str]) -> None:
    _, result, _ = demo
    (surface,) = result["surface"]
    assert set(surface) == {"market", "expiries", "rmse_vol_points", "inside_share"}
    assert (surface["market"], surface["expiries"]) == ("BTC-USD", EXPIRIES)
    assert surface["rmse_vol_points"] < 0.5
    assert surface["inside_share"] > 0.9


def test_the_terminal_shows_proofs_transactions_and_the_liquidation(
    demo: tuple[Inspected, dict[str, Any], str],
) -> None:
    _, result, shown = demo
    for text in ("insolvency_4", "start auction", "bid", "Liquidation: ", result["api_url"]):
        assert text in shown


def test_the_sellers_account_is_empty_and_the_keeper_holds_its_positions(
    demo: tuple[Inspected, dict[str, Any], str], facts: Facts
) -> None:
    run, _, _ = demo
    assert run.liquidation is not None
    assert facts.seller.positions == ()
    assert facts.seller.nonce == 2
    assert not facts.seller.locked
    assert len(facts.keeper.positions) == 4
    assert facts.seller.cash_e6 == run.liquidation.price_e6 - KEEPER_REWARD_E6
    assert facts.keeper.cash_e6 >= run.liquidation.solvency.required_cash_e6


def test_the_engine_holds_exactly_all_cash_and_the_insurance_fund(facts: Facts) -> None:
    assert facts.held_e6 == facts.cash_e6 + facts.insurance_e6
    assert facts.insurance_e6 == INSURANCE_E6


def test_the_auction_is_gone(facts: Facts) -> None:
    assert facts.auction == ("0x" + "00" * 20, 0)


def test_the_api_of_the_run_served_surface_health_and_proofs(
    demo: tuple[Inspected, dict[str, Any], str], facts: Facts
) -> None:
    run, _, _ = demo
    assert facts.ready == 200
    assert facts.surface["epoch"] == run.epochs[-1].report.epoch
    assert facts.account_health["cash_e6"] == facts.seller.cash_e6
    assert facts.account_health["insolvent"] is False
    kinds = [proof["circuit"] for proof in facts.proofs]
    assert (kinds.count("slice_32_16"), kinds.count("solvency_4")) == (EPOCHS * EXPIRIES, 2)
    assert kinds.count("insolvency_4") == 1
