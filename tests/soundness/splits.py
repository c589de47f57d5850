# SPDX-License-Identifier: Apache-2.0
"""Which equations tie a split wire to its target, and the pieces of an interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.soundness.intervals import Bounds
from tests.soundness.rules import Split

if TYPE_CHECKING:
    from tests.soundness.widths import Tracker


def cone_of(tracker: Tracker, target: int, split: Split) -> tuple[list[int], list[int]]:
    """Wires and equations between a target and the wire it is split on, in a fixed order."""
    followed, aliases = {*split.via, split.target}, tracker.system.aliases
    wires, equations = [target], list[int]()
    for wire in wires:
        defining = bool(aliases[wire] & followed)
        for index in [tracker.defined_by[wire]] if defining else tracker.users[wire]:
            names = {w for terms in tracker.equations[index] for w, _ in terms if w}
            fresh = names - set(wires)
            closes = len(fresh) == 1 and all(aliases[w] & followed for w in fresh)
            if index not in equations and (defining or closes):
                equations.append(index)
                wires += sorted(fresh)
    return wires, equations


def pieces(bounds: Bounds) -> list[Bounds]:
    """0 and sixteen pieces of each octave that cover an interval of [0, inf)."""
    if bounds[0] < 0:
        raise ValueError("only what is not negative is taken in pieces")
    edges = sorted({(part << octave) >> 4 for octave in range(bounds[1].bit_length()) for part in range(16, 33)})
    inner = [edge for edge in edges if bounds[0] < edge <= bounds[1]]
    return list(zip([bounds[0], *inner], [*(edge - 1 for edge in inner), bounds[1]], strict=True))
