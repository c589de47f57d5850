# SPDX-License-Identifier: Apache-2.0
"""The ``zkrisk`` command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from oracle.cli.demo import Demo
from oracle.errors import RiskOracleError
from prover.artifacts import ArtifactStore
from prover.errors import ProverError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
ArtifactsOption = Annotated[Path | None, typer.Option("--artifacts", help="Folder of circuit artefacts.")]


@app.callback()
def root() -> None:
    """Zero-knowledge verifiable risk oracle for options protocols."""


@app.command()
def demo(
    artifacts: ArtifactsOption = None,
    stay: Annotated[bool, typer.Option(help="Keep the read API up until Ctrl-C.")] = True,
    api_port: Annotated[int, typer.Option(help="Port of the read API, 0: any.")] = 0,
) -> None:
    """Run the whole path once on a local chain: quotes, proofs, accounts, crash, liquidation."""
    console = Console()
    try:
        Demo(Path.cwd(), ArtifactStore.locate(artifacts), console).run(stay, api_port)
    except (RiskOracleError, ProverError) as error:
        console.print(f"[red]{type(error).__name__}[/]: {error}")
        raise typer.Exit(2) from error
