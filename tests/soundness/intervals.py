# SPDX-License-Identifier: Apache-2.0
"""Intervals of linear forms, exact where wires are functions of few boolean wires."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from tests.soundness.system import Linear

Bounds = tuple[int, int]
MOST_BITS = 6
"""A group of wires that share booleans is enumerated up to so many booleans."""


@dataclass(frozen=True)
class Function:
    """A wire that is a function of boolean wires: its values by assignment, first boolean slowest."""

    booleans: tuple[int, ...]
    values: tuple[int, ...]

    def at(self, assignment: dict[int, int]) -> int:
        """Value under an assignment of all its booleans."""
        index = 0
        for wire in self.booleans:
            index = 2 * index + assignment[wire]
        return self.values[index]


def assignments(booleans: Sequence[int]) -> Iterator[dict[int, int]]:
    """All assignments of the booleans, first one slowest."""
    for values in product((0, 1), repeat=len(booleans)):
        yield dict(zip(booleans, values, strict=True))


def times(left: Bounds, right: Bounds) -> Bounds:
    """Products of two intervals."""
    a, b, c, d = left[0] * right[0], left[0] * right[1], left[1] * right[0], left[1] * right[1]
    return min(a, b, c, d), max(a, b, c, d)


def scaled(bounds: Bounds, factor: int) -> Bounds:
    """Multiples of an interval."""
    low, high = bounds[0] * factor, bounds[1] * factor
    return (low, high) if factor >= 0 else (high, low)


def function_of(terms: Linear, functions: dict[int, Function]) -> Function | None:
    """The linear form as a function of booleans; None if a wire is none or they are too many."""
    booleans: dict[int, None] = {}
    for wire, _ in terms:
        if wire:
            if wire not in functions:
                return None
            booleans.update(dict.fromkeys(functions[wire].booleans))
            if len(booleans) > MOST_BITS:
                return None
    names = tuple(booleans)
    values = tuple(
        sum(c * (functions[wire].at(assignment) if wire else 1) for wire, c in terms)
        for assignment in assignments(names)
    )
    return Function(names, values)


def groups(terms: Linear, functions: dict[int, Function]) -> Iterable[Linear]:
    """The terms, those together that share booleans with a wire of two or more booleans."""
    single: list[tuple[int, int]] = []
    joined: list[tuple[set[int], list[tuple[int, int]]]] = []
    for term in terms:
        function = functions.get(term[0])
        if function is None or len(function.booleans) < 2:
            single.append(term)
            continue
        support, members = set(function.booleans), [term]
        for other in [g for g in joined if g[0] & support]:
            if len(other[0] | support) <= MOST_BITS:
                joined.remove(other)
                support |= other[0]
                members += other[1]
        joined.append((support, members))
    for term in single:
        function = functions.get(term[0])
        home = next((g for g in joined if function and set(function.booleans) <= g[0]), None)
        if home is None:
            yield (term,)
        else:
            home[1].append(term)
    for _, members in joined:
        yield tuple(members)


def quotients(value: Bounds, divisor: Bounds) -> Bounds:
    """Integers q with q d in an interval for a d >= 1 of another."""
    low = -(-value[0] // divisor[1]) if value[0] >= 0 else -(-value[0] // divisor[0])
    high = value[1] // divisor[0] if value[1] >= 0 else value[1] // divisor[1]
    return low, high


def product_function(
    left: Linear, right: Linear, rest: Linear, sign: int, functions: dict[int, Function]
) -> Function | None:
    """sign (A B - rest) as a function of at most four booleans."""
    parts = [function_of(terms, functions) for terms in (left, right, rest)]
    known = [part for part in parts if part is not None]
    booleans = tuple(dict.fromkeys(name for part in known for name in part.booleans))
    if len(known) < len(parts) or len(booleans) > 4:
        return None
    first, second, third = known
    return Function(booleans, tuple(sign * (first.at(a) * second.at(a) - third.at(a)) for a in assignments(booleans)))
