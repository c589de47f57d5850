# SPDX-License-Identifier: Apache-2.0
"""Circuits, keys, witnesses and Groth16 proofs over BN254. Knows nothing of finance."""
