# SPDX-License-Identifier: Apache-2.0
"""The engines on a key of a setup: what each proves verifies everywhere, and damaged tables are made anew."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from prover.artifacts import ArtifactStore, CircuitArtifact
from prover.build import build_source
from prover.engine import Engine, EngineOptions
from prover.errors import CorruptKey, NativeFailure
from prover.nativelib import require_native
from prover.proof import Proof
from prover.prove import Prover
from prover.verify import verify_independent, verify_snarkjs
from prover.witness import Inputs, WitnessCalculator

TABLE_HEADER_BYTES = 4096


def _has_vectors(artifact: CircuitArtifact) -> bool:
    return bool(require_native().Key.load(artifact.zkey).engine == "vector")


@pytest.fixture
def vectors(artifact: CircuitArtifact) -> None:
    """Skips on a processor without AVX-512 IFMA."""
    if not _has_vectors(artifact):
        pytest.skip("the processor has no AVX-512 IFMA")


def _prover(artifact: CircuitArtifact, engine: Engine = "vector", lean: bool = False) -> Prover:
    return Prover(ArtifactStore(artifact.folder.parent), [artifact.circuit], EngineOptions(engine, lean))


def _damage(tables: Path) -> None:
    """Changes a byte of every point, so that no proof can go right."""
    content = bytearray(tables.read_bytes())
    for place in range(TABLE_HEADER_BYTES, len(content), 64):
        content[place] ^= 1
    tables.write_bytes(content)


@pytest.mark.usefixtures("vectors")
@pytest.mark.parametrize("lean", [False, True])
def test_proofs_of_the_vector_engine_pass_every_verifier(
    copied: CircuitArtifact, inputs: Inputs, proof: Proof, root: Path, lean: bool
) -> None:
    prover = _prover(copied, lean=lean)
    made = prover.prove("small", inputs)
    assert made.publics == proof.publics
    verify_independent(made, prover.verification_key("small"))
    verify_snarkjs(made, prover.verification_key("small"), root)


def test_proofs_of_the_portable_engine_pass_every_verifier(
    copied: CircuitArtifact, inputs: Inputs, proof: Proof, root: Path
) -> None:
    prover = _prover(copied, "portable")
    made = prover.prove("small", inputs)
    assert made.publics == proof.publics
    verify_independent(made, prover.verification_key("small"))
    verify_snarkjs(made, prover.verification_key("small"), root)


def test_the_portable_engine_leaves_no_tables(copied: CircuitArtifact) -> None:
    for lean in (False, True):
        copied.tables(lean).unlink(missing_ok=True)
    _prover(copied, "portable")
    assert not copied.tables(False).exists()


@pytest.mark.usefixtures("vectors")
def test_tables_are_written_once_and_used_again(copied: CircuitArtifact, inputs: Inputs) -> None:
    copied.tables(False).unlink(missing_ok=True)
    _prover(copied).prove("small", inputs)
    written = copied.tables(False).stat()
    _prover(copied).prove("small", inputs)
    again = copied.tables(False).stat()
    assert (written.st_ino, written.st_mtime_ns) == (again.st_ino, again.st_mtime_ns)


@pytest.mark.usefixtures("vectors")
@pytest.mark.parametrize("content", [b"", b"zkrisktb", bytes(TABLE_HEADER_BYTES)])
def test_a_file_that_is_no_table_is_replaced(copied: CircuitArtifact, inputs: Inputs, content: bytes) -> None:
    copied.tables(False).write_bytes(content)
    _prover(copied).prove("small", inputs)
    assert copied.tables(False).stat().st_size > TABLE_HEADER_BYTES


@pytest.mark.usefixtures("vectors")
def test_tables_of_another_key_are_replaced(
    copied: CircuitArtifact, inputs: Inputs, root: Path, workshop: Path
) -> None:
    other_store = ArtifactStore(workshop / "other-key")
    other = build_source("small", workshop / "small.circom", root, other_store)
    _prover(copied)
    other.tables(False).write_bytes(copied.tables(False).read_bytes())
    _prover(other).prove("small", inputs)
    assert other.tables(False).read_bytes() != copied.tables(False).read_bytes()


@pytest.mark.usefixtures("vectors")
def test_damaged_tables_are_found_by_the_false_proof_and_made_anew(copied: CircuitArtifact, inputs: Inputs) -> None:
    _prover(copied)
    intact = copied.tables(False).read_bytes()
    _damage(copied.tables(False))
    _prover(copied).prove("small", inputs)
    assert copied.tables(False).read_bytes() == intact


@pytest.mark.usefixtures("vectors")
def test_threads_that_meet_damaged_tables_together_all_get_their_proof(copied: CircuitArtifact) -> None:
    _prover(copied)
    _damage(copied.tables(False))
    prover = _prover(copied)
    with ThreadPoolExecutor(4) as pool:
        proofs = list(pool.map(lambda a: prover.prove("small", {"factors": [a, 3], "z": 9}), range(2, 10)))
    assert [proof.publics[1] for proof in proofs] == [a + a * 3 * 9 for a in range(2, 10)]


@pytest.mark.usefixtures("vectors")
def test_a_place_that_cannot_be_written_leaves_the_tables_in_memory(copied: CircuitArtifact, inputs: Inputs) -> None:
    native = require_native()
    missing = copied.folder / "missing" / "tables"
    key = native.Key.load(copied.zkey, engine="vector", tables=(missing, bytes(32)))
    assert key.prove(WitnessCalculator("small", copied.wasm).calculate(inputs))[3] == list(
        Prover(ArtifactStore(copied.folder.parent)).prove("small", inputs).publics
    )
    assert not missing.exists()


@pytest.mark.usefixtures("vectors")
def test_many_threads_prove_at_once_with_the_vector_engine(copied: CircuitArtifact) -> None:
    prover = _prover(copied)
    factors = [(a, b) for a in range(2, 6) for b in range(2, 6)]
    with ThreadPoolExecutor(4) as pool:
        proofs = list(pool.map(lambda pair: prover.prove("small", {"factors": pair, "z": 9}), factors))
    assert [proof.publics[1] for proof in proofs] == [a + a * b * 9 for a, b in factors]


def test_a_proof_tells_the_time_of_its_stages(proof: Proof) -> None:
    assert proof.timings is not None
    stages = dict(proof.timings.stages_ms)
    assert {"transform_ms", "quotient_ms", "verify_ms", "total_ms"} <= stages.keys()
    assert stages["verify_ms"] == proof.timings.verify_ms > 0


def test_an_engine_that_does_not_exist_raises_native_failure(artifact: CircuitArtifact) -> None:
    options = EngineOptions("abacus")  # type: ignore[arg-type]
    with pytest.raises(NativeFailure, match="abacus"):
        options.load_key(artifact, artifact.manifest())


def test_a_verification_key_of_another_proving_key_raises_corrupt_key(
    copied: CircuitArtifact, root: Path, workshop: Path
) -> None:
    other = build_source("small", workshop / "small.circom", root, ArtifactStore(workshop / "other-vkey"))
    manifest = copied.manifest().model_copy(update={"vkey_sha256": other.manifest().vkey_sha256})
    copied.vkey.write_bytes(other.vkey.read_bytes())
    copied.manifest_path.write_text(manifest.model_dump_json(), encoding="utf-8")
    with pytest.raises(CorruptKey, match="verification key of the proving key"):
        _prover(copied)
