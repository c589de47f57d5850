# SPDX-License-Identifier: Apache-2.0
"""Witnesses: from named input signals to the value of every wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from prover.errors import UnknownSignal
from prover.field import require_signals
from prover.nativelib import require_native, translated

if TYPE_CHECKING:
    from zkrisk_native import WitnessGenerator

Signal: TypeAlias = "int | Sequence[Signal]"
"""An element in [0, r), or a row-major array of them, nested as in circom or already flat."""

Inputs: TypeAlias = Mapping[str, Signal]
"""Input signals of a circuit by name."""


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
        elif isinstance(item, Sequence) and not isinstance(item, (str, bytes)):
            pending.extend(reversed(item))
        else:
            raise UnknownSignal(name, item, "must be an integer or an array of integers")
    require_signals(name, elements)
    return elements


class WitnessCalculator:
    """The compiled witness generator of one circuit; resident, safe to use from several threads."""

    def __init__(self, circuit: str, wasm: Path) -> None:
        """Compile the WebAssembly. Raises NativeMissing, CorruptKey for what is not circom's, NativeFailure."""
        self._circuit = circuit
        with translated("wasm", wasm):
            self._generator: WitnessGenerator = require_native().WitnessGenerator.load(wasm)

    def calculate(self, inputs: Inputs) -> bytes:
        """The witness, one 32-byte little-endian word per wire: 1, outputs, public inputs, the rest.

        Raises SignalOutOfField, UnknownSignal (missing, unknown, wrong number of elements) or ConstraintViolated, which
        names the template and the line of the broken rule.
        """
        signals = [(name, flatten(name, signal)) for name, signal in inputs.items()]
        with translated("inputs", self._circuit):
            return self._generator.calculate(signals)
