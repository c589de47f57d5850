# SPDX-License-Identifier: Apache-2.0
"""From the settings to a deployment's plan, and its rehearsal on a local copy of the chain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import RenderableType

from oracle.chain.anvil import Anvil
from oracle.chain.client import ChainClient, TransactionRecord
from oracle.chain.deploy import DeploymentPlan, GovernancePlan, MarketPlan, deploy, feeds_of
from oracle.cli.options import grid_named
from oracle.cli.output import table
from oracle.cli.settings import Settings
from oracle.model.margin import MarginParams
from oracle.node.markets import MARKETS
from prover.artifacts import ArtifactStore
from prover.errors import ArtifactMissing

DELAY_S = 2 * 24 * 3600
"""Delay of a timelock where none is set, outside test chains."""


def plan_of(settings: Settings, store: ArtifactStore, chain_id: int) -> DeploymentPlan:
    """The plan of the settings for a chain, with every circuit of the store.

    Raises NotActivated without publishers, ArtifactMissing for an empty store, :class:`ConfigError` for an unknown grid or feed.
    """
    publishers = settings.require("publishers", "--publisher")
    rules = grid_named(settings.grid)
    circuits = store.circuits()
    if not circuits:
        raise ArtifactMissing(
            "artifacts", store.path, "holds no circuit: run `make circuits` or name the store with --artifacts"
        )
    test_chain = settings.network_of(chain_id).test_chain
    delay_s = settings.timelock_delay_s
    names = [market.name for market in MARKETS]
    return DeploymentPlan(
        markets=[
            MarketPlan(
                market=m.name,
                grid=rules,
                initial=MarginParams(settings.initial_factor_e2, 0, 0),
                maintenance_factor_e2=settings.maintenance_factor_e2,
                feeds=feeds_of(m.name, names, settings.feeds),
            )
            for m in MARKETS
        ],
        publishers=publishers,
        threshold=settings.threshold,
        circuits=circuits,
        test_chain=test_chain,
        auction=settings.auction(),
        collateral=settings.collateral,
        governance=GovernancePlan(
            delay_s=delay_s if delay_s is not None else 0 if test_chain else DELAY_S,
            proposers=tuple(settings.proposers),
            guardian=settings.guardian,
        ),
    )


def rehearse(
    root: Path, client: ChainClient, rpc_url: str, plan: DeploymentPlan, store: ArtifactStore
) -> list[TransactionRecord]:
    """Every transaction that deploying the plan would send now, run on a local copy of the chain; nothing is sent to it.

    Raises what deploying would raise.
    """
    with Anvil(root, fork_url=rpc_url, chain_id=client.chain_id()) as copy:
        copy.fund(client.signer)
        rehearsed = ChainClient(copy.rpc_url, client.signer, client.artifacts)
        deploy(rehearsed, plan, store)
        return rehearsed.records


def rehearsal_table(sent: list[TransactionRecord]) -> Iterator[RenderableType]:
    """The transactions for a terminal."""
    shown = table("transactions that would be sent", "transaction", "gas")
    for record in sent:
        shown.add_row(record.name, f"{record.gas:,}")
    shown.add_row("sum", f"{sum(record.gas for record in sent):,}")
    yield shown
