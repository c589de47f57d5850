# SPDX-License-Identifier: Apache-2.0
"""What the width proof takes as given, and what it reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Signal = tuple[str, str]
"""Template and signal without indices."""


@dataclass(frozen=True)
class Split:
    """`target` is bounded piece by piece of `on`, through the equations that define `target` and the signals `via`.

    ``given`` is data of the verifier that it has written as a function of ``on``: at most ``most`` of a piece's ends.
    """

    target: Signal
    on: Signal
    via: tuple[Signal, ...]
    given: Signal
    most: Callable[[int, int], int]


@dataclass(frozen=True)
class Rules:
    """Exceptions.

    - modular: template to those of its inputs that must be integers all the same
    - elements: wires that are field elements by design
    - splits: products of intervals that are taken piece by piece
    - fixed: boolean inputs taken as one value; the other case is another run
    - fractions: wires that are integers over 2^bits modulo r, by bits; the interval of such a wire is that of the integer
    - stated: bits of data that the verifier itself keeps below a width
    - least: lower bounds that follow from the sum of two equations
    """

    modular: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    elements: frozenset[Signal] = frozenset()
    splits: tuple[Split, ...] = ()
    fixed: Mapping[Signal, int] = field(default_factory=dict)
    fractions: Mapping[Signal, int] = field(default_factory=dict)
    stated: Mapping[Signal, int] = field(default_factory=dict)
    least: Mapping[Signal, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """An equation or a wire that is not shown to be one of integers."""

    rule: str
    signals: tuple[str, ...]
    bits: int

    def __str__(self) -> str:
        return f"{self.rule} ({self.bits} bits): {', '.join(self.signals)}"
