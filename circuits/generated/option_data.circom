// SPDX-License-Identifier: Apache-2.0
// Generated from circuits/statements.json and circuits/presets.json; not edited by hand.
pragma circom 2.1.6;

include "../lib/bits.circom";

// One record of `header`: every field is range-checked here; word < 2^59.
function OptionHeaderBits() { return 59; }
template OptionHeader() {
    signal input strike_ticks;
    signal input total_vol_q32;
    signal output word;
    component check_strike_ticks = Range(24);
    check_strike_ticks.in <== strike_ticks;
    component check_total_vol_q32 = Range(35);
    check_total_vol_q32.in <== total_vol_q32;
    word <== strike_ticks + total_vol_q32 * (1 << 24);
}
