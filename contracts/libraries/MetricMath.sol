// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ExpMath} from "./ExpMath.sol";

/// @notice The oracle's numbers at eight decimals, rounded down.
library MetricMath {
    /// @notice 1e-2 USD as 1e-8 USD.
    function dollarsE8(uint64 valueE2) internal pure returns (int256) {
        return int256(uint256(valueE2)) * 1e6;
    }

    /// @notice A forward in ticks at 2^16 as 1e-8 USD.
    function forwardE8(uint64 forwardQ16, uint8 tickE2) internal pure returns (int256) {
        // 64 + 8 + 20 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        return int256((uint256(forwardQ16) * tickE2 * 1e6) >> 16);
    }

    /// @notice A total vol at 2^32 over `tenorS` seconds as a share a year in 1e-8; below a minute counts as a minute.
    function volE8(uint64 totalVolQ32, uint256 tenorS) internal pure returns (int256) {
        // 64 + 27 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        return int256(uint256(totalVolQ32) * 1e8 / ExpMath.sqrtYearsQ32(tenorS));
    }
}
