# SPDX-License-Identifier: Apache-2.0
"""What the constraints of a circuit are made of: it says how much of a proof's work is about bits.

How many wires carry full-size values depends on the witness and is not known before there is one; constraints are.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field

from prover.field import SCALAR_MODULUS
from prover.r1cs import Constraint, LinearCombination

_CONSTANT = 0
_SMALL = 1 << 64


class ConstraintKinds(BaseModel):
    """Constraints by kind; each has the first kind that fits.

    bit: a single wire b with b (b - 1) = 0, however it is scaled; a sum of wires that must be a bit is no single wire.
    small: every coefficient c has |c| < 2^64 in (-r/2, r/2]. full: the rest.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    bit: int = Field(ge=0)
    small: int = Field(ge=0)
    full: int = Field(ge=0)


def count_kinds(constraints: Iterable[Constraint]) -> ConstraintKinds:
    """Counts by kind."""
    bit = small = full = 0
    for constraint in constraints:
        if _is_bit(constraint):
            bit += 1
        elif all(c < _SMALL or SCALAR_MODULUS - c < _SMALL for terms in constraint for _, c in terms):
            small += 1
        else:
            full += 1
    return ConstraintKinds(bit=bit, small=small, full=full)


def _is_bit(constraint: Constraint) -> bool:
    """Whether A B - C, a polynomial of one wire b alone, is a multiple of b^2 - b other than zero."""
    wires = {wire for terms in constraint for wire, _ in terms} - {_CONSTANT}
    if len(wires) != 1:
        return False
    (a1, a0), (b1, b0), (c1, c0) = (_polynomial(terms) for terms in constraint)
    square, linear, constant = a1 * b1, a1 * b0 + a0 * b1 - c1, a0 * b0 - c0
    return square % SCALAR_MODULUS != 0 and (square + linear) % SCALAR_MODULUS == 0 and constant % SCALAR_MODULUS == 0


def _polynomial(terms: LinearCombination) -> tuple[int, int]:
    """Factor of the one wire, constant part."""
    constant = sum(c for wire, c in terms if wire == _CONSTANT)
    return sum(c for _, c in terms) - constant, constant
