# SPDX-License-Identifier: Apache-2.0
"""Development keys: made in seconds by one party, who could forge proofs. Never for value."""

from __future__ import annotations

from pathlib import Path

from prover.nativelib import require_native, translated


def make_development_key(r1cs: Path, zkey: Path, vkey: Path) -> None:
    """Write a fresh proving key and its verification key for the constraint system `r1cs`.

    The secrets come from the operating system and are overwritten after use. Raises NativeMissing, CorruptKey for a
    malformed constraint system, or NativeFailure (no space left).
    """
    with translated("r1cs", r1cs):
        require_native().dev_setup(r1cs, zkey, vkey)
