# SPDX-License-Identifier: Apache-2.0
"""``zkrisk chain``: deploy the contracts, list strikes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from oracle.chain.deploy import DeploymentPlan, Deployments, MarketPlan, deploy
from oracle.cli.options import (
    GRIDS,
    ArtifactsOption,
    DeploymentOption,
    KeystoreOption,
    PasswordOption,
    RpcOption,
    connect,
    load_key,
    named_errors,
)
from oracle.model.grid import load_grid
from oracle.model.margin import MarginParams
from oracle.node.markets import MARKETS
from oracle.node.node import OracleNode
from oracle.node.state import NodeState
from oracle.stream.open_recording import open_recording
from prover.artifacts import ArtifactStore

app = typer.Typer(no_args_is_help=True, help="The contracts.")


@app.command("deploy")
def deploy_command(
    rpc: RpcOption,
    deployment: DeploymentOption,
    keystore: KeystoreOption,
    password_file: PasswordOption,
    publisher: Annotated[list[str], typer.Option(help="Address of a publisher; repeat for each.")],
    threshold: Annotated[int, typer.Option(help="Signatures a report needs.")] = 1,
    collateral: Annotated[
        str | None, typer.Option(help="Token with six decimals; none: a demonstration dollar.")
    ] = None,
    grid: Annotated[str, typer.Option(help="Scenario grid in circuits/grids.")] = "deribit",
    keeper_reward_e6: Annotated[int, typer.Option(help="Reward of an auction's starter, 1e-6 dollars.")] = 50_000_000,
    minimum_auction_e6: Annotated[
        int, typer.Option(help="Least requirement that is rewarded, 1e-6 dollars.")
    ] = 500_000_000,
    artifacts: ArtifactsOption = None,
) -> None:
    """Deploy everything for every market with the signer as admin and write the deployment file."""
    console = Console()
    with named_errors(console):
        client = connect(rpc, load_key(keystore, password_file))
        store = ArtifactStore.locate(artifacts)
        rules = load_grid(GRIDS / f"{grid}.json")
        plan = DeploymentPlan(
            markets=[
                MarketPlan(market=m.name, grid=rules, initial=MarginParams(100, 0, 0), maintenance_factor_e2=80)
                for m in MARKETS
            ],
            publishers=publisher,
            threshold=threshold,
            keeper_reward_e6=keeper_reward_e6,
            minimum_auction_e6=minimum_auction_e6,
            circuits=store.circuits(),
            collateral=collateral,
        )
        deploy(client, plan, store).save(deployment)
        console.print(f"deployed on chain {client.chain_id()}: {deployment}")


@app.command("list")
def list_command(
    rpc: RpcOption,
    deployment: DeploymentOption,
    keystore: KeystoreOption,
    password_file: PasswordOption,
    recording: Annotated[Path, typer.Option(help="Recording whose first snapshot names the strikes.")],
) -> None:
    """List the usable expiries and their strikes of a recording's first snapshot of each market."""
    console = Console()
    with named_errors(console):
        client = connect(rpc, load_key(keystore, password_file))
        state = NodeState(tuple(market.name for market in MARKETS))
        node = OracleNode(MARKETS, None, [], client, Deployments.load(deployment), state)
        done: set[str] = set()
        for snapshot in node.snapshots(open_recording(recording, node.ledger).events):
            if snapshot.market not in done:
                done.add(snapshot.market)
                console.print(f"{snapshot.market}: {len(node.list_strikes(snapshot))} expiries listed")
            if len(done) == len(MARKETS):
                break
