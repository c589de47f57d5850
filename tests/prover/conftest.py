# SPDX-License-Identifier: Apache-2.0
"""One small circuit with the three public signals of every circuit of the product, built once per session.

The compiler sees only folders below the repository root, so the store is a fresh folder below `build/`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from prover.artifacts import ArtifactStore, CircuitArtifact
from prover.build import build_source
from prover.proof import Proof
from prover.prove import Prover
from prover.vkey import VerificationKey
from prover.witness import Inputs

SMALL_SOURCE = """\
// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

include "../../circuits/lib/bits.circom";
include "../../circuits/lib/poseidon.circom";

// Two factors below 2^16 and their product: digest, value at z.
template Small() {
    signal input factors[2];
    signal input z;
    signal output digest;
    signal output y;
    signal product;

    component bits[2];
    for (var i = 0; i < 2; i++) {
        bits[i] = Range(16);
        bits[i].in <== factors[i];
    }
    product <== factors[0] * factors[1];
    component chain = PoseidonChain(2);
    chain.in <== [factors[0], product];
    digest <== chain.out;
    y <== factors[0] + product * z;
}

component main {public [z]} = Small();
"""


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository root."""
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def workshop(root: Path) -> Iterator[Path]:
    """A fresh folder below build/ with the source of the small circuit."""
    (root / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="test-prover-", dir=root / "build") as folder:
        Path(folder, "small.circom").write_text(SMALL_SOURCE, encoding="utf-8")
        yield Path(folder)


@pytest.fixture(scope="session")
def store(workshop: Path) -> ArtifactStore:
    """A store next to the source."""
    return ArtifactStore(workshop / "store")


@pytest.fixture(scope="session")
def artifact(root: Path, workshop: Path, store: ArtifactStore) -> CircuitArtifact:
    """The artefact of the small circuit, with a development key."""
    return build_source("small", workshop / "small.circom", root, store)


@pytest.fixture(scope="session")
def prover(artifact: CircuitArtifact, store: ArtifactStore) -> Prover:
    """A prover with the small circuit resident."""
    return Prover(store, [artifact.circuit])


@pytest.fixture(scope="session")
def inputs() -> Inputs:
    """Inputs that satisfy the small circuit."""
    return {"factors": [3, 5], "z": 7}


@pytest.fixture(scope="session")
def proof(prover: Prover, inputs: Inputs) -> Proof:
    """A proof of the small circuit."""
    return prover.prove("small", inputs)


@pytest.fixture(scope="session")
def vkey(prover: Prover) -> VerificationKey:
    """The verification key of the small circuit."""
    return prover.verification_key("small")


@pytest.fixture
def copied(artifact: CircuitArtifact, tmp_path: Path) -> CircuitArtifact:
    """A copy of the artefact that a test may damage."""
    shutil.copytree(artifact.folder, tmp_path / artifact.circuit)
    return CircuitArtifact(artifact.circuit, tmp_path / artifact.circuit)
