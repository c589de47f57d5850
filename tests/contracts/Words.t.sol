// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../../contracts/generated/SliceLayout.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Test} from "./base/Test.sol";

contract WordsHarness {
    function fit(uint256 value, uint256 bits) external pure returns (uint256) {
        return Words.fit("field", value, bits);
    }

    function fitSigned(int256 value, int256 offset, uint256 bits) external pure returns (uint256) {
        return Words.fitSigned("field", value, offset, bits);
    }

    function requireWidths(uint256[] memory d) external pure {
        SliceLayout.requireWidths(d, 16);
    }
}

contract WordsTest is Test {
    WordsHarness private words = new WordsHarness();

    function test_a_value_below_its_width_is_kept() public view {
        vm.assertEq(words.fit(255, 8), uint256(255), "largest of eight bits");
        vm.assertEq(words.fitSigned(-8, 8, 4), uint256(0), "lowest of 4 signed bits");
        vm.assertEq(words.fitSigned(7, 8, 4), uint256(15), "highest of 4 signed bits");
    }

    function test_a_value_at_its_width_reverts_with_ValueTooWide() public {
        vm.expectRevert(abi.encodeWithSelector(Words.ValueTooWide.selector, "field", 256, 8));
        words.fit(256, 8);
    }

    function test_a_signed_value_outside_its_range_reverts_with_ValueTooWide() public {
        vm.expectRevert(abi.encodeWithSelector(Words.ValueTooWide.selector, "field", 16, 4));
        words.fitSigned(8, 8, 4);
        vm.expectRevert(abi.encodeWithSelector(Words.ValueTooWide.selector, "field", type(uint256).max, 4));
        words.fitSigned(-9, 8, 4);
    }

    function testFuzz_signed_values_fit_exactly_in_their_range(int256 value) public {
        int256 offset = 1 << 63;
        if (value < -offset || value >= offset) {
            vm.expectPartialRevert(Words.ValueTooWide.selector);
            words.fitSigned(value, offset, 64);
        } else {
            vm.assertEq(int256(words.fitSigned(value, offset, 64)) - offset, value, "value + offset");
        }
    }

    function test_a_data_vector_of_another_length_reverts_with_WrongLength() public {
        vm.expectRevert(abi.encodeWithSelector(Words.WrongLength.selector, 18, 19));
        words.requireWidths(new uint256[](18));
        vm.expectRevert(abi.encodeWithSelector(Words.WrongLength.selector, 20, 19));
        words.requireWidths(new uint256[](20));
    }

    function test_every_element_of_a_slice_is_refused_at_its_width() public {
        uint256[19] memory bits =
            [uint256(149), 0, 0, 0, 0, 216, 216, 216, 216, 216, 216, 216, 216, 231, 231, 231, 231, 231, 231];
        for (uint256 i = 0; i < 19; ++i) {
            uint256[] memory d = new uint256[](19);
            d[i] = (bits[i] == 0 ? Words.FIELD_ORDER : 1 << bits[i]) - 1;
            words.requireWidths(d);
            d[i] += 1;
            vm.expectRevert(
                bits[i] == 0
                    ? abi.encodeWithSelector(Words.NotInField.selector, i, d[i])
                    : abi.encodeWithSelector(Words.ValueTooWide.selector, "d", d[i], bits[i])
            );
            words.requireWidths(d);
        }
    }
}
