# SPDX-License-Identifier: Apache-2.0
"""What the measurements make of their samples, and the witness file for rapidsnark."""

from __future__ import annotations

from prover.bench.rapidsnark import wtns
from prover.bench.workload import race, ratios
from prover.field import ELEMENT_BYTES, SCALAR_MODULUS
from prover.r1cs import encode_witness


def test_contenders_take_turns_and_the_first_round_does_not_count() -> None:
    order: list[str] = []
    times = race({name: lambda name=name: order.append(name) for name in "ab"}, 3)  # type: ignore[misc]
    assert order == ["a", "b"] * 4
    assert {name: len(values) for name, values in times.items()} == {"a": 3, "b": 3}


def test_a_ratio_is_the_median_over_rounds() -> None:
    times = {"own": [1.0, 2.0, 4.0], "peer": [6.0, 10.0, 12.0]}
    assert ratios(times, "peer") == {"own": 5.0, "peer": 1.0}


def test_a_witness_file_has_a_header_of_the_field_and_the_words() -> None:
    words = encode_witness([1, 5, SCALAR_MODULUS - 1])
    file = wtns(words)
    assert file[:12] == b"wtns" + (2).to_bytes(4, "little") * 2
    header = file[24:64]
    assert int.from_bytes(header[:4], "little") == ELEMENT_BYTES
    assert int.from_bytes(header[4:36], "little") == SCALAR_MODULUS
    assert int.from_bytes(header[36:], "little") == 3
    assert file.endswith(words)
