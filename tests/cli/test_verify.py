# SPDX-License-Identifier: Apache-2.0
"""``zkrisk verify``: a valid document, and every way in which one can be wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import Result

from oracle.node.epoch import ProvenEpoch
from tests.cli.support import Invoke, refused


@pytest.fixture
def document(calm: ProvenEpoch) -> dict[str, object]:
    """A valid proof document."""
    return dict(calm.bundles[0].to_json())


def _verify(invoke: Invoke, tmp_path: Path, text: str) -> Result:
    path = tmp_path / "proof.json"
    path.write_text(text)
    return invoke("verify", path)


def test_a_valid_document_is_valid(invoke: Invoke, tmp_path: Path, document: dict[str, object]) -> None:
    done = _verify(invoke, tmp_path, json.dumps(document))
    assert (done.exit_code, done.output) == (0, "valid slice_32_16 proof\n")


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"circuit": 1}'])
def test_a_document_that_is_no_proof_is_an_invalid_value(invoke: Invoke, tmp_path: Path, text: str) -> None:
    refused(_verify(invoke, tmp_path, text), "InvalidValue", "proof document")


def test_a_document_nested_too_deeply_is_named(invoke: Invoke, tmp_path: Path) -> None:
    refused(_verify(invoke, tmp_path, "[" * 200_000), "InvalidValue", "more than 64 arrays")


def test_a_missing_document_is_named(invoke: Invoke, tmp_path: Path) -> None:
    refused(invoke("verify", tmp_path / "none.json"), "ConfigError", "none.json")


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("domain", "0x" + "00" * 32, "InvalidProof"),
        ("domain", "0x00", "MalformedDomain"),
        ("d", ["1"], "InvalidProof"),
        ("d", [str(1 << 255)], "SignalOutOfField"),
        ("circuit", "solvency_4", "InvalidProof"),
        ("circuit", "../../etc", "ArtifactMissing"),
        ("publics", ["1", "2", "3"], "InvalidProof"),
        ("proof", {}, "InvalidProof"),
    ],
)
def test_a_changed_document_is_refused_by_name(
    invoke: Invoke, tmp_path: Path, document: dict[str, object], field: str, value: object, error: str
) -> None:
    refused(_verify(invoke, tmp_path, json.dumps({**document, field: value})), error, "")


def test_a_document_with_another_point_is_an_invalid_proof(
    invoke: Invoke, tmp_path: Path, calm: ProvenEpoch, crash: ProvenEpoch
) -> None:
    document = {**calm.bundles[0].to_json(), "proof": crash.bundles[0].proof.to_snarkjs()}
    refused(_verify(invoke, tmp_path, json.dumps(document)), "InvalidProof", "the pairing equation does not hold")
