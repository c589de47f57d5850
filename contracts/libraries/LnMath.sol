// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice Natural logarithm in integers [L-1], the same in Python.
library LnMath {
    /// @notice `xQ16` is outside [2^16, 2^128).
    error LnOutOfDomain(uint256 xQ16);

    /// @dev floor(ln 2 * 2^127).
    uint256 private constant LN2_Q127 = 117932881612756647068972071382077242199;

    uint256 private constant ONE_Q127 = 1 << 127;

    /// @notice ln(xQ16 / 2^16) at scale 2^48, rounded down.
    /// @dev ln m = 2 artanh((m - 1) / (m + 1)) for the mantissa m in [1, 2), by 25 odd powers.
    /// The argument is below 1/3, so the dropped tail is below 3^-51 / 22 < 2^-85, and the truncations at 2^-127 add
    /// less than 2^-119: the result is the floor unless the logarithm lies within 2^-84 above a multiple of 2^-48.
    function lnQ48(uint256 xQ16) internal pure returns (uint256) {
        if (xQ16 < 1 << 16 || xQ16 >> 128 != 0) revert LnOutOfDomain(xQ16);
        uint256 e = Math.log2(xQ16);
        unchecked {
            // m < 2^128, m - 2^127 < 2^127: the shifted numerator is below 2^254.
            uint256 m = xQ16 << (127 - e);
            uint256 t = ((m - ONE_Q127) << 127) / (m + ONE_Q127);
            // t < 2^126 and every power of it: products are below 2^252.
            uint256 sum = t;
            assembly ("memory-safe") {
                let t2 := shr(127, mul(t, t))
                // Six powers at a time: fewer words move on the stack.
                let p := t
                {
                    let a := shr(127, mul(p, t2))
                    let b := shr(127, mul(a, t2))
                    let c := shr(127, mul(b, t2))
                    let d := shr(127, mul(c, t2))
                    let h := shr(127, mul(d, t2))
                    let f := shr(127, mul(h, t2))
                    sum := add(
                        sum,
                        add(div(a, 3), add(div(b, 5), add(div(c, 7), add(div(d, 9), add(div(h, 11), div(f, 13))))))
                    )
                    p := f
                }
                {
                    let a := shr(127, mul(p, t2))
                    let b := shr(127, mul(a, t2))
                    let c := shr(127, mul(b, t2))
                    let d := shr(127, mul(c, t2))
                    let h := shr(127, mul(d, t2))
                    let f := shr(127, mul(h, t2))
                    sum := add(
                        sum,
                        add(div(a, 15), add(div(b, 17), add(div(c, 19), add(div(d, 21), add(div(h, 23), div(f, 25))))))
                    )
                    p := f
                }
                {
                    let a := shr(127, mul(p, t2))
                    let b := shr(127, mul(a, t2))
                    let c := shr(127, mul(b, t2))
                    let d := shr(127, mul(c, t2))
                    let h := shr(127, mul(d, t2))
                    let f := shr(127, mul(h, t2))
                    sum := add(
                        sum,
                        add(div(a, 27), add(div(b, 29), add(div(c, 31), add(div(d, 33), add(div(h, 35), div(f, 37))))))
                    )
                    p := f
                }
                {
                    let a := shr(127, mul(p, t2))
                    let b := shr(127, mul(a, t2))
                    let c := shr(127, mul(b, t2))
                    let d := shr(127, mul(c, t2))
                    let h := shr(127, mul(d, t2))
                    let f := shr(127, mul(h, t2))
                    sum := add(
                        sum,
                        add(div(a, 39), add(div(b, 41), add(div(c, 43), add(div(d, 45), add(div(h, 47), div(f, 49))))))
                    )
                    p := f
                }
            }
            // e - 16 < 112: the sum is below 2^135.
            return (2 * sum + (e - 16) * LN2_Q127) >> 79;
        }
    }
}
