// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

include "normal.circom";

// Scales: Phi at 2^197, phi at 2^202.
function CDF_BITS() { return CORE_CDF_OUTPUT_BITS(); }

/// @title Phi and phi of a in [0, 8), a at 2^40: 16 segments, degree 7.
template CoreNormal(withDensity) {
    signal input a;
    signal output cdf;
    signal output pdf;
    component bits = ToBits(43);
    bits.in <== a;
    component monomials = Monomials(4);
    for (var i = 0; i < 4; i++) { monomials.bits[i] <== bits.out[39 + i]; }
    component horner = Horner(40, 39, 16, 7, CORE_CDF_ROWS(), CORE_CDF_CUTS(), CORE_CDF_OFFSETS());
    for (var i = 0; i < 39; i++) { horner.low[i] <== bits.out[i]; }
    for (var i = 0; i < 16; i++) { horner.monomials[i] <== monomials.out[i]; }
    cdf <== horner.out;
    component density;
    if (withDensity == 1) {
        density = Horner(40, 39, 16, 7, CORE_PDF_ROWS(), CORE_PDF_CUTS(), CORE_PDF_OFFSETS());
        for (var i = 0; i < 39; i++) { density.low[i] <== bits.out[i]; }
        for (var i = 0; i < 16; i++) { density.monomials[i] <== monomials.out[i]; }
        pdf <== density.out;
    } else {
        pdf <== 0;
    }
}

/// @title Black-76 from log-moneyness and total vol [B-1]: d1 = floor((v^2 / 2 - k) / v), d2 = d1 - v, all at 2^40.
/// @notice Price and every Greek are closed forms of the outputs and public data; nothing is rounded here.
/// @input k = ln(K / F) at 2^48, |k| < 2^53
/// @input v total vol at 2^40, 1 <= v < 2^42 (range-checked by the caller, v >= 1 follows from step 2)
/// @output cdf_d1, cdf_d2 at 2^197; pdf_d1 at 2^202
template Black76() {
    signal input k;
    signal input v;
    signal output cdf_d1;
    signal output cdf_d2;
    signal output pdf_d1;

    // 1. Hint: d1 by floor division; its sign.
    signal v2 <== v * v;                                   // 2^80, < 2^84
    var numerator = v2 - k * (1 << 33);                    // 2 v d1 at 2^80; |.| < 2^87
    var negative = (numerator < 0) ? 1 : 0;
    var absolute = negative ? -numerator : numerator;
    var divisor = (v == 0) ? 1 : 2 * v;
    var quotient = negative ? -((absolute + divisor - 1) \ divisor) : absolute \ divisor;
    signal d1 <-- quotient;                                // pinned by step 2
    signal d1_negative <-- (quotient < 0) ? 1 : 0;         // pinned by step 3 (either sign is true for d1 = 0)

    // 2. 0 <= numerator - 2 v d1 < 2 v: the floor is unique. |v d1| < 2^85 by step 3.
    signal product <== 2 * v * d1;
    component remainder = Range(43);
    remainder.in <== numerator - product;
    component below = Range(43);
    below.in <== 2 * v - 1 - (numerator - product);

    // 3. Absolute values in [0, 2^43).
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
