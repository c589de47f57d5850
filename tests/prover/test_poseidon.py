# SPDX-License-Identifier: Apache-2.0
"""Poseidon against circomlib and against published values."""

from __future__ import annotations

import random
import sys
import time
from operator import mul
from pathlib import Path

import pytest

from prover.compile import compile_circuit
from prover.errors import PoseidonArity, SignalOutOfField
from prover.field import SCALAR_MODULUS
from prover.nativelib import require_native
from prover.poseidon import (
    FULL_ROUNDS,
    _compiled,
    mds,
    poseidon,
    poseidon_chain,
    poseidon_reference,
    round_constants,
)
from prover.poseidon_sparse import sparse_rounds
from prover.r1cs import decode_witness, read_symbols
from prover.witness import WitnessCalculator

ARITIES = (pytest.param((1, 2, 3, 16), id="some"), pytest.param((5, 9, 15), id="others", marks=pytest.mark.full))
"""circomlib unrolls its rounds: wide ones take the compiler long."""
ARITY_SOURCE = """\
// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

include "circomlib/circuits/poseidon.circom";

template Digests(n, arities) {
    signal input values[16];
    signal output digests[n];
    component hashes[n];
    for (var k = 0; k < n; k++) {
        hashes[k] = Poseidon(arities[k]);
        for (var i = 0; i < arities[k]; i++) {
            hashes[k].inputs[i] <== values[i];
        }
        digests[k] <== hashes[k].out;
    }
}

component main = Digests(%d, [%s]);
"""


def test_the_digest_of_one_and_two_is_the_published_one() -> None:
    expected = 7853200120776062878684798364095072458815029376092732009249414926327459813530
    assert poseidon([1, 2]) == expected


def test_the_first_round_constant_of_width_three_is_the_published_one() -> None:
    expected = 0x0EE9A592BA9A9518D05986D656F40C2114C4993C11BB29938D21D47304CD8E6E
    assert round_constants(3)[0][0] == expected


def test_the_first_matrix_entry_of_width_three_is_the_published_one() -> None:
    expected = 0x109B7F411BA0E4C9B2B70CAF5C36A7B194BE7C11AD24378BFEDB68592BA8118B
    assert mds(3)[0][0] == expected


@pytest.mark.parametrize("arities", ARITIES)
def test_digests_equal_those_of_circomlib(root: Path, workshop: Path, arities: tuple[int, ...]) -> None:
    main = workshop / f"digests_{len(arities)}.circom"
    main.write_text(ARITY_SOURCE % (len(arities), ", ".join(map(str, arities))), encoding="utf-8")
    output = main.with_suffix("")
    output.mkdir()
    compile_circuit(root, main, output)
    values = [SCALAR_MODULUS - 1, 0, *(pow(7, 50 + i, SCALAR_MODULUS) for i in range(14))]
    wires = decode_witness(WitnessCalculator("digests", output / "wasm").calculate({"values": values}))
    symbols = read_symbols(output / "sym")
    for index, arity in enumerate(arities):
        digest = wires[symbols[f"main.digests[{index}]"]]
        assert poseidon(values[:arity]) == digest, f"arity {arity}"


def _sparse_digest(values: list[int]) -> int:
    form, matrix = sparse_rounds(len(values) + 1), mds(len(values) + 1)
    state = [0, *values]
    for index, constants in enumerate(form.constants):
        if index == FULL_ROUNDS // 2:
            state = [x + c for x, c in zip(state, constants, strict=True)]
            for shift, row, column in zip(form.shifts, form.rows, form.columns, strict=True):
                boxed = pow(state[0], 5, SCALAR_MODULUS) + shift
                first = matrix[0][0] * boxed + sum(map(mul, row, state[1:]))
                state = [first, *(x + factor * boxed for x, factor in zip(state[1:], column, strict=True))]
            continue
        boxes = [pow(x + c, 5, SCALAR_MODULUS) for x, c in zip(state, constants, strict=True)]
        mixing = form.entry if index == FULL_ROUNDS // 2 - 1 else matrix
        state = [sum(map(mul, row, boxes)) for row in mixing]
    return state[0] % SCALAR_MODULUS


@pytest.mark.parametrize("count", range(1, 17))
def test_the_compiled_permutation_gives_the_digests_of_the_reference(count: int) -> None:
    assert _compiled(count + 1) is not None
    draw = random.Random(count)
    vectors = [[draw.randrange(SCALAR_MODULUS) for _ in range(count)] for _ in range(4)]
    for values in (*vectors, [0] * count, [SCALAR_MODULUS - 1] * count):
        assert poseidon(values) == poseidon_reference(values)


@pytest.mark.parametrize("width", range(2, 18))
def test_the_sparse_form_gives_the_digests_of_the_reference(width: int) -> None:
    draw = random.Random(width)
    for values in ([draw.randrange(SCALAR_MODULUS) for _ in range(width - 1)], [SCALAR_MODULUS - 1] * (width - 1)):
        assert _sparse_digest(values) == poseidon_reference(values)


def test_the_sparse_form_has_a_row_and_a_column_less_than_the_state_for_every_partial_round() -> None:
    form = sparse_rounds(17)
    assert len(form.shifts) == len(form.rows) == len(form.columns) == 68
    assert {len(row) for row in (*form.rows, *form.columns)} == {16}
    assert form.entry[0] == mds(17)[0]
    assert all(0 <= value < SCALAR_MODULUS for row in (*form.entry, *form.rows, *form.columns) for value in row)


def test_the_compiled_permutation_refuses_other_shapes_and_elements() -> None:
    native = require_native()
    permutation = native.Poseidon(round_constants(3), mds(3), 8)
    with pytest.raises(native.SignalRejected):
        permutation.digest([1])
    with pytest.raises(native.SignalOutOfRange):
        permutation.digest([1, SCALAR_MODULUS])
    for constants, matrix in (([], []), (round_constants(3), mds(4)), ([[1] * 18] * 8, [[1] * 18] * 18)):
        with pytest.raises(native.SignalRejected):
            native.Poseidon(constants, matrix, 8)
    with pytest.raises(native.SignalRejected, match="singular"):
        native.Poseidon(round_constants(3), [[1] * 3] * 3, 8)
    with pytest.raises(native.SignalOutOfRange):
        native.Poseidon([[SCALAR_MODULUS, 0, 0]] * 9, mds(3), 8)


def test_without_the_compiled_module_the_reference_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = poseidon_chain(list(range(40)))
    _compiled.cache_clear()
    monkeypatch.setitem(sys.modules, "zkrisk_native", None)
    assert poseidon_chain(list(range(40))) == expected
    assert _compiled(17) is None
    _compiled.cache_clear()


@pytest.mark.parametrize("width", range(2, 18))
def test_constants_have_the_shape_of_the_instance_and_lie_in_the_field(width: int) -> None:
    constants, matrix = round_constants(width), mds(width)
    assert {len(row) for row in constants} == {width}
    assert len(matrix) == width
    assert {len(row) for row in matrix} == {width}
    assert all(0 <= value < SCALAR_MODULUS for row in (*constants, *matrix) for value in row)


def test_constants_of_the_widest_instance_are_generated_within_a_second() -> None:
    from prover.poseidon import _parameters

    _parameters.cache_clear()
    started = time.perf_counter()
    round_constants(17)
    assert time.perf_counter() - started < 1.0


@pytest.mark.parametrize("count", [0, 17])
def test_a_block_of_wrong_size_raises_poseidon_arity(count: int) -> None:
    with pytest.raises(PoseidonArity):
        poseidon([1] * count)


@pytest.mark.parametrize("width", [1, 18])
def test_constants_of_an_unknown_width_raise_poseidon_arity(width: int) -> None:
    with pytest.raises(PoseidonArity):
        round_constants(width)


@pytest.mark.parametrize("value", [SCALAR_MODULUS, -1])
def test_an_input_outside_the_field_raises_signal_out_of_field(value: int) -> None:
    with pytest.raises(SignalOutOfField) as caught:
        poseidon([0, value])
    assert caught.value.field == "inputs[1]"
    assert caught.value.value == value


@pytest.mark.parametrize("count", [1, 16])
def test_a_chain_of_one_block_is_one_permutation(count: int) -> None:
    values = list(range(count))
    assert poseidon_chain(values) == poseidon(values)


@pytest.mark.parametrize(("count", "last_arity"), [(17, 2), (31, 16), (32, 2), (46, 16)])
def test_a_longer_chain_absorbs_the_digest_and_up_to_fifteen_elements(count: int, last_arity: int) -> None:
    values = list(range(count))
    cut = count - (last_arity - 1)
    assert poseidon_chain(values) == poseidon([poseidon_chain(values[:cut]), *values[cut:]])


def test_an_empty_chain_raises_poseidon_arity() -> None:
    with pytest.raises(PoseidonArity):
        poseidon_chain([])


def test_a_chain_element_outside_the_field_is_named_by_its_index() -> None:
    with pytest.raises(SignalOutOfField) as caught:
        poseidon_chain([*range(20), SCALAR_MODULUS])
    assert caught.value.field == "values[20]"
