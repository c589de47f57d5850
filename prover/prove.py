# SPDX-License-Identifier: Apache-2.0
"""The prover: keys stay in memory, every proof is verified before it is returned."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Event, Lock
from typing import TYPE_CHECKING, Literal, Protocol

from prover.artifacts import ArtifactStore, Manifest
from prover.engine import EngineOptions
from prover.errors import CorruptKey, ProofCancelled
from prover.keys import require_sound_key
from prover.nativelib import require_native, translated
from prover.proof import Proof, Timings
from prover.vkey import VerificationKey
from prover.witness import Inputs, WitnessCalculator

if TYPE_CHECKING:
    from zkrisk_native import Key


@dataclass(frozen=True, slots=True)
class _Resident:
    manifest: Manifest
    key: Key
    vkey: VerificationKey
    calculator: WitnessCalculator


Stage = Literal["keys", "witness", "proof"]
"""Steps of a proof, in order; a caller hears of each as it begins."""

Progress = Callable[[Stage], None]


class ProofSource(Protocol):
    """What proves: `Prover` in this process, `ProverPool` in others, `SnarkjsProver` without the compiled module."""

    def prove(self, circuit: str, inputs: Inputs) -> Proof:
        """A verified proof that `inputs` satisfy `circuit`."""
        ...


class Prover:
    """Proves for the circuits of a store. Safe to use from several threads; proofs share one pool of native threads."""

    def __init__(
        self, store: ArtifactStore, circuits: Iterable[str] = (), options: EngineOptions | None = None
    ) -> None:
        """Load the keys of `circuits` now; those of any other circuit at its first proof.

        Raises NativeMissing, ArtifactMissing, CorruptArtifact, CorruptKey, or NativeFailure for an engine that the
        processor does not have.
        """
        require_native()
        self._store = store
        self._options = options or EngineOptions()
        self._resident: dict[str, _Resident] = {}
        self._lock = Lock()
        for circuit in circuits:
            self.load(circuit)

    def load(self, circuit: str) -> Manifest:
        """Bring the keys of `circuit` into memory and return its manifest. Raises as the constructor does."""
        return self._load(circuit).manifest

    def verification_key(self, circuit: str) -> VerificationKey:
        """The verification key of `circuit`. Raises as the constructor does."""
        return self._load(circuit).vkey

    def prove(
        self, circuit: str, inputs: Inputs, progress: Progress | None = None, cancelled: Event | None = None
    ) -> Proof:
        """A verified proof that `inputs` satisfy `circuit`, with timings.

        `progress` hears of each stage as it begins; `cancelled`, once set, ends the work before the next one. Raises
        SignalOutOfField, UnknownSignal or ConstraintViolated for the inputs, ProofCancelled, and as the constructor does.
        """

        def enter(stage: Stage) -> None:
            if cancelled is not None and cancelled.is_set():
                raise ProofCancelled("circuit", circuit, f"withdrawn before the stage {stage}")
            if progress is not None:
                progress(stage)

        enter("keys")
        resident = self._load(circuit)
        enter("witness")
        started = time.perf_counter()
        witness = resident.calculator.calculate(inputs)
        calculated = time.perf_counter()
        enter("proof")
        with translated("circuit", circuit):
            a, b, c, publics, stages = resident.key.prove(witness)
        proved = time.perf_counter()
        verify_ms = dict(stages)["verify_ms"]
        timings = Timings(
            witness_ms=1e3 * (calculated - started),
            prove_ms=1e3 * (proved - calculated) - verify_ms,
            verify_ms=verify_ms,
            stages_ms=tuple(stages),
        )
        return Proof(circuit, a, b, c, tuple(publics), timings)

    async def prove_async(self, circuit: str, inputs: Inputs, progress: Progress | None = None) -> Proof:
        """`prove` in a worker thread, the event loop stays free. A cancelled task ends the work before its next stage."""
        cancelled = Event()
        try:
            return await asyncio.to_thread(self.prove, circuit, inputs, progress, cancelled)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    def _load(self, circuit: str) -> _Resident:
        with self._lock:
            if circuit not in self._resident:
                self._resident[circuit] = self._read(circuit)
            return self._resident[circuit]

    def _read(self, circuit: str) -> _Resident:
        artifact = self._store.circuit(circuit)
        manifest = artifact.require_intact()
        require_sound_key(artifact, manifest)
        key = self._options.load_key(artifact, manifest)
        vkey = VerificationKey.load(artifact.vkey)
        if not key.n_public == vkey.n_public == manifest.n_public or key.n_wires != manifest.n_wires:
            rule = f"does not fit the circuit: {key.n_public} public signals, {key.n_wires} wires"
            raise CorruptKey("zkey", artifact.zkey, rule)
        with translated("vkey", artifact.vkey):
            if not key.verifies_under(vkey.text):
                raise CorruptKey("vkey", artifact.vkey, "is not the verification key of the proving key")
        return _Resident(manifest, key, vkey, WitnessCalculator.of(artifact))
