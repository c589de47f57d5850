# SPDX-License-Identifier: Apache-2.0
"""``zkrisk circuits``: compile circuits, make development keys."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from oracle.cli.options import ArtifactsOption, named_errors
from oracle.registry.layout import load_presets
from prover.artifacts import ArtifactStore
from prover.build import build_circuit

app = typer.Typer(no_args_is_help=True, help="Circuits and their keys.")


@app.command()
def build(artifacts: ArtifactsOption = None) -> None:
    """Compile every preset and make a development key where sources or tools changed."""
    console = Console()
    root = Path.cwd()
    store = ArtifactStore.locate(artifacts)
    presets = load_presets(root / "circuits" / "presets.json")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with named_errors(console), Progress(*columns, console=console) as progress:
        task = progress.add_task("circuits", total=len(presets))
        for circuit in presets:
            build_circuit(circuit, root, store, lambda line: progress.update(task, description=line))
            progress.advance(task)


@app.callback()
def circuits() -> None:
    """Circuits and their keys."""
