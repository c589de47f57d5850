# SPDX-License-Identifier: Apache-2.0
"""The bench of gas: aims met and missed, snapshots that drift, the break-even of a proof, sizes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from scripts.bench import gas, gas_snapshots
from scripts.bench.circuit_sizes import BenchFailure
from scripts.bench.gas import AIMS, CURVE, FIGURES, SCENARIOS, SIZE_LIMIT, break_even, figures_of
from scripts.bench.gas_snapshots import Compiled, Snapshots, committed, compiled, drifted, measured, parsed

ROOT = Path(__file__).resolve().parents[2]
ISSUED = (
    "slice_update surface_update_8 insolvency_start_16 insolvency_start_32 withdraw_16_36 trade_two_accounts_16 deposit bid "
    "settle_one_account slice_native_48_32 insolvency_native_16 insolvency_native_32 solvency_native_16_36"
)
MET: Snapshots = {snapshot: int(AIMS[figure].limit or 70_000) for figure, snapshot in FIGURES.items()}


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, found: Snapshots, *arguments: str, size: int = 20_000) -> int:
    """Exit status of a bench that measures ``found`` where ``MET`` is committed."""
    monkeypatch.setattr(gas, "OUTPUT", folder / "bench" / "gas.json")
    monkeypatch.setattr(gas, "measured", lambda _: found)
    monkeypatch.setattr(gas, "committed", lambda _: MET)
    monkeypatch.setattr(gas, "compiled", lambda _: Compiled("0.8.1", "cancun", (200,), {"RiskOracle": size}))
    return gas.main(list(arguments))


def test_figures_at_their_aims_pass_and_are_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert set(AIMS) == set(FIGURES) == set(ISSUED.split())
    assert run(monkeypatch, tmp_path, MET, "--strict") == 0
    written = json.loads((tmp_path / "bench" / "gas.json").read_text())["figures"]
    assert written == {figure: MET[snapshot] for figure, snapshot in FIGURES.items()}


def test_a_missed_aim_is_marked_and_fails_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    beyond = {**MET, "gas/slice_update": MET["gas/slice_update"] + 1}
    monkeypatch.setattr(gas, "drifted", lambda *_: [])
    assert run(monkeypatch, tmp_path, beyond) == 0
    assert "MISSED" in capsys.readouterr().out
    assert run(monkeypatch, tmp_path, beyond, "--strict") == 1


def test_a_drift_fails_and_says_which_key_by_how_much(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path, {**MET, "margin/deposit": MET["margin/deposit"] - 900}) == 1
    assert "margin/deposit: 90,000 committed, 89,100 measured: -900 (-1.00%)" in capsys.readouterr().out


def test_a_key_that_comes_or_goes_is_a_drift() -> None:
    assert drifted({"a/x": 1, "a/y": 2}, {"a/x": 1, "a/z": 3}) == [
        "a/y: 2, not committed",
        "a/z: 3 committed, not measured",
    ]


def test_a_contract_above_the_size_limit_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert run(monkeypatch, tmp_path, MET, size=SIZE_LIMIT) == 0
    assert run(monkeypatch, tmp_path, MET, size=SIZE_LIMIT + 1) == 1


def test_tests_that_fail_are_named_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(_: Path) -> Snapshots:
        raise BenchFailure("[FAIL: Revert] test_gas_of_deposits()")

    run(monkeypatch, tmp_path, MET)
    monkeypatch.setattr(gas, "measured", failing)
    monkeypatch.setattr(gas, "OUTPUT", tmp_path / "none.json")
    assert gas.main([]) == 1
    assert "test_gas_of_deposits" in capsys.readouterr().out
    assert not (tmp_path / "none.json").exists()


def test_the_break_even_lies_where_the_lines_cross() -> None:
    assert break_even([(1, 300, 100), (5, 300, 500), (9, 300, 900)]) == 3
    assert break_even([(1, 300, 100), (4, 300, 290), (8, 300, 330)]) == 5
    assert break_even([(1, 300, 400), (4, 300, 500)]) == 1
    assert break_even([(1, 300, 100), (4, 300, 200)]) is None
    assert break_even([]) is None


def test_every_snapshot_that_a_table_names_is_committed() -> None:
    expected = committed(ROOT)
    named = {*FIGURES.values(), *(f"margin/{name}" for _, _, name in SCENARIOS), "gas/registry.verify"}
    for _, _, *names in CURVE:
        named |= {f"{'margin' if place < 2 else 'auction'}/{name}" for place, name in enumerate(names) if name}
    assert named - set(expected) == set()
    assert set(figures_of(expected)) == set(FIGURES)


def test_the_last_commit_counts_not_the_working_tree(tmp_path: Path) -> None:
    file = tmp_path / gas_snapshots.COMMITTED / "gas.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"one": "1"}')
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for arguments in (("init", "-q"), ("add", "."), (*author, "commit", "-qm", "one")):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    file.write_text('{"one": "2"}')
    assert committed(tmp_path) == {"gas/one": 1}


def test_what_cannot_be_read_is_a_bench_failure(tmp_path: Path) -> None:
    with pytest.raises(BenchFailure, match="make setup"):
        measured(tmp_path)
    with pytest.raises(BenchFailure, match="cannot be read"):
        committed(tmp_path)
    with pytest.raises(BenchFailure, match="make contracts"):
        compiled(tmp_path)
    for text in ("", "[]", '{"a": "x"}', '{"a": null}'):
        with pytest.raises(BenchFailure, match=r"gas\.json is no snapshot"):
            parsed("gas", text)


def artifact(root: Path, name: str, version: str) -> None:
    """One of forge's artefacts, with 24 bytes of code."""
    folder = root / "build" / "contracts" / f"{name}.sol"
    folder.mkdir(parents=True)
    settings = {"evmVersion": "cancun", "optimizer": {"runs": 200}}
    content = {"deployedBytecode": {"object": "0x" + "00" * 24}}
    metadata = {"compiler": {"version": version}, "settings": settings}
    (folder / f"{name}.json").write_text(json.dumps({**content, "metadata": metadata}))


def test_sizes_and_settings_are_those_of_the_artefacts(tmp_path: Path) -> None:
    artifact(tmp_path, "One", "0.8.1")
    artifact(tmp_path, "Two", "0.8.1")
    found = compiled(tmp_path, ("One", "Two"))
    assert found == Compiled("0.8.1", "cancun", (200,), {"One": 24, "Two": 24})
    assert found.told() == "gas of whole transactions; hard fork cancun, optimizer runs 200, solc 0.8.1"
    artifact(tmp_path, "Three", "0.8.2")
    with pytest.raises(BenchFailure, match="several compilers"):
        compiled(tmp_path, ("One", "Three"))
