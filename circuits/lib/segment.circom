// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

include "bits.circom";

// Layers of a tree over n rows.
function chooseLayers(n) {
    var layers = 0;
    while ((1 << layers) < n) { layers++; }
    return layers;
}

/// @title One row of n by a binary tree of two-way switches: n - 1 constraints.
/// @notice Whatever the bits, the output is a row; trees of one size choose the same row by the same bits.
/// @input bits[layers] switches, lowest first; boolean by the caller's check
template Choose(n) {
    var layers = chooseLayers(n);
    signal input rows[n];
    signal input bits[layers];
    signal output chosen;
    signal switched[n - 1];
    var level[n];
    for (var i = 0; i < n; i++) { level[i] = rows[i]; }
    var width = n;
    var used = 0;
    for (var l = 0; l < layers; l++) {
        for (var i = 0; 2 * i + 1 < width; i++) {
            switched[used] <== level[2 * i] + bits[l] * (level[2 * i + 1] - level[2 * i]);
            level[i] = switched[used];
            used++;
        }
        if (width % 2 == 1) { level[width \ 2] = level[width - 1]; }
        width = (width + 1) \ 2;
    }
    chosen <== level[0];
}

/// @title The piece of a call price curve that holds a strike [O-1]: below the first knot, between two knots, above the last.
/// @notice Rows are half-open intervals [right - gap, right): [0, X_0), [X_j, X_{j+1}), [X_{N-1}, X_{N-1} + 2^24). A row of gap 0
///         holds no strike, and the others are disjoint: the row is unique.
/// @input knots_ticks[N] < 2^28 ascending, call_q53, survival_q53, density_q, gaps_ticks of `Knots`; strike_ticks < 2^24
/// @input segment_bits the row; gap_ticks its width, a hint
/// @output to_right_ticks right - strike in [1, gap]; call_q53, survival_q53, density_q at the right, density_q at the left
template Segment(N) {
    var layers = chooseLayers(N + 1);
    signal input knots_ticks[N];
    signal input call_q53[N];
    signal input survival_q53[N];
    signal input density_q[N];
    signal input gaps_ticks[N - 1];
    signal input strike_ticks;
    signal input segment_bits[layers];
    signal input gap_ticks;
    signal output to_right_ticks;
    signal output right_call_q53;
    signal output right_survival_q53;
    signal output right_density_q;
    signal output left_density_q;

    // 1. Rows: right and gap share a word, gap <= 2^24 < 2^25. Outside the knots the curve is linear.
    component span = Choose(N + 1);
    component call = Choose(N + 1);
    component survival = Choose(N + 1);
    component right_density = Choose(N + 1);
    component left_density = Choose(N + 1);
    for (var i = 0; i < N; i++) {
        var inside = i > 0;
        var gap = (i > 0) ? gaps_ticks[i - 1] : knots_ticks[0];
        span.rows[i] <== knots_ticks[i] * (1 << 25) + gap;
        call.rows[i] <== call_q53[i];
        survival.rows[i] <== survival_q53[i];
        right_density.rows[i] <== inside * density_q[i];
        left_density.rows[i] <== (i > 0) ? density_q[i - 1] : 0;
    }
    span.rows[N] <== (knots_ticks[N - 1] + (1 << 24)) * (1 << 25) + (1 << 24);
    call.rows[N] <== 0;
    survival.rows[N] <== 0;
    right_density.rows[N] <== 0;
    left_density.rows[N] <== 0;
    for (var l = 0; l < layers; l++) {
        segment_bits[l] * (1 - segment_bits[l]) === 0;
        span.bits[l] <== segment_bits[l];
        call.bits[l] <== segment_bits[l];
        survival.bits[l] <== segment_bits[l];
        right_density.bits[l] <== segment_bits[l];
        left_density.bits[l] <== segment_bits[l];
    }

    // 2. 1 <= to_right <= gap < 2^25: the word splits in one way.
    to_right_ticks <== (span.chosen - gap_ticks) / (1 << 25) - strike_ticks;
    component right_of = Range(24);
    right_of.in <== to_right_ticks - 1;
    component left_of = Range(24);
    left_of.in <== gap_ticks - to_right_ticks;

    right_call_q53 <== call.chosen;
    right_survival_q53 <== survival.chosen;
    right_density_q <== right_density.chosen;
    left_density_q <== left_density.chosen;
}
