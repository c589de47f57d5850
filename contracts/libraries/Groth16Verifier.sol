// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Words} from "./Words.sol";

/// @notice Verifies Groth16 proofs over BN254 with exactly three public signals, for any verification key.
/// @dev Source of the equation: Groth, "On the Size of Pairing-based Non-interactive Arguments" (2016), section 3.2:
/// e(A, B) = e(alpha, beta) e(IC, gamma) e(C, delta), here as a product that must be one, with A negated.
/// Assumptions: precompiles 6 (addition), 7 (multiplication), 8 (pairing) of EIP-196 and EIP-197, which refuse points
/// off the curve and G2 points outside the subgroup.
/// @dev Warning: proofs are malleable. Proof bytes are never an identifier.
library Groth16Verifier {
    /// @notice Order q of the base field of BN254.
    uint256 internal constant BASE_FIELD_ORDER =
        21888242871839275222246405745257275088696311157297823662689037894645226208583;

    /// @notice Words of a verification key: alpha1, beta2, gamma2, delta2, IC0 to IC3.
    uint256 internal constant KEY_WORDS = 22;

    /// @notice The key has another length than 22 words.
    error WrongKeyLength(uint256 length);

    uint256 internal constant FIRST_IC_WORD = 14;

    /// @notice True exactly where the proof is valid for `signals` under `key`.
    /// @param key Packed words: alpha1 x, y; beta2 x.c1, x.c0, y.c1, y.c0; gamma2, delta2 likewise; IC0 to IC3 x, y.
    /// @param proof a.x, a.y, b.x.c1, b.x.c0, b.y.c1, b.y.c0, c.x, c.y.
    /// @param signals digest, y, z.
    function verify(bytes memory key, uint256[8] memory proof, uint256[3] memory signals) internal view returns (bool) {
        requireKeyLength(key);
        return inRange(proof, signals) && _check(key, proof, signals);
    }

    /// @notice Refuses a key of another length.
    function requireKeyLength(bytes memory key) internal pure {
        if (key.length != 32 * KEY_WORDS) revert WrongKeyLength(key.length);
    }

    /// @notice True where every coordinate is below q and every signal below r: an aliased one (value + q, value + r)
    /// names the same point and is refused before any arithmetic.
    function inRange(uint256[8] memory proof, uint256[3] memory signals) internal pure returns (bool valid) {
        uint256 q = BASE_FIELD_ORDER;
        uint256 r = Words.FIELD_ORDER;
        assembly ("memory-safe") {
            valid := and(
                and(lt(mload(proof), q), lt(mload(add(proof, 32)), q)),
                and(lt(mload(add(proof, 64)), q), lt(mload(add(proof, 96)), q))
            )
            valid := and(
                valid,
                and(
                    and(lt(mload(add(proof, 128)), q), lt(mload(add(proof, 160)), q)),
                    and(lt(mload(add(proof, 192)), q), lt(mload(add(proof, 224)), q))
                )
            )
            valid := and(
                valid,
                and(lt(mload(signals), r), and(lt(mload(add(signals, 32)), r), lt(mload(add(signals, 64)), r)))
            )
        }
    }

    /// @notice Word `index` of a key.
    function word(bytes memory key, uint256 index) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(add(key, 32), mul(index, 32)))
        }
    }

    /// @dev e(-A, B) e(alpha, beta) e(IC, gamma) e(C, delta) = 1 with IC = IC0 + sum of signals_i IC_(i+1).
    function _check(bytes memory key, uint256[8] memory proof, uint256[3] memory signals)
        private
        view
        returns (bool valid)
    {
        uint256 q = BASE_FIELD_ORDER;
        assembly ("memory-safe") {
            // Behind the free memory four pairings, and behind them words 0-1: running sum; 2-3: product, which is
            // multiplied from words 2-4.
            let input := mload(0x40)
            let sum := add(input, 768)
            let product := add(input, 832)
            let point := add(key, 480)
            mcopy(sum, point, 64)
            valid := 1
            for { let end := add(signals, 96) } lt(signals, end) { signals := add(signals, 32) } {
                point := add(point, 64)
                mcopy(product, point, 64)
                mstore(add(input, 896), mload(signals))
                valid := and(valid, staticcall(gas(), 7, product, 96, product, 64))
                valid := and(valid, staticcall(gas(), 6, sum, 128, sum, 64))
            }
            if valid {
                // A negated, y < q and infinity (0, 0) staying itself, and B; alpha and beta; IC, gamma; C, delta.
                mcopy(input, proof, 192)
                mstore(add(input, 32), mod(sub(q, mload(add(proof, 32))), q))
                mcopy(add(input, 192), add(key, 32), 192)
                mcopy(add(input, 384), sum, 64)
                mcopy(add(input, 448), add(key, 224), 128)
                mcopy(add(input, 576), add(proof, 192), 64)
                mcopy(add(input, 640), add(key, 352), 128)
                valid := staticcall(gas(), 8, input, 768, input, 32)
                valid := and(valid, eq(mload(input), 1))
            }
        }
    }
}
