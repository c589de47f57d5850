// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

include "normal.circom";

function CDF_BITS() { return CORE_CDF_OUTPUT_BITS(); }
// Fractional bits of v and d. |d| < 8, and so v < 16.
function CORE_BITS() { return 34; }

/// @title Phi and phi of a in [0, 8), a at 2^34: 32 segments of degree 6, 16 of degree 8.
template CoreNormal(withDensity) {
    signal input a;
    signal output cdf;
    signal output pdf;
    var low = CORE_BITS() - 2;
    component bits = ToBits(low + 5);
    bits.in <== a;
    component monomials = Monomials(4);
    for (var i = 0; i < 4; i++) { monomials.bits[i] <== bits.out[low + 1 + i]; }
    component horner = FineHorner(CORE_BITS(), low, 16, 6, CORE_CDF_ROWS(), CORE_CDF_CUTS(), CORE_CDF_OFFSETS(), CORE_CDF_FINE_OFFSETS());
    for (var i = 0; i < low; i++) { horner.low[i] <== bits.out[i]; }
    horner.fine <== bits.out[low];
    horner.monomials <== monomials.out;
    cdf <== horner.out;
    component density;
    if (withDensity == 1) {
        density = Horner(CORE_BITS(), low + 1, 16, 8, CORE_PDF_ROWS(), CORE_PDF_CUTS(), CORE_PDF_OFFSETS());
        for (var i = 0; i < low + 1; i++) { density.low[i] <== bits.out[i]; }
        density.monomials <== monomials.out;
        pdf <== density.out;
    } else {
        pdf <== 0;
    }
}

/// @title Black-76 from log-moneyness and total vol [B-1]: d1 = (v^2 / 2 - k) / v to the nearest, d2 = d1 - v, both at 2^34.
/// @notice Price and every Greek are closed forms of the outputs and public data; nothing is rounded here. The inputs need no
///         range checks: steps 2 and 3 make 4 total_vol_q32 an integer in [1, 2^38) and 2^21 k one of less than 2^77 in size, both
///         modulo r (docs/spec/statement.md, section Uniqueness of the split).
/// @input k = ln(K / F) at 2^48
/// @output cdf_d1, cdf_d2, pdf_d1 at the scales of the tables
template Black76() {
    signal input k;
    signal input total_vol_q32;
    signal output cdf_d1;
    signal output cdf_d2;
    signal output pdf_d1;
    var v = total_vol_q32 * (1 << (CORE_BITS() - 32));

    // 1. Hint: d1 by division; its sign.
    var scaled_k = k * (1 << (2 * CORE_BITS() - 47));      // 2 k at 2^68
    var rounded = v * v + v - scaled_k;                    // 2 v d1 + v
    var negative = (rounded < 0) ? 1 : 0;
    var absolute = negative ? -rounded : rounded;
    var divisor = (v == 0) ? 1 : 2 * v;
    var quotient = negative ? -((absolute + divisor - 1) \ divisor) : absolute \ divisor;
    signal d1 <-- quotient;                                // pinned by step 2
    signal d1_negative <-- (quotient < 0) ? 1 : 0;         // pinned by step 3 (either sign is true for d1 = 0)

    // 2. 0 <= v^2 - 2 k - 2 v d1 + v < 2 v: the nearest is unique.
    signal product <== v * (v - 2 * d1 + 1);
    component remainder = Range(CORE_BITS() + 4);
    remainder.in <== product - scaled_k;
    component below = Range(CORE_BITS() + 4);
    below.in <== 2 * v - 1 - (product - scaled_k);

    // 3. Absolute values in [0, 2^37).
    d1_negative * (1 - d1_negative) === 0;
    signal d1_absolute <== (1 - 2 * d1_negative) * d1;
    component first = CoreNormal(1);
    first.a <== d1_absolute;
    signal d2_negative <-- (quotient < v) ? 1 : 0;         // pinned by the range of d2_absolute
    d2_negative * (1 - d2_negative) === 0;
    signal d2_absolute <== (1 - 2 * d2_negative) * (d1 - v);
    component second = CoreNormal(0);
    second.a <== d2_absolute;
    _ <== second.pdf;

    // 4. Phi(-x) = 1 - Phi(x).
    cdf_d1 <== d1_negative * ((1 << CDF_BITS()) - 2 * first.cdf) + first.cdf;
    cdf_d2 <== d2_negative * ((1 << CDF_BITS()) - 2 * second.cdf) + second.cdf;
    pdf_d1 <== first.pdf;
}
