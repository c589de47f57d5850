# SPDX-License-Identifier: Apache-2.0
"""What ``zkrisk doctor`` looks at on this machine: programs, packages, circuits, contracts.

A part that is missing degrades: recordings can be read and proofs verified. A part that is there and wrong is unsafe.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from oracle.chain.artifacts import CONTRACTS, ContractArtifacts
from oracle.cli.circuits import PRESETS, circuit_state, is_wanting
from oracle.errors import RiskOracleError
from oracle.registry.layout import load_presets
from prover.artifacts import ArtifactStore
from prover.errors import ProverError
from prover.nativelib import require_native
from prover.tools import npm_version

OK, DEGRADED, UNSAFE = "ok", "degraded", "unsafe"
PYTHON = (3, 11)
NODE_MAJOR = 20
NPM_PACKAGES = ("circom2", "snarkjs", "solc")
FOUNDRY = ("anvil", "forge", "cast")
C_COMPILERS = ("cc", "gcc", "clang")
VERSION_TIMEOUT_S = 10


@dataclass(frozen=True)
class Check:
    """One part: its state, what was found, and how to get it where it is not ok."""

    part: str
    state: str
    found: str
    remedy: str = ""


def check_machine(root: Path) -> Iterator[Check]:
    """Programs and packages."""
    version = ".".join(map(str, sys.version_info[:3]))
    python = OK if sys.version_info >= PYTHON else UNSAFE
    yield Check(
        "python", python, version, "" if python == OK else "install Python 3.11 or newer (https://www.python.org)"
    )
    yield _node()
    yield _program("npm", ("npm",), "install Node.js 20 or newer with npm (https://nodejs.org)")
    yield _program("cargo", ("cargo",), "install Rust's cargo (https://rustup.rs): it builds the native prover")
    yield _program("C compiler", C_COMPILERS, "install a C toolchain, such as the package build-essential")
    yield _program("make", ("make",), "install make, such as the package build-essential")
    for package in NPM_PACKAGES:
        try:
            yield Check(f"npm {package}", OK, npm_version(root, package))
        except ProverError as error:
            yield Check(f"npm {package}", DEGRADED, str(error), "run `make setup`")
    for binary in FOUNDRY:
        path = root / "node_modules" / "@foundry-rs" / f"{binary}-linux-amd64" / "bin" / binary
        usable = path.is_file() and os.access(path, os.X_OK)
        remedy = "" if usable else "run `make setup`"
        yield Check(binary, OK if usable else DEGRADED, "found" if usable else f"{path} is missing", remedy)
    yield _native()


def _native() -> Check:
    try:
        return Check("native module", OK, f"zkrisk_native {require_native().__version__}")
    except ProverError as error:
        return Check("native module", DEGRADED, str(error), "install Rust's cargo and run `make setup`")


def _node() -> Check:
    remedy = "install Node.js 20 or newer (https://nodejs.org)"
    path = shutil.which("node")
    if path is None:
        return Check("node", DEGRADED, "not on PATH", remedy)
    try:
        outcome = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT_S, check=True
        )
        major = int(outcome.stdout.strip().removeprefix("v").split(".")[0])
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return Check("node", DEGRADED, f"{path} does not tell its version: {error}", remedy)
    if major < NODE_MAJOR:
        return Check("node", DEGRADED, outcome.stdout.strip(), remedy)
    return Check("node", OK, outcome.stdout.strip())


def _program(part: str, names: tuple[str, ...], remedy: str) -> Check:
    found = next((path for path in map(shutil.which, names) if path), None)
    return Check(part, OK, "found") if found else Check(part, DEGRADED, "not on PATH", remedy)


def check_circuits(store: ArtifactStore, root: Path) -> Iterator[Check]:
    """Every preset: files against the manifest, the key against its rules, its kind named."""
    try:
        presets = load_presets(root / PRESETS)
    except (OSError, ValueError) as error:
        yield Check("circuits", DEGRADED, f"{PRESETS}: {error}", "run zkrisk in the repository's root folder")
        return
    for circuit in presets:
        state = circuit_state(store, circuit)
        part = f"circuit {circuit}"
        if state["state"] == "intact":
            yield Check(part, OK, f"{state['n_constraints']:,} constraints, {state['key_kind']} key")
        elif not is_wanting(state, presets):
            yield Check(part, OK, "not built by default; `zkrisk circuits build --all` makes it")
        elif state["state"] == "missing":
            yield Check(part, DEGRADED, state["rule"], "run `make circuits`")
        else:
            yield Check(part, UNSAFE, state["rule"], f"remove {store.path / circuit} and run `make circuits`")


def check_contracts(folder: Path) -> Check:
    """The compiled contracts."""
    artifacts = ContractArtifacts(folder)
    try:
        for name in CONTRACTS:
            artifacts.abi(name)
            artifacts.bytecode(name)
    except (RiskOracleError, KeyError, TypeError) as error:
        return Check("contracts", DEGRADED, str(error), "run `make contracts`")
    return Check("contracts", OK, f"{len(CONTRACTS)} compiled")
