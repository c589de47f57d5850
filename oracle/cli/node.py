# SPDX-License-Identifier: Apache-2.0
"""``zkrisk node`` and ``zkrisk liquidator``."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.logging import RichHandler
from web3 import Web3

from oracle.api.app import create_app
from oracle.api.server import ApiServer
from oracle.bots.health import AccountHealth
from oracle.bots.liquidator import Liquidator
from oracle.bots.margin import MarginProver
from oracle.chain.accounts import MarginAccounts
from oracle.chain.client import ReplayClock
from oracle.chain.deploy import Deployments
from oracle.chain.slices import SliceReader
from oracle.cli.options import (
    EXIT_DEGRADED,
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
from oracle.node.markets import MARKETS
from oracle.node.node import OracleNode
from oracle.node.state import NodeState
from oracle.stream.open_recording import open_recording
from oracle.stream.simulator import write_recording
from oracle.stream.simulator_config import SimulatorConfig
from prover.artifacts import ArtifactStore
from prover.prove import Prover


def simulate(
    path: Annotated[Path, typer.Argument(help="Recording to write; .gz is compressed.")],
    seed: Annotated[int, typer.Option(help="Seed: the same one gives the same bytes.")] = 1,
) -> None:
    """Write a simulated recording in Deribit's frame format: a calm market, then a crash."""
    typer.echo(f"{write_recording(path, SimulatorConfig.full(seed))} frames: {path}")


def node(
    rpc: RpcOption,
    deployment: DeploymentOption,
    keystore: KeystoreOption,
    password_file: PasswordOption,
    recording: Annotated[Path, typer.Option(help="Recording to replay.")],
    publisher_keystore: Annotated[list[Path], typer.Option(help="Key that signs reports; repeat for each.")],
    replay_clock: Annotated[
        bool, typer.Option(help="Set block times from the recording (development chains).")
    ] = False,
    stay: Annotated[bool, typer.Option(help="Keep the read API up after the recording ends.")] = True,
    api_port: Annotated[int, typer.Option(help="Port of the read API, 0: any.")] = 8000,
    artifacts: ArtifactsOption = None,
) -> None:
    """Run the oracle: ingest, fit, sign, prove, submit, serve the read API. Exit status 1 where an epoch failed."""
    console = _logging_console()
    with named_errors(console):
        clock = ReplayClock(Web3(Web3.HTTPProvider(rpc))) if replay_clock else None
        client = connect(rpc, load_key(keystore, password_file), clock)
        where = Deployments.load(deployment)
        publishers = [load_key(path, password_file) for path in publisher_keystore]
        prover = Prover(ArtifactStore.locate(artifacts))
        state = NodeState(tuple(d.market for d in where.markets))
        health = AccountHealth({d.market: MarginAccounts(client, d, GRIDS) for d in where.markets}, prover)
        loop = OracleNode(MARKETS, prover, publishers, client, where, state, clock.advance if clock else None)
        with ApiServer(create_app(state, health), api_port) as server:
            console.print(f"API: {server.url}", highlight=False)
            for _ in loop.run(open_recording(recording, loop.ledger).events):
                pass
            console.print(f"{state.epochs} epochs landed, {state.failed_epochs} failed, {loop.ledger.total} refusals")
            if stay:
                _until_interrupted()
        if state.failed_epochs:
            raise typer.Exit(EXIT_DEGRADED)


def liquidator(
    rpc: RpcOption,
    deployment: DeploymentOption,
    keystore: KeystoreOption,
    password_file: PasswordOption,
    interval_s: Annotated[float, typer.Option(help="Seconds between looks at the chain.")] = 1.0,
    once: Annotated[bool, typer.Option(help="Look once and end.")] = False,
    artifacts: ArtifactsOption = None,
) -> None:
    """Watch accounts, prove insolvency, start auctions and bid with the signer's own account."""
    console = _logging_console()
    with named_errors(console):
        client = connect(rpc, load_key(keystore, password_file))
        prover = Prover(ArtifactStore.locate(artifacts))
        bots = [
            Liquidator(MarginProver(MarginAccounts(client, d, GRIDS), prover), SliceReader(client, d))
            for d in Deployments.load(deployment).markets
        ]
        try:
            while True:
                for done in (done for bot in bots for done in bot.step()):
                    console.print(f"liquidated {done.account} at {done.price_e6 / 1e6:.2f} USD", highlight=False)
                if once:
                    return
                time.sleep(interval_s)
        except KeyboardInterrupt:
            console.print("ended")


def _logging_console() -> Console:
    console = Console()
    logging.basicConfig(
        level=logging.INFO, format="%(message)s", handlers=[RichHandler(console=console, show_path=False)]
    )
    return console


def _until_interrupted() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
