# SPDX-License-Identifier: Apache-2.0
"""Witnesses: from named input signals to the value of every wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from prover.artifacts import CircuitArtifact
from prover.errors import CorruptArtifact, UnknownSignal
from prover.field import ELEMENT_BYTES, require_signals
from prover.library import current_library
from prover.nativelib import require_native, translated
from prover.r1cs import decode_witness
from prover.sharedlib import SharedLibrary, require_wires

if TYPE_CHECKING:
    from zkrisk_native import WitnessGenerator

Signal: TypeAlias = "int | Sequence[Signal]"
"""An element in [0, r), or a row-major array of them, nested as in circom or already flat."""

Inputs: TypeAlias = Mapping[str, Signal]
"""Input signals of a circuit by name."""

GeneratorKind = Literal["so", "wasm"]


def flatten(name: str, signal: Signal) -> list[int]:
    """Elements of `signal` in row-major order.

    Raises SignalOutOfField, with index and value, for an element that is no integer in [0, r), and UnknownSignal for
    what is neither an integer nor a sequence.
    """
    elements: list[int] = []
    pending: list[Signal] = [signal]
    while pending:
        item = pending.pop()
        if isinstance(item, int):
            elements.append(item)
        elif isinstance(item, list) and set(map(type, item)) == {int}:
            elements.extend(item)
        elif isinstance(item, Sequence) and not isinstance(item, (str, bytes)):
            pending.extend(reversed(item))
        else:
            raise UnknownSignal(name, item, "must be an integer or an array of integers")
    require_signals(name, elements)
    return elements


class WitnessCalculator:
    """The witness generator of one circuit, machine code or WebAssembly; resident, safe to use from several threads."""

    def __init__(self, circuit: str, wasm: Path, so: Path | None = None) -> None:
        """Load the shared library `so` if it is given and fits this machine, else compile the WebAssembly.

        Raises NativeMissing, CorruptKey for what is not circom's, NativeFailure.
        """
        self._circuit = circuit
        self._library = _loaded(circuit, so)
        if self._library is None:
            with translated("wasm", wasm):
                self._generator: WitnessGenerator = require_native().WitnessGenerator.load(wasm)

    @classmethod
    def of(cls, artifact: CircuitArtifact) -> WitnessCalculator:
        """The calculator of an artefact: by its current shared library if there is one, else by its WebAssembly.

        Raises as the constructor does, and ArtifactMissing or CorruptArtifact for the manifest.
        """
        return cls(artifact.circuit, artifact.wasm, current_library(artifact, artifact.manifest()))

    @property
    def kind(self) -> GeneratorKind:
        """What runs: the shared library or the WebAssembly."""
        return "wasm" if self._library is None else "so"

    def calculate(self, inputs: Inputs) -> bytes:
        """The witness, one 32-byte little-endian word per wire: 1, outputs, public inputs, the rest.

        Raises SignalOutOfField, UnknownSignal (missing, unknown, wrong number of elements) or ConstraintViolated, which
        names the template and the line of the broken rule.
        """
        return self._words(inputs, None)

    def values(self, inputs: Inputs, wires: Sequence[int]) -> list[int]:
        """Only the chosen wires of the witness, as integers in [0, r).

        Raises InvalidWitness for a wire that the circuit does not have, else as `calculate` does.
        """
        return decode_witness(self._words(inputs, wires))

    def _words(self, inputs: Inputs, wires: Sequence[int] | None) -> bytes:
        signals = [(name, flatten(name, signal)) for name, signal in inputs.items()]
        if self._library is not None:
            return self._library.calculate(signals, wires)
        with translated("inputs", self._circuit):
            words = self._generator.calculate(signals)
        if wires is None:
            return words
        require_wires(wires, len(words) // ELEMENT_BYTES)
        return b"".join(words[wire * ELEMENT_BYTES : (wire + 1) * ELEMENT_BYTES] for wire in wires)


def _loaded(circuit: str, so: Path | None) -> SharedLibrary | None:
    if so is None:
        return None
    try:
        return SharedLibrary(circuit, so)
    except CorruptArtifact:
        return None
