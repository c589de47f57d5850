# SPDX-License-Identifier: Apache-2.0
"""When a shared library is made, made again, and used; and when the WebAssembly serves instead."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import prover.library
from prover.artifacts import ArtifactStore, CircuitArtifact
from prover.build import build_source
from prover.compile import compile_circuit
from prover.errors import CompilationFailed, CorruptArtifact, ToolMissing
from prover.library import cxx_compiler, make_library
from prover.sharedlib import SharedLibrary
from prover.witness import Inputs, WitnessCalculator


@pytest.fixture(scope="module")
def wasm(artifact: CircuitArtifact) -> WitnessCalculator:
    """The small circuit by its WebAssembly."""
    return WitnessCalculator("small", artifact.wasm)


@pytest.mark.parametrize("name", ["so", "library.json"])
def test_without_the_library_or_its_record_the_webassembly_serves(
    copied: CircuitArtifact, wasm: WitnessCalculator, inputs: Inputs, name: str
) -> None:
    (copied.folder / name).unlink()
    calculator = WitnessCalculator.of(copied)
    assert calculator.kind == "wasm"
    assert calculator.calculate(inputs) == wasm.calculate(inputs)


def test_a_library_with_one_byte_changed_is_not_loaded(copied: CircuitArtifact) -> None:
    content = bytearray(copied.so.read_bytes())
    content[len(content) // 2] ^= 1
    copied.so.write_bytes(content)
    assert WitnessCalculator.of(copied).kind == "wasm"


def test_a_library_of_another_circuit_is_not_loaded(copied: CircuitArtifact) -> None:
    text = copied.manifest_path.read_text(encoding="utf-8")
    wasm_sha256 = copied.manifest().wasm_sha256
    copied.manifest_path.write_text(text.replace(wasm_sha256, "0" * 64), encoding="utf-8")
    assert WitnessCalculator.of(copied).kind == "wasm"


def test_a_library_that_others_may_write_is_not_loaded(copied: CircuitArtifact) -> None:
    copied.so.chmod(0o777)
    assert WitnessCalculator.of(copied).kind == "wasm"
    with pytest.raises(CorruptArtifact, match="writable by no other"):
        SharedLibrary("small", copied.so)


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"text"])
def test_a_file_that_is_no_library_raises_corrupt_artifact(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "so"
    path.write_bytes(content)
    with pytest.raises(CorruptArtifact):
        SharedLibrary("small", path)


def test_a_missing_library_alone_is_made_again_and_the_key_stays(
    artifact: CircuitArtifact, root: Path, workshop: Path, inputs: Inputs
) -> None:
    store = ArtifactStore(workshop / "again")
    copied = CircuitArtifact("small", Path(shutil.copytree(artifact.folder, store.path / "small")))
    before = copied.manifest_path.read_bytes(), copied.zkey.read_bytes()
    copied.library_path.unlink()
    build_source("small", workshop / "small.circom", root, store)
    assert WitnessCalculator.of(copied).kind == "so"
    assert (copied.manifest_path.read_bytes(), copied.zkey.read_bytes()) == before
    assert WitnessCalculator.of(copied).calculate(inputs) == WitnessCalculator.of(artifact).calculate(inputs)
    assert [path.name for path in store.path.iterdir()] == ["small"]
    shutil.rmtree(store.path)


def test_without_a_compiler_the_artefact_is_built_without_a_library(
    root: Path, workshop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", str(tmp_path / "no-compiler"))
    with pytest.raises(ToolMissing, match="make circuits"):
        cxx_compiler()
    store = ArtifactStore(workshop / "plain")
    built = build_source("small", workshop / "small.circom", root, store)
    assert not built.so.exists()
    assert WitnessCalculator.of(built).kind == "wasm"
    lines: list[str] = []
    build_source("small", workshop / "small.circom", root, store, lines.append)
    assert lines == ["small: up to date"]
    shutil.rmtree(store.path)


def test_a_compiler_that_fails_costs_the_library_alone_and_one_line(
    root: Path, workshop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = tmp_path / "compiler"
    compiler.write_text("#!/bin/sh\necho 'fatal error: no header' >&2; exit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    store, lines = ArtifactStore(workshop / "failing"), list[str]()
    built = build_source("small", workshop / "small.circom", root, store, lines.append)
    assert WitnessCalculator.of(built).kind == "wasm"
    assert [line for line in lines if "witnesses take longer" in line and "no header" in line]
    assert sorted(path.name for path in built.folder.iterdir()) == sorted(
        ["manifest.json", "r1cs", "sym", "vkey.json", "wasm", "zkey"]
    )
    shutil.rmtree(store.path)


def test_changed_c_sources_make_the_library_stale(
    artifact: CircuitArtifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = Path(shutil.copytree(prover.library.__file__.replace("library.py", "cxx"), tmp_path / "cxx"))
    monkeypatch.setattr(prover.library, "_RUNTIME", runtime)
    assert WitnessCalculator.of(artifact).kind == "so"
    (runtime / "fr.cpp").write_text("// changed\n")
    assert WitnessCalculator.of(artifact).kind == "wasm"


def test_code_that_does_not_compile_raises_compilation_failed(
    artifact: CircuitArtifact, root: Path, workshop: Path
) -> None:
    output = workshop / "code"
    output.mkdir()
    compile_circuit(root, workshop / "small.circom", output, with_code=True)
    assert sorted(path.name for path in output.iterdir()) == ["code.cpp", "code.dat", "r1cs", "sym", "wasm"]
    (output / "code.cpp").write_text("this is no C++", encoding="utf-8")
    made = CircuitArtifact("small", output)
    with pytest.raises(CompilationFailed, match="error"):
        make_library(made, artifact.manifest())
    assert not made.so.exists()
    assert not (output / "code.dat").exists()
    shutil.rmtree(output)
