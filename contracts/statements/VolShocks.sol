// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginTypes} from "../interfaces/IMarginTypes.sol";
import {ExpMath} from "../libraries/ExpMath.sol";
import {SliceSet} from "../libraries/SliceSet.sol";

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

    /// @notice A total vol v at scale 2^32 becomes max(v x multiplier + shift, floor), shift and floor at scale 2^64.
    struct Shock {
        uint256 multiplierQ32;
        int256 shiftQ64;
        int256 floorQ64;
    }

    /// @notice The shocks of one tenor.
    struct Shocks {
        Shock up;
        Shock none;
        Shock down;
    }

    /// @notice True where the rule's moves, powers and least tenor are in range.
    function isValid(IMarginTypes.VolRule memory rule) internal pure returns (bool) {
        return rule.downE4 <= UNIT_E4 && rule.powerShortE4 <= UNIT_E4 && rule.powerLongE4 <= UNIT_E4
            && rule.leastTenorS >= ExpMath.LEAST_TENOR_S;
    }

    /// @notice The shocks of a slice's tenor, computed once: every statement of a call is under one rule.
    function ofSlice(SliceSet.Loaded memory slice, IMarginTypes.VolRule memory rule)
        internal
        pure
        returns (Shocks memory shocks)
    {
        uint256 known = slice.shocks;
        if (known == 0) {
            shocks = ofTenor(rule, slice.expiry > slice.observedAt ? slice.expiry - slice.observedAt : 0);
            assembly ("memory-safe") {
                known := shocks
            }
            slice.shocks = known;
        }
        assembly ("memory-safe") {
            shocks := known
        }
    }

    /// @notice [G-2] The shocks at a tenor in seconds: multipliers 1 + up (30 days / tenor)^power, 1,
    /// max(0, 1 - down (...)^power); shifts by the points times the root of the years.
    function ofTenor(IMarginTypes.VolRule memory rule, uint256 tenorS) internal pure returns (Shocks memory shocks) {
        uint256 powerE4 = tenorS <= ExpMath.MONTH_S ? rule.powerShortE4 : rule.powerLongE4;
        uint256 leastS = rule.leastTenorS;
        uint256 powerQ64 = ExpMath.tenorPowerQ64(tenorS > leastS ? tenorS : leastS, powerE4);
        uint256 rootQ32 = ExpMath.sqrtYearsQ32(tenorS);
        shocks.none.multiplierQ32 = ONE_Q32;
        unchecked {
            // 16-bit points times a root of less than 2^64, moves of at most 2^16 times a power of at most 2^69.
            shocks.up.multiplierQ32 = ONE_Q32 + ((rule.upE4 * powerQ64 / UNIT_E4) >> 32);
            // forge-lint: disable-start(unsafe-typecast)
            shocks.up.floorQ64 = int256((rule.floorE4 * rootQ32 / UNIT_E4) << 32);
            shocks.up.shiftQ64 = int256((rule.upPointsE4 * rootQ32 / UNIT_E4) << 32);
            shocks.down.shiftQ64 = -int256((rule.downPointsE4 * rootQ32 / UNIT_E4) << 32);
            // forge-lint: disable-end(unsafe-typecast)
            uint256 fall = (rule.downE4 * powerQ64 / UNIT_E4) >> 32;
            shocks.down.multiplierQ32 = fall < ONE_Q32 ? ONE_Q32 - fall : 0;
        }
    }

    /// @notice [A-4] [M-5] The vol of a position, at scale 2^18, and its inverse at scale 2^4.
    /// @dev `upper`, for a price that must not be understated: vol and inverse rounded up, the vol at least 2^-7. Else, for a
    /// price that must not be overstated: the vol rounded down, no inverse; a price rises with its vol, so that a vol just
    /// below the limit stands for every larger one.
    function volAndInverse(uint256 totalVolQ32, Shock memory shock, bool upper)
        internal
        pure
        returns (uint256 volQ18, uint256 inverseQ4)
    {
        assembly ("memory-safe") {
            // Vols are below 2^35, multipliers below 2^54, shifts and floors below 2^112; the floor is not negative.
            volQ18 := add(mul(totalVolQ32, mload(shock)), mload(add(shock, 0x20)))
            if slt(volQ18, mload(add(shock, 0x40))) { volQ18 := mload(add(shock, 0x40)) }
            switch upper
            case 0 {
                volQ18 := shr(46, volQ18)
                if gt(volQ18, 0x1fffff) { volQ18 := 0x1fffff }
            }
            default {
                volQ18 := shr(46, add(volQ18, 0x3fffffffffff))
                if lt(volQ18, 0x800) { volQ18 := 0x800 }
                inverseQ4 := div(add(0x3fffff, volQ18), volQ18)
            }
        }
        if (volQ18 >= LIMIT_Q18) revert ShockedVolTooHigh(volQ18);
    }
}
