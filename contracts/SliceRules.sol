// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceBook} from "./SliceBook.sol";
import {SliceLayout} from "./generated/SliceLayout.sol";
import {IListingRegistry} from "./interfaces/IListingRegistry.sol";
import {ISliceFallback} from "./interfaces/ISliceFallback.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Challenge} from "./libraries/Challenge.sol";
import {LnMath} from "./libraries/LnMath.sol";
import {Slice as SliceStatement} from "./statements/Slice.sol";
import {SliceElements} from "./statements/SliceElements.sol";

/// @title SliceRules
/// @notice What a slice must be to enter the oracle: natively checked against its signed report and listing, and proven.
abstract contract SliceRules is SliceBook {
    /// @notice Verification keys.
    IVerifierRegistry public immutable registry;

    /// @notice Listed strikes.
    IListingRegistry public immutable listings;

    /// @notice Slices without a proof.
    ISliceFallback public immutable sliceFallback;

    constructor(IVerifierRegistry registry_, IListingRegistry listings_, ISliceFallback sliceFallback_) {
        registry = registry_;
        listings = listings_;
        sliceFallback = sliceFallback_;
    }

    /// @dev Forms the data vector of an update from its words and the entry's listing, and checks what the contract derives
    /// natively: widths, forward, logarithm, tick, knots and quotes.
    function _read(Report calldata report, SliceUpdate calldata update, Entry memory entry) internal view {
        (, bytes32 circuitId) = SliceStatement.nativeOf(update.circuitId);
        uint256 capacity = SliceStatement.capacityOf(circuitId);
        uint256 count = entry.listing.count;
        if (capacity == 0) revert UnsupportedCircuit(update.circuitId);
        if (count > capacity) revert ListingTooLong(update.expiry, count, capacity);
        uint256[] memory d = SliceElements.dataVector(update.words, capacity, entry.listing.elements, count);
        (entry.d, entry.capacity) = (d, capacity);
        SliceLayout.requireWidths(d, capacity);
        SliceElements.requireUnusedEmpty(d, capacity, count);
        ExpiryReport calldata attested;
        (attested, entry.place) = _attested(report, update.expiry, entry.place);
        _requireHeader(attested, d[SliceLayout.headerIndex()], entry.listing.tickE2);
        uint256 knotsDigest = d[SliceLayout.knotsDigestIndex()];
        if (knotsDigest != attested.knotsDigest) {
            revert KnotsMismatch(update.expiry, knotsDigest, attested.knotsDigest);
        }
        bytes32 quotesHash = SliceElements.quotesHash(d, capacity, count);
        if (quotesHash != attested.quotesHash) {
            revert QuotesMismatch(update.expiry, quotesHash, attested.quotesHash);
        }
        entry.marginHash = SliceStatement.marginHashOf(d, capacity, count, quotesHash);
    }

    function _requireHeader(ExpiryReport calldata attested, uint256 header, uint8 listedE2) private pure {
        uint64 expiry = attested.expiry;
        uint256 forwardQ16 = SliceLayout.headerForwardQ16(header);
        if (forwardQ16 != attested.forwardQ16) revert ForwardMismatch(expiry, forwardQ16, attested.forwardQ16);
        uint256 lnForwardQ48 = LnMath.lnQ48(forwardQ16);
        if (SliceLayout.headerLnForwardQ48(header) != lnForwardQ48) {
            revert LnForwardMismatch(expiry, SliceLayout.headerLnForwardQ48(header), lnForwardQ48);
        }
        uint256 tickE2 = SliceLayout.headerTickE2(header);
        if (tickE2 != listedE2) revert TickMismatch(expiry, tickE2, listedE2);
    }

    /// @dev Public signals of an update under its report.
    function _signals(Report calldata report, bytes32 digest, SliceUpdate calldata update, uint256[] memory d)
        internal
        pure
        returns (uint256[3] memory)
    {
        bytes32 domain = Challenge.sliceDomain(update.circuitId, report.market, update.expiry, report.epoch, digest);
        return Challenge.signals(domain, d, update.digest);
    }

    /// @dev Reverts unless the proof of every used update holds for its signals: one alone, several in one batch. An update
    /// without a proof must have been checked.
    function _requireProofs(SliceUpdate[] calldata updates, Entry[] memory entries) internal view {
        uint256 count = 0;
        uint256 last = 0;
        for (uint256 i = 0; i < updates.length; ++i) {
            if (!entries[i].used) continue;
            if (entries[i].native) _requireChecked(updates[i], entries[i]);
            else (count, last) = (count + 1, i);
        }
        if (count == 0) return;
        if (count == 1) {
            SliceUpdate calldata update = updates[last];
            if (!registry.verify(update.circuitId, update.proof, entries[last].signals)) {
                revert InvalidProof(update.circuitId, update.expiry);
            }
            return;
        }
        (bool success, bytes memory result) = address(registry).staticcall(_batch(updates, entries, count));
        if (!success) {
            assembly ("memory-safe") {
                revert(add(result, 32), mload(result))
            }
        }
        if (!abi.decode(result, (bool))) revert InvalidBatch(count);
    }

    function _requireChecked(SliceUpdate calldata update, Entry memory entry) private view {
        bytes32 id = keccak256(abi.encodePacked(uint256(entry.listing.count), entry.d));
        if (!sliceFallback.holds(id)) revert UncheckedSlice(update.circuitId, update.expiry);
    }

    /// @dev The call of `verifyBatch` for the `count` used updates: what the compiler encodes from arrays of them, without
    /// the arrays. Three lists of records of 1, 8 and 3 words, each behind its length.
    function _batch(SliceUpdate[] calldata updates, Entry[] memory entries, uint256 count)
        private
        pure
        returns (bytes memory data)
    {
        uint256 proofs = 128 + 32 * count;
        uint256 signals = proofs + 32 + 256 * count;
        data = abi.encodePacked(
            IVerifierRegistry.verifyBatch.selector, uint256(96), proofs, signals, count, new bytes(384 * count + 64)
        );
        uint256 start;
        assembly ("memory-safe") {
            // Behind the length and the selector.
            start := add(data, 36)
            mstore(add(start, proofs), count)
            mstore(add(start, signals), count)
        }
        uint256 used = 0;
        for (uint256 i = 0; i < updates.length; ++i) {
            if (!entries[i].used || entries[i].native) continue;
            bytes32 circuitId = updates[i].circuitId;
            uint256[8] calldata proof = updates[i].proof;
            uint256[3] memory signal = entries[i].signals;
            assembly ("memory-safe") {
                mstore(add(start, add(128, mul(32, used))), circuitId)
                calldatacopy(add(start, add(add(proofs, 32), mul(256, used))), proof, 256)
                mcopy(add(start, add(add(signals, 32), mul(96, used))), signal, 96)
            }
            ++used;
        }
    }

    /// @dev What the report says of an expiry; `start` is where the search begins, the place after the one found is
    /// returned: updates ascend, and so do the expiries of a report as publishers form it.
    function _attested(Report calldata report, uint64 expiry, uint256 start)
        private
        pure
        returns (ExpiryReport calldata, uint256)
    {
        ExpiryReport[] calldata expiries = report.expiries;
        for (uint256 i = 0; i < expiries.length; ++i) {
            uint256 place = start + i < expiries.length ? start + i : start + i - expiries.length;
            if (expiries[place].expiry == expiry) return (expiries[place], place + 1);
        }
        revert ExpiryNotInReport(expiry);
    }
}
