// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

include "poseidon.circom";

/// @title The challenge form: digest = Poseidon chain of d, y = sum d_i z^i.
/// @notice A verifier that knows d takes z from a hash of d AND digest and computes y itself; two different vectors with one
///         digest would need a Poseidon collision, and one vector agrees with another's y at a random z with probability < n / r.
/// @input d[n] data vector
/// @input z challenge
/// @output digest, y public signals
template Challenge(n) {
    signal input d[n];
    signal input z;
    signal output digest;
    signal output y;
    component chain = PoseidonChain(n);
    for (var i = 0; i < n; i++) { chain.in[i] <== d[i]; }
    digest <== chain.out;
    signal horner[n];
    horner[n - 1] <== d[n - 1];
    for (var i = n - 2; i >= 0; i--) { horner[i] <== horner[i + 1] * z + d[i]; }
    y <== horner[0];
}
