// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRiskOracle} from "../interfaces/IRiskOracle.sol";

/// @notice The words in which the oracle keeps a slice. Written and read whole: a word costs one access, whatever it holds.
library SliceRecord {
    /// @notice One slice in five words. Of `marginHashes` the flag SECOND names the newest, the other is the one before: an
    /// update writes one of them. `place` = listing's data contract (160 bits), count (8), tick in 1e-2 USD (8), earlier
    /// and later neighbour's expiry (40 each), from the lowest bit.
    struct Record {
        bytes32[2] marginHashes;
        uint256 knotsDigest;
        uint256 meta;
        uint256 place;
    }

    /// @notice The word `meta`, from the lowest bit: epoch (40 bits), attempt (16), three times in Unix seconds (32 each),
    /// forward (40), vol (32), counts (8 each), flags (16).
    struct Meta {
        uint40 epoch;
        uint16 attempt;
        uint32 observedAt;
        uint32 previousObservedAt;
        uint32 replacedAt;
        uint40 forwardQ16;
        uint32 referenceVolE6;
        uint8 outside;
        uint8 quoted;
        uint16 flags;
    }

    /// @notice Flags: calendar conditions to both neighbours, two bits each; where the newest hash lies; what moved; whether no proof came with it.
    uint256 internal constant EARLIER_SHIFT = 0;
    uint256 internal constant LATER_SHIFT = 2;
    uint256 internal constant SECOND = 1 << 4;
    uint256 internal constant VOL_MOVED = 1 << 5;
    uint256 internal constant MARKS_OUTSIDE = 1 << 6;
    uint256 internal constant NATIVE = 1 << 7;

    /// @notice The higher bit of a calendar condition says that it is unproven.
    uint256 internal constant EARLIER_UNPROVEN = 2 << EARLIER_SHIFT;

    /// @notice Flags of which one alone leaves a slice for liquidations only.
    uint256 internal constant LIMITING = VOL_MOVED | MARKS_OUTSIDE | NATIVE | (2 << LATER_SHIFT);

    uint256 private constant CALENDAR_MASK = 3;
    uint256 private constant FLAGS_SHIFT = 240;
    uint256 private constant TICK_SHIFT = 168;
    uint256 private constant EARLIER_EXPIRY_SHIFT = 176;
    uint256 private constant LATER_EXPIRY_SHIFT = 216;
    uint256 private constant COUNT_SHIFT = 160;

    /// @dev Where a word has the flag SECOND.
    uint256 private constant SECOND_BIT = 244;

    /// @notice The word of `meta`.
    function pack(Meta memory m) internal pure returns (uint256 word) {
        word = uint256(m.epoch) | (uint256(m.attempt) << 40) | (uint256(m.observedAt) << 56);
        word |= (uint256(m.previousObservedAt) << 88) | (uint256(m.replacedAt) << 120) | (uint256(m.forwardQ16) << 152);
        word |= (uint256(m.referenceVolE6) << 192) | (uint256(m.outside) << 224) | (uint256(m.quoted) << 232);
        word |= uint256(m.flags) << FLAGS_SHIFT;
    }

    /// @notice What a word says.
    function unpack(uint256 word) internal pure returns (Meta memory m) {
        // Each cast keeps the lowest bits of its field.
        // forge-lint: disable-start(unsafe-typecast)
        m.epoch = uint40(word);
        m.attempt = uint16(word >> 40);
        m.observedAt = uint32(word >> 56);
        m.previousObservedAt = uint32(word >> 88);
        m.replacedAt = uint32(word >> 120);
        m.forwardQ16 = uint40(word >> 152);
        m.referenceVolE6 = uint32(word >> 192);
        m.outside = uint8(word >> 224);
        m.quoted = uint8(word >> 232);
        m.flags = uint16(word >> FLAGS_SHIFT);
        // forge-lint: disable-end(unsafe-typecast)
    }

    /// @notice The word's epoch and attempt, below it.
    function roundOf(uint256 meta) internal pure returns (uint256) {
        return ((meta & 0xffffffffff) << 16) | ((meta >> 40) & 0xffff);
    }

    /// @notice The vol that the rate limit compares the next one with.
    function referenceVolOf(uint256 meta) internal pure returns (uint32) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32(meta >> 192);
    }

    /// @notice The flags of the slice after that of a word, before it is judged: the hashes change places.
    function nextFlags(uint256 meta) internal pure returns (uint256) {
        return (flagsOf(meta) ^ SECOND) & ~(VOL_MOVED | MARKS_OUTSIDE | NATIVE);
    }

    /// @notice A word of nothing but an epoch of 40 bits and an attempt.
    function roundWord(uint256 epoch, uint256 attempt) internal pure returns (uint256) {
        return epoch | (attempt << 40);
    }

    /// @notice A word without times with three of 32 bits.
    function withTimes(uint256 word, uint256 observedAt, uint256 previous, uint256 replacedAt)
        internal
        pure
        returns (uint256)
    {
        return word | (observedAt << 56) | (previous << 88) | (replacedAt << 120);
    }

    /// @notice A word without forward and counts with these, of 40, 8 and 8 bits.
    function withReview(uint256 word, uint256 forwardQ16, uint256 outside, uint256 quoted)
        internal
        pure
        returns (uint256)
    {
        return word | (forwardQ16 << 152) | (outside << 224) | (quoted << 232);
    }

    /// @notice The reference vol, of 32 bits, where a word has it.
    function volInPlace(uint256 volE6) internal pure returns (uint256) {
        return volE6 << 192;
    }

    /// @notice Flags where a word has them.
    function inPlace(uint256 flags) internal pure returns (uint256) {
        return flags << FLAGS_SHIFT;
    }

    /// @notice When the slice of a word was observed; zero: there is none.
    function observedAtOf(uint256 meta) internal pure returns (uint256) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32(meta >> 56);
    }

    /// @notice Observed at, previously observed at, replaced at: 32 bits each from the lowest.
    function timesOf(uint256 meta) internal pure returns (uint256) {
        return (meta >> 56) & ((1 << 96) - 1);
    }

    /// @notice The flags of a word.
    function flagsOf(uint256 meta) internal pure returns (uint256) {
        return meta >> FLAGS_SHIFT;
    }

    /// @notice Index of the newest margin hash.
    function newestOf(uint256 meta) internal pure returns (uint256) {
        return (meta >> SECOND_BIT) & 1;
    }

    /// @notice The condition to one neighbour.
    function calendarOf(uint256 meta, uint256 shift) internal pure returns (IRiskOracle.Calendar) {
        return IRiskOracle.Calendar((meta >> (FLAGS_SHIFT + shift)) & CALENDAR_MASK);
    }

    /// @notice The word with another condition to one neighbour.
    function withCalendar(uint256 meta, uint256 shift, IRiskOracle.Calendar calendar) internal pure returns (uint256) {
        uint256 first = FLAGS_SHIFT + shift;
        return (meta & ~(CALENDAR_MASK << first)) | (uint256(calendar) << first);
    }

    /// @notice The listing of a place; zero: the expiry has no slice yet.
    function listingOf(uint256 place) internal pure returns (address elements, uint8 count, uint8 tickE2) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return (address(uint160(place)), uint8(place >> COUNT_SHIFT), uint8(place >> TICK_SHIFT));
    }

    /// @notice A place without neighbours.
    function placeOf(address elements, uint8 count, uint8 tickE2) internal pure returns (uint256) {
        return uint160(elements) | (uint256(count) << COUNT_SHIFT) | (uint256(tickE2) << TICK_SHIFT);
    }

    /// @notice Expiry of the earlier neighbour; zero: none.
    function earlierOf(uint256 place) internal pure returns (uint256) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint40(place >> EARLIER_EXPIRY_SHIFT);
    }

    /// @notice Expiry of the later neighbour; zero: none.
    function laterOf(uint256 place) internal pure returns (uint256) {
        return place >> LATER_EXPIRY_SHIFT;
    }

    /// @notice The listing, its count and tick alone.
    function withoutNeighbours(uint256 place) internal pure returns (uint256) {
        // What lies below the earlier neighbour's expiry.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint176(place);
    }

    /// @notice The place with other neighbours, expiries of 40 bits.
    function withNeighbours(uint256 place, uint256 earlier, uint256 later) internal pure returns (uint256) {
        return withoutNeighbours(place) | (earlier << EARLIER_EXPIRY_SHIFT) | (later << LATER_EXPIRY_SHIFT);
    }
}
