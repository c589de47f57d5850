# SPDX-License-Identifier: Apache-2.0
"""What the suite asks of a circuit, as functions from sources to reports; none on the circuits of the product."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from oracle.statements.statement import Statement
from prover.errors import ConstraintViolated
from prover.field import SCALAR_MODULUS
from tests.circuits.support import ROOT
from tests.soundness.rigidity import movable
from tests.soundness.statements import PRESETS, STATEMENTS, main_of, tracked
from tests.soundness.system import System, system_of
from tests.soundness.tampering import SHIFTS, tampered_circuit
from tests.soundness.widths import Tracker

Sources = Mapping[str, str]
Inputs = Mapping[str, Any]


def template_main(call: str, include: str) -> str:
    """Main component of one template."""
    return f'pragma circom 2.1.6;\ninclude "{include}";\ncomponent main = {call};\n'


def wide_fields(tracker: Tracker, statement: str) -> list[str]:
    """Fields of the data vector that may take a value at or above their width in the registry; pinned ones are left out."""
    found = []
    bits = tracker.widths()
    for element in STATEMENTS[statement]["elements"]:
        for field in element.get("fields", []) if not element.get("pinned") else []:
            width = bits.get((tracker.system.main, field["name"]), 0) if "name" in field else 0
            if width > field.get("bits", 0):
                found.append(f"{field['name']}: {width} bits instead of {field['bits']}")
    return found


def ambiguous_fields(tracker: Tracker, statement: str) -> list[str]:
    """Pinned fields that could trade with the next field of their element.

    Times 2^scale an element is a sum of integers, one a field at its place; the verifier's own fields are below their widths.
    Equal sums have equal terms if no difference of a field reaches the distance to the next place.
    """
    found = []
    for element in STATEMENTS[statement]["elements"]:
        places, shift = [], 0
        for field in element.get("fields", []) * element.get("per_element", 1) if element.get("pinned") else []:
            if "name" in field:
                low, high, fraction = _field_bounds(tracker, field["name"])
                reach = max(high, (1 << (field["bits"] + fraction)) - 1 - low)
                places.append((field["name"], shift - fraction, reach))
            shift += field["bits"] if "name" in field else field["zeros"]
        ends = [place for _, place, _ in places[1:]] + [
            SCALAR_MODULUS.bit_length() + min((p for _, p, _ in places), default=0)
        ]
        found += (
            [name for (name, place, reach), end in zip(places, ends, strict=True) if reach >> (end - place)]
            if places
            else []
        )
    return found


def _field_bounds(tracker: Tracker, name: str) -> tuple[int, int, int]:
    """Interval of a field over all its wires, and the bits of its fraction."""
    system, low, high, fraction = tracker.system, 0, 0, 0
    for wire, kind in enumerate(system.kinds):
        if kind == (system.main, name):
            bounds = tracker.bounds[system.root[wire]]
            low, high = min(low, bounds[0]), max(high, bounds[1])
            bits = [tracker.rules.fractions.get(alias, 0) for alias in system.aliases[system.root[wire]]]
            fraction = max(fraction, *bits)
    return low, high, fraction


def by_widths(name: str, files: Sources, circuit_id: str) -> list[str]:
    """Equations that may wrap, wires without an integer, fields above their width."""
    trackers = tracked(system_of(name, files, main_of(circuit_id)))
    failures = [str(failure) for tracker in trackers for failure in tracker.failures()]
    statement = PRESETS[circuit_id]["template"]
    return failures + wide_fields(trackers[0], statement) + ambiguous_fields(trackers[0], statement)


def by_rank(system: System, inputs: Inputs) -> list[str]:
    """Wires that can move while the inputs of main stay."""
    wires = system.circuit.wires(inputs)
    names = set(system.program.templates[system.main].of_kind("input"))
    fixed = [wire for wire, kind in enumerate(system.kinds) if kind in {(system.main, name) for name in names}]
    return [system.names[wire] for wire in sorted(movable(system.r1cs, wires, fixed))]


def by_hints(name: str, files: Sources, call: str, include: str, inputs: Inputs, hint: tuple[str, str]) -> list[str]:
    """Accepted shifts of one hint."""
    circuit = tampered_circuit(name, call, include, files=files)
    sites = [site for site in circuit.sites(inputs) if site.kind == hint]
    return [
        f"{site.component}.{site.signal} + {s}" for site in sites for s in SHIFTS if circuit.accepts(inputs, site, s)
    ]


def by_freedom(
    name: str, files: Sources, circuit_id: str, beyond: Inputs, honest: Inputs, hint: tuple[str, str]
) -> list[str]:
    """Shifts of a free hint by which a statement past the exact requirement is accepted."""
    preset = PRESETS[circuit_id]
    include = f"{preset['template']}.circom"
    circuit = tampered_circuit(name, preset["call"], include, "{public [z]} ", files)
    sites = [site for site in circuit.sites(honest) if site.kind == hint]
    shifts = [step * sign for step in (1, 4, 16, 64, 128, 256) for sign in (1, -1)]
    return [f"{s.component} + {by}" for s in sites for by in shifts if circuit.accepts(beyond, s, by)]


def by_publics(system: System, statement: Statement) -> list[str]:
    """Public signals that are not those of the data vector."""
    try:
        wires = system.circuit.wires(statement.circuit_inputs())
    except ConstraintViolated as error:
        return [f"refused: {error}"]
    published = [system.circuit.value(wires, name) for name in ("digest", "y", "z")]
    return [] if published == statement.publics else ["other publics"]


def by_bound(system: System, statement: Statement, beyond: Statement) -> list[str]:
    """The bound of the model refused, or a bound one unit better accepted."""
    found = [] if system.circuit.accepts(statement.circuit_inputs()) else ["the bound of the model is refused"]
    return found + (["one unit more is accepted"] if system.circuit.accepts(beyond.circuit_inputs()) else [])


def by_gate(files: Sources) -> list[str]:
    """What the static gate says of the sources."""
    with TemporaryDirectory() as folder:
        for path, text in files.items():
            target = Path(folder, "circuits", path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        command = [sys.executable, str(ROOT / "scripts" / "check_hints.py"), folder]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
