# SPDX-License-Identifier: Apache-2.0
"""Measurements of the prover on two circuits of 2^16 points, alone and beside rapidsnark, snarkrs and snarkjs.

fx: 63,595 constraints, nearly all of whose wires are bits, as in circuits over fixed-point numbers. ff: 63,500 constraints over
full-size field elements. Both are compiled with the options of the product's own circuits.
"""
