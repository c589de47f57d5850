// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../../contracts/generated/SliceLayout.sol";
import {INativeSlice} from "../../contracts/interfaces/INativeSlice.sol";
import {IPoseidon} from "../../contracts/interfaces/IPoseidon.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Poseidon} from "../../contracts/native/Poseidon.sol";
import {Test} from "./base/Test.sol";

/// @notice Replays tests/vectors/poseidon.json and the knots of tests/vectors/native_slice.json.
contract PoseidonTest is Test {
    Poseidon private poseidon = new Poseidon();

    function test_digests_of_every_length_of_knots_are_those_of_python() public view {
        (uint256[][] memory rows, uint256[] memory digests) =
            abi.decode(vm.parseJsonBytes(vector("poseidon.json"), ".cases"), (uint256[][], uint256[]));
        vm.assertEq(rows.length, uint256(32), "cases");
        for (uint256 i = 0; i < rows.length; ++i) {
            vm.assertEq(poseidon.digest(rows[i]), digests[i], vm.toString(i));
        }
    }

    function test_the_knots_of_random_slices_and_their_neighbours_have_the_digests_of_their_data_vectors() public view {
        bytes[] memory openings = abi.decode(vm.parseJsonBytes(vector("native_slice.json"), ".openings"), (bytes[]));
        for (uint256 i = 0; i < openings.length; i += 6) {
            (uint256[] memory d,, INativeSlice.Opening memory o) =
                abi.decode(openings[i], (uint256[], uint256, INativeSlice.Opening));
            vm.assertEq(poseidon.digest(o.knots), d[SliceLayout.knotsDigestIndex()], "own");
            if (o.earlierKnots.length != 0) vm.assertEq(poseidon.digest(o.earlierKnots), d[2], "earlier");
            if (o.laterKnots.length != 0) vm.assertEq(poseidon.digest(o.laterKnots), d[3], "later");
        }
    }

    function test_gas_of_digests() public {
        uint8[4] memory lengths = [11, 16, 22, 32];
        string[4] memory names = ["32", "48", "64", "96"];
        for (uint256 i = 0; i < 4; ++i) {
            poseidon.digest(new uint256[](lengths[i]));
            vm.snapshotGasLastCall("native", string.concat("knots_digest_", names[i]));
        }
    }

    function testFuzz_another_element_gives_another_digest(uint256 index, uint256 element, uint256 other) public view {
        uint256[] memory elements = new uint256[](11);
        (index, element, other) = (index % 11, element % Words.FIELD_ORDER, other % Words.FIELD_ORDER);
        elements[index] = element;
        uint256 digest = poseidon.digest(elements);
        vm.assertLt(digest, Words.FIELD_ORDER, "in the field");
        elements[index] = other;
        vm.assertTrue((poseidon.digest(elements) == digest) == (element == other), "unique");
    }

    function testFuzz_an_element_at_or_above_the_order_reverts_with_NotInField(uint256 index, uint256 above) public {
        uint256[] memory elements = new uint256[](32);
        index %= 32;
        elements[index] = Words.FIELD_ORDER + above % (type(uint256).max - Words.FIELD_ORDER);
        vm.expectRevert(abi.encodeWithSelector(Words.NotInField.selector, index, elements[index]));
        poseidon.digest(elements);
    }

    function testFuzz_another_length_reverts_with_UnsupportedLength(uint256 length) public {
        length %= 40;
        if (length == 11 || length == 16 || length == 22 || length == 32) return;
        vm.expectRevert(abi.encodeWithSelector(IPoseidon.UnsupportedLength.selector, length));
        poseidon.digest(new uint256[](length));
    }
}
