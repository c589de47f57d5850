# SPDX-License-Identifier: Apache-2.0
"""Compilation of circuits by circom2, the circom compiler as an npm package.

The compiler runs in a sandbox that sees its working directory and follows no symlinks: it runs from the repository
root, which holds `circuits/` and `node_modules/`, and every path given to it is below that root.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from prover.artifacts import sha256_of
from prover.errors import ArtifactMissing, CompilationFailed
from prover.r1cs import read_r1cs_header, read_symbols
from prover.tools import node_command

CIRCUITS_FOLDER = "circuits"
LIBRARIES = (CIRCUITS_FOLDER, "node_modules")
"""Folders, relative to the root, in which an include is looked up after the folder of the including file."""

OPTIMISATION = "--O2"
OPTIONS = ("--r1cs", "--wasm", "--sym", OPTIMISATION)

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_INCLUDE = re.compile(r'\binclude\s+"([^"\n]+)"\s*;')
_TERMINAL_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_COMPILER_TIMEOUT_S = 3600


def source_path(root: Path, circuit: str) -> Path:
    """The generated file of the main component of `circuit`."""
    return root / CIRCUITS_FOLDER / "generated" / f"{circuit}.circom"


def source_files(root: Path, main: Path) -> list[Path]:
    """`main` and everything that it includes, directly or not, sorted. Raises ArtifactMissing for a file not found."""
    found: set[Path] = set()
    pending = [main]
    while pending:
        path = pending.pop()
        if path in found:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ArtifactMissing("source", path, "cannot be read") from error
        found.add(path)
        for include in _INCLUDE.findall(_COMMENT.sub("", text)):
            pending.append(_resolve(root, path, include))
    return sorted(found)


def source_sha256(root: Path, main: Path) -> str:
    """SHA-256 over the relative paths and the hashes of all sources of `main`. Raises ArtifactMissing."""
    digest = hashlib.sha256()
    for path in source_files(root, main):
        digest.update(f"{path.relative_to(root).as_posix()}\0{sha256_of(path)}\n".encode())
    return digest.hexdigest()


def compile_circuit(root: Path, main: Path, output: Path, with_code: bool = False) -> None:
    """Compile `main` into the files `r1cs`, `wasm` and `sym` of the existing folder `output`, both below `root`.

    `with_code` also leaves there what `generate_code` makes. Raises CompilationFailed with the compiler's words,
    ToolMissing, or ArtifactMissing for a source not found.
    """
    name = main.stem
    produced = {
        output / f"{name}.r1cs": output / "r1cs",
        output / f"{name}.sym": output / "sym",
        output / f"{name}_js" / f"{name}.wasm": output / "wasm",
    }
    if with_code:
        produced |= _code_files(name, output)
    _run_compiler(root, main, output, (*OPTIONS, "--c") if with_code else OPTIONS, produced)


def generate_code(root: Path, main: Path, output: Path) -> None:
    """The files `code.cpp` and `code.dat` of the folder `output`: circom's C++ witness generator and its tables.

    The optimisation is that of `compile_circuit`, since it decides which signals are wires. Raises as that does.
    """
    _run_compiler(root, main, output, ("--c", OPTIMISATION), _code_files(main.stem, output))


def _code_files(name: str, output: Path) -> dict[Path, Path]:
    return {output / f"{name}_cpp" / f"{name}.{kind}": output / f"code.{kind}" for kind in ("cpp", "dat")}


def _run_compiler(
    root: Path, main: Path, output: Path, options: tuple[str, ...], produced: Mapping[Path, Path]
) -> None:
    source_files(root, main)
    command = node_command(root, "circom2", "cli.js")
    libraries = [argument for library in LIBRARIES for argument in ("-l", library)]
    arguments = [str(main.relative_to(root)), *options, *libraries, "-o", str(output.relative_to(root))]
    try:
        outcome = subprocess.run(
            [*command, *arguments],
            cwd=root,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_COMPILER_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CompilationFailed("circuit", main.stem, f"not done in {_COMPILER_TIMEOUT_S} s") from error
    if outcome.returncode != 0 or not all(path.is_file() for path in produced):
        words = _TERMINAL_COLOUR.sub("", f"{outcome.stdout}{outcome.stderr}").strip()
        raise CompilationFailed("circuit", main.stem, words)
    for path, target in produced.items():
        path.rename(target)
    for folder in {path.parent for path in produced} - {output}:
        shutil.rmtree(folder)


def public_signal_names(folder: Path) -> list[str]:
    """Names of the public signals (without `main.`), in order, from the `r1cs` and `sym` files of `folder`."""
    n_public = read_r1cs_header(folder / "r1cs").n_public
    names: dict[int, str] = {}
    for name, wire in read_symbols(folder / "sym").items():
        if 1 <= wire <= n_public and name.startswith("main.") and "." not in name.removeprefix("main."):
            names[wire] = name.removeprefix("main.")
    return [names[wire] for wire in sorted(names)]


def _resolve(root: Path, including: Path, include: str) -> Path:
    candidates = [including.parent / include, *(root / library / include for library in LIBRARIES)]
    for candidate in candidates:
        if candidate.is_file():
            return candidate.resolve()
    raise ArtifactMissing("include", include, f"not found from {including}")
