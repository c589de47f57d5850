// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

include "../generated/poseidon_3.circom";
include "../generated/poseidon_4.circom";
include "../generated/poseidon_5.circom";
include "../generated/poseidon_6.circom";
include "../generated/poseidon_7.circom";
include "../generated/poseidon_8.circom";
include "../generated/poseidon_10.circom";
include "../generated/poseidon_11.circom";
include "../generated/poseidon_12.circom";
include "../generated/poseidon_13.circom";
include "../generated/poseidon_14.circom";
include "../generated/poseidon_15.circom";
include "../generated/poseidon_16.circom";
include "../generated/poseidon_17.circom";

function POSEIDON_FULL_ROUNDS() { return 8; }

// Rounds with one S-box, by state width 2..17 (Poseidon paper, table for 128-bit security and x^5).
function POSEIDON_PARTIAL_ROUNDS(width) {
    var rounds[16] = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68];
    return rounds[width - 2];
}

/// @title Poseidon over BN254 with the digests of circomlib, in loop form.
/// @notice Mixing is linear and kept symbolic: 3 constraints an S-box and nothing else. Partial rounds mix by sparse
/// matrices (Poseidon paper, appendix B), which leaves every S-box the input that the dense one would give it.
/// @input in[n] field elements, n + 1 a width that the generated tables hold
/// @output out first element of the final state
template Poseidon(n) {
    signal input in[n];
    signal output out;

    var width = n + 1;
    var half = POSEIDON_FULL_ROUNDS() \ 2;
    var partial = POSEIDON_PARTIAL_ROUNDS(width);
    var dense[2 * half + 1 + 2 * width][width];            // rows of constants, of the matrix, of the one before sparse ones
    var sparse[2 * partial][width];                        // of every round: constant and row, column
    if (width == 3) { dense = POSEIDON_DENSE_3(); sparse = POSEIDON_SPARSE_3(); }
    if (width == 4) { dense = POSEIDON_DENSE_4(); sparse = POSEIDON_SPARSE_4(); }
    if (width == 5) { dense = POSEIDON_DENSE_5(); sparse = POSEIDON_SPARSE_5(); }
    if (width == 6) { dense = POSEIDON_DENSE_6(); sparse = POSEIDON_SPARSE_6(); }
    if (width == 7) { dense = POSEIDON_DENSE_7(); sparse = POSEIDON_SPARSE_7(); }
    if (width == 8) { dense = POSEIDON_DENSE_8(); sparse = POSEIDON_SPARSE_8(); }
    if (width == 10) { dense = POSEIDON_DENSE_10(); sparse = POSEIDON_SPARSE_10(); }
    if (width == 11) { dense = POSEIDON_DENSE_11(); sparse = POSEIDON_SPARSE_11(); }
    if (width == 12) { dense = POSEIDON_DENSE_12(); sparse = POSEIDON_SPARSE_12(); }
    if (width == 13) { dense = POSEIDON_DENSE_13(); sparse = POSEIDON_SPARSE_13(); }
    if (width == 14) { dense = POSEIDON_DENSE_14(); sparse = POSEIDON_SPARSE_14(); }
    if (width == 15) { dense = POSEIDON_DENSE_15(); sparse = POSEIDON_SPARSE_15(); }
    if (width == 16) { dense = POSEIDON_DENSE_16(); sparse = POSEIDON_SPARSE_16(); }
    if (width == 17) { dense = POSEIDON_DENSE_17(); sparse = POSEIDON_SPARSE_17(); }
    assert(sparse[1][0] != 0);                             // no tables for this width

    var boxes = 2 * half * width + partial;
    signal square[boxes];
    signal fourth[boxes];
    signal fifth[boxes];

    var state[width];
    state[0] = 0;
    for (var i = 0; i < n; i++) { state[i + 1] = in[i]; }
    var box = 0;
    for (var round = 0; round < 2 * half; round++) {
        if (round == half) {
            var start[width] = dense[half];
            for (var i = 0; i < width; i++) { state[i] += start[i]; }
            for (var p = 0; p < partial; p++) {
                var row[width] = sparse[2 * p];
                var column[width] = sparse[2 * p + 1];
                square[box] <== state[0] * state[0];
                fourth[box] <== square[box] * square[box];
                fifth[box] <== fourth[box] * state[0];
                var boxed = fifth[box] + row[0];
                var first = column[0] * boxed;
                for (var i = 1; i < width; i++) {
                    first += row[i] * state[i];
                    state[i] += column[i] * boxed;
                }
                state[0] = first;
                box++;
            }
        }
        var constants[width] = dense[(round < half) ? round : round + 1];
        for (var i = 0; i < width; i++) {
            var x = state[i] + constants[i];
            square[box] <== x * x;
            fourth[box] <== square[box] * square[box];
            fifth[box] <== fourth[box] * x;
            state[i] = fifth[box];
            box++;
        }
        var first_row = 2 * half + 1 + ((round == half - 1) ? width : 0);
        var rows = (round == 2 * half - 1) ? 1 : width;    // the digest is one element
        var mixed[width];
        for (var i = 0; i < rows; i++) {
            var factors[width] = dense[first_row + i];
            var sum = 0;
            for (var j = 0; j < width; j++) { sum += factors[j] * state[j]; }
            mixed[i] = sum;
        }
        state = mixed;
    }
    out <== state[0];
}

/// @title Digest of n elements: the first block takes up to 16, every further block the running digest and up to 15 more.
template PoseidonChain(n) {
    signal input in[n];
    signal output out;
    var blocks = (n <= 16) ? 1 : 1 + (n - 16 + 14) \ 15;
    component block[blocks];
    var used = 0;
    for (var b = 0; b < blocks; b++) {
        var room = (b == 0) ? 16 : 15;
        var take = (n - used < room) ? n - used : room;
        var first = (b == 0) ? 0 : 1;
        block[b] = Poseidon(take + first);
        if (b > 0) { block[b].in[0] <== block[b - 1].out; }
        for (var i = 0; i < take; i++) { block[b].in[first + i] <== in[used + i]; }
        used += take;
    }
    out <== block[blocks - 1].out;
}
