# SPDX-License-Identifier: Apache-2.0
"""The two primes of the BN254 curve (alt_bn128 of EIP-196 and EIP-197)."""

from __future__ import annotations

from collections.abc import Sequence

from prover.errors import SignalOutOfField

SCALAR_MODULUS = 21888242871839275222246405745257275088548364400416034343698204186575808495617
"""r, the order of the curve group: every signal of a circuit is an integer modulo r."""

BASE_MODULUS = 21888242871839275222246405745257275088696311157297823662689037894645226208583
"""q, the field of the curve: every coordinate of a proof point is an integer modulo q."""

ELEMENT_BYTES = 32
"""Bytes of one element in witness files and in calldata."""


def require_signals(name: str, values: Sequence[int]) -> None:
    """Raise SignalOutOfField, with the index and the value, at the first of `values` that is no integer in [0, r)."""
    if set(map(type, values)) == {int} and min(values) >= 0 and max(values) < SCALAR_MODULUS:
        return
    for index, value in enumerate(values):
        if type(value) is not int or not 0 <= value < SCALAR_MODULUS:
            raise SignalOutOfField(f"{name}[{index}]", value, "must be an integer in [0, r)")
