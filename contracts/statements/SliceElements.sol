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

    /// @notice Hash of the quote, spread, listing and logarithm elements that `count` strikes use: the same for every
    /// circuit.
    function quotesHash(uint256[] memory d, uint256 capacity, uint256 count) internal pure returns (bytes32) {
        bytes32 quotes = Words.rangeHash(d, SliceLayout.quotesIndex(), SliceLayout.quotesCount(count));
        bytes32 spreads = Words.rangeHash(d, SliceLayout.spreadsIndex(capacity), SliceLayout.spreadsCount(count));
        return keccak256(abi.encodePacked(quotes, spreads, listingHash(d, capacity, count)));
    }

    /// @notice Hash of the listing and logarithm elements that `count` strikes use: the hash of the two runs' hashes.
    function listingHash(uint256[] memory d, uint256 capacity, uint256 count) internal pure returns (bytes32) {
        bytes32 listing = Words.rangeHash(d, SliceLayout.listingIndex(capacity), SliceLayout.listingCount(count));
        bytes32 logarithms =
            Words.rangeHash(d, SliceLayout.logarithmsIndex(capacity), SliceLayout.logarithmsCount(count));
        return keccak256(abi.encodePacked(listing, logarithms));
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

    function _requireEmpty(uint256[] memory d, uint256 first, uint256 end) private pure {
        for (uint256 i = first; i < end; ++i) {
            if (d[i] != 0) revert UnusedSlotNotEmpty(i, d[i]);
        }
    }

    function _requireEmptyFrom(uint256[] memory d, uint256 index, uint256 bit) private pure {
        if (d[index] >> bit != 0) revert UnusedSlotNotEmpty(index, d[index]);
    }
}
