# SPDX-License-Identifier: Apache-2.0
"""Equations in the integers of wires that are integers over powers of two modulo r."""

from __future__ import annotations

from collections.abc import Mapping

from prover.field import SCALAR_MODULUS
from tests.soundness.system import Linear, System

Equation = tuple[Linear, Linear, Linear]


def fraction_bits(system: System, fractions: Mapping[tuple[str, str], int]) -> dict[int, int]:
    """Bits of the fraction by wire."""
    kinds = enumerate(system.kinds)
    return {system.root[wire]: fractions[kind] for wire, kind in kinds if kind in fractions}


def scaled(equation: Equation, bits: Mapping[int, int]) -> Equation:
    """The equation in the integers of its wires, times the power of two that leaves the smallest coefficients.

    A linear equation with a coefficient of more than 128 bits, such as one with a division by 2^25, is multiplied as well.
    """
    left, right, output = equation
    fractional = any(wire in bits for terms in equation for wire, _ in terms)
    if not fractional and (left or all(abs(c) >> 128 == 0 for _, c in output)):
        return equation
    left, right, output = (
        tuple((wire, c * pow(2, -bits.get(wire, 0), SCALAR_MODULUS)) for wire, c in terms) for terms in equation
    )
    if not left:
        return (), (), _smallest(output)[0]
    (first, left_bits), (second, right_bits) = _smallest(left), _smallest(right)
    power = pow(2, left_bits + right_bits, SCALAR_MODULUS)
    return first, second, tuple((wire, _least(c * power)) for wire, c in output)


def _least(coefficient: int) -> int:
    """The integer of least size that is congruent to a coefficient."""
    value = coefficient % SCALAR_MODULUS
    return value - SCALAR_MODULUS if value > SCALAR_MODULUS // 2 else value


def _smallest(terms: Linear) -> tuple[Linear, int]:
    """Terms times 2^bits, and the bits: those below 128 that leave the smallest coefficients."""
    found = [(tuple((wire, _least(c << bits)) for wire, c in terms), bits) for bits in range(128)]
    return min(found, key=lambda item: max(abs(c) for _, c in item[0]))
