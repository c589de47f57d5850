// SPDX-License-Identifier: Apache-2.0
// Generated from circuits/statements.json and circuits/presets.json; not edited by hand.
pragma circom 2.1.6;

include "../lib/bits.circom";

// One record of `header`: every field is range-checked here; word < 2^149.
function SliceHeaderBits() { return 149; }
template SliceHeader() {
    signal input forward_q16;
    signal input ln_forward_q48;
    signal input fit_error_q16;
    signal input tick_e2;
    signal output word;
    component check_forward_q16 = Range(40);
    check_forward_q16.in <== forward_q16;
    component check_ln_forward_q48 = Range(53);
    check_ln_forward_q48.in <== ln_forward_q48;
    component check_fit_error_q16 = Range(48);
    check_fit_error_q16.in <== fit_error_q16;
    component check_tick_e2 = Range(8);
    check_tick_e2.in <== tick_e2;
    word <== forward_q16 + ln_forward_q48 * (1 << 40) + fit_error_q16 * (1 << 93) + tick_e2 * (1 << 141);
}

// One record of `strikes`: every field is range-checked here; word < 2^108.
function SliceStrikesBits() { return 108; }
template SliceStrikes() {
    signal input mid_half_ticks;
    signal input half_spread_half_ticks;
    signal input put;
    signal input quoted;
    signal input mark_e2;
    signal input total_vol_q32;
    signal output word;
    component check_mid_half_ticks = Range(24);
    check_mid_half_ticks.in <== mid_half_ticks;
    component check_half_spread_half_ticks = Range(16);
    check_half_spread_half_ticks.in <== half_spread_half_ticks;
    put * (1 - put) === 0;
    quoted * (1 - quoted) === 0;
    component check_mark_e2 = Range(32);
    check_mark_e2.in <== mark_e2;
    component check_total_vol_q32 = Range(34);
    check_total_vol_q32.in <== total_vol_q32;
    word <== mid_half_ticks + half_spread_half_ticks * (1 << 24) + put * (1 << 40) + quoted * (1 << 41) + mark_e2 * (1 << 42) + total_vol_q32 * (1 << 74);
}

// One record of `listing`: every field is range-checked here; word < 2^77.
function SliceListingBits() { return 77; }
template SliceListing() {
    signal input strike_ticks;
    signal input ln_strike_q48;
    signal output word;
    component check_strike_ticks = Range(24);
    check_strike_ticks.in <== strike_ticks;
    component check_ln_strike_q48 = Range(53);
    check_ln_strike_q48.in <== ln_strike_q48;
    word <== strike_ticks + ln_strike_q48 * (1 << 24);
}
