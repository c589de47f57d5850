# SPDX-License-Identifier: Apache-2.0
"""Fails on a hint (``<--``) of a circuit that no comment explains, and on statements that look like constraints and are none.

Explained: a comment on its line, one on the line above the hints it stands among, or a numbered step that names the signal.
Refused besides: ``-->``, a hint into a component, an ``assert`` that names a signal or a component, a signal or a component
that is declared and not used again, an input of a component that is never assigned.
"""

import re
import sys
from pathlib import Path

HINT = re.compile(r"(\w+)(?:\[[^\]]*\])* <-- ")
STEP = re.compile(r"^\s*// \d+\. ")
TEMPLATE = re.compile(r"^template (\w+)\(.*?\) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
SIGNAL = re.compile(r"\bsignal (?:(input|output) )?(\w+)")
COMPONENT = re.compile(r"\bcomponent (\w+)")
# MarginCdf(6, ...) has no fractional bits below the sixths.
EMPTY = {"Cell: second.low"}
INSTANCE = re.compile(r"\b(\w+)(?:\[[^=;]*\])* = (\w+)\(")


def unexplained(path: str, text: str) -> list[str]:
    """One line per hint without an explanation."""
    found = []
    lines = text.splitlines()
    steps = " ".join(line for line in lines if STEP.match(line))
    for number, line in enumerate(lines):
        match = HINT.search(line.partition("//")[0])
        if match is None:
            continue
        above = number - 1
        while above >= 0 and HINT.search(lines[above]):
            above -= 1
        explained = "//" in line or lines[above].lstrip().startswith("//")
        if not explained and re.search(rf"\b{match[1]}\b", steps) is None:
            found.append(f"{path}: hint {match[1]} is not explained")
    return found


def statement_violations(path: str, text: str) -> list[str]:
    """One line per statement that constrains nothing, and per declaration without a use."""
    found = []
    plain = re.sub(r"//[^\n]*", "", text)
    for template, body in TEMPLATE.findall(plain):
        where = f"{path}: {template}"
        signals, components = {name for _, name in SIGNAL.findall(body)}, set(COMPONENT.findall(body))
        found += [f"{where}: --> is not used" for _ in re.findall(r"-->", body)]
        found += [f"{where}: hint into {name}" for name in re.findall(r"(\w+)(?:\[[^\]]*\])*\.\w+[^;]* <-- ", body)]
        for condition in re.findall(r"\bassert\s*\((.*?)\);", body):
            named = sorted(set(re.findall(r"\w+", condition)) & (signals | components))
            found += [f"{where}: assert on {name} is no constraint" for name in named]
        for name in sorted(signals | components):
            if len(re.findall(rf"\b{name}\b", body)) < 2:
                found.append(f"{where}: {name} is not used")
    return found


def unassigned(texts: dict[str, str]) -> list[str]:
    """One line per input of a component that its template never assigns."""
    plain = {path: re.sub(r"//[^\n]*", "", text) for path, text in texts.items()}
    bodies = [(path, name, body) for path, text in plain.items() for name, body in TEMPLATE.findall(text)]
    inputs = {name: [s for kind, s in SIGNAL.findall(body) if kind == "input"] for _, name, body in bodies}
    found = []
    for path, template, body in bodies:
        for component, child in sorted(set(INSTANCE.findall(body))):
            for signal in inputs.get(child, []):
                if f"{template}: {component}.{signal}" in EMPTY:
                    continue
                if not re.search(rf"\b{component}(?:\[[^;=]*?\])*\.{signal}\b[^;]*? <== ", body):
                    found.append(f"{path}: {template}: {component}.{signal} is not assigned")
    return found


def violations(root: Path) -> list[str]:
    """One line per finding in circuits."""
    paths = sorted((root / "circuits").rglob("*.circom"))
    texts = {str(path.relative_to(root)): path.read_text() for path in paths}
    found = [
        line for path, text in texts.items() for line in unexplained(path, text) + statement_violations(path, text)
    ]
    return found + unassigned(texts)


if __name__ == "__main__":
    lines = violations(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
    print("\n".join(lines), end="\n" if lines else "")
    sys.exit(1 if lines else 0)
