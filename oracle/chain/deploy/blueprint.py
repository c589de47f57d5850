# SPDX-License-Identifier: Apache-2.0
"""Every contract of a plan with its address, known before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oracle.chain.client import ChainClient
from oracle.chain.deploy.create2 import Creation, creation, salt_of
from oracle.chain.deploy.feeds import METRICS
from oracle.chain.deploy.plan import DeploymentPlan, MarketPlan
from oracle.chain.deploy.terms import NO_SEQUENCER_FEED, UNLIMITED, margin_params
from oracle.statements.statement import name_bytes32


@dataclass(frozen=True)
class MarketCreations:
    """What one market has of its own. ``feeds``: name to contract."""

    market: str
    rules: Creation
    checker: Creation
    engine: Creation
    auction: Creation
    feeds: dict[str, Creation]


@dataclass(frozen=True)
class Blueprint:
    """The contracts of a plan. ``demo_dollar`` None: the plan names a collateral."""

    demo_dollar: Creation | None
    collateral_address: str
    timelock: Creation
    registry: Creation
    publishers: Creation
    listings: Creation
    poseidon: Creation
    native_slice: Creation
    slice_fallback: Creation
    oracle: Creation
    reader: Creation
    pull_oracle: Creation
    native_margin: Creation
    markets: tuple[MarketCreations, ...]
    watch: Creation

    def all(self) -> list[Creation]:
        """Each after what its constructor calls."""
        shared = [self.timelock, self.registry, self.publishers, self.listings]
        shared += [self.poseidon, self.native_slice, self.slice_fallback, self.oracle]
        shared += [self.reader, self.pull_oracle, self.native_margin]
        own = [made for m in self.markets for made in (m.rules, m.checker, m.engine, m.auction, *m.feeds.values())]
        return ([] if self.demo_dollar is None else [self.demo_dollar]) + shared + own + [self.watch]


def blueprint_of(client: ChainClient, plan: DeploymentPlan) -> Blueprint:
    """The plan's contracts with the client as deployer. Raises :class:`ChainError` for arguments a constructor does not take."""

    def made(name: str, *arguments: Any, market: str | None = None) -> Creation:
        return creation(client, name, salt_of(plan.label, market), *arguments, market=market)

    admin = client.address
    demo_dollar = None if plan.collateral is not None else made("DemoDollar")
    collateral = str(plan.collateral if demo_dollar is None else demo_dollar.address)
    timelock = made("Timelock", sorted({*plan.governance.proposers, admin}, key=str.lower), admin)
    registry = made("VerifierRegistry", admin, plan.test_chain)
    publishers = made("PublisherSet", admin, sorted(plan.publishers, key=str.lower), plan.threshold)
    listings = made("ListingRegistry", admin, publishers.address)
    feed = plan.sequencer_feed or NO_SEQUENCER_FEED
    poseidon, native_slice = made("Poseidon"), made("NativeSlice")
    fallback = made("SliceFallback", admin, native_slice.address, poseidon.address)
    sources = (registry.address, listings.address, publishers.address, feed, fallback.address)
    oracle = made("RiskOracle", admin, *sources)
    reader = made("OracleReader", oracle.address, registry.address)
    pull_oracle = made("PullOracle", oracle.address, reader.address)
    native = made("NativeMargin")

    def own(market: MarketPlan) -> MarketCreations:
        name, key = market.market, name_bytes32("market", market.market)
        guardian = plan.governance.guardian or admin
        rules = made("MarginRules", admin, guardian, margin_params(market), UNLIMITED, market=name)
        margin = (oracle.address, registry.address, native.address, rules.address)
        checker = made("MarginChecker", *margin, key, market=name)
        engine = made("MarginEngine", collateral, checker.address, rules.address, market=name)
        auction = made("LiquidationAuction", admin, engine.address, plan.auction.as_tuple(), market=name)
        sources = (oracle.address, reader.address, pull_oracle.address)
        feeds = {}
        for feed in market.feeds:
            told = (METRICS.index(feed.metric), key, feed.expiry, feed.strike_ticks, f"{name} {feed.name}")
            feeds[feed.name] = made("MetricFeed", *sources, *told, market=name)
        return MarketCreations(name, rules, checker, engine, auction, feeds)

    markets = tuple(own(market) for market in plan.markets)
    watch = made(
        "ContradictionWatch", registry.address, oracle.address, fallback.address, [m.engine.address for m in markets]
    )
    slices = (poseidon, native_slice, fallback)
    shared = (timelock, registry, publishers, listings, *slices, oracle, reader, pull_oracle, native)
    return Blueprint(demo_dollar, collateral, *shared, markets, watch)
