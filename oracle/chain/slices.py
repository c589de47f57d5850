# SPDX-License-Identifier: Apache-2.0
"""Slices on-chain: submitting a report with its proofs, and reading slices back from calldata."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak
from web3.exceptions import Web3Exception

from oracle.chain.client import ChainClient
from oracle.chain.deploy import Deployment
from oracle.chain.report import Report
from oracle.errors import ChainError
from oracle.model.account import PublishedSlice, PublishedStrike
from oracle.model.spot_integral import SpotIntegral
from oracle.statements.layout import SliceHeader, SliceListing, SliceLogarithms, SliceResults
from oracle.statements.slice import GREEKS_DIGEST, HEADER, KNOTS_DIGEST
from oracle.statements.slice_runs import SliceRuns, before_listing, before_results
from oracle.statements.statement import Statement, name_bytes32
from prover.proof import Proof

log = logging.getLogger(__name__)

MarginSlice = tuple[int, bytes, int, list[int]]
"""The MarginSlice struct: expiry, rest hash, header, blocks of the result elements that listed strikes use."""

BLOCK_WORDS = 4
"""Result elements of a block, each of two strikes; the last block has what is left."""

FOLDED_SHIFT = 192
"""Bit of the header above which bit b says that block b comes as its hash."""


@dataclass(frozen=True)
class StoredSlice:
    """A slice as the chain holds it: its data vector, what it says, and what margin functions are called with."""

    expiry: int
    epoch: int
    words: tuple[int, ...]
    published: PublishedSlice
    margin: MarginSlice


def published_slices(slices: Mapping[int, StoredSlice]) -> dict[int, PublishedSlice]:
    """What each stored slice says, by expiry."""
    return {expiry: stored.published for expiry, stored in slices.items()}


def strikes_of(circuit_id: str) -> int:
    """Strike slots of a slice circuit, also of one without proofs (``slice_native_48_32``).

    Raises :class:`ChainError` for another circuit's name.
    """
    name, _, size = circuit_id.replace("slice_native_", "slice_", 1).partition("_")
    if name != "slice" or size.count("_") != 1:
        raise ChainError(f"{circuit_id}: not a slice circuit")
    return int(size.split("_")[1])


def published_slice(words: Sequence[int], strikes: int, expiry: int, observed_at: int) -> PublishedSlice:
    """What a data vector of ``strikes`` slots says. Raises :class:`InvalidValue` where it is malformed."""
    header = SliceHeader.unpack(words[HEADER])
    runs = SliceRuns.unpack(words, strikes)
    listed = {
        slot.strike_ticks: PublishedStrike(logarithm.ln_strike_q48, result.mark_e2, result.total_vol_q32)
        for slot, logarithm, result in zip(runs.listing, runs.logarithms, runs.results, strict=True)
        if slot.strike_ticks
    }
    return PublishedSlice(expiry, observed_at, header.forward_q16, header.ln_forward_q48, header.tick_e2, listed)


def margin_slice(words: Sequence[int], strikes: int, expiry: int) -> MarginSlice:
    """What margin reads of a data vector of ``strikes`` slots. Raises :class:`InvalidValue` where it is malformed."""
    runs = SliceRuns.unpack(words, strikes)
    used = runs.first(sum(1 for slot in runs.listing if slot.strike_ticks))
    digests = b"".join(words[i].to_bytes(32, "big") for i in (KNOTS_DIGEST, GREEKS_DIGEST))
    first = before_results(strikes)
    results = list(words[first : first + SliceResults.elements(len(used.results))])
    return (expiry, keccak(digests + used.quotes_hash()), words[HEADER], results)


def folded(margin: MarginSlice, indices: Collection[int]) -> MarginSlice:
    """The slice with the blocks in which the strikes of these listing indices lie; the other blocks as their hashes."""
    expiry, rest_hash, header, results = margin
    needed = {index // (2 * BLOCK_WORDS) for index in indices}
    words: list[int] = []
    for block, first in enumerate(range(0, len(results), BLOCK_WORDS)):
        run = results[first : first + BLOCK_WORDS]
        if block in needed:
            words.extend(run)
        else:
            words.append(int.from_bytes(keccak(b"".join(word.to_bytes(32, "big") for word in run)), "big"))
            header |= 1 << FOLDED_SHIFT + block
    return (expiry, rest_hash, header, words)


def newest_integral(client: ChainClient, deployment: Deployment) -> SpotIntegral:
    """The spot's integral of the newest report that landed; a new one where none did."""
    contract = client.contract("RiskOracle", deployment.risk_oracle)
    market = name_bytes32("market", deployment.market)
    logs = client.logs(contract.events.ReportLanded, deployment.from_block, client.head(), {"market": market})
    if not logs:
        return SpotIntegral()
    newest = logs[-1]["args"]
    return SpotIntegral(int(newest["cumulativeSpotE2Ms"]), int(newest["observedAtMs"]))


def submit(
    client: ChainClient,
    deployment: Deployment,
    report: Report,
    signatures: Sequence[bytes],
    proven: Sequence[tuple[int, Statement, Proof]],
) -> None:
    """One transaction: the signed report and the proven slices, each (expiry, statement, proof)."""
    updates = [
        (
            name_bytes32("circuit_id", statement.circuit_id),
            expiry,
            list(statement.d[: before_listing(strikes_of(statement.circuit_id))]),
            statement.digest,
            list(proof.to_calldata()),
        )
        for expiry, statement, proof in proven
    ]
    contract = client.contract("RiskOracle", deployment.risk_oracle)
    client.send("submit slices", contract.functions.submit(report.as_tuple(), b"".join(signatures), updates))


class SliceReader:
    """Follows the newest slice of every expiry from events and the calldata of the transactions that stored them."""

    def __init__(self, client: ChainClient, deployment: Deployment) -> None:
        self._client = client
        self._contract = client.contract("RiskOracle", deployment.risk_oracle)
        self._market = name_bytes32("market", deployment.market)
        self._listings = client.contract("ListingRegistry", deployment.listing_registry)
        self._elements: dict[int, list[int]] = {}
        self._used: dict[int, int] = {}
        self._next_block = deployment.from_block
        self.latest: dict[int, StoredSlice] = {}

    def poll(self) -> list[StoredSlice]:
        """Slices stored since the last call, oldest first; :attr:`latest` is up to date afterwards.

        A slice whose words are not in its transaction's calldata (relayed by another contract) is logged and leaves
        :attr:`latest` without its expiry. Raises :class:`ChainError` where the node does not answer or lacks a
        transaction; then nothing changes and the next call starts at the same block.
        """
        head = self._client.head()
        if head < self._next_block:
            return []
        events = self._contract.events.SliceStored
        found: list[StoredSlice] = []
        unreadable: set[int] = set()
        for entry in self._client.logs(events, self._next_block, head, {"market": self._market}):
            arguments = entry["args"]
            expiry, epoch = int(arguments["expiry"]), int(arguments["epoch"])
            calldata = self._client.calldata(entry["transactionHash"])
            stored = self._read(calldata, expiry, epoch, int(arguments["observedAt"]))
            unreadable.discard(expiry)
            if stored is None:
                log.warning("slice %d of epoch %d: its words are not in the transaction's calldata", expiry, epoch)
                unreadable.add(expiry)
            else:
                found.append(stored)
        self.latest.update({stored.expiry: stored for stored in found})
        for expiry in unreadable:
            self.latest.pop(expiry, None)
        self._next_block = head + 1
        return found

    def _read(self, calldata: bytes, expiry: int, epoch: int, observed_at: int) -> StoredSlice | None:
        try:
            _, arguments = self._contract.decode_function_input(calldata)
        except (Web3Exception, DecodingError, ValueError):
            return None
        for update in arguments.get("updates", ()):
            if int(update["expiry"]) == expiry:
                strikes = strikes_of(bytes(update["circuitId"]).rstrip(b"\0").decode())
                words = (*(int(word) for word in update["words"]), *self._listed(expiry, strikes))
                published = published_slice(words, strikes, expiry, observed_at)
                return StoredSlice(expiry, epoch, words, published, margin_slice(words, strikes, expiry))
        return None

    def _listed(self, expiry: int, strikes: int) -> list[int]:
        """Listing and logarithm elements of a data vector of ``strikes`` slots."""
        if expiry not in self._elements:
            call = self._listings.functions.listingOf(self._market, expiry)
            elements, _, count = self._client.call("listing", call)
            code = self._client.code(elements)[1:]
            self._elements[expiry] = [int.from_bytes(code[i : i + 32], "big") for i in range(0, len(code), 32)]
            self._used[expiry] = SliceListing.elements(int(count))
        elements, listed = self._elements[expiry], self._used[expiry]
        runs = ((elements[:listed], SliceListing), (elements[listed:], SliceLogarithms))
        return [word for run, kind in runs for word in run + [0] * (kind.elements(strikes) - len(run))]
