# SPDX-License-Identifier: Apache-2.0
"""Slices without a proof: checked by the chain itself where the owner has allowed it, good for liquidating alone."""

from __future__ import annotations

from collections.abc import Sequence

from eth_utils.crypto import keccak

from oracle.chain.client import ChainClient
from oracle.chain.deploy import Deployment
from oracle.chain.deploy.circuits import CIRCUIT_STATES
from oracle.chain.report import Report
from oracle.statements.native_slice import NativeSlice
from oracle.statements.slice_runs import before_listing
from oracle.statements.statement import name_bytes32

NO_PROOF = [0] * 8


def slice_id(opened: NativeSlice) -> bytes:
    """Under which the chain remembers a checked data vector: keccak256(count, d)."""
    return keccak(b"".join(word.to_bytes(32, "big") for word in (opened.count, *opened.d)))


class NativeSlices:
    """The contract that checks slices without a proof, as one client sees it. Every refusal raises :class:`ChainError`."""

    def __init__(self, client: ChainClient, deployment: Deployment) -> None:
        self._client = client
        self._contract = client.contract("SliceFallback", deployment.slice_fallback)
        self._oracle = client.contract("RiskOracle", deployment.risk_oracle)
        self._registry = client.contract("VerifierRegistry", deployment.verifier_registry)

    def allowed(self) -> bool:
        """Whether the owner allows native slices."""
        return bool(self._client.call("allowed", self._contract.functions.allowed()))

    def takes_proofs(self, circuit_id: str) -> bool:
        """Whether the registry accepts proofs of a circuit."""
        call = self._registry.functions.circuitOf(name_bytes32("circuit_id", circuit_id))
        return CIRCUIT_STATES[int(self._client.call("circuitOf", call)[2])] == "active"

    def check(self, opened: NativeSlice) -> None:
        """Has the chain check a data vector, once: what holds already is not sent again."""
        functions = self._contract.functions
        if not self._client.call("holds", functions.holds(slice_id(opened))):
            call = functions.check(list(opened.d), opened.count, opened.as_tuple())
            self._client.send(f"check {opened.circuit_id}", call)

    def submit(self, report: Report, signatures: Sequence[bytes], slices: Sequence[tuple[int, NativeSlice]]) -> None:
        """A transaction for every check, one for the signed report with all slices, each (expiry, slice)."""
        for _, opened in slices:
            self.check(opened)
        updates = [
            (
                name_bytes32("circuit_id", opened.circuit_id),
                expiry,
                list(opened.d[: before_listing(opened.size.strikes)]),
                0,
                NO_PROOF,
            )
            for expiry, opened in slices
        ]
        call = self._oracle.functions.submit(report.as_tuple(), b"".join(signatures), updates)
        self._client.send("submit native slices", call)
