// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Groth16Verifier} from "../../contracts/libraries/Groth16Verifier.sol";
import {Groth16Vector} from "./base/Groth16Vector.sol";

contract Groth16Harness {
    function verify(bytes memory key, uint256[8] memory proof, uint256[3] memory signals) external view returns (bool) {
        return Groth16Verifier.verify(key, proof, signals);
    }
}

contract Groth16VerifierTest is Groth16Vector {
    Groth16Harness private verifier = new Groth16Harness();

    function test_a_real_proof_is_accepted() public view {
        vm.assertTrue(_verify(), "snarkjs proof");
    }

    function test_every_changed_byte_of_the_proof_is_refused() public {
        for (uint256 i = 0; i < 8; ++i) {
            uint256 honest = proof[i];
            for (uint256 byteIndex = 0; byteIndex < 32; ++byteIndex) {
                proof[i] = honest ^ (1 << (8 * byteIndex));
                vm.assertTrue(!_verify(), "changed proof byte");
            }
            proof[i] = honest;
        }
        vm.assertTrue(_verify(), "restored");
    }

    function test_every_changed_byte_of_a_signal_is_refused() public {
        for (uint256 i = 0; i < 3; ++i) {
            uint256 honest = signals[i];
            for (uint256 byteIndex = 0; byteIndex < 32; ++byteIndex) {
                signals[i] = honest ^ (1 << (8 * byteIndex));
                vm.assertTrue(!_verify(), "changed signal byte");
            }
            signals[i] = honest;
        }
    }

    function test_coordinates_and_signals_that_alias_by_the_field_order_are_refused() public {
        for (uint256 i = 0; i < 8; ++i) {
            proof[i] += Q;
            vm.assertTrue(!_verify(), "coordinate + q");
            proof[i] -= Q;
        }
        for (uint256 i = 0; i < 3; ++i) {
            signals[i] += R;
            vm.assertTrue(!_verify(), "signal + r");
            signals[i] -= R;
        }
    }

    function test_a_negated_proof_point_and_the_zero_proof_are_refused() public {
        proof[1] = Q - proof[1];
        vm.assertTrue(!_verify(), "-A");
        delete proof;
        vm.assertTrue(!_verify(), "all points at infinity");
    }

    function test_a_proof_under_another_key_is_refused() public {
        (key[14], key[15], key[16], key[17]) = (key[16], key[17], key[14], key[15]);
        vm.assertTrue(!_verify(), "IC0 and IC1 exchanged");
    }

    function test_a_key_of_another_length_reverts_with_WrongKeyLength() public {
        vm.expectRevert(abi.encodeWithSelector(Groth16Verifier.WrongKeyLength.selector, 703));
        verifier.verify(new bytes(703), proof, signals);
    }

    function _verify() private view returns (bool) {
        // A refused point consumes all gas of the precompile: the call gets what a proof needs, twice.
        return verifier.verify{gas: 600_000}(abi.encodePacked(key), proof, signals);
    }
}
