# SPDX-License-Identifier: Apache-2.0
"""The reference backend, and what stands in where the compiled module is missing."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest

from prover.artifacts import ArtifactStore, CircuitArtifact
from prover.errors import ArtifactMissing, ConstraintViolated, CorruptKey, SignalOutOfField, ToolMissing, UnknownSignal
from prover.field import SCALAR_MODULUS
from prover.proof import Proof
from prover.prove import Prover
from prover.snarkjs import FALLBACK, SnarkjsProver, open_prover
from prover.verify import verify, verify_independent
from prover.vkey import VerificationKey
from prover.witness import Inputs


@pytest.fixture(scope="module")
def reference(store: ArtifactStore, artifact: CircuitArtifact, root: Path) -> SnarkjsProver:
    """The reference prover of the small circuit."""
    return SnarkjsProver(store, root, [artifact.circuit])


def test_without_the_compiled_module_snarkjs_proves_and_the_log_says_what_is_lost(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    store: ArtifactStore,
    root: Path,
    inputs: Inputs,
    proof: Proof,
    vkey: VerificationKey,
) -> None:
    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setitem(sys.modules, "zkrisk_native", None)
        opened = open_prover(store, root)
        made = opened.prove("small", inputs)
    assert isinstance(opened, SnarkjsProver)
    assert [record.message for record in caplog.records] == [FALLBACK]
    assert made.publics == proof.publics
    verify(made, vkey)
    verify_independent(made, vkey)


def test_with_the_compiled_module_it_proves(store: ArtifactStore, root: Path) -> None:
    assert isinstance(open_prover(store, root), Prover)


def test_the_reference_refuses_inputs_by_the_same_names(reference: SnarkjsProver) -> None:
    with pytest.raises(SignalOutOfField):
        reference.prove("small", {"factors": [3, SCALAR_MODULUS], "z": 7})
    with pytest.raises(ConstraintViolated, match="ToBits"):
        reference.prove("small", {"factors": [1 << 16, 1], "z": 7})
    refused: list[Inputs] = [{"factors": [3, 5]}, {"factors": [3, 5], "z": 7, "w": 1}, {"factors": [3, 5, 6], "z": 7}]
    for inputs in refused:
        with pytest.raises(UnknownSignal):
            reference.prove("small", inputs)


def test_the_reference_refuses_a_missing_circuit_and_a_changed_key(
    reference: SnarkjsProver, copied: CircuitArtifact, root: Path, inputs: Inputs
) -> None:
    with pytest.raises(ArtifactMissing):
        reference.prove("slice_0_0", inputs)
    copied.zkey.write_bytes(copied.zkey.read_bytes()[:-1] + b"\1")
    with pytest.raises(CorruptKey):
        SnarkjsProver(ArtifactStore(copied.folder.parent), root, ["small"])


def test_without_snarkjs_the_reference_raises_tool_missing(store: ArtifactStore, tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match="make setup"):
        SnarkjsProver(store, tmp_path)
