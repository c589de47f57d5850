// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../generated/SliceLayout.sol";

/// @notice The elements of a slice's data vector that its strikes use, and the rest, which is empty.
library SliceElements {
    /// @notice Element `index` of the data vector lists or quotes a strike in a slot that the listing leaves unused.
    error UnusedSlotNotEmpty(uint256 index, uint256 value);

    /// @notice The listing and logarithm elements that `count` strikes use, after the quotes and spreads if wanted.
    function attested(uint256[] memory d, uint256 capacity, uint256 count, bool quotes)
        internal
        pure
        returns (uint256[] memory elements)
    {
        (uint256 listed, uint256 logarithms) = (SliceLayout.listingCount(count), SliceLayout.logarithmsCount(count));
        (uint256 quoted, uint256 spreads) =
            quotes ? (SliceLayout.quotesCount(count), SliceLayout.spreadsCount(count)) : (0, 0);
        elements = new uint256[](quoted + spreads + listed + logarithms);
        uint256 end = _copy(d, SliceLayout.quotesIndex(), quoted, elements, 0);
        end = _copy(d, SliceLayout.spreadsIndex(capacity), spreads, elements, end);
        end = _copy(d, SliceLayout.listingIndex(capacity), listed, elements, end);
        _copy(d, SliceLayout.logarithmsIndex(capacity), logarithms, elements, end);
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

    function _copy(uint256[] memory d, uint256 first, uint256 count, uint256[] memory elements, uint256 offset)
        private
        pure
        returns (uint256)
    {
        for (uint256 i = 0; i < count; ++i) {
            elements[offset + i] = d[first + i];
        }
        return offset + count;
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
