# SPDX-License-Identifier: Apache-2.0
"""The partial rounds of a Poseidon permutation in an equivalent form of 2 t - 1 products a round instead of t^2.

Source: Grassi et al., "Poseidon" (USENIX Security 2021), appendix B. A partial round acts as s -> M S(s + c), S on
element 0 alone. Constants of the other elements pass through S, so they move to the round before (through the inverse of
M) until only the first partial round has them. A matrix [[a, v], [w, B]] is [[a, v B^-1], [w, 1]] diag(1, B), and
diag(1, B) passes through S, so it moves into the matrix of the round before, at last into that of the full round which
precedes the partial ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import mul

from prover.field import SCALAR_MODULUS
from prover.poseidon import FULL_ROUNDS, mds, round_constants

Row = tuple[int, ...]
Matrix = Sequence[Row]


@dataclass(frozen=True, slots=True)
class SparseRounds:
    """Constants, each in [0, r), of the permutation of width t with R_P partial rounds.

    Half of the full rounds with the rows of `constants` and the matrix M, but `entry` in place of M in the last of them;
    then s += constants[half], and for every partial round p: x = s[0]^5 + shifts[p], s[0] = M[0][0] x + rows[p] . rest,
    rest += columns[p] x, with rest = s[1:] of before; then the other full rounds with the further rows of `constants`.
    """

    constants: tuple[Row, ...]
    entry: tuple[Row, ...]
    shifts: Row
    rows: tuple[Row, ...]
    columns: tuple[Row, ...]


@cache
def sparse_rounds(width: int) -> SparseRounds:
    """The sparse form of the permutation of `width` t, half a second at t = 17, and kept.

    Raises PoseidonArity unless t is 2 to 17.
    """
    dense, matrix = round_constants(width), mds(width)
    half = FULL_ROUNDS // 2
    partial = dense[half : len(dense) - half]
    (first, *rest), shifts = moved_constants(width)
    rows: list[Row] = []
    columns: list[Row] = []
    entry, block = matrix, matrix
    for _ in partial:
        block = tuple(row[1:] for row in entry[1:])
        rows.insert(0, _solve(_transposed(block), entry[0][1:]))
        columns.insert(0, tuple(row[0] for row in entry[1:]))
        entry = (matrix[0], *(_times(_transposed(matrix[1:]), row) for row in block))
    return SparseRounds(
        constants=(*dense[:half], (first, *_times(block, rest)), *dense[len(dense) - half :]),
        entry=entry,
        shifts=shifts,
        rows=tuple(rows),
        columns=tuple(columns),
    )


@cache
def moved_constants(width: int) -> tuple[Row, Row]:
    """Constants of the partial rounds, each in [0, r), with the matrix M in every round as it is: what is added to the state
    before the first one, and to element 0 after the S-box of each.

    Raises PoseidonArity unless t is 2 to 17.
    """
    dense, matrix = round_constants(width), mds(width)
    half = FULL_ROUNDS // 2
    partial = dense[half : len(dense) - half]
    units = [tuple(int(i == place) for i in range(width)) for place in range(width)]
    inverse = _transposed([_solve(matrix, unit) for unit in units])
    constants = partial[-1]
    shifts = [0]
    for before in partial[-2::-1]:
        shift, *rest = _times(inverse, constants)
        shifts.insert(0, shift)
        constants = (before[0], *((a + b) % SCALAR_MODULUS for a, b in zip(before[1:], rest, strict=True)))
    return constants, tuple(shifts)


def _transposed(matrix: Matrix) -> Matrix:
    return tuple(zip(*matrix, strict=True))


def _times(matrix: Matrix, vector: Sequence[int]) -> Row:
    return tuple(sum(map(mul, row, vector)) % SCALAR_MODULUS for row in matrix)


def _solve(matrix: Matrix, right: Row) -> Row:
    """x with `matrix` x = `right`. Elimination without a search for pivots: none is 0 in the matrices of any width."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for pivot, own in enumerate(rows):
        inverse = pow(own[pivot], -1, SCALAR_MODULUS)
        own[pivot:] = [value * inverse % SCALAR_MODULUS for value in own[pivot:]]
        for row in rows[:pivot] + rows[pivot + 1 :]:
            factor = row[pivot]
            row[pivot:] = [(a - factor * b) % SCALAR_MODULUS for a, b in zip(row[pivot:], own[pivot:], strict=True)]
    return tuple(row[-1] for row in rows)
