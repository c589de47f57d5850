// SPDX-License-Identifier: Apache-2.0
// Generated from circuits/statements.json and circuits/presets.json; not edited by hand.
pragma circom 2.1.6;

include "../lib/bits.circom";

// One record of `header`: every field is range-checked here; word < 2^172.
function SolvencyHeaderBits() { return 172; }
template SolvencyHeader() {
    signal input required_cash_e6;
    signal input value_e6;
    signal input factor_e2;
    signal input short_rate_e5;
    signal input perpetual_rate_e5;
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
    word <== required_cash_e6 + value_e6 * (1 << 64) + factor_e2 * (1 << 130) + short_rate_e5 * (1 << 138) + perpetual_rate_e5 * (1 << 155);
}

// One record of `grid`: every field is range-checked here; word < 2^60.
function SolvencyGridBits() { return 60; }
template SolvencyGrid() {
    signal input spot_e4;
    signal input ln_spot_q24;
    signal input weight_e5;
    signal output word;
    component check_spot_e4 = Range(16);
    check_spot_e4.in <== spot_e4;
    component check_ln_spot_q24 = Range(27);
    check_ln_spot_q24.in <== ln_spot_q24;
    component check_weight_e5 = Range(17);
    check_weight_e5.in <== weight_e5;
    word <== spot_e4 + ln_spot_q24 * (1 << 16) + weight_e5 * (1 << 43);
}

// One record of `positions`: every field is range-checked here; word < 2^221.
function SolvencyPositionsBits() { return 221; }
template SolvencyPositions() {
    signal input amount_e4;
    signal input put;
    signal input perpetual;
    signal input strike_e2;
    signal input log_moneyness_q24;
    signal input forward_e2;
    signal input vol_up_q18;
    signal input vol_none_q18;
    signal input vol_down_q18;
    signal input inverse_vol_up_q4;
    signal input inverse_vol_none_q4;
    signal input inverse_vol_down_q4;
    signal output amount_e4_bits[29];
    signal output vol_up_q18_bits[21];
    signal output vol_none_q18_bits[21];
    signal output vol_down_q18_bits[21];
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
    component check_vol_up_q18 = ToBits(21);
    check_vol_up_q18.in <== vol_up_q18;
    for (var i = 0; i < 21; i++) { vol_up_q18_bits[i] <== check_vol_up_q18.out[i]; }
    component check_vol_none_q18 = ToBits(21);
    check_vol_none_q18.in <== vol_none_q18;
    for (var i = 0; i < 21; i++) { vol_none_q18_bits[i] <== check_vol_none_q18.out[i]; }
    component check_vol_down_q18 = ToBits(21);
    check_vol_down_q18.in <== vol_down_q18;
    for (var i = 0; i < 21; i++) { vol_down_q18_bits[i] <== check_vol_down_q18.out[i]; }
    component check_inverse_vol_up_q4 = Range(12);
    check_inverse_vol_up_q4.in <== inverse_vol_up_q4;
    component check_inverse_vol_none_q4 = Range(12);
    check_inverse_vol_none_q4.in <== inverse_vol_none_q4;
    component check_inverse_vol_down_q4 = Range(12);
    check_inverse_vol_down_q4.in <== inverse_vol_down_q4;
    word <== amount_e4 + put * (1 << 29) + perpetual * (1 << 30) + strike_e2 * (1 << 31) + log_moneyness_q24 * (1 << 63) + forward_e2 * (1 << 90) + vol_up_q18 * (1 << 122) + vol_none_q18 * (1 << 143) + vol_down_q18 * (1 << 164) + inverse_vol_up_q4 * (1 << 185) + inverse_vol_none_q4 * (1 << 197) + inverse_vol_down_q4 * (1 << 209);
}
