# SPDX-License-Identifier: Apache-2.0
"""Proving with the small circuit, and everything that is refused."""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from prover.artifacts import ArtifactStore, CircuitArtifact
from prover.errors import (
    ArtifactMissing,
    ConstraintViolated,
    CorruptArtifact,
    CorruptKey,
    InvalidProof,
    InvalidWitness,
    NativeMissing,
    SignalOutOfField,
    UnknownSignal,
)
from prover.field import SCALAR_MODULUS
from prover.nativelib import require_native, translated
from prover.poseidon import poseidon
from prover.proof import Proof
from prover.prove import Prover
from prover.r1cs import decode_witness, encode_witness
from prover.verify import verify
from prover.vkey import VerificationKey
from prover.witness import Inputs, WitnessCalculator


def test_the_public_signals_are_digest_value_and_point(proof: Proof) -> None:
    assert proof.publics == (poseidon([3, 15]), 3 + 15 * 7, 7)


def test_a_proof_carries_its_timings(proof: Proof) -> None:
    assert proof.timings is not None
    assert min(proof.timings.witness_ms, proof.timings.prove_ms, proof.timings.verify_ms) > 0
    assert proof.timings.total_ms < 60_000


def test_two_proofs_of_one_statement_differ_and_both_verify(
    prover: Prover, inputs: Inputs, proof: Proof, vkey: VerificationKey
) -> None:
    again = prover.prove("small", inputs)
    verify(again, vkey)
    assert again.to_calldata() != proof.to_calldata()


def test_nested_and_flat_inputs_give_the_same_statement(prover: Prover, proof: Proof) -> None:
    assert prover.prove("small", {"factors": [[3], [5]], "z": [7]}).publics == proof.publics


def test_two_threads_prove_at_once_on_one_prover(prover: Prover, vkey: VerificationKey) -> None:
    factors = [(a, b) for a in (2, 3) for b in (5, 7, 11)]
    with ThreadPoolExecutor(2) as pool:
        proofs = list(pool.map(lambda pair: prover.prove("small", {"factors": pair, "z": 9}), factors))
    for (a, b), proof in zip(factors, proofs, strict=True):
        verify(proof, vkey)
        assert proof.publics == (poseidon([a, a * b]), a + a * b * 9, 9)


def test_proving_in_the_background_leaves_the_event_loop_free(prover: Prover, inputs: Inputs, proof: Proof) -> None:
    async def scenario() -> int:
        task = asyncio.create_task(prover.prove_async("small", inputs))
        ticks = 0
        while not task.done():
            await asyncio.sleep(0)
            ticks += 1
        assert (await task).publics == proof.publics
        return ticks

    assert asyncio.run(scenario()) > 1


@pytest.mark.parametrize("factors", [[1 << 16, 1], [1, SCALAR_MODULUS - 1]])
def test_inputs_that_break_a_rule_raise_constraint_violated(prover: Prover, factors: list[int]) -> None:
    with pytest.raises(ConstraintViolated, match="ToBits"):
        prover.prove("small", {"factors": factors, "z": 7})


@pytest.mark.parametrize(
    "inputs",
    [
        {"factors": [3, 5]},
        {"factors": [3], "z": 7},
        {"factors": [3, 5, 6], "z": 7},
        {"factors": [3, 5], "z": 7, "w": 1},
        {"factors": [3, "5"], "z": 7},
    ],
    ids=["missing", "too few", "too many", "unknown", "text"],
)
def test_inputs_of_another_shape_raise_unknown_signal(prover: Prover, inputs: Inputs) -> None:
    with pytest.raises(UnknownSignal):
        prover.prove("small", inputs)


@pytest.mark.parametrize("value", [SCALAR_MODULUS, SCALAR_MODULUS + 3, 1 << 256, -1, True])
def test_an_input_outside_the_field_raises_signal_out_of_field(prover: Prover, value: int) -> None:
    with pytest.raises(SignalOutOfField) as caught:
        prover.prove("small", {"factors": [3, value], "z": 7})
    assert (caught.value.field, caught.value.value) == ("factors[1]", value)


def test_the_compiled_module_itself_refuses_an_input_outside_the_field(artifact: CircuitArtifact) -> None:
    native = require_native()
    generator = native.WitnessGenerator.load(artifact.wasm)
    with pytest.raises(native.SignalOutOfRange):
        generator.calculate([("factors", [3, SCALAR_MODULUS]), ("z", [7])])
    with pytest.raises(native.SignalRejected):
        generator.calculate([("factors", [3, 5]), ("factors", [3, 5]), ("z", [7])])


def test_a_witness_with_one_wire_changed_yields_no_proof(artifact: CircuitArtifact, inputs: Inputs) -> None:
    key = require_native().Key.load(artifact.zkey)
    wires = decode_witness(WitnessCalculator("small", artifact.wasm).calculate(inputs))
    wires[-1] = (wires[-1] + 1) % SCALAR_MODULUS
    with pytest.raises(InvalidProof), translated("witness", "changed"):
        key.prove(encode_witness(wires))


def test_a_malformed_witness_raises_invalid_witness(artifact: CircuitArtifact, inputs: Inputs) -> None:
    key = require_native().Key.load(artifact.zkey)
    witness = WitnessCalculator("small", artifact.wasm).calculate(inputs)
    out_of_range = witness[:-32] + SCALAR_MODULUS.to_bytes(32, "little")
    for broken in (b"", witness[:-1], witness[:-32], witness + bytes(32), out_of_range, bytes(32) + witness[32:]):
        with pytest.raises(InvalidWitness), translated("witness", "malformed"):
            key.prove(broken)


def test_an_unknown_circuit_raises_artifact_missing(prover: Prover, inputs: Inputs) -> None:
    with pytest.raises(ArtifactMissing):
        prover.prove("slice_0_0", inputs)


@pytest.mark.parametrize("circuit", ["../small", "", "Small", "small/"])
def test_an_id_that_is_no_id_raises_artifact_missing(prover: Prover, inputs: Inputs, circuit: str) -> None:
    with pytest.raises(ArtifactMissing):
        prover.prove(circuit, inputs)


@pytest.mark.parametrize("name", ["zkey", "vkey.json"])
def test_a_key_with_one_byte_changed_raises_corrupt_key(copied: CircuitArtifact, name: str) -> None:
    path = copied.folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(CorruptKey):
        Prover(ArtifactStore(copied.folder.parent), ["small"])


def test_a_changed_witness_generator_raises_corrupt_artifact(copied: CircuitArtifact) -> None:
    copied.wasm.write_bytes(copied.wasm.read_bytes() + b"\0")
    with pytest.raises(CorruptArtifact):
        Prover(ArtifactStore(copied.folder.parent), ["small"])


def test_a_file_that_is_no_key_raises_corrupt_key_in_the_compiled_module(tmp_path: Path) -> None:
    for content in (b"", b"zkey", b"zkey" + b"\xff" * 100):
        path = tmp_path / "zkey"
        path.write_bytes(content)
        with pytest.raises(CorruptKey), translated("zkey", path):
            require_native().Key.load(path)


def test_without_the_compiled_module_proving_raises_native_missing(
    monkeypatch: pytest.MonkeyPatch, artifact: CircuitArtifact, store: ArtifactStore
) -> None:
    monkeypatch.setitem(sys.modules, "zkrisk_native", None)
    with pytest.raises(NativeMissing, match="make setup"):
        Prover(store, [artifact.circuit])
