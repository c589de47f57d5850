# SPDX-License-Identifier: Apache-2.0
"""The transcript of a ceremony: hashes of its files and contributions, in order."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from prover.errors import ArtifactMissing, ArtifactUnwritable, CorruptArtifact

FILE_NAME = "transcript.json"
MAX_BYTES = 1 << 20

_SHA256 = r"^[0-9a-f]{64}$"
_BLAKE2B = r"^[0-9a-f]{128}$"


class Step(BaseModel):
    """One contribution: `digest` is the BLAKE2b-512 hash that its maker publishes, `zkey_sha256` that of the key after it.

    `beacon` (hexadecimal), `beacon_source` (where anyone finds it) and `iterations_log2` are those of a beacon.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    kind: Literal["contribution", "beacon"]
    digest: str = Field(pattern=_BLAKE2B)
    zkey_sha256: str = Field(pattern=r"^([0-9a-f]{64})?$")
    beacon: str | None = None
    beacon_source: str | None = None
    iterations_log2: int | None = None


class Transcript(BaseModel):
    """A ceremony's files by SHA-256, its circuit by snarkjs' hash of the empty key, its steps oldest first."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    circuit: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    r1cs_sha256: str = Field(pattern=_SHA256)
    powers_sha256: str = Field(pattern=_SHA256)
    circuit_digest: str = Field(pattern=_BLAKE2B)
    first_zkey_sha256: str = Field(pattern=_SHA256)
    steps: list[Step] = Field(max_length=1024)

    @model_validator(mode="after")
    def _ordered(self) -> Transcript:
        if any(step.kind == "beacon" for step in self.steps[:-1]):
            raise ValueError("a beacon must be the last step")
        return self

    @property
    def finished(self) -> bool:
        """Whether a beacon ended the ceremony."""
        return bool(self.steps) and self.steps[-1].kind == "beacon"

    @property
    def newest_zkey_sha256(self) -> str:
        """SHA-256 of the newest key."""
        return self.steps[-1].zkey_sha256 if self.steps else self.first_zkey_sha256

    @classmethod
    def load(cls, folder: Path) -> Transcript:
        """The transcript in `folder`. Raises ArtifactMissing or CorruptArtifact."""
        path = folder / FILE_NAME
        try:
            with path.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
            if len(content) > MAX_BYTES:
                raise CorruptArtifact("transcript", path, f"is above {MAX_BYTES} bytes")
            return cls.model_validate_json(content)
        except OSError as error:
            raise ArtifactMissing("transcript", path, "cannot be read: is this the folder of a ceremony?") from error
        except ValidationError as error:
            raise CorruptArtifact("transcript", path, str(error)) from error

    def save(self, folder: Path) -> None:
        """Write the transcript, all of it or nothing. Raises ArtifactUnwritable."""
        path, fresh = folder / FILE_NAME, folder / f".{FILE_NAME}"
        try:
            fresh.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
            os.replace(fresh, path)
        except OSError as error:
            raise ArtifactUnwritable("transcript", path, f"{error.strerror or error}; the old one stays") from error
