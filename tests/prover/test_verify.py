# SPDX-License-Identifier: Apache-2.0
"""Three verifiers accept the same proofs and refuse the same forgeries."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from prover.artifacts import CircuitArtifact
from prover.errors import ArtifactMissing, CorruptKey, InvalidProof, SignalOutOfField, ToolMissing
from prover.field import BASE_MODULUS, SCALAR_MODULUS
from prover.nativelib import require_native
from prover.proof import Proof
from prover.r1cs import decode_witness, read_wtns
from prover.tools import node_command
from prover.verify import verify, verify_independent, verify_snarkjs
from prover.vkey import VerificationKey
from prover.witness import Inputs, WitnessCalculator

Verifier = Callable[[Proof, VerificationKey], None]


@pytest.fixture(params=["native", "py-ecc", "snarkjs"])
def verifier(request: pytest.FixtureRequest, root: Path) -> Verifier:
    """Each of the three verifiers."""
    if request.param == "snarkjs":
        return lambda proof, vkey: verify_snarkjs(proof, vkey, root)
    return verify if request.param == "native" else verify_independent


@pytest.fixture(params=["native", "py-ecc"])
def in_process(request: pytest.FixtureRequest) -> Verifier:
    """The two verifiers that run in this process."""
    return verify if request.param == "native" else verify_independent


def test_every_verifier_accepts_an_honest_proof(verifier: Verifier, proof: Proof, vkey: VerificationKey) -> None:
    verifier(proof, vkey)


@pytest.mark.parametrize("index", range(3))
def test_every_verifier_refuses_another_public_signal(
    verifier: Verifier, proof: Proof, vkey: VerificationKey, index: int
) -> None:
    publics = list(proof.publics)
    publics[index] = (publics[index] + 1) % SCALAR_MODULUS
    with pytest.raises(InvalidProof):
        verifier(replace(proof, publics=tuple(publics)), vkey)


def test_every_verifier_refuses_a_proof_for_another_statement(
    verifier: Verifier, proof: Proof, vkey: VerificationKey
) -> None:
    with pytest.raises(InvalidProof):
        verifier(replace(proof, a=proof.c, c=proof.a), vkey)


@pytest.mark.parametrize("word", range(8))
def test_one_changed_byte_of_any_word_is_refused(
    in_process: Verifier, proof: Proof, vkey: VerificationKey, word: int
) -> None:
    words = list(proof.to_calldata())
    words[word] ^= 1 << 8
    with pytest.raises(InvalidProof):
        in_process(Proof.from_calldata("small", words, proof.publics), vkey)


def test_snarkjs_proves_with_the_development_key(
    artifact: CircuitArtifact, inputs: Inputs, proof: Proof, vkey: VerificationKey, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "inputs.json").write_text(json.dumps(inputs), encoding="utf-8")
    files = [str(tmp_path / name) for name in ("wtns", "proof.json", "public.json")]
    snarkjs = node_command(root, "snarkjs", "build/cli.cjs")
    calculate = [*snarkjs, "wtns", "calculate", str(artifact.wasm), str(tmp_path / "inputs.json"), files[0]]
    subprocess.run(calculate, check=True, capture_output=True, timeout=60)
    prove = [*snarkjs, "groth16", "prove", str(artifact.zkey), *files]
    subprocess.run(prove, check=True, capture_output=True, timeout=60)
    theirs = Proof.from_json("small", *(Path(name).read_text(encoding="utf-8") for name in files[1:]))
    verify(theirs, vkey)
    assert theirs.publics == proof.publics
    assert read_wtns(tmp_path / "wtns") == decode_witness(WitnessCalculator("small", artifact.wasm).calculate(inputs))


def test_a_wrong_number_of_public_signals_is_refused(in_process: Verifier, proof: Proof, vkey: VerificationKey) -> None:
    for publics in ((), proof.publics[:-1], (*proof.publics, 0)):
        with pytest.raises(InvalidProof):
            in_process(replace(proof, publics=publics), vkey)


def test_a_point_outside_the_subgroup_is_refused(in_process: Verifier, proof: Proof, vkey: VerificationKey) -> None:
    with pytest.raises(InvalidProof, match=r"subgroup|G2 point"):
        in_process(replace(proof, b=_point_outside_the_subgroup()), vkey)


def test_a_public_signal_plus_r_cannot_be_represented(proof: Proof) -> None:
    with pytest.raises(SignalOutOfField):
        replace(proof, publics=(*proof.publics[:2], proof.publics[2] + SCALAR_MODULUS))


def test_a_coordinate_plus_q_cannot_be_represented(proof: Proof) -> None:
    with pytest.raises(InvalidProof):
        replace(proof, a=(proof.a[0] + BASE_MODULUS, proof.a[1]))


def test_the_compiled_module_refuses_values_out_of_range(proof: Proof, vkey: VerificationKey) -> None:
    native = require_native()
    publics = [*proof.publics[:2], proof.publics[2] + SCALAR_MODULUS]
    with pytest.raises(native.SignalOutOfRange):
        native.verify(vkey.text, publics, proof.a, proof.b, proof.c)
    a = (proof.a[0] + BASE_MODULUS, proof.a[1])
    with pytest.raises(native.ProofRejected):
        native.verify(vkey.text, proof.publics, a, proof.b, proof.c)
    with pytest.raises(native.KeyRejected):
        native.verify("{}", proof.publics, proof.a, proof.b, proof.c)
    with pytest.raises(OverflowError):
        native.verify(vkey.text, [-1, 0, 0], proof.a, proof.b, proof.c)


def test_verifying_works_without_the_compiled_module(
    monkeypatch: pytest.MonkeyPatch, proof: Proof, vkey: VerificationKey
) -> None:
    monkeypatch.setitem(sys.modules, "zkrisk_native", None)
    verify(proof, vkey)
    with pytest.raises(InvalidProof):
        verify(replace(proof, publics=(0, 0, 0)), vkey)


def test_a_key_whose_gamma_is_delta_raises_corrupt_key(vkey: VerificationKey) -> None:
    document = json.loads(vkey.text)
    document["vk_delta_2"] = document["vk_gamma_2"]
    with pytest.raises(CorruptKey):
        VerificationKey.from_json(json.dumps(document))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("protocol", "plonk"),
        ("curve", "bls12381"),
        ("nPublic", 2),
        ("IC", []),
        ("vk_alpha_1", ["1", "2", "0"]),
        ("vk_alpha_1", [str(BASE_MODULUS), "2", "1"]),
        ("vk_alpha_1", [1, 2, "1"]),
        ("vk_beta_2", None),
    ],
)
def test_a_malformed_key_raises_corrupt_key(vkey: VerificationKey, name: str, value: object) -> None:
    with pytest.raises(CorruptKey):
        VerificationKey.from_json(json.dumps({**json.loads(vkey.text), name: value}))


def test_a_key_that_is_no_json_raises_corrupt_key() -> None:
    with pytest.raises(CorruptKey):
        VerificationKey.from_json("[")


def test_a_key_file_that_is_not_there_raises_artifact_missing(tmp_path: Path) -> None:
    with pytest.raises(ArtifactMissing):
        VerificationKey.load(tmp_path / "vkey.json")


def test_a_root_without_npm_packages_raises_tool_missing(proof: Proof, vkey: VerificationKey, tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match="make setup"):
        verify_snarkjs(proof, vkey, tmp_path)


def _point_outside_the_subgroup() -> tuple[tuple[int, int], tuple[int, int]]:
    """A point of the twist y^2 = x^3 + 3 / (9 + i) with small x; its order is not r.

    Square root for q = 3 mod 4: Adj, Rodriguez-Henriquez, "Square root computation over even extension fields", alg. 9.
    """
    from py_ecc.fields import bn128_FQ2 as FQ2

    constant = FQ2([3, 0]) / FQ2([9, 1])
    for real in range(1, 100):
        square = FQ2([real, 0]) ** 3 + constant
        power = square ** ((BASE_MODULUS - 3) // 4)
        root = power * square * (power * power * square + FQ2.one()) ** ((BASE_MODULUS - 1) // 2)
        if root * root == square:
            first, second = (int(coefficient) for coefficient in root.coeffs)
            return (real, 0), (first, second)
    raise LookupError("no point found")
