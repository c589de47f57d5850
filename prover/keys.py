# SPDX-License-Identifier: Apache-2.0
"""Proving keys: how development keys are made, and what every key must be before it is used.

A development key is made in seconds by one party, who could forge proofs: never for value. It says so itself: its file
names no circuit hash and no contribution, which the key of a ceremony does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prover.artifacts import CircuitArtifact, KeyKind, Manifest
from prover.errors import CorruptKey
from prover.nativelib import require_native, translated


@dataclass(frozen=True, slots=True)
class KeyContribution:
    """One contribution to a key, as its file names it: `digest` is the BLAKE2b-512 hash that the contributor published.

    `beacon` (hexadecimal) and `iterations_log2` are those of a beacon, else None.
    """

    name: str | None
    kind: Literal["contribution", "beacon"]
    digest: str
    beacon: str | None
    iterations_log2: int | None


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """What a proving key says of its making, contributions oldest first."""

    circuit_digest: str
    contributions: tuple[KeyContribution, ...]

    @property
    def kind(self) -> KeyKind:
        """CEREMONY for a key with a circuit hash that ends with a beacon after at least one party's contribution."""
        kinds = [made.kind for made in self.contributions]
        finished = len(kinds) > 1 and kinds[-1] == "beacon" and "contribution" in kinds
        return "CEREMONY" if finished and set(self.circuit_digest) != {"0"} else "DEV"


def make_development_key(r1cs: Path, zkey: Path, vkey: Path) -> None:
    """Write a fresh proving key and its verification key for the constraint system `r1cs`.

    The secrets come from the operating system and are overwritten after use. Raises NativeMissing, CorruptKey for a
    malformed constraint system, or NativeFailure (no space left).
    """
    with translated("r1cs", r1cs):
        require_native().dev_setup(r1cs, zkey, vkey)


def read_history(zkey: Path) -> KeyHistory:
    """The making of a proving key. Raises NativeMissing, CorruptKey for a malformed file, NativeFailure for none."""
    with translated("zkey", zkey):
        circuit_digest, contributions = require_native().key_history(zkey)
    return KeyHistory(circuit_digest, tuple(KeyContribution(*made) for made in contributions))


def require_sound_key(artifact: CircuitArtifact, manifest: Manifest) -> None:
    """Check what reading a key leaves open: its kind is that of the manifest, its G2 bases are in the subgroup.

    Raises NativeMissing, CorruptKey, or NativeFailure for a file that cannot be read.
    """
    kind = read_history(artifact.zkey).kind
    if kind != manifest.key_kind:
        raise CorruptKey("key_kind", manifest.key_kind, f"the key file itself is a {kind} key")
    with translated("zkey", artifact.zkey):
        require_native().check_subgroup(artifact.zkey)
