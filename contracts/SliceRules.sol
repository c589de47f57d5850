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
        SliceElements.requireWidths(d, capacity);
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
        return Challenge.evaluate(domain, d, update.digest);
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
        if (count == 0 || _prove(updates, entries, count)) return;
        if (count > 1) revert InvalidBatch(count);
        revert InvalidProof(updates[last].circuitId, updates[last].expiry);
    }

    function _requireChecked(SliceUpdate calldata update, Entry memory entry) private view {
        bytes32 id = keccak256(abi.encodePacked(uint256(entry.listing.count), entry.d));
        if (!sliceFallback.holds(id)) revert UncheckedSlice(update.circuitId, update.expiry);
    }

    /// @dev Asks the registry for the `count` proofs, coded as the compiler codes the call, without arrays of them: `verify`
    /// of one takes an id, a proof and signals, `verifyBatch` three lists of these, of 1, 8 and 3 words each, behind their
    /// lengths.
    function _prove(SliceUpdate[] calldata updates, Entry[] memory entries, uint256 count)
        private
        view
        returns (bool valid)
    {
        bool single = count == 1;
        uint256 selector = uint32(single ? IVerifierRegistry.verify.selector : IVerifierRegistry.verifyBatch.selector);
        uint256 id;
        uint256 proof;
        uint256 signals;
        uint256 input;
        assembly ("memory-safe") {
            // The selector ends the first word.
            input := mload(0x40)
            mstore(input, selector)
            id := add(input, 32)
            proof := add(id, 32)
            signals := add(id, 288)
            if iszero(single) {
                let proofs := add(128, mul(32, count))
                mstore(id, 96)
                mstore(add(id, 32), proofs)
                signals := add(proofs, add(32, mul(256, count)))
                mstore(add(id, 64), signals)
                mstore(add(id, 96), count)
                proof := add(id, proofs)
                mstore(proof, count)
                proof := add(proof, 32)
                signals := add(id, signals)
                mstore(signals, count)
                signals := add(signals, 32)
                id := add(id, 128)
            }
            mstore(0x40, add(signals, mul(96, count)))
        }
        for (uint256 i = 0; i < updates.length; ++i) {
            Entry memory entry = entries[i];
            if (!entry.used || entry.native) continue;
            SliceUpdate calldata update = updates[i];
            (bytes32 circuitId, uint256[8] calldata given, uint256[3] memory signal) =
                (update.circuitId, update.proof, entry.signals);
            assembly ("memory-safe") {
                mstore(id, circuitId)
                calldatacopy(proof, given, 256)
                mcopy(signals, signal, 96)
                id := add(id, 32)
                proof := add(proof, 256)
                signals := add(signals, 96)
            }
        }
        address target = address(registry);
        assembly ("memory-safe") {
            input := add(input, 28)
            let success := staticcall(gas(), target, input, sub(signals, input), 0x00, 0x20)
            if iszero(success) {
                returndatacopy(input, 0, returndatasize())
                revert(input, returndatasize())
            }
            valid := and(gt(returndatasize(), 31), eq(mload(0x00), 1))
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
            ExpiryReport calldata attested = expiries[start < expiries.length ? start : 0];
            start = start < expiries.length ? start + 1 : 1;
            if (attested.expiry == expiry) return (attested, start);
        }
        revert ExpiryNotInReport(expiry);
    }
}
