# SPDX-License-Identifier: Apache-2.0
"""Building artefacts and finding them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import prover.artifacts
import prover.build
from prover.artifacts import ENVIRONMENT_VARIABLE, ArtifactStore, CircuitArtifact, sha256_of
from prover.build import build_circuit, build_source
from prover.compile import source_files, source_sha256
from prover.errors import (
    ArtifactMissing,
    ArtifactUnwritable,
    CompilationFailed,
    CorruptArtifact,
    CorruptKey,
    DevelopmentKey,
    NativeFailure,
    NativeMissing,
    ToolMissing,
)
from prover.keys import make_development_key
from prover.nativelib import require_native


def test_the_manifest_names_the_circuit_its_signals_and_its_key(artifact: CircuitArtifact) -> None:
    manifest = artifact.require_intact()
    assert manifest.public_signals == ["digest", "y", "z"]
    assert (manifest.circuit, manifest.n_public, manifest.key_kind) == ("small", 3, "DEV")
    assert manifest.r1cs_sha256 == sha256_of(artifact.r1cs)


def test_a_development_key_is_refused_where_a_ceremony_key_is_required(artifact: CircuitArtifact) -> None:
    with pytest.raises(DevelopmentKey):
        artifact.require_ceremony_key(1)


def test_an_unchanged_source_is_not_built_again(
    artifact: CircuitArtifact, workshop: Path, root: Path, store: ArtifactStore
) -> None:
    before = sha256_of(artifact.zkey)
    lines: list[str] = []
    build_source("small", workshop / "small.circom", root, store, lines.append)
    assert lines == ["small: up to date"]
    assert sha256_of(artifact.zkey) == before


def test_a_changed_source_is_built_again_and_the_copy_is_replaced(
    artifact: CircuitArtifact, workshop: Path, root: Path
) -> None:
    main = workshop / "changed.circom"
    text = (workshop / "small.circom").read_text(encoding="utf-8")
    main.write_text(text, encoding="utf-8")
    store = ArtifactStore(workshop / "changed")
    first = build_source("changed", main, root, store).manifest()
    main.write_text(text.replace("Range(16)", "Range(17)"), encoding="utf-8")
    second = build_source("changed", main, root, store).require_intact()
    assert second.source_sha256 != first.source_sha256
    assert second.n_constraints == first.n_constraints + 2
    assert [path.name for path in store.path.iterdir()] == ["changed"]
    assert artifact.manifest().n_constraints == first.n_constraints


def test_an_interrupted_build_leaves_the_old_artefact_untouched(
    artifact: CircuitArtifact, workshop: Path, root: Path, store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = artifact.require_intact()
    main = workshop / "interrupted.circom"
    main.write_text((workshop / "small.circom").read_text(encoding="utf-8") + "\n", encoding="utf-8")

    def interrupt(*_paths: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(prover.build, "make_development_key", interrupt)
    with pytest.raises(KeyboardInterrupt):
        build_source("small", main, root, store)
    assert artifact.require_intact() == before
    assert [path.name for path in store.path.iterdir()] == ["small"]


def test_a_failed_replacement_brings_the_old_artefact_back(
    artifact: CircuitArtifact, workshop: Path, root: Path, store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = artifact.require_intact()
    main = workshop / "replaced.circom"
    main.write_text((workshop / "small.circom").read_text(encoding="utf-8") + "\n", encoding="utf-8")
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        if path.name == "new":
            raise OSError("no space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(ArtifactUnwritable, match="no space left"):
        build_source("small", main, root, store)
    monkeypatch.undo()
    assert artifact.require_intact() == before


def test_a_full_disk_raises_native_failure(artifact: CircuitArtifact, tmp_path: Path) -> None:
    with pytest.raises(NativeFailure, match="No space left"):
        make_development_key(artifact.r1cs, Path("/dev/full"), tmp_path / "vkey.json")


def test_a_constraint_system_that_is_cut_raises_corrupt_key(artifact: CircuitArtifact, tmp_path: Path) -> None:
    content = artifact.r1cs.read_bytes()
    broken = tmp_path / "r1cs"
    for end in (0, 4, 12, 40, 90, len(content) // 2, len(content) - 1):
        broken.write_bytes(content[:end])
        with pytest.raises(CorruptKey):
            make_development_key(broken, tmp_path / "zkey", tmp_path / "vkey.json")


def test_a_source_that_does_not_compile_raises_compilation_failed_with_the_words(workshop: Path, root: Path) -> None:
    main = workshop / "broken.circom"
    main.write_text("pragma circom 2.1.6;\ntemplate T() { signal input a; a <== b; }\ncomponent main = T();\n")
    store = ArtifactStore(workshop / "broken")
    with pytest.raises(CompilationFailed, match="error"):
        build_source("broken", main, root, store)
    assert list(store.path.iterdir()) == []


def test_a_source_that_is_not_there_raises_artifact_missing(root: Path, store: ArtifactStore) -> None:
    with pytest.raises(ArtifactMissing):
        build_circuit("no_such_circuit", root, store)


def test_an_include_that_is_not_there_raises_artifact_missing(workshop: Path, root: Path) -> None:
    main = workshop / "lonely.circom"
    main.write_text('include "nowhere.circom";\n', encoding="utf-8")
    with pytest.raises(ArtifactMissing) as caught:
        source_sha256(root, main)
    assert caught.value.value == "nowhere.circom"


def test_sources_are_followed_through_includes_but_not_through_comments(workshop: Path, root: Path) -> None:
    main = workshop / "commented.circom"
    main.write_text('// include "a.circom";\n/* include "b.circom"; */\ninclude "circomlib/circuits/bitify.circom";\n')
    names = [path.name for path in source_files(root, main)]
    assert "commented.circom" in names
    assert "bitify.circom" in names
    assert "aliascheck.circom" in names
    assert "a.circom" not in names


def test_a_store_outside_the_root_raises_corrupt_artifact(workshop: Path, root: Path, tmp_path: Path) -> None:
    with pytest.raises(CorruptArtifact):
        build_source("small", workshop / "small.circom", root, ArtifactStore(tmp_path))


def test_a_root_without_the_compiler_raises_tool_missing(tmp_path: Path) -> None:
    main = tmp_path / "main.circom"
    main.write_text("", encoding="utf-8")
    with pytest.raises(ToolMissing):
        build_source("main", main, tmp_path, ArtifactStore(tmp_path / "store"))


def test_without_the_compiled_module_building_raises_native_missing(
    monkeypatch: pytest.MonkeyPatch, workshop: Path, root: Path
) -> None:
    monkeypatch.setitem(sys.modules, "zkrisk_native", None)
    with pytest.raises(NativeMissing):
        build_source("small", workshop / "small.circom", root, ArtifactStore(workshop / "unbuilt"))


def test_the_store_is_the_option_then_the_environment_then_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    assert ArtifactStore.locate().path == Path("build")
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "from-environment")
    assert ArtifactStore.locate().path == Path("from-environment")
    assert ArtifactStore.locate(Path("from-option")).path == Path("from-option")


def test_the_store_lists_what_it_holds(artifact: CircuitArtifact, store: ArtifactStore, tmp_path: Path) -> None:
    assert store.circuits() == [artifact.circuit]
    assert ArtifactStore(tmp_path / "nothing").circuits() == []


def test_the_packaged_verification_key_serves_where_the_store_has_none(
    artifact: CircuitArtifact, store: ArtifactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ArtifactMissing):
        ArtifactStore(tmp_path).verifying("small")
    monkeypatch.setattr(prover.artifacts, "PACKAGED", artifact.folder.parent)
    assert ArtifactStore(tmp_path).verifying("small").verification_key() == artifact.verification_key()
    monkeypatch.setattr(prover.artifacts, "PACKAGED", tmp_path)
    assert store.verifying("small").folder == artifact.folder
    with pytest.raises(ArtifactMissing):
        store.verifying("../small")


@pytest.mark.parametrize("name", ["manifest.json", "r1cs", "wasm", "zkey", "vkey.json"])
def test_an_artefact_without_one_of_its_files_raises_artifact_missing(copied: CircuitArtifact, name: str) -> None:
    (copied.folder / name).unlink()
    with pytest.raises(ArtifactMissing) as caught:
        ArtifactStore(copied.folder.parent).circuit("small")
    assert caught.value.field == name


@pytest.mark.parametrize("text", ["", "{}", "[1]"])
def test_a_manifest_that_is_none_raises_corrupt_artifact(copied: CircuitArtifact, text: str) -> None:
    copied.manifest_path.write_text(text, encoding="utf-8")
    with pytest.raises(CorruptArtifact):
        copied.manifest()


def test_a_manifest_of_another_circuit_raises_corrupt_artifact(copied: CircuitArtifact) -> None:
    renamed = copied.folder.rename(copied.folder.parent / "other")
    with pytest.raises(CorruptArtifact):
        CircuitArtifact("other", renamed).manifest()


def test_a_development_key_has_gamma_unequal_delta_and_loads(artifact: CircuitArtifact) -> None:
    key = require_native().Key.load(artifact.zkey)
    assert (key.n_public, key.n_wires) == (3, artifact.manifest().n_wires)
    assert key.domain_size >= artifact.manifest().n_constraints
