// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VerifierRegistry} from "../../../contracts/VerifierRegistry.sol";
import {IVerifierRegistry} from "../../../contracts/interfaces/IVerifierRegistry.sol";
import {Test} from "./Test.sol";

/// @notice A key whose trapdoor is known (tests/vectors/groth16_batch.json): a proof that the real verifier accepts for any
/// signals, so that a test's gas is a transaction's.
abstract contract SimulatedSetup is Test {
    uint256 private constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    uint256[8] private _trapdoor;
    uint256[22] private _key;

    /// @notice Registers the key under these ids.
    function registerSimulated(VerifierRegistry registry, bytes32[3] memory circuitIds) internal {
        string memory json = vector("groth16_batch.json");
        uint256[] memory words = vm.parseJsonUintArray(json, ".keys[0]");
        for (uint256 i = 0; i < 22; ++i) {
            _key[i] = words[i];
        }
        words = vm.parseJsonUintArray(json, ".trapdoors[0]");
        for (uint256 i = 0; i < 8; ++i) {
            _trapdoor[i] = words[i];
        }
        for (uint256 i = 0; i < circuitIds.length; ++i) {
            IVerifierRegistry(registry).add(circuitIds[i], _key, "manifest", true);
        }
    }

    /// @notice Registers the key, which is known by now, under one more id.
    function registerSimulated(VerifierRegistry registry, bytes32 circuitId) internal {
        IVerifierRegistry(registry).add(circuitId, _key, "manifest", true);
    }

    /// @notice A = generator of G1, B = generator of G2, C = (1 - alpha beta - (IC . signals) gamma) / delta.
    function simulated(uint256[3] memory signals) internal view returns (uint256[8] memory proof) {
        uint256 combined = _trapdoor[4];
        for (uint256 i = 0; i < 3; ++i) {
            combined = addmod(combined, mulmod(_trapdoor[5 + i], signals[i], R), R);
        }
        uint256 c = addmod(1, R - mulmod(_trapdoor[0], _trapdoor[1], R), R);
        c = mulmod(addmod(c, R - mulmod(combined, _trapdoor[2], R), R), _power(_trapdoor[3], R - 2), R);
        (uint256 x, uint256 y) = _times(c);
        return [
            1,
            2,
            11559732032986387107991004021392285783925812861821192530917403151452391805634,
            10857046999023057135944570762232829481370756359578518086990519993285655852781,
            4082367875863433681332203403145435568316851327593401208105741076214120093531,
            8495653923123431417604973247489272438418190587263600148770280649306958101930,
            x,
            y
        ];
    }

    function _times(uint256 scalar) private view returns (uint256 x, uint256 y) {
        uint256[3] memory input = [1, 2, scalar];
        assembly ("memory-safe") {
            if iszero(staticcall(gas(), 7, input, 96, input, 64)) { revert(0, 0) }
        }
        return (input[0], input[1]);
    }

    function _power(uint256 base, uint256 exponent) private pure returns (uint256 result) {
        result = 1;
        for (; exponent != 0; exponent >>= 1) {
            if (exponent & 1 == 1) result = mulmod(result, base, R);
            base = mulmod(base, base, R);
        }
    }
}
