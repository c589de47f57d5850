// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginTypes} from "../interfaces/IMarginTypes.sol";
import {DataContract} from "./DataContract.sol";

/// @notice Margin rules as eleven words of a data contract: grid id, everything but the grid packed, and the grid.
/// @dev The packed word from its low end: up, down, power short, power long, floor, up points, down points (16 bits each),
/// least tenor (32), initial and maintenance factor (8 each), short and perpetual rate (24 each), haircut and confidence
/// limit (16 each).
library RulesData {
    uint256 private constant WORDS = 11;
    uint256 private constant LIMIT_MASK = 0xffff;

    /// @notice Stores rules; `id` is keccak256(abi.encode(grid, volRule)).
    function store(IMarginTypes.MarginParams memory p) internal returns (address data, bytes32 id) {
        id = keccak256(abi.encode(p.grid, p.volRule));
        IMarginTypes.VolRule memory rule = p.volRule;
        uint256 vols = uint256(rule.upE4) | (uint256(rule.downE4) << 16) | (uint256(rule.powerShortE4) << 32)
            | (uint256(rule.powerLongE4) << 48) | (uint256(rule.floorE4) << 64) | (uint256(rule.upPointsE4) << 80)
            | (uint256(rule.downPointsE4) << 96) | (uint256(rule.leastTenorS) << 112);
        uint256 packed = vols | (uint256(p.initialFactorE2) << 144) | (uint256(p.maintenanceFactorE2) << 152)
            | (uint256(p.shortRateE5) << 160) | (uint256(p.perpetualRateE5) << 184) | (uint256(p.haircutE4) << 208)
            | (uint256(p.confidenceLimitE4) << 224);
        data = DataContract.store(abi.encodePacked(id, packed, p.grid));
    }

    /// @notice The eleven words.
    function load(address data) internal view returns (uint256[] memory rules) {
        rules = new uint256[](WORDS);
        assembly ("memory-safe") {
            extcodecopy(data, add(rules, 32), 1, mul(WORDS, 32))
        }
    }

    /// @notice keccak256(abi.encode(grid, volRule)).
    function gridId(uint256[] memory rules) internal pure returns (bytes32) {
        return bytes32(rules[0]);
    }

    /// @notice Element `index` of the grid: four rows of 60 bits.
    function grid(uint256[] memory rules, uint256 index) internal pure returns (uint256) {
        return rules[2 + index];
    }

    /// @notice Writes the grid's nine elements into `d`, which has them, from `first` on.
    function copyGrid(uint256[] memory rules, uint256[] memory d, uint256 first) internal pure {
        assembly ("memory-safe") {
            mcopy(add(add(d, 32), shl(5, first)), add(rules, 96), 288)
        }
    }

    /// @notice How vols are shocked.
    function volRule(uint256[] memory rules) internal pure returns (IMarginTypes.VolRule memory rule) {
        uint256 packed = rules[1];
        // forge-lint: disable-start(unsafe-typecast)
        rule.upE4 = uint16(packed);
        rule.downE4 = uint16(packed >> 16);
        rule.powerShortE4 = uint16(packed >> 32);
        rule.powerLongE4 = uint16(packed >> 48);
        rule.floorE4 = uint16(packed >> 64);
        rule.upPointsE4 = uint16(packed >> 80);
        rule.downPointsE4 = uint16(packed >> 96);
        rule.leastTenorS = uint32(packed >> 112);
        // forge-lint: disable-end(unsafe-typecast)
    }

    /// @notice Margin factor in 1e-2 for opening and withdrawing.
    function initialFactorE2(uint256[] memory rules) internal pure returns (uint256) {
        return (rules[1] >> 144) & 0xff;
    }

    /// @notice Margin factor in 1e-2 below which an account is liquidated.
    function maintenanceFactorE2(uint256[] memory rules) internal pure returns (uint256) {
        return (rules[1] >> 152) & 0xff;
    }

    /// @notice Contingency on net short option notional, in 1e-5.
    function shortRateE5(uint256[] memory rules) internal pure returns (uint256) {
        return (rules[1] >> 160) & 0xffffff;
    }

    /// @notice Contingency on perpetual notional, in 1e-5.
    function perpetualRateE5(uint256[] memory rules) internal pure returns (uint256) {
        return (rules[1] >> 184) & 0xffffff;
    }

    /// @notice The oracle's confidence, in 1e-4, up to which initial margin asks nothing for it; 0xffff: ever.
    function confidenceLimitE4(uint256[] memory rules) internal pure returns (uint256) {
        return (rules[1] >> 224) & LIMIT_MASK;
    }

    /// @notice What of an account's cash counts: a positive one less the haircut, rounded down; all of a negative one.
    function counted(uint256[] memory rules, int256 cashE6) internal pure returns (int256) {
        if (cashE6 <= 0) return cashE6;
        // forge-lint: disable-next-line(unsafe-typecast)
        return cashE6 * int256(10_000 - ((rules[1] >> 208) & LIMIT_MASK)) / 10_000;
    }

    /// @notice The rules as they were given.
    function params(uint256[] memory rules) internal pure returns (IMarginTypes.MarginParams memory p) {
        for (uint256 i = 0; i < 9; ++i) {
            p.grid[i] = grid(rules, i);
        }
        p.volRule = volRule(rules);
        // forge-lint: disable-start(unsafe-typecast)
        (p.initialFactorE2, p.maintenanceFactorE2) = (uint8(initialFactorE2(rules)), uint8(maintenanceFactorE2(rules)));
        (p.shortRateE5, p.perpetualRateE5) = (uint24(shortRateE5(rules)), uint24(perpetualRateE5(rules)));
        (p.haircutE4, p.confidenceLimitE4) = (uint16(rules[1] >> 208), uint16(confidenceLimitE4(rules)));
        // forge-lint: disable-end(unsafe-typecast)
    }
}
