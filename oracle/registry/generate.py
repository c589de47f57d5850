# SPDX-License-Identifier: Apache-2.0
"""Writes, or compares, every generated file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from oracle.registry import circom, docs, python, solidity, tables
from oracle.registry.layout import load_presets, load_statements


def _formatted(text: str) -> str:
    """Python source as ruff formats it."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "layout.py", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def generated_files(root: Path) -> dict[Path, str]:
    """Path (relative to ``root``) to text of every generated file."""
    statements = load_statements(root / "circuits" / "statements.json")
    presets = load_presets(root / "circuits" / "presets.json")
    files: dict[Path, str] = {Path("oracle/statements/layout.py"): _formatted(python.records(statements))}
    for name, text in {**circom.packing(statements), **circom.instances(presets), **tables.circom_tables()}.items():
        files[Path("circuits/generated") / name] = text
    for name, text in solidity.libraries(statements).items():
        files[Path("contracts/generated") / name] = text
    files[Path("contracts/generated/NormalTables.sol")] = tables.solidity_tables()
    files[Path("contracts/generated/PoseidonTables.sol")] = tables.solidity_poseidon()
    for name, text in tables.python_tables().items():
        files[Path("oracle/model/tables") / name] = _formatted(text)
    files[Path("docs/spec/notation.md")] = docs.notation(statements)
    return files


def write(root: Path) -> list[Path]:
    """Writes the files that differ and returns their paths."""
    stale = compare(root)
    for path, text in generated_files(root).items():
        if path in stale:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
    return stale


def compare(root: Path) -> list[Path]:
    """Paths of generated files that are missing or differ from what the registry gives."""
    return [
        path
        for path, text in generated_files(root).items()
        if not (root / path).exists() or (root / path).read_text() != text
    ]
