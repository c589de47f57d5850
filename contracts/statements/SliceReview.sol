// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../generated/SliceLayout.sol";

/// @notice How a slice's marks lie in their quotes, and its vol at the money.
library SliceReview {
    /// @dev Quotes are in units of 1/20000 coin; the forward has scale 2^16: (quote x forward) has this scale, 20000 x 2^16.
    uint256 private constant PRICE_SCALE = 1_310_720_000;

    /// @dev Two records lie in two lanes of a word, from bits 0 and 124 on. A field in both lanes:
    uint256 private constant ONES = 0x00010000000000000000000000000000001;
    uint256 private constant RECORDS = 0x3ffffff0000000000000000000000003ffffff;
    uint256 private constant TICKS = 0xffffff0000000000000000000000000ffffff;
    uint256 private constant SPREADS = 0xffff000000000000000000000000000ffff;
    uint256 private constant MARKS = 0x0000ffffffff00000000000000000000000ffffffff;

    /// @dev Factors that copy the second of two adjacent fields of 26, 24 or 16 bits to the second lane.
    uint256 private constant SPLIT_26 = 0x4000000000000000000000001;
    uint256 private constant SPLIT_24 = 0x10000000000000000000000001;
    uint256 private constant SPLIT_16 = 0x1000000000000000000000000001;

    /// @dev In both lanes 2^100 + half of PRICE_SCALE.
    uint256 private constant BOUND = 0x100000000000000000271000000000010000000000000000027100000;

    /// @notice How many strikes are quoted, how many of their marks lie outside bid and ask by more than half a cent, and
    /// the total vol of the strike nearest to the forward, the lower one of two.
    struct Review {
        uint8 outside;
        uint8 quoted;
        uint256 totalVolQ32;
    }

    /// @notice Reviews the first `count` slots of a data vector that has the length and the widths of `capacity` slots, an
    /// even number; `count` is positive, the strikes ascend, and the slots after them quote nothing.
    /// @dev A mark is outside where |mark - mid x forward| > half-spread x forward + 1/2, the mark of a put by parity, all
    /// in 1e-2 USD x PRICE_SCALE: no division, no rounding.
    function review(uint256[] memory d, uint256 capacity, uint256 count) internal pure returns (Review memory r) {
        uint256 header = d[SliceLayout.headerIndex()];
        uint256 strikes = _packed(d, SliceLayout.listingIndex(capacity), SliceLayout.listingCount(count), 288);
        uint256 spreads = _packed(d, SliceLayout.spreadsIndex(capacity), SliceLayout.spreadsCount(count), 512);
        uint256 counts = _count(d, capacity, count, header, strikes, spreads);
        // At most 80 each.
        // forge-lint: disable-next-line(unsafe-typecast)
        (r.outside, r.quoted) = (uint8(counts), uint8(counts >> 16));
        uint256 nearest = _nearest(strikes, count, SliceLayout.headerForwardQ16(header));
        uint256 result = SliceLayout.resultsAt(d, SliceLayout.resultsIndex(capacity), nearest);
        r.totalVolQ32 = SliceLayout.resultsTotalVolQ32(result);
    }

    /// @dev Copies a run of at most eight words of 30 bytes so that its fields lie without gaps, the first one last, up to
    /// the end of the word at the returned position, `offset` - 32 behind the free memory, which stays free.
    function _packed(uint256[] memory d, uint256 first, uint256 words, uint256 offset)
        private
        pure
        returns (uint256 last)
    {
        assembly ("memory-safe") {
            last := add(mload(0x40), sub(offset, 32))
            let word := add(d, mul(32, add(first, 1)))
            let to := last
            // The two empty bytes of a word are overwritten by the next.
            for { let end := add(word, mul(32, words)) } lt(word, end) { word := add(word, 32) } {
                mstore(to, mload(word))
                to := sub(to, 30)
            }
        }
    }

    /// @dev Counts two slots a turn: the marks outside in 16 bits, above them the quoted slots.
    /// @dev Strikes and marks have 32 bits, so that a put's mark has 33 and its product with the scale 64; mids have 25 bits
    /// after parity and forwards 48: every term is below 2^74. A lane of |mark - mid| <= bound has bit 100 set in both
    /// mark + bound + 2^100 - mid and mid + bound + 2^100 - mark, which are in (0, 2^101). The difference of mid and mark borrows between lanes, these sums do not.
    function _count(
        uint256[] memory d,
        uint256 capacity,
        uint256 count,
        uint256 header,
        uint256 strikes,
        uint256 spreads
    ) private pure returns (uint256 counts) {
        uint256 quotes = _before(d, SliceLayout.quotesIndex());
        uint256 result = _before(d, SliceLayout.resultsIndex(capacity)) + 32;
        uint256 forward = SliceLayout.headerForwardQ16(header) * SliceLayout.headerTickE2(header);
        assembly ("memory-safe") {
            mstore(0x00, add(result, mul(16, add(count, and(count, 1)))))
            // Header: the tick has the bits above 141.
            mstore(0x20, shr(141, header))
            // A marker bit above the records of a word tells when the next one is due.
            let quote := 1
            for {} lt(result, mload(0x00)) { result := add(result, 32) } {
                let pair := quote
                quote := shr(52, quote)
                if iszero(quote) {
                    quotes := add(quotes, 32)
                    quote := mload(quotes)
                    // Of nine records one may be left.
                    switch pair
                    case 1 {
                        pair := quote
                        quote := or(shr(52, quote), shl(182, 1))
                    }
                    default {
                        pair := or(and(pair, 0x3ffffff), shl(26, quote))
                        quote := or(shr(26, quote), shl(208, 1))
                    }
                }
                pair := and(mul(and(pair, 0xfffffffffffff), SPLIT_26), RECORDS)
                // A put's mark is the call's + strike - forward.
                let puts := and(shr(24, pair), ONES)
                let mark := and(mul(and(mload(strikes), 0xffffffffffff), SPLIT_24), mul(puts, 0xffffff))
                mark := mul(add(and(mload(result), MARKS), mul(mark, mload(0x20))), PRICE_SCALE)
                let mid := mul(add(and(pair, TICKS), mul(puts, 20000)), forward)
                let bound := and(mul(and(mload(spreads), 0xffffffff), SPLIT_16), SPREADS)
                bound := add(mul(bound, forward), BOUND)
                mid := sub(mid, mark)
                pair := and(shr(25, pair), ONES)
                counts := add(
                    counts,
                    add(shl(16, pair), and(pair, not(shr(100, and(sub(bound, mid), add(bound, mid))))))
                )
                strikes := sub(strikes, 6)
                spreads := sub(spreads, 4)
            }
            // Both lanes.
            counts := and(add(counts, shr(124, counts)), 0xffffffff)
        }
    }

    /// @dev Where the word before an element lies in memory.
    function _before(uint256[] memory d, uint256 index) private pure returns (uint256 position) {
        assembly ("memory-safe") {
            position := add(d, mul(32, index))
        }
    }

    /// @dev Index of the strike nearest to the forward, the lower one of two, among strikes packed up to the end of the
    /// word at `last`.
    function _nearest(uint256 last, uint256 count, uint256 forwardQ16) private pure returns (uint256 nearest) {
        assembly ("memory-safe") {
            let forward := shr(16, forwardQ16)
            // Strikes at or below the forward.
            let high := count
            for {} lt(nearest, high) {} {
                let middle := shr(1, add(nearest, high))
                switch gt(and(mload(sub(last, mul(3, middle))), 0xffffff), forward)
                case 0 { nearest := add(middle, 1) }
                default { high := middle }
            }
            if nearest {
                // Both strikes: the next one, and that at or below the forward.
                let pair := mload(sub(last, mul(3, sub(nearest, 1))))
                let above := sub(shl(16, and(shr(24, pair), 0xffffff)), forwardQ16)
                let below := sub(forwardQ16, shl(16, and(pair, 0xffffff)))
                if or(eq(nearest, count), iszero(lt(above, below))) { nearest := sub(nearest, 1) }
            }
        }
    }
}
