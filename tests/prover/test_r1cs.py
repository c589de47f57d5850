# SPDX-License-Identifier: Apache-2.0
"""The independent checker of witnesses."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.artifacts import CircuitArtifact
from prover.errors import ArtifactMissing, CorruptArtifact, InvalidWitness
from prover.field import SCALAR_MODULUS
from prover.poseidon import poseidon
from prover.r1cs import R1cs, decode_witness, encode_witness, read_symbols, read_wtns
from prover.witness import Inputs, WitnessCalculator


@pytest.fixture(scope="module")
def r1cs(artifact: CircuitArtifact) -> R1cs:
    """The constraint system of the small circuit."""
    return R1cs.load(artifact.r1cs)


@pytest.fixture(scope="module")
def words(artifact: CircuitArtifact, inputs: Inputs) -> bytes:
    """A satisfying witness as bytes."""
    return WitnessCalculator("small", artifact.wasm).calculate(inputs)


@pytest.fixture(scope="module")
def witness(words: bytes) -> list[int]:
    """A satisfying witness."""
    return decode_witness(words)


def test_sizes_agree_with_the_manifest(r1cs: R1cs, artifact: CircuitArtifact) -> None:
    manifest = artifact.manifest()
    assert r1cs.header.n_constraints == len(r1cs.constraints) == manifest.n_constraints
    assert r1cs.header.n_public == manifest.n_public == 3
    assert r1cs.header.n_wires == manifest.n_wires


def test_an_honest_witness_violates_nothing(r1cs: R1cs, witness: list[int]) -> None:
    assert r1cs.violated(witness) == []


def test_every_wire_changed_by_one_violates_a_constraint(r1cs: R1cs, witness: list[int]) -> None:
    silent = [
        wire
        for wire in range(1, r1cs.header.n_wires)
        if not r1cs.violated_by_change(witness, wire, (witness[wire] + 1) % SCALAR_MODULUS)
    ]
    assert silent == []


def test_the_quick_check_of_a_change_agrees_with_the_full_one(r1cs: R1cs, witness: list[int]) -> None:
    for wire in range(1, r1cs.header.n_wires, 37):
        changed = list(witness)
        changed[wire] = 12345
        assert r1cs.violated_by_change(witness, wire, 12345) == r1cs.violated(changed)


def test_constraints_and_wires_index_each_other(r1cs: R1cs) -> None:
    pairs = {(number, wire) for number in range(len(r1cs.constraints)) for wire in r1cs.wires_of(number)}
    back = {(number, wire) for wire in range(r1cs.header.n_wires) for number in r1cs.constraints_of(wire)}
    assert pairs == back


def test_symbols_find_the_public_signals(artifact: CircuitArtifact, witness: list[int]) -> None:
    symbols = read_symbols(artifact.sym)
    assert [symbols[f"main.{name}"] for name in ("digest", "y", "z")] == [1, 2, 3]
    assert witness[symbols["main.digest"]] == poseidon([3, 15])


def test_a_witness_of_wrong_length_or_first_wire_raises_invalid_witness(r1cs: R1cs, witness: list[int]) -> None:
    for broken in (witness[:-1], [0, *witness[1:]]):
        with pytest.raises(InvalidWitness):
            r1cs.violated(broken)


def test_words_and_wires_convert_both_ways(words: bytes, witness: list[int]) -> None:
    assert encode_witness(witness) == words


def test_words_and_wires_outside_the_field_raise_invalid_witness() -> None:
    for words in (bytes(31), SCALAR_MODULUS.to_bytes(32, "little")):
        with pytest.raises(InvalidWitness):
            decode_witness(words)
    for wire in (-1, SCALAR_MODULUS):
        with pytest.raises(InvalidWitness):
            encode_witness([wire])


def test_a_witness_file_of_snarkjs_is_read(words: bytes, witness: list[int], tmp_path: Path) -> None:
    path = tmp_path / "wtns"
    path.write_bytes(_wtns(words))
    assert read_wtns(path) == witness


def test_files_that_are_cut_or_foreign_raise_corrupt_artifact(artifact: CircuitArtifact, tmp_path: Path) -> None:
    content = artifact.r1cs.read_bytes()
    path = tmp_path / "r1cs"
    for broken in (b"", b"r1cs", content[:-1], content[:60], b"wtns" + content[4:], content[:16]):
        path.write_bytes(broken)
        with pytest.raises(CorruptArtifact):
            R1cs.load(path)
    path.write_bytes(_wtns(bytes(32))[:-32])
    with pytest.raises(CorruptArtifact):
        read_wtns(path)


def test_files_that_are_not_there_raise_artifact_missing(tmp_path: Path) -> None:
    for reader in (R1cs.load, read_wtns, read_symbols):
        with pytest.raises(ArtifactMissing):
            reader(tmp_path / "nothing")


def test_a_symbol_table_with_a_broken_line_raises_corrupt_artifact(tmp_path: Path) -> None:
    path = tmp_path / "sym"
    path.write_text("1,1,72,main.digest\n2,x\n", encoding="utf-8")
    with pytest.raises(CorruptArtifact):
        read_symbols(path)


def _wtns(words: bytes) -> bytes:
    n_wires = len(words) // 32
    header = (32).to_bytes(4, "little") + SCALAR_MODULUS.to_bytes(32, "little") + n_wires.to_bytes(4, "little")
    sections = b"".join(
        kind.to_bytes(4, "little") + len(content).to_bytes(8, "little") + content
        for kind, content in ((1, header), (2, words))
    )
    return b"wtns" + (2).to_bytes(4, "little") + (2).to_bytes(4, "little") + sections
