// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Groth16Verifier} from "./Groth16Verifier.sol";
import {Words} from "./Words.sol";

/// @notice Verifies many Groth16 proofs, under one or several keys, by one pairing check of n + 3 x keys pairings.
/// @dev The proofs' equations (see `Groth16Verifier`) are raised to random coefficients c_i and multiplied; proofs of one
/// key share their pairings with beta, gamma and delta:
/// product over i of e(-c_i A_i, B_i) x product over keys of
/// e((sum c_i) alpha, beta) e(sum c_i IC_i, gamma) e(sum c_i C_i, delta) = 1.
/// Source: the small exponents test of Bellare, Garay, Rabin, "Fast Batch Verification for Modular Exponentiation and
/// Digital Signatures" (1998). With one equation false, at most one value of its coefficient satisfies the product.
/// @dev Warning: the coefficients must depend on every id, proof and signal. A prover that knows them before a proof is
/// fixed makes two false proofs cancel.
library Groth16Batch {
    /// @dev What the proofs of one key add up to: sums of c_i and of c_i x signal_i mod r, and of c_i x C_i.
    struct Sums {
        uint256[4] scalars;
        uint256[2] c;
    }

    uint256 private constant PAIRING_WORDS = 6;

    /// @notice True where every proof is valid; false, but for a chance of 2^-128, where one is not.
    /// @param keys Distinct verification keys, each named by a proof.
    /// @param keyOf Index of each proof's key.
    /// @param proofs As in `Groth16Verifier.verify`; so are the signals.
    /// @param seed Hash of all that is verified.
    function verify(
        bytes[] memory keys,
        uint256[] memory keyOf,
        uint256[8][] memory proofs,
        uint256[3][] memory signals,
        bytes32 seed
    ) internal view returns (bool valid) {
        Sums[] memory sums = new Sums[](keys.length);
        uint256[] memory input = new uint256[](PAIRING_WORDS * (proofs.length + 3 * keys.length));
        for (uint256 i = 0; i < proofs.length; ++i) {
            if (!Groth16Verifier.inRange(proofs[i], signals[i])) return false;
        }
        for (uint256 i = 0; i < proofs.length; ++i) {
            uint256 coefficient = uint256(keccak256(abi.encodePacked(seed, i))) >> 128;
            if (!_addProof(sums[keyOf[i]], input, i, coefficient, proofs[i], signals[i])) return false;
        }
        for (uint256 k = 0; k < keys.length; ++k) {
            Groth16Verifier.requireKeyLength(keys[k]);
            if (!_addKey(keys[k], sums[k], input, PAIRING_WORDS * (proofs.length + 3 * k))) return false;
        }
        assembly ("memory-safe") {
            let words := add(input, 32)
            valid := staticcall(gas(), 8, words, mul(mload(input), 32), words, 32)
            valid := and(valid, eq(mload(words), 1))
        }
    }

    /// @dev Writes the pairing (-c A, B) and adds the proof to the sums of its key.
    function _addProof(
        Sums memory sums,
        uint256[] memory input,
        uint256 index,
        uint256 coefficient,
        uint256[8] memory proof,
        uint256[3] memory signals
    ) private view returns (bool valid) {
        uint256[2] memory a;
        // y < q, and the point at infinity (0, 0) stays itself.
        uint256 negated = (Groth16Verifier.BASE_FIELD_ORDER - proof[1]) % Groth16Verifier.BASE_FIELD_ORDER;
        valid = _addMultiple(a, proof[0], negated, coefficient) && _addMultiple(sums.c, proof[6], proof[7], coefficient);
        uint256 first = PAIRING_WORDS * index;
        (input[first], input[first + 1]) = (a[0], a[1]);
        for (uint256 i = 2; i < PAIRING_WORDS; ++i) {
            input[first + i] = proof[i];
        }
        sums.scalars[0] = addmod(sums.scalars[0], coefficient, Words.FIELD_ORDER);
        for (uint256 i = 0; i < 3; ++i) {
            sums.scalars[i + 1] =
                addmod(sums.scalars[i + 1], mulmod(coefficient, signals[i], Words.FIELD_ORDER), Words.FIELD_ORDER);
        }
    }

    /// @dev Writes the pairings of a key with beta, gamma and delta.
    function _addKey(bytes memory key, Sums memory sums, uint256[] memory input, uint256 start)
        private
        view
        returns (bool valid)
    {
        uint256[2] memory alpha;
        uint256[2] memory ic;
        valid = _addMultiple(alpha, Groth16Verifier.word(key, 0), Groth16Verifier.word(key, 1), sums.scalars[0]);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 point = Groth16Verifier.FIRST_IC_WORD + 2 * i;
            valid = valid
                && _addMultiple(
                    ic, Groth16Verifier.word(key, point), Groth16Verifier.word(key, point + 1), sums.scalars[i]
                );
        }
        uint256[2][3] memory points = [alpha, ic, sums.c];
        for (uint256 i = 0; i < 3; ++i) {
            uint256 pairing = start + PAIRING_WORDS * i;
            (input[pairing], input[pairing + 1]) = (points[i][0], points[i][1]);
            // beta, gamma and delta follow alpha, four words each.
            for (uint256 j = 0; j < 4; ++j) {
                input[pairing + 2 + j] = Groth16Verifier.word(key, 2 + 4 * i + j);
            }
        }
    }

    /// @dev sum += scalar x (x, y); false where a point is off the curve.
    function _addMultiple(uint256[2] memory sum, uint256 x, uint256 y, uint256 scalar)
        private
        view
        returns (bool valid)
    {
        // Words 0-1: the sum; 2-3: the multiple; the multiplication reads words 2-4.
        uint256[5] memory buffer = [sum[0], sum[1], x, y, scalar];
        assembly ("memory-safe") {
            let product := add(buffer, 64)
            valid := staticcall(gas(), 7, product, 96, product, 64)
            // A refused point costs all gas that is passed on: the rest is left for the answer.
            if valid { valid := staticcall(gas(), 6, buffer, 128, sum, 64) }
        }
    }
}
