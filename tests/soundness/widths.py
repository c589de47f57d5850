# SPDX-License-Identifier: Apache-2.0
"""No wrap: the equations of a circuit mod r are equations of integers, for all accepted inputs and hints.

Every wire gets an integer that is congruent to it and an interval of that integer, from the constraints alone:

1. x (1 - x) = 0 says x in {0, 1}; products of booleans are functions of booleans.
2. An equation with one wire that has no integer yet and coefficient 1 or -1 defines that integer; so does one in which
   the wire's cofactor is 1 or -1 for all values of a boolean.
3. An equation whose wires all have integers is one of integers as soon as |A B - C| < r for all values of the intervals;
   then it narrows the intervals of its wires.

An equation of which this cannot be shown is reported. Nothing is assumed but the declared exceptions: components that are
modular by design, wires that stay field elements, and products of intervals that are taken piece by piece (`Split`).
"""

from __future__ import annotations

from collections import deque
from copy import copy

from prover.field import SCALAR_MODULUS
from tests.soundness.forms import Forms
from tests.soundness.fractions import fraction_bits
from tests.soundness.fractions import scaled as scaled_equation
from tests.soundness.intervals import Bounds, Function, product_function, quotients, scaled, times
from tests.soundness.rules import Failure, Rules, Signal, Split
from tests.soundness.splits import cone_of, pieces
from tests.soundness.system import Linear, System, merged


class Tracker(Forms):
    """Intervals of the wires of one system."""

    def __init__(self, system: System, rules: Rules) -> None:
        super().__init__()
        self.system, self.rules = system, rules
        self.integral: set[int] = set()
        self.defined_by: dict[int, int] = {}
        self.fraction_bits = fraction_bits(system, rules.fractions)
        self.equations = [scaled_equation(equation, self.fraction_bits) for equation in system.equations]
        self.users: dict[int, list[int]] = {}
        self.active = [i for i, equation in enumerate(self.equations) if not self._modular(equation)]
        for i in self.active:
            for wire in {w for terms in self.equations[i] for w, _ in terms}:
                self.users.setdefault(wire, []).append(i)
        for wire, kind in enumerate(system.kinds):
            if kind in rules.fixed:
                self.bounds[system.root[wire]] = (rules.fixed[kind],) * 2
            if kind in rules.stated:
                self.bounds[system.root[wire]] = 0, (1 << rules.stated[kind]) - 1
        self._queue = deque(self.active)
        self._queued = set(self.active)

    def _modular(self, equation: tuple[Linear, Linear, Linear]) -> bool:
        """Whether a wire of the equation lies inside a modular component in every of its names."""
        return any(self.modular(wire) for terms in equation for wire, _ in terms if wire)

    def modular(self, wire: int) -> bool:
        """Whether all names of a wire are inside modular components."""
        kinds = [self.system.kinds[w] for w in self.system.members[wire]]
        return all(t in self.rules.modular and s not in self.rules.modular[t] for t, s in kinds)

    def run(self) -> None:
        """Propagate to the fixed point, take the splits, and again."""
        self._propagate()
        for split in self.rules.splits:
            self._split(split)
            self._propagate()

    def failures(self) -> list[Failure]:
        """Equations that are not shown to be of integers, wires without integer, elements of a digest with two integers."""
        found = []
        for index in self.active:
            wires = sorted({wire for terms in self.equations[index] for wire, _ in terms if wire})
            names = tuple(self.system.names[wire] for wire in wires[:4])
            missing = [w for w in wires if w not in self.bounds and not self._kinds(w) & self.rules.elements]
            if missing:
                found.append(Failure("no integer", tuple(self.system.names[w] for w in missing[:4]), 0))
            elif self.known(index):
                bits = self.size(index).bit_length()
                if index not in self.integral or self.size(index) >= SCALAR_MODULUS:
                    found.append(Failure("may wrap", names, bits))
        for wire, (low, high) in self.bounds.items():
            inward = {(t, s) for t, s in self._kinds(wire) if s in self.rules.modular.get(t, ())}
            if inward and high - low >= SCALAR_MODULUS:
                found.append(
                    Failure("not unique as an element", (self.system.names[wire],), max(-low, high).bit_length())
                )
        return found

    def size(self, index: int) -> int:
        """Largest size of A B, of C and of their difference in one equation; of the parts where it defines an integer."""
        left, right, output = self.equations[index]
        defined = next((w for terms in (left, right, output) for w, _ in terms if self.defined_by.get(w) == index), -1)
        product, result = self.product(left, right), self.interval(output, defined)
        if product is None or result is None:
            raise ValueError("a wire has no integer")
        sizes = [*product, *result]
        sizes += self.bounds[defined] if defined >= 0 else (product[0] - result[1], product[1] - result[0])
        return max(abs(size) for size in sizes)

    def known(self, index: int) -> bool:
        """Whether all wires of an equation have integers."""
        return all(wire in self.bounds for terms in self.equations[index] for wire, _ in terms)

    def products(self) -> list[int]:
        """Equations with a product of two wires whose wires all have integers."""
        return [index for index in self.active if self.equations[index][0] and self.known(index)]

    def widths(self) -> dict[Signal, int]:
        """Bits of the largest size of each signal that has an integer."""
        bits: dict[Signal, int] = {}
        for wire, (low, high) in self.bounds.items():
            for kind in self._kinds(wire) if wire else ():
                bits[kind] = max(bits.get(kind, 0), max(-low, high).bit_length())
        return bits

    def _propagate(self) -> None:
        while self._queue:
            index = self._queue.popleft()
            self._queued.discard(index)
            self._visit(index)

    def _set(self, wire: int, bounds: Bounds, function: Function | None = None) -> None:
        """Intersect, and look again at the equations of a wire that became known or narrower by a quarter."""
        old = self.bounds.get(wire)
        least = [low for kind, low in self.rules.least.items() if kind in self._kinds(wire)]
        bounds = max(bounds[0], *least, bounds[0]), bounds[1]
        if old is not None:
            bounds = max(old[0], bounds[0]), min(old[1], bounds[1])
            shorter = max(map(abs, bounds)).bit_length() < max(map(abs, old)).bit_length()
            gain = shorter or (4 * (bounds[1] - bounds[0]) <= 3 * (old[1] - old[0]) and bounds != old)
            if not (gain or (old[0] < 0 <= bounds[0]) or (function and wire not in self.functions)):
                return
        if bounds[0] > bounds[1]:
            raise ValueError(f"{self.system.names[wire]}: no value is left")
        self.bounds[wire] = bounds
        if function is not None and function.booleans:
            self.name(wire, function)
        for index in self.users.get(wire, []):
            if index not in self._queued:
                self._queued.add(index)
                self._queue.append(index)

    def _visit(self, index: int) -> None:
        left, right, output = self.equations[index]
        unknown = {w for terms in (left, right, output) for w, _ in terms if w not in self.bounds}
        if len(unknown) == 1:
            self._define(index, unknown.pop())
        elif not unknown:
            self._meet(index)

    def _define(self, index: int, wire: int) -> None:
        left, right, output = self.equations[index]
        inside = [terms for terms in (left, right) if any(w == wire for w, _ in terms)]
        if not output and {w for terms in (left, right) for w, _ in terms} <= {0, wire}:
            self._root(wire, left, right)
        elif not inside:
            coefficient = next(c for w, c in output if w == wire)
            rest, product = self.interval(output, wire), self.product(left, right)
            if abs(coefficient) == 1 and rest and product:
                value = scaled((product[0] - rest[1], product[1] - rest[0]), coefficient)
                value = self._switched(left, right, output, wire) or value
                self.integral.add(index)
                self.defined_by[wire] = index
                self._set(
                    wire,
                    value,
                    product_function(
                        left, right, tuple(t for t in output if t[0] != wire), coefficient, self.functions
                    ),
                )
        elif len(inside) == 1 and all(w != wire for w, _ in output):
            self._solve(index, wire, inside[0], right if inside[0] is left else left, output)

    def _switched(self, left: Linear, right: Linear, output: Linear, wire: int) -> Bounds | None:
        """The defined wire where a factor has two values, value by value: b (y - x) + x is x or y."""
        sign = next(c for w, c in output if w == wire)
        for factor, other in ((left, right), (right, left)):
            values = self.values(factor) if factor else set[int]()
            if values and len(values) <= 2:
                terms = [tuple((w, sign * v * c) for w, c in other) for v in values]
                rest = [(w, -sign * c) for w, c in output if w != wire]
                found = [self.interval(merged((*case, *rest), self.system.root)) for case in terms]
                known = [bounds for bounds in found if bounds is not None]
                return min(low for low, _ in known), max(high for _, high in known)
        return None

    def _root(self, wire: int, left: Linear, right: Linear) -> None:
        """x (1 - x) = 0 and the like."""
        roots = []
        for terms in (left, right):
            parts = dict(terms)
            if wire not in parts or parts.get(0, 0) % parts[wire]:
                return
            roots.append(-parts.get(0, 0) // parts[wire])
        self._set(wire, (min(roots), max(roots)), Function((wire,), (0, 1)) if set(roots) == {0, 1} else None)

    def _solve(self, index: int, wire: int, inside: Linear, cofactor: Linear, output: Linear) -> None:
        """The wire in one factor whose cofactor is 1 or -1 whatever a boolean is, or a constant 1 or -1."""
        values = self.values(cofactor)
        coefficient = next(c for w, c in inside if w == wire)
        rest, result = self.interval(inside, wire), self.interval(output)
        if not values or not values <= {1, -1} or abs(coefficient) != 1 or rest is None or result is None:
            return
        signed = times(result, (min(values), max(values)))
        self.integral.add(index)
        self.defined_by[wire] = index
        self._set(wire, scaled((signed[0] - rest[1], signed[1] - rest[0]), coefficient))

    def _meet(self, index: int) -> None:
        left, right, output = self.equations[index]
        if index not in self.integral:
            product, result = self.product(left, right), self.interval(output)
            if (
                product is None
                or result is None
                or max(result[1] - product[0], product[1] - result[0]) >= SCALAR_MODULUS
            ):
                return
            self.integral.add(index)
        wire = next((w for w, _ in output if self.defined_by.get(w) == index), None)
        if wire is not None and (bounds := self._switched(left, right, output, wire)):
            self._set(wire, bounds)
        self._narrow(index)

    def _narrow(self, index: int) -> None:
        """What an equation of integers says of its wires."""
        left, right, output = self.equations[index]
        first, second, result = self.interval(left), self.interval(right), self.interval(output)
        product = self.product(left, right)
        if first is None or second is None or result is None or product is None:
            return
        self._narrow_sum(output, product)
        for terms, cofactor in ((left, second), (right, first)):
            if terms and cofactor[0] >= 1:
                self._narrow_sum(terms, quotients(result, cofactor))

    def _narrow_sum(self, terms: Linear, total: Bounds) -> None:
        """Wires of a sum that lies in an interval."""
        parts = [scaled(self.bounds[wire], c) for wire, c in terms]
        low, high = sum(p[0] for p in parts), sum(p[1] for p in parts)
        for (wire, c), part in zip(terms, parts, strict=True):
            if wire == 0:
                continue
            least, most = total[0] - (high - part[1]), total[1] - (low - part[0])
            if least > part[0] or most < part[1]:
                self._set(wire, (-(-least // c), most // c) if c > 0 else (-(-most // c), least // c))

    def _split(self, split: Split) -> None:
        """Bound every target piece by piece of the wire it is split on; equal surroundings are taken once."""
        targets = [w for w, kind in enumerate(self.system.kinds) if kind == split.target]
        known: dict[tuple[object, ...], Bounds] = {}
        for target in targets:
            root = self.system.root[target]
            cone = cone_of(self, root, split)
            key = tuple(self.bounds[w] for w in cone[0])
            if key not in known:
                known[key] = self._hull(root, cone, split)
            self._set(root, known[key])

    def _kinds(self, wire: int) -> frozenset[Signal]:
        return self.system.aliases[wire]

    def _hull(self, target: int, cone: tuple[list[int], list[int]], split: Split) -> Bounds:
        """Union of the target's intervals over the pieces."""
        wires, equations = cone
        on = next(wire for wire in wires if split.on in self._kinds(wire))
        given = next(wire for wire in wires if split.given in self._kinds(wire))
        low, high = 0, 0
        for piece in pieces(self.bounds[on]):
            local = copy(self)
            local.bounds = {0: (1, 1)} | {wire: self.bounds[wire] for wire in wires}
            local.bounds[on] = piece
            local.bounds[given] = 0, min(self.bounds[given][1], split.most(*piece))
            local.functions, local.joint, local.integral = {}, set(), set(equations) & self.integral
            local.users = {wire: [i for i in self.users[wire] if i in equations] for wire in wires}
            local._queue, local._queued = deque(equations), set(equations)
            local._propagate()
            low, high = min(low, local.bounds[target][0]), max(high, local.bounds[target][1])
        return low, high
