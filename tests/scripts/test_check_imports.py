# SPDX-License-Identifier: Apache-2.0
"""The layers of the packages: the tree is clean, every kind of import against a layer is found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _check(root: Path) -> tuple[int, list[str]]:
    command = [sys.executable, str(ROOT / "scripts" / "check_imports.py"), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def _tree(root: Path, path: str, line: str) -> None:
    """A small tree with one import in one file."""
    for package in ("prover", "oracle/model", "oracle/chain", "oracle/node"):
        (root / package).mkdir(parents=True, exist_ok=True)
        (root / package / "clean.py").write_text("import math\n\nfrom prover.field import SCALAR_MODULUS\n")
    (root / path).write_text(f"import json\n\n{line}\n")


def test_the_tree_is_clean() -> None:
    assert _check(ROOT) == (0, [])


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("prover/wrong.py", "from oracle.errors import RiskOracleError"),
        ("prover/wrong.py", "import oracle.model.grid"),
        ("prover/wrong.py", "import oracle"),
        ("oracle/model/wrong.py", "from oracle.chain.client import ChainClient"),
        ("oracle/model/wrong.py", "import oracle.chain.client as client"),
        ("oracle/model/wrong.py", "from oracle import chain"),
        ("oracle/model/wrong.py", "from ..chain import client"),
        ("oracle/model/wrong.py", "from .. import chain"),
        ("oracle/model/wrong.py", "def late():\n    from oracle.chain import client"),
        ("oracle/chain/wrong.py", "from oracle.node.node import OracleNode"),
        ("oracle/node/wrong.py", "from oracle.unknown import thing"),
    ],
)
def test_an_import_against_the_layers_is_found_with_its_place(tmp_path: Path, path: str, line: str) -> None:
    _tree(tmp_path, path, line)
    number = 3 + line.count("\n")
    status, (found,) = _check(tmp_path)
    assert status == 1
    assert found.startswith(f"{path}:{number}: ")
    assert "must not import oracle" in found


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("oracle/chain/right.py", "from oracle.model.grid import load_grid"),
        ("oracle/chain/right.py", "from ..model import grid"),
        ("oracle/model/right.py", "from oracle.model import grid"),
        ("oracle/model/right.py", "from . import grid"),
        ("oracle/model/right.py", "from oracle.errors import InvalidValue"),
        ("prover/right.py", "from prover import field"),
    ],
)
def test_an_import_along_the_layers_passes(tmp_path: Path, path: str, line: str) -> None:
    _tree(tmp_path, path, line)
    assert _check(tmp_path) == (0, [])
