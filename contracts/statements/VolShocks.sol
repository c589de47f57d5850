// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginEngine} from "../interfaces/IMarginEngine.sol";
import {ExpMath} from "../libraries/ExpMath.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice What a grid's vol rule does to total vols [G-2] [A-4], the same integers in Python.
library VolShocks {
    /// @notice Lowest vol at scale 2^18 where an upper bound of a price is needed: 2^-7.
    uint256 internal constant UPPER_FLOOR_Q18 = 1 << 11;

    /// @notice Vols of the statements have 20 bits.
    uint256 internal constant LIMIT_Q18 = 1 << 20;

    uint256 private constant UNIT_E4 = 10_000;
    uint256 private constant ONE_Q32 = 1 << 32;

    /// @notice A total vol v becomes max(v x multiplier, floor), both at scale 2^32.
    struct Shock {
        uint256 multiplierQ32;
        uint256 floorQ32;
    }

    /// @notice The shocks of one tenor.
    struct Shocks {
        Shock up;
        Shock none;
        Shock down;
    }

    /// @notice True where the rule's moves and powers are in range.
    function isValid(IMarginEngine.VolRule memory rule) internal pure returns (bool) {
        return rule.downE4 <= UNIT_E4 && rule.powerShortE4 <= UNIT_E4 && rule.powerLongE4 <= UNIT_E4;
    }

    /// @notice [G-2] The shocks at a tenor in seconds: 1 + up (30 days / tenor)^power, 1, max(0, 1 - down (...)^power).
    function ofTenor(IMarginEngine.VolRule memory rule, uint256 tenorS) internal pure returns (Shocks memory shocks) {
        uint256 powerE4 = tenorS <= ExpMath.MONTH_S ? rule.powerShortE4 : rule.powerLongE4;
        uint256 powerQ64 = ExpMath.tenorPowerQ64(tenorS, powerE4);
        shocks.up.multiplierQ32 = ONE_Q32 + ((rule.upE4 * powerQ64 / UNIT_E4) >> 32);
        shocks.up.floorQ32 = rule.floorE4 * ExpMath.sqrtYearsQ32(tenorS) / UNIT_E4;
        shocks.none.multiplierQ32 = ONE_Q32;
        shocks.down.multiplierQ32 = Math.saturatingSub(ONE_Q32, (rule.downE4 * powerQ64 / UNIT_E4) >> 32);
    }

    /// @notice [A-4] Shocked total vol, rounded up: for a price that must not be understated.
    function upperQ18(uint256 totalVolQ32, Shock memory shock) internal pure returns (uint256) {
        return
            Math.min(Math.max(Math.ceilDiv(_shockedQ64(totalVolQ32, shock), 1 << 46), UPPER_FLOOR_Q18), LIMIT_Q18 - 1);
    }

    /// @notice [A-4] Shocked total vol, rounded down: for a price that must not be overstated.
    function lowerQ18(uint256 totalVolQ32, Shock memory shock) internal pure returns (uint256) {
        return Math.min(_shockedQ64(totalVolQ32, shock) >> 46, LIMIT_Q18 - 1);
    }

    function _shockedQ64(uint256 totalVolQ32, Shock memory shock) private pure returns (uint256) {
        return Math.max(totalVolQ32 * shock.multiplierQ32, shock.floorQ32 << 32);
    }
}
