// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

include "bits.circom";
include "black76.circom";
include "knots.circom";

function QUOTE_UNITS_PER_COIN() { return 20000; }
// The implied vol is that of c + f / 2^22 [B-2]: well conditioned everywhere, no branch.
function FLOOR_SHIFT() { return 22; }
// |Black76(v) - (c + f / 2^22)| < 2^-15 tick [B-3]: 2^-31 of a forward of 2^16 ticks. Prices of the core are at 2^(CDF_BITS + 16).
function VOL_TOLERANCE_BITS() { return CDF_BITS() + 1; }

/// @title One listed strike of a slice: price error, mark, implied vol and Greeks.
/// @input used 1: the slot holds a listed strike; 0: everything published for it is 0 or unconstrained garbage nobody reads
/// @input knot_ticks, call_q53 the picked row of the slice
/// @output squared_error (2^53 half ticks x mean)^2, 0 unless quoted; cdf_d1, pdf_d1 the Greeks words
template ListedStrike() {
    signal input forward_q16;                              // < 2^40
    signal input ln_forward_q48;                           // < 2^53
    signal input tick_e2;                                  // < 2^8
    signal input mean_q53;                                 // < 2^78
    signal input knot_ticks;                               // < 2^24
    signal input call_q53;                                 // <= mean
    signal input used;
    signal input mid_half_ticks;                           // < 2^24
    signal input put;                                      // bit
    signal input quoted;                                   // bit
    signal input mark_e2;                                  // pinned by step 3 and its element
    signal input total_vol_q32;                            // pinned by step 4 and its element
    signal input strike_ticks;                             // pinned by step 1 and its element
    signal input ln_strike_q48;                            // pinned by step 4 and its element
    signal output squared_error;
    signal output cdf_d1;
    signal output pdf_d1;

    // 1. A used slot's strike is the picked knot; an unused one's strike is 0.
    used * (1 - used) === 0;
    strike_ticks === used * knot_ticks;

    // 2. Price error in half ticks x mean x 2^53: coin price = price / mean, puts by parity.
    signal parity <== put * (mean_q53 - (1 << MASS_BITS()) * strike_ticks);
    signal attested <== mid_half_ticks * mean_q53;
    signal error <== quoted * (QUOTE_UNITS_PER_COIN() * (call_q53 - parity) - attested);   // |.| < 2^103
    squared_error <== error * error;

    // 3. Mark: nearest cent of the call, 0 for an unused slot.
    signal used_call <== used * call_q53;
    signal value <== used_call * tick_e2;
    component mark_remainder = Range(MASS_BITS());
    mark_remainder.in <== value - mark_e2 * (1 << MASS_BITS()) + (1 << (MASS_BITS() - 1));

    // 4. Implied vol of c + f / 2^22 within the tolerance; v = 0 has no witness.
    signal used_ln_forward <== used * ln_forward_q48;
    component black = Black76();
    black.k <== ln_strike_q48 - used_ln_forward;
    black.total_vol_q32 <== total_vol_q32;
    signal asset_leg <== forward_q16 * black.cdf_d1;
    signal strike_leg <== strike_ticks * black.cdf_d2;
    var model = asset_leg - (1 << 16) * strike_leg;
    var scale = CDF_BITS() + 16 - MASS_BITS();
    var target = call_q53 * (1 << scale) + mean_q53 * (1 << (scale - FLOOR_SHIFT()));
    signal gap <== used * (model - target);
    component tolerance = Range(VOL_TOLERANCE_BITS() + 1);
    tolerance.in <== gap + (1 << VOL_TOLERANCE_BITS());

    // 5. Greeks: closed forms of these two words and public data.
    cdf_d1 <== black.cdf_d1;
    pdf_d1 <== black.pdf_d1;
}
