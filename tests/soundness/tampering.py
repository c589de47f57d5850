# SPDX-License-Identifier: Apache-2.0
"""Copies of the circuits in which one hint or one output of one component can be shifted; what follows is recomputed.

In the copy every hint ``h <-- e`` reads ``h <-- (e) + shift`` and every output ``o <== e`` reads ``v = e; o <-- v + shift; o === v``,
where the shift is an input that acts in one place only: each component knows its path from the main component (twelve bits
a level, counted in the order of instantiation), each shifted statement its number in the template and its count within the
component. No constraint is added or removed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prover.field import SCALAR_MODULUS
from tests.circuits.support import Circuit, circuit_of, signed, sources
from tests.soundness.circom import TEMPLATE, Program, main_template, parse, without_comments

LEVEL = 1 << 12
SHIFTED = re.compile(
    r"(?P<left>(?:\bsignal )?(?<![.\w])(?P<name>\w+)(?P<index>(?:\[[^\]]*\])*)) (?P<arrow><--|<==) (?P<value>[^;]*);"
)
SHIFTS = (1, -1, 2, -2, 1 << 7, -(1 << 12), 1 << 33, -(1 << 64), 1 << 128, -(1 << 250), SCALAR_MODULUS // 3)


@dataclass(frozen=True)
class Statement:
    """One shifted statement of a template."""

    signal: str
    hint: bool


def statements_of(program: Program) -> dict[str, list[Statement]]:
    """Template to its hints and assignments of outputs in textual order. Raises ValueError for a hint in another form."""
    found: dict[str, list[Statement]] = {}
    for name, template in program.templates.items():
        outputs = set(template.of_kind("output"))
        matches = [m for m in SHIFTED.finditer(template.body) if m["arrow"] == "<--" or m["name"] in outputs]
        if sum(m["arrow"] == "<--" for m in matches) != len(re.findall(r"<--|-->", template.body)):
            raise ValueError(f"{name}: a hint outside the form that the copies understand")
        if missing := outputs - {m["name"] for m in matches}:
            raise ValueError(f"{name}: no assignment of {sorted(missing)} in the form that the copies understand")
        if matches:
            found[name] = [Statement(m["name"], m["arrow"] == "<--") for m in matches]
    return found


def _holders(program: Program) -> list[str]:
    """Templates that hold a shifted statement or a component that does."""
    holders = set(statements_of(program))
    while True:
        more = {name for name, t in program.templates.items() if holders & set(t.components.values())} - holders
        if not more:
            return sorted(holders)
        holders |= more


def tampered(files: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The copies, and the templates by number."""
    program = parse(files)
    statements, holders = statements_of(program), _holders(program)
    instance = re.compile(rf"(?:component )?(\w+(?:\[[^\]=]*\])*) = (?:{'|'.join(holders)})\([^;]*\);")

    def wire(match: re.Match[str]) -> str:
        lines = [match[0], "tamper_children++;"]
        lines += [f"{match[1]}.tamper_{part} <-- tamper_{part};" for part in ("path", "place", "shift")]
        return " ".join([*lines, f"{match[1]}.tamper_self <-- tamper_self * {LEVEL} + tamper_children;"])

    def template(match: re.Match[str]) -> str:
        name, body = match[1], match[3]
        if name not in holders:
            return match[0]
        wanted, outputs = statements.get(name, []), set(program.templates[name].of_kind("output"))
        numbers = iter(range(len(wanted)))

        def shifted(found: re.Match[str]) -> str:
            if found["arrow"] == "<==" and found["name"] not in outputs:
                return found[0]
            number = next(numbers)
            place = f"tamper_path == tamper_self && tamper_place == {LEVEL * number} + tamper_count[{number}]"
            shift = f"(({place}) ? tamper_shift : 0)"
            if found["arrow"] == "<--":
                return f"tamper_count[{number}]++; {found['left']} <-- ({found['value']}) + {shift};"
            left = found["left"]
            return (
                f"tamper_count[{number}]++; tamper_value = {found['value']}; "
                f"{left} <-- tamper_value + {shift}; {left} === tamper_value;"
            )

        body = instance.sub(wire, SHIFTED.sub(shifted, body))
        size = max(len(wanted), 1)
        head = "".join(f"    signal input tamper_{part};\n" for part in ("path", "place", "shift", "self"))
        head += f"    signal tamper_kind;\n    signal tamper_total[{size}];\n    var tamper_children = 0;\n"
        head += f"    var tamper_value;\n    var tamper_count[{size}];\n    for (var t = 0; t < {size}; t++) {{ tamper_count[t] = 0; }}\n"
        tail = f"    tamper_kind <-- {holders.index(name)};\n"
        tail += f"    for (var t = 0; t < {size}; t++) {{ tamper_total[t] <-- tamper_count[t]; }}\n}}\n"
        return f"template {name}({match[2]}) {{\n{head}{body}{tail}"

    return {path: TEMPLATE.sub(template, without_comments(text)) for path, text in files.items()}, holders


@dataclass(frozen=True)
class Site:
    """One execution of one shifted statement of one component."""

    component: str
    template: str
    signal: str
    hint: bool
    path: int
    place: int

    @property
    def kind(self) -> tuple[str, str]:
        """Template and signal."""
        return self.template, self.signal

    @property
    def count(self) -> int:
        """Which execution within the component, from 0."""
        return self.place % LEVEL - 1


@dataclass(frozen=True)
class Tampered:
    """A compiled copy."""

    circuit: Circuit
    main: str
    program: Program
    holders: list[str]
    statements: dict[str, list[Statement]]

    def inputs(self, inputs: Mapping[str, Any], site: Site | None = None, shift: int = 0) -> dict[str, Any]:
        """Inputs with a shift at a site; none without a site."""
        return {
            **inputs,
            "tamper_path": site.path if site else 0,
            "tamper_place": site.place if site else 0,
            "tamper_shift": shift % SCALAR_MODULUS,
            "tamper_self": 0,
        }

    def accepts(self, inputs: Mapping[str, Any], site: Site | None = None, shift: int = 0) -> bool:
        """Whether all constraints hold with the shift."""
        return self.circuit.accepts(self.inputs(inputs, site, shift))

    def wires(self, inputs: Mapping[str, Any], site: Site | None = None, shift: int = 0) -> list[int]:
        """The witness with the shift."""
        return self.circuit.wires(self.inputs(inputs, site, shift))

    def kinds(self, hint: bool) -> set[tuple[str, str]]:
        """Every hint, or every output that is none, of the templates that the circuit instantiates, from the sources."""
        reachable = self.program.reachable(self.main)
        hints = {(t, s.signal) for t in reachable for s in self.statements.get(t, []) if s.hint}
        outputs = {(t, s.signal) for t in reachable for s in self.statements.get(t, []) if not s.hint}
        return hints if hint else outputs - hints

    def sites(self, inputs: Mapping[str, Any]) -> list[Site]:
        """Every shifted statement of every component, found from the honest witness."""
        wires, symbols = self.wires(inputs), self.circuit.symbols
        return [site for name in symbols if name.endswith(".tamper_self") for site in self._of(name[:-12], wires)]

    def _of(self, component: str, wires: list[int]) -> Iterator[Site]:
        symbols = self.circuit.symbols
        kind, path = (wires[symbols[f"{component}.tamper_{part}"]] for part in ("kind", "self"))
        template = self.holders[kind]
        for number, statement in enumerate(self.statements.get(template, [])):
            for count in range(1, wires[symbols[f"{component}.tamper_total[{number}]"]] + 1):
                yield Site(component, template, statement.signal, statement.hint, path, LEVEL * number + count)

    def honest(self, inputs: Mapping[str, Any], site: Site, signal: str) -> int:
        """Value of a signal of the site's component in the honest witness."""
        return signed(self.wires(inputs)[self.circuit.symbols[f"{site.component}.{signal}"]])


def spread(sites: list[Site], most: int) -> list[Site]:
    """At most ``most`` sites of every kind: the first, the last and evenly between them."""
    by_kind: dict[tuple[str, str], list[Site]] = defaultdict(list)
    for site in sites:
        by_kind[site.kind].append(site)
    chosen = []
    for found in by_kind.values():
        steps = min(most, len(found))
        chosen += [found[i * (len(found) - 1) // max(steps - 1, 1)] for i in range(steps)]
    return list(dict.fromkeys(chosen))


def tampered_circuit(
    name: str, call: str, include: str, public: str = "", files: Mapping[str, str] | None = None
) -> Tampered:
    """The copy of one instance, e.g. ``Insolvency(4)`` of ``insolvency.circom``."""
    originals = sources() if files is None else files
    program = parse(originals)
    copies, holders = tampered(originals)
    main = f'pragma circom 2.1.6;\ninclude "{include}";\ncomponent main {public}= {call};\n'
    circuit = circuit_of(f"tampered_{name}", copies, main)
    return Tampered(circuit, main_template(main), program, holders, statements_of(program))
