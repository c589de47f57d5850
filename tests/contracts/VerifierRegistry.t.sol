// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VerifierRegistry} from "../../contracts/VerifierRegistry.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";
import {DataContract} from "../../contracts/libraries/DataContract.sol";
import {Groth16Vector} from "./base/Groth16Vector.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

contract DataContractHarness {
    function store(bytes memory data) external returns (address) {
        return DataContract.store(data);
    }

    function load(address pointer) external view returns (bytes memory) {
        return DataContract.load(pointer);
    }
}

contract VerifierRegistryTest is Groth16Vector {
    bytes32 private constant ID = "three_signals";

    VerifierRegistry private registry = new VerifierRegistry(address(this), true);

    function test_a_registered_circuit_verifies_its_proof() public {
        registry.add(ID, key, "manifest", false);
        vm.assertTrue(registry.verify(ID, proof, signals), "valid proof");
        vm.snapshotGasLastCall("gas", "registry.verify");
        signals[0] += 1;
        vm.assertTrue(!registry.verify(ID, proof, signals), "other digest");
        IVerifierRegistry.Circuit memory circuit = registry.circuitOf(ID);
        vm.assertEq(circuit.provenance, "manifest", "provenance");
        vm.assertTrue(!circuit.ceremony && !circuit.removed, "flags");
        vm.assertEq(circuit.key.code, abi.encodePacked(hex"00", key), "key behind a STOP byte");
    }

    function test_a_key_with_equal_gamma_and_delta_reverts_with_SkippedPhaseTwo() public {
        for (uint256 i = 0; i < 4; ++i) {
            key[10 + i] = key[6 + i];
        }
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.SkippedPhaseTwo.selector, ID));
        registry.add(ID, key, 0, true);
    }

    function test_every_changed_word_of_a_key_reverts_with_InvalidVerificationKey() public {
        for (uint256 i = 0; i < 22; ++i) {
            key[i] += 1;
            _expectInvalid(i);
            key[i] -= 1;
        }
    }

    function test_every_point_at_infinity_and_alias_reverts_with_InvalidVerificationKey() public {
        uint256[22] memory honest = key;
        for (uint256 i = 0; i < 22; ++i) {
            uint256 first = _firstWord(i);
            for (uint256 word = first; word < first + (first > 1 && first < 14 ? 4 : 2); ++word) {
                key[word] = 0;
            }
            _expectInvalid(i);
            key = honest;
            key[i] += Q;
            _expectInvalid(i);
            key = honest;
        }
    }

    function test_a_twist_point_outside_the_subgroup_reverts_with_InvalidVerificationKey() public {
        uint256[] memory point = vm.parseJsonUintArray(vector("groth16.json"), ".g2_outside_subgroup");
        for (uint256 first = 2; first < 14; first += 4) {
            uint256[22] memory honest = key;
            for (uint256 i = 0; i < 4; ++i) {
                key[first + i] = point[i];
            }
            _expectInvalid(first);
            key = honest;
        }
    }

    function test_an_id_in_use_or_removed_reverts_with_CircuitIdTaken() public {
        registry.add(ID, key, 0, true);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.CircuitIdTaken.selector, ID));
        registry.add(ID, key, 0, true);
        registry.remove(ID);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.CircuitIdTaken.selector, ID));
        registry.add(ID, key, 0, true);
    }

    function test_a_development_key_on_a_real_chain_reverts_with_DevelopmentKey() public {
        registry = new VerifierRegistry(address(this), false);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.DevelopmentKey.selector, ID));
        registry.add(ID, key, 0, false);
        registry.add(ID, key, 0, true);
        vm.assertTrue(registry.verify(ID, proof, signals), "ceremony key");
    }

    function test_an_unknown_id_reverts_with_UnknownCircuit() public {
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.UnknownCircuit.selector, ID));
        registry.verify(ID, proof, signals);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.UnknownCircuit.selector, ID));
        registry.remove(ID);
    }

    function test_a_removed_id_reverts_with_RemovedCircuit() public {
        registry.add(ID, key, 0, true);
        registry.remove(ID);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.RemovedCircuit.selector, ID));
        registry.verify(ID, proof, signals);
    }

    function test_a_stranger_reverts_with_OwnableUnauthorizedAccount() public {
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(7));
        vm.expectRevert(refusal);
        vm.prank(address(7));
        registry.add(ID, key, 0, true);
        vm.expectRevert(refusal);
        vm.prank(address(7));
        registry.remove(ID);
    }

    function testFuzz_a_data_contract_returns_what_was_stored(bytes memory data) public {
        DataContractHarness harness = new DataContractHarness();
        vm.assertEq(harness.load(harness.store(data)), data, "stored bytes");
    }

    function test_data_above_the_code_limit_reverts_with_DataTooLong() public {
        DataContractHarness harness = new DataContractHarness();
        vm.expectRevert(abi.encodeWithSelector(DataContract.DataTooLong.selector, 24_576));
        harness.store(new bytes(24_576));
        vm.assertEq(harness.load(harness.store(new bytes(24_575))).length, uint256(24_575), "largest");
    }

    function test_a_creation_that_fails_reverts_with_DataContractNotCreated() public {
        DataContractHarness harness = new DataContractHarness();
        vm.expectRevert(DataContract.DataContractNotCreated.selector);
        harness.store{gas: 150_000}(new bytes(704));
    }

    function _firstWord(uint256 i) private pure returns (uint256) {
        return i > 1 && i < 14 ? 2 + 4 * ((i - 2) / 4) : i - i % 2;
    }

    function _expectInvalid(uint256 word) private {
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.InvalidVerificationKey.selector, _firstWord(word)));
        registry.add{gas: 5_000_000}(ID, key, 0, true);
    }
}
