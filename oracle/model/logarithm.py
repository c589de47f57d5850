# SPDX-License-Identifier: Apache-2.0
"""Natural logarithm in integers, the same in Solidity (``contracts/libraries/LnMath.sol``).

[L-1] With x at scale 2^16 and e = floor(log2 x), m = x 2^(127-e) in [2^127, 2^128) and t = (m - 2^127) / (m + 2^127):

    ln(x / 2^16) = 2 (t + t^3 / 3 + ... + t^49 / 49) + (e - 16) ln 2

All at 2^127, every product and quotient rounded down; t <= 1/3, so the tail beyond t^49 is below 2^-84 and the sum is short
by less than 2^-120: the result is floor(ln 2^48) or, within 2^-72 of an integer, one less.
"""

from __future__ import annotations

from oracle.errors import InvalidValue

LN2_Q127 = 117932881612756647068972071382077242199
TERMS = 25


def ln_q48(x_q16: int) -> int:
    """ln(x_q16 / 2^16) at scale 2^48, rounded down. Raises :class:`InvalidValue` below 1 (2^16) or from 2^128."""
    if not 1 << 16 <= x_q16 < 1 << 128:
        raise InvalidValue("x_q16", x_q16, "must be in [2^16, 2^128)")
    exponent = x_q16.bit_length() - 1
    one = 1 << 127
    mantissa = x_q16 << 127 - exponent if exponent <= 127 else x_q16 >> exponent - 127
    t = ((mantissa - one) << 127) // (mantissa + one)
    square = t * t >> 127
    power = total = t
    for i in range(1, TERMS):
        power = power * square >> 127
        total += power // (2 * i + 1)
    return 2 * total + (exponent - 16) * LN2_Q127 >> 127 - 48
