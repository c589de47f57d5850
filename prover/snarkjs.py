# SPDX-License-Identifier: Apache-2.0
"""The reference backend: proofs by snarkjs in a subprocess, several times slower, where the compiled module is missing."""

from __future__ import annotations

import json
import logging
import subprocess
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from prover.artifacts import ArtifactStore, CircuitArtifact
from prover.engine import EngineOptions
from prover.errors import ConstraintViolated, NativeFailure, ProverError, UnknownSignal
from prover.nativelib import native_available
from prover.proof import Proof, Timings
from prover.prove import ProofSource, Prover
from prover.tools import node_command
from prover.verify import verify
from prover.witness import Inputs, flatten

log = logging.getLogger(__name__)

FALLBACK = (
    "zkrisk_native is not installed: verifying takes a second, proofs by snarkjs take seconds each, new keys and ceremonies "
    "are not possible; "
    "install Rust's cargo and run `make setup`"
)

_TIMEOUT_S = 600
_WORDS_SHOWN = 500
_UNKNOWN_SIGNAL = ("Signal not found", "Not all inputs have been set", "Too many", "Not enough", "is not defined")


class SnarkjsProver:
    """Proves with snarkjs from `root`/node_modules for the circuits of a store; safe to use from several threads."""

    def __init__(self, store: ArtifactStore, root: Path, circuits: Iterable[str] = ()) -> None:
        """Raises ToolMissing without node or snarkjs, and as `load` does for `circuits`."""
        self._store = store
        self._command = node_command(root, "snarkjs", "build/cli.cjs")
        for circuit in circuits:
            self.load(circuit)

    def load(self, circuit: str) -> CircuitArtifact:
        """The artefact, after comparing its files with the manifest. Raises ArtifactMissing, CorruptArtifact, CorruptKey."""
        artifact = self._store.circuit(circuit)
        artifact.require_intact()
        return artifact

    def prove(self, circuit: str, inputs: Inputs) -> Proof:
        """A verified proof that `inputs` satisfy `circuit`, with timings that include the start of node.

        Raises SignalOutOfField, UnknownSignal or ConstraintViolated for the inputs, NativeFailure where snarkjs fails for a
        reason of its own, and as `load` does.
        """
        artifact = self.load(circuit)
        document = {name: [str(element) for element in flatten(name, signal)] for name, signal in inputs.items()}
        with tempfile.TemporaryDirectory() as folder:
            paths = {
                name: Path(folder, name) for name in ("input.json", "wtns", "proof.json", "public.json", "wasm.wasm")
            }
            paths["input.json"].write_text(json.dumps(document), encoding="utf-8")
            paths["wasm.wasm"].symlink_to(artifact.wasm.resolve())
            started = time.perf_counter()
            self._run(circuit, "wtns", "calculate", paths["wasm.wasm"], paths["input.json"], paths["wtns"])
            calculated = time.perf_counter()
            outputs = (paths["proof.json"], paths["public.json"])
            self._run(circuit, "groth16", "prove", artifact.zkey, paths["wtns"], *outputs)
            proved = time.perf_counter()
            texts = [path.read_text(encoding="utf-8") for path in outputs]
        proof = Proof.from_json(circuit, texts[0], texts[1])
        verify(proof, artifact.verification_key())
        timings = Timings(
            witness_ms=1e3 * (calculated - started),
            prove_ms=1e3 * (proved - calculated),
            verify_ms=1e3 * (time.perf_counter() - proved),
        )
        return replace(proof, timings=timings)

    def _run(self, circuit: str, *arguments: str | Path) -> None:
        command = [*self._command, *map(str, arguments)]
        try:
            outcome = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NativeFailure("snarkjs", circuit, str(error)) from error
        if outcome.returncode != 0:
            raise _named(circuit, f"{outcome.stdout}\n{outcome.stderr}".strip())


def _named(circuit: str, words: str) -> ProverError:
    if "Assert Failed" in words:
        return ConstraintViolated("inputs", circuit, words[-_WORDS_SHOWN:])
    if any(phrase in words for phrase in _UNKNOWN_SIGNAL):
        return UnknownSignal("inputs", circuit, words[-_WORDS_SHOWN:])
    return NativeFailure("snarkjs", circuit, words[-_WORDS_SHOWN:])


def open_prover(
    store: ArtifactStore, root: Path, circuits: Iterable[str] = (), options: EngineOptions | None = None
) -> ProofSource:
    """The native prover, else, with one line in the log that says what is lost, the one of snarkjs.

    Raises as the constructor of the one that is opened.
    """
    if native_available():
        return Prover(store, circuits, options)
    log.warning(FALLBACK)
    return SnarkjsProver(store, root, circuits)
