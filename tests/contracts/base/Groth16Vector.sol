// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "./Test.sol";

/// @notice A real proof with three public signals (tests/vectors/three_signals.circom).
abstract contract Groth16Vector is Test {
    uint256 internal constant Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583;
    uint256 internal constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    uint256[22] internal key;
    uint256[8] internal proof;
    uint256[3] internal signals;

    constructor() {
        string memory json = vector("groth16.json");
        uint256[] memory words = vm.parseJsonUintArray(json, ".key");
        for (uint256 i = 0; i < 22; ++i) {
            key[i] = words[i];
        }
        words = vm.parseJsonUintArray(json, ".proof");
        for (uint256 i = 0; i < 8; ++i) {
            proof[i] = words[i];
        }
        words = vm.parseJsonUintArray(json, ".signals");
        for (uint256 i = 0; i < 3; ++i) {
            signals[i] = words[i];
        }
    }
}
