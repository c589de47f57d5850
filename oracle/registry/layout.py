# SPDX-License-Identifier: Apache-2.0
"""Reads ``circuits/statements.json`` and ``circuits/presets.json``: the only definition of every data vector."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oracle.errors import ConfigError

ELEMENT_BITS = 253
"""Packed elements stay below 2^253 < r, so that no packing wraps the field."""


@dataclass(frozen=True)
class Field:
    """One field of a packed element: an integer ``value + offset`` in [0, 2^bits) at bit ``shift``.

    ``bits_used``: the circuit goes on with the single bits of the range check.
    """

    name: str
    bits: int
    offset: int
    shift: int
    bits_used: bool
    unit: str
    scale: str
    meaning: str


@dataclass(frozen=True)
class Element:
    """One element, or a run of equal ones (``repeat`` records, ``per_element`` of them in one field element)."""

    name: str
    fields: tuple[Field, ...]
    repeat: str | None
    per_element: int
    meaning: str

    @property
    def record_bits(self) -> int:
        """Width of one record."""
        return sum(field.bits for field in self.fields)

    def records(self, sizes: dict[str, int]) -> int:
        """Number of records at these sizes; 1 for an element that does not repeat."""
        if self.repeat is None:
            return 1
        return int(self.repeat) if self.repeat.isdigit() else int(sizes[self.repeat])

    def count(self, sizes: dict[str, int]) -> int:
        """Number of field elements at these sizes."""
        return -(-self.records(sizes) // self.per_element)


@dataclass(frozen=True)
class Statement:
    """One statement: its name, its sentence and its data vector."""

    name: str
    sentence: str
    sizes: tuple[str, ...]
    elements: tuple[Element, ...]

    def length(self, sizes: dict[str, int]) -> int:
        """Length n of the data vector."""
        return sum(element.count(sizes) for element in self.elements)


@dataclass(frozen=True)
class Preset:
    """One instance of a circuit; ``default``: built unless all are asked for, and expected to be there."""

    circuit_id: str
    template: str
    sizes: dict[str, int]
    call: str
    default: bool


def _power_of_two(text: str) -> int:
    return 1 << int(text.removeprefix("2^"))


def _element(raw: dict[str, Any]) -> Element:
    fields, shift = [], 0
    for entry in raw.get("fields", []):
        offset = _power_of_two(entry["offset"]) if "offset" in entry else 0
        fields.append(
            Field(
                entry["name"],
                entry["bits"],
                offset,
                shift,
                entry.get("bits_used", False),
                entry["unit"],
                entry["scale"],
                entry["meaning"],
            )
        )
        shift += entry["bits"]
    per_element = raw.get("per_element", 1)
    if shift * per_element > ELEMENT_BITS:
        raise ConfigError(
            f"statements.json: element {raw['name']} has {shift * per_element} bits, limit {ELEMENT_BITS}"
        )
    return Element(raw["name"], tuple(fields), raw.get("repeat"), per_element, raw.get("meaning", ""))


def load_statements(path: Path) -> dict[str, Statement]:
    """The statements by name. Raises :class:`ConfigError` where an element is too wide."""
    raw = json.loads(path.read_text())
    return {
        name: Statement(name, body["sentence"], tuple(body["sizes"]), tuple(_element(e) for e in body["elements"]))
        for name, body in raw.items()
    }


def load_presets(path: Path) -> dict[str, Preset]:
    """The circuit instances by id."""
    return {
        circuit_id: Preset(circuit_id, body["template"], body["sizes"], body["call"], body.get("default", True))
        for circuit_id, body in json.loads(path.read_text()).items()
    }
