# SPDX-License-Identifier: Apache-2.0
"""Verification keys on the chain: their words, where they may be registered, registering them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from oracle.chain.client import ChainClient
from oracle.errors import ChainError
from oracle.statements.statement import name_bytes32
from prover.artifacts import CircuitArtifact, sha256_of
from prover.vkey import VerificationKey

CIRCUIT_STATES = ("none", "active", "stopped", "removed")
"""`IVerifierRegistry.Status`."""


def verification_key_words(key: VerificationKey) -> list[int]:
    """The 22 words the registry stores: alpha1, beta2, gamma2, delta2 (c1 before c0), IC0 to IC3."""
    words = list(key.alpha_g1)
    for x, y in (key.beta_g2, key.gamma_g2, key.delta_g2):
        words += [x[1], x[0], y[1], y[0]]
    for point in key.ic:
        words += list(point)
    if len(words) != 22:
        raise ChainError(f"a verification key with {key.n_public} public signals: statements have 3")
    return words


def require_keys_for_chain(artifacts: Iterable[CircuitArtifact], chain_id: int, *, test_chain: bool) -> None:
    """Raises DevelopmentKey for a DEV key on a chain that is not declared a test chain."""
    if test_chain:
        return
    for artifact in artifacts:
        artifact.require_ceremony_key(chain_id)


def provenance_of(artifact: CircuitArtifact) -> bytes:
    """What a key is registered with: SHA-256 of its manifest, which names sources, constraint system and kind of key."""
    return bytes.fromhex(sha256_of(artifact.manifest_path))


def add_arguments(artifact: CircuitArtifact) -> tuple[bytes, list[int], bytes, bool]:
    """Arguments of `VerifierRegistry.add`."""
    words = verification_key_words(artifact.verification_key())
    ceremony = artifact.manifest().key_kind == "CEREMONY"
    return name_bytes32("circuit_id", artifact.circuit), words, provenance_of(artifact), ceremony


def is_registered(client: ChainClient, registry: Any, artifact: CircuitArtifact) -> bool:
    """Whether the registry holds this key. Raises :class:`ChainError` where it holds another, or a tombstone, at its id."""
    circuit_id, words, provenance, ceremony = add_arguments(artifact)
    found = client.call("circuitOf", registry.functions.circuitOf(circuit_id))
    address, found_ceremony, status, found_provenance = found
    state = CIRCUIT_STATES[int(status)]
    if state == "none":
        return False
    stored = client.code(address)[1:]
    if state == "removed":
        raise ChainError(f"register {artifact.circuit}: the id was removed and never returns")
    if stored != b"".join(word.to_bytes(32, "big") for word in words) or bool(found_ceremony) != ceremony:
        raise ChainError(f"register {artifact.circuit}: the registry holds another key at this id")
    if bytes(found_provenance) != provenance:
        raise ChainError(f"register {artifact.circuit}: registered with provenance 0x{bytes(found_provenance).hex()}")
    return True


def register_circuits(client: ChainClient, registry: str, artifacts: Sequence[CircuitArtifact]) -> None:
    """Adds verification keys with the client as owner."""
    contract = client.contract("VerifierRegistry", registry)
    for artifact in artifacts:
        client.send(f"register {artifact.circuit}", contract.functions.add(*add_arguments(artifact)))
