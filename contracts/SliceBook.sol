// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "./generated/SliceLayout.sol";
import {IListingRegistry} from "./interfaces/IListingRegistry.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {SliceRecord} from "./libraries/SliceRecord.sol";

/// @title SliceBook
/// @notice The stored slices of every market: a list by expiry, and the calendar conditions between neighbours.
abstract contract SliceBook is IRiskOracle {
    /// @dev One update of a transaction: whether it is used at all, whether it is newer than what was stored or only adds
    /// a claim, whether it comes without a proof, where the report names it, its listing, the strike slots of its circuit, its data vector, what it is stored as, its public signals.
    struct Entry {
        bool used;
        bool newer;
        bool native;
        uint256 place;
        IListingRegistry.Listing listing;
        uint256 capacity;
        bytes32 marginHash;
        uint256[] d;
        uint256[3] signals;
    }

    mapping(bytes32 market => mapping(uint256 expiry => SliceRecord.Record)) internal _records;

    /// @dev First expiry of each market's list; expired ones leave it when one is inserted.
    mapping(bytes32 market => uint256) private _first;

    /// @dev Puts an expiry of 40 bits that has no slice yet into the list.
    function _insert(bytes32 market, uint256 expiry, uint256 place) internal {
        mapping(uint256 expiry => SliceRecord.Record) storage records = _records[market];
        uint256 earlier = 0;
        uint256 first = _first[market];
        uint256 living = first;
        while (living != 0 && living <= block.timestamp) living = SliceRecord.laterOf(records[living].place);
        uint256 later = living;
        while (later != 0 && later < expiry) (earlier, later) = (later, SliceRecord.laterOf(records[later].place));
        records[expiry].place = SliceRecord.withNeighbours(place, earlier, later);
        if (later != 0) {
            uint256 beyond = SliceRecord.laterOf(records[later].place);
            records[later].place = SliceRecord.withNeighbours(records[later].place, expiry, beyond);
        }
        if (earlier == 0) {
            _first[market] = expiry;
        } else {
            if (living != first) _first[market] = living;
            uint256 beyond = SliceRecord.earlierOf(records[earlier].place);
            records[earlier].place = SliceRecord.withNeighbours(records[earlier].place, beyond, expiry);
        }
    }

    /// @dev Evaluates the calendar conditions of the slices of one transaction, ascending. A pair is proven where one of
    /// this transaction's slices claims the other's current knots; one claim a pair is enough.
    function _evaluateCalendar(bytes32 market, SliceUpdate[] calldata updates, Entry[] memory entries) internal {
        mapping(uint256 expiry => SliceRecord.Record) storage records = _records[market];
        // The slice before in the transaction.
        uint256 before = 0;
        Entry memory entryBefore;
        for (uint256 i = 0; i < updates.length; ++i) {
            Entry memory entry = entries[i];
            if (!entry.used) continue;
            uint256 expiry = updates[i].expiry;
            uint256 earlier = SliceRecord.earlierOf(records[expiry].place);
            // An expired slice has only expired ones before it.
            if (earlier <= block.timestamp) earlier = 0;
            if (before != 0 && before != earlier) {
                _evaluateLater(records, market, before, entryBefore);
                before = 0;
            }
            bool newer = entry.newer;
            bool proven = _requireClaim(records, expiry, entry.d[SliceLayout.earlierKnotsDigestIndex()], earlier);
            if (before != 0) {
                newer = newer || entryBefore.newer;
                uint256 claim = entryBefore.d[SliceLayout.laterKnotsDigestIndex()];
                proven = _requireClaim(records, before, claim, expiry) || proven;
            }
            if (earlier == 0) _setCalendar(records[expiry], SliceRecord.EARLIER_SHIFT, Calendar.NoNeighbour);
            else if (newer || proven) _setPair(records, market, earlier, expiry, proven, SliceRecord.EARLIER_SHIFT);
            (before, entryBefore) = (expiry, entry);
        }
        if (before != 0) _evaluateLater(records, market, before, entryBefore);
    }

    /// @dev The condition to the later neighbour of a slice, where that is not of the same transaction.
    function _evaluateLater(
        mapping(uint256 expiry => SliceRecord.Record) storage records,
        bytes32 market,
        uint256 expiry,
        Entry memory entry
    ) private {
        uint256 later = SliceRecord.laterOf(records[expiry].place);
        bool proven = _requireClaim(records, expiry, entry.d[SliceLayout.laterKnotsDigestIndex()], later);
        if (later == 0) _setCalendar(records[expiry], SliceRecord.LATER_SHIFT, Calendar.NoNeighbour);
        else if (entry.newer || proven) _setPair(records, market, expiry, later, proven, SliceRecord.LATER_SHIFT);
    }

    /// @dev Writes a pair's condition into both of its slices. `shift` tells which one the transaction updates: that to
    /// the earlier neighbour means the later slice. Both hold the same: where that slice holds it already, the other one is
    /// not read.
    function _setPair(
        mapping(uint256 expiry => SliceRecord.Record) storage records,
        bytes32 market,
        uint256 earlier,
        uint256 later,
        bool proven,
        uint256 shift
    ) private {
        Calendar calendar = proven ? Calendar.Proven : Calendar.Unproven;
        bool isLater = shift == SliceRecord.EARLIER_SHIFT;
        if (!_setCalendar(records[isLater ? later : earlier], shift, calendar)) return;
        if (isLater) _setCalendar(records[earlier], SliceRecord.LATER_SHIFT, calendar);
        else _setCalendar(records[later], SliceRecord.EARLIER_SHIFT, calendar);
        // Expiries have 40 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        emit CalendarEvaluated(market, uint64(earlier), uint64(later), proven);
    }

    function _setCalendar(SliceRecord.Record storage record, uint256 shift, Calendar calendar)
        private
        returns (bool changed)
    {
        uint256 meta = record.meta;
        uint256 updated = SliceRecord.withCalendar(meta, shift, calendar);
        changed = updated != meta;
        if (changed) record.meta = updated;
    }

    /// @dev True where a slice claims the condition to a neighbour; its claim must be the neighbour's current knots.
    function _requireClaim(
        mapping(uint256 expiry => SliceRecord.Record) storage records,
        uint256 expiry,
        uint256 claimed,
        uint256 neighbour
    ) private view returns (bool) {
        if (claimed == 0) return false;
        uint256 current = neighbour == 0 ? 0 : records[neighbour].knotsDigest;
        // Expiries have 40 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        if (claimed != current) revert UnknownNeighbour(uint64(expiry), claimed, current);
        return true;
    }
}
