# SPDX-License-Identifier: Apache-2.0
"""The evaluation point and the value of a data vector there."""

from __future__ import annotations

import pytest
from eth_abi.packed import encode_packed
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from prover.challenge import challenge, evaluate
from prover.errors import MalformedDomain, SignalOutOfField
from prover.field import SCALAR_MODULUS

DOMAIN = bytes(range(32))
ELEMENTS = st.integers(min_value=0, max_value=SCALAR_MODULUS - 1)


@given(st.lists(ELEMENTS, max_size=8), ELEMENTS)
def test_the_challenge_is_the_hash_that_solidity_packs(values: list[int], digest: int) -> None:
    packed = encode_packed(["bytes32", "uint256", "uint256[]", "uint256"], [DOMAIN, len(values), values, digest])
    assert challenge(DOMAIN, values, digest) == int.from_bytes(keccak(packed), "big") % SCALAR_MODULUS


def test_domain_length_values_and_digest_all_move_the_challenge() -> None:
    seen = {
        challenge(DOMAIN, [1, 2], 3),
        challenge(bytes(32), [1, 2], 3),
        challenge(DOMAIN, [1], 2),
        challenge(DOMAIN, [2, 1], 3),
        challenge(DOMAIN, [1, 2], 4),
    }
    assert len(seen) == 5


def test_a_short_domain_raises_malformed_domain() -> None:
    with pytest.raises(MalformedDomain):
        challenge(b"zkrisk", [1], 2)


@given(st.lists(ELEMENTS, max_size=8), ELEMENTS)
def test_evaluation_is_the_sum_of_powers(values: list[int], point: int) -> None:
    expected = sum(value * pow(point, power, SCALAR_MODULUS) for power, value in enumerate(values)) % SCALAR_MODULUS
    assert evaluate(values, point) == expected


@pytest.mark.parametrize("value", [SCALAR_MODULUS, SCALAR_MODULUS + 1, -1])
def test_an_element_outside_the_field_is_refused_by_index_and_value(value: int) -> None:
    with pytest.raises(SignalOutOfField) as caught:
        challenge(DOMAIN, [0, value], 0)
    assert (caught.value.field, caught.value.value) == ("values[1]", value)
    with pytest.raises(SignalOutOfField):
        evaluate([0, value], 1)
    with pytest.raises(SignalOutOfField):
        evaluate([0], value)
