# SPDX-License-Identifier: Apache-2.0
"""``zkrisk node`` and ``zkrisk liquidator``."""

from __future__ import annotations

import json
import logging
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from prometheus_client import CollectorRegistry
from rich.logging import RichHandler
from web3 import Web3

from oracle.api.app import create_app
from oracle.api.margin import WhatIfMargin
from oracle.api.server import ApiServer
from oracle.bots.health import AccountHealth
from oracle.bots.liquidator import Liquidator
from oracle.bots.margin import MarginProver
from oracle.chain.accounts import MarginAccounts
from oracle.chain.client import ReplayClock
from oracle.chain.slices import SliceReader
from oracle.cli.deployments import connect_deployed, load_deployment
from oracle.cli.options import (
    GRIDS,
    ArtifactsOption,
    ConfigOption,
    DeploymentOption,
    KeystoreOption,
    PasswordOption,
    RpcOption,
    load_key,
    signer_of,
)
from oracle.cli.output import EXIT_DEGRADED, JsonOption, Output, command
from oracle.cli.provers import open_proofs
from oracle.cli.secrets import Redaction
from oracle.cli.settings import load_settings
from oracle.errors import ChainError
from oracle.node.markets import MARKETS
from oracle.node.node import OracleNode
from oracle.node.state import NodeState
from oracle.stream.open_recording import open_recording
from prover.artifacts import ArtifactStore

log = logging.getLogger(__name__)


def node(
    recording: Annotated[Path, typer.Option(help="Recording to replay.")],
    rpc: RpcOption = None,
    deployment: DeploymentOption = None,
    keystore: KeystoreOption = None,
    password_file: PasswordOption = None,
    publisher_keystore: Annotated[
        list[Path] | None, typer.Option(help="Key that signs reports; repeat for each.")
    ] = None,
    replay_clock: Annotated[
        bool | None, typer.Option(help="Set block times from the recording (development chains).")
    ] = None,
    stay: Annotated[bool, typer.Option(help="Keep the read API up after the recording ends.")] = True,
    api_port: Annotated[int | None, typer.Option(help="Port of the read API, 0: any.")] = None,
    artifacts: ArtifactsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the oracle: ingest, fit, sign, prove, submit, serve the read API. Exit status 1 where an epoch failed."""
    with command(as_json) as output, ExitStack() as opened:
        _log_to(output)
        settings = load_settings(
            config,
            rpc_url=rpc,
            deployment=deployment,
            keystore=keystore,
            password_file=password_file,
            publisher_keystores=publisher_keystore or None,
            replay_clock=replay_clock,
            api_port=api_port,
            artifacts=artifacts,
        )
        where = load_deployment(settings)
        keystores: list[Path] = settings.require("publisher_keystores", "--publisher-keystore")
        clock = ReplayClock(Web3(Web3.HTTPProvider(settings.rpc()))) if settings.replay_clock else None
        client = connect_deployed(settings, where, signer_of(settings), clock)
        password: Path = settings.require("password_file", "--password-file")
        publishers = [load_key(path, password) for path in keystores]
        store = ArtifactStore(settings.artifacts)
        registry = CollectorRegistry()
        prover = opened.enter_context(open_proofs(settings, registry))
        state = NodeState(tuple(d.market for d in where.markets))
        engines = {d.market: MarginAccounts(client, d, GRIDS) for d in where.markets}
        loop = OracleNode(MARKETS, prover, publishers, client, where, state, clock.advance if clock else None)
        state.refusals = lambda: loop.ledger.counts
        margin = WhatIfMargin(engines, state.published)
        app = create_app(state, AccountHealth(engines, prover), margin, store, registry=registry)
        with ApiServer(app, settings.api_port) as server:
            log.info("API: %s", server.url)
            for _ in loop.run(open_recording(recording, loop.ledger).events):
                pass
            result = {
                "epochs": state.epochs,
                "failed_epochs": state.failed_epochs,
                "last_error": state.last_error,
                "refused": loop.ledger.counts,
            }
            summary = f"{state.epochs} epochs landed, {state.failed_epochs} failed, {loop.ledger.total} refusals"
            output.result(result, summary)
            if stay:
                _until_interrupted()
        if state.failed_epochs:
            raise typer.Exit(EXIT_DEGRADED)


def liquidator(
    rpc: RpcOption = None,
    deployment: DeploymentOption = None,
    keystore: KeystoreOption = None,
    password_file: PasswordOption = None,
    interval_s: Annotated[float | None, typer.Option(help="Seconds between looks at the chain.")] = None,
    once: Annotated[bool, typer.Option(help="Look once and end.")] = False,
    artifacts: ArtifactsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Watch accounts, prove insolvency, start auctions and bid with the signer's own account."""
    with command(as_json) as output, ExitStack() as opened:
        _log_to(output)
        settings = load_settings(
            config,
            rpc_url=rpc,
            deployment=deployment,
            keystore=keystore,
            password_file=password_file,
            liquidator_interval_s=interval_s,
            artifacts=artifacts,
        )
        where = load_deployment(settings)
        client = connect_deployed(settings, where, signer_of(settings))
        prover = opened.enter_context(open_proofs(settings))
        bots = [
            Liquidator(MarginProver(MarginAccounts(client, d, GRIDS), prover), SliceReader(client, d))
            for d in where.markets
        ]
        liquidated: list[dict[str, Any]] = []
        try:
            while True:
                try:
                    for done in (done for bot in bots for done in bot.step()):
                        liquidated.append({"account": done.account, "price_e6": done.price_e6})
                        output.console.print(f"liquidated {done.account} at {done.price_e6 / 1e6:.2f} USD")
                except ChainError as error:
                    if once:
                        raise
                    log.warning("looking again in %s s: %s", settings.liquidator_interval_s, error)
                if once:
                    break
                time.sleep(settings.liquidator_interval_s)
        except KeyboardInterrupt:
            log.info("ended")
        output.result({"liquidated": liquidated})


class JsonLines(logging.Formatter):
    """One JSON object a line: time (Unix seconds), level, logger, message."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        values = {"time": round(record.created, 3), "level": record.levelname.lower(), "logger": record.name}
        return json.dumps({**values, "message": record.getMessage()})


def _log_to(output: Output) -> None:
    """Logs to standard error as JSON lines with ``--json``, else to the console."""
    handler: logging.Handler
    if output.as_json:
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines())
    else:
        handler = RichHandler(console=output.console, show_path=False)
        handler.setFormatter(logging.Formatter("%(message)s"))
    handler.addFilter(Redaction())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def _until_interrupted() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
