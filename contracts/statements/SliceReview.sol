// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../generated/SliceLayout.sol";

/// @notice How a slice's marks lie in their quotes, and its vol at the money.
library SliceReview {
    /// @dev Quotes are in units of 1/20000 coin; the forward has scale 2^16: (quote x forward) has this scale, 20000 x 2^16.
    uint256 private constant PRICE_SCALE = 1_310_720_000;
    uint256 private constant HALF_PRICE_SCALE = 655_360_000;

    /// @notice How many strikes are quoted, how many of their marks lie outside bid and ask by more than half a cent, and
    /// the total vol of the strike nearest to the forward, the lower one of two.
    struct Review {
        uint8 outside;
        uint8 quoted;
        uint256 totalVolQ32;
    }

    /// @notice Reviews the first `count` slots of a data vector that has the length and the widths of `capacity` slots;
    /// `count` is positive.
    /// @dev A mark is outside where |mark - mid x forward| > half-spread x forward + 1/2, the mark of a put by parity, all
    /// in 1e-2 USD x PRICE_SCALE: no division, no rounding. Strikes have 32 bits, forwards 48, quotes 24, the scale 31:
    /// every term is below 2^80, signed.
    /// @dev Each run is read element by element, a marker bit above its records tells when the next one is due. A distance
    /// m of the mark from the mid is outside a bound b where m^2 > b^2.
    function review(uint256[] memory d, uint256 capacity, uint256 count) internal pure returns (Review memory r) {
        uint256 header = d[SliceLayout.headerIndex()];
        uint256 quotes = _before(d, SliceLayout.quotesIndex());
        uint256 spreads = _before(d, SliceLayout.spreadsIndex(capacity));
        uint256 results = _before(d, SliceLayout.resultsIndex(capacity));
        uint256 listing = _before(d, SliceLayout.listingIndex(capacity));
        uint256 forward = SliceLayout.headerForwardQ16(header) * SliceLayout.headerTickE2(header);
        uint256 tickE2 = SliceLayout.headerTickE2(header);
        // Outside, quoted, and strikes at or below the forward, 16 bits each.
        uint256 counts = 0;
        assembly ("memory-safe") {
            mstore(0x00, div(and(header, 0xffffffffff), 0x10000))
            mstore(0x20, tickE2)
            let quote := 1
            let spread := 1
            let result := 1
            let listed := 1
            for {} count { count := sub(count, 1) } {
                if eq(listed, 1) {
                    listing := add(listing, 32)
                    listed := or(mload(listing), shl(240, 1))
                }
                if eq(quote, 1) {
                    quotes := add(quotes, 32)
                    quote := or(mload(quotes), shl(234, 1))
                }
                if eq(spread, 1) {
                    spreads := add(spreads, 32)
                    spread := or(mload(spreads), shl(240, 1))
                }
                if eq(result, 1) {
                    results := add(results, 32)
                    result := or(mload(results), shl(248, 1))
                }
                let strike := and(listed, 0xffffff)
                counts := add(counts, shl(32, iszero(gt(strike, mload(0x00)))))
                if and(quote, 0x2000000) {
                    let mark := and(result, 0xffffffff)
                    let mid := and(quote, 0xffffff)
                    // A put's mark is the call's + strike - forward.
                    if and(quote, 0x1000000) {
                        mark := add(mark, mul(strike, mload(0x20)))
                        mid := add(mid, 20000)
                    }
                    mark := sub(mul(mark, PRICE_SCALE), mul(mid, forward))
                    mid := add(mul(and(spread, 0xffff), forward), HALF_PRICE_SCALE)
                    counts := add(counts, add(0x10000, gt(mul(mark, mark), mul(mid, mid))))
                }
                listed := shr(24, listed)
                quote := shr(26, quote)
                spread := shr(16, spread)
                result := shr(124, result)
            }
        }
        // At most 80 each.
        // forge-lint: disable-next-line(unsafe-typecast)
        (r.outside, r.quoted) = (uint8(counts), uint8(counts >> 16));
        r.totalVolQ32 = _totalVolNearest(d, capacity, counts >> 32);
    }

    /// @dev Where the word before an element lies in memory.
    function _before(uint256[] memory d, uint256 index) private pure returns (uint256 position) {
        assembly ("memory-safe") {
            position := add(d, mul(32, index))
        }
    }

    /// @dev Of the strike nearest to the forward, of which `below` are at or below it.
    function _totalVolNearest(uint256[] memory d, uint256 capacity, uint256 below) private pure returns (uint256) {
        uint256 nearest = below == 0 ? 0 : below - 1;
        uint256 forwardQ16 = SliceLayout.headerForwardQ16(d[SliceLayout.headerIndex()]);
        if (below != 0 && below < capacity) {
            uint256 listing = SliceLayout.listingIndex(capacity);
            uint256 lower = SliceLayout.listingAt(d, listing, below - 1) << 16;
            // Zero where no further strike is listed.
            uint256 upper = SliceLayout.listingAt(d, listing, below) << 16;
            if (upper > forwardQ16 && upper - forwardQ16 < forwardQ16 - lower) nearest = below;
        }
        return SliceLayout.resultsTotalVolQ32(SliceLayout.resultsAt(d, SliceLayout.resultsIndex(capacity), nearest));
    }
}
