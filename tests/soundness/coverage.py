# SPDX-License-Identifier: Apache-2.0
"""What the suite covered, by statement: collected by the tests, written to build/soundness/coverage.json, printed as a table."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.circuits.support import ROOT
from tests.soundness.statements import STATEMENTS

FILE = ROOT / "build" / "soundness" / "coverage.json"
COLUMNS = {
    "hints": "hints",
    "outputs": "outputs",
    "equations": "widths proven",
    "products": "products",
    "widest_bits": "widest bits",
    "rigid": "wires pinned",
    "unused": "unused signals",
}


class Coverage:
    """Figures by statement; a pair is (covered, all)."""

    def __init__(self) -> None:
        self.statements: dict[str, dict[str, Any]] = {}
        self.planted: dict[str, bool] = {}

    def note(self, statement: str, **figures: Any) -> None:
        """Keep figures of one statement."""
        self.statements.setdefault(statement, {}).update(figures)

    def widths(self, statement: str, *, products: int, widest: int, equations: int, proven: int) -> None:
        """Figures of the width proof."""
        self.note(statement, products=products, widest_bits=widest, equations=[proven, equations])

    def caught(self, bug: str, found: bool) -> None:
        """Whether the detectors report a planted bug and are silent on the original."""
        self.planted[bug] = found

    def share(self, name: str) -> float | None:
        """Covered over all of a pair, over the statements; None where no test of it ran."""
        pairs = [figures[name] for figures in self.statements.values() if name in figures]
        return sum(pair[0] for pair in pairs) / sum(pair[1] for pair in pairs) if pairs else None

    def summary(self) -> dict[str, Any]:
        """The file's content."""
        caught = sum(self.planted.values()) / len(self.planted) if self.planted else None
        return {
            "hints_covered": self.share("hints"),
            "outputs_covered": self.share("outputs"),
            "widths_proven": self.share("equations"),
            "wires_pinned": self.share("rigid"),
            "planted_bugs_caught": caught,
            "planted_bugs": dict(sorted(self.planted.items())),
            "statements": self.statements,
        }

    def complete(self) -> bool:
        """Whether every kind of figure was measured for every statement, and bugs were planted."""
        measured = all(
            {"hints", "outputs", "equations", "rigid"} <= set(self.statements.get(s, ())) for s in STATEMENTS
        )
        return measured and bool(self.planted)

    def write(self, path: Path = FILE) -> None:
        """Write the file; a run of a part of the suite leaves that of the last whole run alone."""
        if not self.complete():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.summary(), indent=2) + "\n")

    def table(self) -> Iterable[str]:
        """Lines for a terminal."""
        yield "statement".ljust(14) + "".join(title.rjust(16) for title in COLUMNS.values())
        for statement, figures in self.statements.items():
            yield statement.ljust(14) + "".join(_cell(figures.get(name)).rjust(16) for name in COLUMNS)
        if self.planted:
            yield f"planted bugs caught: {sum(self.planted.values())} / {len(self.planted)}"


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value[0]}/{value[1]}" if isinstance(value, (list, tuple)) else str(value)
