// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

include "bits.circom";
include "knots.circom";
include "pick.circom";

function RATIO_BITS() { return 32; }
function PRICE_BITS() { return 72; }

/// @title Calendar condition [C-1]: normalised calls of the earlier slice lie below those of the later one at EVERY moneyness.
/// @notice A chord between any two knots lies above the convex earlier slice, any tangent lies below the convex later one. A path of
///         chords from the first to the last knot, each below one tangent, is a proof; which knots and tangents are picked
///         can only hurt the prover. Left of the first knot: the atom may only grow. Right of the last: the earlier call is 0.
/// @input claim 0: nothing is claimed and nothing is checked
/// @input ratio_p, ratio_q: ratio_p / ratio_q <= earlier mean / later mean, lowers the tangents into the earlier slice's units
/// @input kink_bits, tangent_bits: switches that pick the inner kinks and the tangents
template CalendarPair(N, PIECES) {
    signal input claim;
    signal input earlier_knots[N];
    signal input earlier_call[N];
    signal input earlier_survival;
    signal input earlier_mean;
    signal input later_intercept[N];                       // c + s X: the tangent's value at strike 0
    signal input later_survival[N];
    signal input later_mean;
    signal input ratio_p;
    signal input ratio_q;
    signal input kink_bits[pickLayers(N - 1, PIECES - 1)][N - 2];
    signal input tangent_bits[pickLayers(N, PIECES)][N - 1];

    claim * (1 - claim) === 0;

    // 1. The ratio: 0 <= ratio_q earlier_mean - ratio_p later_mean < 2^104, ratio_q >= 1 (0 would free the hint of step 4).
    component range_p = Range(RATIO_BITS());
    range_p.in <== ratio_p;
    component range_q = Range(RATIO_BITS());
    range_q.in <== ratio_q - 1;
    signal scaled_earlier <== ratio_q * earlier_mean;
    signal scaled_later <== ratio_p * later_mean;
    component range_ratio = Range(PRICE_BITS() + RATIO_BITS());
    range_ratio.in <== scaled_earlier - scaled_later;

    // 2. The atom may only grow.
    signal atom <== claim * (earlier_survival - later_survival[0]);
    component range_atom = Range(MASS_BITS() + 1);
    range_atom.in <== atom;

    // 3. Kinks and tangents.
    component kinks = Pick(N - 1, PIECES - 1);
    component tangents = Pick(N, PIECES);
    for (var i = 1; i < N; i++) {
        kinks.a[i - 1] <== earlier_knots[i];
        kinks.b[i - 1] <== earlier_call[i];
    }
    for (var i = 0; i < N; i++) {
        tangents.a[i] <== later_intercept[i];
        tangents.b[i] <== later_survival[i];
    }
    kinks.bits <== kink_bits;
    tangents.bits <== tangent_bits;

    signal kink[PIECES + 1];
    signal chord[PIECES + 1];
    kink[0] <== earlier_knots[0];
    chord[0] <== earlier_call[0];
    for (var i = 1; i < PIECES; i++) {
        kink[i] <== kinks.picked_a[i - 1];
        chord[i] <== kinks.picked_b[i - 1];
    }
    kink[PIECES] <== earlier_knots[N - 1];
    chord[PIECES] <== earlier_call[N - 1];

    // 4. Per piece: intercept <= later intercept * ratio, and the tangent is not below the chord at both ends.
    signal product[PIECES];
    signal intercept[PIECES];
    signal back[PIECES];
    signal slope[PIECES][2];
    signal room[PIECES][2];
    component range_floor[PIECES];
    component range_room[PIECES][2];
    for (var i = 0; i < PIECES; i++) {
        product[i] <== ratio_p * tangents.picked_a[i];
        intercept[i] <-- (ratio_q == 0) ? 0 : product[i] \ ratio_q;    // any smaller value only hurts; bounded below by the remainder
        back[i] <== ratio_q * intercept[i];
        range_floor[i] = Range(RATIO_BITS());
        range_floor[i].in <== product[i] - back[i];
        for (var e = 0; e < 2; e++) {
            slope[i][e] <== tangents.picked_b[i] * kink[i + e];
            room[i][e] <== claim * (intercept[i] - chord[i + e] - slope[i][e]);
            range_room[i][e] = Range(PRICE_BITS());
            range_room[i][e].in <== room[i][e];
        }
    }
}

/// @title Calendar against both neighbours, opened by their digests; a digest goes out only where it is claimed.
/// @input own_... the slice's own law; neighbour 0 is the earlier, 1 the later one
template Neighbours(N, PIECES) {
    signal input own_knots[N];
    signal input own_call[N];
    signal input own_survival[N];
    signal input own_mean;
    signal input claim[2];
    signal input density_q[2][N];
    signal input gaps_ticks[2][N - 1];
    signal input first_knot_ticks[2];
    signal input ratio_p[2];
    signal input ratio_q[2];
    signal input kink_bits[2][pickLayers(N - 1, PIECES - 1)][N - 2];
    signal input tangent_bits[2][pickLayers(N, PIECES)][N - 1];
    signal output claimed_digest[2];

    component law[2];
    component pair[2];
    for (var i = 0; i < 2; i++) {
        law[i] = Knots(N);
        law[i].density_q <== density_q[i];
        law[i].gaps_ticks <== gaps_ticks[i];
        law[i].first_knot_ticks <== first_knot_ticks[i];
        claimed_digest[i] <== claim[i] * law[i].digest;
        pair[i] = CalendarPair(N, PIECES);
        pair[i].claim <== claim[i];
        pair[i].ratio_p <== ratio_p[i];
        pair[i].ratio_q <== ratio_q[i];
        pair[i].kink_bits <== kink_bits[i];
        pair[i].tangent_bits <== tangent_bits[i];
    }
    for (var j = 0; j < N; j++) {
        pair[0].later_intercept[j] <== own_call[j] + own_survival[j] * own_knots[j];
        pair[1].later_intercept[j] <== law[1].call_q53[j] + law[1].survival_q53[j] * law[1].knots_ticks[j];
        _ <== law[0].survival_q53[j];
    }
    pair[0].earlier_knots <== law[0].knots_ticks;
    pair[0].earlier_call <== law[0].call_q53;
    pair[0].earlier_survival <== law[0].survival_q53[0];
    pair[0].earlier_mean <== law[0].mean_q53;
    pair[0].later_survival <== own_survival;
    pair[0].later_mean <== own_mean;
    pair[1].earlier_knots <== own_knots;
    pair[1].earlier_call <== own_call;
    pair[1].earlier_survival <== own_survival[0];
    pair[1].earlier_mean <== own_mean;
    pair[1].later_survival <== law[1].survival_q53;
    pair[1].later_mean <== law[1].mean_q53;
}
