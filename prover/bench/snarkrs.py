# SPDX-License-Identifier: Apache-2.0
"""The snarkrs crates as a process that keeps its key, built by cargo from the folder `peer`."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from prover.artifacts import CircuitArtifact
from prover.bench.workload import Workload
from prover.errors import InvalidProof, ToolMissing
from prover.proof import Proof
from prover.verify import verify

_PACKAGE = "zkrisk-bench-snarkrs"
_TIMEOUT_S = 1800


def program_path(root: Path) -> Path:
    """Where the program is, once built."""
    return root / "target" / "peer" / _PACKAGE


def build_program(root: Path) -> Path:
    """The program, built anew where its sources changed. Raises ToolMissing without cargo or the crates."""
    cargo = shutil.which("cargo")
    if cargo is None:
        raise ToolMissing("cargo", "PATH", "not found: needed to compare with snarkrs")
    command = [cargo, "build", "--locked", "--quiet", "--profile", "peer", "--package", _PACKAGE]
    outcome = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    if outcome.returncode != 0:
        raise ToolMissing("cargo", " ".join(command[1:]), outcome.stderr.strip())
    return program_path(root)


class Snarkrs:
    """A resident key and one witness. A context manager that ends the process and verifies its last proof."""

    def __init__(self, program: Path, workload: Workload) -> None:
        """Raises InvalidProof where snarkrs refuses the key."""
        self._artifact: CircuitArtifact = workload.artifact
        self._outputs = [workload.witness_file.with_suffix(f".{name}.json") for name in ("proof", "public")]
        command = [program, workload.artifact.zkey, workload.witness_file, *self._outputs]
        self._process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._answer()

    def prove(self) -> float:
        """One proof; the milliseconds that the process itself measured. Raises InvalidProof where it ended."""
        if self._process.stdin is None:
            raise InvalidProof("snarkrs", self._artifact.circuit, "has no input")
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._answer())

    def _answer(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise InvalidProof("snarkrs", self._artifact.circuit, f"ended with status {self._process.wait()}")
        return line.strip()

    def __enter__(self) -> Snarkrs:
        return self

    def __exit__(self, kind: object, *_rest: object) -> None:
        self._process.communicate()
        if kind is None:
            proof, publics = (json.loads(path.read_text(encoding="utf-8")) for path in self._outputs)
            verify(Proof.from_snarkjs(self._artifact.circuit, proof, publics), self._artifact.verification_key())
