# SPDX-License-Identifier: Apache-2.0
"""Powers of tau, the first phase of a ceremony, shared by all circuits up to a size; files of snarkjs' format.

A public ceremony's file is imported by its published hash. `make_powers` makes a small one of one's own, with several
contributions and a beacon, for tests and private deployments.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from prover.artifacts import sha256_of
from prover.errors import CeremonyRefused, CorruptArtifact, CorruptKey
from prover.nativelib import require_native, translated

POWERS = range(1, 29)
"""log2 of the largest circuit; BN254 has no domain above 2^28."""


def make_powers(
    power: int,
    names: Sequence[str],
    beacon: bytes,
    out: Path,
    iterations_log2: int = 10,
    progress: Callable[[str], None] | None = None,
) -> str:
    """Write prepared powers of tau for circuits below 2^`power` constraints; return the SHA-256 of the file.

    One contribution per name, its secrets from the operating system, then the beacon. About half a minute for a power of 11,
    doubling with each. Raises CeremonyRefused for a power outside [1, 28] or without names, CorruptKey for a beacon that is
    refused, NativeFailure for a file that cannot be written.
    """
    if power not in POWERS or not names:
        raise CeremonyRefused("powers", (power, len(names)), "need a power in [1, 28] and at least one contributor")
    report = progress or (lambda _line: None)
    native = require_native()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".powers.", dir=out.parent) as workshop, translated("powers", out):
        before, after = Path(workshop, "0.ptau"), Path(workshop, "1.ptau")
        native.powers_new(power, before)
        for name in names:
            report(f"contribution of {name}")
            native.powers_contribute(before, after, name, secrets.token_hex(64))
            before, after = after, before
        report("beacon")
        native.powers_beacon(before, after, "beacon", beacon, iterations_log2)
        report("preparation for phase 2")
        native.powers_prepare(after, out)
    return sha256_of(out)


def require_powers(path: Path, sha256: str) -> int:
    """The power of prepared powers of tau, after verifying every contribution to them (seconds for a power of 16).

    Raises ArtifactMissing, CorruptArtifact for a file of another hash, CorruptKey for powers that do not hold or are not
    prepared for phase 2.
    """
    found = sha256_of(path)
    if found != sha256:
        raise CorruptArtifact("powers", path, f"has SHA-256 {found}, pinned is {sha256}")
    with translated("powers", path):
        power, prepared, _digests = require_native().powers_verify(path)
    if not prepared:
        raise CorruptKey("powers", path, "are not prepared for phase 2")
    return int(power)
