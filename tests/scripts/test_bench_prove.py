# SPDX-License-Identifier: Apache-2.0
"""The bench of the prover: aims met and missed, provers that do not take part, accounts that differ."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prover.proof import Proof
from scripts.bench import prove
from scripts.bench.aims import Figures
from scripts.bench.circuit_sizes import BenchFailure
from scripts.bench.prove import AIMS, Measured, race_figures, resource_figures, statement_figures
from scripts.bench.statement_times import account_statements, middle_slice, require_proof, simulated_epoch

MET: Figures = {key: aim.limit for key, aim in AIMS.items() if aim.limit is not None}
ISSUED = (
    "fx_vs_rapidsnark fx_vs_snarkrs fx_vs_snarkjs ff_vs_rapidsnark fx_vs_rapidsnark_1t insolvency_16_ms solvency_16_36_ms "
    "slice_48_32_ms insolvency_per_second portable_vs_rapidsnark key_load_ms table_build_s dev_key_s rss_full_mb rss_lean_mb"
)


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, figures: Figures, *arguments: str) -> tuple[int, Figures]:
    """Exit status and written figures of a bench that measures ``figures``."""
    monkeypatch.setattr(prove, "OUTPUT", folder / "bench" / "prove.json")
    monkeypatch.setattr(prove, "measure", lambda *_: figures)
    status = prove.main(list(arguments))
    written: Figures = json.loads((folder / "bench" / "prove.json").read_text())["figures"]
    return status, written


def test_figures_at_their_aims_pass_and_are_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert set(AIMS) == set(ISSUED.split())
    assert run(monkeypatch, tmp_path, MET, "--strict") == (0, MET)


@pytest.mark.parametrize("key", AIMS)
def test_a_missed_aim_is_marked_and_fails_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    beyond = {**MET, key: MET[key] * (1.01 if AIMS[key].at_most else 0.99)}
    assert run(monkeypatch, tmp_path, beyond)[0] == 0
    assert "MISSED" in capsys.readouterr().out
    assert run(monkeypatch, tmp_path, beyond, "--strict")[0] == 1


def test_a_figure_that_cannot_be_measured_is_left_out_and_misses_its_aim(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rest = {key: value for key, value in MET.items() if key != "fx_vs_snarkrs"}
    assert run(monkeypatch, tmp_path, rest, "--strict") == (1, rest)
    assert "not measured" in capsys.readouterr().out


def test_ratios_are_those_of_the_provers_that_took_part() -> None:
    fx: Measured = {
        "own": "vector",
        "times_ms": {"vector": [1.0, 2.0], "snarkjs": [40.0, 60.0], "portable": [5.0, 5.0]},
    }
    assert race_figures(fx, None, None) == {"fx_vs_snarkjs": 35.0}
    fx = {"own": "vector", "times_ms": {"vector": [1.0], "rapidsnark": [6.0], "portable": [4.0]}}
    assert race_figures(fx, fx, fx) == {
        "fx_vs_rapidsnark": 6.0,
        "portable_vs_rapidsnark": 1.5,
        "ff_vs_rapidsnark": 6.0,
        "fx_vs_rapidsnark_1t": 6.0,
    }


def test_a_machine_without_the_vector_engine_reports_the_rest() -> None:
    assert resource_figures({"engines": {"portable": {"peak_mb": 100.0}}, "dev_key_s": 2.0}) == {"dev_key_s": 2.0}
    assert statement_figures({"latencies_ms": {"insolvency_16_ms": 9.0}, "rates": {"a": 1.0, "b": 3.0}}) == {
        "insolvency_16_ms": 9.0,
        "insolvency_per_second": 3.0,
    }


def test_the_statements_are_of_different_accounts_and_of_a_slice_between_two() -> None:
    epoch = simulated_epoch()
    insolvencies, solvencies = account_statements(epoch)
    assert {s.circuit_id for s in insolvencies} == {"insolvency_16"}
    assert {s.circuit_id for s in solvencies} == {"solvency_16"}
    assert len({s.digest for s in insolvencies}) == len({s.digest for s in solvencies}) == len(insolvencies) >= 16
    statement = middle_slice(epoch)
    assert statement.circuit_id == "slice_48_32"
    other = Proof("slice_48_32", (1, 2), ((0, 0), (0, 0)), (1, 2), (1, 2, 3))
    with pytest.raises(BenchFailure, match="another statement"):
        require_proof(statement, other)
