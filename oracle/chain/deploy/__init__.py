# SPDX-License-Identifier: Apache-2.0
"""Deploys the protocol: what to deploy, its addresses, every transaction once, and what the chain must hold afterwards."""

from oracle.chain.deploy.circuits import register_circuits, require_keys_for_chain
from oracle.chain.deploy.deploy import deploy
from oracle.chain.deploy.feeds import FeedPlan, feeds_of
from oracle.chain.deploy.file import Deployment, Deployments
from oracle.chain.deploy.journal import Journal
from oracle.chain.deploy.plan import AuctionPlan, DeploymentPlan, GovernancePlan, MarketPlan

__all__ = [
    "AuctionPlan",
    "Deployment",
    "DeploymentPlan",
    "Deployments",
    "FeedPlan",
    "GovernancePlan",
    "Journal",
    "MarketPlan",
    "deploy",
    "feeds_of",
    "register_circuits",
    "require_keys_for_chain",
]
