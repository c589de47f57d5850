# SPDX-License-Identifier: Apache-2.0
"""``zkrisk circuits``: compile circuits, make development keys, show what is built."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from oracle.cli.options import ArtifactsOption, ConfigOption
from oracle.cli.output import EXIT_DEGRADED, JsonOption, command, table
from oracle.cli.settings import load_settings
from oracle.errors import ConfigError
from oracle.registry.layout import Preset, load_presets
from prover.artifacts import ArtifactStore
from prover.build import build_circuit
from prover.constraints import ConstraintKinds
from prover.errors import ArtifactMissing, ProverError
from prover.library import REMEDY, current_library

app = typer.Typer(no_args_is_help=True, help="Circuits and their keys.")
PRESETS = Path("circuits/presets.json")


def circuit_state(store: ArtifactStore, circuit: str) -> dict[str, Any]:
    """``state``: intact, missing or corrupt (then ``rule`` says why); sizes, key kind and the witness generator that is
    used (``so`` or ``wasm``) of an intact one."""
    try:
        manifest = store.circuit(circuit).require_intact()
        store.circuit(circuit).verification_key()
    except ArtifactMissing as error:
        return {"circuit": circuit, "state": "missing", "rule": str(error)}
    except ProverError as error:
        return {"circuit": circuit, "state": "corrupt", "rule": str(error)}
    return {
        "circuit": circuit,
        "state": "intact",
        "n_constraints": manifest.n_constraints,
        "constraint_kinds": None if manifest.constraint_kinds is None else manifest.constraint_kinds.model_dump(),
        "n_wires": manifest.n_wires,
        "n_public": manifest.n_public,
        "key_kind": manifest.key_kind,
        "witness": "wasm" if current_library(store.circuit(circuit), manifest) is None else "so",
    }


def is_wanting(state: dict[str, Any], presets: Mapping[str, Preset]) -> bool:
    """Whether a circuit should be there and be intact, and is not: presets not built by default may be missing."""
    return state["state"] == "corrupt" or (state["state"] == "missing" and presets[state["circuit"]].default)


@app.command()
def build(
    every: Annotated[bool, typer.Option("--all", help="Also the presets that are not built by default.")] = False,
    artifacts: ArtifactsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compile the presets and make a development key where sources or tools changed."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with command(as_json) as output:
        root = Path.cwd()
        store = ArtifactStore(load_settings(config, artifacts=artifacts).artifacts)
        presets = [name for name, preset in load_presets(root / PRESETS).items() if every or preset.default]
        with Progress(*columns, console=output.console) as progress:
            task = progress.add_task("circuits", total=len(presets))
            for circuit in presets:
                build_circuit(circuit, root, store, lambda line: progress.update(task, description=line))
                progress.advance(task)
        states = [circuit_state(store, circuit) for circuit in presets]
        slow = [state["circuit"] for state in states if state.get("witness") == "wasm"]
        note = f"no witness library, witnesses take several times longer: {', '.join(slow)}: {REMEDY}"
        output.result({"circuits": states}, *([note] if slow else []))


@app.command("list")
def list_command(artifacts: ArtifactsOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the presets and what is built. Exit status 1 where one is corrupt, or missing although built by default."""
    with command(as_json) as output:
        store = ArtifactStore(load_settings(config, artifacts=artifacts).artifacts)
        presets = load_presets(PRESETS)
        states = [circuit_state(store, circuit) for circuit in presets]
        shown = table("Circuits", "circuit", "state", "key", "constraints", *ConstraintKinds.model_fields, left=3)
        for state in states:
            kinds = state.get("constraint_kinds") or {}
            numbers = (state.get("n_constraints"), *(kinds.get(name) for name in ConstraintKinds.model_fields))
            cells = ("" if number is None else f"{number:,}" for number in numbers)
            shown.add_row(state["circuit"], state["state"], state.get("key_kind", ""), *cells)
        output.result({"artifacts": str(store.path), "circuits": states}, shown)
        if any(is_wanting(state, presets) for state in states):
            raise typer.Exit(EXIT_DEGRADED)


@app.command()
def show(
    circuit: Annotated[str, typer.Argument(help="Circuit id, such as slice_32_16.")],
    artifacts: ArtifactsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a circuit's manifest after comparing its files with it."""
    with command(as_json) as output:
        store = ArtifactStore(load_settings(config, artifacts=artifacts).artifacts)
        presets = load_presets(PRESETS)
        if circuit not in presets:
            raise ConfigError(f"circuit = {circuit!r}: must be one of {sorted(presets)}")
        artifact = store.circuit(circuit)
        manifest = artifact.require_intact()
        sizes = {
            path.name: path.stat().st_size for path in (artifact.r1cs, artifact.wasm, artifact.zkey, artifact.vkey)
        }
        result = {**manifest.model_dump(mode="json"), "folder": str(artifact.folder), "size_bytes": sizes}
        shown = table(circuit, "field", "value", left=2)
        for name, value in result.items():
            shown.add_row(name, str(value))
        output.result(result, shown)
