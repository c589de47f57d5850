# SPDX-License-Identifier: Apache-2.0
"""Feeds of single metrics: as settings name them, as they are deployed, as a deployment file may lie about them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oracle.chain.anvil import Anvil
from oracle.chain.client import ChainClient
from oracle.chain.deploy import DeploymentPlan, FeedPlan, Journal, deploy, feeds_of
from oracle.chain.deploy.verification import verify_deployment
from oracle.errors import ConfigError
from oracle.statements.statement import name_bytes32
from prover.artifacts import ArtifactStore
from tests.chain.market import CONTRACTS, ROOT, key, plan_of

START = 1_768_464_000
EXPIRY = 1_774_598_400
NAMES = ["BTC-USD", "ETH-USD"]
NAMED = ["spot", "perpetual_mark", "BTC-USD forward 27MAR26", "BTC-USD vol 27MAR26 60000", "BTC-USD spot"]


@pytest.fixture(scope="module")
def client() -> Iterator[ChainClient]:
    """The deployer on an empty chain."""
    with Anvil(ROOT, START) as anvil:
        anvil.fund(key("deployer"))
        yield ChainClient(anvil.rpc_url, key("deployer"), CONTRACTS)


def with_feeds(named: list[str]) -> DeploymentPlan:
    """Two markets without circuits."""
    plan = plan_of(NAMES, [])
    markets = [m.model_copy(update={"feeds": feeds_of(m.market, NAMES, named)}) for m in plan.markets]
    return plan.model_copy(update={"markets": markets})


def test_a_feed_without_a_market_is_every_market_s_and_each_is_there_once() -> None:
    assert [feed.name for feed in feeds_of("ETH-USD", NAMES, NAMED)] == ["spot", "perpetual_mark"]
    bitcoin = feeds_of("BTC-USD", NAMES, NAMED)
    assert [feed.name for feed in bitcoin] == ["spot", "perpetual_mark", "forward 27MAR26", "vol 27MAR26 60000"]
    assert bitcoin[-1] == FeedPlan(metric="vol", expiry=EXPIRY, strike_ticks=60_000)


@pytest.mark.parametrize(
    "named",
    [
        *("", "price", "SOL-USD spot", "spot 27MAR26", "forward", "forward 31FEB26", "vol 27MAR26", "vol 27MAR26 0"),
        *("vol 27MAR26 -1", "vol 27MAR26 1e3", f"vol 27MAR26 {1 << 24}", "vol 27MAR26 60000 1", "BTC-USD"),
    ],
)
def test_what_names_no_feed_is_a_config_error(named: str) -> None:
    with pytest.raises(ConfigError, match=f"feeds = {named!r}"):
        feeds_of("BTC-USD", NAMES, [named])


def test_feeds_are_deployed_as_named_and_more_are_added_later(client: ChainClient, built: ArtifactStore) -> None:
    first = deploy(client, with_feeds(NAMED[:2]), built)
    assert {m.market: list(m.feeds) for m in first.markets} == {name: ["spot", "perpetual_mark"] for name in NAMES}
    journal = Journal()
    made = deploy(client, with_feeds(NAMED), built, journal, first)
    assert journal.sent == 2
    feeds = made.of("BTC-USD").feeds
    vol = client.contract("MetricFeed", feeds["vol 27MAR26 60000"]).functions
    assert vol.description().call() == "BTC-USD vol 27MAR26 60000"
    assert (vol.metric().call(), vol.expiry().call(), vol.strikeTicks().call()) == (3, EXPIRY, 60_000)
    assert (vol.oracle().call(), vol.reader().call(), vol.pullOracle().call()) == (
        made.of("BTC-USD").risk_oracle,
        made.of("BTC-USD").oracle_reader,
        made.of("BTC-USD").pull_oracle,
    )
    spot = client.contract("MetricFeed", made.of("ETH-USD").feeds["spot"]).functions
    assert (spot.market().call(), spot.decimals().call()) == (name_bytes32("market", "ETH-USD"), 8)
    assert [finding for finding in verify_deployment(client, made) if finding.state != "ok"] == []
    assert deploy(client, with_feeds([]), built, journal, made).of("BTC-USD").feeds == feeds
    swapped = {"spot": feeds["perpetual_mark"], "perpetual_mark": feeds["spot"]}
    lying = made.model_copy(update={"markets": (made.markets[0].model_copy(update={"feeds": swapped}),)})
    wrong = {found.part: found.state for found in verify_deployment(client, lying) if found.state != "ok"}
    assert wrong == {"feed of BTC-USD spot": "unsafe", "feed of BTC-USD perpetual_mark": "unsafe"}
