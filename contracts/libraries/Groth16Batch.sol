// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Groth16Verifier} from "./Groth16Verifier.sol";
import {Words} from "./Words.sol";

/// @notice Verifies many Groth16 proofs, under one or several keys, by one pairing check.
/// @dev The proofs' equations (see `Groth16Verifier`) are raised to coefficients c_i and multiplied; pairings with one
/// point of G2 are merged, so that proofs of one key share those with its beta, gamma and delta:
/// product over i of e(-c_i A_i, B_i) x product over keys of
/// e((sum c_i) alpha, beta) e(sum c_i IC_i, gamma) e(sum c_i C_i, delta) = 1.
/// That is n + 3 x keys pairings at most; keys of one setup's first phase share beta and gamma.
/// c_0 = 1, the others are random. Source: the small exponents test of Bellare, Garay, Rabin, "Fast Batch Verification
/// for Modular Exponentiation and Digital Signatures" (1998). Where an equation other than the first is false, at most
/// one value of its coefficient satisfies the product; where the first alone is, none does.
/// @dev Warning: the coefficients must depend on every key, proof and signal. A prover that knows them before a proof is
/// fixed makes two false proofs cancel.
library Groth16Batch {
    /// @dev What the proofs of one key add up to: sums of c_i and of c_i x signal_i mod r, and of c_i x C_i.
    struct Sums {
        uint256[4] scalars;
        uint256[2] c;
    }

    /// @dev A pairing is a point of G1, two words, and one of G2, four words.
    uint256 private constant PAIRING_WORDS = 6;

    /// @notice True where every proof is valid; false, but for a chance of 2^-128, where one is not.
    /// @param keys Distinct verification keys, each named by a proof.
    /// @param keyOf Index of each proof's key.
    /// @param proofs As in `Groth16Verifier.verify`; so are the signals.
    /// @param seed Hash of all that is verified.
    function verify(
        bytes[] memory keys,
        uint256[] memory keyOf,
        uint256[8][] calldata proofs,
        uint256[3][] calldata signals,
        bytes32 seed
    ) internal view returns (bool) {
        Sums[] memory sums = new Sums[](keys.length);
        uint256[] memory input = new uint256[](PAIRING_WORDS * (proofs.length + 3 * keys.length));
        for (uint256 i = 0; i < proofs.length; ++i) {
            if (!_addProof(sums[keyOf[i]], input, i, seed, proofs[i], signals[i])) return false;
        }
        uint256 used = PAIRING_WORDS * proofs.length;
        for (uint256 k = 0; k < keys.length; ++k) {
            Groth16Verifier.requireKeyLength(keys[k]);
            bool valid;
            (valid, used) = _addKey(keys[k], sums[k], input, PAIRING_WORDS * proofs.length, used);
            if (!valid) return false;
        }
        return _isOne(input, used);
    }

    /// @dev Writes the pairing (-c A, B) of proof `index` and adds the proof to the sums of its key; false where a number is
    /// out of range or a multiplied or added point off the curve. The pairing itself refuses the other points.
    function _addProof(
        Sums memory sums,
        uint256[] memory input,
        uint256 index,
        bytes32 seed,
        uint256[8] calldata proof,
        uint256[3] calldata signals
    ) private view returns (bool valid) {
        uint256 q = Groth16Verifier.BASE_FIELD_ORDER;
        uint256 r = Words.FIELD_ORDER;
        assembly ("memory-safe") {
            valid := and(
                and(lt(calldataload(proof), q), lt(calldataload(add(proof, 32)), q)),
                and(lt(calldataload(add(proof, 64)), q), lt(calldataload(add(proof, 96)), q))
            )
            valid := and(
                valid,
                and(
                    and(lt(calldataload(add(proof, 128)), q), lt(calldataload(add(proof, 160)), q)),
                    and(lt(calldataload(add(proof, 192)), q), lt(calldataload(add(proof, 224)), q))
                )
            )
            mstore(0x00, seed)
            mstore(0x20, index)
            let c := shr(128, keccak256(0x00, 0x40))
            if iszero(index) { c := 1 }
            // The sums of c and of c x signal.
            let sum := mload(sums)
            mstore(sum, addmod(mload(sum), c, r))
            let signal := calldataload(signals)
            valid := and(valid, lt(signal, r))
            sum := add(sum, 32)
            mstore(sum, addmod(mload(sum), mulmod(c, signal, r), r))
            signal := calldataload(add(signals, 32))
            valid := and(valid, lt(signal, r))
            sum := add(sum, 32)
            mstore(sum, addmod(mload(sum), mulmod(c, signal, r), r))
            signal := calldataload(add(signals, 64))
            valid := and(valid, lt(signal, r))
            sum := add(sum, 32)
            mstore(sum, addmod(mload(sum), mulmod(c, signal, r), r))
            // The pairing: A negated, y < q and infinity (0, 0) staying itself, and B.
            let pairing := add(add(input, 32), mul(mul(32, PAIRING_WORDS), index))
            calldatacopy(pairing, proof, mul(32, PAIRING_WORDS))
            mstore(add(pairing, 32), mod(sub(q, calldataload(add(proof, 32))), q))
            // Behind the free memory: the sum of C in words 0-1, the next C in words 2-3, the coefficient in word 4.
            let free := mload(0x40)
            let point := mload(add(sums, 32))
            mcopy(free, point, 64)
            calldatacopy(add(free, 64), add(proof, 192), 64)
            if iszero(eq(c, 1)) {
                mstore(add(free, 128), c)
                valid := and(valid, staticcall(gas(), 7, add(free, 64), 96, add(free, 64), 64))
                mcopy(add(free, 160), pairing, 64)
                mstore(add(free, 224), c)
                if valid { valid := staticcall(gas(), 7, add(free, 160), 96, pairing, 64) }
            }
            // A refused point costs all gas that is passed on: the rest is left for the answer.
            if valid { valid := staticcall(gas(), 6, free, 128, point, 64) }
        }
    }

    /// @dev Adds the pairings of a key with beta, gamma and delta, words 2 to 13, to those that start at `first`.
    function _addKey(bytes memory key, Sums memory sums, uint256[] memory input, uint256 first, uint256 used)
        private
        view
        returns (bool valid, uint256)
    {
        uint256[2] memory alpha;
        uint256[2] memory ic;
        valid = _addMultiple(alpha, Groth16Verifier.word(key, 0), Groth16Verifier.word(key, 1), sums.scalars[0]);
        for (uint256 i = 0; i < 4 && valid; ++i) {
            uint256 point = Groth16Verifier.FIRST_IC_WORD + 2 * i;
            (uint256 x, uint256 y) = (Groth16Verifier.word(key, point), Groth16Verifier.word(key, point + 1));
            valid = _addMultiple(ic, x, y, sums.scalars[i]);
        }
        uint256[2][3] memory points = [alpha, ic, sums.c];
        for (uint256 i = 0; i < 3 && valid; ++i) {
            (valid, used) = _addPairing(key, 2 + 4 * i, points[i], input, first, used);
        }
        return (valid, used);
    }

    /// @dev Adds `point` to the pairing from `first` on whose point of G2 is that at `word` of the key, or appends one.
    function _addPairing(
        bytes memory key,
        uint256 word,
        uint256[2] memory point,
        uint256[] memory input,
        uint256 first,
        uint256 used
    ) private view returns (bool, uint256) {
        for (uint256 pairing = first; pairing < used; pairing += PAIRING_WORDS) {
            if (!_isPaired(key, word, input, pairing + 2)) continue;
            uint256[2] memory sum = [input[pairing], input[pairing + 1]];
            bool valid = _addMultiple(sum, point[0], point[1], 1);
            (input[pairing], input[pairing + 1]) = (sum[0], sum[1]);
            return (valid, used);
        }
        assembly ("memory-safe") {
            // The input was made for three pairings a key.
            let pairing := add(add(input, 32), mul(32, used))
            mcopy(pairing, point, 64)
            mcopy(add(pairing, 64), add(add(key, 32), mul(32, word)), 128)
        }
        return (true, used + PAIRING_WORDS);
    }

    /// @dev True where the point of G2 at `word` of the key is that in the four words of the input from `start`.
    function _isPaired(bytes memory key, uint256 word, uint256[] memory input, uint256 start)
        private
        pure
        returns (bool same)
    {
        assembly ("memory-safe") {
            let given := add(add(key, 32), mul(32, word))
            let paired := add(add(input, 32), mul(32, start))
            let difference := xor(mload(given), mload(paired))
            difference := or(difference, xor(mload(add(given, 32)), mload(add(paired, 32))))
            difference := or(difference, xor(mload(add(given, 64)), mload(add(paired, 64))))
            difference := or(difference, xor(mload(add(given, 96)), mload(add(paired, 96))))
            same := iszero(difference)
        }
    }

    /// @dev sum += scalar x (x, y); false where a point is off the curve.
    function _addMultiple(uint256[2] memory sum, uint256 x, uint256 y, uint256 scalar)
        private
        view
        returns (bool valid)
    {
        assembly ("memory-safe") {
            // Words 0-1: the sum; 2-3: the multiple; the multiplication reads words 2-4.
            let free := mload(0x40)
            mcopy(free, sum, 64)
            mstore(add(free, 64), x)
            mstore(add(free, 96), y)
            mstore(add(free, 128), scalar)
            valid := 1
            if iszero(eq(scalar, 1)) { valid := staticcall(gas(), 7, add(free, 64), 96, add(free, 64), 64) }
            // A refused point costs all gas that is passed on: the rest is left for the answer.
            if valid { valid := staticcall(gas(), 6, free, 128, sum, 64) }
        }
    }

    /// @dev True where the product of the pairings in the first `used` words is one.
    function _isOne(uint256[] memory input, uint256 used) private view returns (bool valid) {
        assembly ("memory-safe") {
            let words := add(input, 32)
            valid := staticcall(gas(), 8, words, mul(used, 32), words, 32)
            valid := and(valid, eq(mload(words), 1))
        }
    }
}
