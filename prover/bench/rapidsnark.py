# SPDX-License-Identifier: Apache-2.0
"""rapidsnark v0.0.7 as its Go module distributes it, called in this process.

The library is LGPL-3.0; it is obtained by the user's own Go client, for comparison only, and is no part of the product.
"""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
from pathlib import Path

from prover.errors import InvalidProof, ToolMissing
from prover.proof import Proof

MODULE = "github.com/iden3/go-rapidsnark/prover@v0.0.15"
_TEXT_BYTES = 65_536
_TIMEOUT_S = 600


def library_path(folder: Path) -> Path:
    """Where the shared library is, once built."""
    return folder / "librapidsnark.so"


def build_library(folder: Path) -> Path:
    """The shared library in `folder`, linked there unless it exists. Raises ToolMissing without go, g++ or the module."""
    library = library_path(folder)
    if library.is_file():
        return library
    folder.mkdir(parents=True, exist_ok=True)
    described = _run(["go", "mod", "download", "-json", MODULE], folder)
    vendored = Path(json.loads(described)["Dir"], "rapidsnark_vendor")
    archive, gmp = vendored / "librapidsnark-linux-amd64.a", vendored / "libgmp-linux-amd64.a"
    whole = ["-Wl,--whole-archive", str(archive), "-Wl,--no-whole-archive", str(gmp)]
    _run(["g++", "-shared", "-o", library.name, *whole, "-fopenmp", "-Wl,-z,noexecstack"], folder)
    return library


def _run(command: list[str], folder: Path) -> str:
    program = shutil.which(command[0])
    if program is None:
        raise ToolMissing(command[0], "PATH", "not found: needed to compare with rapidsnark")
    outcome = subprocess.run(
        [program, *command[1:]], cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    if outcome.returncode != 0:
        raise ToolMissing(command[0], " ".join(command), outcome.stderr.strip() or outcome.stdout.strip())
    return outcome.stdout


class Rapidsnark:
    """A resident key; use from one thread at a time."""

    def __init__(self, library: Path, circuit: str, zkey: Path) -> None:
        """Raises InvalidProof where rapidsnark refuses the key."""
        self._library = ctypes.CDLL(str(library))
        self._circuit = circuit
        # The key must outlive the prover, which points into it.
        self._zkey = zkey.read_bytes()
        self._prover = ctypes.c_void_p()
        message = ctypes.create_string_buffer(_TEXT_BYTES)
        size = ctypes.c_ulonglong(len(self._zkey))
        create = self._library.groth16_prover_create
        if create(ctypes.byref(self._prover), self._zkey, size, message, ctypes.c_ulonglong(_TEXT_BYTES)):
            raise InvalidProof("zkey", zkey, message.value.decode())

    def prove(self, wtns_file: bytes) -> Proof:
        """A proof, not yet verified. Raises InvalidProof with rapidsnark's words."""
        proof, publics, message = (ctypes.create_string_buffer(_TEXT_BYTES) for _ in range(3))
        proof_size, publics_size = ctypes.c_ulonglong(_TEXT_BYTES), ctypes.c_ulonglong(_TEXT_BYTES)
        code = self._library.groth16_prover_prove(
            self._prover,
            wtns_file,
            ctypes.c_ulonglong(len(wtns_file)),
            proof,
            ctypes.byref(proof_size),
            publics,
            ctypes.byref(publics_size),
            message,
            ctypes.c_ulonglong(_TEXT_BYTES),
        )
        if code:
            raise InvalidProof("witness", self._circuit, message.value.decode())
        # Its JSON does not name the curve.
        document = {"curve": "bn128", **json.loads(proof.value)}
        return Proof.from_snarkjs(self._circuit, document, json.loads(publics.value))
