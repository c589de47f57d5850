# SPDX-License-Identifier: Apache-2.0
"""Evaluation of the integer tables, exactly as the circuits do it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Polynomial:
    """Piecewise polynomial in integers; the argument has ``frac_bits`` fractional bits, ``low_bits`` inside a segment."""

    frac_bits: int
    low_bits: int
    output_bits: int
    cuts: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]

    def __call__(self, argument: int) -> int:
        """Value at scale 2^output_bits, unrounded: Horner, step j reads the argument cut to cuts[j] fractional bits."""
        row = self.rows[argument >> self.low_bits]
        low = argument & (1 << self.low_bits) - 1
        value = row[-1]
        for j in range(len(self.cuts) - 1, -1, -1):
            cut = self.frac_bits - self.cuts[j]
            value = value * ((low >> cut) - (1 << (self.low_bits - 1 - cut))) + row[j]
        return value
