// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LnMath} from "./LnMath.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice Exponential, power of a tenor and square root of years in integers, the same in Python.
library ExpMath {
    /// @notice Seconds of the tenor at which a power of it is one: 30 days.
    uint256 internal constant MONTH_S = 30 days;

    /// @notice Least tenor in seconds: shorter ones count as this one.
    uint256 internal constant LEAST_TENOR_S = 60;

    /// @notice `xQ48` is at or above 20.
    error ExpOutOfDomain(uint256 xQ48);

    /// @notice The power is above 1.
    error PowerOutOfRange(uint256 powerE4);

    /// @dev floor(ln 2 * 2^96).
    uint256 private constant LN2_Q96 = 54916777467707473351141471128;

    /// @dev lnQ48(MONTH_S << 16).
    uint256 private constant LN_MONTH_Q48 = 4156805662267832;

    uint256 private constant YEAR_S = 365 days;
    uint256 private constant EXP_LIMIT_Q48 = 20 << 48;
    uint256 private constant UNIT_E4 = 10_000;

    /// @notice [L-2] exp(xQ48 / 2^48) at scale 2^64, rounded down at every step, for x in [0, 20).
    /// @dev exp(x) = 2^k exp(r) with r = x - k ln 2 in [0, ln 2): 29 terms, the dropped ones are below 2^-116.
    function expQ64(uint256 xQ48) internal pure returns (uint256) {
        if (xQ48 >= EXP_LIMIT_Q48) revert ExpOutOfDomain(xQ48);
        unchecked {
            uint256 doublings = (xQ48 << 48) / LN2_Q96;
            uint256 r = (xQ48 << 48) % LN2_Q96;
            uint256 total = 1 << 96;
            assembly ("memory-safe") {
                // Terms are at most 2^96 and r is below 2^96: products are below 2^192.
                // Terms of seven at a time: fewer words move on the stack.
                let term := total
                {
                    let a := shr(96, mul(term, r))
                    let b := div(shr(96, mul(a, r)), 2)
                    let c := div(shr(96, mul(b, r)), 3)
                    let d := div(shr(96, mul(c, r)), 4)
                    let e := div(shr(96, mul(d, r)), 5)
                    let f := div(shr(96, mul(e, r)), 6)
                    let g := div(shr(96, mul(f, r)), 7)
                    total := add(total, add(a, add(b, add(c, add(d, add(e, add(f, g)))))))
                    term := g
                }
                {
                    let a := div(shr(96, mul(term, r)), 8)
                    let b := div(shr(96, mul(a, r)), 9)
                    let c := div(shr(96, mul(b, r)), 10)
                    let d := div(shr(96, mul(c, r)), 11)
                    let e := div(shr(96, mul(d, r)), 12)
                    let f := div(shr(96, mul(e, r)), 13)
                    let g := div(shr(96, mul(f, r)), 14)
                    total := add(total, add(a, add(b, add(c, add(d, add(e, add(f, g)))))))
                    term := g
                }
                {
                    let a := div(shr(96, mul(term, r)), 15)
                    let b := div(shr(96, mul(a, r)), 16)
                    let c := div(shr(96, mul(b, r)), 17)
                    let d := div(shr(96, mul(c, r)), 18)
                    let e := div(shr(96, mul(d, r)), 19)
                    let f := div(shr(96, mul(e, r)), 20)
                    let g := div(shr(96, mul(f, r)), 21)
                    total := add(total, add(a, add(b, add(c, add(d, add(e, add(f, g)))))))
                    term := g
                }
                {
                    let a := div(shr(96, mul(term, r)), 22)
                    let b := div(shr(96, mul(a, r)), 23)
                    let c := div(shr(96, mul(b, r)), 24)
                    let d := div(shr(96, mul(c, r)), 25)
                    let e := div(shr(96, mul(d, r)), 26)
                    let f := div(shr(96, mul(e, r)), 27)
                    let g := div(shr(96, mul(f, r)), 28)
                    total := add(total, add(a, add(b, add(c, add(d, add(e, add(f, g)))))))
                    term := g
                }
            }
            // 20 / ln 2 < 29 doublings.
            return total >> (32 - doublings);
        }
    }

    /// @notice [L-3] (30 days / tenor)^(powerE4 / 10^4) at scale 2^64, for a power of at most 1.
    function tenorPowerQ64(uint256 tenorS, uint256 powerE4) internal pure returns (uint256) {
        if (powerE4 > UNIT_E4) revert PowerOutOfRange(powerE4);
        uint256 lnTenorQ48 = LnMath.lnQ48(Math.max(tenorS, LEAST_TENOR_S) << 16);
        if (lnTenorQ48 <= LN_MONTH_Q48) return expQ64(powerE4 * (LN_MONTH_Q48 - lnTenorQ48) / UNIT_E4);
        return (1 << 128) / expQ64(powerE4 * (lnTenorQ48 - LN_MONTH_Q48) / UNIT_E4);
    }

    /// @notice [L-4] Square root of the tenor in years of 365 days at scale 2^32, rounded down.
    function sqrtYearsQ32(uint256 tenorS) internal pure returns (uint256) {
        return Math.sqrt((Math.max(tenorS, LEAST_TENOR_S) << 64) / YEAR_S);
    }
}
