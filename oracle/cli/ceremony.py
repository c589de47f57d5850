# SPDX-License-Identifier: Apache-2.0
"""``zkrisk ceremony``: keys that no single party could forge proofs with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from oracle.cli.options import ArtifactsOption, ConfigOption
from oracle.cli.output import JsonOption, command
from oracle.cli.settings import load_settings
from oracle.errors import InvalidValue
from prover.artifacts import ArtifactStore
from prover.ceremony import DEFAULT_ITERATIONS_LOG2, Ceremony
from prover.powers import make_powers

app = typer.Typer(no_args_is_help=True, help="Ceremonies: keys made by several parties.")

FolderArgument = Annotated[Path, typer.Argument(help="Folder of the ceremony.")]
BeaconOption = Annotated[str, typer.Option(help="Public randomness from after the last contribution, hexadecimal.")]
IterationsOption = Annotated[int, typer.Option(min=10, max=63, help="log2 of the times that the beacon is hashed.")]


def _beacon_bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise InvalidValue("beacon", text[:80], "must be hexadecimal") from error


@app.command()
def powers(
    path: Annotated[Path, typer.Argument(help="File to write.")],
    power: Annotated[int, typer.Option(min=1, max=28, help="log2 of the largest circuit.")],
    name: Annotated[list[str], typer.Option(help="Contributor; repeat for several.")],
    beacon: BeaconOption,
    iterations_log2: IterationsOption = DEFAULT_ITERATIONS_LOG2,
    as_json: JsonOption = False,
) -> None:
    """Make powers of tau of one's own, for tests and private deployments; import a public ceremony's for value."""
    with command(as_json) as output:
        sha256 = make_powers(power, name, _beacon_bytes(beacon), path, iterations_log2, output.console.print)
        output.result({"path": str(path), "power": power, "sha256": sha256}, f"{path}: SHA-256 {sha256}")


@app.command()
def start(
    circuit: Annotated[str, typer.Argument(help="Circuit id, such as slice_32_16.")],
    folder: Annotated[Path, typer.Argument(help="New folder of the ceremony.")],
    powers: Annotated[Path, typer.Option(help="Powers of tau, prepared for phase 2.")],
    powers_sha256: Annotated[str, typer.Option(help="Their SHA-256 as published.")],
    artifacts: ArtifactsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Begin a ceremony for a built circuit."""
    with command(as_json) as output:
        store = ArtifactStore(load_settings(config, artifacts=artifacts).artifacts)
        ceremony = Ceremony.start(store.circuit(circuit), powers, powers_sha256.lower(), folder)
        digest = ceremony.transcript().circuit_digest
        output.result({"folder": str(folder), "circuit": circuit, "circuit_digest": digest}, f"{circuit}: {digest}")


@app.command()
def contribute(
    folder: FolderArgument,
    name: Annotated[str, typer.Option(help="Who contributes.")],
    as_json: JsonOption = False,
) -> None:
    """Add a contribution and print the hash to publish."""
    with command(as_json) as output:
        step = Ceremony(folder).contribute(name)
        output.result(step.model_dump(), f"{name}: {step.digest}")


@app.command()
def beacon(
    folder: FolderArgument,
    value: Annotated[str, typer.Option("--beacon", help="Public randomness, hexadecimal.")],
    source: Annotated[str, typer.Option(help="Where anyone finds it, such as a chain and block number.")],
    iterations_log2: IterationsOption = DEFAULT_ITERATIONS_LOG2,
    as_json: JsonOption = False,
) -> None:
    """End a ceremony with public randomness."""
    with command(as_json) as output:
        step = Ceremony(folder).beacon("beacon", _beacon_bytes(value), source, iterations_log2)
        output.result(step.model_dump(), f"beacon: {step.digest}")


@app.command()
def verify(folder: FolderArgument, as_json: JsonOption = False) -> None:
    """Verify powers, key and every contribution of a ceremony anew."""
    with command(as_json) as output:
        transcript = Ceremony(folder).verify()
        result: dict[str, Any] = {"valid": True, **transcript.model_dump(mode="json")}
        result["finished"] = transcript.finished
        shown = [f"{step.kind} of {step.name}: {step.digest}" for step in transcript.steps]
        output.result(result, *shown, f"valid, {'finished' if transcript.finished else 'not finished'}")


@app.command()
def export(
    folder: FolderArgument,
    artifacts: ArtifactsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Verify a finished ceremony and put its key in the place of the circuit's development key."""
    with command(as_json) as output:
        store = ArtifactStore(load_settings(config, artifacts=artifacts).artifacts)
        artifact = Ceremony(folder).export(store)
        manifest = artifact.manifest()
        result = {"circuit": artifact.circuit, "key_kind": manifest.key_kind, "zkey_sha256": manifest.zkey_sha256}
        output.result(result, f"{artifact.circuit}: CEREMONY key {manifest.zkey_sha256}")
