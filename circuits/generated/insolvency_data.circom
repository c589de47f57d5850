// SPDX-License-Identifier: Apache-2.0
// Generated from circuits/statements.json and circuits/presets.json; not edited by hand.
pragma circom 2.1.6;

include "../lib/bits.circom";

// One record of `header`: every field is range-checked here; word < 2^232.
function InsolvencyHeaderBits() { return 232; }
template InsolvencyHeader() {
    signal input required_cash_e6;
    signal input value_e6;
    signal input factor_e2;
    signal input short_rate_e5;
    signal input perpetual_rate_e5;
    signal input spot_e4;
    signal input ln_spot_q24;
    signal input weight_e5;
    signal output word;
    component check_required_cash_e6 = Range(64);
    check_required_cash_e6.in <== required_cash_e6;
    component check_value_e6 = Range(66);
    check_value_e6.in <== value_e6;
    component check_factor_e2 = Range(8);
    check_factor_e2.in <== factor_e2;
    component check_short_rate_e5 = Range(17);
    check_short_rate_e5.in <== short_rate_e5;
    component check_perpetual_rate_e5 = Range(17);
    check_perpetual_rate_e5.in <== perpetual_rate_e5;
    component check_spot_e4 = Range(16);
    check_spot_e4.in <== spot_e4;
    component check_ln_spot_q24 = Range(27);
    check_ln_spot_q24.in <== ln_spot_q24;
    component check_weight_e5 = Range(17);
    check_weight_e5.in <== weight_e5;
    word <== required_cash_e6 + value_e6 * (1 << 64) + factor_e2 * (1 << 130) + short_rate_e5 * (1 << 138) + perpetual_rate_e5 * (1 << 155) + spot_e4 * (1 << 172) + ln_spot_q24 * (1 << 188) + weight_e5 * (1 << 215);
}

// One record of `positions`: every field is range-checked here; word < 2^155.
function InsolvencyPositionsBits() { return 155; }
template InsolvencyPositions() {
    signal input amount_e4;
    signal input put;
    signal input perpetual;
    signal input strike_e2;
    signal input log_moneyness_q24;
    signal input forward_e2;
    signal input vol_q18;
    signal input inverse_vol_q4;
    signal output amount_e4_bits[29];
    signal output vol_q18_bits[21];
    signal output word;
    component check_amount_e4 = ToBits(29);
    check_amount_e4.in <== amount_e4;
    for (var i = 0; i < 29; i++) { amount_e4_bits[i] <== check_amount_e4.out[i]; }
    put * (1 - put) === 0;
    perpetual * (1 - perpetual) === 0;
    component check_strike_e2 = Range(32);
    check_strike_e2.in <== strike_e2;
    component check_log_moneyness_q24 = Range(27);
    check_log_moneyness_q24.in <== log_moneyness_q24;
    component check_forward_e2 = Range(32);
    check_forward_e2.in <== forward_e2;
    component check_vol_q18 = ToBits(21);
    check_vol_q18.in <== vol_q18;
    for (var i = 0; i < 21; i++) { vol_q18_bits[i] <== check_vol_q18.out[i]; }
    component check_inverse_vol_q4 = Range(12);
    check_inverse_vol_q4.in <== inverse_vol_q4;
    word <== amount_e4 + put * (1 << 29) + perpetual * (1 << 30) + strike_e2 * (1 << 31) + log_moneyness_q24 * (1 << 63) + forward_e2 * (1 << 90) + vol_q18 * (1 << 122) + inverse_vol_q4 * (1 << 143);
}
