# SPDX-License-Identifier: Apache-2.0
"""From a circuit's source to its artefact: compile, make a development key, write the manifest, put all in place."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from prover.artifacts import ArtifactStore, CircuitArtifact, Manifest, sha256_of
from prover.compile import (
    OPTIONS,
    compile_circuit,
    generate_code,
    public_signal_names,
    source_path,
    source_sha256,
)
from prover.constraints import ConstraintKinds, count_kinds
from prover.errors import (
    ArtifactUnwritable,
    CeremonyKeyPresent,
    CompilationFailed,
    CorruptArtifact,
    ProverError,
    ToolMissing,
)
from prover.keys import make_development_key
from prover.library import current_library, cxx_compiler, make_library
from prover.nativelib import require_native, translated
from prover.r1cs import R1cs, read_r1cs_header
from prover.tools import npm_version

Progress = Callable[[str], None]
"""Receives one short line per step."""


def build_circuit(circuit: str, root: Path, store: ArtifactStore, progress: Progress | None = None) -> CircuitArtifact:
    """Build the artefact of `root`/circuits/generated/`circuit`.circom in `store`, a folder below `root`, with a DEV key.

    Does nothing if the artefact is intact and made from the same sources by the same tools; where only the shared library
    of the witness generator or the manifest's counts of constraints are missing, makes those alone. The old artefact stays
    untouched until the new one is complete. Raises CompilationFailed, ToolMissing, NativeMissing, ArtifactMissing for a source
    not found, CorruptArtifact for a store outside `root`, CeremonyKeyPresent where the key of a ceremony would be lost.
    """
    root = root.resolve()
    return build_source(circuit, source_path(root, circuit), root, store, progress)


def build_source(
    circuit: str, main: Path, root: Path, store: ArtifactStore, progress: Progress | None = None
) -> CircuitArtifact:
    """`build_circuit` for a main component in any file `main` below `root`. Raises ArtifactUnwritable on a full disk."""
    report = progress or _silent
    root, main = root.resolve(), main.resolve()
    artifact = ArtifactStore(store.path.resolve()).artifact(circuit)
    if not artifact.folder.is_relative_to(root):
        raise CorruptArtifact("store", store.path, f"the compiler sees only folders below {root}")
    sources = source_sha256(root, main)
    tools = _tool_versions(root)
    current = _current_manifest(artifact, sources, tools)
    try:
        if current is None:
            _require_no_ceremony_key(artifact)
            _build(artifact, main, root, (sources, tools), report)
        else:
            _complete(artifact, current, main, root, report)
    except OSError as error:
        raise ArtifactUnwritable("store", store.path, f"{error.strerror or error}; the old artefact stays") from error
    return artifact


def _build(
    artifact: CircuitArtifact, main: Path, root: Path, made_from: tuple[str, dict[str, str]], report: Progress
) -> None:
    """Makes the artefact in a temporary folder beside its place, then puts it there; ``made_from``: sources hash, tools."""
    circuit = artifact.circuit
    artifact.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{circuit}.", dir=artifact.folder.parent) as workshop:
        fresh = CircuitArtifact(circuit, Path(workshop, "new"))
        fresh.folder.mkdir()
        report(f"{circuit}: compile")
        with_code = _can_make_library()
        compile_circuit(root, main, fresh.folder, with_code)
        with translated("wasm", circuit):
            require_native().WitnessGenerator.load(fresh.wasm)
        report(f"{circuit}: development key")
        make_development_key(fresh.r1cs, fresh.zkey, fresh.vkey)
        manifest = _manifest(fresh, *made_from)
        if with_code:
            _make_library(fresh, manifest, report)
        fresh.manifest_path.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        replace_folder(artifact.folder, fresh.folder, Path(workshop, "old"))
    report(f"{circuit}: {manifest.n_constraints} constraints, {manifest.key_kind} key")


def _complete(artifact: CircuitArtifact, manifest: Manifest, main: Path, root: Path, report: Progress) -> None:
    """Adds what an artefact that is current otherwise still lacks."""
    counted = manifest.constraint_kinds is not None or manifest.key_kind == "CEREMONY"
    if not counted:
        _add_kinds(artifact, manifest, report)
    if current_library(artifact, manifest) is None and _can_make_library():
        _add_library(artifact, manifest, main, root, report)
    elif counted:
        report(f"{artifact.circuit}: up to date")


def _add_library(artifact: CircuitArtifact, manifest: Manifest, main: Path, root: Path, report: Progress) -> None:
    """Makes the shared library of an artefact that is current otherwise; keys and all else stay as they are."""
    with tempfile.TemporaryDirectory(prefix=f".{artifact.circuit}.", dir=artifact.folder.parent) as workshop:
        fresh = CircuitArtifact(artifact.circuit, Path(workshop))
        report(f"{artifact.circuit}: compile")
        generate_code(root, main, fresh.folder)
        if _make_library(fresh, manifest, report):
            fresh.so.replace(artifact.so)
            fresh.library_path.replace(artifact.library_path)


def _add_kinds(artifact: CircuitArtifact, manifest: Manifest, report: Progress) -> None:
    """Counts constraints for a manifest that does not; keys and all else stay as they are."""
    report(f"{artifact.circuit}: count constraints")
    counted = manifest.model_copy(update={"constraint_kinds": _kinds(artifact)})
    with tempfile.TemporaryDirectory(prefix=f".{artifact.circuit}.", dir=artifact.folder.parent) as workshop:
        fresh = CircuitArtifact(artifact.circuit, Path(workshop))
        fresh.manifest_path.write_text(counted.model_dump_json(indent=2) + "\n", encoding="utf-8")
        fresh.manifest_path.replace(artifact.manifest_path)


def _kinds(artifact: CircuitArtifact) -> ConstraintKinds:
    return count_kinds(R1cs.load(artifact.r1cs).constraints)


def _make_library(artifact: CircuitArtifact, manifest: Manifest, report: Progress) -> bool:
    """Whether a shared library was made; without it the WebAssembly serves, several times slower."""
    report(f"{artifact.circuit}: witness library")
    try:
        make_library(artifact, manifest)
    except CompilationFailed as error:
        report(f"{artifact.circuit}: no witness library, witnesses take longer: {error.rule}")
        return False
    return True


def _can_make_library() -> bool:
    try:
        cxx_compiler()
    except ToolMissing:
        return False
    return True


def _manifest(artifact: CircuitArtifact, sources: str, tools: dict[str, str]) -> Manifest:
    header = read_r1cs_header(artifact.r1cs)
    return Manifest(
        circuit=artifact.circuit,
        source_sha256=sources,
        r1cs_sha256=sha256_of(artifact.r1cs),
        wasm_sha256=sha256_of(artifact.wasm),
        vkey_sha256=sha256_of(artifact.vkey),
        zkey_sha256=sha256_of(artifact.zkey),
        n_constraints=header.n_constraints,
        constraint_kinds=_kinds(artifact),
        n_wires=header.n_wires,
        n_public=header.n_public,
        public_signals=public_signal_names(artifact.folder),
        key_kind="DEV",
        tools=tools,
    )


def _current_manifest(artifact: CircuitArtifact, sources: str, tools: dict[str, str]) -> Manifest | None:
    try:
        manifest = artifact.require_intact()
    except ProverError:
        return None
    return manifest if manifest.source_sha256 == sources and manifest.tools == tools else None


def _require_no_ceremony_key(artifact: CircuitArtifact) -> None:
    try:
        kind = artifact.manifest().key_kind
    except ProverError:
        return
    if kind == "CEREMONY":
        rule = (
            "has the key of a ceremony, made for other sources or tools: move it away to build with a development key"
        )
        raise CeremonyKeyPresent("artefact", artifact.folder, rule)


def _tool_versions(root: Path) -> dict[str, str]:
    return {
        "circom2": npm_version(root, "circom2"),
        "circom2_options": " ".join(OPTIONS),
        "zkrisk_native": str(require_native().__version__),
    }


def replace_folder(target: Path, fresh: Path, aside: Path) -> None:
    """Put the folder `fresh` in the place of `target`, which comes back if that fails."""
    if not target.exists():
        fresh.rename(target)
        return
    target.rename(aside)
    try:
        fresh.rename(target)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        aside.rename(target)
        raise


def _silent(_line: str) -> None:
    """Drops a progress line."""
