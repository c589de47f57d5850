// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../generated/SliceLayout.sol";
import {DataContract} from "../libraries/DataContract.sol";
import {Words} from "../libraries/Words.sol";

/// @notice A slice's data vector: its parts from calldata and from the listing, the elements that its strikes use, and
/// the rest, which is empty.
library SliceElements {
    /// @notice Element `index` of the data vector quotes a strike in a slot that the listing leaves unused.
    error UnusedSlotNotEmpty(uint256 index, uint256 value);

    /// @notice The data vector of `capacity` slots: the elements before the listing as given, then the `count` listed
    /// strikes and logarithms of a listing's data contract, then empty slots.
    function dataVector(uint256[] calldata words, uint256 capacity, address listing, uint256 count)
        internal
        view
        returns (uint256[] memory d)
    {
        (uint256 first, uint256 logarithms) =
            (SliceLayout.listingIndex(capacity), SliceLayout.logarithmsIndex(capacity));
        if (words.length != first) revert Words.WrongLength(words.length, first);
        d = new uint256[](SliceLayout.length(capacity));
        assembly ("memory-safe") {
            calldatacopy(add(d, 32), words.offset, mul(first, 32))
        }
        uint256 listed = SliceLayout.listingCount(count);
        DataContract.copyWords(listing, 0, listed, d, first);
        DataContract.copyWords(listing, listed, SliceLayout.logarithmsCount(count), d, logarithms);
    }

    /// @notice Reverts unless no element has a bit set outside its fields, as `SliceLayout.requireWidths` does, of a data
    /// vector whose listing and logarithms come from a listing: these are packed from checked fields.
    /// @dev One union of the quotes and spreads, one of the results. Where a union does not fit the narrowest of its
    /// elements, the plain check tells which element is wrong, if any.
    function requireWidths(uint256[] memory d, uint256 capacity) internal pure {
        uint256 order = Words.FIELD_ORDER;
        (uint256 first, uint256 end) = (SliceLayout.resultsIndex(capacity), SliceLayout.listingIndex(capacity));
        bool fits;
        assembly ("memory-safe") {
            // Header and four digests.
            fits := and(iszero(shr(149, mload(add(d, 32)))), lt(mload(add(d, 64)), order))
            fits := and(fits, and(lt(mload(add(d, 96)), order), lt(mload(add(d, 128)), order)))
            fits := and(fits, lt(mload(add(d, 160)), order))
            let word := add(d, 192)
            let bits := mload(word)
            let last := add(d, mul(32, add(first, 1)))
            for { word := add(word, 32) } lt(word, last) { word := add(word, 32) } { bits := or(bits, mload(word)) }
            fits := and(fits, iszero(shr(234, bits)))
            // Results of a circuit take a multiple of eight elements.
            bits := 0
            last := add(d, mul(32, add(end, 1)))
            for {} lt(word, last) { word := add(word, 256) } {
                let low := or(or(mload(word), mload(add(word, 32))), or(mload(add(word, 64)), mload(add(word, 96))))
                let high := or(mload(add(word, 128)), mload(add(word, 160)))
                bits := or(bits, or(low, or(high, or(mload(add(word, 192)), mload(add(word, 224))))))
            }
            fits := and(fits, iszero(and(bits, not(0x3ffffffff8ffffffff00000000000003ffffffff8ffffffff))))
        }
        if (!fits) SliceLayout.requireWidths(d, capacity);
    }

    /// @notice Hash of the quote, spread, listing and logarithm elements that `count` strikes use: the same for every
    /// circuit.
    function quotesHash(uint256[] memory d, uint256 capacity, uint256 count) internal pure returns (bytes32 hash) {
        bytes32 listed = listingHash(d, capacity, count);
        (uint256 spreads, uint256 quoted) = (SliceLayout.spreadsIndex(capacity), SliceLayout.quotesCount(count));
        _requireWithin(d, spreads + SliceLayout.spreadsCount(count));
        uint256 spread = SliceLayout.spreadsCount(count);
        uint256 quotes = SliceLayout.quotesIndex();
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, keccak256(add(d, mul(32, add(quotes, 1))), mul(32, quoted)))
            mstore(add(free, 32), keccak256(add(d, mul(32, add(spreads, 1))), mul(32, spread)))
            mstore(add(free, 64), listed)
            hash := keccak256(free, 96)
        }
    }

    /// @notice Hash of the listing and logarithm elements that `count` strikes use: the hash of the two runs' hashes.
    function listingHash(uint256[] memory d, uint256 capacity, uint256 count) internal pure returns (bytes32 hash) {
        (uint256 listing, uint256 logarithms) =
            (SliceLayout.listingIndex(capacity), SliceLayout.logarithmsIndex(capacity));
        (uint256 listed, uint256 used) = (SliceLayout.listingCount(count), SliceLayout.logarithmsCount(count));
        _requireWithin(d, logarithms + used);
        assembly ("memory-safe") {
            mstore(0x00, keccak256(add(d, mul(32, add(listing, 1))), mul(32, listed)))
            mstore(0x20, keccak256(add(d, mul(32, add(logarithms, 1))), mul(32, used)))
            hash := keccak256(0x00, 64)
        }
    }

    /// @notice Reverts unless the slots after the first `count` of `capacity` quote nothing. They list nothing: their
    /// listing comes from the registry.
    function requireUnusedEmpty(uint256[] memory d, uint256 capacity, uint256 count) internal pure {
        if (count == capacity) return;
        (uint256 first, uint256 end) = (SliceLayout.quotesIndex(), SliceLayout.spreadsIndex(capacity));
        if (count % 9 != 0) _requireEmptyFrom(d, first + count / 9, 26 * (count % 9));
        _requireEmpty(d, first + SliceLayout.quotesCount(count), end);
        (first, end) = (end, SliceLayout.resultsIndex(capacity));
        if (count % 15 != 0) _requireEmptyFrom(d, first + count / 15, 16 * (count % 15));
        _requireEmpty(d, first + SliceLayout.spreadsCount(count), end);
    }

    function _requireWithin(uint256[] memory d, uint256 end) private pure {
        if (end > d.length) revert Words.WrongLength(d.length, end);
    }

    function _requireEmpty(uint256[] memory d, uint256 first, uint256 end) private pure {
        for (uint256 i = first; i < end; ++i) {
            if (d[i] != 0) revert UnusedSlotNotEmpty(i, d[i]);
        }
    }

    function _requireEmptyFrom(uint256[] memory d, uint256 index, uint256 bit) private pure {
        if (d[index] >> bit != 0) revert UnusedSlotNotEmpty(index, d[index]);
    }
}
