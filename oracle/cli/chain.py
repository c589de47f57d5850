# SPDX-License-Identifier: Apache-2.0
"""``zkrisk chain``: deploy the contracts, list strikes, show what the chain holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from eth_account import Account
from eth_account.signers.local import LocalAccount

from oracle.chain.client import ChainClient, Clock
from oracle.chain.deploy import DeploymentPlan, Deployments, MarketPlan, deploy
from oracle.cli.options import (
    ArtifactsOption,
    ConfigOption,
    DeploymentOption,
    KeystoreOption,
    PasswordOption,
    RpcOption,
    connect,
    grid_named,
    signer_of,
)
from oracle.cli.output import JsonOption, OutputError, command, replaced
from oracle.cli.settings import NotActivated, Settings, load_settings
from oracle.cli.status import chain_status, status_exit_code, status_tables
from oracle.errors import ConfigError, SnapshotError
from oracle.model.margin import MarginParams
from oracle.node.markets import MARKETS
from oracle.node.node import OracleNode
from oracle.node.state import NodeState
from oracle.stream.open_recording import open_recording
from prover.artifacts import ArtifactStore
from prover.errors import ArtifactMissing

app = typer.Typer(no_args_is_help=True, help="The contracts.")


def load_deployment(settings: Settings) -> Deployments:
    """The deployment file.

    Raises :class:`NotActivated` where there is none and none was named, :class:`ConfigError` where it is missing or malformed.
    """
    if not settings.deployment.is_file():
        error = ConfigError if "deployment" in settings.model_fields_set else NotActivated
        raise error(f"deployment {settings.deployment} is missing: `zkrisk chain deploy` writes it")
    return Deployments.load(settings.deployment)


def connect_deployed(
    settings: Settings, deployments: Deployments, account: LocalAccount, clock: Clock | None = None
) -> ChainClient:
    """A client of the deployment's chain. Raises :class:`ConfigError` where the node serves another one."""
    client = connect(settings, account, clock)
    chain_id = client.chain_id()
    for deployment in deployments.markets:
        if deployment.chain_id != chain_id:
            raise ConfigError(
                f"deployment {settings.deployment}: chain_id = {deployment.chain_id}: the Ethereum node is on chain {chain_id}"
            )
    if not deployments.markets:
        raise ConfigError(f"deployment {settings.deployment}: markets must not be empty")
    return client


@app.command("deploy")
def deploy_command(
    rpc: RpcOption = None,
    deployment: DeploymentOption = None,
    keystore: KeystoreOption = None,
    password_file: PasswordOption = None,
    publisher: Annotated[list[str] | None, typer.Option(help="Address of a publisher; repeat for each.")] = None,
    threshold: Annotated[int | None, typer.Option(help="Signatures a report needs.")] = None,
    collateral: Annotated[
        str | None, typer.Option(help="Token with six decimals; none: a demonstration dollar.")
    ] = None,
    grid: Annotated[str | None, typer.Option(help="Scenario grid in circuits/grids.")] = None,
    keeper_reward_e6: Annotated[int | None, typer.Option(help="Reward of an auction's starter, 1e-6 dollars.")] = None,
    minimum_auction_e6: Annotated[
        int | None, typer.Option(help="Least requirement that is rewarded, 1e-6 dollars.")
    ] = None,
    artifacts: ArtifactsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Deploy everything for every market with the signer as admin and write the deployment file."""
    with command(as_json) as output:
        settings = load_settings(
            config,
            rpc_url=rpc,
            deployment=deployment,
            keystore=keystore,
            password_file=password_file,
            publishers=publisher or None,
            threshold=threshold,
            collateral=collateral,
            grid=grid,
            keeper_reward_e6=keeper_reward_e6,
            minimum_auction_e6=minimum_auction_e6,
            artifacts=artifacts,
        )
        publishers = settings.require("publishers", "--publisher")
        rules = grid_named(settings.grid)
        client = connect(settings, signer_of(settings))
        store = ArtifactStore(settings.artifacts)
        circuits = store.circuits()
        if not circuits:
            raise ArtifactMissing(
                "artifacts", store.path, "holds no circuit: run `make circuits` or name the store with --artifacts"
            )
        plan = DeploymentPlan(
            markets=[
                MarketPlan(
                    market=m.name,
                    grid=rules,
                    initial=MarginParams(settings.initial_factor_e2, 0, 0),
                    maintenance_factor_e2=settings.maintenance_factor_e2,
                )
                for m in MARKETS
            ],
            publishers=publishers,
            threshold=settings.threshold,
            keeper_reward_e6=settings.keeper_reward_e6,
            minimum_auction_e6=settings.minimum_auction_e6,
            circuits=circuits,
            collateral=settings.collateral,
        )
        deployed = deploy(client, plan, store)
        try:
            with replaced(settings.deployment) as fresh:
                deployed.save(fresh)
        except OutputError:
            typer.echo(deployed.model_dump_json(), err=True)
            raise
        result = {"deployment": str(settings.deployment), **deployed.model_dump(mode="json")}
        output.result(result, f"deployed on chain {client.chain_id()}: {settings.deployment}")


@app.command("list")
def list_command(
    recording: Annotated[Path, typer.Option(help="Recording whose first snapshot names the strikes.")],
    rpc: RpcOption = None,
    deployment: DeploymentOption = None,
    keystore: KeystoreOption = None,
    password_file: PasswordOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the usable expiries and their strikes of a recording's first snapshot of each market."""
    with command(as_json) as output:
        settings = load_settings(
            config, rpc_url=rpc, deployment=deployment, keystore=keystore, password_file=password_file
        )
        deployments = load_deployment(settings)
        client = connect_deployed(settings, deployments, signer_of(settings))
        state = NodeState(tuple(market.name for market in MARKETS))
        node = OracleNode(MARKETS, None, [], client, deployments, state)
        done: dict[str, list[int]] = {}
        for snapshot in node.snapshots(open_recording(recording, node.ledger).events):
            if snapshot.market not in done:
                done[snapshot.market] = node.list_strikes(snapshot)
            if len(done) == len(MARKETS):
                break
        if not done:
            raise SnapshotError(f"{recording}: no snapshot; refused: {node.ledger.counts}")
        lines = (f"{market}: {len(expiries)} expiries listed" for market, expiries in done.items())
        output.result({"listed": done}, *lines)


@app.command()
def status(
    rpc: RpcOption = None, deployment: DeploymentOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Show block, publishers, circuits and slices. Exit status 1 where a live slice is not fresh, 2 for an unsafe key."""
    with command(as_json) as output:
        settings = load_settings(config, rpc_url=rpc, deployment=deployment)
        deployments = load_deployment(settings)
        found = chain_status(connect_deployed(settings, deployments, Account.create()), deployments)
        output.result(found, *status_tables(found))
        if code := status_exit_code(found):
            raise typer.Exit(code)
