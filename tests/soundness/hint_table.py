# SPDX-License-Identifier: Apache-2.0
"""The table of docs/spec/statement.md, section Hints: which hints exist and which are documented as free."""

from __future__ import annotations

import re

from tests.circuits.support import ROOT

PAGE = ROOT / "docs" / "spec" / "statement.md"


def hint_table() -> dict[tuple[str, str], str]:
    """Template and hint to the freedom that the table states."""
    section = PAGE.read_text().partition("\n## Hints\n")[2].partition("\n## ")[0]
    table = {}
    for row in re.findall(r"^\| (`\w+\.\w+`.*?) \|$", section, re.MULTILINE):
        names, _, freedom, *_ = (cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\) \| ", row))
        template = ""
        for name in re.findall(r"`([\w.]+)`", names):
            template, _, hint = name.rpartition(".") if "." in name else (template, "", name)
            table[template, hint] = freedom
    return table


def free_hints() -> set[tuple[str, str]]:
    """Hints with a documented freedom."""
    return {kind for kind, freedom in hint_table().items() if freedom != "none"}
