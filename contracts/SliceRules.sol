// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "./generated/SliceLayout.sol";
import {IListingRegistry} from "./interfaces/IListingRegistry.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Challenge} from "./libraries/Challenge.sol";
import {LnMath} from "./libraries/LnMath.sol";
import {Slice as SliceStatement} from "./statements/Slice.sol";

/// @title SliceRules
/// @notice What a slice must be to enter the oracle: natively checked against its signed report and listing, and proven.
abstract contract SliceRules is IRiskOracle {
    /// @notice Verification keys.
    IVerifierRegistry public immutable registry;

    /// @notice Listed strikes.
    IListingRegistry public immutable listings;

    constructor(IVerifierRegistry registry_, IListingRegistry listings_) {
        registry = registry_;
        listings = listings_;
    }

    /// @dev What the contract derives or checks natively: widths, forward, logarithm, listing, knots and quotes.
    /// Returns how many strikes are listed.
    function _requireStatement(Report calldata report, SliceUpdate calldata update, uint256[] memory d)
        internal
        view
        returns (uint256 count)
    {
        uint64 expiry = update.expiry;
        uint256 capacity = SliceStatement.capacityOf(update.circuitId);
        if (capacity == 0) revert UnsupportedCircuit(update.circuitId);
        SliceLayout.requireWidths(d, capacity);
        ExpiryReport calldata attested = _attested(report, expiry);
        uint256 header = d[SliceLayout.headerIndex()];
        uint256 forwardQ16 = SliceLayout.headerForwardQ16(header);
        if (forwardQ16 != attested.forwardQ16) revert ForwardMismatch(expiry, forwardQ16, attested.forwardQ16);
        uint256 lnForwardQ48 = LnMath.lnQ48(forwardQ16);
        if (SliceLayout.headerLnForwardQ48(header) != lnForwardQ48) {
            revert LnForwardMismatch(expiry, SliceLayout.headerLnForwardQ48(header), lnForwardQ48);
        }
        count = _requireListing(report.market, expiry, d, capacity);
        uint256 knotsDigest = d[SliceLayout.knotsDigestIndex()];
        if (knotsDigest != attested.knotsDigest) revert KnotsMismatch(expiry, knotsDigest, attested.knotsDigest);
        bytes32 quotesHash = SliceStatement.quotesHash(d, count);
        if (quotesHash != attested.quotesHash) revert QuotesMismatch(expiry, quotesHash, attested.quotesHash);
    }

    /// @dev Public signals of an update under its report.
    function _signals(Report calldata report, bytes32 reportDigest_, SliceUpdate calldata update, uint256[] memory d)
        internal
        pure
        returns (uint256[3] memory)
    {
        bytes32 domain =
            Challenge.sliceDomain(update.circuitId, report.market, update.expiry, report.epoch, reportDigest_);
        return Challenge.signals(domain, d, update.digest);
    }

    /// @dev Reverts unless every update's proof holds for its signals: one alone, several in one batch.
    function _requireProofs(SliceUpdate[] calldata updates, uint256[3][] memory signals) internal view {
        if (updates.length == 1) {
            SliceUpdate calldata update = updates[0];
            if (!registry.verify(update.circuitId, update.proof, signals[0])) {
                revert InvalidProof(update.circuitId, update.expiry);
            }
            return;
        }
        bytes32[] memory circuitIds = new bytes32[](updates.length);
        uint256[8][] memory proofs = new uint256[8][](updates.length);
        for (uint256 i = 0; i < updates.length; ++i) {
            (circuitIds[i], proofs[i]) = (updates[i].circuitId, updates[i].proof);
        }
        if (!registry.verifyBatch(circuitIds, proofs, signals)) revert InvalidBatch(updates.length);
    }

    function _requireListing(bytes32 market, uint64 expiry, uint256[] memory d, uint256 capacity)
        private
        view
        returns (uint256 count)
    {
        IListingRegistry.Listing memory listing = listings.listingOf(market, expiry);
        count = listing.count;
        if (count > capacity) revert ListingTooLong(expiry, count, capacity);
        uint256 tickE2 = SliceLayout.headerTickE2(d[SliceLayout.headerIndex()]);
        if (tickE2 != listing.tickE2) revert TickMismatch(expiry, tickE2, listing.tickE2);
        bytes32 elementsHash = SliceStatement.listingHash(d, count);
        if (elementsHash != listing.elementsHash) revert ListingMismatch(expiry, elementsHash, listing.elementsHash);
        SliceStatement.requireUnusedEmpty(d, count);
    }

    function _attested(Report calldata report, uint64 expiry) private pure returns (ExpiryReport calldata) {
        for (uint256 i = 0; i < report.expiries.length; ++i) {
            if (report.expiries[i].expiry == expiry) return report.expiries[i];
        }
        revert ExpiryNotInReport(expiry);
    }
}
