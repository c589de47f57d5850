# SPDX-License-Identifier: Apache-2.0
"""Encodings of a proof."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from prover.errors import InvalidProof, SignalOutOfField
from prover.field import BASE_MODULUS, SCALAR_MODULUS
from prover.proof import Proof


def test_calldata_orders_the_words_as_the_pairing_precompile_does() -> None:
    proof = Proof("small", (1, 2), ((3, 4), (5, 6)), (7, 8), (9,))
    assert proof.to_calldata() == (1, 2, 4, 3, 6, 5, 7, 8)
    assert proof.size_bytes == 256


def test_calldata_and_json_return_the_same_proof(proof: Proof) -> None:
    assert Proof.from_calldata("small", proof.to_calldata(), proof.publics) == proof
    texts = json.dumps(proof.to_snarkjs()), json.dumps(proof.publics_to_snarkjs())
    assert Proof.from_json("small", *texts) == proof


def test_calldata_of_another_length_raises_invalid_proof(proof: Proof) -> None:
    with pytest.raises(InvalidProof):
        Proof.from_calldata("small", proof.to_calldata()[:7], proof.publics)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("pi_a", 0), "-1"),
        (("pi_a", 0), "0x1"),
        (("pi_a", 0), "01"),
        (("pi_a", 0), 1),
        (("pi_a", 0), str(BASE_MODULUS)),
        (("pi_a", 0), "9" * 5000),
        (("pi_a", 2), "0"),
        (("pi_a",), ["1", "2"]),
        (("pi_b", 2), ["0", "0"]),
        (("pi_b", 0), ["1"]),
        (("pi_b",), None),
        (("protocol",), "plonk"),
        (("curve",), "bls12381"),
    ],
)
def test_a_malformed_json_proof_raises_invalid_proof(proof: Proof, path: tuple[Any, ...], value: object) -> None:
    document: Any = copy.deepcopy(proof.to_snarkjs())
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(InvalidProof):
        Proof.from_snarkjs("small", document, proof.publics_to_snarkjs())


def test_public_signals_out_of_range_raise_signal_out_of_field(proof: Proof) -> None:
    with pytest.raises(SignalOutOfField):
        Proof.from_snarkjs("small", proof.to_snarkjs(), [str(SCALAR_MODULUS)])


@pytest.mark.parametrize("publics", [None, {}, [1], ["a"]])
def test_malformed_public_signals_raise_invalid_proof(proof: Proof, publics: object) -> None:
    with pytest.raises(InvalidProof):
        Proof.from_snarkjs("small", proof.to_snarkjs(), publics)


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_text_that_is_no_proof_raises_invalid_proof(text: str) -> None:
    with pytest.raises(InvalidProof):
        Proof.from_json("small", text, "[]")
