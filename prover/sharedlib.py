# SPDX-License-Identifier: Apache-2.0
"""A witness generator as a shared library in this process: the one module that calls machine code by hand.

The library is made on this machine by `prover.library`; its five functions are those of `cxx/witness.cpp`. A call takes no
interpreter lock and shares nothing with other calls.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from prover.errors import ConstraintViolated, CorruptArtifact, InvalidWitness, NativeFailure, UnknownSignal
from prover.field import ELEMENT_BYTES

_DONE, _SIGNAL_REJECTED, _CONSTRAINT_FAILED = range(3)
_MESSAGE_BYTES = 2048
_uninitialised_bytes = ctypes.pythonapi.PyBytes_FromStringAndSize
_uninitialised_bytes.argtypes, _uninitialised_bytes.restype = [ctypes.c_char_p, ctypes.c_ssize_t], ctypes.py_object
_FNV_OFFSET, _FNV_PRIME, _U64 = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1


class SharedLibrary:
    """The generator of one circuit. Safe to use from several threads."""

    def __init__(self, circuit: str, path: Path) -> None:
        """Load the library. Raises CorruptArtifact for what is no generator, or a file that others could have written."""
        _require_own(path)
        self._circuit = circuit
        try:
            library = ctypes.CDLL(str(path.resolve()))
            self._witness = library.zkrisk_witness
            self._input_size = library.zkrisk_input_size
            wires, elements = library.zkrisk_wires, library.zkrisk_input_elements
        except (OSError, AttributeError) as error:
            raise CorruptArtifact("so", path, f"is no witness generator: {error}") from error
        self._input_size.argtypes, self._input_size.restype = [ctypes.c_uint64], ctypes.c_uint64
        self._witness.argtypes = [
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_void_p,
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint,
        ]
        self._witness.restype = ctypes.c_int
        self.n_wires = int(wires())
        self.n_input_elements = int(elements())
        self._inputs: dict[str, tuple[int, int]] = {}

    def calculate(self, signals: Sequence[tuple[str, Sequence[int]]], wires: Sequence[int] | None = None) -> bytes:
        """Words (32 bytes, little endian) of `wires`, or of all; `signals` are names with elements in [0, r).

        Raises UnknownSignal (missing, unknown, wrong number of elements), ConstraintViolated, InvalidWitness for a wire
        that there is not, NativeFailure (memory).
        """
        if wires is not None:
            require_wires(wires, self.n_wires)
        hashes = (ctypes.c_uint64 * len(signals))(*self._hashes(signals))
        words = b"".join([x.to_bytes(ELEMENT_BYTES, "little") for _, elements in signals for x in elements])
        chosen = None if wires is None else (ctypes.c_uint32 * len(wires))(*wires)
        count = self.n_wires if wires is None else len(wires)
        # A fresh object that nothing else knows may be written, as the C API says; a copy would cost a tenth of the time.
        out: bytes = _uninitialised_bytes(None, count * ELEMENT_BYTES)
        message = ctypes.create_string_buffer(_MESSAGE_BYTES)
        outcome = self._witness(len(signals), hashes, words, chosen, count, out, message, _MESSAGE_BYTES)
        if outcome == _DONE:
            return out
        text = message.value.decode(errors="replace").strip()
        kinds = {_SIGNAL_REJECTED: UnknownSignal, _CONSTRAINT_FAILED: ConstraintViolated}
        raise kinds.get(outcome, NativeFailure)("inputs", self._circuit, text)

    def _hashes(self, signals: Sequence[tuple[str, Sequence[int]]]) -> list[int]:
        hashes, given = [], 0
        if len({name for name, _ in signals}) != len(signals):
            raise UnknownSignal("inputs", self._circuit, "a signal is given twice")
        for name, elements in signals:
            name_hash, size = self._input(name)
            if not size:
                raise UnknownSignal("inputs", self._circuit, f"has no input signal {name}")
            if len(elements) != size:
                raise UnknownSignal("inputs", self._circuit, f"{name} has {size} elements, {len(elements)} given")
            hashes.append(name_hash)
            given += size
        if given != self.n_input_elements:
            rule = f"missing signals: {given} elements given, the circuit has {self.n_input_elements}"
            raise UnknownSignal("inputs", self._circuit, rule)
        return hashes

    def _input(self, name: str) -> tuple[int, int]:
        if name not in self._inputs:
            name_hash = _fnv1a(name)
            size = int(self._input_size(name_hash))
            if not size:
                return name_hash, 0
            self._inputs[name] = name_hash, size
        return self._inputs[name]


def require_wires(wires: Sequence[int], n_wires: int) -> None:
    """Raise InvalidWitness at the first of `wires` that is not in [0, n_wires)."""
    for wire in wires:
        if not 0 <= wire < n_wires:
            raise InvalidWitness("wire", wire, f"must be in [0, {n_wires})")


def _fnv1a(name: str) -> int:
    """Hash by which circom's tables know a signal's name."""
    value = _FNV_OFFSET
    for byte in name.encode():
        value = (value ^ byte) * _FNV_PRIME & _U64
    return value


def _require_own(path: Path) -> None:
    try:
        status = path.stat()
    except OSError as error:
        raise CorruptArtifact("so", path, "cannot be read") from error
    if status.st_uid not in (0, os.geteuid()) or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise CorruptArtifact("so", path, "machine code must belong to this user and be writable by no other")
