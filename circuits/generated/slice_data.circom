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

// One record of `quotes`: every field is range-checked here; word < 2^26.
function SliceQuotesBits() { return 26; }
template SliceQuotes() {
    signal input mid_half_ticks;
    signal input put;
    signal input quoted;
    signal output word;
    component check_mid_half_ticks = Range(24);
    check_mid_half_ticks.in <== mid_half_ticks;
    put * (1 - put) === 0;
    quoted * (1 - quoted) === 0;
    word <== mid_half_ticks + put * (1 << 24) + quoted * (1 << 25);
}

// A run of `quotes`: 9 records of 26 bits an element, the first one lowest.
function SliceQuotesCount(n) { return (n + 8) \ 9; }
template SliceQuotesRun(n) {
    signal input mid_half_ticks[n];
    signal input put[n];
    signal input quoted[n];
    signal output elements[SliceQuotesCount(n)];
    component record[n];
    var sum[SliceQuotesCount(n)];
    for (var e = 0; e < SliceQuotesCount(n); e++) { sum[e] = 0; }
    for (var i = 0; i < n; i++) {
        record[i] = SliceQuotes();
        record[i].mid_half_ticks <== mid_half_ticks[i];
        record[i].put <== put[i];
        record[i].quoted <== quoted[i];
        sum[i \ 9] += record[i].word * (1 << (26 * (i % 9)));
    }
    for (var e = 0; e < SliceQuotesCount(n); e++) { elements[e] <== sum[e]; }
}

// Elements of `spreads`, 15 records each: taken whole.
function SliceSpreadsCount(n) { return (n + 14) \ 15; }

// One record of `results`: every field is pinned by the constraints of lib/strike.circom.
function SliceResultsBits() { return 124; }
template SliceResults() {
    signal input mark_e2;
    signal input total_vol_q32;
    signal output word;
    word <== mark_e2 + total_vol_q32 * (1 << 35);
}

// A run of `results`: 2 records of 124 bits an element, the first one lowest.
function SliceResultsCount(n) { return (n + 1) \ 2; }
template SliceResultsRun(n) {
    signal input mark_e2[n];
    signal input total_vol_q32[n];
    signal output elements[SliceResultsCount(n)];
    component record[n];
    var sum[SliceResultsCount(n)];
    for (var e = 0; e < SliceResultsCount(n); e++) { sum[e] = 0; }
    for (var i = 0; i < n; i++) {
        record[i] = SliceResults();
        record[i].mark_e2 <== mark_e2[i];
        record[i].total_vol_q32 <== total_vol_q32[i];
        sum[i \ 2] += record[i].word * (1 << (124 * (i % 2)));
    }
    for (var e = 0; e < SliceResultsCount(n); e++) { elements[e] <== sum[e]; }
}

// One record of `listing`: every field is pinned by the constraints of lib/strike.circom.
function SliceListingBits() { return 24; }
template SliceListing() {
    signal input strike_ticks;
    signal output word;
    word <== strike_ticks;
}

// A run of `listing`: 10 records of 24 bits an element, the first one lowest.
function SliceListingCount(n) { return (n + 9) \ 10; }
template SliceListingRun(n) {
    signal input strike_ticks[n];
    signal output elements[SliceListingCount(n)];
    component record[n];
    var sum[SliceListingCount(n)];
    for (var e = 0; e < SliceListingCount(n); e++) { sum[e] = 0; }
    for (var i = 0; i < n; i++) {
        record[i] = SliceListing();
        record[i].strike_ticks <== strike_ticks[i];
        sum[i \ 10] += record[i].word * (1 << (24 * (i % 10)));
    }
    for (var e = 0; e < SliceListingCount(n); e++) { elements[e] <== sum[e]; }
}

// One record of `logarithms`: every field is pinned by the constraints of lib/strike.circom.
function SliceLogarithmsBits() { return 80; }
template SliceLogarithms() {
    signal input ln_strike_q48;
    signal output word;
    word <== ln_strike_q48;
}

// A run of `logarithms`: 3 records of 80 bits an element, the first one lowest.
function SliceLogarithmsCount(n) { return (n + 2) \ 3; }
template SliceLogarithmsRun(n) {
    signal input ln_strike_q48[n];
    signal output elements[SliceLogarithmsCount(n)];
    component record[n];
    var sum[SliceLogarithmsCount(n)];
    for (var e = 0; e < SliceLogarithmsCount(n); e++) { sum[e] = 0; }
    for (var i = 0; i < n; i++) {
        record[i] = SliceLogarithms();
        record[i].ln_strike_q48 <== ln_strike_q48[i];
        sum[i \ 3] += record[i].word * (1 << (80 * (i % 3)));
    }
    for (var e = 0; e < SliceLogarithmsCount(n); e++) { elements[e] <== sum[e]; }
}
