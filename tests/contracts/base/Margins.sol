// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../../../contracts/generated/SliceLayout.sol";
import {Slice} from "../../../contracts/statements/Slice.sol";

/// @notice What margin reads of a slice's whole data vector.
function marginOf(uint256[] memory d, uint256 capacity, uint256 count) pure returns (Slice.Margin memory) {
    uint256 listed = SliceLayout.listingCount(count);
    uint256[] memory elements = new uint256[](listed + SliceLayout.logarithmsCount(count));
    for (uint256 i = 0; i < elements.length; ++i) {
        elements[i] = i < listed
            ? d[SliceLayout.listingIndex(capacity) + i]
            : d[SliceLayout.logarithmsIndex(capacity) + i - listed];
    }
    uint256[] memory results = new uint256[](SliceLayout.resultsCount(count));
    for (uint256 i = 0; i < results.length; ++i) {
        results[i] = d[SliceLayout.resultsIndex(capacity) + i];
    }
    return Slice.Margin(d[SliceLayout.headerIndex()], results, elements, count);
}
