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
        for (uint256 i = 0; i < updates.length; ++i) {
            if (i > 0 && updates[i].expiry <= updates[i - 1].expiry) revert UpdatesNotAscending(i);
            entries[i] = _store(report, updates[i], limits_, i == 0 ? 0 : entries[i - 1].place);
            if (!entries[i].used) continue;
            any = true;
            if (!entries[i].native) entries[i].signals = _signals(report, digest, updates[i], entries[i].d);
        }
        if (!any) revert NothingNewer(report.market, report.epoch);
        // A proof that fails reverts what was stored.
        _requireProofs(updates, entries);
        _evaluateCalendar(report.market, updates, entries);
    }

    /// @inheritdoc IRiskOracle
    function sliceFacts(bytes32 market, uint64[] calldata expiries) external view returns (SliceFacts[] memory facts) {
        facts = new SliceFacts[](expiries.length);
        for (uint256 i = 0; i < expiries.length; ++i) {
            SliceRecord.Record storage record = _records[market][expiries[i]];
            SliceRecord.Meta memory meta = SliceRecord.unpack(record.meta);
            SliceFacts memory fact = facts[i];
            uint256 newest = SliceRecord.newestOf(record.meta);
            (fact.marginHash, fact.previousMarginHash) = (record.marginHashes[newest], record.marginHashes[1 - newest]);
            (fact.observedAt, fact.previousObservedAt) = (meta.observedAt, meta.previousObservedAt);
            (fact.replacedAt, fact.state) = (meta.replacedAt, stateOf(market, expiries[i]));
            (fact.listing, fact.count, fact.tickE2) = SliceRecord.listingOf(record.place);
        }
    }

    /// @inheritdoc IRiskOracle
    function marginFacts(bytes32 market, uint64[] calldata expiries) external view returns (uint256[] memory words) {
        words = new uint256[](3 * expiries.length);
        for (uint256 i = 0; i < expiries.length; ++i) {
            SliceRecord.Record storage record = _records[market][expiries[i]];
            uint256 meta = record.meta;
            words[3 * i] = uint256(record.marginHashes[SliceRecord.newestOf(meta)]);
            words[3 * i + 1] = SliceRecord.timesOf(meta) | (uint256(stateOf(market, expiries[i])) << 96);
            words[3 * i + 2] = SliceRecord.withoutNeighbours(record.place);
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
    function stateOf(bytes32 market, uint64 expiry) public view returns (State state) {
        SliceRecord.Record storage record = _records[market][expiry];
        uint256 meta = record.meta;
        if (meta == 0) return State.None;
        state = _stateAt(market, SliceRecord.observedAtOf(meta));
        if (state != State.Fresh) return state;
        if (SliceRecord.flagsOf(meta) & (SliceRecord.VOL_MOVED | SliceRecord.MARKS_OUTSIDE | SliceRecord.NATIVE) != 0) {
            return State.LiquidateOnly;
        }
        if (SliceRecord.calendarOf(meta, SliceRecord.LATER_SHIFT) == Calendar.Unproven) return State.LiquidateOnly;
        if (SliceRecord.calendarOf(meta, SliceRecord.EARLIER_SHIFT) != Calendar.Unproven) return state;
        // An expired slice is nobody's neighbour; those before it have expired too.
        if (SliceRecord.earlierOf(record.place) > block.timestamp) return State.LiquidateOnly;
    }

    /// @dev Stores a slice of a newer epoch or attempt, or a proven one in place of one without proof. Another one of the
    /// stored ones changes nothing but the pairs that it claims; any other is not used.
    function _store(Report calldata report, SliceUpdate calldata update, Limits memory limits_, uint256 place)
        private
        returns (Entry memory entry)
    {
        entry.place = place;
        uint64 expiry = update.expiry;
        if (uint256(expiry) * 1000 <= report.observedAtMs || expiry <= block.timestamp) {
            revert SliceExpired(expiry, report.observedAtMs);
        }
        SliceRecord.Record storage record = _records[report.market][expiry];
        SliceRecord.Meta memory meta = SliceRecord.unpack(record.meta);
        (bool older, bool same) = _compare(report, meta);
        if (older) return entry;
        (entry.native,) = SliceStatement.nativeOf(update.circuitId);
        if (!entry.native && meta.flags & SliceRecord.NATIVE != 0) same = false;
        entry.listing = _listingOf(record, report.market, expiry);
        _read(report, update, entry);
        if (same) {
            uint256 kept = record.meta;
            entry.used =
                entry.marginHash == record.marginHashes[SliceRecord.newestOf(kept)] && _addsClaim(kept, entry.d);
            return entry;
        }
        (entry.used, entry.newer) = (true, true);
        // 40 bits by the statement's widths.
        // forge-lint: disable-next-line(unsafe-typecast)
        meta.forwardQ16 = uint40(SliceLayout.headerForwardQ16(entry.d[SliceLayout.headerIndex()]));
        _renew(meta, report, SliceReview.review(entry.d, entry.capacity, entry.listing.count), expiry, limits_);
        // forge-lint: disable-next-line(unsafe-typecast)
        if (entry.native) meta.flags |= uint16(SliceRecord.NATIVE);
        uint256 word = SliceRecord.pack(meta);
        record.meta = word;
        record.marginHashes[SliceRecord.newestOf(word)] = entry.marginHash;
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

    /// @dev What the report and the review say of a newer slice than that of `meta`.
    function _renew(
        SliceRecord.Meta memory meta,
        Report calldata report,
        SliceReview.Review memory review,
        uint64 expiry,
        Limits memory limits_
    ) private {
        uint32 before = meta.observedAt;
        // Not after the block's time, which has 32 bits until 2106.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint32 observedAt = uint32(report.observedAtMs / 1000);
        if (observedAt < before) revert ObservedBeforeStored(report.observedAtMs, uint64(before) * 1000);
        uint256 flags = (meta.flags ^ SliceRecord.SECOND)
            & ~(SliceRecord.VOL_MOVED | SliceRecord.MARKS_OUTSIDE | SliceRecord.NATIVE);
        uint256 rootQ32 = ExpMath.sqrtYearsQ32(expiry - observedAt);
        uint32 volE6 = VolLimit.volE6(review.totalVolQ32, rootQ32);
        if (before != 0) {
            bool moved;
            (volE6, moved) = VolLimit.follow(meta.referenceVolE6, volE6, observedAt - before, rootQ32, limits_);
            if (moved) flags |= SliceRecord.VOL_MOVED;
        }
        if (uint256(review.outside) * 10_000 > uint256(review.quoted) * limits_.outsideShareE4) {
            flags |= SliceRecord.MARKS_OUTSIDE;
        }
        // Epochs are refused above 40 bits; flags are eight bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        (meta.epoch, meta.attempt, meta.flags) = (uint40(report.epoch), report.attempt, uint16(flags));
        // forge-lint: disable-next-line(unsafe-typecast)
        (meta.observedAt, meta.previousObservedAt, meta.replacedAt) = (observedAt, before, uint32(block.timestamp));
        (meta.referenceVolE6, meta.outside, meta.quoted) = (volE6, review.outside, review.quoted);
        emit SliceStored(
            report.market,
            expiry,
            report.epoch,
            report.attempt,
            observedAt,
            review.outside,
            review.quoted,
            flags & SliceRecord.VOL_MOVED != 0
        );
    }

    /// @dev Whether the report comes before the stored slice, or is of its epoch and attempt.
    function _compare(Report calldata report, SliceRecord.Meta memory meta)
        private
        pure
        returns (bool older, bool same)
    {
        if (meta.observedAt == 0) return (false, false);
        uint256 stored = (uint256(meta.epoch) << 16) | meta.attempt;
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
