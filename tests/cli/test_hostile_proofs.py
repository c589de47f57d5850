# SPDX-License-Identifier: Apache-2.0
"""Keys and proofs that were made to deceive, as `zkrisk prove` and `zkrisk verify` meet them: refused by name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oracle.statements.bundle import ProofBundle
from prover.artifacts import ArtifactStore, CircuitArtifact, sha256_of
from prover.field import BASE_MODULUS, SCALAR_MODULUS
from prover.prove import Prover
from tests.circuits.equality import presets
from tests.circuits.generators import GENERATORS
from tests.prover.points import twist_point
from tests.prover.test_hostile_keys import CHANGES

ROOT = Path(__file__).resolve().parents[2]
PROVEN, VERIFIED = "option_32", "insolvency_4"
EXPIRY, STRIKE = "17APR26", "61234"


def copy(circuit: str, folder: Path) -> CircuitArtifact:
    """A copy of a built artefact that a test may damage."""
    shutil.copytree(ROOT / "build" / circuit, folder / circuit, ignore=shutil.ignore_patterns("tables*"))
    return ArtifactStore(folder).artifact(circuit)


def match_manifest(artifact: CircuitArtifact) -> None:
    """The manifest with the hashes of the keys as they are now."""
    hashes = {"zkey_sha256": sha256_of(artifact.zkey), "vkey_sha256": sha256_of(artifact.vkey)}
    document = json.loads(artifact.manifest_path.read_text()) | hashes
    artifact.manifest_path.write_text(json.dumps(document))


def proven(run: Any, recording: Path, store: Path, folder: Path) -> Any:
    """`zkrisk prove` of an option with the keys of ``store``."""
    options = [
        "--expiry",
        EXPIRY,
        "--strike",
        STRIKE,
        "--output",
        folder / "proof.json",
        "--artifacts",
        store,
        "--json",
    ]
    return run("prove", recording, *options)


@pytest.mark.parametrize(
    "name", ["gamma is delta", "A base off the curve", "B2 base outside the subgroup", "coordinate of q", "truncated"]
)
def test_proving_with_a_hostile_key_is_refused_as_corrupt_key(
    run: Any, recording: Path, tmp_path: Path, name: str
) -> None:
    artifact = copy(PROVEN, tmp_path / "store")
    content = bytearray(artifact.zkey.read_bytes())
    CHANGES[name](content)
    artifact.zkey.write_bytes(content)
    match_manifest(artifact)
    outcome = proven(run, recording, tmp_path / "store", tmp_path)
    assert (outcome.code, outcome.json["error"]) == (2, "CorruptKey")
    assert not (tmp_path / "proof.json").exists()


def test_proving_with_an_edited_key_or_another_circuits_files_is_refused(
    run: Any, recording: Path, tmp_path: Path
) -> None:
    artifact = copy(PROVEN, tmp_path / "store")
    other = ArtifactStore(ROOT / "build").artifact(VERIFIED)
    whole = artifact.zkey.read_bytes()
    artifact.zkey.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert proven(run, recording, tmp_path / "store", tmp_path).json["error"] == "CorruptKey"
    shutil.copyfile(other.zkey, artifact.zkey)
    shutil.copyfile(other.vkey, artifact.vkey)
    match_manifest(artifact)
    assert proven(run, recording, tmp_path / "store", tmp_path).json["error"] == "CorruptKey"


def test_the_witness_generator_of_another_circuit_is_refused(run: Any, recording: Path, tmp_path: Path) -> None:
    artifact = copy(PROVEN, tmp_path / "store")
    other = ArtifactStore(ROOT / "build").artifact(VERIFIED)
    shutil.copyfile(other.wasm, artifact.wasm)
    artifact.library_path.unlink(missing_ok=True)
    assert proven(run, recording, tmp_path / "store", tmp_path).json["error"] == "CorruptArtifact"
    document = json.loads(artifact.manifest_path.read_text()) | {"wasm_sha256": sha256_of(artifact.wasm)}
    artifact.manifest_path.write_text(json.dumps(document))
    outcome = proven(run, recording, tmp_path / "store", tmp_path)
    assert (outcome.code, outcome.json["error"]) == (2, "UnknownSignal")


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """A proof document of a small statement."""
    template, sizes = presets()[VERIFIED]
    statement = GENERATORS[template](sizes, 1).statement
    proof = Prover(ArtifactStore(ROOT / "build")).prove(VERIFIED, statement.circuit_inputs())
    return ProofBundle(statement, proof).to_json()


def verified(run: Any, document: object, folder: Path, *options: object) -> tuple[int, str]:
    """Exit status and error of `zkrisk verify`."""
    path = folder / "proof.json"
    path.write_text(json.dumps(document))
    outcome = run("verify", path, *options, "--json")
    return outcome.code, outcome.json.get("error", "none")


Change = Callable[[dict[str, Any]], None]


def _words(*path: Any, add: int) -> Change:
    def change(document: dict[str, Any]) -> None:
        place = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = str(int(place[path[-1]]) + add)

    return change


def _outside_subgroup(document: dict[str, Any]) -> None:
    point = [[str(value) for value in element] for element in twist_point()]
    document["proof"]["pi_b"] = [*point, ["1", "0"]]


FORGERIES: dict[str, tuple[Change, set[str]]] = {
    "A with q added": (_words("proof", "pi_a", 0, add=BASE_MODULUS), {"InvalidProof"}),
    "B with q added": (_words("proof", "pi_b", 0, 0, add=BASE_MODULUS), {"InvalidProof"}),
    "C with q added": (_words("proof", "pi_c", 1, add=BASE_MODULUS), {"InvalidProof"}),
    "A off the curve": (_words("proof", "pi_a", 1, add=1), {"InvalidProof"}),
    "B off the curve": (_words("proof", "pi_b", 1, 0, add=1), {"InvalidProof"}),
    "B outside the subgroup": (_outside_subgroup, {"InvalidProof"}),
    "public signal with r added": (_words("publics", 0, add=SCALAR_MODULUS), {"SignalOutOfField"}),
    "another public signal": (_words("publics", 1, add=1), {"InvalidProof", "SignalOutOfField"}),
}


def test_the_document_verifies_as_it_is(run: Any, document: dict[str, Any], tmp_path: Path) -> None:
    assert verified(run, document, tmp_path) == (0, "none")


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_document_is_refused_by_name(run: Any, document: dict[str, Any], tmp_path: Path, name: str) -> None:
    change, errors = FORGERIES[name]
    forged = json.loads(json.dumps(document))
    change(forged)
    code, error = verified(run, forged, tmp_path)
    assert code == 2
    assert error in errors


def test_a_verification_key_whose_gamma_is_delta_is_refused(run: Any, document: dict[str, Any], tmp_path: Path) -> None:
    artifact = copy(VERIFIED, tmp_path / "store")
    key = json.loads(artifact.vkey.read_text())
    artifact.vkey.write_text(json.dumps(key | {"vk_delta_2": key["vk_gamma_2"]}))
    assert verified(run, document, tmp_path, "--artifacts", tmp_path / "store") == (2, "CorruptKey")
    match_manifest(artifact)
    assert verified(run, document, tmp_path, "--artifacts", tmp_path / "store") == (2, "CorruptKey")
