// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../generated/SliceLayout.sol";
import {Words} from "../libraries/Words.sol";

/// @notice The elements of a slice's data vector that its strikes use, and the rest, which is empty.
library SliceElements {
    /// @notice Element `index` of the data vector lists or quotes a strike in a slot that the listing leaves unused.
    error UnusedSlotNotEmpty(uint256 index, uint256 value);

    /// @notice Hash of the listing and logarithm elements that `count` strikes use: the hash of the two runs' hashes.
    function listingHash(uint256[] memory d, uint256 capacity, uint256 count) internal pure returns (bytes32) {
        return hashOfListing(d, SliceLayout.listingIndex(capacity), SliceLayout.logarithmsIndex(capacity), count);
    }

    /// @notice The same of runs that start at these elements.
    function hashOfListing(uint256[] memory d, uint256 listing, uint256 logarithms, uint256 count)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encodePacked(
                Words.rangeHash(d, listing, SliceLayout.listingCount(count)),
                Words.rangeHash(d, logarithms, SliceLayout.logarithmsCount(count))
            )
        );
    }

    /// @notice Hash of the quote, spread, listing and logarithm elements that `count` strikes use.
    function quotesHash(uint256[] memory d, uint256 capacity, uint256 count) internal pure returns (bytes32) {
        bytes32 quotes = Words.rangeHash(d, SliceLayout.quotesIndex(), SliceLayout.quotesCount(count));
        bytes32 spreads = Words.rangeHash(d, SliceLayout.spreadsIndex(capacity), SliceLayout.spreadsCount(count));
        return keccak256(abi.encodePacked(quotes, spreads, listingHash(d, capacity, count)));
    }

    /// @notice Reverts unless the slots after the first `count` of `capacity` list and quote nothing.
    /// @dev Unused slots of the last used listing and logarithm elements are covered by the listing's hash.
    function requireUnusedEmpty(uint256[] memory d, uint256 capacity, uint256 count) internal pure {
        (uint256 first, uint256 end) = (SliceLayout.quotesIndex(), SliceLayout.spreadsIndex(capacity));
        if (count % 9 != 0) _requireEmptyFrom(d, first + count / 9, 26 * (count % 9));
        _requireEmpty(d, first + SliceLayout.quotesCount(count), end);
        (first, end) = (end, SliceLayout.resultsIndex(capacity));
        if (count % 15 != 0) _requireEmptyFrom(d, first + count / 15, 16 * (count % 15));
        _requireEmpty(d, first + SliceLayout.spreadsCount(count), end);
        (first, end) = (SliceLayout.listingIndex(capacity), SliceLayout.logarithmsIndex(capacity));
        _requireEmpty(d, first + SliceLayout.listingCount(count), end);
        _requireEmpty(d, end + SliceLayout.logarithmsCount(count), d.length);
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
