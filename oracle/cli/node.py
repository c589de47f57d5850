# SPDX-License-Identifier: Apache-2.0
"""``zkrisk node`` and ``zkrisk liquidator``."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Annotated

import typer
from rich.console import Console
from rich.logging import RichHandler
from web3 import Web3

from oracle.api.app import create_app
from oracle.api.server import ApiServer
from oracle.bots.liquidator import Liquidator
from oracle.bots.margin import Health, MarginProver
from oracle.chain.accounts import MarginAccounts
from oracle.chain.client import ReplayClock
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
    load_deployment,
    load_key,
    named_errors,
)
from oracle.errors import ChainError
from oracle.node.node import BTC_USD, OracleNode
from oracle.node.state import NodeState
from oracle.stream.recording import RecordingReader
from oracle.stream.simulator import write_recording
from oracle.stream.simulator_config import SimulatorConfig
from prover.artifacts import ArtifactStore
from prover.prove import Prover

log = logging.getLogger(__name__)


def simulate(
    path: Annotated[Path, typer.Argument(help="Recording to write; .gz is compressed.")],
    seed: Annotated[int, typer.Option(help="Seed: the same one gives the same bytes.")] = 1,
) -> None:
    """Write a simulated recording in Deribit's frame format: a calm market, then a crash."""
    with named_errors(Console()):
        typer.echo(f"{write_recording(path, SimulatorConfig(seed=seed))} frames: {path}")


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
        where = load_deployment(deployment, client)
        publishers = [load_key(path, password_file) for path in publisher_keystore]
        prover = Prover(ArtifactStore.locate(artifacts))
        state = NodeState(where.market)
        accounts = MarginAccounts(client, where, GRIDS)
        loop = OracleNode(BTC_USD, prover, publishers, client, where, state, clock.advance if clock else None)
        with ApiServer(create_app(state, account_health(accounts, prover)), api_port) as server:
            console.print(f"API: {server.url}", highlight=False)
            for _ in loop.run(RecordingReader(recording, loop.ledger)):
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
        where = load_deployment(deployment, client)
        margin = MarginProver(MarginAccounts(client, where, GRIDS), Prover(ArtifactStore.locate(artifacts)))
        bot = Liquidator(margin, SliceReader(client, where))
        try:
            while True:
                try:
                    for done in bot.step():
                        console.print(f"liquidated {done.account} at {done.price_e6 / 1e6:.2f} USD", highlight=False)
                except ChainError as error:
                    if once:
                        raise
                    log.warning("looking again in %s s: %s", interval_s, error)
                if once:
                    return
                time.sleep(interval_s)
        except KeyboardInterrupt:
            console.print("ended")


def account_health(accounts: MarginAccounts, prover: Prover) -> Callable[[str], Health]:
    """Health of any account at the newest slices, for the API; one request at a time reads the chain."""
    margin = MarginProver(accounts, prover)
    reader = SliceReader(accounts.client, accounts.deployment)
    lock = Lock()

    def health(address: str) -> Health:
        checksummed = Web3.to_checksum_address(address)
        with lock:
            reader.poll()
            accounts.poll()
            return margin.health(accounts.state(checksummed), reader.latest)

    return health


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
