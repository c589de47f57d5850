// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VerifierRegistry} from "../../contracts/VerifierRegistry.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";
import {Groth16Batch} from "../../contracts/libraries/Groth16Batch.sol";
import {Groth16Verifier} from "../../contracts/libraries/Groth16Verifier.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Test} from "./base/Test.sol";

/// @notice All proofs of one key, under a seed that does not depend on them.
contract Groth16BatchHarness {
    function verify(bytes[] memory keys, uint256[8][] calldata proofs, uint256[3][] calldata signals)
        external
        view
        returns (bool)
    {
        return Groth16Batch.verify(keys, new uint256[](proofs.length), proofs, signals, "seed");
    }
}

/// @notice Four proofs under each of three keys, the last two of one first phase (tests/vectors/groth16_batch.json).
contract Groth16BatchTest is Test {
    uint256 private constant PROOFS = 12;
    uint256 private constant Q = Groth16Verifier.BASE_FIELD_ORDER;
    uint256 private constant R = Words.FIELD_ORDER;

    struct Batch {
        bytes32[] ids;
        uint256[8][] proofs;
        uint256[3][] signals;
    }

    VerifierRegistry private registry = new VerifierRegistry(address(this), true);
    string private json = vector("groth16_batch.json");

    function setUp() public {
        for (uint256 k = 0; k < 3; ++k) {
            registry.add(bytes32(k + 1), _key(k), "manifest", false);
        }
    }

    function test_every_prefix_of_true_proofs_is_accepted() public view {
        for (uint256 count = 1; count <= PROOFS; ++count) {
            Batch memory b = _batch(count);
            vm.assertTrue(_verify(b), vm.toString(count));
            vm.assertTrue(registry.verify(b.ids[count - 1], b.proofs[count - 1], b.signals[count - 1]), "alone");
        }
    }

    function test_the_gas_of_further_proofs() public {
        _verify(_batch(1));
        vm.snapshotGasLastCall("gas", "registry.verifyBatch of 1 proof");
        _verify(_batch(2));
        vm.snapshotGasLastCall("gas", "registry.verifyBatch of 2 proofs of 1 key");
        _verify(_batch(4));
        vm.snapshotGasLastCall("gas", "registry.verifyBatch of 4 proofs of 1 key");
        _verify(_batch(5));
        vm.snapshotGasLastCall("gas", "registry.verifyBatch of 5 proofs of 2 keys");
        _verify(_batch(8));
        vm.snapshotGasLastCall("gas", "registry.verifyBatch of 8 proofs of 2 keys");
        _verify(_batch(9));
        vm.snapshotGasLastCall("gas", "registry.verifyBatch of 9 proofs of 3 keys, 2 of one first phase");
    }

    function test_proofs_of_alternating_keys_are_accepted() public view {
        Batch memory b = _batch(PROOFS);
        for (uint256 i = 1; i < 8; i += 2) {
            (b.ids[i], b.ids[i + 4]) = (b.ids[i + 4], b.ids[i]);
            (b.proofs[i], b.proofs[i + 4]) = (b.proofs[i + 4], b.proofs[i]);
            (b.signals[i], b.signals[i + 4]) = (b.signals[i + 4], b.signals[i]);
        }
        vm.assertTrue(_verify(b), "grouped by key");
    }

    function test_one_bad_proof_among_true_ones_is_refused_at_each_place() public view {
        for (uint256 i = 0; i < PROOFS; ++i) {
            Batch memory b = _batch(PROOFS);
            for (uint256 j = 0; j < 3; ++j) {
                uint256 honest = b.signals[i][j];
                b.signals[i][j] = addmod(honest, 1, R);
                vm.assertTrue(!_verify(b), "signal");
                b.signals[i][j] = honest;
            }
            for (uint256 j = 0; j < 8; ++j) {
                b.proofs[i][j] ^= 1;
                vm.assertTrue(!_verify(b), "point off the curve");
                b.proofs[i][j] ^= 1;
            }
            b.proofs[i][1] = Q - b.proofs[i][1];
            vm.assertTrue(!_verify(b), "-A");
            b.proofs[i][1] = Q - b.proofs[i][1];
            vm.assertTrue(_verify(b), "restored");
            uint256[8] memory other = b.proofs[(i + 1) % PROOFS];
            (b.proofs[i][6], b.proofs[i][7]) = (other[6], other[7]);
            vm.assertTrue(!_verify(b), "C of another proof");
        }
    }

    function test_two_bad_proofs_that_cancel_with_equal_coefficients_are_refused() public view {
        Batch memory b = _batch(PROOFS);
        bytes memory trueSum = _sumOfC(b.proofs[0], b.proofs[1]);
        for (uint256 i = 0; i < 2; ++i) {
            uint256[] memory c = _row(".cancelling_c", i);
            (b.proofs[i][6], b.proofs[i][7]) = (c[0], c[1]);
            vm.assertTrue(!registry.verify(b.ids[i], b.proofs[i], b.signals[i]), "bad alone");
        }
        bytes memory sum = _sumOfC(b.proofs[0], b.proofs[1]);
        vm.assertEq(sum, trueSum, "with equal coefficients the equations multiply to the same product");
        vm.assertTrue(!_verify(b), "coefficients differ");
    }

    function test_two_bad_proofs_that_cancel_with_coefficients_known_before_are_refused() public {
        Groth16BatchHarness harness = new Groth16BatchHarness();
        bytes[] memory keys = new bytes[](1);
        keys[0] = abi.encodePacked(_key(0));
        Batch memory b = _batch(4);
        bytes32 seed = keccak256(abi.encode(b.ids, b.proofs, b.signals));
        _cancel(b, "seed");
        vm.assertTrue(!registry.verify(b.ids[1], b.proofs[1], b.signals[1]), "bad alone");
        vm.assertTrue(harness.verify(keys, b.proofs, b.signals), "a seed that ignores the proofs accepts them");
        b = _batch(4);
        _cancel(b, seed);
        vm.assertTrue(!_verify(b), "the seed follows the proofs");
    }

    function test_swapped_signals_and_swapped_ids_are_refused() public view {
        for (uint256 i = 1; i < PROOFS; ++i) {
            Batch memory b = _batch(PROOFS);
            (b.signals[0], b.signals[i]) = (b.signals[i], b.signals[0]);
            vm.assertTrue(!_verify(b), "signals");
            (b.signals[0], b.signals[i]) = (b.signals[i], b.signals[0]);
            (b.ids[0], b.ids[i]) = (b.ids[i], b.ids[0]);
            vm.assertTrue(_verify(b) == (i < 4), "ids of two keys");
        }
    }

    function test_a_true_proof_twice_is_accepted_and_a_bad_one_twice_is_refused() public view {
        Batch memory b = _batch(PROOFS);
        (b.proofs[1], b.signals[1]) = (b.proofs[0], b.signals[0]);
        vm.assertTrue(_verify(b), "true twice");
        b.signals[1] = b.signals[2];
        vm.assertTrue(!_verify(b), "for another statement");
        b.signals[0] = b.signals[2];
        vm.assertTrue(!_verify(b), "bad twice");
    }

    function test_points_at_infinity_are_refused_at_each_place() public view {
        uint8[4] memory firsts = [0, 2, 6, 8];
        for (uint256 i = 0; i < PROOFS; ++i) {
            Batch memory b = _batch(PROOFS);
            for (uint256 k = 0; k < 3; ++k) {
                uint256[8] memory honest = b.proofs[i];
                uint256[8] memory changed;
                for (uint256 j = 0; j < 8; ++j) {
                    changed[j] = j < firsts[k] || j >= firsts[k + 1] ? honest[j] : 0;
                }
                b.proofs[i] = changed;
                vm.assertTrue(!_verify(b), "one point");
                b.proofs[i] = honest;
            }
            delete b.proofs[i];
            vm.assertTrue(!_verify(b), "all points");
        }
    }

    function test_coordinates_and_signals_that_alias_by_the_field_order_are_refused() public view {
        Batch memory b = _batch(PROOFS);
        for (uint256 i = 0; i < PROOFS; ++i) {
            for (uint256 j = 0; j < 8; ++j) {
                b.proofs[i][j] += Q;
                vm.assertTrue(!_verify(b), "coordinate + q");
                b.proofs[i][j] -= Q;
            }
            for (uint256 j = 0; j < 3; ++j) {
                b.signals[i][j] += R;
                vm.assertTrue(!_verify(b), "signal + r");
                b.signals[i][j] -= R;
            }
        }
        vm.assertTrue(_verify(b), "restored");
    }

    function test_lists_that_are_empty_or_differ_in_length_revert_with_InvalidBatchShape() public {
        Batch memory none;
        Batch memory b = _batch(PROOFS);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.InvalidBatchShape.selector, 0, 0, 0));
        registry.verifyBatch(none.ids, none.proofs, none.signals);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.InvalidBatchShape.selector, 12, 0, 12));
        registry.verifyBatch(b.ids, none.proofs, b.signals);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.InvalidBatchShape.selector, 12, 12, 0));
        registry.verifyBatch(b.ids, b.proofs, none.signals);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.InvalidBatchShape.selector, 0, 12, 12));
        registry.verifyBatch(none.ids, b.proofs, b.signals);
    }

    function test_an_unknown_or_removed_id_in_a_batch_reverts_with_UnknownCircuit_or_RemovedCircuit() public {
        Batch memory b = _batch(PROOFS);
        b.ids[6] = "other";
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.UnknownCircuit.selector, b.ids[6]));
        registry.verifyBatch(b.ids, b.proofs, b.signals);
        b.ids[6] = b.ids[7];
        registry.remove(b.ids[7]);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.RemovedCircuit.selector, b.ids[7]));
        registry.verifyBatch(b.ids, b.proofs, b.signals);
    }

    function test_a_key_of_another_length_reverts_with_WrongKeyLength() public {
        Groth16BatchHarness harness = new Groth16BatchHarness();
        bytes[] memory keys = new bytes[](1);
        Batch memory b = _batch(2);
        keys[0] = abi.encodePacked(_key(0));
        vm.assertTrue(harness.verify(keys, b.proofs, b.signals), "22 words");
        keys[0] = new bytes(703);
        vm.expectRevert(abi.encodeWithSelector(Groth16Verifier.WrongKeyLength.selector, 703));
        harness.verify(keys, b.proofs, b.signals);
    }

    function _verify(Batch memory b) private view returns (bool) {
        // A refused point consumes all gas of the precompile: the call keeps enough to answer.
        return registry.verifyBatch{gas: 4_000_000}(b.ids, b.proofs, b.signals);
    }

    function _batch(uint256 count) private view returns (Batch memory b) {
        (b.ids, b.proofs, b.signals) = (new bytes32[](count), new uint256[8][](count), new uint256[3][](count));
        for (uint256 i = 0; i < count; ++i) {
            b.ids[i] = bytes32(i / 4 + 1);
            uint256[] memory words = _row(".proofs", i);
            for (uint256 j = 0; j < 8; ++j) {
                b.proofs[i][j] = words[j];
            }
            words = _row(".signals", i);
            for (uint256 j = 0; j < 3; ++j) {
                b.signals[i][j] = words[j];
            }
        }
    }

    function _key(uint256 k) private view returns (uint256[22] memory key) {
        uint256[] memory words = _row(".keys", k);
        for (uint256 i = 0; i < 22; ++i) {
            key[i] = words[i];
        }
    }

    /// @dev C_1 + c_2 G and C_2 - c_1 G: their equations cancel where the coefficients stay those of `seed`.
    function _cancel(Batch memory b, bytes32 seed) private view {
        uint256 c1 = uint256(keccak256(abi.encodePacked(seed, uint256(1)))) >> 128;
        uint256 c2 = uint256(keccak256(abi.encodePacked(seed, uint256(2)))) >> 128;
        _shift(b.proofs[1], 2, c2);
        _shift(b.proofs[2], Q - 2, c1);
    }

    /// @dev Adds a multiple of the point (1, y) to C.
    function _shift(uint256[8] memory p, uint256 y, uint256 scalar) private view {
        (bool multiplied, bytes memory multiple) = address(7).staticcall(abi.encode(1, y, scalar));
        (bool added, bytes memory sum) = address(6).staticcall(abi.encodePacked(p[6], p[7], multiple));
        vm.assertTrue(multiplied && added, "points on the curve");
        (p[6], p[7]) = abi.decode(sum, (uint256, uint256));
    }

    function _sumOfC(uint256[8] memory p, uint256[8] memory q) private view returns (bytes memory sum) {
        bool success;
        (success, sum) = address(6).staticcall(abi.encode(p[6], p[7], q[6], q[7]));
        vm.assertTrue(success, "points on the curve");
    }

    function _row(string memory key, uint256 i) private view returns (uint256[] memory) {
        return vm.parseJsonUintArray(json, string.concat(key, "[", vm.toString(i), "]"));
    }
}
