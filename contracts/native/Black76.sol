// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice The pricing core [B-1] in integers, the same in Python (`oracle/model/black76.py`) and `circuits/lib/black76.circom`.
library Black76 {
    /// @notice The total vol is zero or puts |d1| or |d2| at 8 or above.
    error VolOutOfDomain(uint256 totalVolQ32, int256 kQ48);

    uint256 private constant LIMIT_Q34 = 8 << 34;
    uint256 private constant CDF_ONE = 1 << 152;

    /// @notice Phi(d1), Phi(d2) at 2^152 with d1 = (v^2 / 2 - k) / v to the nearest (halves up) and d2 = d1 - v at 2^34.
    /// @param tables Memory address of the coefficients of `NormalTables.CORE_CDF`.
    /// @param kQ48 ln(K / F), below 2^53 in size.
    /// @param totalVolQ32 Below 2^35.
    function cdfs(uint256 tables, int256 kQ48, uint256 totalVolQ32)
        internal
        pure
        returns (uint256 cdfD1, uint256 cdfD2)
    {
        if (totalVolQ32 == 0) revert VolOutOfDomain(0, kQ48);
        unchecked {
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 v = int256(totalVolQ32 << 2);
            int256 numerator = v * v + v - (kQ48 << 21);
            int256 d1 = numerator / (2 * v);
            if (numerator < 0 && numerator % (2 * v) != 0) d1 -= 1;
            int256 d2 = d1 - v;
            // forge-lint: disable-start(unsafe-typecast)
            uint256 size1 = uint256(d1 < 0 ? -d1 : d1);
            uint256 size2 = uint256(d2 < 0 ? -d2 : d2);
            // forge-lint: disable-end(unsafe-typecast)
            if (size1 >= LIMIT_Q34 || size2 >= LIMIT_Q34) revert VolOutOfDomain(totalVolQ32, kQ48);
            (cdfD1, cdfD2) = (_phi(tables, size1), _phi(tables, size2));
            if (d1 < 0) cdfD1 = CDF_ONE - cdfD1;
            if (d2 < 0) cdfD2 = CDF_ONE - cdfD2;
        }
    }

    /// @notice What the table has for Phi of zero, and of zero with a minus; the first only for an argument of zero.
    function cdfsAtZero(uint256 tables) internal pure returns (uint256 atZero, uint256 negated) {
        atZero = _phi(tables, 0);
        negated = CDF_ONE - atZero;
    }

    /// @dev Horner around the middle of segment a / 2^32; step j reads the argument cut to 34, 29, 26, 21, 17, 12 bits.
    function _phi(uint256 tables, uint256 a) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            let row := add(tables, mul(shr(32, a), 224))
            let x := sub(and(a, 0xffffffff), 0x80000000)
            value := mload(add(row, 192))
            value := add(mul(value, sar(22, x)), mload(add(row, 160)))
            value := add(mul(value, sar(17, x)), mload(add(row, 128)))
            value := add(mul(value, sar(13, x)), mload(add(row, 96)))
            value := add(mul(value, sar(8, x)), mload(add(row, 64)))
            value := add(mul(value, sar(5, x)), mload(add(row, 32)))
            value := add(mul(value, x), mload(row))
        }
    }
}
