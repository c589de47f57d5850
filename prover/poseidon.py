# SPDX-License-Identifier: Apache-2.0
"""Poseidon over the BN254 scalar field, with the digests of circomlib.

Permutation of width t = 2..17 (1 to 16 inputs): S-box x^5, 8 full rounds, 56 to 70 partial rounds, state [0,
inputs...], digest state[0]. Source: Grassi, Khovratovich, Rechberger, Roy, Schofnegger, "Poseidon: A New Hash Function
for Zero-Knowledge Proof Systems" (USENIX Security 2021), section 5 and appendices A, E and F: the constants come from a
Grain LFSR whose seed encodes the instance.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import compress
from operator import mul
from typing import TYPE_CHECKING

from prover.errors import PoseidonArity
from prover.field import SCALAR_MODULUS, require_signals
from prover.nativelib import native_available, require_native

if TYPE_CHECKING:
    from zkrisk_native import Poseidon

MAX_INPUTS = 16
"""Inputs of the widest permutation."""

FULL_ROUNDS = 8
"""Rounds with an S-box on every element, half before and half after the partial rounds."""

PARTIAL_ROUNDS = (56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68)
"""Rounds with one S-box, by width t = 2..17 (index t - 2)."""

_FIELD_BITS = SCALAR_MODULUS.bit_length()
_REGISTER_BITS = 80
_WARM_UP_BITS = 160
_TAPS = (0, 13, 23, 38, 51, 62)
_STEP = _REGISTER_BITS - _TAPS[-1]
_DIGIT_VALUES = bytes.maketrans(b"01", b"\x00\x01")


class _GrainLfsr:
    """Self-shrunk bit stream of the 80-bit Grain LFSR, b[k + 80] = b[k] + b[k+13] + b[k+23] + b[k+38] + b[k+51] +
    b[k+62].

    The bits are kept in one integer (bit k = b[k]). Over GF(2) the 2^j-th power of the feedback polynomial annihilates
    the sequence too, so that with taps and register scaled by 2^j one integer operation yields 18 * 2^j bits.
    """

    def __init__(self, width: int) -> None:
        fields = (
            (1, 2),  # prime field
            (0, 4),  # S-box x^alpha
            (_FIELD_BITS, 12),
            (width, 12),
            (FULL_ROUNDS, 10),
            (PARTIAL_ROUNDS[width - 2], 10),
            ((1 << 30) - 1, 30),
        )
        seed = "".join(format(value, f"0{bits}b") for value, bits in fields)
        self._sequence = int(seed[::-1], 2)
        self._length = _REGISTER_BITS
        self._output = ""
        self._taken = 0

    def _double(self) -> None:
        scale = self._length // _REGISTER_BITS
        block, mask = _STEP * scale, (1 << (_STEP * scale)) - 1
        target, sequence = 2 * self._length, self._sequence
        for start in range(0, self._length, block):
            fresh = 0
            for tap in _TAPS:
                fresh ^= sequence >> (start + tap * scale)
            sequence |= (fresh & mask) << (start + self._length)
        self._sequence = sequence & ((1 << target) - 1)
        self._length = target

    def reserve(self, bits: int) -> None:
        """Produce the stream far enough for `bits` more output bits."""
        needed = self._taken + bits
        while len(self._output) < needed:
            self._double()
            if self._length < 4 * needed:
                continue
            stream = format(self._sequence, f"0{self._length}b")[::-1][_REGISTER_BITS + _WARM_UP_BITS :]
            selectors = stream[0::2].encode().translate(_DIGIT_VALUES)
            self._output = "".join(compress(stream[1::2], selectors))

    def take(self, bits: int) -> int:
        """The next `bits` bits of the stream as an integer, first bit most significant."""
        self.reserve(bits)
        chunk = self._output[self._taken : self._taken + bits]
        self._taken += bits
        return int(chunk, 2)


@cache
def _parameters(width: int) -> tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """Round constants and the points of the Cauchy matrix."""
    if not 2 <= width <= MAX_INPUTS + 1:
        raise PoseidonArity("width", width, "must be 2 to 17")
    lfsr = _GrainLfsr(width)
    rounds = FULL_ROUNDS + PARTIAL_ROUNDS[width - 2]
    lfsr.reserve(_FIELD_BITS * 4 * rounds * width // 3)  # three candidates in four are below r
    constants: list[int] = []
    while len(constants) < rounds * width:
        candidate = lfsr.take(_FIELD_BITS)
        if candidate < SCALAR_MODULUS:
            constants.append(candidate)
    points = tuple(lfsr.take(_FIELD_BITS) % SCALAR_MODULUS for _ in range(2 * width))
    by_round = tuple(tuple(constants[i * width : (i + 1) * width]) for i in range(rounds))
    return by_round, points


def round_constants(width: int) -> tuple[tuple[int, ...], ...]:
    """Round constants of the permutation of `width` t: (8 + R_P) rounds of t elements, each in [0, r).

    Raises PoseidonArity unless t is 2 to 17. Generated at first use (tens of milliseconds at t = 17) and kept.
    """
    return _parameters(width)[0]


def cauchy_points(width: int) -> tuple[int, ...]:
    """The points of the Cauchy matrix of `width` t: those of its t rows, then those of its t columns, each in [0, r).

    Raises PoseidonArity unless t is 2 to 17.
    """
    return _parameters(width)[1]


@cache
def mds(width: int) -> tuple[tuple[int, ...], ...]:
    """Cauchy matrix M of the permutation of `width` t: t rows of t elements, M[i][j] = 1 / (row point i + column point
    j), new_state[i] = sum_j M[i][j] * state[j] mod r.

    Raises PoseidonArity unless t is 2 to 17.
    """
    points = cauchy_points(width)
    return tuple(
        tuple(pow(points[row] + points[width + column], -1, SCALAR_MODULUS) for column in range(width))
        for row in range(width)
    )


def poseidon(inputs: Sequence[int]) -> int:
    """Digest, in [0, r), of 1 to 16 field elements; by the compiled module where it is installed.

    Raises PoseidonArity for another number of inputs, SignalOutOfField for an input that is no integer in [0, r).
    """
    _require_inputs(inputs)
    compiled = _compiled(len(inputs) + 1)
    return poseidon_reference(inputs) if compiled is None else compiled.digest(inputs)


def poseidon_reference(inputs: Sequence[int]) -> int:
    """`poseidon` in plain integers, milliseconds a digest. Raises as `poseidon` does."""
    _require_inputs(inputs)
    modulus = SCALAR_MODULUS
    constants, matrix = round_constants(len(inputs) + 1), mds(len(inputs) + 1)
    last_first_half = FULL_ROUNDS // 2
    first_second_half = len(constants) - FULL_ROUNDS // 2
    state = [0, *inputs]
    for index, row_constants in enumerate(constants):
        state = [x + c for x, c in zip(state, row_constants, strict=True)]
        if last_first_half <= index < first_second_half:
            state[0] = pow(state[0], 5, modulus)
        else:
            state = [pow(x, 5, modulus) for x in state]
        state = [sum(map(mul, row, state)) % modulus for row in matrix]
    return state[0]


def _require_inputs(inputs: Sequence[int]) -> None:
    if not 1 <= len(inputs) <= MAX_INPUTS:
        raise PoseidonArity("inputs", len(inputs), "a permutation takes 1 to 16 inputs")
    require_signals("inputs", inputs)


@cache
def _compiled(width: int) -> Poseidon | None:
    """The compiled permutation of `width`, fed with the constants from here; None without the compiled module."""
    if not native_available():
        return None
    permutation: Poseidon = require_native().Poseidon(round_constants(width), mds(width), FULL_ROUNDS)
    return permutation


def poseidon_chain(values: Sequence[int]) -> int:
    """Digest, in [0, r), of any positive number of field elements.

    The first block holds up to 16 elements, every further block the running digest and up to 15 more elements; the
    arity of a block is what it holds, so that vectors of different lengths meet different permutations or a different
    number of them. Raises PoseidonArity for an empty vector, SignalOutOfField for an element that is no integer in [0,
    r).
    """
    require_signals("values", values)
    digest = poseidon(values[:MAX_INPUTS])
    for start in range(MAX_INPUTS, len(values), MAX_INPUTS - 1):
        digest = poseidon([digest, *values[start : start + MAX_INPUTS - 1]])
    return digest
