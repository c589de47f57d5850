// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

include "lib/bits.circom";
include "lib/challenge.circom";
include "lib/knots.circom";
include "lib/segment.circom";
include "lib/strike.circom";
include "generated/option_data.circom";

/// @title option
/// @notice At this strike, listed or not: the slice with this knots digest prices the call at exactly this much, and the published
///         implied vol and Greeks words are those of Black-76 at that price and this forward.
/// @param N knots, as many as the slice's circuit has
template Option(N) {
    // Public
    signal input z;
    signal output digest;
    signal output y;

    // Data vector (docs/spec/notation.md). Elements of their own are below their widths by the verifier's check: forward and
    // log-moneyness are its own numbers, the call is refused at or above 2^78.
    signal input strike_ticks;
    signal input total_vol_q32;
    signal input forward_q16;                              // < 2^40
    signal input log_moneyness_q48;                        // ln(strike / forward) + 2^53 < 2^54
    signal input call_q53;                                 // < 2^78

    // Private
    signal input density_q[N];
    signal input gaps_ticks[N - 1];
    signal input first_knot_ticks;
    signal input segment_bits[chooseLayers(N + 1)];
    signal input gap_ticks;

    // 1. The slice's curve and the piece that holds the strike. Mass and mean are the slice's own proof.
    component knots = Knots(N);
    knots.density_q <== density_q;
    knots.gaps_ticks <== gaps_ticks;
    knots.first_knot_ticks <== first_knot_ticks;
    component segment = Segment(N);
    segment.knots_ticks <== knots.knots_ticks;
    segment.call_q53 <== knots.call_q53;
    segment.survival_q53 <== knots.survival_q53;
    segment.density_q <== density_q;
    segment.gaps_ticks <== gaps_ticks;
    segment.strike_ticks <== strike_ticks;
    segment.segment_bits <== segment_bits;
    segment.gap_ticks <== gap_ticks;

    // 2. Call price [O-2], rounded down: 0 <= gap (exact - call) < gap, with gap exact an integer; |.| < 2^136.
    var u = segment.to_right_ticks;
    signal square <== u * u;
    signal steepening <== u * segment.right_density_q;
    signal fall <== u * (segment.right_survival_q53 + 3 * steepening);
    signal bend <== square * (segment.left_density_q - segment.right_density_q);
    signal cubic <== bend * u;
    signal rest <== gap_ticks * (segment.right_call_q53 + fall - call_q53) + cubic;
    component floor_low = Range(24);
    floor_low.in <== rest;
    component floor_high = Range(24);
    floor_high.in <== gap_ticks - 1 - rest;

    // 3. Implied vol of c + f / 2^22 within the tolerance [B-2], [B-3], as at a listed strike.
    component black = Black76();
    black.k <== log_moneyness_q48 - (1 << 53);
    black.v <== total_vol_q32 * (1 << 8);
    signal asset_leg <== forward_q16 * black.cdf_d1;       // < 2^238
    signal strike_leg <== strike_ticks * black.cdf_d2;
    component tolerance = Range(VOL_TOLERANCE_BITS() + 1);
    tolerance.in <== asset_leg - (1 << 16) * strike_leg - call_q53 * (1 << 160)
        - knots.mean_q53 * (1 << (160 - FLOOR_SHIFT())) + (1 << VOL_TOLERANCE_BITS());

    // 4. Data vector.
    component header = OptionHeader();
    header.strike_ticks <== strike_ticks;
    header.total_vol_q32 <== total_vol_q32;
    component challenge = Challenge(7);
    challenge.z <== z;
    challenge.d[0] <== header.word;
    challenge.d[1] <== forward_q16;
    challenge.d[2] <== log_moneyness_q48;
    challenge.d[3] <== knots.digest;
    challenge.d[4] <== call_q53;
    challenge.d[5] <== black.cdf_d1;
    challenge.d[6] <== black.pdf_d1;
    digest <== challenge.digest;
    y <== challenge.y;
}
