// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

include "bits.circom";
include "../generated/normal_tables.circom";

/// @title Monomials of n bits: out[i] is the product of the bits set in i. Selects a row of a table in Moebius form.
template Monomials(n) {
    signal input bits[n];
    signal output out[1 << n];
    out[0] <== 1;
    for (var i = 1; i < (1 << n); i++) {
        var high = 0;
        while ((i >> (high + 1)) > 0) { high++; }
        var rest = i - (1 << high);
        if (rest == 0) { out[i] <== bits[high]; } else { out[i] <== out[rest] * bits[high]; }
    }
}

/// @title Horner with given coefficients; step j multiplies by the argument cut to cuts[j] fractional bits.
/// @notice offsets keep every intermediate witness non-negative: a negative value is a full-size scalar for the prover.
/// @input low[lowBits] bits of the argument inside the segment
/// @output out value at the table's output scale, unrounded
template HornerSteps(fracBits, lowBits, degree, cuts, offsets) {
    signal input low[lowBits];
    signal input coefficients[degree + 1];
    signal output out;
    signal steps[degree + 1];
    steps[degree] <== coefficients[degree] + offsets[degree];
    var argument = 0;
    var lowest = lowBits;                                  // bits of the argument so far
    for (var j = degree - 1; j >= 0; j--) {
        var cut = fracBits - cuts[j];
        assert(cut <= lowest);                             // cuts lie closer with every step
        while (lowest > cut) { lowest--; argument = 2 * argument + low[lowest]; }
        steps[j] <== (steps[j + 1] - offsets[j + 1]) * (argument - (1 << (lowBits - 1 - cut))) + coefficients[j] + offsets[j];
    }
    out <== steps[0];
}

/// @title Piecewise polynomial by Horner, one row of the table a segment.
/// @input monomials[segments] of the segment bits
template Horner(fracBits, lowBits, segments, degree, rows, cuts, offsets) {
    signal input low[lowBits];
    signal input monomials[segments];
    signal output out;
    component horner = HornerSteps(fracBits, lowBits, degree, cuts, offsets);
    horner.low <== low;
    for (var j = 0; j <= degree; j++) {
        var coefficient = 0;
        for (var i = 0; i < segments; i++) { coefficient += monomials[i] * rows[i][j]; }
        horner.coefficients[j] <== coefficient;
    }
    out <== horner.out;
}

/// @title The same with segments halved by a further bit: one product a coefficient instead of twice the monomials.
/// @input fine the lowest segment bit; monomials[segments] of the others
template FineHorner(fracBits, lowBits, segments, degree, rows, cuts, offsets, fineOffsets) {
    signal input low[lowBits];
    signal input monomials[segments];
    signal input fine;
    signal output out;
    component horner = HornerSteps(fracBits, lowBits, degree, cuts, offsets);
    horner.low <== low;
    signal difference[degree + 1];
    for (var j = 0; j <= degree; j++) {
        var coarse = 0;
        var change = 0;
        for (var i = 0; i < segments; i++) {
            coarse += monomials[i] * rows[2 * i][j];
            change += monomials[i] * rows[2 * i + 1][j];
        }
        difference[j] <== fine * (change + fineOffsets[j]);
        horner.coefficients[j] <== coarse + difference[j] - fine * fineOffsets[j];
    }
    out <== horner.out;
}
