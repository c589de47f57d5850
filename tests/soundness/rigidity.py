# SPDX-License-Identifier: Apache-2.0
"""Which wires of a witness can move to first order: the kernel of the linearised constraints over the field.

At a witness w the constraint A B = C says A(w) B(dw) + B(w) A(dw) - C(dw) = 0. A wire that is 0 in every solution dw is
pinned: near w no other witness differs in it, for whatever reason. A missing constraint leaves a direction open.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from prover.field import SCALAR_MODULUS
from prover.r1cs import R1cs

Row = dict[int, int]


def linearised(r1cs: R1cs, witness: Sequence[int]) -> list[Row]:
    """One row per constraint: wire to its coefficient, none of them 0."""
    rows = []
    for left, right, output in r1cs.constraints:
        row: Row = {}
        at_left = sum(c * witness[wire] for wire, c in left) % SCALAR_MODULUS
        at_right = sum(c * witness[wire] for wire, c in right) % SCALAR_MODULUS
        for terms, factor in ((left, at_right), (right, at_left), (output, -1)):
            if factor:
                for wire, c in terms:
                    row[wire] = (row.get(wire, 0) + factor * c) % SCALAR_MODULUS
        rows.append({wire: c for wire, c in row.items() if c})
    return rows


def movable(r1cs: R1cs, witness: Sequence[int], fixed: Iterable[int] = ()) -> set[int]:
    """Wires that are not 0 in every solution; the constant wire and those of ``fixed`` do not move."""
    rows = linearised(r1cs, witness)
    still = {0, *fixed}
    users: dict[int, list[int]] = {}
    for index, row in enumerate(rows):
        for wire in row:
            users.setdefault(wire, []).append(index)
    left = [sum(wire not in still for wire in row) for row in rows]
    queue = deque(index for index, count in enumerate(left) if count == 1)
    while queue:
        moving = [wire for wire in rows[queue.popleft()] if wire not in still]
        if not moving:
            continue
        (wire,) = moving
        still.add(wire)
        for index in users[wire]:
            left[index] -= 1
            if left[index] == 1:
                queue.append(index)
    free = set(range(len(witness))) - still
    remaining = [
        {wire: c for wire, c in row.items() if wire in free} for row, count in zip(rows, left, strict=True) if count
    ]
    return free - _determined(remaining)


def _determined(rows: Iterable[Row]) -> set[int]:
    """Wires that Gaussian elimination shows to be 0."""
    pivots: dict[int, Row] = {}
    for row in rows:
        current = dict(row)
        for wire in list(row):
            if wire in pivots and wire in current:
                _subtract(current, pivots[wire], current[wire])
        if not current:
            continue
        lead = min(current)
        inverse = pow(current[lead], -1, SCALAR_MODULUS)
        current = {wire: c * inverse % SCALAR_MODULUS for wire, c in current.items()}
        for other in pivots.values():
            if lead in other:
                _subtract(other, current, other[lead])
        pivots[lead] = current
    return {wire for wire, row in pivots.items() if len(row) == 1}


def _subtract(row: Row, other: Row, factor: int) -> None:
    for wire, c in other.items():
        value = (row.get(wire, 0) - factor * c) % SCALAR_MODULUS
        if value:
            row[wire] = value
        else:
            row.pop(wire, None)
