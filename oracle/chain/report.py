# SPDX-License-Identifier: Apache-2.0
"""The publishers' report: EIP-712 without chain id, so that one report is valid on every chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_account.messages import SignableMessage, encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from oracle.model.snapshot import MarketSnapshot
from oracle.statements.slice import SliceWitness, knots_digest
from oracle.statements.statement import name_bytes32

DOMAIN = {"name": "zkrisk", "version": "1"}
TYPES = {
    "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "version", "type": "string"}],
    "Report": [
        {"name": "market", "type": "bytes32"},
        {"name": "epoch", "type": "uint64"},
        {"name": "observedAtMs", "type": "uint64"},
        {"name": "spotE2", "type": "uint64"},
        {"name": "setVersion", "type": "uint32"},
        {"name": "rejectedCount", "type": "uint32"},
        {"name": "snapshotRoot", "type": "bytes32"},
        {"name": "expiries", "type": "ExpiryReport[]"},
    ],
    "ExpiryReport": [
        {"name": "expiry", "type": "uint64"},
        {"name": "forwardQ16", "type": "uint64"},
        {"name": "quotesHash", "type": "bytes32"},
        {"name": "knotsDigest", "type": "uint256"},
    ],
}


@dataclass(frozen=True)
class ExpiryReport:
    """One expiry of a report."""

    expiry: int
    forward_q16: int
    quotes_hash: bytes
    knots_digest: int


@dataclass(frozen=True)
class Report:
    """What k of n publishers sign."""

    market: str
    epoch: int
    observed_at_ms: int
    spot_e2: int
    set_version: int
    rejected_count: int
    snapshot_root: bytes
    expiries: tuple[ExpiryReport, ...]

    @classmethod
    def of(cls, snapshot: MarketSnapshot, witnesses: Sequence[SliceWitness], set_version: int) -> Report:
        """The report of a snapshot and its fitted slices."""
        expiries = tuple(
            ExpiryReport(w.expiry, w.values.forward_q16, w.quotes_hash, knots_digest(w.density)) for w in witnesses
        )
        return cls(
            snapshot.market,
            snapshot.epoch,
            snapshot.observed_at_ms,
            snapshot.spot_e2,
            set_version,
            snapshot.rejected_count,
            snapshot.root(),
            expiries,
        )

    def as_tuple(self) -> tuple[Any, ...]:
        """The struct as web3 encodes it."""
        return (
            name_bytes32("market", self.market),
            self.epoch,
            self.observed_at_ms,
            self.spot_e2,
            self.set_version,
            self.rejected_count,
            self.snapshot_root,
            [(e.expiry, e.forward_q16, e.quotes_hash, e.knots_digest) for e in self.expiries],
        )

    def _message(self) -> SignableMessage:
        names = [field["name"] for field in TYPES["Report"]]
        message = dict(zip(names, self.as_tuple(), strict=True))
        inner = [field["name"] for field in TYPES["ExpiryReport"]]
        message["expiries"] = [dict(zip(inner, e, strict=True)) for e in message["expiries"]]
        return encode_typed_data(
            full_message={"types": TYPES, "primaryType": "Report", "domain": DOMAIN, "message": message}
        )

    def digest(self) -> bytes:
        """EIP-712 digest: what is signed and what slice proofs are bound to."""
        signable = self._message()
        return keccak(b"\x19" + signable.version + signable.header + signable.body)

    def sign(self, publishers: Sequence[LocalAccount]) -> list[bytes]:
        """One 65-byte signature per publisher, ascending by address as the contract demands."""
        ordered = sorted(publishers, key=lambda account: int(account.address, 16))
        return [bytes(account.sign_message(self._message()).signature) for account in ordered]
