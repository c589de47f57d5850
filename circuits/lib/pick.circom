// SPDX-License-Identifier: Apache-2.0
pragma circom 2.1.6;

// Layers of a network that shifts by up to n - k rows.
function pickLayers(n, k) {
    var layers = 0;
    while ((1 << layers) <= n - k) { layers++; }
    return layers;
}

// Live rows after a layer.
function pickWidth(n, k, layer) {
    var width = k + (1 << pickLayers(n, k)) - (1 << (layer + 1));
    return (width < n - 1) ? width : n - 1;
}

/// @title k rows of n by layers of two-way switches: layer l moves a row down by 2^l.
/// @notice Whatever the bits, every output is a row of the input (a[i], b[i]); a strictly increasing choice never collides.
/// @input bits[layers][n - 1] switches; those outside the live width must be 0
template Pick(n, k) {
    var layers = pickLayers(n, k);
    signal input a[n];
    signal input b[n];
    signal input bits[layers][n - 1];
    signal output picked_a[k];
    signal output picked_b[k];
    signal rows_a[layers + 1][n];
    signal rows_b[layers + 1][n];
    for (var i = 0; i < n; i++) {
        rows_a[0][i] <== a[i];
        rows_b[0][i] <== b[i];
    }
    for (var l = 0; l < layers; l++) {
        for (var i = 0; i < n; i++) {
            if (i < n - 1 && i < pickWidth(n, k, l)) {
                var from = (i + (1 << l) < n - 1) ? i + (1 << l) : n - 1;
                bits[l][i] * (1 - bits[l][i]) === 0;
                rows_a[l + 1][i] <== rows_a[l][i] + bits[l][i] * (rows_a[l][from] - rows_a[l][i]);
                rows_b[l + 1][i] <== rows_b[l][i] + bits[l][i] * (rows_b[l][from] - rows_b[l][i]);
            } else {
                rows_a[l + 1][i] <== rows_a[l][n - 1];
                rows_b[l + 1][i] <== rows_b[l][n - 1];
                if (i < n - 1) { bits[l][i] === 0; }
            }
        }
    }
    for (var i = 0; i < k; i++) {
        picked_a[i] <== rows_a[layers][i];
        picked_b[i] <== rows_b[layers][i];
    }
}
