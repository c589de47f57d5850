# SPDX-License-Identifier: Apache-2.0
"""Keys that were made to deceive, their manifest made to match: each is refused by name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from prover.artifacts import ArtifactStore, CircuitArtifact, sha256_of
from prover.errors import CorruptKey, InvalidProof, InvalidWitness, ProverError
from prover.field import BASE_MODULUS
from prover.keys import make_development_key
from prover.nativelib import require_native, translated
from prover.proof import Proof
from prover.prove import Prover
from prover.vkey import VerificationKey
from prover.witness import Inputs, WitnessCalculator
from tests.prover.points import g2_bytes, montgomery, section, twist_point

G1, G2 = 64, 128
HEADER_POINTS = 4 + 32 + 4 + 32 + 12
"""Where the points of section 2 begin: alpha 1, beta 1, beta 2, gamma 2, delta 1, delta 2."""
GAMMA, DELTA = HEADER_POINTS + 2 * G1 + G2, HEADER_POINTS + 3 * G1 + 2 * G2
OFF_CURVE = montgomery(5) + montgomery(7)


def _put(kind: int, offset: int, point: bytes) -> Callable[[bytearray], None]:
    def change(content: bytearray) -> None:
        first = section(content, kind) + offset
        content[first : first + len(point)] = point

    return change


def _gamma_to_delta(content: bytearray) -> None:
    first = section(content, 2)
    content[first + DELTA : first + DELTA + G2] = content[first + GAMMA : first + GAMMA + G2]


def _coordinate_of_q(content: bytearray) -> None:
    first = section(content, 5)
    content[first : first + 32] = BASE_MODULUS.to_bytes(32, "little")


CHANGES: dict[str, Callable[[bytearray], None]] = {
    "gamma is delta": _gamma_to_delta,
    "A base off the curve": _put(5, 0, OFF_CURVE),
    "B1 base off the curve": _put(6, G1, OFF_CURVE),
    "B2 base off the curve": _put(7, 0, OFF_CURVE + OFF_CURVE),
    "B2 base outside the subgroup": _put(7, G2, g2_bytes(twist_point())),
    "C base off the curve": _put(8, 0, OFF_CURVE),
    "H base off the curve": _put(9, 0, OFF_CURVE),
    "IC off the curve": _put(3, 0, OFF_CURVE),
    "delta outside the subgroup": _put(2, DELTA, g2_bytes(twist_point())),
    "beta outside the subgroup": _put(2, HEADER_POINTS + 2 * G1, g2_bytes(twist_point(40))),
    "coordinate of q": _coordinate_of_q,
    "truncated": lambda content: content.__delitem__(slice(-100, None)),
}


def _match_manifest(artifact: CircuitArtifact) -> None:
    hashes = {"zkey_sha256": sha256_of(artifact.zkey), "vkey_sha256": sha256_of(artifact.vkey)}
    document = json.loads(artifact.manifest_path.read_text()) | hashes
    artifact.manifest_path.write_text(json.dumps(document))


@pytest.mark.parametrize("name", CHANGES)
def test_a_hostile_key_raises_corrupt_key_though_its_hash_is_that_of_the_manifest(
    copied: CircuitArtifact, name: str
) -> None:
    content = bytearray(copied.zkey.read_bytes())
    CHANGES[name](content)
    copied.zkey.write_bytes(content)
    _match_manifest(copied)
    with pytest.raises(CorruptKey):
        Prover(ArtifactStore(copied.folder.parent), ["small"])


def test_the_key_of_another_circuit_raises_corrupt_key(copied: CircuitArtifact, root: Path) -> None:
    other = root / "build" / "insolvency_4"
    shutil.copyfile(other / "zkey", copied.zkey)
    shutil.copyfile(other / "vkey.json", copied.vkey)
    _match_manifest(copied)
    with pytest.raises(CorruptKey, match="does not fit the circuit"):
        Prover(ArtifactStore(copied.folder.parent), ["small"])


def test_another_key_of_the_same_circuit_beside_the_verification_key_yields_no_proof(
    copied: CircuitArtifact, inputs: Inputs, tmp_path: Path
) -> None:
    make_development_key(copied.r1cs, copied.zkey, tmp_path / "unused.json")
    _match_manifest(copied)
    with pytest.raises((InvalidProof, CorruptKey)):
        Prover(ArtifactStore(copied.folder.parent)).prove("small", inputs)


def test_the_witness_of_another_circuit_raises_invalid_witness(
    artifact: CircuitArtifact, inputs: Inputs, root: Path
) -> None:
    witness = WitnessCalculator("small", artifact.wasm).calculate(inputs)
    key = require_native().Key.load(root / "build" / "insolvency_4" / "zkey")
    with pytest.raises(InvalidWitness), translated("witness", "small"):
        key.prove(witness)


def test_json_that_nests_deeply_or_never_ends_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    for text in ("[" * 1_000_000, '{"a":' * 100_000, "[" * 4000, "9" * (2 << 20)):
        with pytest.raises(ProverError):
            Proof.from_json("small", text, "[]")
        (tmp_path / "vkey.json").write_text(text)
        with pytest.raises(CorruptKey):
            VerificationKey.load(tmp_path / "vkey.json")
