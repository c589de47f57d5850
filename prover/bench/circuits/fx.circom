// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";

// One product of fixed-point numbers with 64 fractional bits: q = floor(a b / 2^64) below 2^96, remainder below 2^64.
template FixedPointProduct() {
    signal input a;
    signal input b;
    signal output q;
    signal product <== a * b;
    signal remainder;

    q <-- product >> 64;
    remainder <-- product & 0xffffffffffffffff;
    product === q * 18446744073709551616 + remainder;
    component quotient_bits = Num2Bits(96);
    quotient_bits.in <== q;
    component remainder_bits = Num2Bits(64);
    remainder_bits.in <== remainder;
}

// A chain of n products: 161 n constraints, of which 160 n say that a wire is a bit.
template Bits(n) {
    signal input x;
    signal input y;
    signal output last;
    component products[n];

    for (var i = 0; i < n; i++) {
        products[i] = FixedPointProduct();
        products[i].a <== i == 0 ? x : products[i - 1].q + x;
        products[i].b <== y;
    }
    last <== products[n - 1].q;
}

component main {public [x]} = Bits(395);
