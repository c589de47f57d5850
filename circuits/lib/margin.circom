// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

include "normal.circom";

// Units. Prices 1e-2, amounts 1e-4, values and cash 1e-6. Spot multiplier 1e-4, weights and rates 1e-5, factor 1e-2.
// Logarithms 2^24, vols 2^18, inverse vols 2^4. Phi(d1) and asset legs at 2^122, Phi(d2) and strike legs at 2^92.
function SPOT_UNIT() { return 10000; }
function WEIGHT_UNIT() { return 100000; }
function FACTOR_UNIT() { return 100; }
function CDF1_BITS() { return MARGIN_CDF_Q18_OUTPUT_BITS(); }
function CDF2_BITS() { return 92; }
// Error of the tables, of k and of ln s, in 2^-20 of gross notional, charged in every cell [M-6]; largest table error 2.67e-6.
function TABLE_ERROR_Q20() { return 3; }
// Bits of |R - requirement| at the final scale.
function REQUIREMENT_BITS() { return 214; }
// Tail steps in units of d = 1/128: a strike above the forward by far (d < -6), below it by far (d >= 6; narrower, since d + v < 8).
function TAIL_STEP_OUT() { return 240; }
function TAIL_STEP_IN() { return 176; }

/// @title Phi on [-8, 8): 8 segments of width 2, degree 7, unrounded. The upper eleven bits of the argument are decomposed here.
/// @input high floor((x + 8) 128), low[LOW] further fractional bits
/// @output cdf; above 1 in [6, 8), below 1 in [-8, -6), else 0
template MarginCdf(FRAC, rows, cuts, offsets) {
    var LOW = FRAC - 7;
    signal input high;
    signal input low[LOW];
    signal output cdf;
    signal output above;
    signal output below;
    component bits = ToBits(11);
    bits.in <== high;
    component monomials = Monomials(3);
    for (var i = 0; i < 3; i++) { monomials.bits[i] <== bits.out[8 + i]; }
    component horner = Horner(FRAC, FRAC + 1, 8, 7, rows, cuts, offsets);
    for (var i = 0; i < LOW; i++) { horner.low[i] <== low[i]; }
    for (var i = 0; i < 8; i++) { horner.low[LOW + i] <== bits.out[i]; }
    for (var i = 0; i < 8; i++) { horner.monomials[i] <== monomials.out[i]; }
    cdf <== horner.out;
    // the product of the negated bits, by inclusion and exclusion
    var none = 0;
    for (var i = 0; i < 8; i++) {
        var sign = 1;
        for (var b = 0; b < 3; b++) { if ((i >> b) & 1 == 1) { sign = -sign; } }
        none += sign * monomials.out[i];
    }
    above <== monomials.out[7];
    below <== none;
}

/// @title What a position contributes to every scenario.
/// @input fields as encoded in the data vector, amount_e4_bits their range check
template Position() {
    signal input amount_e4;
    signal input amount_e4_bits[29];
    signal input put;
    signal input perpetual;
    signal input strike_e2;
    signal input forward_e2;
    signal output asset;                                   // amount x forward of an option, 0 for a perpetual; |.| < 2^60
    signal output strike;                                  // amount x strike of an option
    signal output call_asset;
    signal output put_asset;
    signal output put_strike;
    signal output perpetual_asset;
    signal output asset_size;                              // |asset|
    signal output strike_size;
    signal output perpetual_size;
    put * perpetual === 0;
    for (var i = 0; i < 28; i++) { _ <== amount_e4_bits[i]; }
    var long = amount_e4_bits[28];
    var amount = amount_e4 - (1 << 28);
    signal notional <== amount * forward_e2;
    signal exercise <== amount * strike_e2;
    perpetual_asset <== perpetual * notional;
    put_asset <== put * notional;
    asset <== notional - perpetual_asset;
    call_asset <== asset - put_asset;
    strike <== (1 - perpetual) * exercise;
    put_strike <== put * exercise;
    asset_size <== (2 * long - 1) * asset;
    strike_size <== (2 * long - 1) * strike;
    perpetual_size <== (2 * long - 1) * perpetual_asset;
}

/// @title Per position and vol mode: v^2 and the split of v for the cells.
template VolMode() {
    signal input vol_q18;                                  // < 2^21
    signal input vol_bits[21];
    signal output high;                                    // floor(v 128)
    signal output low[11];
    signal output square;
    var upper_bits = 0;
    for (var i = 0; i < 11; i++) { low[i] <== vol_bits[i]; }
    for (var i = 11; i < 21; i++) { upper_bits += vol_bits[i] * (1 << (i - 11)); }
    high <== upper_bits;
    square <== vol_q18 * vol_q18;
}

/// @title One position in one scenario [M-4]: asset leg N (Phi(d + v) + p) and strike leg M (Phi(d) - p), for ANY d.
/// @notice C = max over d of F Phi(d + v) - K Phi(d): any d is a lower bound; with p >= 0.09974 x (v d + k + v^2 / 2)^2 an upper one.
///         All hints can only hurt the prover (proof in docs/spec/statement.md).
/// @input k = log-moneyness minus ln of the spot multiplier at 2^24, |k| < 2^27
/// @input inverse_vol_q4 x >= 1 / v with x v < 1.5 where an upper bound is needed, else 0: given by the contract like v
template Cell() {
    signal input vol_q18;
    signal input vol_high;
    signal input vol_low[11];
    signal input vol_square;
    signal input inverse_vol_q4;
    signal input k;
    signal input asset;
    signal input strike;
    signal output asset_leg;
    signal output strike_leg;

    // 1. Hint: d2 = -k / v - v / 2 on a grid of 1/128 around 1024, far tails in steps.
    var numerator = -(k * (1 << 13) + vol_square);
    var negative = (numerator < 0) ? 1 : 0;
    var absolute = negative ? -numerator : numerator;
    var distance = (vol_q18 == 0) ? 16383 : ((absolute \ (1 << 11)) + vol_q18) \ (2 * vol_q18);
    var top = negative ? 1024 : 1023 - vol_high;
    var step = negative ? TAIL_STEP_OUT() : TAIL_STEP_IN();
    var steps = 0;
    var rest = distance;
    if (distance > top) {
        rest = top;
        if (top >= 768) {
            steps = (distance - top + step - 1) \ step;
            if (steps > 511) { steps = 511; }
            rest = distance - step * steps;
            if (rest > top) { rest = top; }
            if (rest < 768) { rest = 768; }
        }
    }
    signal d <-- negative ? 1024 - rest : 1024 + rest;       // any value in the tables' range is sound
    signal tail_steps <-- steps;                           // counts only where |d| >= 6: moves Phi by less than 1e-9
    component range_steps = Range(9);
    range_steps.in <== tail_steps;

    // 2. Phi(d) and Phi(d + v): the low bits of d + v are those of v.
    component second = MarginCdf(7, MARGIN_CDF_Q7_ROWS(), MARGIN_CDF_Q7_CUTS(), MARGIN_CDF_Q7_OFFSETS());
    second.high <== d;
    component first = MarginCdf(18, MARGIN_CDF_Q18_ROWS(), MARGIN_CDF_Q18_CUTS(), MARGIN_CDF_Q18_OFFSETS());
    first.high <== d + vol_high;
    for (var i = 0; i < 11; i++) { first.low[i] <== vol_low[i]; }
    _ <== first.above;
    _ <== first.below;

    // 3. Penalty at 2^92: 1635 2^-14 >= 0.09974, eta = 2 (v d + k + v^2 / 2) at 2^36.
    signal tail <== tail_steps * (TAIL_STEP_IN() * second.above - TAIL_STEP_OUT() * second.below);
    signal product <== vol_q18 * (d + tail + (1 << 17));
    var eta = (product - vol_q18 * (1024 + (1 << 17))) * (1 << 12) + k * (1 << 13) + vol_square;
    signal eta_squared <== eta * eta;
    signal penalty <== inverse_vol_q4 * eta_squared;
    var first_cdf = first.cdf + 1635 * penalty * (1 << (CDF1_BITS() - CDF2_BITS()));
    var second_cdf = second.cdf * (1 << (CDF2_BITS() - MARGIN_CDF_Q7_OUTPUT_BITS())) - 1635 * penalty;

    // 4. Legs; offsets keep the witness non-negative.
    var offset = 1 << 60;
    signal asset_offset <== (asset + offset) * first_cdf;
    signal strike_offset <== (strike + offset) * (second_cdf + (1 << CDF2_BITS()));
    asset_leg <== asset_offset - offset * first_cdf;
    strike_leg <== strike_offset - (strike + offset) * (1 << CDF2_BITS()) - offset * second_cdf;
}
