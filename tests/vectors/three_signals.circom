// SPDX-License-Identifier: Apache-2.0
pragma circom 2.2.0;

// @title ThreeSignals
// @notice The smallest circuit with the public signals of every zkrisk circuit: digest, y (outputs), z (input).
// @input z challenge
// @input d the one element of the data vector
// @output digest d^2 + 5
// @output y d z
template ThreeSignals() {
    signal input z;
    signal input d;
    signal output digest;
    signal output y;

    digest <== d * d + 5;
    y <== d * z;
}

component main {public [z]} = ThreeSignals();
