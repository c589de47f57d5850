# SPDX-License-Identifier: Apache-2.0
"""doctor: names every missing or wrong part and how to get it, whatever is missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from oracle.cli import checks
from oracle.cli.doctor import check_chain
from oracle.cli.settings import load_settings
from prover.artifacts import ArtifactStore
from prover.errors import NativeMissing

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("node", "npm", "cargo", "cc", "make")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH that holds one link per program."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        if found is None:
            pytest.skip(f"{tool} is not on this machine")
        (folder / tool).symlink_to(found)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def parts(outcome: Any, state: str) -> dict[str, dict[str, str]]:
    return {check["part"]: check for check in outcome.json["checks"] if check["state"] == state}


def test_all_is_well_where_everything_is_there(run: Any, programs: Path) -> None:
    outcome = run("doctor", "--json")
    assert (outcome.code, outcome.json["state"]) == (0, "ok"), outcome.text
    assert all(
        "DEV key" in check["found"] or "not built by default" in check["found"]
        for part, check in parts(outcome, "ok").items()
        if part.startswith("circuit ")
    )
    assert "several times longer" in parts(outcome, "ok")["C++ compiler"]["found"]
    assert len(list(programs.iterdir())) == len(TOOLS)


@pytest.mark.parametrize(
    ("tool", "part", "remedy"),
    [
        ("node", "node", "nodejs.org"),
        ("npm", "npm", "nodejs.org"),
        ("cargo", "cargo", "rustup.rs"),
        ("cc", "C compiler", "C toolchain"),
        ("make", "make", "install make"),
    ],
)
def test_a_program_that_is_not_on_the_path_is_named(
    run: Any, programs: Path, artifacts: Path, tool: str, part: str, remedy: str
) -> None:
    (programs / tool).unlink()
    outcome = run("doctor", "--artifacts", artifacts, "--json")
    assert (outcome.code, outcome.json["state"]) == (1, "degraded")
    degraded = {name: check for name, check in parts(outcome, "degraded").items() if not name.startswith("circuit ")}
    assert list(degraded) == [part]
    assert degraded[part]["found"] == "not on PATH"
    assert remedy in degraded[part]["remedy"]
    assert f"degraded  {part}: not on PATH" in run("doctor", "--artifacts", artifacts).text


def test_with_an_empty_path_every_program_is_named(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from oracle.cli.main import app; app()",
        "doctor",
        "--json",
        "--artifacts",
        tmp_path,
    ]
    environment = {"PATH": str(tmp_path), "PYTHONPATH": os.pathsep.join(map(str, sys.path)), "HOME": str(tmp_path)}
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (1, "")
    missing = {check["part"] for check in json.loads(done.stdout)["checks"] if check["found"] == "not on PATH"}
    assert missing == {"node", "npm", "cargo", "C compiler", "make"}


@pytest.mark.parametrize(("script", "words"), [("echo v18.1.0", "v18.1.0"), ("exit 3", "does not tell its version")])
def test_a_node_that_is_old_or_broken_is_named(
    run: Any, programs: Path, artifacts: Path, script: str, words: str
) -> None:
    (programs / "node").unlink()
    (programs / "node").write_text(f"#!/bin/sh\n{script}\n")
    (programs / "node").chmod(0o755)
    assert words in parts(run("doctor", "--artifacts", artifacts, "--json"), "degraded")["node"]["found"]


def test_missing_packages_binaries_contracts_and_circuits_are_named(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "circuits", tmp_path / "circuits")
    found = [*checks.check_machine(tmp_path), *checks.check_circuits(ArtifactStore(tmp_path / "build"), tmp_path)]
    degraded = {check.part: check for check in [*found, checks.check_contracts(tmp_path)] if check.state == "degraded"}
    expected = {"npm circom2", "npm snarkjs", "npm solc", "anvil", "forge", "cast", "contracts", "circuit slice_32_16"}
    assert expected <= set(degraded)
    assert all("run `make " in degraded[part].remedy for part in expected)


def test_doctor_outside_the_repository_says_so(tmp_path: Path) -> None:
    (check,) = checks.check_circuits(ArtifactStore(tmp_path), tmp_path)
    assert (check.state, check.part) == ("degraded", "circuits")
    assert "root folder" in check.remedy


def test_a_missing_native_module_degrades(run: Any, artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise NativeMissing("module", "zkrisk_native", "not installed")

    monkeypatch.setattr(checks, "require_native", missing)
    outcome = run("doctor", "--artifacts", artifacts, "--json")
    assert outcome.code == 1
    assert "cargo" in parts(outcome, "degraded")["native module"]["remedy"]


@pytest.mark.parametrize("name", ["zkey", "vkey.json", "wasm", "manifest.json"])
def test_an_artefact_that_is_not_the_manifests_is_unsafe(run: Any, artifacts: Path, tmp_path: Path, name: str) -> None:
    store = tmp_path / "store"
    shutil.copytree(artifacts / "insolvency_4", store / "insolvency_4")
    file = store / "insolvency_4" / name
    file.write_bytes(file.read_bytes()[:-7])
    outcome = run("doctor", "--artifacts", store, "--json")
    assert (outcome.code, outcome.json["state"]) == (2, "unsafe")
    assert list(parts(outcome, "unsafe")) == ["circuit insolvency_4"]
    assert "make circuits" in parts(outcome, "unsafe")["circuit insolvency_4"]["remedy"]


def test_settings_that_are_wrong_are_unsafe(run: Any, artifacts: Path, tmp_path: Path) -> None:
    path = tmp_path / "z.toml"
    path.write_text("threshold = 0")
    outcome = run("doctor", "--config", path, "--artifacts", artifacts, "--json")
    assert outcome.code == 2
    assert "threshold = 0" in parts(outcome, "unsafe")["settings"]["found"]


def test_the_configured_chain_and_deployment_are_checked(chain: Any, tmp_path: Path) -> None:
    path = tmp_path / "z.toml"
    path.write_text(f"rpc_url = '{chain.anvil.rpc_url}'\ndeployment = '{chain.deployment}'\nchain_id = 31337\n")
    well = {check.part: check for check in check_chain(load_settings(path), ArtifactStore(tmp_path))}
    assert {part: check.state for part, check in well.items()} == {"rpc": "ok", "deployment": "ok"}
    path.write_text(path.read_text().replace("31337", "5"))
    (other,) = check_chain(load_settings(path), ArtifactStore(tmp_path))
    assert (other.state, other.found) == ("unsafe", "chain 31337, settings say 5")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda market: market.update(chain_id=1), "of chain 1, the node serves 31337"),
        (lambda market: market.update(margin_engine="0x" + "00" * 19 + "01"), "margin_engine at 0x"),
        (lambda market: market.update(listing_registry="nowhere"), "listing_registry at nowhere"),
        (lambda market: market.pop("grid"), "grid"),
    ],
)
def test_a_deployment_that_is_not_on_the_chain_is_unsafe(chain: Any, tmp_path: Path, change: Any, words: str) -> None:
    content = json.loads(chain.deployment.read_text())
    change(content["markets"][0])
    path = tmp_path / "deployment.json"
    path.write_text(json.dumps(content))
    settings = load_settings(rpc_url=chain.anvil.rpc_url, deployment=path)
    last = list(check_chain(settings, ArtifactStore(tmp_path)))[-1]
    assert (last.part, last.state) == ("deployment", "unsafe")
    assert words in last.found


def test_a_node_that_does_not_answer_degrades(tmp_path: Path) -> None:
    (check,) = check_chain(load_settings(rpc_url="http://127.0.0.1:9"), ArtifactStore(tmp_path))
    assert (check.part, check.state) == ("rpc", "degraded")


def test_development_keys_off_the_test_chains_are_unsafe(chain: Any, artifacts: Path, tmp_path: Path) -> None:
    path = tmp_path / "z.toml"
    path.write_text(f"rpc_url = '{chain.anvil.rpc_url}'\n[networks.other]\nchain_id = 31337\n")
    found = {check.part: check for check in check_chain(load_settings(path), ArtifactStore(artifacts))}
    assert found["keys"].state == "unsafe"
    assert "slice_32_16" in found["keys"].found
