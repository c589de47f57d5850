# SPDX-License-Identifier: Apache-2.0
"""Scenario grids: presets, logarithms, packing, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import mpmath as mp
import pytest

from oracle.errors import InvalidValue
from oracle.model.grid import ROWS, Grid, VolRule, VolShock, ln_spot_q24, load_grid, vol_mode
from oracle.statements.layout import SolvencyGrid

RULE = VolRule(up_e4=5000, down_e4=2500, power_short_e4=3000, power_long_e4=1300, floor_e4=5000)
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
    assert grid.vol_rule == VolRule(**raw["vol_rule"])


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
    rule = flat.vol_rule
    changes: list[dict[str, int]] = [{}, {"up_e4": 1}, {"down_e4": 1}, {"power_short_e4": 1}, {"power_long_e4": 1}]
    changes += [{"floor_e4": 1}, {"up_points_e4": 1}, {"down_points_e4": 1}, {"least_tenor_s": 61}]
    ids = {replace(flat, vol_rule=replace(rule, **change)).grid_id() for change in changes}
    first = flat.scenarios[0]
    other = replace(first, weight_e5=first.weight_e5 + 1)
    ids.add(replace(flat, scenarios=(other, *flat.scenarios[1:])).grid_id())
    assert len(ids) == 10
    assert replace(flat, name="other").grid_id() == flat.grid_id()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"up_e4": 1 << 16}, "up_e4"),
        ({"up_e4": -1}, "up_e4"),
        ({"floor_e4": 1 << 16}, "floor_e4"),
        ({"down_e4": 10_001}, "at most 10000"),
        ({"up_points_e4": 1 << 16}, "up_points_e4"),
        ({"down_points_e4": -1}, "down_points_e4"),
        ({"least_tenor_s": 59}, "least_tenor_s"),
        ({"least_tenor_s": 1 << 32}, "least_tenor_s"),
        ({"power_short_e4": 10_001}, "at most 10000"),
        ({"power_long_e4": 10_001}, "at most 10000"),
    ],
)
def test_a_vol_rule_outside_its_range_is_an_invalid_value(change: dict[str, int], field: str) -> None:
    with pytest.raises(InvalidValue, match=field):
        replace(RULE, **change)


@pytest.mark.parametrize("days", [1 / 1440, 0.5, 7, 29.9, 30, 30.1, 90, 730])
def test_shocks_follow_the_tenor_power_of_the_rule(days: float) -> None:
    """Relative moves scaled by (30 days / T)^p, p = 0.30 up to 30 days and 0.13 beyond; the floor is 50 % a year."""
    tenor_s = round(days * 86_400)
    power = mp.mpf(30 * 86_400) / tenor_s
    power = power ** mp.mpf("0.3") if tenor_s <= 30 * 86_400 else power ** mp.mpf("0.13")
    up, none, down = RULE.shocks(tenor_s)
    assert none == VolShock(1 << 32, 0, 0)
    assert abs(up.multiplier_q32 - (1 + power / 2) * 2**32) < 2
    assert abs(down.multiplier_q32 - max(mp.mpf(0), 1 - power / 4) * 2**32) < 2
    assert abs(up.floor_q32 - mp.sqrt(mp.mpf(tenor_s) / 31_536_000) / 2 * 2**32) < 2
    assert down.floor_q32 == 0


@pytest.mark.parametrize("days", [1 / 24, 1, 30, 365])
def test_points_move_a_vol_by_the_same_amount_a_year_at_every_tenor(days: float) -> None:
    rule = load_grid(PRESETS[0].with_name("span16.json")).vol_rule
    root = mp.sqrt(mp.mpf(round(days * 86_400)) / 31_536_000)
    up, none, down = rule.shocks(round(days * 86_400))
    assert none == VolShock(1 << 32, 0, 0)
    assert (up.multiplier_q32, down.multiplier_q32) == (1 << 32, 1 << 32)
    assert abs(up.shift_q32 - mp.mpf("0.15") * root * 2**32) < 2
    assert down.shift_q32 == -up.shift_q32


def test_tenors_below_the_least_one_of_a_rule_have_its_power() -> None:
    rule = load_grid(PRESETS[0].with_name("paradex.json")).vol_rule
    hour, day = rule.shocks(3_600), rule.shocks(86_400)
    assert hour == day
    assert abs(day[0].multiplier_q32 - (1 + mp.mpf("0.4") * mp.mpf(30) ** mp.mpf("0.3")) * 2**32) < 2
    assert rule.shocks(2 * 86_400)[0].multiplier_q32 < day[0].multiplier_q32


def test_a_tenor_below_a_minute_counts_as_a_minute() -> None:
    assert RULE.shocks(1) == RULE.shocks(60) != RULE.shocks(61)


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
