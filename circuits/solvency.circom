// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

include "lib/challenge.circom";
include "lib/margin.circom";
include "generated/solvency_data.circom";

function SCENARIOS() { return 36; }

// Vol mode of a scenario by its row: 0 up (18 rows), 1 none (9), 2 down (9).
function VOL_MODE(row) { return (row < 18) ? 0 : ((row < 27) ? 1 : 2); }

/// @title Net short notional max(0, -in), exact, |in| < 2^66.
template NetShort() {
    signal input in;
    signal output out;
    component bits = ToBits(67);
    bits.in <== in + (1 << 66);
    for (var i = 0; i < 66; i++) { _ <== bits.out[i]; }
    out <== (bits.out[66] - 1) * in;
}

/// @title solvency
/// @notice This account, with at least the stated cash, covers its requirement in every scenario of the grid.
/// @param n positions
template Solvency(n) {
    var S = SCENARIOS();

    // Public
    signal input z;
    signal output digest;
    signal output y;

    // Data vector (docs/spec/notation.md); signed fields with their offset
    signal input required_cash_e6;
    signal input value_e6;
    signal input factor_e2;
    signal input short_rate_e5;
    signal input perpetual_rate_e5;
    signal input spot_e4[S];
    signal input ln_spot_q24[S];
    signal input weight_e5[S];
    signal input amount_e4[n];
    signal input put[n];
    signal input perpetual[n];
    signal input strike_e2[n];
    signal input log_moneyness_q24[n];
    signal input forward_e2[n];
    signal input vol_up_q18[n];
    signal input vol_none_q18[n];
    signal input vol_down_q18[n];
    signal input inverse_vol_up_q4[n];
    signal input inverse_vol_none_q4[n];
    signal input inverse_vol_down_q4[n];

    // 1. Data vector: header and grid.
    component header = SolvencyHeader();
    header.required_cash_e6 <== required_cash_e6;
    header.value_e6 <== value_e6;
    header.factor_e2 <== factor_e2;
    header.short_rate_e5 <== short_rate_e5;
    header.perpetual_rate_e5 <== perpetual_rate_e5;
    component challenge = Challenge(1 + S \ 4 + n);
    challenge.z <== z;
    challenge.d[0] <== header.word;
    component row[S];
    for (var e = 0; e < S \ 4; e++) {
        var element = 0;
        for (var i = 0; i < 4; i++) {
            var j = 4 * e + i;
            row[j] = SolvencyGrid();
            row[j].spot_e4 <== spot_e4[j];
            row[j].ln_spot_q24 <== ln_spot_q24[j];
            row[j].weight_e5 <== weight_e5[j];
            element += row[j].word * (1 << (SolvencyGridBits() * i));
        }
        challenge.d[1 + e] <== element;
    }

    // 2. Positions in every scenario: lower price bounds for longs, upper ones for shorts, so the requirement is an upper bound.
    component word[n];
    component position[n];
    component mode[n][3];
    component cell[n][S];
    var value = value_e6 - (1 << 65);
    var calls = 0;
    var puts = 0;
    var perpetuals = 0;
    var linear_asset = 0;
    var linear_strike = 0;
    var asset_size = 0;
    var strike_size = 0;
    var asset_legs[S];
    var strike_legs[S];
    for (var j = 0; j < S; j++) { asset_legs[j] = 0; strike_legs[j] = 0; }
    for (var i = 0; i < n; i++) {
        word[i] = SolvencyPositions();
        word[i].amount_e4 <== amount_e4[i];
        word[i].put <== put[i];
        word[i].perpetual <== perpetual[i];
        word[i].strike_e2 <== strike_e2[i];
        word[i].log_moneyness_q24 <== log_moneyness_q24[i];
        word[i].forward_e2 <== forward_e2[i];
        word[i].vol_up_q18 <== vol_up_q18[i];
        word[i].vol_none_q18 <== vol_none_q18[i];
        word[i].vol_down_q18 <== vol_down_q18[i];
        word[i].inverse_vol_up_q4 <== inverse_vol_up_q4[i];
        word[i].inverse_vol_none_q4 <== inverse_vol_none_q4[i];
        word[i].inverse_vol_down_q4 <== inverse_vol_down_q4[i];
        challenge.d[1 + S \ 4 + i] <== word[i].word;
        position[i] = Position();
        position[i].amount_e4 <== amount_e4[i];
        position[i].amount_e4_bits <== word[i].amount_e4_bits;
        position[i].put <== put[i];
        position[i].perpetual <== perpetual[i];
        position[i].strike_e2 <== strike_e2[i];
        position[i].forward_e2 <== forward_e2[i];
        calls += position[i].call_asset;
        puts += position[i].put_asset;
        perpetuals += position[i].perpetual_size;
        linear_asset += position[i].perpetual_asset - position[i].put_asset;
        linear_strike += position[i].put_strike;
        asset_size += position[i].asset_size;
        strike_size += position[i].strike_size;
        for (var m = 0; m < 3; m++) { mode[i][m] = VolMode(); }
        mode[i][0].vol_q18 <== vol_up_q18[i];
        mode[i][0].vol_bits <== word[i].vol_up_q18_bits;
        mode[i][1].vol_q18 <== vol_none_q18[i];
        mode[i][1].vol_bits <== word[i].vol_none_q18_bits;
        mode[i][2].vol_q18 <== vol_down_q18[i];
        mode[i][2].vol_bits <== word[i].vol_down_q18_bits;
        for (var j = 0; j < S; j++) {
            var m = VOL_MODE(j);
            cell[i][j] = Cell();
            cell[i][j].vol_q18 <== (m == 0) ? vol_up_q18[i] : ((m == 1) ? vol_none_q18[i] : vol_down_q18[i]);
            cell[i][j].vol_high <== mode[i][m].high;
            cell[i][j].vol_low <== mode[i][m].low;
            cell[i][j].vol_square <== mode[i][m].square;
            cell[i][j].inverse_vol_q4 <== (m == 0) ? inverse_vol_up_q4[i] : ((m == 1) ? inverse_vol_none_q4[i] : inverse_vol_down_q4[i]);
            cell[i][j].k <== log_moneyness_q24[i] - ln_spot_q24[j];    // equal offsets cancel
            cell[i][j].asset <== position[i].asset;
            cell[i][j].strike <== position[i].strike;
            asset_legs[j] += cell[i][j].asset_leg;
            strike_legs[j] += cell[i][j].strike_leg;
        }
    }

    // 3. Contingencies, exact.
    component short_calls = NetShort();
    short_calls.in <== calls;
    component short_puts = NetShort();
    short_puts.in <== puts;
    signal short_charge <== short_rate_e5 * (short_calls.out + short_puts.out);
    signal perpetual_charge <== perpetual_rate_e5 * perpetuals;

    // 4. R >= factor weight_j (V0 - V_j) + contingencies - V0 for every j, at scale 2^122 1e-4 1e-2 1e-5; widths in docs/spec/errors.md.
    var one = (1 << CDF1_BITS()) * SPOT_UNIT();
    var error = TABLE_ERROR_Q20() * (1 << (CDF1_BITS() - 20));
    signal assets[S];
    signal scale[S];
    signal loss[S];
    component covers[S];
    for (var j = 0; j < S; j++) {
        assets[j] <== spot_e4[j] * (asset_legs[j] + (1 << CDF1_BITS()) * linear_asset - error * asset_size);
        var shocked = assets[j] - SPOT_UNIT() * ((1 << (CDF1_BITS() - CDF2_BITS())) * strike_legs[j] - (1 << CDF1_BITS()) * linear_strike + error * strike_size);
        scale[j] <== factor_e2 * weight_e5[j];
        loss[j] <== scale[j] * (one * value - shocked);
        covers[j] = Range(REQUIREMENT_BITS());
        covers[j].in <== (required_cash_e6 - (1 << 63) + value) * one * FACTOR_UNIT() * WEIGHT_UNIT()
            - (short_charge + perpetual_charge) * one * FACTOR_UNIT() - loss[j];
    }
    digest <== challenge.digest;
    y <== challenge.y;
}
