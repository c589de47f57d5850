# SPDX-License-Identifier: Apache-2.0
"""The evaluation point of a statement's data vector and the value there.

A circuit has three public signals whatever the size of its data vector d: digest = Poseidon chain of d, y = sum_i d_i
z^i mod r, and the point z = keccak256(domain, n, d_0, .., d_(n-1), digest) mod r, which a verifier that holds d derives
itself. Two vectors of n elements agree at a random z with probability at most (n - 1) / r (Schwartz, Zippel).
"""

from __future__ import annotations

from collections.abc import Sequence

from eth_utils.crypto import keccak

from prover.errors import MalformedDomain
from prover.field import ELEMENT_BYTES, SCALAR_MODULUS, require_signals


def challenge(domain: bytes, values: Sequence[int], digest: int) -> int:
    """z = keccak256(domain, n, values, digest) mod r, in [0, r); every integer is a big-endian uint256.

    `domain` has 32 bytes, `values` is the data vector d, `digest` its Poseidon chain. Raises MalformedDomain, or
    SignalOutOfField for an element that is no integer in [0, r).
    """
    if len(domain) != ELEMENT_BYTES:
        raise MalformedDomain("domain", domain.hex(), "must be 32 bytes")
    require_signals("values", values)
    require_signals("digest", [digest])
    words = (len(values), *values, digest)
    message = domain + b"".join(word.to_bytes(ELEMENT_BYTES, "big") for word in words)
    return int.from_bytes(keccak(message), "big") % SCALAR_MODULUS


def evaluate(values: Sequence[int], point: int) -> int:
    """y = sum_i values[i] * point^i mod r, in [0, r), by Horner's rule; 0 for an empty vector.

    Raises SignalOutOfField for an element or a point that is no integer in [0, r).
    """
    require_signals("values", values)
    require_signals("point", [point])
    result = 0
    for value in reversed(values):
        result = (result * point + value) % SCALAR_MODULUS
    return result
