# SPDX-License-Identifier: Apache-2.0
"""The publishers' report: EIP-712 without chain id, so that one report is valid on every chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from eth_account.messages import SignableMessage, encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from oracle.model.snapshot import MarketSnapshot
from oracle.statements.slice import SliceWitness, knots_digest
from oracle.statements.statement import name_bytes32

DOMAIN = {"name": "zkrisk", "version": "1"}
_DOMAIN_TYPE = [{"name": "name", "type": "string"}, {"name": "version", "type": "string"}]
_MEMBERS = {
    "Report": (
        "bytes32 market,uint64 epoch,uint16 attempt,uint64 observedAtMs,uint32 setVersion,uint32 venueMask,"
        "uint32 absentVenues,uint32 rejectedCount,uint16 confidenceE4,bytes32 configHash,bytes32 snapshotRoot,"
        "uint64 spotE2,uint128 cumulativeSpotE2Ms,uint64 perpetualMarkE2,uint64 perpetualIndexE2,ExpiryReport[] expiries"
    ),
    "ExpiryReport": "uint64 expiry,uint64 forwardQ16,uint32 discountE9,bytes32 quotesHash,uint256 knotsDigest",
    "Listing": "bytes32 market,uint64 expiry,uint8 tickE2,uint24[] strikes,uint32 setVersion",
}
"""Members of every struct that publishers sign, as EIP-712 writes them."""


def _type(name: str) -> list[dict[str, str]]:
    pairs = (member.split(" ") for member in _MEMBERS[name].split(","))
    return [{"name": member, "type": solidity} for solidity, member in pairs]


TYPES = {"EIP712Domain": _DOMAIN_TYPE, "Report": _type("Report"), "ExpiryReport": _type("ExpiryReport")}
LISTING_TYPES = {"EIP712Domain": _DOMAIN_TYPE, "Listing": _type("Listing")}


@dataclass(frozen=True)
class ExpiryReport:
    """One expiry of a report; ``discount_e9``: discount factor at 1e-9."""

    expiry: int
    forward_q16: int
    discount_e9: int
    quotes_hash: bytes
    knots_digest: int

    def as_tuple(self) -> tuple[Any, ...]:
        """The ExpiryReport struct."""
        return tuple(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True)
class Report:
    """What k of n publishers sign; units and scales as in ``IReports.Report``."""

    market: str
    epoch: int
    attempt: int
    observed_at_ms: int
    set_version: int
    venue_mask: int
    absent_venues: int
    rejected_count: int
    confidence_e4: int
    config_hash: bytes
    snapshot_root: bytes
    spot_e2: int
    cumulative_spot_e2_ms: int
    perpetual_mark_e2: int
    perpetual_index_e2: int
    expiries: tuple[ExpiryReport, ...]

    @classmethod
    def of(
        cls,
        snapshot: MarketSnapshot,
        witnesses: Sequence[SliceWitness],
        set_version: int,
        cumulative_spot_e2_ms: int,
        attempt: int = 0,
    ) -> Report:
        """The report of a snapshot and its fitted slices."""
        return cls(
            market=snapshot.market,
            epoch=snapshot.epoch,
            attempt=attempt,
            observed_at_ms=snapshot.observed_at_ms,
            set_version=set_version,
            venue_mask=snapshot.venue_mask,
            absent_venues=snapshot.absent_venues,
            rejected_count=snapshot.rejected_count,
            confidence_e4=snapshot.confidence_e4,
            config_hash=snapshot.config_hash,
            snapshot_root=snapshot.root(),
            spot_e2=snapshot.spot_e2,
            cumulative_spot_e2_ms=cumulative_spot_e2_ms,
            perpetual_mark_e2=snapshot.perpetual_mark_e2,
            perpetual_index_e2=snapshot.perpetual_index_e2,
            expiries=tuple(
                ExpiryReport(
                    w.expiry, w.values.forward_q16, w.snapshot.discount_e9, w.quotes_hash, knots_digest(w.density)
                )
                for w in witnesses
            ),
        )

    def as_tuple(self) -> tuple[Any, ...]:
        """The struct as web3 encodes it."""
        values = [getattr(self, field.name) for field in fields(self)]
        return (name_bytes32("market", self.market), *values[1:-1], [e.as_tuple() for e in self.expiries])

    def _message(self) -> SignableMessage:
        message = _named("Report", self.as_tuple())
        message["expiries"] = [_named("ExpiryReport", e) for e in message["expiries"]]
        return _signable(TYPES, "Report", message)

    def digest(self) -> bytes:
        """EIP-712 digest: what is signed and what slice proofs are bound to."""
        return _digest(self._message())

    def sign(self, publishers: Sequence[LocalAccount]) -> list[bytes]:
        """One 65-byte signature per publisher, ascending by address as the contract demands."""
        return _sign(self._message(), publishers)


@dataclass(frozen=True)
class Listing:
    """Strikes of one expiry as publishers sign them; anyone relays them."""

    market: str
    expiry: int
    tick_e2: int
    strikes: tuple[int, ...]
    set_version: int

    def as_tuple(self) -> tuple[Any, ...]:
        """The values in the order of ``relayListing``."""
        return (name_bytes32("market", self.market), self.expiry, self.tick_e2, list(self.strikes), self.set_version)

    def _message(self) -> SignableMessage:
        return _signable(LISTING_TYPES, "Listing", _named("Listing", self.as_tuple()))

    def digest(self) -> bytes:
        """EIP-712 digest."""
        return _digest(self._message())

    def sign(self, publishers: Sequence[LocalAccount]) -> list[bytes]:
        """One signature per publisher, ascending by address."""
        return _sign(self._message(), publishers)


def _named(name: str, values: Sequence[Any]) -> dict[str, Any]:
    return dict(zip((member["name"] for member in _type(name)), values, strict=True))


def _signable(types: dict[str, list[dict[str, str]]], primary: str, message: dict[str, Any]) -> SignableMessage:
    return encode_typed_data(
        full_message={"types": types, "primaryType": primary, "domain": DOMAIN, "message": message}
    )


def _digest(signable: SignableMessage) -> bytes:
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def _sign(signable: SignableMessage, publishers: Sequence[LocalAccount]) -> list[bytes]:
    ordered = sorted(publishers, key=lambda account: int(account.address, 16))
    return [bytes(account.sign_message(signable).signature) for account in ordered]
