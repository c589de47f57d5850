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
/// @notice Mixing is linear and kept symbolic: 3 constraints an S-box and nothing else.
/// @input in[n] field elements, n + 1 a width that the generated constants hold
/// @output out first element of the final state
template Poseidon(n) {
    signal input in[n];
    signal output out;

    var width = n + 1;
    var full = POSEIDON_FULL_ROUNDS();
    var partial = POSEIDON_PARTIAL_ROUNDS(width);
    var rounds = full + partial;
    var constants[rounds][width];
    var matrix[width][width];
    if (width == 3) { constants = POSEIDON_CONSTANTS_3(); matrix = POSEIDON_MATRIX_3(); }
    if (width == 4) { constants = POSEIDON_CONSTANTS_4(); matrix = POSEIDON_MATRIX_4(); }
    if (width == 5) { constants = POSEIDON_CONSTANTS_5(); matrix = POSEIDON_MATRIX_5(); }
    if (width == 6) { constants = POSEIDON_CONSTANTS_6(); matrix = POSEIDON_MATRIX_6(); }
    if (width == 7) { constants = POSEIDON_CONSTANTS_7(); matrix = POSEIDON_MATRIX_7(); }
    if (width == 8) { constants = POSEIDON_CONSTANTS_8(); matrix = POSEIDON_MATRIX_8(); }
    if (width == 10) { constants = POSEIDON_CONSTANTS_10(); matrix = POSEIDON_MATRIX_10(); }
    if (width == 11) { constants = POSEIDON_CONSTANTS_11(); matrix = POSEIDON_MATRIX_11(); }
    if (width == 12) { constants = POSEIDON_CONSTANTS_12(); matrix = POSEIDON_MATRIX_12(); }
    if (width == 13) { constants = POSEIDON_CONSTANTS_13(); matrix = POSEIDON_MATRIX_13(); }
    if (width == 15) { constants = POSEIDON_CONSTANTS_15(); matrix = POSEIDON_MATRIX_15(); }
    if (width == 16) { constants = POSEIDON_CONSTANTS_16(); matrix = POSEIDON_MATRIX_16(); }
    if (width == 17) { constants = POSEIDON_CONSTANTS_17(); matrix = POSEIDON_MATRIX_17(); }
    assert(matrix[0][0] != 0);                             // no constants for this width

    var boxes = full * width + partial;
    signal square[boxes];
    signal fourth[boxes];
    signal fifth[boxes];

    var state[width];
    state[0] = 0;
    for (var i = 0; i < n; i++) { state[i + 1] = in[i]; }
    var box = 0;
    for (var round = 0; round < rounds; round++) {
        var active = (round < full \ 2 || round >= full \ 2 + partial) ? width : 1;
        for (var i = 0; i < width; i++) { state[i] += constants[round][i]; }
        for (var i = 0; i < active; i++) {
            square[box] <== state[i] * state[i];
            fourth[box] <== square[box] * square[box];
            fifth[box] <== fourth[box] * state[i];
            state[i] = fifth[box];
            box++;
        }
        var mixed[width];
        for (var i = 0; i < width; i++) {
            mixed[i] = 0;
            for (var j = 0; j < width; j++) { mixed[i] += matrix[i][j] * state[j]; }
        }
        for (var i = 0; i < width; i++) { state[i] = mixed[i]; }
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
