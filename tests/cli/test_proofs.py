# SPDX-License-Identifier: Apache-2.0
"""prove, verify, bench, circuits, keys."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from typer.testing import CliRunner

from oracle.cli.circuits import PRESETS, is_wanting
from oracle.cli.main import app
from oracle.registry.layout import load_presets
from prover.artifacts import ArtifactStore
from prover.build import Progress


@pytest.fixture(scope="session")
def document(recording: Path, artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A proof document of the second expiry."""
    path = tmp_path_factory.mktemp("proof") / "proof.json"
    options = ["--expiry", "17APR26", "--output", path, "--artifacts", artifacts, "--json"]
    done = CliRunner().invoke(app, [str(part) for part in ["prove", recording, *options]])
    assert done.exit_code == 0, done.stdout
    result = json.loads(done.stdout)
    assert (result["circuit"], result["market"], result["size_bytes"]) == ("slice_32_16", "BTC-USD", 256)
    parsed: dict[str, Any] = json.loads(path.read_text())
    return parsed


def written(path: Path, document: object) -> Path:
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_a_proven_slice_verifies_everywhere(
    run: Any, document: dict[str, Any], artifacts: Path, tmp_path: Path
) -> None:
    path = written(tmp_path / "p.json", document)
    result = run("verify", path, "--independent", "--snarkjs", "--artifacts", artifacts, "--json").json
    assert (result["valid"], result["circuit"], result["key_kind"]) == (True, "slice_32_16", "DEV")
    assert result["verifiers"] == ["default", "py-ecc", "snarkjs"]
    assert int(document["d"][3]) == 0 != int(document["d"][2])
    assert run("verify", path, "--artifacts", artifacts).text == "valid slice_32_16 proof\n"


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("domain", "0x" + "00" * 32, "InvalidProof"),
        ("domain", "0x00", "MalformedDomain"),
        ("d", ["1"], "InvalidProof"),
        ("d", [str(1 << 255)], "SignalOutOfField"),
        ("d", ["-1"], "SignalOutOfField"),
        ("circuit", "solvency_4", "InvalidProof"),
        ("circuit", "../../etc", "ArtifactMissing"),
        ("publics", ["1", "2", "3"], "InvalidProof"),
        ("proof", {}, "InvalidProof"),
    ],
)
def test_a_changed_document_is_refused_by_name(
    run: Any, document: dict[str, Any], artifacts: Path, tmp_path: Path, field: str, value: object, error: str
) -> None:
    path = written(tmp_path / "p.json", {**document, field: value})
    outcome = run("verify", path, "--artifacts", artifacts, "--json")
    assert (outcome.code, outcome.json["error"]) == (2, error)
    assert {"field", "value", "rule"} <= set(outcome.json)


def test_a_document_with_swapped_points_is_an_invalid_proof(
    run: Any, document: dict[str, Any], artifacts: Path, tmp_path: Path
) -> None:
    proof = {**document["proof"], "pi_a": document["proof"]["pi_c"], "pi_c": document["proof"]["pi_a"]}
    path = written(tmp_path / "p.json", {**document, "proof": proof})
    outcome = run("verify", path, "--artifacts", artifacts, "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "InvalidProof")
    assert "pairing equation" in outcome.json["rule"]


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"circuit": 1}', "[" * 200_000])
def test_what_is_no_proof_document_is_an_invalid_value(run: Any, tmp_path: Path, text: str) -> None:
    outcome = run("verify", written(tmp_path / "p.json", text), "--json")
    assert (outcome.code, outcome.json["error"], outcome.json["field"]) == (2, "InvalidValue", "proof document")


def test_a_missing_document_and_a_missing_circuit_are_named(run: Any, document: dict[str, Any], tmp_path: Path) -> None:
    assert run("verify", tmp_path / "none.json", "--json").json["error"] == "ConfigError"
    outcome = run("verify", written(tmp_path / "p.json", document), "--artifacts", tmp_path, "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "ArtifactMissing")


@pytest.mark.parametrize("expiry", ["1JAN30", "0", "-1", "soon"])
def test_an_expiry_that_cannot_be_proven_is_named(run: Any, recording: Path, tmp_path: Path, expiry: str) -> None:
    outcome = run("prove", recording, "--expiry", expiry, "--output", tmp_path / "p.json", "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "ConfigError")
    assert expiry in outcome.json["message"]
    assert not list(tmp_path.iterdir())


def test_a_recording_without_usable_expiry_cannot_be_proven(run: Any, venue_recording: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    outcome = run("prove", venue_recording, "--market", "BTC-USD", "--expiry", "30JUL21", "--output", path, "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "SnapshotError")
    both = run("prove", venue_recording, "--expiry", "30JUL21", "--output", path, "--json")
    assert "name one with --market" in both.json["message"]


def test_a_proof_on_a_full_disk_keeps_the_old_document(
    run: Any, recording: Path, artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "p.json", "old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("oracle.cli.output.os.fsync", full)
    options = ["--expiry", "13FEB26", "--output", path, "--artifacts", artifacts, "--json"]
    outcome = run("prove", recording, *options)
    assert (outcome.code, outcome.json["error"]) == (2, "OutputError")
    assert "No space left on device" in outcome.json["message"]
    assert [(item.name, item.read_text()) for item in tmp_path.iterdir()] == [("p.json", "old")]


def test_bench_times_every_built_circuit(run: Any, artifacts: Path) -> None:
    rows = run("bench", "--runs", 1, "--artifacts", artifacts, "--json").json["circuits"]
    assert [row["circuit"] for row in rows] == ["insolvency_4", "slice_32_16", "solvency_4"]
    assert all(row[name] > 0 for row in rows for name in ("witness_ms", "prove_ms", "verify_ms", "n_constraints"))
    assert [row["fit_ms"] is not None for row in rows] == [False, True, False]


@pytest.mark.parametrize("runs", [0, -1, 1001])
def test_bench_refuses_a_number_of_runs_out_of_range(run: Any, runs: int) -> None:
    assert run("bench", "--runs", runs).code == 2


def test_bench_names_a_circuit_that_is_not_built(run: Any, artifacts: Path, tmp_path: Path) -> None:
    outcome = run("bench", "--circuit", "slice_1_1", "--artifacts", artifacts, "--json")
    assert (outcome.code, outcome.json["error"]) == (2, "ConfigError")
    assert "slice_32_16" in outcome.json["message"]
    assert "`zkrisk circuits build`" in run("bench", "--artifacts", tmp_path, "--json").json["message"]


@pytest.mark.parametrize("option", [[], ["--all"]])
def test_circuits_build_builds_the_default_presets_or_all(
    run: Any, artifacts: Path, monkeypatch: pytest.MonkeyPatch, option: list[str]
) -> None:
    built: list[str] = []

    def build(circuit: str, _root: Path, store: ArtifactStore, progress: Progress) -> None:
        built.append(circuit)
        progress(f"{circuit}: up to date")
        assert store.path == artifacts

    monkeypatch.setattr("oracle.cli.circuits.build_circuit", build)
    result = run("circuits", "build", *option, "--artifacts", artifacts, "--json").json
    wanted = [name for name, preset in load_presets(PRESETS).items() if option or preset.default]
    assert built == [circuit["circuit"] for circuit in result["circuits"]] == wanted
    assert ("solvency_32" in built) is bool(option)


def test_only_presets_built_by_default_are_missed() -> None:
    presets = load_presets(PRESETS)
    for circuit, state, wanting in (
        ("solvency_32", "missing", False),
        ("solvency_32", "corrupt", True),
        ("solvency_16", "missing", True),
        ("solvency_16", "intact", False),
    ):
        assert is_wanting({"circuit": circuit, "state": state}, presets) is wanting


def test_circuits_list_names_what_is_missing(run: Any, artifacts: Path) -> None:
    outcome = run("circuits", "list", "--artifacts", artifacts, "--json")
    states = {circuit["circuit"]: circuit["state"] for circuit in outcome.json["circuits"]}
    assert outcome.code == 1
    assert {name for name, state in states.items() if state == "intact"} == {
        "slice_32_16",
        "solvency_4",
        "insolvency_4",
    }
    assert "missing" in run("circuits", "list", "--artifacts", artifacts).text


def test_circuits_show_gives_the_manifest(run: Any, artifacts: Path) -> None:
    result = run("circuits", "show", "slice_32_16", "--artifacts", artifacts, "--json").json
    assert (result["circuit"], result["public_signals"]) == ("slice_32_16", ["digest", "y", "z"])
    assert result["size_bytes"]["zkey"] > 10**6
    for name, error in (("nothing", "ConfigError"), ("../etc", "ConfigError"), ("slice_96_80", "ArtifactMissing")):
        outcome = run("circuits", "show", name, "--artifacts", artifacts, "--json")
        assert (outcome.code, outcome.json["error"]) == (2, error)


def test_a_new_key_opens_with_its_password_and_only_its_owner_reads_it(run: Any, tmp_path: Path) -> None:
    password, path = written(tmp_path / "password", "secret\n"), tmp_path / "key.json"
    made = run("keys", "new", path, "--password-file", password, "--json").json
    assert Account.from_key(Account.decrypt(path.read_text(), "secret")).address == made["address"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = run("keys", "new", path, "--password-file", password, "--json")
    assert (again.code, again.json["error"]) == (2, "ConfigError")
    assert "nothing was overwritten" in again.json["message"]


def test_a_key_needs_a_password_file_that_holds_one(run: Any, tmp_path: Path) -> None:
    path, password = tmp_path / "key.json", tmp_path / "password"
    assert run("keys", "new", path, "--json").code == 3
    assert "is missing" in run("keys", "new", path, "--password-file", password, "--json").json["message"]
    written(password, "\n")
    assert "is empty" in run("keys", "new", path, "--password-file", password, "--json").json["message"]
    assert not path.exists()
