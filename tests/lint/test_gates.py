# SPDX-License-Identifier: Apache-2.0
"""Every linter of ``make lint`` and the gas snapshot go red on a broken fixture and green on its repaired form."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
FIXTURES = Path(__file__).resolve().parent / "fixtures"
FORGE = str(ROOT / "node_modules/@foundry-rs/forge-linux-amd64/bin/forge")
SLITHER = str(ROOT / "build/slither/venv/bin/python")
SOURCES = ("circuits", "contracts", "oracle", "prover", "docs")
PACKAGES = ("oracle", "prover")
SOLIDITY = ("foundry.toml", "slither.config.json", "scripts", "node_modules")
CRATE = '[package]\nname = "fixture"\nversion = "0.1.0"\nedition = "2024"\n'


@dataclass(frozen=True)
class Gate:
    """One linter: its line in the Makefile, its command on {root} or {file}, and where in a root its fixture stands."""

    line: str
    command: tuple[str, ...]
    file: str = "fixture.py"
    parts: tuple[str, ...] = ()


def _tool(line: str, *arguments: str) -> Gate:
    return Gate(line, (sys.executable, "-m", *line.split(), *arguments))


def _check(name: str, file: str, parts: tuple[str, ...] = SOURCES, argument: str = "{root}") -> Gate:
    return Gate(f"check_{name}.py", (sys.executable, str(ROOT / f"scripts/check_{name}.py"), argument), file, parts)


def _forge(line: str, *arguments: str) -> Gate:
    return Gate(line, (FORGE, *line.split(), "--root", "{root}", *arguments), "contracts/Fixture.sol", SOLIDITY)


CONFIG = str(ROOT / "pyproject.toml")
GATES = {
    "ruff_format": _tool("ruff format --check", "--quiet", "--config", CONFIG, "{file}"),
    "ruff_check": _tool("ruff check", "--quiet", "--config", CONFIG, "{file}"),
    "mypy": _tool("mypy --no-error-summary", "--config-file", CONFIG, "{file}"),
    "codespell": Gate("codespell", (str(BIN / "codespell"), "--toml", CONFIG, "{file}"), "fixture.md"),
    "generated": Gate(
        "generate.py --check",
        (sys.executable, "{root}/scripts/generate.py", "--check"),
        "circuits/generated/slice_data.circom",
        (*SOURCES, "scripts"),
    ),
    "imports": _check("imports", "oracle/model/fixture.py", PACKAGES),
    "imports_prover": _check("imports", "prover/fixture.py", PACKAGES),
    "names": _check("names", "circuits/insolvency.circom"),
    "names_registry": _check("names", "circuits/statements.json"),
    "spec_ids": _check("spec_ids", "oracle/model/fixture.py"),
    "hints": _check("hints", "circuits/fixture.circom", ("circuits",)),
    "asserts": _check("asserts", "oracle/model/fixture.py", PACKAGES),
    "paths": _check("paths", "fixture.md", (), "{file}"),
    "forge_fmt": _forge("fmt --check"),
    "forge_lint": _forge("lint --deny notes"),
    "slither": Gate(
        "check_slither.py",
        (SLITHER, str(ROOT / "scripts/check_slither.py"), "{root}"),
        "contracts/Fixture.sol",
        SOLIDITY,
    ),
    "slither_triage": Gate(
        "check_slither.py", (SLITHER, str(ROOT / "scripts/check_slither.py"), "{root}"), "slither.triage.json", SOLIDITY
    ),
    "cargo_fmt": Gate(
        "cargo fmt --check", ("cargo", "fmt", "--check", "--manifest-path", "{root}/Cargo.toml"), "src/lib.rs"
    ),
}


def _root(gate: Gate, root: Path) -> Path:
    """A tree with the parts of the repository that the gate reads; big folders are links."""
    (root / "contracts").mkdir(parents=True)
    for part in gate.parts:
        source = ROOT / part
        if part == "node_modules" or (gate.parts is SOLIDITY and part == "scripts"):
            (root / part).symlink_to(source)
        elif source.is_dir():
            shutil.copytree(
                source, root / part, ignore=shutil.ignore_patterns("target", "__pycache__"), dirs_exist_ok=True
            )
        else:
            shutil.copy(source, root / part)
    if gate.file == "slither.triage.json":
        shutil.copy(FIXTURES / "slither" / "repaired.sol", root / "contracts" / "Fixture.sol")
    (root / "Cargo.toml").write_text(CRATE)
    (root / gate.file).parent.mkdir(parents=True, exist_ok=True)
    return root


def _run(gate: Gate, root: Path) -> subprocess.CompletedProcess[str]:
    command = [argument.format(root=root, file=root / gate.file) for argument in gate.command]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


BROKEN = [(path.parent.name, path) for path in sorted(FIXTURES.glob("*/broken*")) if path.parent.name != "gas"]


@pytest.mark.parametrize(("name", "broken"), BROKEN, ids=[f"{name}-{path.stem}" for name, path in BROKEN])
def test_a_linter_goes_red_on_the_broken_fixture_and_green_on_the_repaired_one(
    name: str, broken: Path, tmp_path: Path
) -> None:
    gate = GATES[name]
    if gate.command[0] == SLITHER and not Path(SLITHER).exists():
        pytest.skip("slither is installed by `make lint`")
    root = _root(gate, tmp_path / "root")
    target, repaired = root / gate.file, broken.with_stem("repaired")
    own = target.read_text() if target.exists() else ""
    shutil.copy(broken, target)
    red = _run(gate, root)
    assert red.returncode != 0, "the broken fixture passes"
    assert "Traceback" not in red.stderr
    target.write_text(repaired.read_text() if repaired.exists() else own)
    green = _run(gate, root)
    assert green.returncode == 0, green.stdout + green.stderr


def _recipe(target: str) -> list[str]:
    """Recipe lines of a target of the Makefile, with the loop over the own checks unrolled."""
    text = (ROOT / "Makefile").read_text()
    lines = re.findall(r"^\t@?(.*)$", text.partition(f"\n{target}:")[2].partition("\n\n")[0], re.MULTILINE)
    loops = [(line, re.match(r"for check in ([\w ]+);", line)) for line in lines]
    return [one for line, loop in loops for one in ([f"check_{n}.py" for n in loop[1].split()] if loop else [line])]


def test_every_line_of_make_lint_has_a_gate_with_a_broken_fixture() -> None:
    uncovered = [line for line in _recipe("lint") if not any(gate.line in line for gate in GATES.values())]
    assert uncovered == []
    absent = [name for name, gate in GATES.items() if not any(gate.line in line for line in _recipe("lint"))]
    assert absent == []
    assert {name for name, _ in BROKEN} == set(GATES)


def test_changed_gas_fails_the_solidity_tests(tmp_path: Path) -> None:
    command = re.match(r"(git diff [^|]*) \|\|", _recipe("test-contracts")[-1])
    assert command is not None
    snapshot = tmp_path / "tests/contracts/gas/gas.json"
    snapshot.parent.mkdir(parents=True)
    shutil.copy(FIXTURES / "gas" / "repaired.json", snapshot)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    assert subprocess.run(command[1].split(), cwd=tmp_path, check=False).returncode == 0
    shutil.copy(FIXTURES / "gas" / "broken.json", snapshot)
    assert subprocess.run(command[1].split(), cwd=tmp_path, capture_output=True, check=False).returncode == 1
