# SPDX-License-Identifier: Apache-2.0
"""Scenario grids: presets, logarithms, packing, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import mpmath as mp
import pytest

from oracle.errors import InvalidValue
from oracle.model.grid import ROWS, Grid, ln_spot_q24, load_grid, vol_mode
from oracle.statements.layout import SolvencyGrid

PRESETS = sorted((Path(__file__).resolve().parents[2] / "circuits" / "grids").glob("*.json"))


@pytest.fixture
def flat() -> Grid:
    return load_grid(PRESETS[0].with_name("flat.json"))


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_a_preset_has_36_rows_of_the_modes_of_the_circuit(path: Path) -> None:
    grid = load_grid(path)
    raw = json.loads(path.read_text())
    assert grid.name == path.stem
    assert len(grid.scenarios) == ROWS
    assert [vol_mode(row) for row in range(ROWS)] == [0] * 18 + [1] * 9 + [2] * 9
    for mode, name in enumerate(("up", "none", "down")):
        given = {tuple(row) for row in raw[name]}
        found = {(s.spot_e4, s.weight_e5) for i, s in enumerate(grid.scenarios) if vol_mode(i) == mode}
        assert found == given
    assert [grid.multiplier_e4(mode) for mode in range(3)] == [raw["vol_up_e4"], 10_000, raw["vol_down_e4"]]


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_the_words_of_a_preset_are_the_packed_records_of_the_data_vector(path: Path) -> None:
    grid = load_grid(path)
    rows = [SolvencyGrid(s.spot_e4, s.ln_spot_q24, s.weight_e5) for s in grid.scenarios]
    assert grid.words() == SolvencyGrid.pack_all(rows)
    assert len(grid.words()) == 9


def test_the_logarithm_of_every_spot_multiplier_is_rounded_to_the_nearest() -> None:
    for spot in [1, 2, 3400, 9999, 10_000, 10_001, 60_000, 65_535, *range(5, 65_536, 997)]:
        exact = mp.log(mp.mpf(spot) / 10_000) * 2**24
        assert abs(ln_spot_q24(spot) - exact) <= 0.5 + 1e-6


def test_the_grid_id_depends_on_rows_and_multipliers(flat: Grid) -> None:
    ids = {flat.grid_id(), replace(flat, vol_up_e4=14_001).grid_id(), replace(flat, vol_down_e4=7_801).grid_id()}
    first = flat.scenarios[0]
    other = replace(first, weight_e5=first.weight_e5 + 1)
    ids.add(replace(flat, scenarios=(other, *flat.scenarios[1:])).grid_id())
    assert len(ids) == 4
    assert replace(flat, name="other").grid_id() == flat.grid_id()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"vol_up_e4": 9_999}, "vol_e4"),
        ({"vol_down_e4": 10_001}, "vol_e4"),
        ({"vol_down_e4": 0}, "vol_e4"),
        ({"vol_up_e4": 1 << 17}, "vol_e4"),
    ],
)
def test_multipliers_outside_their_range_are_invalid_values(flat: Grid, change: dict[str, int], field: str) -> None:
    with pytest.raises(InvalidValue, match=field):
        replace(flat, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [("spot_e4", 1 << 16, "spot_e4"), ("weight_e5", 1 << 17, "weight_e5"), ("ln_spot_q24", 5, "G-1")],
)
def test_a_row_outside_its_widths_is_an_invalid_value(flat: Grid, name: str, value: int, field: str) -> None:
    with pytest.raises(InvalidValue, match=field):
        replace(flat, scenarios=(replace(flat.scenarios[0], **{name: value}), *flat.scenarios[1:]))


def test_a_grid_of_another_length_is_an_invalid_value(flat: Grid, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="36 rows"):
        replace(flat, scenarios=flat.scenarios[1:])
    raw = json.loads(PRESETS[0].with_name("flat.json").read_text())
    wrong: tuple[list[list[int]], ...] = ([], raw["none"] * 2)
    for rows in wrong:
        path = tmp_path / "grid.json"
        path.write_text(json.dumps({**raw, "none": rows}))
        with pytest.raises(InvalidValue, match="1 to 9 rows"):
            load_grid(path)
