# SPDX-License-Identifier: Apache-2.0
"""Which prover the settings open."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import oracle.cli.main
from oracle.cli.provers import open_proofs
from oracle.cli.settings import Settings
from prover.artifacts import ArtifactStore
from prover.engine import EngineOptions
from prover.jobs import Priority
from prover.pool import ProverPool
from prover.prove import Prover
from prover.snarkjs import SnarkjsProver

BUILD = Path("build")


def test_proofs_are_made_in_this_process_unless_workers_are_asked_for() -> None:
    with open_proofs(Settings(artifacts=BUILD)) as proofs:
        assert isinstance(proofs, Prover)


def test_workers_prove_and_insolvency_is_urgent() -> None:
    with open_proofs(Settings(artifacts=BUILD, prover_workers=1)) as proofs:
        assert isinstance(proofs, ProverPool)
        assert proofs.submit("insolvency_4", {}).priority is Priority.URGENT
        assert proofs.submit("slice_32_16", {}).priority is Priority.ROUTINE
    assert proofs.processes() == []


@pytest.mark.parametrize("workers", [0, 2])
def test_without_the_compiled_module_snarkjs_proves(monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    monkeypatch.setitem(sys.modules, "zkrisk_native", None)
    with open_proofs(Settings(artifacts=BUILD, prover_workers=workers)) as proofs:
        assert isinstance(proofs, SnarkjsProver)


def test_the_demonstration_takes_the_settings_of_the_prover(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[EngineOptions] = []

    class Shown:
        def __init__(self, _root: Path, _store: ArtifactStore, _console: object, engine: EngineOptions) -> None:
            opened.append(engine)

        def run(self, *_arguments: object) -> dict[str, object]:
            return {}

    monkeypatch.setattr(oracle.cli.main, "Demo", Shown)
    monkeypatch.setenv("ZKRISK_PROVER_ENGINE", "portable")
    monkeypatch.setenv("ZKRISK_PROVER_LEAN", "true")
    assert run("demo", "--no-stay", "--json").json == {}
    assert opened == [EngineOptions("portable", lean=True)]
