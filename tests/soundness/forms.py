# SPDX-License-Identifier: Apache-2.0
"""Intervals of linear forms and of their products over wires with known intervals."""

from __future__ import annotations

from tests.soundness.intervals import Bounds, Function, function_of, groups, scaled, times
from tests.soundness.system import Linear


class Forms:
    """Known intervals of wires, and the wires that are functions of boolean wires."""

    def __init__(self) -> None:
        self.bounds: dict[int, Bounds] = {0: (1, 1)}
        self.functions: dict[int, Function] = {}
        self.joint: set[int] = set()

    def name(self, wire: int, function: Function) -> None:
        """Keep the first function that a wire is known as."""
        if wire not in self.functions:
            self.functions[wire] = function
            if len(function.booleans) > 1:
                self.joint.add(wire)

    def interval(self, terms: Linear, without: int = -1) -> Bounds | None:
        """Of a linear form less one wire; None if a wire has no integer yet."""
        low = high = 0
        joint = False
        for wire, factor in terms:
            if wire == without:
                continue
            bounds = self.bounds.get(wire)
            if bounds is None:
                return None
            joint = joint or wire in self.joint
            least, most = bounds if factor >= 0 else (bounds[1], bounds[0])
            low, high = low + least * factor, high + most * factor
        return self._grouped(tuple(term for term in terms if term[0] != without)) if joint else (low, high)

    def _grouped(self, terms: Linear) -> Bounds:
        """Where wires share booleans: by enumeration of each group."""
        low = high = 0
        for group in groups(terms, self.functions):
            if len(group) == 1:
                bounds = scaled(self.bounds[group[0][0]], group[0][1])
            else:
                function = function_of(group, self.functions)
                if function is None:
                    raise ValueError("a group is a function of booleans")
                bounds = min(function.values), max(function.values)
            low, high = low + bounds[0], high + bounds[1]
        return low, high

    def values(self, terms: Linear) -> set[int]:
        """All values of a linear form that is constant or a function of booleans; empty where it is neither."""
        bounds = self.interval(terms)
        if bounds is not None and bounds[0] == bounds[1]:
            return {bounds[0]}
        function = function_of(terms, self.functions)
        return set(function.values) if function else set()

    def product(self, left: Linear, right: Linear) -> Bounds | None:
        """Of two linear forms; a square is not negative, an absent product is 0."""
        first, second = self.interval(left), self.interval(right)
        if first is None or second is None:
            return None
        if not left or not right:
            return 0, 0
        low, high = times(first, second)
        return (max(low, 0), high) if left == right else (low, high)
