// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginTypes} from "../interfaces/IMarginTypes.sol";
import {ExpMath} from "../libraries/ExpMath.sol";
import {SliceSet} from "../libraries/SliceSet.sol";

/// @notice What a grid's vol rule does to total vols [G-2] [A-4], the same integers in Python.
library VolShocks {
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

    /// @notice Where the `Shocks` of a slice's tenor lie, computed once: every statement of a call is under one rule.
    function ofSlice(SliceSet.Loaded memory slice, IMarginTypes.VolRule memory rule)
        internal
        pure
        returns (uint256 shocks)
    {
        shocks = slice.shocks;
        if (shocks == 0) {
            Shocks memory found = ofTenor(rule, slice.expiry > slice.observedAt ? slice.expiry - slice.observedAt : 0);
            assembly ("memory-safe") {
                shocks := found
            }
            slice.shocks = shocks;
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

    /// @notice How the vols of an element follow each other, from bit 122 on: `count` shocks, to which the words at `shocks` point, every vol
    /// 21 bits behind the one before; inverses, 12 bits each, from `inverseShift` behind the first vol. `upper`: bit 28, the
    /// sign of an amount, of positions that need an upper bound: set for longs, clear for shorts.
    struct Modes {
        uint256 shocks;
        uint256 count;
        uint256 inverseShift;
        uint256 upper;
    }

    /// @notice [A-4] [M-5] Writes to `d`, from `first` on, the elements from `i` on of one slice with their vols, at scale 2^18,
    /// and inverse vols, at scale 2^4; `vols` as in `AccountWords.Facts`. Returns the next index.
    /// @dev For a price that must not be understated, vol and inverse are rounded up, the vol to at least 2^-7. For one that must
    /// not be overstated the vol is rounded down, without inverse; a price rises with its vol, so that a vol just below the
    /// limit stands for every larger one.
    function putRun(
        uint256[] memory d,
        uint256 first,
        uint256[] memory elements,
        uint256[] memory vols,
        uint256 i,
        Modes memory modes
    ) internal pure returns (uint256) {
        uint256 refused = 0;
        assembly ("memory-safe") {
            let slice := shr(64, mload(add(vols, shl(5, add(i, 1)))))
            for { first := add(d, shl(5, add(first, 1))) } lt(i, mload(vols)) { i := add(i, 1) } {
                let vol := mload(add(vols, shl(5, add(i, 1))))
                if sub(shr(64, vol), slice) { break }
                vol := and(vol, 0xffffffffffffffff)
                let word := mload(add(elements, shl(5, add(i, 1))))
                let upper := eq(and(word, 0x10000000), mload(add(modes, 0x60)))
                for { let m := 0 } lt(m, mload(add(modes, 0x20))) { m := add(m, 1) } {
                    // Vols are below 2^35, multipliers below 2^54, shifts and floors below 2^112; no floor is negative.
                    let shock := mload(add(mload(modes), shl(5, m)))
                    let shocked := add(mul(vol, mload(shock)), mload(add(shock, 0x20)))
                    shock := mload(add(shock, 0x40))
                    if slt(shocked, shock) { shocked := shock }
                    switch upper
                    case 0 {
                        shocked := shr(46, shocked)
                        if gt(shocked, 0x1fffff) { shocked := 0x1fffff }
                    }
                    default {
                        shocked := shr(46, add(shocked, 0x3fffffffffff))
                        if lt(shocked, 0x800) { shocked := 0x800 }
                        if gt(shocked, 0x1fffff) { refused := shocked }
                        let inverse := div(add(0x3fffff, shocked), shocked)
                        word := or(word, shl(add(add(122, mload(add(modes, 0x40))), mul(12, m)), inverse))
                    }
                    word := or(word, shl(add(122, mul(21, m)), shocked))
                }
                mstore(add(first, shl(5, i)), word)
            }
        }
        if (refused != 0) revert ShockedVolTooHigh(refused);
        return i;
    }
}
