// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

include "lib/challenge.circom";
include "lib/margin.circom";
include "generated/insolvency_data.circom";

/// @title insolvency
/// @notice This account, in this one scenario of the grid, falls short of its maintenance requirement at any cash below the stated bound.
/// @param n positions
template Insolvency(n) {
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
    signal input spot_e4;
    signal input ln_spot_q24;
    signal input weight_e5;
    signal input amount_e4[n];
    signal input put[n];
    signal input perpetual[n];
    signal input strike_e2[n];
    signal input log_moneyness_q24[n];
    signal input forward_e2[n];
    signal input vol_q18[n];
    signal input inverse_vol_q4[n];

    // 1. Data vector.
    component header = InsolvencyHeader();
    header.required_cash_e6 <== required_cash_e6;
    header.value_e6 <== value_e6;
    header.factor_e2 <== factor_e2;
    header.short_rate_e5 <== short_rate_e5;
    header.perpetual_rate_e5 <== perpetual_rate_e5;
    header.spot_e4 <== spot_e4;
    header.ln_spot_q24 <== ln_spot_q24;
    header.weight_e5 <== weight_e5;
    component challenge = Challenge(n + 1);
    challenge.z <== z;
    challenge.d[0] <== header.word;

    // 2. Positions under the scenario: upper price bounds for longs, lower ones for shorts, so the shortfall is a lower bound.
    component word[n];
    component position[n];
    component mode[n];
    component cell[n];
    var value = value_e6 - (1 << 65);
    var calls = 0;
    var puts = 0;
    var perpetuals = 0;
    var linear_asset = 0;
    var linear_strike = 0;
    var asset_size = 0;
    var strike_size = 0;
    var asset_legs = 0;
    var strike_legs = 0;
    for (var i = 0; i < n; i++) {
        word[i] = InsolvencyPositions();
        word[i].amount_e4 <== amount_e4[i];
        word[i].put <== put[i];
        word[i].perpetual <== perpetual[i];
        word[i].strike_e2 <== strike_e2[i];
        word[i].log_moneyness_q24 <== log_moneyness_q24[i];
        word[i].forward_e2 <== forward_e2[i];
        word[i].vol_q18 <== vol_q18[i];
        word[i].inverse_vol_q4 <== inverse_vol_q4[i];
        challenge.d[1 + i] <== word[i].word;
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
        mode[i] = VolMode();
        mode[i].vol_q18 <== vol_q18[i];
        mode[i].vol_bits <== word[i].vol_q18_bits;
        cell[i] = Cell();
        cell[i].vol_q18 <== vol_q18[i];
        cell[i].vol_high <== mode[i].high;
        cell[i].vol_low <== mode[i].low;
        cell[i].vol_square <== mode[i].square;
        cell[i].inverse_vol_q4 <== inverse_vol_q4[i];
        cell[i].k <== log_moneyness_q24[i] - ln_spot_q24;  // equal offsets cancel
        cell[i].asset <== position[i].asset;
        cell[i].strike <== position[i].strike;
        asset_legs += cell[i].asset_leg;
        strike_legs += cell[i].strike_leg;
    }

    // 3. Contingencies: either choice of the two bits is a lower bound of max(0, -net).
    signal calls_short <-- (calls < 0) ? 1 : 0;
    signal puts_short <-- (puts < 0) ? 1 : 0;
    calls_short * (1 - calls_short) === 0;
    puts_short * (1 - puts_short) === 0;
    signal short_calls <== -calls_short * calls;
    signal short_puts <== -puts_short * puts;
    signal short_charge <== short_rate_e5 * (short_calls + short_puts);
    signal perpetual_charge <== perpetual_rate_e5 * perpetuals;

    // 4. R <= factor weight (V0 - V) + contingencies - V0, at scale 2^122 1e-4 1e-2 1e-5; widths in docs/spec/errors.md.
    var one = (1 << CDF1_BITS()) * SPOT_UNIT();
    var error = TABLE_ERROR_Q20() * (1 << (CDF1_BITS() - 20));
    signal assets <== spot_e4 * (asset_legs + (1 << CDF1_BITS()) * linear_asset + error * asset_size);
    var shocked = assets - SPOT_UNIT() * ((1 << (CDF1_BITS() - CDF2_BITS())) * strike_legs - (1 << CDF1_BITS()) * linear_strike - error * strike_size);
    signal scale <== factor_e2 * weight_e5;
    signal loss <== scale * (one * value - shocked);
    component short_of = Range(REQUIREMENT_BITS());
    short_of.in <== loss + (short_charge + perpetual_charge) * one * FACTOR_UNIT()
        - (required_cash_e6 - (1 << 63) + value) * one * FACTOR_UNIT() * WEIGHT_UNIT();
    digest <== challenge.digest;
    y <== challenge.y;
}
