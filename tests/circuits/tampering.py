# SPDX-License-Identifier: Apache-2.0
"""Copies of the circuits in which one hint of one component can be shifted; everything after it is recomputed.

In the copy every `h <-- e` reads `h <-- (e) + shift`, where the shift is an input that acts in one place only: each
component knows its path from the main component (twelve bits a level, counted in the order of instantiation), each
hint its number within its component. No constraint is added or removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prover.field import SCALAR_MODULUS
from tests.circuits.support import Circuit, circuit_of, signed, sources

TEMPLATE = re.compile(r"^template (\w+)\(.*?\) \{\n(.*?)^\}\n", re.MULTILINE | re.DOTALL)
HINT = re.compile(r"^(?P<indent> *)(?P<left>(?:signal )?(?P<name>\w+)(?:\[\w+\])*) <-- (?P<value>.*?);", re.MULTILINE)
LEVEL = 1 << 12
HEAD = (
    "    signal input tamper_path;\n    signal input tamper_hint;\n    signal input tamper_shift;\n"
    "    signal input tamper_self;\n    signal tamper_kind;\n    signal tamper_total;\n"
    "    var tamper_children = 0;\n    var tamper_hints = 0;\n"
)
SHIFT = "((tamper_path == tamper_self && tamper_hint == tamper_hints) ? tamper_shift : 0)"
SHIFTS = (1, -1, 2, -2, 1 << 7, -(1 << 12), 1 << 33, -(1 << 64), 1 << 128, -(1 << 250), SCALAR_MODULUS // 3)


def without_comments(text: str) -> str:
    """Source with line comments cut."""
    return re.sub(r" *//[^\n]*", "", text)


def hints(files: Mapping[str, str]) -> dict[str, list[str]]:
    """Template to the names of its hints, in textual order; a line with `<--` that is not understood is an error."""
    found: dict[str, list[str]] = {}
    for path, text in files.items():
        plain = without_comments(text)
        names = 0
        for template, body in TEMPLATE.findall(plain):
            inside = [match["name"] for match in HINT.finditer(body)]
            names += len(inside)
            if inside:
                found.setdefault(template, []).extend(inside)
        if names != plain.count("<--"):
            raise ValueError(f"{path}: a hint outside the form that the copies understand")
    return found


def _holders(files: Mapping[str, str]) -> list[str]:
    """Templates that hold a hint or a component that does."""
    bodies = {name: body for text in files.values() for name, body in TEMPLATE.findall(without_comments(text))}
    holders = set(hints(files))
    while True:
        pattern = re.compile(r"= (?:" + "|".join(holders) + r")\(")
        more = {name for name, body in bodies.items() if pattern.search(body)} - holders
        if not more:
            return sorted(holders)
        holders |= more


def tampered(files: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The copies, and the templates by number."""
    holders = _holders(files)
    instance = re.compile(
        rf"^( *)(component )?([\w\[\]]+) = ({'|'.join(holders)})\((.*)\);$",
        re.MULTILINE,
    )

    def wire(match: re.Match[str]) -> str:
        indent, name = match[1], match[3]
        lines = [match[0], "tamper_children++;"]
        lines += [f"{name}.tamper_{part} <-- tamper_{part};" for part in ("path", "hint", "shift")]
        lines.append(f"{name}.tamper_self <-- tamper_self * {LEVEL} + tamper_children;")
        return f"\n{indent}".join(lines)

    def shift(match: re.Match[str]) -> str:
        return f"{match['indent']}tamper_hints++;\n{match['indent']}{match['left']} <-- ({match['value']}) + {SHIFT};"

    def template(match: re.Match[str]) -> str:
        name, body = match[1], match[2]
        if name not in holders:
            return match[0]
        body = HINT.sub(shift, instance.sub(wire, body))
        head = match[0][: match[0].index("\n") + 1]
        tail = f"    tamper_kind <-- {holders.index(name)};\n    tamper_total <-- tamper_hints;\n}}\n"
        return f"{head}{HEAD}{body}{tail}"

    return {path: TEMPLATE.sub(template, without_comments(text)) for path, text in files.items()}, holders


@dataclass(frozen=True)
class Site:
    """One hint of one component."""

    component: str
    template: str
    hint: str
    path: int
    number: int


@dataclass(frozen=True)
class Tampered:
    """A compiled copy."""

    circuit: Circuit
    holders: list[str]
    names: dict[str, list[str]]

    def inputs(self, inputs: Mapping[str, Any], site: Site | None = None, shift: int = 0) -> dict[str, Any]:
        """Inputs with a shift at a site; none without a site."""
        where = (site.path, site.number) if site else (0, 0)
        return {
            **inputs,
            "tamper_path": where[0],
            "tamper_hint": where[1],
            "tamper_shift": shift % SCALAR_MODULUS,
            "tamper_self": 0,
        }

    def accepts(self, inputs: Mapping[str, Any], site: Site | None = None, shift: int = 0) -> bool:
        """Whether all constraints hold with the shift."""
        return self.circuit.accepts(self.inputs(inputs, site, shift))

    def wires(self, inputs: Mapping[str, Any], site: Site | None = None, shift: int = 0) -> list[int]:
        """The witness with the shift."""
        return self.circuit.wires(self.inputs(inputs, site, shift))

    def sites(self, inputs: Mapping[str, Any]) -> list[Site]:
        """Every hint of every component, found from the honest witness."""
        wires, symbols = self.wires(inputs), self.circuit.symbols
        return [site for name in symbols if name.endswith(".tamper_self") for site in self._of(name[:-12], wires)]

    def _of(self, component: str, wires: list[int]) -> Iterator[Site]:
        symbols = self.circuit.symbols
        kind, total, path = (wires[symbols[f"{component}.tamper_{part}"]] for part in ("kind", "total", "self"))
        template = self.holders[kind]
        names = self.names.get(template, [])
        for number in range(1, total + 1):
            name = names[number - 1] if total == len(names) else names[0]
            yield Site(component, template, name, path, number)

    def honest(self, inputs: Mapping[str, Any], site: Site, signal: str) -> int:
        """Value of a signal of the site's component in the honest witness."""
        return signed(self.wires(inputs)[self.circuit.symbols[f"{site.component}.{signal}"]])


def tampered_circuit(
    name: str, call: str, include: str, public: str = "", files: dict[str, str] | None = None
) -> Tampered:
    """The copy of one instance, e.g. ``Insolvency(4)`` of ``insolvency.circom``."""
    originals = sources() if files is None else files
    copies, holders = tampered(originals)
    main = f'pragma circom 2.1.6;\ninclude "{include}";\ncomponent main {public}= {call};\n'
    return Tampered(circuit_of(f"tampered_{name}", copies, main), holders, hints(originals))
