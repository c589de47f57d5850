// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

/// @title Bits of an unsigned integer, lowest first; proves 0 <= in < 2^n.
/// @notice Unique for n <= 253: 2^253 < r.
template ToBits(n) {
    signal input in;
    signal output out[n];
    var sum = 0;
    for (var i = 0; i < n; i++) {
        out[i] <-- (in >> i) & 1;              // constrained by the boolean check and the sum
        out[i] * (1 - out[i]) === 0;
        sum += out[i] * (1 << i);
    }
    sum === in;
}

/// @title Proves 0 <= in < 2^n.
template Range(n) {
    signal input in;
    component bits = ToBits(n);
    bits.in <== in;
    _ <== bits.out;
}
