# SPDX-License-Identifier: Apache-2.0
"""``scripts/generate.py --check`` on a copy of the tree: green as committed, red and named for every changed file."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from oracle.registry.generate import generated_files

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the script, of what it reads and of what it writes."""
    copy = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "circuits", copy / "circuits")
    for path in [Path("scripts/generate.py"), *generated_files(ROOT)]:
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, copy / path)
    return copy


def _generate(tree: Path, *options: str) -> tuple[int, list[str]]:
    command = [sys.executable, str(tree / "scripts" / "generate.py"), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def test_the_committed_tree_passes_the_check() -> None:
    assert _generate(ROOT, "--check") == (0, [])


@pytest.mark.parametrize(
    "name",
    ["circuits/generated/slice_data.circom", "contracts/generated/SliceLayout.sol", "oracle/statements/layout.py"],
)
def test_a_changed_generated_file_fails_the_check_and_is_left_alone(tree: Path, name: str) -> None:
    path = tree / name
    original = path.read_text()
    changed = original + "\n"
    path.write_text(changed)
    assert _generate(tree, "--check") == (1, [f"stale: {name}"])
    assert path.read_text() == changed
    assert _generate(tree) == (0, [f"written: {name}"])
    assert path.read_text() == original
    assert _generate(tree, "--check") == (0, [])


def test_a_missing_generated_file_fails_the_check(tree: Path) -> None:
    path = tree / "circuits" / "generated" / "solvency_4.circom"
    path.unlink()
    assert _generate(tree, "--check") == (1, ["stale: circuits/generated/solvency_4.circom"])
    assert not path.exists()
    assert _generate(tree)[0] == 0
