# SPDX-License-Identifier: Apache-2.0
"""The wheels in an environment of their own: they prove and verify there, and verify without the compiled module.

Nothing is downloaded: what the wheels depend on is linked from this environment.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

from prover.artifacts import ArtifactStore
from scripts import wheel
from scripts.wheel import WheelRefused, build, require_clean, require_portable_flags

ROOT = Path(__file__).resolve().parents[2]
CIRCUIT = "insolvency_4"
PROVE = """\
import json, sys
from pathlib import Path
from oracle.chain.artifacts import CONTRACTS, ContractArtifacts
from oracle.statements.bundle import ProofBundle
from oracle.statements.statement import Statement
from prover.artifacts import ArtifactStore
from prover.prove import Prover

case = json.loads(Path(sys.argv[1]).read_text())
statement = Statement(case["circuit_id"], tuple(case["data"]), case["inputs"], bytes.fromhex(case["domain"]))
proof = Prover(ArtifactStore(Path(sys.argv[2]))).prove(statement.circuit_id, statement.circuit_inputs())
Path("proof.json").write_text(json.dumps(ProofBundle(statement, proof).to_json()))
assert all(ContractArtifacts(Path("nowhere")).bytecode(name) for name in CONTRACTS)
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Both wheels, freshly built."""
    return build(tmp_path_factory.mktemp("wheels"), ArtifactStore(ROOT / "build"), ROOT / "build" / "contracts")


@pytest.fixture(scope="module")
def dependencies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This environment's packages but for the product's own."""
    folder = tmp_path_factory.mktemp("dependencies")
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "zkrisk" not in entry.name.lower():
            (folder / entry.name).symlink_to(entry)
    return folder


def environment(folder: Path, wheels: list[Path], dependencies: Path) -> Path:
    """The Python of a new environment that holds these wheels."""
    venv.create(folder, symlinks=True, with_pip=False)
    python = folder / "bin" / "python"
    install = [sys.executable, "-m", "pip", f"--python={python}", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--no-index", "--no-deps", *map(str, wheels)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(f"{dependencies}\n")
    return python


def run(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """A command with nothing of this process's environment but PATH."""
    kept = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return subprocess.run(list(map(str, command)), cwd=folder, env=kept, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One golden case, its domain in hexadecimal."""
    cases = json.loads((ROOT / "tests" / "vectors" / "statement_insolvency.json").read_text())["cases"]
    case = next(case for case in cases if case["circuit_id"] == CIRCUIT)
    path = tmp_path_factory.mktemp("case") / "case.json"
    numbers = {name: integers(case[name]) for name in ("data", "inputs")}
    path.write_text(json.dumps({**case, **numbers, "domain": case["domain"].removeprefix("0x")}))
    return path


def integers(value: Any) -> Any:
    """A golden value with its decimal strings as integers."""
    if isinstance(value, dict):
        return {name: integers(item) for name, item in value.items()}
    return [integers(item) for item in value] if isinstance(value, list) else int(value)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an operator brings: a store with the circuit's proving key."""
    store = tmp_path_factory.mktemp("keys")
    shutil.copytree(ROOT / "build" / CIRCUIT, store / CIRCUIT, ignore=shutil.ignore_patterns("tables*"))
    return store


@pytest.fixture(scope="module")
def proven(
    wheels: list[Path], dependencies: Path, golden: Path, keys: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """The environment's Python and a proof document that it made."""
    folder = tmp_path_factory.mktemp("installed")
    python = environment(folder / "venv", wheels, dependencies)
    outcome = run(folder, python, "-c", PROVE, golden, keys)
    assert outcome.returncode == 0, outcome.stderr
    return python, folder / "proof.json"


def test_the_installed_wheels_prove_and_verify_with_the_packaged_verification_key(proven: tuple[Path, Path]) -> None:
    python, proof = proven
    outcome = run(proof.parent, python.with_name("zkrisk"), "verify", proof.name)
    assert (outcome.returncode, outcome.stdout.strip()) == (0, f"valid {CIRCUIT} proof"), outcome.stderr
    where = run(
        proof.parent, python, "-c", "import prover, zkrisk_native; print(prover.__file__, zkrisk_native.__file__)"
    )
    assert where.stdout.count(str(python.parents[1])) == 2


def test_a_changed_proof_is_refused_there(proven: tuple[Path, Path], tmp_path: Path) -> None:
    python, proof = proven
    document = json.loads(proof.read_text())
    document["proof"]["pi_a"], document["proof"]["pi_c"] = document["proof"]["pi_c"], document["proof"]["pi_a"]
    (tmp_path / "changed.json").write_text(json.dumps(document))
    outcome = run(tmp_path, python.with_name("zkrisk"), "verify", "changed.json")
    assert outcome.returncode != 0
    assert "InvalidProof" in outcome.stdout


def test_without_the_compiled_module_verifying_works_and_one_line_says_what_is_lost(
    wheels: list[Path], dependencies: Path, proven: tuple[Path, Path], tmp_path: Path
) -> None:
    pure = [path for path in wheels if "native" not in path.name]
    python = environment(tmp_path / "venv", pure, dependencies)
    outcome = run(tmp_path, python.with_name("zkrisk"), "verify", proven[1])
    assert outcome.returncode == 0, outcome.stderr
    lines = outcome.stdout.strip().splitlines()
    assert lines[0] == f"valid {CIRCUIT} proof"
    assert [line for line in lines if "zkrisk_native is not installed" in line] == lines[1:]
    assert run(tmp_path, python, "-c", "import zkrisk_native").returncode != 0


def test_no_wheel_holds_a_proving_key(wheels: list[Path], tmp_path: Path) -> None:
    assert len(wheels) == 2
    for path in wheels:
        require_clean(path)
    members = zipfile.ZipFile(next(path for path in wheels if "native" not in path.name)).namelist()
    assert f"prover/packaged/{CIRCUIT}/vkey.json" in members
    assert not [name for name in members if name.startswith(("prover/bench/", "prover/native/", "tests/"))]
    leaky = tmp_path / "zkrisk-leaky.whl"
    with zipfile.ZipFile(leaky, "w") as archive:
        archive.writestr("prover/packaged/small/zkey", b"")
    with pytest.raises(WheelRefused, match="zkey"):
        require_clean(leaky)


def test_a_configured_target_processor_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(wheel, "ROOT", tmp_path)
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "cargo"))
    require_portable_flags()
    (tmp_path / ".cargo").mkdir()
    (tmp_path / ".cargo" / "config.toml").write_text('[build]\nrustflags = ["-Ctarget-cpu=native"]\n')
    with pytest.raises(WheelRefused, match="target-cpu"):
        require_portable_flags()
