# SPDX-License-Identifier: Apache-2.0
"""Piecewise polynomials in integers for the circuits: fitted with mpmath, evaluated exactly by Horner.

The argument a is an unsigned integer with ``frac_bits`` fractional bits; its top ``segment_bits`` bits choose the
segment, the rest, centred in the segment, is the Horner argument. Step j multiplies by the argument cut to
``cuts[j]`` fractional bits: the bits are there, cutting costs nothing and keeps products small.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import mpmath as mp

PRECISION_DIGITS = 50


def _coefficients(function: Callable[[mp.mpf], mp.mpf], middle: mp.mpf, half: mp.mpf, degree: int) -> list[mp.mpf]:
    """Power-basis coefficients around ``middle`` of the interpolant at Chebyshev nodes."""
    size = degree + 1
    nodes = [mp.cos(mp.pi * (2 * i + 1) / (2 * size)) for i in range(size)]
    matrix, values = mp.matrix(size, size), mp.matrix(size, 1)
    for i, node in enumerate(nodes):
        for j in range(size):
            matrix[i, j] = node**j
        values[i] = function(middle + half * node)
    solved = mp.lu_solve(matrix, values)
    return [solved[j] / half**j for j in range(size)]


@dataclass(frozen=True)
class PiecewisePolynomial:
    """Integer tables of one function on [lower, lower + 2^int_bits).

    ``rows[segment][j]``: coefficient j; ``offsets[j]``: constants that keep every Horner value non-negative in a
    witness; ``output_bits``: scale of the value is 2^output_bits.
    """

    name: str
    int_bits: int
    frac_bits: int
    segment_bits: int
    cuts: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]
    output_bits: int

    @property
    def low_bits(self) -> int:
        """Bits of the argument inside a segment."""
        return self.frac_bits + self.int_bits - self.segment_bits

    @property
    def degree(self) -> int:
        """Degree of every segment."""
        return len(self.cuts)

    @property
    def offsets(self) -> tuple[int, ...]:
        """Powers of two above the largest Horner value of each step; the last step needs none."""
        bound = max(abs(row[self.degree]) for row in self.rows)
        bounds = [bound]
        for j in range(self.degree - 1, -1, -1):
            bound = (bound << (self.low_bits - 1 - (self.frac_bits - self.cuts[j]))) + max(
                abs(row[j]) for row in self.rows
            )
            bounds.append(bound)
        return (0, *(1 << b.bit_length() for b in reversed(bounds[:-1])))

    @property
    def fine_offsets(self) -> tuple[int, ...]:
        """Powers of two above the difference that the lowest segment bit makes to each coefficient."""
        differences = [
            max(abs(a[j] - b[j]) for a, b in zip(self.rows[::2], self.rows[1::2], strict=True))
            for j in range(self.degree + 1)
        ]
        return tuple(1 << bound.bit_length() for bound in differences)

    def moebius_rows(self) -> list[list[int]]:
        """Rows as coefficients of the monomials of the segment bits: c = sum over subsets of bits."""
        table = [list(row) for row in self.rows]
        for bit in range(self.segment_bits):
            for i in range(len(table)):
                if i >> bit & 1:
                    table[i] = [x - y for x, y in zip(table[i], table[i ^ 1 << bit], strict=True)]
        return table


def fit(
    name: str,
    function: Callable[[mp.mpf], mp.mpf],
    lower: int,
    int_bits: int,
    frac_bits: int,
    segment_bits: int,
    degree: int,
    error_bits: int,
) -> PiecewisePolynomial:
    """Fits ``function`` so that every rounding contributes about 2^-error_bits."""
    with mp.workdps(PRECISION_DIGITS):
        width = mp.mpf(2) ** (int_bits - segment_bits)
        half = float(width / 2)
        exact = [
            _coefficients(function, lower + width * (i + mp.mpf(1) / 2), width / 2, degree)
            for i in range(2**segment_bits)
        ]
        largest = [max(abs(float(c[j])) for c in exact) for j in range(degree + 1)]
        scales = [0] * (degree + 1)
        scales[degree] = max(2, math.ceil(error_bits + degree * math.log2(half)))
        cuts = []
        for j in range(degree):
            slope = sum(largest[k] * half ** (k - j - 1) for k in range(j + 1, degree + 1))
            need = math.ceil(error_bits + j * math.log2(half) + math.log2(slope))
            cuts.append(min(frac_bits, max(1, need, 2 - int_bits + segment_bits)))
        for j in range(degree - 1, -1, -1):
            scales[j] = scales[j + 1] + cuts[j]
        rows = tuple(tuple(int(mp.nint(c[j] * mp.mpf(2) ** scales[j])) for j in range(degree + 1)) for c in exact)
        return PiecewisePolynomial(name, int_bits, frac_bits, segment_bits, tuple(cuts), rows, scales[0])


def _cuts(
    exact: list[list[mp.mpf]], half: float, degree: int, error_bits: int, frac_bits: int, least: int
) -> tuple[int, ...]:
    """Fractional bits of the argument in each step, so that a cut in its middle contributes at most 2^-(error_bits + 1)."""
    cuts = []
    for j in range(degree):
        slope = max(sum(abs(float(c[k])) * half ** (k - j - 1) for k in range(j + 1, degree + 1)) for c in exact)
        cuts.append(min(frac_bits, max(least, math.ceil(error_bits + j * math.log2(half) + math.log2(slope)))))
    return tuple(cuts)


def fit_centred(
    name: str,
    function: Callable[[mp.mpf], mp.mpf],
    int_bits: int,
    frac_bits: int,
    segment_bits: int,
    degree: int,
    error_bits: int,
    leading_bits: int,
) -> PiecewisePolynomial:
    """Fits ``function`` on [0, 2^int_bits) with every cut centred and no error of rounded coefficients but the last one's.

    A cut argument lies below the true one by half a unit on average: step j multiplies by t - delta_j, so the fit is in
    the basis of the products of t - delta_j instead of the powers. Coefficients are rounded from the highest down, and
    the lower ones are fitted again to what is left (least squares at Chebyshev nodes, near-minimax). ``leading_bits``: the
    leading coefficient is rounded to 2^-leading_bits of the function.
    """
    with mp.workdps(PRECISION_DIGITS):
        width = mp.mpf(2) ** (int_bits - segment_bits)
        half, size = width / 2, 4 * (degree + 1)
        middles = [width * (i + mp.mpf(1) / 2) for i in range(2**segment_bits)]
        exact = [_coefficients(function, middle, half, degree) for middle in middles]
        cuts = _cuts(exact, float(half), degree, error_bits, frac_bits, 2 - int_bits + segment_bits)
        scales = [max(2, math.ceil(leading_bits + degree * math.log2(float(half))))]
        for cut in reversed(cuts):
            scales.insert(0, scales[0] + cut)
        points = [half * mp.cos(mp.pi * (2 * i + 1) / (2 * size)) for i in range(size)]
        basis = mp.matrix(size, degree + 1)
        for i, point in enumerate(points):
            basis[i, 0] = mp.mpf(1)
            for j, cut in enumerate(cuts):
                basis[i, j + 1] = basis[i, j] * (point - (mp.mpf(2) ** -cut - mp.mpf(2) ** -frac_bits) / 2)
        rows = []
        for middle in middles:
            left = mp.matrix([function(middle + point) for point in points])
            row = [0] * (degree + 1)
            for j in range(degree, -1, -1):
                row[j] = int(mp.nint(mp.lu_solve(basis[:, : j + 1], left)[j] * mp.mpf(2) ** scales[j]))
                left -= basis[:, j] * (mp.mpf(row[j]) / mp.mpf(2) ** scales[j])
            rows.append(tuple(row))
        return PiecewisePolynomial(name, int_bits, frac_bits, segment_bits, cuts, tuple(rows), scales[0])
