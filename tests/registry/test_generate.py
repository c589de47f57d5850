# SPDX-License-Identifier: Apache-2.0
"""The registry: generated files are current, layouts are what the circuits can hold, wrong ones are refused."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from oracle.errors import ConfigError
from oracle.model import tables as model_tables
from oracle.registry.generate import compare, generated_files, write
from oracle.registry.layout import ELEMENT_BITS, load_presets, load_statements
from oracle.registry.solidity import camel
from oracle.registry.tables import POSEIDON_WIDTHS, all_tables
from oracle.statements import layout as records
from oracle.statements.record import Record
from prover.field import SCALAR_MODULUS

ROOT = Path(__file__).resolve().parents[2]
STATEMENTS = load_statements(ROOT / "circuits" / "statements.json")
PRESETS = load_presets(ROOT / "circuits" / "presets.json")
SIZES = {
    "slice_32_16": {"knots": 32, "strikes": 16},
    "slice_48_32": {"knots": 48, "strikes": 32},
    "slice_64_48": {"knots": 64, "strikes": 48},
    "slice_96_80": {"knots": 96, "strikes": 80},
    "insolvency_4": {"positions": 4},
    "insolvency_8": {"positions": 8},
    "insolvency_16": {"positions": 16},
    "insolvency_32": {"positions": 32},
    "solvency_4": {"positions": 4},
    "solvency_8": {"positions": 8},
    "solvency_16": {"positions": 16},
    "solvency_32": {"positions": 32},
}


def test_every_generated_file_is_current() -> None:
    assert compare(ROOT) == []


def test_a_changed_or_missing_file_is_found_and_written_again(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "circuits", tmp_path / "circuits")
    assert set(compare(tmp_path)) == {p for p in generated_files(tmp_path) if not p.is_relative_to("circuits")}
    write(tmp_path)
    assert compare(tmp_path) == []
    changed = Path("circuits/generated/slice_data.circom")
    (tmp_path / changed).write_text("")
    assert write(tmp_path) == [changed]
    assert compare(tmp_path) == []


def test_the_presets_are_the_circuits_of_the_product() -> None:
    assert {circuit_id: preset.sizes for circuit_id, preset in PRESETS.items()} == SIZES
    assert {preset.template for preset in PRESETS.values()} == set(STATEMENTS)


@pytest.mark.parametrize(
    ("circuit_id", "length"),
    [
        ("slice_32_16", 19),
        ("slice_48_32", 32),
        ("slice_64_48", 45),
        ("slice_96_80", 72),
        ("solvency_4", 14),
        ("solvency_8", 18),
        ("solvency_16", 26),
        ("solvency_32", 42),
        ("insolvency_4", 5),
        ("insolvency_8", 9),
        ("insolvency_16", 17),
        ("insolvency_32", 33),
    ],
)
def test_the_length_of_a_data_vector_follows_from_the_sizes(circuit_id: str, length: int) -> None:
    preset = PRESETS[circuit_id]
    assert STATEMENTS[preset.template].length(preset.sizes) == length


def _blocks(n: int) -> list[int]:
    """State widths of a Poseidon chain of n elements."""
    widths, rest = [min(n, 16) + 1], n - 16
    while rest > 0:
        widths.append(min(rest, 15) + 2)
        rest -= 15
    return widths


@pytest.mark.parametrize("circuit_id", SIZES)
def test_the_poseidon_constants_cover_every_chain_of_a_preset(circuit_id: str) -> None:
    preset = PRESETS[circuit_id]
    chains = [STATEMENTS[preset.template].length(preset.sizes)]
    if preset.template == "slice":
        chains += [-(-preset.sizes["knots"] // 3), 2 * preset.sizes["strikes"]]
    assert {width for n in chains for width in _blocks(n)} <= set(POSEIDON_WIDTHS)


@pytest.mark.parametrize("name", STATEMENTS)
def test_fields_are_contiguous_and_elements_stay_below_the_field(name: str) -> None:
    for element in STATEMENTS[name].elements:
        shift = 0
        for field in element.fields:
            assert field.shift == shift
            assert field.offset in (0, 1 << (field.bits - 1))
            assert field.unit
            assert field.scale
            assert field.meaning
            shift += field.bits
        assert element.record_bits * element.per_element <= ELEMENT_BITS
        assert 1 << (element.record_bits * element.per_element) < SCALAR_MODULUS


@pytest.mark.parametrize("name", STATEMENTS)
def test_python_records_have_the_fields_of_the_registry(name: str) -> None:
    for element in STATEMENTS[name].elements:
        if element.fields:
            record: type[Record] = getattr(records, f"{name.capitalize()}{element.name.capitalize()}")
            assert tuple((f.name, f.bits, f.offset) for f in element.fields) == record.LAYOUT
            assert element.per_element == record.PER_ELEMENT


def test_python_tables_are_those_of_the_circom_tables() -> None:
    for table in all_tables():
        evaluated = getattr(model_tables, table.name)
        assert evaluated.rows == table.rows
        moebius = table.moebius_rows()
        for i in range(len(moebius)):
            subset = [sum(moebius[s][j] for s in range(len(moebius)) if s & i == s) for j in range(table.degree + 1)]
            assert tuple(subset) == table.rows[i]


def _document() -> dict[str, Any]:
    return dict(json.loads((ROOT / "circuits" / "statements.json").read_text()))


@pytest.mark.parametrize(
    ("statement", "element", "field", "bits"),
    [
        ("slice", "strikes", "mid_half_ticks", 43),
        ("solvency", "positions", "forward_e2", 65),
        ("solvency", "grid", "spot_e4", 20),
    ],
)
def test_an_element_wider_than_the_field_is_a_config_error(
    tmp_path: Path, statement: str, element: str, field: str, bits: int
) -> None:
    path = tmp_path / "statements.json"
    for width, fits in ((bits - 1, True), (bits, False)):
        document = copy.deepcopy(_document())
        entry = next(e for e in document[statement]["elements"] if e["name"] == element)
        next(f for f in entry["fields"] if f["name"] == field)["bits"] = width
        path.write_text(json.dumps(document))
        if fits:
            load_statements(path)
        else:
            with pytest.raises(ConfigError, match=f"element {element} has"):
                load_statements(path)


@pytest.mark.parametrize(
    ("name", "expected"), [("forward_q16", "forwardQ16"), ("put", "put"), ("ln_spot_q24", "lnSpotQ24")]
)
def test_a_quantity_has_one_name_in_python_and_solidity(name: str, expected: str) -> None:
    assert camel(name) == expected
