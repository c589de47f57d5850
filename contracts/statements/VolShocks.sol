// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginEngine} from "../interfaces/IMarginEngine.sol";
import {ExpMath} from "../libraries/ExpMath.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice What a grid's vol rule does to total vols [G-2] [A-4], the same integers in Python.
library VolShocks {
    /// @notice Lowest vol at scale 2^18 where an upper bound of a price is needed: 2^-7.
    uint256 internal constant UPPER_FLOOR_Q18 = 1 << 11;

    /// @notice Vols of the statements have 21 bits: below 8.
    uint256 internal constant LIMIT_Q18 = 1 << 21;

    uint256 private constant UNIT_E4 = 10_000;
    uint256 private constant ONE_Q32 = 1 << 32;

    /// @notice A shocked total vol of 8 or more where an upper bound of a price is needed: a cap would understate it.
    error ShockedVolTooHigh(uint256 volQ18);

    /// @notice A total vol v becomes max(v x multiplier + shift, floor), all at scale 2^32.
    struct Shock {
        uint256 multiplierQ32;
        int256 shiftQ32;
        uint256 floorQ32;
    }

    /// @notice The shocks of one tenor.
    struct Shocks {
        Shock up;
        Shock none;
        Shock down;
    }

    /// @notice True where the rule's moves, powers and least tenor are in range.
    function isValid(IMarginEngine.VolRule memory rule) internal pure returns (bool) {
        return rule.downE4 <= UNIT_E4 && rule.powerShortE4 <= UNIT_E4 && rule.powerLongE4 <= UNIT_E4
            && rule.leastTenorS >= ExpMath.LEAST_TENOR_S;
    }

    /// @notice [G-2] The shocks at a tenor in seconds: multipliers 1 + up (30 days / tenor)^power, 1,
    /// max(0, 1 - down (...)^power); shifts by the points times the root of the years.
    function ofTenor(IMarginEngine.VolRule memory rule, uint256 tenorS) internal pure returns (Shocks memory shocks) {
        uint256 powerE4 = tenorS <= ExpMath.MONTH_S ? rule.powerShortE4 : rule.powerLongE4;
        uint256 powerQ64 = ExpMath.tenorPowerQ64(Math.max(tenorS, rule.leastTenorS), powerE4);
        uint256 rootQ32 = ExpMath.sqrtYearsQ32(tenorS);
        shocks.up.multiplierQ32 = ONE_Q32 + ((rule.upE4 * powerQ64 / UNIT_E4) >> 32);
        shocks.up.floorQ32 = rule.floorE4 * rootQ32 / UNIT_E4;
        // 16-bit points times a root of less than 2^64.
        // forge-lint: disable-next-item(unsafe-typecast)
        shocks.up.shiftQ32 = int256(rule.upPointsE4 * rootQ32 / UNIT_E4);
        shocks.none.multiplierQ32 = ONE_Q32;
        shocks.down.multiplierQ32 = Math.saturatingSub(ONE_Q32, (rule.downE4 * powerQ64 / UNIT_E4) >> 32);
        // forge-lint: disable-next-item(unsafe-typecast)
        shocks.down.shiftQ32 = -int256(rule.downPointsE4 * rootQ32 / UNIT_E4);
    }

    /// @notice [A-4] Shocked total vol, rounded up: for a price that must not be understated.
    function upperQ18(uint256 totalVolQ32, Shock memory shock) internal pure returns (uint256 volQ18) {
        volQ18 = Math.max(Math.ceilDiv(_shockedQ64(totalVolQ32, shock), 1 << 46), UPPER_FLOOR_Q18);
        if (volQ18 >= LIMIT_Q18) revert ShockedVolTooHigh(volQ18);
    }

    /// @notice [A-4] Shocked total vol, rounded down: for a price that must not be overstated. A price rises with its
    /// vol, so that a vol just below the limit stands for every larger one.
    function lowerQ18(uint256 totalVolQ32, Shock memory shock) internal pure returns (uint256) {
        return Math.min(_shockedQ64(totalVolQ32, shock) >> 46, LIMIT_Q18 - 1);
    }

    /// @notice [A-4] [M-5] The vol of a position and, where an upper bound is needed, its inverse at scale 2^4, rounded up.
    function volAndInverse(uint256 totalVolQ32, Shock memory shock, bool upper)
        internal
        pure
        returns (uint256 volQ18, uint256 inverseQ4)
    {
        if (!upper) return (lowerQ18(totalVolQ32, shock), 0);
        volQ18 = upperQ18(totalVolQ32, shock);
        // At least 2^11, by the floor of upper vols.
        unchecked {
            inverseQ4 = ((1 << 22) + volQ18 - 1) / volQ18;
        }
    }

    /// @dev Vols are below 2^34, multipliers below 2^48, shifts and floors below 2^80: no overflow. The floor is not negative.
    function _shockedQ64(uint256 totalVolQ32, Shock memory shock) private pure returns (uint256) {
        unchecked {
            // forge-lint: disable-next-item(unsafe-typecast)
            int256 movedQ64 = int256(totalVolQ32 * shock.multiplierQ32) + shock.shiftQ32 * int256(ONE_Q32);
            // forge-lint: disable-next-item(unsafe-typecast)
            int256 floorQ64 = int256(shock.floorQ32 << 32);
            // forge-lint: disable-next-item(unsafe-typecast)
            return uint256(movedQ64 > floorQ64 ? movedQ64 : floorQ64);
        }
    }
}
