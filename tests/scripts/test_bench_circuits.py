# SPDX-License-Identifier: Apache-2.0
"""The bench of the circuits: aims met and missed, figures that cannot be measured, the slice without its calendar."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.bench import circuits
from scripts.bench.aims import Figures
from scripts.bench.circuit_sizes import BenchFailure, preset_constraints, slice_alone
from scripts.bench.circuits import AIMS

ROOT = Path(__file__).resolve().parents[2]
MET: Figures = {key: aim.limit for key, aim in AIMS.items() if aim.limit is not None}


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, figures: Figures) -> tuple[int, Figures]:
    """Exit status and written figures of a bench that measures ``figures``."""
    monkeypatch.setattr(circuits, "OUTPUT", folder / "bench" / "circuits.json")
    monkeypatch.setattr(circuits, "size_parts", lambda: [lambda: figures])
    for part in ("errors", "slack"):
        monkeypatch.setattr(circuits, part, lambda _: {})
    monkeypatch.setattr(circuits, "coverage", dict)
    status = circuits.main([])
    written: Figures = json.loads((folder / "bench" / "circuits.json").read_text())["figures"]
    return status, written


def test_figures_at_their_aims_pass_and_are_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert run(monkeypatch, tmp_path, MET) == (0, MET)


@pytest.mark.parametrize("key", AIMS)
def test_one_figure_beyond_its_aim_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str) -> None:
    beyond = {**MET, key: MET[key] * (0.999 if AIMS[key].exact else 1.001)}
    assert run(monkeypatch, tmp_path, beyond)[0] == 1


def test_a_figure_that_cannot_be_measured_fails_and_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(circuits, "COVERAGE", tmp_path / "coverage.json")
    monkeypatch.setattr(circuits, "ROOT", tmp_path)
    with pytest.raises(BenchFailure, match=r"coverage\.json is missing"):
        circuits.coverage()
    assert run(monkeypatch, tmp_path, {key: value for key, value in MET.items() if key != "option_core"})[0] == 1
    assert "MISSED" in capsys.readouterr().out


def test_the_slice_without_calendar_has_no_neighbour_and_keeps_the_rest() -> None:
    source = (ROOT / "circuits" / "slice.circom").read_text()
    alone = slice_alone(source, "Slice(48, 32, 20)")
    assert "neighbour" not in alone.partition("template Slice")[2]
    assert "CalendarPair(" not in alone
    assert alone.count("ListedStrike()") == source.count("ListedStrike()") == 1


def test_a_slice_source_of_another_form_is_a_bench_failure() -> None:
    with pytest.raises(BenchFailure, match="0 calendar sections"):
        slice_alone("template Slice(N, S, PIECES) {}", "Slice(48, 32, 20)")


def test_an_unknown_preset_is_a_bench_failure() -> None:
    with pytest.raises(BenchFailure, match="slice_1_1 is no preset"):
        preset_constraints(ROOT, "slice_1_1")
