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

    /// @notice Begin of the ids of slices without a proof: `slice_native_48_32` has the data vector of `slice_48_32`.
    bytes32 internal constant NATIVE = "slice_native_";

    uint256 private constant NATIVE_BITS = 13 * 8;

    /// @notice Strike slots of the largest circuit.
    uint256 internal constant MAX_STRIKES = 80;

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

    /// @notice Strike slots of a circuit; zero for a circuit that does not prove slices.
    function capacityOf(bytes32 circuitId) internal pure returns (uint256) {
        if (circuitId == CIRCUIT_32_16) return 16;
        if (circuitId == CIRCUIT_48_32) return 32;
        if (circuitId == CIRCUIT_64_48) return 48;
        return circuitId == CIRCUIT_96_80 ? 80 : 0;
    }

    /// @notice Whether an id is that of slices without a proof, and the circuit whose data vector they have.
    function nativeOf(bytes32 circuitId) internal pure returns (bool native, bytes32 proven) {
        native = (circuitId ^ NATIVE) >> (256 - NATIVE_BITS) == 0;
        proven = native ? bytes32("slice_") | ((circuitId << NATIVE_BITS) >> 48) : circuitId;
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

    /// @notice What the oracle keeps of a slice: keccak256(restHash, header, hashes of blocks), 32 bytes each; a block is four
    /// results, the last one what is left.
    function marginHash(bytes32 restHash, uint256 header, uint256[] memory results)
        internal
        pure
        returns (bytes32 hash)
    {
        uint256 start;
        assembly ("memory-safe") {
            start := add(results, 32)
        }
        return _marginHash(restHash, header, start, results.length);
    }

    /// @notice The same of a data vector of `capacity` slots and `count` listed strikes: its neighbour claims have no part
    /// in it, they can be added to a stored slice.
    function marginHashOf(uint256[] memory d, uint256 capacity, uint256 count, bytes32 quotesHash)
        internal
        pure
        returns (bytes32 hash)
    {
        uint256 first = SliceLayout.resultsIndex(capacity);
        uint256 used = SliceLayout.resultsCount(count);
        if (first + used > d.length) revert Words.WrongLength(d.length, first + used);
        uint256 start;
        assembly ("memory-safe") {
            start := add(d, mul(32, add(first, 1)))
        }
        return _marginHash(restHashOf(d, quotesHash), d[SliceLayout.headerIndex()], start, used);
    }

    /// @dev `count` results lie in memory from `start` on.
    function _marginHash(bytes32 restHash, uint256 header, uint256 start, uint256 count)
        private
        pure
        returns (bytes32 hash)
    {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, restHash)
            mstore(add(free, 32), header)
            let to := add(free, 64)
            let end := add(start, shl(5, count))
            for {} lt(start, end) { start := add(start, 128) } {
                let size := sub(end, start)
                if gt(size, 128) { size := 128 }
                mstore(to, keccak256(start, size))
                to := add(to, 32)
            }
            hash := keccak256(free, sub(to, free))
        }
    }

    /// @notice Hash of what margin does not read: keccak256(knots digest, Greeks digest, quotes hash).
    function restHashOf(uint256[] memory d, bytes32 quotesHash) internal pure returns (bytes32 hash) {
        (uint256 knotsDigest, uint256 greeksDigest) =
            (d[SliceLayout.knotsDigestIndex()], d[SliceLayout.greeksDigestIndex()]);
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, knotsDigest)
            mstore(add(free, 32), greeksDigest)
            mstore(add(free, 64), quotesHash)
            hash := keccak256(free, 96)
        }
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
}
