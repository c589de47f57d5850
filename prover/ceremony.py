# SPDX-License-Identifier: Apache-2.0
"""A ceremony for one circuit: a folder that its parties hand on, each adding a contribution to the key.

    transcript.json    hashes of every file and contribution, in order
    r1cs               constraint system
    powers.ptau        prepared powers of tau, of the hash that the starter pinned
    <circuit>.ceremony.<n>.zkey    the key after n contributions; only the newest is needed to go on

The key is safe if one party forgot its secrets, here or in the powers of tau. The beacon ends it: public randomness
from after the last contribution, so that no party could choose its own by the result.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from prover.artifacts import ArtifactStore, CircuitArtifact, sha256_of
from prover.build import replace_folder
from prover.errors import ArtifactUnwritable, CeremonyRefused, ProverError
from prover.keys import read_history
from prover.nativelib import require_native, translated
from prover.powers import require_powers
from prover.transcript import Step, Transcript
from prover.vkey import VerificationKey

MAX_NAME_LENGTH = 64
"""UTF-8 bytes of a contributor's name."""

DEFAULT_ITERATIONS_LOG2 = 10
ITERATIONS_LOG2 = range(10, 64)
BEACON_BYTES = range(1, 256)


@dataclass(frozen=True, slots=True)
class Ceremony:
    """The ceremony in `folder`; what is there is checked against the transcript before each step."""

    folder: Path

    @property
    def powers(self) -> Path:
        """The powers of tau."""
        return self.folder / "powers.ptau"

    @property
    def r1cs(self) -> Path:
        """The constraint system."""
        return self.folder / "r1cs"

    def zkey(self, circuit: str, number: int) -> Path:
        """The key after `number` contributions."""
        return self.folder / f"{circuit}.ceremony.{number}.zkey"

    def transcript(self) -> Transcript:
        """The transcript. Raises ArtifactMissing or CorruptArtifact."""
        return Transcript.load(self.folder)

    @classmethod
    def start(cls, artifact: CircuitArtifact, powers: Path, powers_sha256: str, folder: Path) -> Ceremony:
        """Begin a ceremony for a built circuit in the new folder `folder`.

        `powers_sha256` pins the prepared powers of tau: take it from where they were published, not from the file.
        Raises CeremonyRefused for a folder that exists, CorruptArtifact for powers of another hash, CorruptKey for powers
        that do not hold or are too few, and as `CircuitArtifact.require_intact` does.
        """
        manifest = artifact.require_intact()
        require_powers(powers, powers_sha256)
        ceremony = cls(folder)
        try:
            folder.mkdir(parents=True)
        except FileExistsError as error:
            raise CeremonyRefused("folder", folder, "exists: a ceremony starts in a new folder") from error
        try:
            shutil.copyfile(artifact.r1cs, ceremony.r1cs)
            shutil.copyfile(powers, ceremony.powers)
            zkey = ceremony.zkey(artifact.circuit, 0)
            with translated("powers", powers):
                circuit_digest = require_native().ceremony_new(ceremony.r1cs, ceremony.powers, zkey)
            Transcript(
                circuit=artifact.circuit,
                r1cs_sha256=manifest.r1cs_sha256,
                powers_sha256=powers_sha256,
                circuit_digest=circuit_digest,
                first_zkey_sha256=sha256_of(zkey),
                steps=[],
            ).save(folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return ceremony

    def contribute(self, name: str) -> Step:
        """Add the contribution of the party `name`; its `digest` is what the party publishes.

        The secrets come from the operating system and are gone afterwards. Raises CeremonyRefused after a beacon, for a
        name that is empty, too long or taken, or for a key that is not the one of the transcript.
        """
        transcript, source = self._next()
        if not 0 < len(name.encode()) <= MAX_NAME_LENGTH or not name.isprintable():
            raise CeremonyRefused("name", name, f"must be 1 to {MAX_NAME_LENGTH} bytes of printable text")
        if name in [step.name for step in transcript.steps]:
            raise CeremonyRefused("name", name, "has contributed already")
        out = self.zkey(transcript.circuit, len(transcript.steps) + 1)
        with translated("zkey", source):
            digest = require_native().ceremony_contribute(source, out, name, secrets.token_hex(64))
        return self._record(transcript, out, Step(name=name, kind="contribution", digest=digest, zkey_sha256=""))

    def beacon(self, name: str, beacon: bytes, source: str, iterations_log2: int = DEFAULT_ITERATIONS_LOG2) -> Step:
        """End the ceremony with public randomness, such as the hash of a block; `source` says where anyone finds it.

        The beacon is hashed 2^`iterations_log2` times. Raises CeremonyRefused before the first contribution, after a
        beacon, for a beacon that is empty or above 255 bytes, or iterations outside 2^10 to 2^63.
        """
        transcript, before = self._next()
        if not transcript.steps:
            raise CeremonyRefused("steps", 0, "at least one party contributes before the beacon")
        if len(beacon) not in BEACON_BYTES:
            raise CeremonyRefused("beacon", len(beacon), "must have 1 to 255 bytes")
        if iterations_log2 not in ITERATIONS_LOG2:
            raise CeremonyRefused("iterations_log2", iterations_log2, "must be in [10, 63]")
        out = self.zkey(transcript.circuit, len(transcript.steps) + 1)
        with translated("zkey", before):
            digest = require_native().ceremony_beacon(before, out, name, beacon, iterations_log2)
        step = Step(
            name=name,
            kind="beacon",
            digest=digest,
            zkey_sha256="",
            beacon=beacon.hex(),
            beacon_source=source,
            iterations_log2=iterations_log2,
        )
        return self._record(transcript, out, step)

    def verify(self) -> Transcript:
        """Verify everything anew: files against the transcript, the powers, the key's making from them, each contribution.

        Raises CeremonyRefused, CorruptArtifact or CorruptKey, naming what does not hold.
        """
        transcript = self.transcript()
        if sha256_of(self.r1cs) != transcript.r1cs_sha256:
            raise CeremonyRefused("r1cs", self.r1cs, "does not have the hash of the transcript")
        require_powers(self.powers, transcript.powers_sha256)
        zkey = self._newest(transcript)
        history = read_history(zkey)
        if history.circuit_digest != transcript.circuit_digest:
            raise CeremonyRefused("circuit_digest", history.circuit_digest, "is not the one of the transcript")
        made = [(step.name, step.kind, step.digest, step.beacon, step.iterations_log2) for step in transcript.steps]
        found = [(c.name, c.kind, c.digest, c.beacon, c.iterations_log2) for c in history.contributions]
        if made != found:
            raise CeremonyRefused("contributions", zkey, "are not those of the transcript")
        if transcript.steps:
            with translated("zkey", zkey):
                require_native().ceremony_verify(self.r1cs, self.powers, zkey)
        return transcript

    def export(self, store: ArtifactStore) -> CircuitArtifact:
        """Verify the finished ceremony and put its key into the circuit's artefact in `store`, marked CEREMONY.

        Raises CeremonyRefused unless a beacon ended the ceremony or for an artefact of another circuit,
        ArtifactUnwritable on a full disk, else as `verify` does. The old artefact stays until the new one is complete.
        """
        transcript = self.transcript()
        if not transcript.finished:
            raise CeremonyRefused("steps", len(transcript.steps), "a beacon must end the ceremony first")
        self.verify()
        artifact = store.circuit(transcript.circuit)
        manifest = artifact.manifest()
        if manifest.r1cs_sha256 != transcript.r1cs_sha256:
            raise CeremonyRefused("r1cs", artifact.r1cs, "is not the constraint system of the ceremony")
        try:
            with tempfile.TemporaryDirectory(prefix=f".{artifact.circuit}.", dir=store.path) as workshop:
                fresh = CircuitArtifact(artifact.circuit, Path(workshop, "new"))
                shutil.copytree(artifact.folder, fresh.folder, ignore=shutil.ignore_patterns("zkey", "tables*"))
                shutil.copyfile(self._newest(transcript), fresh.zkey)
                with translated("zkey", fresh.zkey):
                    require_native().export_vkey(fresh.zkey, fresh.vkey)
                VerificationKey.load(fresh.vkey)
                transcript.save(fresh.folder)
                changed = {
                    "zkey_sha256": sha256_of(fresh.zkey),
                    "vkey_sha256": sha256_of(fresh.vkey),
                    "key_kind": "CEREMONY",
                }
                new = manifest.model_copy(update=changed)
                fresh.manifest_path.write_text(new.model_dump_json(indent=2) + "\n", encoding="utf-8")
                replace_folder(artifact.folder, fresh.folder, Path(workshop, "old"))
        except OSError as error:
            raise ArtifactUnwritable(
                "store", store.path, f"{error.strerror or error}; the old artefact stays"
            ) from error
        return artifact

    def _next(self) -> tuple[Transcript, Path]:
        """The transcript and the key that the next step starts from."""
        transcript = self.transcript()
        if transcript.finished:
            raise CeremonyRefused("steps", len(transcript.steps), "the ceremony has ended with a beacon")
        return transcript, self._newest(transcript)

    def _newest(self, transcript: Transcript) -> Path:
        zkey = self.zkey(transcript.circuit, len(transcript.steps))
        if sha256_of(zkey) != transcript.newest_zkey_sha256:
            raise CeremonyRefused("zkey", zkey, "does not have the hash of the transcript")
        return zkey

    def _record(self, transcript: Transcript, zkey: Path, step: Step) -> Step:
        recorded = step.model_copy(update={"zkey_sha256": sha256_of(zkey)})
        try:
            transcript.model_copy(update={"steps": [*transcript.steps, recorded]}).save(self.folder)
        except ProverError:
            zkey.unlink(missing_ok=True)
            raise
        return recorded
