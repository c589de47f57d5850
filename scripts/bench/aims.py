# SPDX-License-Identifier: Apache-2.0
"""Figures beside their aims: one table and one file for every bench."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

Figures = dict[str, float]


@dataclass(frozen=True)
class Aim:
    """What a figure must reach: at most ``limit``, at least, or exactly; None: it is reported alone.

    ``meaning`` says in words what it is, ``moonshot`` is a further goal, ``peer`` what others need for the like.
    """

    limit: float | None
    meaning: str
    at_most: bool = True
    exact: bool = False
    moonshot: float | None = None
    peer: str = ""

    @property
    def sign(self) -> str:
        """How a figure compares with the limit that it reaches."""
        return "=" if self.exact else "<=" if self.at_most else ">="

    def met(self, figure: float | None) -> bool:
        """Whether the figure is there and reaches the limit."""
        if figure is None or self.limit is None:
            return figure is not None
        if self.exact:
            return figure == self.limit
        return figure <= self.limit if self.at_most else figure >= self.limit

    def state(self, figure: float | None) -> str:
        """One word for the table."""
        if figure is not None and self.limit is None:
            return "reported"
        return "met" if self.met(figure) else "MISSED"


def number(figure: float | None) -> str:
    """As the tables show it."""
    if figure is None:
        return "not measured"
    return f"{figure:,.0f}" if figure >= 1000 else f"{figure:.4g}"


def show(figures: Figures, aims: Mapping[str, Aim], console: Console) -> list[str]:
    """Prints the table and returns the keys that miss their aim."""
    peers = any(aim.peer for aim in aims.values())
    table = Table("figure", "measured", "aim", "further", "", "what", *(["peer"] if peers else []))
    for key, aim in aims.items():
        figure = figures.get(key)
        limit = "" if aim.limit is None else f"{aim.sign} {number(aim.limit)}"
        further = "" if aim.moonshot is None else f"{aim.sign} {number(aim.moonshot)}"
        row = (key, number(figure), limit, further, aim.state(figure), aim.meaning)
        table.add_row(*row, *([aim.peer] if peers else []))
    console.print(table)
    missed = [key for key, aim in aims.items() if not aim.met(figures.get(key))]
    count = sum(aim.limit is not None for aim in aims.values())
    console.print(f"{count - sum(aims[key].limit is not None for key in missed)} of {count} aims met", markup=False)
    return missed


def write(figures: Figures, path: Path) -> None:
    """Writes {"figures": {key: number}}."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"figures": figures}, indent=1) + "\n")
