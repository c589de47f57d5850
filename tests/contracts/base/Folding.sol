// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {Positions} from "../../../contracts/libraries/Positions.sol";

/// @notice Slices as a caller posts them: blocks of results without a strike that he needs are folded into their hashes.
library Folding {
    /// @notice The slices for positions at these words' hints.
    function fold(IRiskOracle.MarginSlice[] memory slices, uint256[] memory positions)
        internal
        pure
        returns (IRiskOracle.MarginSlice[] memory folded)
    {
        folded = new IRiskOracle.MarginSlice[](slices.length);
        for (uint256 i = 0; i < slices.length; ++i) {
            uint256 needed = 0;
            for (uint256 j = 0; j < positions.length; ++j) {
                if (Positions.expiryOf(positions[j]) == slices[i].expiry) {
                    needed |= 1 << (Positions.hintOf(positions[j]) / 8);
                }
            }
            folded[i] = fold(slices[i], needed);
        }
    }

    /// @notice The slice with the blocks whose bits are set in `needed`.
    function fold(IRiskOracle.MarginSlice memory slice, uint256 needed)
        internal
        pure
        returns (IRiskOracle.MarginSlice memory folded)
    {
        uint256[] memory results = slice.results;
        uint256[] memory posted = new uint256[](results.length);
        uint256 count = 0;
        folded.header = slice.header;
        for (uint256 i = 0; i < results.length; i += 4) {
            uint256 end = i + 4 < results.length ? i + 4 : results.length;
            bytes memory run;
            for (uint256 j = i; j < end; ++j) {
                if (needed & (1 << (i / 4)) != 0) posted[count++] = results[j];
                else run = abi.encodePacked(run, results[j]);
            }
            if (needed & (1 << (i / 4)) != 0) continue;
            posted[count++] = uint256(keccak256(run));
            folded.header |= 1 << (192 + i / 4);
        }
        assembly ("memory-safe") {
            mstore(posted, count)
        }
        (folded.expiry, folded.restHash, folded.results) = (slice.expiry, slice.restHash, posted);
    }
}
