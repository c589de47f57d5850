# SPDX-License-Identifier: Apache-2.0
"""``zkrisk chain``: deploy the contracts, list strikes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from oracle.chain.deploy import DeploymentPlan, deploy, list_expiry
from oracle.cli.options import (
    GRIDS,
    ArtifactsOption,
    DeploymentOption,
    KeystoreOption,
    PasswordOption,
    RpcOption,
    connect,
    load_deployment,
    load_key,
    named_errors,
)
from oracle.errors import SnapshotError
from oracle.model.grid import load_grid
from oracle.model.margin import MarginParams
from oracle.node.node import BTC_USD, first_snapshot
from oracle.stream.ledger import RejectLedger
from oracle.stream.recording import RecordingReader
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
    grid: Annotated[str, typer.Option(help="Scenario grid in circuits/grids.")] = "flat",
    keeper_reward_e6: Annotated[int, typer.Option(help="Reward of an auction's starter, 1e-6 dollars.")] = 50_000_000,
    artifacts: ArtifactsOption = None,
) -> None:
    """Deploy everything for one market with the signer as admin and write the deployment file."""
    console = Console()
    with named_errors(console):
        client = connect(rpc, load_key(keystore, password_file))
        plan = DeploymentPlan(
            market=BTC_USD.name,
            grid=load_grid(GRIDS / f"{grid}.json"),
            initial=MarginParams(100, 0, 0),
            maintenance_factor_e2=80,
            publishers=publisher,
            threshold=threshold,
            keeper_reward_e6=keeper_reward_e6,
            circuits=[BTC_USD.size.circuit_id, "solvency_4", "insolvency_4"],
            collateral=collateral,
        )
        deploy(client, plan, ArtifactStore.locate(artifacts)).save(deployment)
        console.print(f"deployed on chain {client.chain_id()}: {deployment}")


@app.command("list")
def list_command(
    rpc: RpcOption,
    deployment: DeploymentOption,
    keystore: KeystoreOption,
    password_file: PasswordOption,
    recording: Annotated[Path, typer.Option(help="Recording whose first snapshot names the strikes.")],
) -> None:
    """List the expiries and strikes of a recording's first snapshot."""
    console = Console()
    with named_errors(console):
        client = connect(rpc, load_key(keystore, password_file))
        where = load_deployment(deployment, client)
        ledger = RejectLedger()
        snapshot = first_snapshot(BTC_USD, RecordingReader(recording, ledger), ledger)
        if snapshot is None:
            raise SnapshotError(f"recording {recording}: no snapshot of {BTC_USD.name}")
        for expiry in snapshot.expiries:
            list_expiry(client, where, expiry, snapshot.tick_e2)
            console.print(f"listed {expiry.expiry}: {len(expiry.quotes)} strikes")
