// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

// n products of full-size field elements, one constraint each.
template Field(n) {
    signal input x;
    signal output last;
    signal steps[n + 1];

    steps[0] <== x;
    for (var i = 0; i < n; i++) {
        steps[i + 1] <== steps[i] * (steps[i] + i);
    }
    last <== steps[n];
}

component main {public [x]} = Field(63500);
