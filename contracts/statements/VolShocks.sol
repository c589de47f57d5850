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

    /// @notice The shocks of one tenor: three of `Shock`, as they lie in memory.
    struct Shocks {
        uint256 upMultiplierQ32;
        int256 upShiftQ64;
        int256 upFloorQ64;
        uint256 noneMultiplierQ32;
        int256 noneShiftQ64;
        int256 noneFloorQ64;
        uint256 downMultiplierQ32;
        int256 downShiftQ64;
        int256 downFloorQ64;
    }

    /// @notice Bytes of a `Shock`.
    uint256 internal constant SHOCK_BYTES = 96;

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
        bool moved = rule.floorE4 | rule.upPointsE4 | rule.downPointsE4 != 0;
        uint256 rootQ32 = moved ? ExpMath.sqrtYearsQ32(tenorS) : 0;
        shocks.noneMultiplierQ32 = ONE_Q32;
        unchecked {
            // 16-bit points times a root of less than 2^64, moves of at most 2^16 times a power of at most 2^69.
            shocks.upMultiplierQ32 = ONE_Q32 + ((rule.upE4 * powerQ64 / UNIT_E4) >> 32);
            // forge-lint: disable-start(unsafe-typecast)
            shocks.upFloorQ64 = int256((rule.floorE4 * rootQ32 / UNIT_E4) << 32);
            shocks.upShiftQ64 = int256((rule.upPointsE4 * rootQ32 / UNIT_E4) << 32);
            shocks.downShiftQ64 = -int256((rule.downPointsE4 * rootQ32 / UNIT_E4) << 32);
            // forge-lint: disable-end(unsafe-typecast)
            uint256 fall = (rule.downE4 * powerQ64 / UNIT_E4) >> 32;
            shocks.downMultiplierQ32 = fall < ONE_Q32 ? ONE_Q32 - fall : 0;
        }
    }

    /// @notice [A-4] [M-5] Writes to `d`, from `first` on, the elements from `i` on of one slice with their vol under one shock,
    /// at scale 2^18 from bit 122, and inverse vol, at scale 2^4 from bit 143; `vols` as in `AccountWords.Facts`. Longs need
    /// upper bounds. Returns the next index.
    /// @dev For a price that must not be understated, vol and inverse are rounded up, the vol to at least 2^-7. For one that must
    /// not be overstated the vol is rounded down, without inverse; a price rises with its vol, so that a vol just below the
    /// limit stands for every larger one. Vols are below 2^35, multipliers below 2^54, shifts and floors below 2^112; no floor is
    /// negative.
    /// @param shock Where a `Shock` lies.
    function putOne(
        uint256[] memory d,
        uint256 first,
        uint256[] memory elements,
        uint256[] memory vols,
        uint256 i,
        uint256 shock
    ) internal pure returns (uint256) {
        uint256 refused = 0;
        assembly ("memory-safe") {
            let at := add(vols, shl(5, add(i, 1)))
            i := shr(128, mload(at))
            // From a vol to its element and to its place in d.
            elements := sub(elements, vols)
            first := sub(add(d, shl(5, first)), vols)
            d := add(vols, shl(5, add(mload(vols), 1)))
            for {} lt(at, d) { at := add(at, 32) } {
                let vol := mload(at)
                if sub(shr(128, vol), i) { break }
                let word := mload(add(at, elements))
                vol := add(mul(and(vol, 0xffffffffffffffff), mload(shock)), mload(add(shock, 0x20)))
                if slt(vol, mload(add(shock, 0x40))) { vol := mload(add(shock, 0x40)) }
                // Bit 28 of an amount: a long.
                switch and(word, 0x10000000)
                case 0 {
                    vol := shr(46, vol)
                    if gt(vol, 0x1fffff) { vol := 0x1fffff }
                }
                default {
                    vol := shr(46, add(vol, 0x3fffffffffff))
                    if lt(vol, 0x800) { vol := 0x800 }
                    if gt(vol, 0x1fffff) { refused := vol }
                    word := or(word, shl(143, div(add(0x3fffff, vol), vol)))
                }
                mstore(add(at, first), or(word, shl(122, vol)))
            }
            i := shr(5, sub(sub(at, vols), 32))
        }
        if (refused != 0) revert ShockedVolTooHigh(refused);
        return i;
    }

    /// @notice The same under all three shocks of `Shocks`: vols from bits 122, 143 and 164, inverse vols from bits 185, 197 and
    /// 209. Shorts need upper bounds.
    /// @param shocks Where a `Shocks` lies; its middle shock moves nothing, its last one has no floor.
    function putAll(
        uint256[] memory d,
        uint256 first,
        uint256[] memory elements,
        uint256[] memory vols,
        uint256 i,
        uint256 shocks
    ) internal pure returns (uint256) {
        uint256 refused = 0;
        assembly ("memory-safe") {
            let at := add(vols, shl(5, add(i, 1)))
            i := shr(128, mload(at))
            // From a vol to its element and to its place in d.
            elements := sub(elements, vols)
            first := sub(add(d, shl(5, first)), vols)
            d := add(vols, shl(5, add(mload(vols), 1)))
            for {} lt(at, d) { at := add(at, 32) } {
                let vol := mload(at)
                if sub(shr(128, vol), i) { break }
                vol := and(vol, 0xffffffffffffffff)
                let word := mload(add(at, elements))
                let shocked := add(mul(vol, mload(shocks)), mload(add(shocks, 0x20)))
                if slt(shocked, mload(add(shocks, 0x40))) { shocked := mload(add(shocks, 0x40)) }
                // Bit 28 of an amount: a long.
                switch and(word, 0x10000000)
                case 0 {
                    shocked := shr(46, add(shocked, 0x3fffffffffff))
                    if lt(shocked, 0x800) { shocked := 0x800 }
                    if gt(shocked, 0x1fffff) { refused := shocked }
                    word := or(word, or(shl(122, shocked), shl(185, div(add(0x3fffff, shocked), shocked))))
                    shocked := shr(14, add(vol, 0x3fff))
                    if lt(shocked, 0x800) { shocked := 0x800 }
                    if gt(shocked, 0x1fffff) { refused := shocked }
                    word := or(word, or(shl(143, shocked), shl(197, div(add(0x3fffff, shocked), shocked))))
                    // At least 2^-7: the floor at zero changes nothing.
                    shocked := add(mul(vol, mload(add(shocks, 0xc0))), mload(add(shocks, 0xe0)))
                    shocked := sar(46, add(shocked, 0x3fffffffffff))
                    if slt(shocked, 0x800) { shocked := 0x800 }
                    if gt(shocked, 0x1fffff) { refused := shocked }
                    word := or(word, or(shl(164, shocked), shl(209, div(add(0x3fffff, shocked), shocked))))
                }
                default {
                    shocked := shr(46, shocked)
                    if gt(shocked, 0x1fffff) { shocked := 0x1fffff }
                    word := or(word, shl(122, shocked))
                    shocked := shr(14, vol)
                    if gt(shocked, 0x1fffff) { shocked := 0x1fffff }
                    word := or(word, shl(143, shocked))
                    shocked := sar(46, add(mul(vol, mload(add(shocks, 0xc0))), mload(add(shocks, 0xe0))))
                    if slt(shocked, 0) { shocked := 0 }
                    if gt(shocked, 0x1fffff) { shocked := 0x1fffff }
                    word := or(word, shl(164, shocked))
                }
                mstore(add(at, first), word)
            }
            i := shr(5, sub(sub(at, vols), 32))
        }
        if (refused != 0) revert ShockedVolTooHigh(refused);
        return i;
    }
}
