# SPDX-License-Identifier: Apache-2.0
"""``zkrisk chain``: deploy the contracts, list strikes, show what the chain holds."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from eth_account import Account

from oracle.chain.deploy import Deployments, Journal, deploy
from oracle.chain.deploy.verification import verify_deployment
from oracle.cli import governance
from oracle.cli.deployments import Signed, connect_deployed, load_deployment, signed_command
from oracle.cli.options import (
    ArtifactsOption,
    ConfigOption,
    DeploymentOption,
    KeystoreOption,
    NetworkOption,
    PasswordOption,
    RpcOption,
    connect,
    signer_of,
)
from oracle.cli.output import EXIT_UNSAFE, JsonOption, OutputError, command, replaced
from oracle.cli.plans import plan_of, rehearsal_table, rehearse
from oracle.cli.settings import load_settings
from oracle.cli.status import chain_status, status_exit_code, status_tables
from oracle.errors import SnapshotError
from oracle.node.markets import MARKETS
from oracle.node.node import OracleNode
from oracle.node.state import NodeState
from oracle.stream.open_recording import open_recording
from prover.artifacts import ArtifactStore

app = typer.Typer(no_args_is_help=True, help="The contracts.")
app.command()(governance.halt)
app.command()(governance.resume)


@app.command("deploy")
def deploy_command(
    network: NetworkOption = None,
    rpc: RpcOption = None,
    deployment: DeploymentOption = None,
    keystore: KeystoreOption = None,
    password_file: PasswordOption = None,
    publisher: Annotated[list[str] | None, typer.Option(help="Address of a publisher; repeat for each.")] = None,
    threshold: Annotated[int | None, typer.Option(help="Signatures a report needs.")] = None,
    guardian: Annotated[str | None, typer.Option(help="May halt and pause; none: the signer.")] = None,
    proposer: Annotated[
        list[str] | None, typer.Option(help="May schedule through the timelock; repeat for each; none: the signer.")
    ] = None,
    timelock_delay_s: Annotated[int | None, typer.Option(help="Delay of the timelock, seconds.")] = None,
    collateral: Annotated[
        str | None, typer.Option(help="Token with six decimals; none: a demonstration dollar.")
    ] = None,
    grid: Annotated[str | None, typer.Option(help="Scenario grid in circuits/grids.")] = None,
    reward_fixed_e6: Annotated[
        int | None, typer.Option(help="Fixed reward of an auction's starter, 1e-6 dollars.")
    ] = None,
    minimum_auction_e6: Annotated[
        int | None, typer.Option(help="Least requirement that is rewarded, 1e-6 dollars.")
    ] = None,
    feed: Annotated[
        list[str] | None, typer.Option(help="Metric that has a feed, such as `vol 27MAR26 60000`; repeat for each.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Send nothing: run on a local copy of the chain.")] = False,
    artifacts: ArtifactsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Deploy what is missing for every market, hand it over to the timelock, check it, write the deployment file.

    Exit status 2 where the chain does not hold what was deployed.
    """
    with command(as_json) as output:
        settings = load_settings(
            config,
            network=network,
            rpc_url=rpc,
            deployment=deployment,
            keystore=keystore,
            password_file=password_file,
            publishers=publisher or None,
            threshold=threshold,
            guardian=guardian,
            proposers=proposer or None,
            timelock_delay_s=timelock_delay_s,
            collateral=collateral,
            grid=grid,
            reward_fixed_e6=reward_fixed_e6,
            minimum_auction_e6=minimum_auction_e6,
            feeds=feed or None,
            artifacts=artifacts,
        )
        client = connect(settings, signer_of(settings))
        store = ArtifactStore(settings.artifacts)
        plan = plan_of(settings, store, client.chain_id())
        path = settings.deployment_path(client.chain_id())
        if dry_run:
            sent = rehearse(Path.cwd(), client, settings.rpc(), plan, store)
            output.result({"dry_run": [asdict(record) for record in sent]}, *rehearsal_table(sent))
            return
        journal = Journal(path.with_suffix(".journal.jsonl"))
        previous = Deployments.load(path) if path.is_file() else None
        deployed = deploy(client, plan, store, journal, previous)
        if deployed != previous:
            _save(deployed, path)
        findings = verify_deployment(client, deployed)
        wrong = [finding for finding in findings if finding.state != "ok"]
        result = {"deployment": str(path), "sent": journal.sent, **deployed.model_dump(mode="json")}
        result["wrong"] = [asdict(finding) for finding in wrong]
        done = "deployed on" if journal.sent else "nothing to send: all of it stands on"
        shown = (f"{finding.state}: {finding.part}: {finding.found}" for finding in wrong)
        output.result(result, f"{done} chain {client.chain_id()}: {path}", *shown)
        if wrong:
            raise typer.Exit(EXIT_UNSAFE)


def _save(deployed: Deployments, path: Path) -> None:
    try:
        with replaced(path) as fresh:
            deployed.save(fresh)
    except OutputError:
        typer.echo(deployed.model_dump_json(), err=True)
        raise


@app.command("list")
@signed_command
def list_command(
    signed: Signed,
    recording: Annotated[Path, typer.Option(help="Recording whose first snapshot names the strikes.")],
) -> None:
    """List the usable expiries and their strikes of a recording's first snapshot of each market."""
    state = NodeState(tuple(market.name for market in MARKETS))
    node = OracleNode(MARKETS, None, [], signed.client, signed.deployments, state)
    done: dict[str, list[int]] = {}
    for snapshot in node.snapshots(open_recording(recording, node.ledger).events):
        if snapshot.market not in done:
            done[snapshot.market] = node.list_strikes(snapshot)
        if len(done) == len(MARKETS):
            break
    if not done:
        raise SnapshotError(f"{recording}: no snapshot; refused: {node.ledger.counts}")
    lines = (f"{market}: {len(expiries)} expiries listed" for market, expiries in done.items())
    signed.output.result({"listed": done}, *lines)


@app.command()
def status(
    network: NetworkOption = None,
    rpc: RpcOption = None,
    deployment: DeploymentOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check bytecode, roles and keys; show publishers, circuits, halts and slices.

    Exit status 1 where something is halted, removed or not fresh, 2 where code, a role or a key is not the deployed one.
    """
    with command(as_json) as output:
        settings = load_settings(config, network=network, rpc_url=rpc, deployment=deployment)
        deployments = load_deployment(settings)
        found = chain_status(connect_deployed(settings, deployments, Account.create()), deployments)
        output.result(found, *status_tables(found))
        if code := status_exit_code(found):
            raise typer.Exit(code)
