# SPDX-License-Identifier: Apache-2.0
"""The circuits of the registry as systems, and what the width proof takes as given about them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from itertools import product
from typing import Any

from tests.circuits.support import CIRCUITS, sources
from tests.soundness.circom import main_template, parse
from tests.soundness.rules import Rules, Signal, Split
from tests.soundness.system import System, system_of
from tests.soundness.widths import Tracker

PRESETS: dict[str, dict[str, str]] = json.loads((CIRCUITS / "presets.json").read_text())
STATEMENTS: dict[str, Any] = json.loads((CIRCUITS / "statements.json").read_text())

MODULAR = {"Poseidon": (), "PoseidonChain": ("in",), "Challenge": ("d",)}
"""Components that are modular by design; what enters the chain and the challenge must be an integer of fewer than r values."""

ELEMENTS = {
    ("Knots", "digest"),
    ("KnotsDigest", "digest"),
    ("Slice", "claimed_digest"),
    ("Neighbours", "claimed_digest"),
}
"""Digests: field elements by design."""

UNCLAIMED = {("CalendarPair", "intercept")}
"""Where claim is 0 the intercept is any field element whose product with ratio_q leaves a remainder; nothing is published."""

CASES: dict[Signal, Mapping[int, set[Signal]]] = {("Slice", "claim"): {1: set(), 0: UNCLAIMED}}
"""Boolean inputs proven value by value, with the wires that are field elements in each case."""

SPLITS = (
    # the contract writes x = ceil(1 / v) at 2^4 or 0 [M-5]: x v < 2^22 + v, and the penalty is x (v ...)^2
    Split(
        target=("Cell", "penalty"),
        on=("Cell", "vol_q18"),
        via=(("Cell", "product"), ("Cell", "eta_squared"), ("VolMode", "square")),
        given=("Cell", "inverse_vol_q4"),
        most=lambda low, high: ((1 << 22) + high) // max(low, 1),
    ),
)


FRACTIONS: dict[Signal, int] = {
    ("ListedStrike", "mark_e2"): 53,
    ("ListedStrike", "ln_strike_q48"): 21,
    ("Black76", "total_vol_q32"): 2,
    ("Black76", "k"): 21,
    ("SliceResults", "word"): 53,
    ("SliceResultsRun", "elements"): 53,
    ("SliceLogarithmsRun", "elements"): 21,
}
"""Wires that the constraints make integers over a power of two modulo r; the verifier's own fields pick the integers.

Only in statements of which the registry says that constraints pin fields; elsewhere every field has its range check."""


LEAST: dict[Signal, int] = {("Black76", "total_vol_q32"): 1}
"""The two range checks of d1 add up to 2 v - 1: v is positive."""


def stated(statement: str) -> dict[str, int]:
    """Elements of their own that the verifier keeps below a width, by the registry's words."""
    limits = {
        element["name"]: re.search(r"below 2\^(\d+)", element["meaning"])
        for element in STATEMENTS[statement]["elements"]
        if "fields" not in element
    }
    return {name: int(limit[1]) for name, limit in limits.items() if limit}


def smallest(statement: str) -> str:
    """The first preset of a statement."""
    return next(circuit_id for circuit_id, preset in PRESETS.items() if preset["template"] == statement)


def main_of(circuit_id: str) -> str:
    """Source of the main component of a preset."""
    preset = PRESETS[circuit_id]
    head = f'pragma circom 2.1.6;\ninclude "{preset["template"]}.circom";\n'
    return f"{head}component main {{public [z]}} = {preset['call']};\n"


@cache
def whole(circuit_id: str) -> System:
    """A preset with every signal a wire."""
    return system_of(circuit_id, sources(), main_of(circuit_id))


def rules_of(system: System) -> list[Rules]:
    """One set of rules for every combination of the cases that the system has."""
    templates = system.program.reachable(system.main)
    public = {(system.main, name) for name in ("digest", "y", "z")}
    cases = {signal: values for signal, values in CASES.items() if signal[0] in templates}
    splits = tuple(split for split in SPLITS if split.target[0] in templates)
    name = system.main.lower()
    limits = {(system.main, signal): bits for signal, bits in stated(name).items()} if name in STATEMENTS else {}
    pinned = any(element.get("pinned") for element in STATEMENTS.get(name, {"elements": []})["elements"])
    fractions = FRACTIONS if pinned else {}
    found = []
    for values in product(*(values for values in cases.values())):
        fixed = dict(zip(cases, values, strict=True))
        free = set().union(*(cases[signal][value] for signal, value in fixed.items()))
        found.append(Rules(MODULAR, frozenset(ELEMENTS | public | free), splits, fixed, fractions, limits, LEAST))
    return found


def tracked(system: System) -> list[Tracker]:
    """Intervals of the system in every case."""
    trackers = [Tracker(system, rules) for rules in rules_of(system)]
    for tracker in trackers:
        tracker.run()
    return trackers


def templates_of(circuit_id: str) -> list[str]:
    """Every template that a preset instantiates."""
    return parse(sources()).reachable(main_template(main_of(circuit_id)))


@cache
def tracked_preset(circuit_id: str) -> list[Tracker]:
    """Intervals of a preset in every case."""
    return tracked(whole(circuit_id))
