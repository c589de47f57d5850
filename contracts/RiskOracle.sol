// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MarketFeed} from "./MarketFeed.sol";
import {SliceRules} from "./SliceRules.sol";
import {SliceLayout} from "./generated/SliceLayout.sol";
import {IListingRegistry} from "./interfaces/IListingRegistry.sol";
import {IPublisherSet} from "./interfaces/IPublisherSet.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {ISequencerUptimeFeed} from "./interfaces/ISequencerUptimeFeed.sol";
import {ISliceFallback} from "./interfaces/ISliceFallback.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {ExpMath} from "./libraries/ExpMath.sol";
import {SliceRecord} from "./libraries/SliceRecord.sol";
import {VolLimit} from "./libraries/VolLimit.sol";
import {Slice as SliceStatement} from "./statements/Slice.sol";
import {SliceReview} from "./statements/SliceReview.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title RiskOracle
/// @notice From these attested quotes and this attested forward: the published prices are free of arbitrage for every
/// strike and in time against both neighbouring slices, they reprice the quotes within the stated error, and the
/// published marks, implied vols and Greeks are those of Black-76 at these prices.
/// @dev Refuses invalid proofs and signatures alone: an oracle that refuses a crash stops exactly when it is needed.
/// Assumptions: the verifier and listing registries are this project's own; the publishers' clocks are Unix time.
contract RiskOracle is MarketFeed, SliceRules {
    constructor(
        address admin,
        IVerifierRegistry registry_,
        IListingRegistry listings_,
        IPublisherSet publisherSet_,
        ISequencerUptimeFeed sequencerFeed_,
        ISliceFallback sliceFallback_
    ) MarketFeed(admin, publisherSet_, sequencerFeed_) SliceRules(registry_, listings_, sliceFallback_) {}

    /// @inheritdoc IRiskOracle
    function submit(Report calldata report, bytes calldata signatures, SliceUpdate[] calldata updates) external {
        if (updates.length == 0) revert NoUpdates();
        (bytes32 digest, bool any) = _useReport(report, signatures);
        Entry[] memory entries = new Entry[](updates.length);
        Limits memory limits_ = limits;
        (uint256 place, uint64 before) = (0, 0);
        for (uint256 i = 0; i < updates.length; ++i) {
            SliceUpdate calldata update = updates[i];
            Entry memory entry = entries[i];
            uint64 expiry = update.expiry;
            if (i > 0 && expiry <= before) revert UpdatesNotAscending(i);
            (before, entry.place) = (expiry, place);
            _store(report, update, limits_, entry);
            place = entry.place;
            if (!entry.used) continue;
            any = true;
            if (!entry.native) entry.signals = _signals(report, digest, update, entry.d);
        }
        if (!any) revert NothingNewer(report.market, report.epoch);
        // A proof that fails reverts what was stored.
        _requireProofs(updates, entries);
        _evaluateCalendar(report.market, updates, entries);
    }

    /// @inheritdoc IRiskOracle
    function sliceFacts(bytes32 market, uint64[] calldata expiries) external view returns (SliceFacts[] memory facts) {
        facts = new SliceFacts[](expiries.length);
        Standing memory standing = _standing(market);
        for (uint256 i = 0; i < expiries.length; ++i) {
            SliceRecord.Record storage record = _records[market][expiries[i]];
            (uint256 word, uint256 place) = (record.meta, record.place);
            SliceFacts memory fact = facts[i];
            uint256 newest = SliceRecord.newestOf(word);
            (fact.marginHash, fact.previousMarginHash) = (record.marginHashes[newest], record.marginHashes[1 - newest]);
            uint256 times = SliceRecord.timesOf(word);
            // 32 bits each.
            // forge-lint: disable-next-line(unsafe-typecast)
            (fact.observedAt, fact.previousObservedAt) = (uint32(times), uint32(times >> 32));
            // forge-lint: disable-next-line(unsafe-typecast)
            (fact.replacedAt, fact.state) = (uint32(times >> 64), _stateOf(standing, word, place));
            (fact.listing, fact.count, fact.tickE2) = SliceRecord.listingOf(place);
        }
    }

    /// @inheritdoc IRiskOracle
    function marginFacts(bytes32 market, uint64[] calldata expiries) external view returns (uint256[] memory words) {
        Standing memory standing = _standing(market);
        mapping(uint256 expiry => SliceRecord.Record) storage records = _records[market];
        uint256 to;
        // Coded as it is returned: offset, length, and three words for every expiry, all of which the loop writes.
        assembly ("memory-safe") {
            words := add(mload(0x40), 32)
            mstore(sub(words, 32), 32)
            mstore(words, mul(expiries.length, 3))
            to := add(words, 32)
            mstore(0x40, add(to, mul(expiries.length, 96)))
        }
        for (uint256 i = 0; i < expiries.length; ++i) {
            uint256 expiry;
            // `i` is below the length; an expiry of more than 64 bits is refused as the compiler's own reading does.
            assembly ("memory-safe") {
                expiry := calldataload(add(expiries.offset, shl(5, i)))
                if shr(64, expiry) { revert(0, 0) }
            }
            SliceRecord.Record storage record = records[expiry];
            (uint256 meta, uint256 place) = (record.meta, record.place);
            uint256 newest = SliceRecord.newestOf(meta);
            uint256 times = SliceRecord.timesOf(meta) | (uint256(_stateOf(standing, meta, place)) << 96);
            uint256 listed = SliceRecord.withoutNeighbours(place);
            // `newest` is 0 or 1, and the record begins with the two hashes.
            assembly ("memory-safe") {
                mstore(to, sload(add(record.slot, newest)))
                mstore(add(to, 32), times)
                mstore(add(to, 64), listed)
                to := add(to, 96)
            }
        }
        assembly ("memory-safe") {
            return(sub(words, 32), sub(to, sub(words, 32)))
        }
    }

    /// @inheritdoc IRiskOracle
    function sliceOf(bytes32 market, uint64 expiry) external view returns (Slice memory slice) {
        SliceRecord.Record storage record = _records[market][expiry];
        (uint256 word, uint256 place) = (record.meta, record.place);
        SliceRecord.Meta memory meta = SliceRecord.unpack(word);
        slice.knotsDigest = record.knotsDigest;
        (slice.epoch, slice.attempt, slice.forwardQ16) = (meta.epoch, meta.attempt, meta.forwardQ16);
        (slice.referenceVolE6, slice.outside, slice.quoted) = (meta.referenceVolE6, meta.outside, meta.quoted);
        slice.volMoved = meta.flags & SliceRecord.VOL_MOVED != 0;
        slice.native = meta.flags & SliceRecord.NATIVE != 0;
        slice.calendarEarlier = SliceRecord.calendarOf(word, SliceRecord.EARLIER_SHIFT);
        slice.calendarLater = SliceRecord.calendarOf(word, SliceRecord.LATER_SHIFT);
        // 40 bits each.
        // forge-lint: disable-next-line(unsafe-typecast)
        (slice.earlier, slice.later) = (uint64(SliceRecord.earlierOf(place)), uint64(SliceRecord.laterOf(place)));
    }

    /// @inheritdoc IRiskOracle
    function stateOf(bytes32 market, uint64 expiry) external view returns (State) {
        SliceRecord.Record storage record = _records[market][expiry];
        return _stateOf(_standing(market), record.meta, record.place);
    }

    /// @dev Stores a slice of a newer epoch or attempt, or a proven one in place of one without proof. Another one of the
    /// stored ones changes nothing but the pairs that it claims; any other is not used.
    function _store(Report calldata report, SliceUpdate calldata update, Limits memory limits_, Entry memory entry)
        private
    {
        uint64 expiry = update.expiry;
        if (uint256(expiry) * 1000 <= report.observedAtMs || expiry <= block.timestamp) {
            revert SliceExpired(expiry, report.observedAtMs);
        }
        SliceRecord.Record storage record = _records[report.market][expiry];
        uint256 meta = record.meta;
        (bool older, bool same) = _compare(report, meta);
        if (older) return;
        (entry.native,) = SliceStatement.nativeOf(update.circuitId);
        if (!entry.native && SliceRecord.flagsOf(meta) & SliceRecord.NATIVE != 0) same = false;
        entry.listing = _listingOf(record, report.market, expiry);
        _read(report, update, entry);
        if (same) {
            entry.used =
                entry.marginHash == record.marginHashes[SliceRecord.newestOf(meta)] && _addsClaim(meta, entry.d);
            return;
        }
        (entry.used, entry.newer) = (true, true);
        meta = _renewed(meta, report, expiry, limits_, entry);
        record.meta = meta;
        record.marginHashes[SliceRecord.newestOf(meta)] = entry.marginHash;
        record.knotsDigest = entry.d[SliceLayout.knotsDigestIndex()];
    }

    /// @dev The listing as the record keeps it; from the registry for an expiry's first slice.
    function _listingOf(SliceRecord.Record storage record, bytes32 market, uint64 expiry)
        private
        returns (IListingRegistry.Listing memory listing)
    {
        (listing.elements, listing.count, listing.tickE2) = SliceRecord.listingOf(record.place);
        if (listing.elements != address(0)) return listing;
        listing = listings.listingOf(market, expiry);
        uint256 place = SliceRecord.placeOf(listing.elements, listing.count, listing.tickE2);
        _insert(market, SafeCast.toUint40(expiry), place);
    }

    /// @dev The word `meta` of a newer slice than that of `meta`: what the report and the review say of it.
    function _renewed(uint256 meta, Report calldata report, uint64 expiry, Limits memory limits_, Entry memory entry)
        private
        returns (uint256 word)
    {
        uint256 before = SliceRecord.observedAtOf(meta);
        uint64 observedAtMs = report.observedAtMs;
        // Not after the block's time, which has 32 bits until 2106.
        uint256 observedAt = observedAtMs / 1000;
        // forge-lint: disable-next-line(unsafe-typecast)
        if (observedAt < before) revert ObservedBeforeStored(observedAtMs, uint64(before) * 1000);
        SliceReview.Review memory review = SliceReview.review(entry.d, entry.capacity, entry.listing.count);
        word = SliceRecord.withTimes(
            SliceRecord.roundWord(report.epoch, report.attempt), observedAt, before, block.timestamp
        );
        // 40 bits by the statement's widths.
        uint256 forwardQ16 = SliceLayout.headerForwardQ16(entry.d[SliceLayout.headerIndex()]);
        word = SliceRecord.withReview(word, forwardQ16, review.outside, review.quoted);
        word |= _judged(meta, review, expiry, observedAt, limits_);
        if (entry.native) word |= SliceRecord.inPlace(SliceRecord.NATIVE);
        emit SliceStored(
            report.market,
            expiry,
            report.epoch,
            report.attempt,
            // forge-lint: disable-next-line(unsafe-typecast)
            uint64(observedAt),
            review.outside,
            review.quoted,
            SliceRecord.flagsOf(word) & SliceRecord.VOL_MOVED != 0
        );
    }

    /// @dev Flags and reference vol in their places in the word after `meta`.
    function _judged(
        uint256 meta,
        SliceReview.Review memory review,
        uint64 expiry,
        uint256 observedAt,
        Limits memory limits_
    ) private pure returns (uint256 word) {
        uint256 flags = SliceRecord.nextFlags(meta);
        if (uint256(review.outside) * 10_000 > uint256(review.quoted) * limits_.outsideShareE4) {
            flags |= SliceRecord.MARKS_OUTSIDE;
        }
        uint256 rootQ32 = ExpMath.sqrtYearsQ32(expiry - observedAt);
        uint32 volE6 = VolLimit.volE6(review.totalVolQ32, rootQ32);
        uint256 before = SliceRecord.observedAtOf(meta);
        if (before != 0) {
            bool moved;
            uint32 referenceE6 = SliceRecord.referenceVolOf(meta);
            (volE6, moved) = VolLimit.follow(referenceE6, volE6, observedAt - before, rootQ32, limits_);
            if (moved) flags |= SliceRecord.VOL_MOVED;
        }
        return SliceRecord.inPlace(flags) | SliceRecord.volInPlace(volE6);
    }

    /// @dev State of a slice of these words in a market that stands so.
    function _stateOf(Standing memory standing, uint256 meta, uint256 place) private view returns (State state) {
        if (meta == 0) return state;
        state = _stateAt(standing, SliceRecord.observedAtOf(meta));
        if (state != State.Fresh) return state;
        uint256 flags = SliceRecord.flagsOf(meta);
        if (flags & (SliceRecord.LIMITING | SliceRecord.EARLIER_UNPROVEN) == 0) return state;
        // An expired slice is nobody's neighbour; those before it have expired too.
        if (flags & SliceRecord.LIMITING != 0 || SliceRecord.earlierOf(place) > block.timestamp) {
            return State.LiquidateOnly;
        }
    }

    /// @dev Whether the report comes before the stored slice, or is of its epoch and attempt.
    function _compare(Report calldata report, uint256 meta) private pure returns (bool older, bool same) {
        if (meta == 0) return (false, false);
        uint256 stored = SliceRecord.roundOf(meta);
        uint256 given = (uint256(report.epoch) << 16) | report.attempt;
        return (given < stored, given == stored);
    }

    /// @dev True where `d` claims a pair that is not proven.
    function _addsClaim(uint256 meta, uint256[] memory d) private pure returns (bool) {
        bool addsEarlier = d[SliceLayout.earlierKnotsDigestIndex()] != 0
            && SliceRecord.calendarOf(meta, SliceRecord.EARLIER_SHIFT) != Calendar.Proven;
        bool addsLater = d[SliceLayout.laterKnotsDigestIndex()] != 0
            && SliceRecord.calendarOf(meta, SliceRecord.LATER_SHIFT) != Calendar.Proven;
        return addsEarlier || addsLater;
    }
}
