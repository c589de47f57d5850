// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VerifierRegistry} from "../../contracts/VerifierRegistry.sol";
import {IGuarded} from "../../contracts/interfaces/IGuarded.sol";
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

    bytes32 private constant OTHER = "other_signals";
    address private constant GUARDIAN = address(0x6a);
    address private constant STRANGER = address(7);

    VerifierRegistry private registry = new VerifierRegistry(address(this), true);

    constructor() {
        registry.setGuardian(GUARDIAN);
    }

    function test_a_registered_circuit_verifies_its_proof() public {
        registry.add(ID, key, "manifest", false);
        vm.assertTrue(registry.verify(ID, proof, signals), "valid proof");
        vm.snapshotGasLastCall("gas", "registry.verify");
        signals[0] += 1;
        vm.assertTrue(!registry.verify(ID, proof, signals), "other digest");
        IVerifierRegistry.Circuit memory circuit = registry.circuitOf(ID);
        vm.assertEq(circuit.provenance, "manifest", "provenance");
        vm.assertTrue(!circuit.ceremony && circuit.status == IVerifierRegistry.Status.Active, "flags");
        vm.assertTrue(registry.circuitIds().length == 1 && registry.circuitIds()[0] == ID, "ids");
        vm.assertEq(circuit.key.code, abi.encodePacked(hex"00", key), "key behind a STOP byte");
    }

    function test_a_key_with_equal_gamma_and_delta_reverts_with_SkippedPhaseTwo() public {
        for (uint256 i = 0; i < 4; ++i) {
            key[10 + i] = key[6 + i];
        }
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.SkippedPhaseTwo.selector, ID));
        registry.add(ID, key, "manifest", true);
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
        registry.add(ID, key, "manifest", true);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.CircuitIdTaken.selector, ID));
        registry.add(ID, key, "manifest", true);
        registry.remove(ID);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.CircuitIdTaken.selector, ID));
        registry.add(ID, key, "manifest", true);
    }

    function test_a_development_key_on_a_real_chain_reverts_with_DevelopmentKey() public {
        registry = new VerifierRegistry(address(this), false);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.DevelopmentKey.selector, ID));
        registry.add(ID, key, "manifest", false);
        registry.add(ID, key, "manifest", true);
        vm.assertTrue(registry.verify(ID, proof, signals), "ceremony key");
    }

    function test_a_key_without_provenance_reverts_with_MissingProvenance() public {
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.MissingProvenance.selector, ID));
        registry.add(ID, key, 0, true);
    }

    function test_a_main_network_declared_a_test_chain_reverts_with_MainNetwork() public {
        uint256[] memory ids = vm.parseJsonUintArray(vector("main_networks.json"), ".main_networks");
        for (uint256 i = 0; i < ids.length; ++i) {
            vm.chainId(ids[i]);
            vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.MainNetwork.selector, ids[i]));
            new VerifierRegistry(address(this), true);
            vm.assertTrue(!new VerifierRegistry(address(this), false).declaredTestChain(), "no test chain");
        }
        ids = vm.parseJsonUintArray(vector("main_networks.json"), ".other_networks");
        for (uint256 i = 0; i < ids.length; ++i) {
            vm.chainId(ids[i]);
            vm.assertTrue(new VerifierRegistry(address(this), true).declaredTestChain(), "test chain");
        }
    }

    function test_an_unknown_id_reverts_with_UnknownCircuit() public {
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.UnknownCircuit.selector, ID));
        registry.verify(ID, proof, signals);
    }

    function test_a_removed_id_reverts_with_RemovedCircuit() public {
        registry.add(ID, key, "manifest", true);
        vm.prank(GUARDIAN);
        registry.remove(ID);
        bytes memory refusal = abi.encodeWithSelector(IVerifierRegistry.RemovedCircuit.selector, ID);
        vm.expectRevert(refusal);
        registry.verify(ID, proof, signals);
        vm.expectRevert(refusal);
        registry.remove(ID);
    }

    function test_an_id_that_the_guardian_removed_before_it_was_added_reverts_with_CircuitIdTaken() public {
        vm.prank(GUARDIAN);
        registry.remove(ID);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.CircuitIdTaken.selector, ID));
        registry.add(ID, key, "manifest", true);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.RemovedCircuit.selector, ID));
        registry.verify(ID, proof, signals);
        vm.assertEq(registry.circuitIds().length, uint256(0), "never added");
    }

    function test_a_removed_id_never_verifies_again_whatever_is_stopped_and_resumed() public {
        registry.add(ID, key, "manifest", true);
        registry.remove(ID);
        registry.stop();
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.NotStopped.selector, ID));
        registry.resume(_only(ID));
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.RemovedCircuit.selector, ID));
        registry.verify(ID, proof, signals);
    }

    function test_the_guardian_stops_every_circuit_and_the_owner_resumes_them_one_by_one() public {
        registry.add(ID, key, "manifest", true);
        registry.add(OTHER, key, "manifest", true);
        vm.prank(GUARDIAN);
        registry.stop();
        _expectStopped(ID);
        _expectStopped(OTHER);
        registry.resume(_only(OTHER));
        _expectStopped(ID);
        vm.assertTrue(registry.verify(OTHER, proof, signals), "resumed");
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.NotStopped.selector, OTHER));
        registry.resume(_only(OTHER));
    }

    function test_a_stopped_circuit_in_a_batch_reverts_with_StoppedCircuit() public {
        registry.add(ID, key, "manifest", true);
        registry.stop();
        registry.add(OTHER, key, "manifest", true);
        uint256[8][] memory proofs = new uint256[8][](2);
        uint256[3][] memory all = new uint256[3][](2);
        bytes32[] memory ids = new bytes32[](2);
        (proofs[0], proofs[1], all[0], all[1]) = (proof, proof, signals, signals);
        (ids[0], ids[1]) = (OTHER, ID);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.StoppedCircuit.selector, ID));
        registry.verifyBatch(ids, proofs, all);
        ids[1] = OTHER;
        vm.assertTrue(registry.verifyBatch(ids, proofs, all), "added after the stop");
    }

    function test_a_watch_stops_and_does_nothing_else_until_the_owner_withdraws_it() public {
        registry.add(ID, key, "manifest", true);
        registry.setWatch(STRANGER, true);
        vm.expectRevert(abi.encodeWithSelector(IGuarded.NotGuardian.selector, STRANGER));
        vm.prank(STRANGER);
        registry.remove(ID);
        vm.prank(STRANGER);
        registry.stop();
        _expectStopped(ID);
        registry.setWatch(STRANGER, false);
        _expectNotGuardian();
        registry.stop();
    }

    function test_neither_guardian_nor_stranger_adds_or_restores() public {
        address[2] memory callers = [GUARDIAN, STRANGER];
        for (uint256 i = 0; i < 2; ++i) {
            _expectNotOwner(callers[i]);
            registry.add(ID, key, "manifest", true);
            _expectNotOwner(callers[i]);
            registry.resume(_only(ID));
            _expectNotOwner(callers[i]);
            registry.setWatch(STRANGER, true);
            _expectNotOwner(callers[i]);
            registry.setGuardian(STRANGER);
        }
    }

    function test_a_stranger_who_removes_or_stops_reverts_with_NotGuardian() public {
        _expectNotGuardian();
        registry.remove(ID);
        _expectNotGuardian();
        registry.stop();
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

    function _only(bytes32 id) private pure returns (bytes32[] memory ids) {
        ids = new bytes32[](1);
        ids[0] = id;
    }

    function _expectStopped(bytes32 id) private {
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.StoppedCircuit.selector, id));
        registry.verify(id, proof, signals);
    }

    function _expectNotOwner(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller));
        vm.prank(caller);
    }

    function _expectNotGuardian() private {
        vm.expectRevert(abi.encodeWithSelector(IGuarded.NotGuardian.selector, STRANGER));
        vm.prank(STRANGER);
    }

    function _firstWord(uint256 i) private pure returns (uint256) {
        return i > 1 && i < 14 ? 2 + 4 * ((i - 2) / 4) : i - i % 2;
    }

    function _expectInvalid(uint256 word) private {
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.InvalidVerificationKey.selector, _firstWord(word)));
        registry.add{gas: 5_000_000}(ID, key, "manifest", true);
    }
}
