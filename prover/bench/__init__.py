# SPDX-License-Identifier: Apache-2.0
"""Measurements of the prover on two circuits of 2^16 points, alone and against rapidsnark."""
