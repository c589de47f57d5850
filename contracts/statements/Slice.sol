// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../generated/SliceLayout.sol";
import {LnMath} from "../libraries/LnMath.sol";
import {Words} from "../libraries/Words.sol";

/// @notice The slice statement's data vector as the contracts read it. Circuit `slice_K_N` has N strike slots; a listing
/// of `count` strikes takes the first ones of any circuit that has as many.
library Slice {
    bytes32 internal constant CIRCUIT_32_16 = "slice_32_16";
    bytes32 internal constant CIRCUIT_48_32 = "slice_48_32";
    bytes32 internal constant CIRCUIT_64_48 = "slice_64_48";
    bytes32 internal constant CIRCUIT_96_80 = "slice_96_80";

    /// @notice Strike slots of the largest circuit.
    uint256 internal constant MAX_STRIKES = 80;

    /// @dev Quotes are in units of 1/20000 coin; the forward has scale 2^16: (quote x forward) has this scale, 20000 x 2^16.
    uint256 private constant PRICE_SCALE = 1_310_720_000;
    uint256 private constant HALF_PRICE_SCALE = 655_360_000;

    /// @notice What margin reads of a slice: its header, the result elements that its strikes use, and the listing and
    /// logarithm elements of its `count` listed strikes.
    struct Margin {
        uint256 header;
        uint256[] results;
        uint256[] elements;
        uint256 count;
    }

    /// @notice What an account statement needs of one listed strike.
    struct Strike {
        uint256 strikeE2;
        uint256 lnStrikeQ48;
        uint256 markE2;
        uint256 totalVolQ32;
    }

    /// @notice How many strikes are quoted, how many of their marks lie outside bid and ask by more than half a cent, and
    /// the total vol of the strike nearest to the forward, the lower one of two.
    struct Review {
        uint8 outside;
        uint8 quoted;
        uint256 totalVolQ32;
    }

    /// @notice Strike slots of a circuit; zero for a circuit that does not prove slices.
    function capacityOf(bytes32 circuitId) internal pure returns (uint256) {
        if (circuitId == CIRCUIT_32_16) return 16;
        if (circuitId == CIRCUIT_48_32) return 32;
        if (circuitId == CIRCUIT_64_48) return 48;
        return circuitId == CIRCUIT_96_80 ? 80 : 0;
    }

    /// @notice Listing and logarithm elements of `strikes`: the used ones.
    function listingElements(uint24[] memory strikes) internal pure returns (uint256[] memory elements) {
        uint256 listed = SliceLayout.listingCount(strikes.length);
        elements = new uint256[](listed + SliceLayout.logarithmsCount(strikes.length));
        for (uint256 i = 0; i < strikes.length; ++i) {
            uint256 lnStrikeQ48 = LnMath.lnQ48(uint256(strikes[i]) << 16);
            SliceLayout.putListing(elements, 0, i, SliceLayout.packListing(SliceLayout.ListingRecord(strikes[i])));
            SliceLayout.putLogarithms(
                elements, listed, i, SliceLayout.packLogarithms(SliceLayout.LogarithmsRecord(lnStrikeQ48))
            );
        }
    }

    /// @notice What the oracle keeps of a slice: keccak256(restHash, header, results), 32 bytes each.
    function marginHash(bytes32 restHash, uint256 header, uint256[] memory results) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(restHash, header, results));
    }

    /// @notice The same of a data vector of `capacity` slots and `count` listed strikes: its neighbour claims have no part
    /// in it, they can be added to a stored slice.
    function marginHashOf(uint256[] memory d, uint256 capacity, uint256 count, bytes32 quotesHash)
        internal
        pure
        returns (bytes32 hash)
    {
        bytes32 restHash = restHashOf(d, quotesHash);
        uint256 first = SliceLayout.resultsIndex(capacity);
        uint256 used = SliceLayout.resultsCount(count);
        if (first + used > d.length) revert Words.WrongLength(d.length, first + used);
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, restHash)
            mstore(add(free, 32), mload(add(d, 32)))
            mcopy(add(free, 64), add(d, mul(32, add(first, 1))), mul(32, used))
            hash := keccak256(free, mul(32, add(used, 2)))
        }
    }

    /// @notice Hash of what margin does not read: keccak256(knots digest, Greeks digest, quotes hash).
    function restHashOf(uint256[] memory d, bytes32 quotesHash) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encodePacked(d[SliceLayout.knotsDigestIndex()], d[SliceLayout.greeksDigestIndex()], quotesHash)
            );
    }

    /// @notice The strike's values; `found` is false where it is not listed.
    /// @dev Listed strikes ascend: a binary search.
    function strikeOf(Margin memory words, uint256 strikeTicks) internal pure returns (bool found, Strike memory s) {
        (uint256 low, uint256 high) = (0, words.count);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (SliceLayout.listingAt(words.elements, 0, middle) >= strikeTicks) high = middle;
            else low = middle + 1;
        }
        if (low == words.count || SliceLayout.listingAt(words.elements, 0, low) != strikeTicks) return (false, s);
        uint256 logarithm = SliceLayout.logarithmsAt(words.elements, SliceLayout.listingCount(words.count), low);
        uint256 result = SliceLayout.resultsAt(words.results, 0, low);
        s.strikeE2 = strikeTicks * SliceLayout.headerTickE2(words.header);
        s.lnStrikeQ48 = SliceLayout.logarithmsLnStrikeQ48(logarithm);
        s.markE2 = SliceLayout.resultsMarkE2(result);
        s.totalVolQ32 = SliceLayout.resultsTotalVolQ32(result);
        return (true, s);
    }

    /// @notice Forward in 1e-2 USD, rounded to nearest.
    function forwardE2(uint256 header) internal pure returns (uint256) {
        return (SliceLayout.headerForwardQ16(header) * SliceLayout.headerTickE2(header) + (1 << 15)) >> 16;
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
                if iszero(gt(strike, mload(0x00))) { counts := add(counts, 0x100000000) }
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
