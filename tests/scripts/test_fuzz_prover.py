# SPDX-License-Identifier: Apache-2.0
"""A small share of the fuzzing of the proving layer's readers, and that a finding would be seen."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "fuzz_prover.py"
INPUTS = 5000


@pytest.fixture(scope="module")
def fuzzer() -> ModuleType:
    """The script as a module."""
    spec = spec_from_file_location("fuzz_prover", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_damaged_files_are_accepted_or_refused_by_name(fuzzer: ModuleType) -> None:
    result = fuzzer.fuzz(INPUTS, seed=7)
    assert result["findings"] == []
    assert result["inputs"] >= INPUTS
    for target, outcomes in result["outcomes"].items():
        assert sum(outcomes.values()) > outcomes.get("accepted", 0), target


def test_an_exception_without_a_name_is_a_finding(fuzzer: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_path: Path) -> object:
        raise IndexError("out of range")

    monkeypatch.setattr(fuzzer, "targets", lambda _folder: [fuzzer.Target("broken", b"file", broken, 1)])
    assert len(fuzzer.fuzz(3, seed=1)["findings"]) == 3
