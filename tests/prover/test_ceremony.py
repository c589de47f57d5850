# SPDX-License-Identifier: Apache-2.0
"""A real ceremony of two parties with beacon: the walkthrough of the documents, run as it stands, and what is refused."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from prover.artifacts import ArtifactStore, CircuitArtifact
from prover.build import build_source
from prover.ceremony import Ceremony
from prover.errors import CeremonyKeyPresent, CeremonyRefused, CorruptArtifact, CorruptKey
from prover.keys import read_history, require_sound_key
from prover.powers import make_powers, require_powers
from prover.prove import Prover
from prover.transcript import Transcript
from tests.ceremony import CIRCUIT
from tests.prover.points import g2_bytes, section, twist_point


@pytest.fixture
def ceremony(walked: SimpleNamespace, tmp_path: Path) -> Ceremony:
    """A copy of the finished ceremony that a test may damage."""
    shutil.copytree(walked.ceremony.folder, tmp_path / "copy")
    return Ceremony(tmp_path / "copy")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_walkthrough_ends_with_a_ceremony_key_that_snarkjs_accepts(walked: SimpleNamespace) -> None:
    assert "ZKey Ok!" in walked.spoken
    artifact = walked.store.circuit(CIRCUIT)
    assert artifact.manifest().key_kind == "CEREMONY"
    artifact.require_ceremony_key(1)
    assert Prover(walked.store).load(CIRCUIT).key_kind == "CEREMONY"
    assert json.loads(artifact.vkey.read_text()) != json.loads(walked.dev.vkey.read_text())


def test_key_and_transcript_name_both_parties_and_the_beacon(walked: SimpleNamespace) -> None:
    history = read_history(walked.store.circuit(CIRCUIT).zkey)
    assert [made.name for made in history.contributions] == ["alice", "bob", "beacon"]
    transcript = Transcript.load(walked.store.circuit(CIRCUIT).folder)
    assert [step.digest for step in transcript.steps] == [made.digest for made in history.contributions]
    assert all(step.digest in walked.spoken for step in transcript.steps)
    assert transcript.steps[-1].beacon_source == "block 1 of the example chain"


@pytest.mark.parametrize("kind", ["DEV", "CEREMONY"])
def test_a_manifest_that_gives_a_key_another_kind_raises_corrupt_key(
    walked: SimpleNamespace, tmp_path: Path, kind: str
) -> None:
    source = walked.store.circuit(CIRCUIT) if kind == "DEV" else walked.dev
    shutil.copytree(source.folder, tmp_path / CIRCUIT)
    artifact = CircuitArtifact(CIRCUIT, tmp_path / CIRCUIT)
    document = json.loads(artifact.manifest_path.read_text()) | {"key_kind": kind}
    artifact.manifest_path.write_text(json.dumps(document))
    with pytest.raises(CorruptKey, match="key_kind"):
        Prover(ArtifactStore(tmp_path), [CIRCUIT])


def test_a_step_after_the_beacon_raises_ceremony_refused(ceremony: Ceremony) -> None:
    with pytest.raises(CeremonyRefused, match="ended"):
        ceremony.contribute("carol")
    with pytest.raises(CeremonyRefused, match="ended"):
        ceremony.beacon("beacon", b"\1" * 32, "block 2")


def test_a_key_with_one_byte_changed_raises_ceremony_refused(ceremony: Ceremony) -> None:
    path = ceremony.zkey(CIRCUIT, 3)
    content = bytearray(path.read_bytes())
    content[-1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(CeremonyRefused, match="hash of the transcript"):
        ceremony.verify()


def test_a_key_with_two_points_swapped_and_a_transcript_to_match_raises_corrupt_key(ceremony: Ceremony) -> None:
    path = ceremony.zkey(CIRCUIT, 3)
    content = bytearray(path.read_bytes())
    first = section(content, 9)
    content[first : first + 64], content[first + 64 : first + 128] = (
        content[first + 64 : first + 128],
        content[first : first + 64],
    )
    path.write_bytes(content)
    _match_transcript(ceremony)
    with pytest.raises(CorruptKey):
        ceremony.verify()


def test_a_development_key_in_the_place_of_the_ceremonys_raises_ceremony_refused(
    ceremony: Ceremony, walked: SimpleNamespace
) -> None:
    shutil.copyfile(walked.dev.zkey, ceremony.zkey(CIRCUIT, 3))
    _match_transcript(ceremony)
    with pytest.raises(CeremonyRefused, match="circuit_digest"):
        ceremony.verify()


def test_a_transcript_that_drops_a_contribution_raises_ceremony_refused(ceremony: Ceremony) -> None:
    transcript = ceremony.transcript()
    key = ceremony.zkey(CIRCUIT, 3)
    fewer = transcript.model_copy(update={"steps": transcript.steps[1:]})
    fewer.save(ceremony.folder)
    shutil.copyfile(key, ceremony.zkey(CIRCUIT, 2))
    with pytest.raises(CeremonyRefused, match="contributions"):
        ceremony.verify()


def test_powers_of_another_hash_raise_corrupt_artifact(walked: SimpleNamespace) -> None:
    with pytest.raises(CorruptArtifact, match="pinned"):
        require_powers(walked.powers, "0" * 64)


def test_damaged_powers_raise_corrupt_key_though_their_hash_is_pinned(walked: SimpleNamespace, tmp_path: Path) -> None:
    damaged = tmp_path / "powers.ptau"
    content = bytearray(walked.powers.read_bytes())
    first = section(content, 2)
    content[first + 128 : first + 192] = content[first + 64 : first + 128]
    damaged.write_bytes(content)
    with pytest.raises(CorruptKey):
        require_powers(damaged, _sha256(damaged))


def test_powers_too_small_for_the_circuit_raise_corrupt_key_and_leave_no_folder(
    walked: SimpleNamespace, tmp_path: Path
) -> None:
    sha256 = make_powers(4, ["alice"], b"\1" * 32, tmp_path / "small.ptau")
    with pytest.raises(CorruptKey, match=r"2\^11"):
        Ceremony.start(walked.dev, tmp_path / "small.ptau", sha256, tmp_path / "ceremony")
    assert not (tmp_path / "ceremony").exists()


def test_steps_out_of_order_raise_ceremony_refused(
    artifact: CircuitArtifact, walked: SimpleNamespace, tmp_path: Path
) -> None:
    ceremony = Ceremony.start(artifact, walked.powers, _sha256(walked.powers), tmp_path / "ceremony")
    assert ceremony.verify().steps == []
    with pytest.raises(CeremonyRefused, match="at least one"):
        ceremony.beacon("beacon", b"\1" * 32, "block 1")
    with pytest.raises(CeremonyRefused, match="beacon must end"):
        ceremony.export(ArtifactStore(artifact.folder.parent))
    for name in ("", "x" * 65, "a\nb"):
        with pytest.raises(CeremonyRefused, match="name"):
            ceremony.contribute(name)
    ceremony.contribute("alice")
    with pytest.raises(CeremonyRefused, match="already"):
        ceremony.contribute("alice")
    for beacon, log2 in ((b"", 10), (bytes(256), 10), (b"\1", 9), (b"\1", 64)):
        with pytest.raises(CeremonyRefused):
            ceremony.beacon("beacon", beacon, "block 1", log2)
    with pytest.raises(CeremonyRefused, match="exists"):
        Ceremony.start(artifact, walked.powers, _sha256(walked.powers), tmp_path / "ceremony")


def test_an_export_for_another_constraint_system_raises_ceremony_refused(
    ceremony: Ceremony, artifact: CircuitArtifact, tmp_path: Path
) -> None:
    shutil.copytree(artifact.folder, tmp_path / "store" / CIRCUIT)
    manifest = tmp_path / "store" / CIRCUIT / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"circuit": CIRCUIT}))
    with pytest.raises(CeremonyRefused, match="constraint system"):
        ceremony.export(ArtifactStore(tmp_path / "store"))


def test_a_build_that_would_replace_a_ceremonys_key_raises_ceremony_key_present(
    artifact: CircuitArtifact, workshop: Path, root: Path
) -> None:
    store = ArtifactStore(workshop / "kept")
    shutil.copytree(artifact.folder, workshop / "kept" / "small")
    manifest = workshop / "kept" / "small" / "manifest.json"
    kept = json.loads(manifest.read_text()) | {"key_kind": "CEREMONY", "source_sha256": "0" * 64}
    manifest.write_text(json.dumps(kept))
    with pytest.raises(CeremonyKeyPresent):
        build_source("small", workshop / "small.circom", root, store)
    assert json.loads(manifest.read_text()) == kept


def test_a_g2_base_outside_the_subgroup_raises_corrupt_key(copied: CircuitArtifact) -> None:
    content = bytearray(copied.zkey.read_bytes())
    first = section(content, 7)
    content[first : first + 128] = g2_bytes(twist_point())
    copied.zkey.write_bytes(content)
    with pytest.raises(CorruptKey, match="subgroup"):
        require_sound_key(copied, copied.manifest())


def _match_transcript(ceremony: Ceremony) -> None:
    transcript = ceremony.transcript()
    last = transcript.steps[-1].model_copy(update={"zkey_sha256": _sha256(ceremony.zkey(CIRCUIT, 3))})
    transcript.model_copy(update={"steps": [*transcript.steps[:-1], last]}).save(ceremony.folder)
