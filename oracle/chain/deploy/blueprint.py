# SPDX-License-Identifier: Apache-2.0
"""Every contract of a plan with its address, known before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.chain.client import ChainClient
from oracle.chain.deploy.create2 import Creation, creation, salt_of
from oracle.chain.deploy.plan import DeploymentPlan, MarketPlan
from oracle.statements.statement import name_bytes32

NO_SEQUENCER_FEED = "0x" + "00" * 20
"""Of a chain that is no rollup."""


@dataclass(frozen=True)
class MarketCreations:
    """What one market has of its own."""

    market: str
    engine: Creation
    auction: Creation


@dataclass(frozen=True)
class Blueprint:
    """The contracts of a plan. ``demo_dollar`` None: the plan names a collateral."""

    demo_dollar: Creation | None
    collateral_address: str
    timelock: Creation
    registry: Creation
    publishers: Creation
    listings: Creation
    oracle: Creation
    markets: tuple[MarketCreations, ...]

    def all(self) -> list[Creation]:
        """Each after what its constructor calls."""
        shared = [self.timelock, self.registry, self.publishers, self.listings, self.oracle]
        own = [made for market in self.markets for made in (market.engine, market.auction)]
        return ([] if self.demo_dollar is None else [self.demo_dollar]) + shared + own


def blueprint_of(client: ChainClient, plan: DeploymentPlan) -> Blueprint:
    """The plan's contracts with the client as deployer. Raises :class:`ChainError` for arguments a constructor does not take."""
    salt, admin = salt_of(plan.label), client.address
    demo_dollar = None if plan.collateral is not None else creation(client, "DemoDollar", salt)
    collateral = plan.collateral if demo_dollar is None else demo_dollar.address
    proposers = sorted({*plan.governance.proposers, admin}, key=str.lower)
    timelock = creation(client, "Timelock", salt, proposers, admin)
    registry = creation(client, "VerifierRegistry", salt, admin, plan.test_chain)
    signers = sorted(plan.publishers, key=str.lower)
    publishers = creation(client, "PublisherSet", salt, admin, signers, plan.threshold)
    listings = creation(client, "ListingRegistry", salt, admin, publishers.address)
    feed = plan.sequencer_feed or NO_SEQUENCER_FEED
    sources = (registry.address, listings.address, publishers.address, feed)
    oracle = creation(client, "RiskOracle", salt, admin, *sources)

    def own(market: MarketPlan) -> MarketCreations:
        name = name_bytes32("market", market.market)
        sources = (oracle.address, registry.address)
        rules = (name, _params(market))
        engine = creation(client, "MarginEngine", salt, admin, collateral, *sources, *rules, market=market.market)
        rewards = (plan.keeper_reward_e6, plan.minimum_auction_e6)
        auction = creation(client, "LiquidationAuction", salt, engine.address, *sources, *rewards, market=market.market)
        return MarketCreations(market.market, engine, auction)

    markets = tuple(own(market) for market in plan.markets)
    return Blueprint(demo_dollar, str(collateral), timelock, registry, publishers, listings, oracle, markets)


def _params(plan: MarketPlan) -> tuple[list[int], tuple[int, ...], int, int, int, int]:
    return (
        plan.grid.words(),
        plan.grid.vol_rule.as_tuple(),
        plan.initial.factor_e2,
        plan.maintenance_factor_e2,
        plan.initial.short_rate_e5,
        plan.initial.perpetual_rate_e5,
    )
