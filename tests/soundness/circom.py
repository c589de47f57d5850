# SPDX-License-Identifier: Apache-2.0
"""What the circom sources declare: templates, their signals, hints and components; the template of a signal by its path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

TEMPLATE = re.compile(r"^template (\w+)\((.*?)\) \{\n(.*?)^\}\n", re.MULTILINE | re.DOTALL)
SIGNAL = re.compile(r"\bsignal (input |output |)(\w+)")
COMPONENT = re.compile(r"(?:^|[\s;{])(?:component )?(\w+)(?:\[[^\]=]*\])* = (\w+)\(", re.MULTILINE)
HINT = re.compile(r"(\w+)(?:\[[^\]]*\])* <-- ")
MAIN = re.compile(r"component main (?:\{[^}]*\} )?= (\w+)\(")
INDEX = re.compile(r"\[\d+\]")


def without_comments(text: str) -> str:
    """Source with line comments cut."""
    return re.sub(r" *//[^\n]*", "", text)


@dataclass(frozen=True)
class Template:
    """Declarations of one template: signal to kind (input, output or intermediate), component to template, hints."""

    name: str
    body: str
    signals: Mapping[str, str] = field(hash=False)
    components: Mapping[str, str] = field(hash=False)
    hints: tuple[str, ...]

    def of_kind(self, kind: str) -> list[str]:
        """Signals of a kind in the order of declaration."""
        return [name for name, found in self.signals.items() if found == kind]


@dataclass(frozen=True)
class Program:
    """Every template of the sources by name."""

    templates: Mapping[str, Template]

    def reachable(self, main: str) -> list[str]:
        """The templates that `main` instantiates, itself included, in order of discovery."""
        found = [main]
        for name in found:
            found += [t for t in dict.fromkeys(self.templates[name].components.values()) if t not in found]
        return found

    def locate(self, main: str, path: str) -> tuple[str, str]:
        """Template and signal, without indices, of a full signal name such as ``main.pair[0].range_p.in``.

        Raises KeyError for a component that the sources do not declare.
        """
        *components, signal = INDEX.sub("", path).split(".")[1:]
        template = main
        for component in components:
            template = self.templates[template].components[component]
        return template, signal


@lru_cache(maxsize=64)
def _parsed(texts: tuple[str, ...]) -> Program:
    bodies = {name: body for text in texts for name, _, body in TEMPLATE.findall(without_comments(text))}
    templates = {}
    for name, body in bodies.items():
        signals = {signal: kind.strip() or "intermediate" for kind, signal in SIGNAL.findall(body)}
        components: dict[str, str] = {}
        for component, template in COMPONENT.findall(body):
            if template in bodies and components.setdefault(component, template) != template:
                raise ValueError(f"{name}.{component}: a component of two templates")
        templates[name] = Template(name, body, signals, components, tuple(HINT.findall(body)))
    return Program(templates)


def parse(files: Mapping[str, str]) -> Program:
    """The templates of sources by path. Raises ValueError for a component name used for two templates."""
    return _parsed(tuple(text for _, text in sorted(files.items())))


def main_template(text: str) -> str:
    """The template that a file with ``component main`` instantiates."""
    match = MAIN.search(text)
    if match is None:
        raise ValueError("no main component")
    return match[1]
