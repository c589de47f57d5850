# SPDX-License-Identifier: Apache-2.0
"""Deploys a plan: every contract at its address, keys and roles set, everything handed over to the timelock.

What the chain already shows as done is not done again, so a second run sends nothing and a run that was cut off goes on.
"""

from __future__ import annotations

from typing import Any

from oracle.chain.client import ChainClient
from oracle.chain.deploy.blueprint import Blueprint, MarketCreations, blueprint_of
from oracle.chain.deploy.circuits import add_arguments, is_registered, provenance_of, require_keys_for_chain
from oracle.chain.deploy.create2 import Creation, ProxyCall, require_proxy
from oracle.chain.deploy.file import ChainRecord, DeployedContract, Deployment, Deployments, Governance
from oracle.chain.deploy.handover import Handover
from oracle.chain.deploy.journal import Journal
from oracle.chain.deploy.plan import DeploymentPlan
from oracle.errors import ConfigError
from prover.artifacts import ArtifactStore, CircuitArtifact

ZERO_ADDRESS = "0x" + "00" * 20


def deploy(
    client: ChainClient,
    plan: DeploymentPlan,
    store: ArtifactStore,
    journal: Journal | None = None,
    previous: Deployments | None = None,
) -> Deployments:
    """Deploys what is missing of the plan with the client's signer. ``previous``: what the deployment file says so far.

    Raises DevelopmentKey for DEV keys outside the test chains and :class:`ConfigError` for a plan that breaks a rule, both
    before anything is sent; :class:`ChainError` where a contract refuses or an operation of the timelock has to wait.
    """
    chain_id = client.chain_id()
    artifacts = [store.circuit(circuit) for circuit in plan.circuits]
    require_keys_for_chain(artifacts, chain_id, test_chain=plan.test_chain)
    plan.require_consistent(chain_id)
    require_proxy(client)
    blueprint = blueprint_of(client, plan)
    _require_same(client, blueprint, previous)
    return Deployer(client, plan, artifacts, blueprint, journal or Journal()).run(previous)


def _require_same(client: ChainClient, blueprint: Blueprint, previous: Deployments | None) -> None:
    """Another live deployment in the file would be forgotten by writing this one over it."""
    for deployment in previous.markets if previous is not None else ():
        if deployment.risk_oracle != blueprint.oracle.address and client.code(deployment.risk_oracle):
            raise ConfigError(
                f"deployment: the file names another RiskOracle, {deployment.risk_oracle}, which stands on this chain; "
                f"this plan's is {blueprint.oracle.address}: restore its settings or name another file with --deployment"
            )


class Deployer:
    """One run over a plan's blueprint."""

    def __init__(
        self,
        client: ChainClient,
        plan: DeploymentPlan,
        artifacts: list[CircuitArtifact],
        blueprint: Blueprint,
        journal: Journal,
    ) -> None:
        self.client = client
        self.plan = plan
        self.artifacts = artifacts
        self.blueprint = blueprint
        self.journal = journal

    def run(self, previous: Deployments | None) -> Deployments:
        """Everything, in an order in which each transaction finds what it needs."""
        self.journal.resume(self.client)
        fresh = not self.client.code(self.blueprint.timelock.address)
        head = self.client.head()
        for made in self.blueprint.all():
            self._create(made)
        handover = Handover(self.client, self.plan.governance, self.blueprint, self.journal)
        registry = self.client.contract("VerifierRegistry", self.blueprint.registry.address)
        for artifact in self.artifacts:
            if not is_registered(self.client, registry, artifact):
                handover.as_owner(f"register {artifact.circuit}", registry, "add", *add_arguments(artifact))
        for market in self.blueprint.markets:
            rules = self.client.contract("MarginRules", market.rules.address)
            if self.client.call("auction", rules.functions.auction()) == ZERO_ADDRESS:
                handover.as_owner("set auction", rules, "setAuction", market.auction.address)
        watch = self.blueprint.watch.address
        if not self.client.call("isWatch", registry.functions.isWatch(watch)):
            handover.as_owner("set watch", registry, "setWatch", watch, True)
        handover.run()
        deployed = self._deployments(self._from_block(previous, head if fresh else 0))
        return deployed if previous is None else deployed.with_feeds_of(previous)

    def _create(self, made: Creation) -> None:
        if not self.client.code(made.address):
            self.journal.send(self.client, f"deploy {made.name}", ProxyCall(self.client, made))

    def _from_block(self, previous: Deployments | None, otherwise: int) -> int:
        """Block from which logs are read: never later than the first contract's."""
        timelock = self.blueprint.timelock.address
        if previous is not None and previous.chain is not None and previous.chain.governance.timelock == timelock:
            return min(deployment.from_block for deployment in previous.markets)
        journalled = self.journal.first_block()
        return otherwise if journalled is None else min(otherwise, journalled)

    def _deployments(self, from_block: int) -> Deployments:
        made, governance = self.blueprint, self.plan.governance
        record = ChainRecord(
            chain_id=self.client.chain_id(),
            test_chain=self.plan.test_chain,
            label=self.plan.label,
            governance=Governance(
                timelock=made.timelock.address,
                delay_s=governance.delay_s,
                proposers=governance.proposers or (self.client.address,),
                guardian=governance.guardian or self.client.address,
                deployer=self.client.address,
            ),
            contracts=tuple(_contract(one) for one in made.all()),
            circuits={artifact.circuit: "0x" + provenance_of(artifact).hex() for artifact in self.artifacts},
        )
        grids = {market.market: market.grid.name for market in self.plan.markets}
        markets = (self._market(market, grids[market.market], from_block) for market in made.markets)
        return Deployments(markets=tuple(markets), chain=record)

    def _market(self, market: MarketCreations, grid: str, from_block: int) -> Deployment:
        made = self.blueprint
        return Deployment(
            chain_id=self.client.chain_id(),
            market=market.market,
            collateral=made.collateral_address,
            verifier_registry=made.registry.address,
            publisher_set=made.publishers.address,
            listing_registry=made.listings.address,
            risk_oracle=made.oracle.address,
            slice_fallback=made.slice_fallback.address,
            oracle_reader=made.reader.address,
            pull_oracle=made.pull_oracle.address,
            margin_rules=market.rules.address,
            native_margin=made.native_margin.address,
            margin_checker=market.checker.address,
            margin_engine=market.engine.address,
            liquidation_auction=market.auction.address,
            feeds={name: feed.address for name, feed in market.feeds.items()},
            grid=grid,
            from_block=from_block,
        )


def _contract(made: Creation) -> DeployedContract:
    fields: dict[str, Any] = {"name": made.name, "address": made.address, "market": made.market}
    return DeployedContract(init_code_hash="0x" + made.init_code_hash.hex(), **fields)
