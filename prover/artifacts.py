# SPDX-License-Identifier: Apache-2.0
"""Artefacts of a circuit: where they are, what they must be.

The artefact of circuit X is the folder `<store>/X/` with the files `r1cs`, `wasm`, `sym`, `zkey`, `vkey.json` and
`manifest.json`; the manifest names the SHA-256 of the others. The witness generator as machine code may stand beside
them, the file `so` with its record `library.json`: it is made on the machine that uses it, never handed on, and the
manifest, whose hash is public, does not name it.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prover.constraints import ConstraintKinds
from prover.errors import ArtifactMissing, CorruptArtifact, CorruptKey, DevelopmentKey
from prover.vkey import VerificationKey

ENVIRONMENT_VARIABLE = "ZKRISK_ARTIFACTS"
DEFAULT_FOLDER = Path("build")
PACKAGED = Path(__file__).with_name("packaged")
"""Manifests and verification keys that a wheel carries; not there in a source tree."""

KeyKind = Literal["DEV", "CEREMONY"]
"""DEV: made by one party that could forge proofs. CEREMONY: safe if one contributor of the ceremony was honest."""

_CIRCUIT_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SHA256 = r"^[0-9a-f]{64}$"
_BLOCK_BYTES = 1 << 20


class Manifest(BaseModel):
    """What an artefact is made of and made by; hashes are lower-case SHA-256.

    `constraint_kinds` is None in the manifest of an older build, to which the next build adds it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    circuit: str
    source_sha256: str = Field(pattern=_SHA256)
    r1cs_sha256: str = Field(pattern=_SHA256)
    wasm_sha256: str = Field(pattern=_SHA256)
    vkey_sha256: str = Field(pattern=_SHA256)
    zkey_sha256: str = Field(pattern=_SHA256)
    n_constraints: int = Field(gt=0)
    constraint_kinds: ConstraintKinds | None = None
    n_wires: int = Field(gt=0)
    n_public: int = Field(ge=0)
    public_signals: list[str]
    key_kind: KeyKind
    tools: dict[str, str]


class LibraryRecord(BaseModel):
    """What the shared library `so` is made of and made by; hashes are lower-case SHA-256."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    so_sha256: str = Field(pattern=_SHA256)
    source_sha256: str = Field(pattern=_SHA256)
    compiler: str


@dataclass(frozen=True, slots=True)
class CircuitArtifact:
    """Files of one circuit; nothing is read before it is asked for."""

    circuit: str
    folder: Path

    @property
    def r1cs(self) -> Path:
        """Constraint system of circom."""
        return self.folder / "r1cs"

    @property
    def wasm(self) -> Path:
        """Witness generator of circom."""
        return self.folder / "wasm"

    @property
    def so(self) -> Path:
        """Witness generator as a shared library; may be missing."""
        return self.folder / "so"

    @property
    def library_path(self) -> Path:
        """Record of the shared library; may be missing."""
        return self.folder / "library.json"

    @property
    def sym(self) -> Path:
        """Symbol table of circom."""
        return self.folder / "sym"

    @property
    def zkey(self) -> Path:
        """Proving key of snarkjs' format."""
        return self.folder / "zkey"

    @property
    def vkey(self) -> Path:
        """Verification key of snarkjs' format."""
        return self.folder / "vkey.json"

    def tables(self, lean: bool) -> Path:
        """Tables of the vector engine, written at the key's first use; the artefact is complete without them."""
        return self.folder / ("tables_lean" if lean else "tables")

    @property
    def manifest_path(self) -> Path:
        """The manifest, written last."""
        return self.folder / "manifest.json"

    def manifest(self) -> Manifest:
        """The parsed manifest. Raises ArtifactMissing or CorruptArtifact."""
        try:
            with _require(self.manifest_path).open("rb") as file:
                manifest = Manifest.model_validate_json(file.read(_BLOCK_BYTES))
        except ValidationError as error:
            raise CorruptArtifact("manifest", self.manifest_path, str(error)) from error
        if manifest.circuit != self.circuit:
            raise CorruptArtifact("manifest.circuit", manifest.circuit, f"must be {self.circuit}")
        return manifest

    def verification_key(self) -> VerificationKey:
        """The verification key of the manifest. Raises ArtifactMissing, CorruptArtifact or CorruptKey."""
        self._require_hash(self.vkey, self.manifest().vkey_sha256)
        return VerificationKey.load(self.vkey)

    def library(self) -> LibraryRecord | None:
        """The record of the shared library, if both are there and the library has the recorded hash."""
        try:
            record = LibraryRecord.model_validate_json(self.library_path.read_bytes())
            return record if sha256_of(self.so) == record.so_sha256 else None
        except (OSError, ValidationError, ArtifactMissing):
            return None

    def require_intact(self) -> Manifest:
        """The manifest, after comparing keys and witness generator with it.

        Raises ArtifactMissing, CorruptArtifact, or CorruptKey for a key that is not the one of the manifest.
        """
        manifest = self.manifest()
        self._require_hash(self.vkey, manifest.vkey_sha256)
        self._require_hash(self.zkey, manifest.zkey_sha256)
        if sha256_of(_require(self.wasm)) != manifest.wasm_sha256:
            raise CorruptArtifact("wasm", self.wasm, "does not have the hash of the manifest")
        return manifest

    def require_ceremony_key(self, chain_id: int) -> None:
        """Raise DevelopmentKey unless the key comes from a ceremony; `chain_id` is the chain it is to be used on."""
        if self.manifest().key_kind != "CEREMONY":
            raise DevelopmentKey("chain_id", chain_id, f"{self.circuit}: a DEV key is for declared test chains only")

    def _require_hash(self, path: Path, expected: str) -> None:
        if sha256_of(_require(path)) != expected:
            raise CorruptKey(path.name, path, "does not have the hash of the manifest")


@dataclass(frozen=True, slots=True)
class ArtifactStore:
    """A folder of artefacts, one sub-folder per circuit."""

    path: Path

    @classmethod
    def locate(cls, option: Path | None = None) -> ArtifactStore:
        """The store named by `option`, else by the environment variable ZKRISK_ARTIFACTS, else ./build."""
        named = os.environ.get(ENVIRONMENT_VARIABLE)
        return cls(option or (Path(named) if named else DEFAULT_FOLDER))

    def artifact(self, circuit: str) -> CircuitArtifact:
        """Paths of `circuit`, whether or not they exist. Raises ArtifactMissing for an id that cannot be one."""
        if not _CIRCUIT_ID.fullmatch(circuit):
            raise ArtifactMissing("circuit", circuit, "is not a circuit id (lower case, digits, underscore)")
        return CircuitArtifact(circuit, self.path / circuit)

    def circuit(self, circuit: str) -> CircuitArtifact:
        """The complete artefact of `circuit`. Raises ArtifactMissing, naming the first file that is not there."""
        artifact = self.artifact(circuit)
        for path in (artifact.manifest_path, artifact.r1cs, artifact.wasm, artifact.zkey, artifact.vkey):
            _require(path)
        return artifact

    def verifying(self, circuit: str) -> CircuitArtifact:
        """Where the manifest and the verification key of `circuit` are: in this store, else in the installed package.

        Raises ArtifactMissing where neither has a manifest.
        """
        own = self.artifact(circuit)
        packaged = CircuitArtifact(circuit, PACKAGED / circuit)
        if packaged.manifest_path.is_file() and not own.manifest_path.is_file():
            return packaged
        _require(own.manifest_path)
        return own

    def circuits(self) -> list[str]:
        """Ids, sorted, of the circuits that have a manifest in this store."""
        return sorted(
            manifest.parent.name
            for manifest in self.path.glob("*/manifest.json")
            if _CIRCUIT_ID.fullmatch(manifest.parent.name)
        )


def sha256_of(path: Path) -> str:
    """Lower-case SHA-256 of a file. Raises ArtifactMissing."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
    except OSError as error:
        raise ArtifactMissing(path.name, path, "cannot be read") from error
    return digest.hexdigest()


def _require(path: Path) -> Path:
    if not path.is_file():
        raise ArtifactMissing(path.name, path, "not found: run `make circuits` or name the store with --artifacts")
    return path
