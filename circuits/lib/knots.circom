// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

include "bits.circom";
include "poseidon.circom";

function DENSITY_BITS() { return 48; }
function GAP_BITS() { return 22; }
function STRIKE_BITS() { return 24; }
function FIRST_KNOT_BITS() { return 24; }
function MASS_BITS() { return 53; }

/// @title Poseidon digest of a slice's knots: three knots an element (density 48 | gap 22), first knot on top of element 0.
/// @notice The gap slot of the last knot is 0. Ranges are the caller's duty; an element stays below 2^234.
template KnotsDigest(N) {
    signal input density_q[N];
    signal input gaps_ticks[N - 1];
    signal input first_knot_ticks;
    signal output digest;
    var words = (N + 2) \ 3;
    var bits = DENSITY_BITS() + GAP_BITS();
    component chain = PoseidonChain(words);
    for (var w = 0; w < words; w++) {
        var element = (w == 0) ? first_knot_ticks * (1 << (3 * bits)) : 0;
        for (var i = 3 * w; i < 3 * w + 3 && i < N; i++) {
            element += density_q[i] * (1 << (bits * (i - 3 * w)));
            if (i < N - 1) { element += gaps_ticks[i] * (1 << (bits * (i - 3 * w) + DENSITY_BITS())); }
        }
        chain.in[w] <== element;
    }
    digest <== chain.out;
}

/// @title A law on [0, inf): knots, survival, call prices and mean of a piecewise-linear density [D-1] .. [D-4].
/// @notice Everything is exact. Widths: knot < 2^28, survival < 2^80, call < 2^107, mean < 2^109 for N <= 128, far from the field.
/// @input density_q[N] node values, gaps_ticks[N - 1], first_knot_ticks: range-checked here
template Knots(N) {
    signal input density_q[N];
    signal input gaps_ticks[N - 1];
    signal input first_knot_ticks;
    signal output knots_ticks[N];
    signal output survival_q53[N];
    signal output call_q53[N];
    signal output mean_q53;
    signal output digest;

    component density[N];
    component gap[N - 1];
    for (var j = 0; j < N; j++) {
        density[j] = Range(DENSITY_BITS());
        density[j].in <== density_q[j];
    }
    for (var j = 0; j < N - 1; j++) {
        gap[j] = Range(GAP_BITS());
        gap[j].in <== gaps_ticks[j];
    }
    component first = Range(FIRST_KNOT_BITS());
    first.in <== first_knot_ticks;

    knots_ticks[0] <== first_knot_ticks;
    for (var j = 1; j < N; j++) { knots_ticks[j] <== knots_ticks[j - 1] + gaps_ticks[j - 1]; }
    signal area[N - 1];
    signal right[N - 1];
    survival_q53[N - 1] <== 0;
    call_q53[N - 1] <== 0;
    for (var j = N - 2; j >= 0; j--) {
        area[j] <== gaps_ticks[j] * (density_q[j] + density_q[j + 1]);
        right[j] <== gaps_ticks[j] * density_q[j + 1];
        survival_q53[j] <== survival_q53[j + 1] + 3 * area[j];
        call_q53[j] <== call_q53[j + 1] + gaps_ticks[j] * (survival_q53[j + 1] + area[j] + right[j]);
    }
    mean_q53 <== call_q53[0] + first_knot_ticks * survival_q53[0];

    component knots_digest = KnotsDigest(N);
    for (var j = 0; j < N; j++) { knots_digest.density_q[j] <== density_q[j]; }
    for (var j = 0; j < N - 1; j++) { knots_digest.gaps_ticks[j] <== gaps_ticks[j]; }
    knots_digest.first_knot_ticks <== first_knot_ticks;
    digest <== knots_digest.digest;
}
