# SPDX-License-Identifier: Apache-2.0
"""The ``zkrisk`` command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from oracle.cli import chain, circuits, keys, node
from oracle.cli.demo import Demo
from oracle.cli.options import ArtifactsOption, named_errors
from oracle.cli.verify import verify
from prover.artifacts import ArtifactStore

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(chain.app, name="chain")
app.add_typer(circuits.app, name="circuits")
app.add_typer(keys.app, name="keys")
app.command()(node.node)
app.command()(node.liquidator)
app.command()(node.simulate)
app.command()(verify)


@app.callback()
def root() -> None:
    """Zero-knowledge verifiable risk oracle for options protocols."""


@app.command()
def demo(
    artifacts: ArtifactsOption = None,
    recording: Annotated[Path | None, typer.Option(help="Recording to replay; none: a simulated crash.")] = None,
    stay: Annotated[bool, typer.Option(help="Keep the read API up until Ctrl-C.")] = True,
    api_port: Annotated[int, typer.Option(help="Port of the read API, 0: any.")] = 0,
) -> None:
    """Run the whole path once on a local chain: quotes, proofs, accounts, crash, liquidation."""
    console = Console()
    with named_errors(console):
        Demo(Path.cwd(), ArtifactStore.locate(artifacts), console).run(recording, stay, api_port)
