# SPDX-License-Identifier: Apache-2.0
"""Making of the witness generator as a shared library, from the C++ that circom writes.

Only circom's generated file and its tables are used; field arithmetic and the frame of a calculation are those of the
folder `cxx`, so that neither GMP, an assembler nor a JSON library is needed: a C++17 compiler is enough.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from prover.artifacts import CircuitArtifact, LibraryRecord, Manifest, sha256_of
from prover.errors import CompilationFailed, ToolMissing

COMPILERS = ("g++", "clang++", "c++")
"""Looked up in this order on PATH, unless the environment variable CXX names one."""

REMEDY = "install a C++ compiler, such as the package g++, and run `make circuits`"

_FLAGS = ("-std=c++17", "-fPIC", "-fvisibility=hidden", "-w")
_RUNTIME = Path(__file__).with_name("cxx")
_SOURCES = {"fr.cpp": "-O2", "witness.cpp": "-O1"}  # generated code gains nothing at -O2, which takes twice the time
_REPLACED = {
    "std::cout": "ctx->messages",  # what a template prints is collected for the error that it precedes
    "std::string": "Name",  # made for every component and read by the text of an error alone
    "uint aux_dimensions": "static const uint aux_dimensions",  # to which a name refers
    "= new ": "= new (ctx->arena) ",
}
"""Words of circom's generated code and what stands in their place."""
_TIMEOUT_S = 600
_WORDS_SHOWN = 2000


def cxx_compiler() -> str:
    """Path of the C++ compiler. Raises ToolMissing."""
    named = os.environ.get("CXX")
    for name in (named,) if named else COMPILERS:
        if path := shutil.which(name):
            return path
    raise ToolMissing("C++ compiler", named or "PATH", f"not found: {REMEDY}")


def library_source_sha256(manifest: Manifest) -> str:
    """SHA-256 over what a library is made of: the circuit as it was compiled, the folder `cxx`, the compiler's flags."""
    circuit = f"{manifest.r1cs_sha256}\n{manifest.wasm_sha256}\n"
    digest = hashlib.sha256(f"{circuit}{' '.join((*_FLAGS, *_SOURCES.values()))}\n".encode())
    for path in sorted(_RUNTIME.glob("*.[ch]*")):
        digest.update(f"{path.name}\0{sha256_of(path)}\n".encode())
    return digest.hexdigest()


def current_library(artifact: CircuitArtifact, manifest: Manifest) -> Path | None:
    """The shared library of an artefact, if it is the recorded one and made for the circuit of `manifest`."""
    record = artifact.library()
    return artifact.so if record is not None and record.source_sha256 == library_source_sha256(manifest) else None


def make_library(artifact: CircuitArtifact, manifest: Manifest) -> None:
    """Turn `code.cpp` and `code.dat` of the artefact's folder into `so` and its record; the two are removed.

    Raises ToolMissing without a compiler, CompilationFailed with the compiler's words or after ten minutes.
    """
    circuit, target = artifact.circuit, artifact.so
    code, tables = artifact.folder / "code.cpp", artifact.folder / "code.dat"
    compiler = cxx_compiler()
    text = code.read_text(encoding="utf-8")
    for theirs, ours in _REPLACED.items():
        text = text.replace(theirs, ours)
    code.write_text(text, encoding="utf-8")
    places = [f"-DCIRCUIT_{name}={_quoted(path)}" for name, path in (("SOURCE", code), ("DATA", tables))]
    objects = [artifact.folder / f"{Path(name).stem}.o" for name in _SOURCES]
    try:
        for (name, optimisation), made in zip(_SOURCES.items(), objects, strict=True):
            flags = [*_FLAGS, optimisation, *places, f"-I{_RUNTIME}"]
            _compile(circuit, [compiler, *flags, "-c", str(_RUNTIME / name)], made)
        _compile(circuit, [compiler, "-shared", *map(str, objects)], target)
    finally:
        code.unlink()
        tables.unlink()
        for made in objects:
            made.unlink(missing_ok=True)
    target.chmod(0o755)
    record = LibraryRecord(
        so_sha256=sha256_of(target),
        source_sha256=library_source_sha256(manifest),
        compiler=Path(compiler).name,
    )
    artifact.library_path.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")


def _compile(circuit: str, command: list[str], made: Path) -> None:
    try:
        outcome = subprocess.run(
            [*command, "-o", str(made)],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CompilationFailed("circuit", circuit, f"{command[0]}: {error}") from error
    if outcome.returncode != 0 or not made.is_file():
        raise CompilationFailed("circuit", circuit, f"{command[0]}: {outcome.stderr.strip()[:_WORDS_SHOWN]}")


def _quoted(path: Path) -> str:
    return '"' + str(path.resolve()).replace("\\", "\\\\").replace('"', '\\"') + '"'
