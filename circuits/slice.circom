// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

include "lib/bits.circom";
include "lib/calendar.circom";
include "lib/challenge.circom";
include "lib/knots.circom";
include "lib/pick.circom";
include "lib/strike.circom";
include "generated/slice_data.circom";

/// @title slice
/// @notice From these attested quotes and this attested forward: the published prices are free of arbitrage for every strike and in
///         time against both neighbouring slices, they reprice the quotes within the stated error, and the published marks, implied
///         vols and Greeks are those of Black-76 at these prices.
/// @param N knots, S listed strikes, PIECES of a calendar certificate
template Slice(N, S, PIECES) {
    // Public
    signal input z;
    signal output digest;
    signal output y;

    // Data vector (docs/spec/notation.md)
    signal input forward_q16;
    signal input ln_forward_q48;
    signal input fit_error_q16;
    signal input tick_e2;
    signal input mid_half_ticks[S];
    signal input put[S];
    signal input quoted[S];
    signal input spreads[SliceSpreadsCount(S)];
    signal input mark_e2[S];
    signal input total_vol_q32[S];
    signal input strike_ticks[S];
    signal input ln_strike_q48[S];

    // Private
    signal input density_q[N];
    signal input gaps_ticks[N - 1];
    signal input first_knot_ticks;
    signal input used[S];                                  // 1: the slot holds a listed strike
    signal input strike_bits[pickLayers(N, S)][N - 1];     // picks the listed strikes among the knots
    signal input claim[2];                                 // calendar against the earlier, the later neighbour
    signal input neighbour_density_q[2][N];
    signal input neighbour_gaps_ticks[2][N - 1];
    signal input neighbour_first_knot_ticks[2];
    signal input ratio_p[2];
    signal input ratio_q[2];
    signal input kink_bits[2][pickLayers(N - 1, PIECES - 1)][N - 2];
    signal input tangent_bits[2][pickLayers(N, PIECES)][N - 1];

    // 1. No butterfly arbitrage: a law with mass at most one below the atom [D-3] and the attested mean [D-5].
    component own = Knots(N);
    own.density_q <== density_q;
    own.gaps_ticks <== gaps_ticks;
    own.first_knot_ticks <== first_knot_ticks;
    component atom = Range(MASS_BITS());
    atom.in <== (1 << MASS_BITS()) - own.survival_q53[0];
    component forward = Range(34);
    forward.in <== own.mean_q53 - forward_q16 * (1 << 37) + (1 << 33);

    component last = Range(STRIKE_BITS());                 // every knot, and so every strike, is an integer below 2^24
    last.in <== own.knots_ticks[N - 1];

    // 2. Calendar against both neighbours.
    component neighbours = Neighbours(N, PIECES);
    neighbours.own_knots <== own.knots_ticks;
    neighbours.own_call <== own.call_q53;
    neighbours.own_survival <== own.survival_q53;
    neighbours.own_mean <== own.mean_q53;
    neighbours.claim <== claim;
    neighbours.density_q <== neighbour_density_q;
    neighbours.gaps_ticks <== neighbour_gaps_ticks;
    neighbours.first_knot_ticks <== neighbour_first_knot_ticks;
    neighbours.ratio_p <== ratio_p;
    neighbours.ratio_q <== ratio_q;
    neighbours.kink_bits <== kink_bits;
    neighbours.tangent_bits <== tangent_bits;

    // 3. Listed strikes: quotes, marks, implied vols, Greeks.
    component rows = Pick(N, S);
    rows.a <== own.knots_ticks;
    rows.b <== own.call_q53;
    rows.bits <== strike_bits;
    component strike[S];
    component greeks = PoseidonChain(2 * S);
    var squares = 0;
    for (var i = 0; i < S; i++) {
        strike[i] = ListedStrike();
        strike[i].forward_q16 <== forward_q16;
        strike[i].ln_forward_q48 <== ln_forward_q48;
        strike[i].tick_e2 <== tick_e2;
        strike[i].mean_q53 <== own.mean_q53;
        strike[i].knot_ticks <== rows.picked_a[i];
        strike[i].call_q53 <== rows.picked_b[i];
        strike[i].used <== used[i];
        strike[i].mid_half_ticks <== mid_half_ticks[i];
        strike[i].put <== put[i];
        strike[i].quoted <== quoted[i];
        strike[i].mark_e2 <== mark_e2[i];
        strike[i].total_vol_q32 <== total_vol_q32[i];
        strike[i].strike_ticks <== strike_ticks[i];
        strike[i].ln_strike_q48 <== ln_strike_q48[i];
        squares += strike[i].squared_error;
        greeks.in[2 * i] <== strike[i].cdf_d1;
        greeks.in[2 * i + 1] <== strike[i].pdf_d1;
    }

    // 4. Fit error: fit_error 2^-16 mean^2 >= the sum of squares. 16 squares of 103 bits x 2^16: the difference is above -2^227.
    signal mean_squared <== own.mean_q53 * own.mean_q53;
    signal bound <== fit_error_q16 * mean_squared;         // < 2^204
    component fit = Range(204);
    fit.in <== bound - (1 << 16) * squares;

    // 5. Data vector.
    component header = SliceHeader();
    header.forward_q16 <== forward_q16;
    header.ln_forward_q48 <== ln_forward_q48;
    header.fit_error_q16 <== fit_error_q16;
    header.tick_e2 <== tick_e2;
    component quotes = SliceQuotesRun(S);
    quotes.mid_half_ticks <== mid_half_ticks;
    quotes.put <== put;
    quotes.quoted <== quoted;
    component results = SliceResultsRun(S);
    results.mark_e2 <== mark_e2;
    results.total_vol_q32 <== total_vol_q32;
    component listing = SliceListingRun(S);
    listing.strike_ticks <== strike_ticks;
    component logarithms = SliceLogarithmsRun(S);
    logarithms.ln_strike_q48 <== ln_strike_q48;

    var runs[5] = [SliceQuotesCount(S), SliceSpreadsCount(S), SliceResultsCount(S), SliceListingCount(S), SliceLogarithmsCount(S)];
    component challenge = Challenge(5 + runs[0] + runs[1] + runs[2] + runs[3] + runs[4]);
    challenge.z <== z;
    challenge.d[0] <== header.word;
    challenge.d[1] <== own.digest;
    challenge.d[2] <== neighbours.claimed_digest[0];
    challenge.d[3] <== neighbours.claimed_digest[1];
    challenge.d[4] <== greeks.out;
    var at = 5;
    for (var e = 0; e < runs[0]; e++) { challenge.d[at] <== quotes.elements[e]; at++; }
    for (var e = 0; e < runs[1]; e++) { challenge.d[at] <== spreads[e]; at++; }
    for (var e = 0; e < runs[2]; e++) { challenge.d[at] <== results.elements[e]; at++; }
    for (var e = 0; e < runs[3]; e++) { challenge.d[at] <== listing.elements[e]; at++; }
    for (var e = 0; e < runs[4]; e++) { challenge.d[at] <== logarithms.elements[e]; at++; }
    digest <== challenge.digest;
    y <== challenge.y;
}
