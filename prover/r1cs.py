# SPDX-License-Identifier: Apache-2.0
"""Readers of circom's .r1cs, .wtns and .sym files, and a checker of witnesses that shares no code with the prover."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from struct import Struct
from struct import error as struct_error

from prover.errors import ArtifactMissing, CorruptArtifact, InvalidWitness
from prover.field import ELEMENT_BYTES, SCALAR_MODULUS

LinearCombination = tuple[tuple[int, int], ...]
"""(wire, coefficient in [0, r)) terms of a sum."""

Constraint = tuple[LinearCombination, LinearCombination, LinearCombination]
"""(A, B, C) of A * B = C mod r."""

_U32 = Struct("<I")
_SECTION_HEADER = Struct("<IQ")
_FILE_HEADER = Struct("<4sII")
_R1CS_COUNTS = Struct("<IIIIQI")
_TERM = Struct(f"<I{ELEMENT_BYTES}s")
_PRIME = SCALAR_MODULUS.to_bytes(ELEMENT_BYTES, "little")


@dataclass(frozen=True, slots=True)
class R1csHeader:
    """Sizes of a constraint system. The wires are 1, public outputs, public inputs, private inputs, intermediate
    signals."""

    n_wires: int
    n_outputs: int
    n_public_inputs: int
    n_constraints: int

    @property
    def n_public(self) -> int:
        """Public signals, outputs before inputs."""
        return self.n_outputs + self.n_public_inputs


@dataclass(frozen=True)
class R1cs:
    """A constraint system over [0, r)."""

    header: R1csHeader
    constraints: tuple[Constraint, ...]

    @classmethod
    def load(cls, path: Path) -> R1cs:
        """Read a .r1cs file (a second or two for 40,000 constraints). Raises ArtifactMissing or CorruptArtifact."""
        sections = _sections(path, b"r1cs", 1)
        try:
            header, body = _r1cs_header(path, sections), sections[2]
            position = 0
            constraints = []
            for _ in range(header.n_constraints):
                sums = []
                for _ in range(3):
                    (n_terms,) = _U32.unpack_from(body, position)
                    start, position = position + _U32.size, position + _U32.size + n_terms * _TERM.size
                    if position > len(body):
                        raise CorruptArtifact("r1cs", path, "ends early")
                    terms = _TERM.iter_unpack(body[start:position])
                    sums.append(tuple((wire, int.from_bytes(word, "little")) for wire, word in terms))
                constraints.append((sums[0], sums[1], sums[2]))
            _require_sound(path, header, constraints, len(body) - position)
        except (KeyError, struct_error) as error:
            raise CorruptArtifact("r1cs", path, f"is not a constraint system: {error!r}") from error
        return cls(header, tuple(constraints))

    def violated(self, witness: Sequence[int], among: Iterable[int] | None = None) -> list[int]:
        """Indices, ascending, of the constraints that `witness` breaks; only those in `among` are looked at if given.

        `witness` holds one integer per wire. Raises InvalidWitness unless it has n_wires elements and starts with 1.
        """
        if len(witness) != self.header.n_wires or witness[0] != 1:
            raise InvalidWitness("witness", len(witness), f"must have {self.header.n_wires} elements, the first 1")
        indices = range(len(self.constraints)) if among is None else sorted(among)
        return [index for index in indices if not _holds(self.constraints[index], witness)]

    def violated_by_change(self, witness: Sequence[int], wire: int, value: int) -> list[int]:
        """Indices of the constraints that break when `wire` of the satisfying `witness` takes `value`."""
        changed = list(witness)
        changed[wire] = value
        return self.violated(changed, self.constraints_of(wire))

    def wires_of(self, constraint: int) -> list[int]:
        """Wires, ascending, that the constraint of that index names."""
        return sorted({wire for terms in self.constraints[constraint] for wire, _ in terms})

    def constraints_of(self, wire: int) -> list[int]:
        """Indices, ascending, of the constraints that name `wire`."""
        return self._by_wire.get(wire, [])

    @cached_property
    def _by_wire(self) -> dict[int, list[int]]:
        index: dict[int, list[int]] = {}
        for number in range(len(self.constraints)):
            for wire in self.wires_of(number):
                index.setdefault(wire, []).append(number)
        return index


def read_r1cs_header(path: Path) -> R1csHeader:
    """Sizes in a .r1cs file. Raises ArtifactMissing or CorruptArtifact."""
    try:
        return _r1cs_header(path, _sections(path, b"r1cs", 1))
    except (KeyError, struct_error) as error:
        raise CorruptArtifact("r1cs", path, f"is not a constraint system: {error!r}") from error


def read_wtns(path: Path) -> list[int]:
    """Wires of a .wtns file of snarkjs. Raises ArtifactMissing or CorruptArtifact."""
    sections = _sections(path, b"wtns", 2)
    header, body = sections.get(1, b""), sections.get(2, b"")
    if header[_U32.size : _U32.size + ELEMENT_BYTES] != _PRIME:
        raise CorruptArtifact("wtns", path, "is not a witness over the scalar field of BN254")
    wires = decode_witness(body)
    if header[_U32.size + ELEMENT_BYTES :] != _U32.pack(len(wires)):
        raise CorruptArtifact("wtns", path, "does not hold as many words as its header says")
    return wires


def decode_witness(words: bytes) -> list[int]:
    """Wires in a sequence of 32-byte little-endian words. Raises InvalidWitness for a broken or non-canonical word."""
    if len(words) % ELEMENT_BYTES:
        raise InvalidWitness("witness", len(words), f"must be a multiple of {ELEMENT_BYTES} bytes")
    wires = [
        int.from_bytes(words[start : start + ELEMENT_BYTES], "little") for start in range(0, len(words), ELEMENT_BYTES)
    ]
    for index, value in enumerate(wires):
        if value >= SCALAR_MODULUS:
            raise InvalidWitness(f"witness[{index}]", value, "must be in [0, r)")
    return wires


def encode_witness(wires: Sequence[int]) -> bytes:
    """Inverse of `decode_witness`. Raises InvalidWitness for an element that is not in [0, r)."""
    for index, value in enumerate(wires):
        if not 0 <= value < SCALAR_MODULUS:
            raise InvalidWitness(f"witness[{index}]", value, "must be in [0, r)")
    return b"".join(value.to_bytes(ELEMENT_BYTES, "little") for value in wires)


def read_symbols(path: Path) -> dict[str, int]:
    """Wire by full signal name (`main.digest`), from a .sym file; signals that the optimiser removed are left out.

    Raises ArtifactMissing or CorruptArtifact.
    """
    symbols: dict[str, int] = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            _label, wire, _component, name = line.split(",", 3)
            if int(wire) >= 0:
                symbols[name] = int(wire)
    except OSError as error:
        raise ArtifactMissing("sym", path, "cannot be read") from error
    except ValueError as error:
        raise CorruptArtifact("sym", path, "is not a symbol table of circom") from error
    return symbols


def _holds(constraint: Constraint, witness: Sequence[int]) -> bool:
    left, right, output = (sum(factor * witness[wire] for wire, factor in terms) for terms in constraint)
    return (left * right - output) % SCALAR_MODULUS == 0


def _require_sound(path: Path, header: R1csHeader, constraints: Sequence[Constraint], rest: int) -> None:
    """Raise CorruptArtifact for bytes after the last constraint, a wire that does not exist, a coefficient not below r."""
    if rest or header.n_public >= header.n_wires:
        raise CorruptArtifact("r1cs", path, "has more constraints or public signals than its header says")
    for constraint in constraints:
        for terms in constraint:
            if any(wire >= header.n_wires or factor >= SCALAR_MODULUS for wire, factor in terms):
                raise CorruptArtifact("r1cs", path, "names a wire that does not exist or a coefficient not below r")


def _sections(path: Path, magic: bytes, version: int) -> dict[int, bytes]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ArtifactMissing(magic.decode(), path, "cannot be read") from error
    try:
        found_magic, found_version, n_sections = _FILE_HEADER.unpack_from(content)
        if (found_magic, found_version) != (magic, version):
            raise CorruptArtifact(magic.decode(), path, f"is not a {magic.decode()} file of version {version}")
        sections: dict[int, bytes] = {}
        position = _FILE_HEADER.size
        for _ in range(n_sections):
            kind, length = _SECTION_HEADER.unpack_from(content, position)
            start, position = position + _SECTION_HEADER.size, position + _SECTION_HEADER.size + length
            if position > len(content) or kind in sections:
                raise CorruptArtifact(magic.decode(), path, "ends early or repeats a section")
            sections[kind] = content[start:position]
    except struct_error as error:
        raise CorruptArtifact(magic.decode(), path, "ends early") from error
    return sections


def _r1cs_header(path: Path, sections: dict[int, bytes]) -> R1csHeader:
    header = sections[1]
    if header[_U32.size : _U32.size + ELEMENT_BYTES] != _PRIME:
        raise CorruptArtifact("r1cs", path, "is not over the scalar field of BN254")
    counts = _R1CS_COUNTS.unpack_from(header, _U32.size + ELEMENT_BYTES)
    n_wires, n_outputs, n_public_inputs, _private_inputs, _labels, n_constraints = counts
    return R1csHeader(n_wires, n_outputs, n_public_inputs, n_constraints)
