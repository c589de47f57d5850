// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice How fast an at-the-money vol may move: a reference follows it at a limited rate.
library VolLimit {
    /// @dev Root of 30 days in years at scale 2^32, as `ExpMath.sqrtYearsQ32` gives it.
    uint256 private constant ROOT_MONTH_Q32 = 1_231_328_853;

    uint256 private constant E6_PER_E4 = 100;

    /// @notice Vol a year in 1e-6 of a total vol, rounded down, at most 2^32 - 1.
    /// @param rootQ32 `ExpMath.sqrtYearsQ32` of the tenor.
    function volE6(uint256 totalVolQ32, uint256 rootQ32) internal pure returns (uint32) {
        uint256 vol;
        unchecked {
            // A total vol has 35 bits.
            vol = totalVolQ32 * 1e6 / rootQ32;
        }
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32(Math.min(vol, type(uint32).max));
    }

    /// @notice The reference after `elapsedS` seconds at a tenor: the vol, or as far towards it as the limits allow. They
    /// hold at 30 days and grow with the root of 30 days over the tenor. `moved`: the vol went further.
    function follow(uint32 referenceE6, uint32 vol, uint256 elapsedS, uint256 rootQ32, IRiskOracle.Limits memory limits)
        internal
        pure
        returns (uint32 followed, bool moved)
    {
        unchecked {
            // Limits have 16 bits, times of the chain 32, the constants 7 and 31: every product is below 2^90.
            uint256 atMonthE4 = limits.volMoveE4 + uint256(limits.volMovePerHourE4) * elapsedS / 1 hours;
            uint256 allowed = atMonthE4 * E6_PER_E4 * ROOT_MONTH_Q32 / rootQ32;
            uint256 gap = vol > referenceE6 ? vol - referenceE6 : referenceE6 - vol;
            if (gap <= allowed) return (vol, false);
            // Less than the gap: between the two.
            // forge-lint: disable-next-line(unsafe-typecast)
            return (uint32(vol > referenceE6 ? referenceE6 + allowed : referenceE6 - allowed), true);
        }
    }
}
