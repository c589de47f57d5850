# SPDX-License-Identifier: Apache-2.0
"""A statement ready to prove: data vector, circuit inputs and the context it is bound to."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from oracle.errors import InvalidValue
from prover.challenge import challenge, evaluate
from prover.poseidon import poseidon_chain


def name_bytes32(field_name: str, text: str) -> bytes:
    """ASCII name right-padded to 32 bytes, as the contracts write circuit ids and markets."""
    raw = text.encode("ascii")
    if not 0 < len(raw) <= 32:
        raise InvalidValue(field_name, text, "must be 1 to 32 ASCII characters")
    return raw.ljust(32, b"\0")


def fact_domain(circuit_id: str, market: str, expiry: int, epoch: int, report_digest: bytes) -> bytes:
    """Domain of a slice or an option: a fact of one report, valid on any chain."""
    values = [name_bytes32("circuit_id", circuit_id), name_bytes32("market", market), expiry, epoch, report_digest]
    return keccak(encode(["bytes32", "bytes32", "uint64", "uint64", "bytes32"], values))


def account_domain(circuit_id: str, chain_id: int, engine: str, account: str, nonce: int, grid_id: bytes) -> bytes:
    """Domain of an account statement: chain, contract, account, position nonce and grid."""
    values = [name_bytes32("circuit_id", circuit_id), chain_id, engine, account, nonce, grid_id]
    return keccak(encode(["bytes32", "uint256", "address", "address", "uint64", "bytes32"], values))


@dataclass(frozen=True)
class Statement:
    """Data vector ``d``, the circuit's inputs without z, and the 32-byte domain that z binds."""

    circuit_id: str
    d: tuple[int, ...]
    inputs: dict[str, Any] = field(repr=False)
    domain: bytes

    @cached_property
    def digest(self) -> int:
        """Poseidon digest of ``d``."""
        return poseidon_chain(self.d)

    @cached_property
    def z(self) -> int:
        """Challenge point."""
        return challenge(self.domain, self.d, self.digest)

    @property
    def publics(self) -> list[int]:
        """[digest, y, z]: what a verifier that knows ``d`` and the domain expects."""
        return [self.digest, evaluate(self.d, self.z), self.z]

    def circuit_inputs(self) -> dict[str, Any]:
        """Inputs with z."""
        return {**self.inputs, "z": self.z}
