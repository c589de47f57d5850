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
        vm.expectRevert(abi.encodeWithSelector(Words.WrongLength.selector, 24, 25));
        words.requireWidths(new uint256[](24));
        vm.expectRevert(abi.encodeWithSelector(Words.WrongLength.selector, 26, 25));
        words.requireWidths(new uint256[](26));
    }

    function test_every_element_of_a_slice_is_refused_at_its_width() public {
        uint8[11] memory indices = [0, 1, 2, 3, 4, 5, 6, 7, 8, 17, 18];
        uint8[11] memory bits = [149, 0, 0, 0, 0, 234, 234, 240, 240, 240, 240];
        for (uint256 j = 0; j < 11; ++j) {
            uint256 i = indices[j];
            uint256[] memory d = new uint256[](25);
            d[i] = (uint256(bits[j]) == 0 ? Words.FIELD_ORDER : 1 << uint256(bits[j])) - 1;
            words.requireWidths(d);
            d[i] += 1;
            vm.expectRevert(
                uint256(bits[j]) == 0
                    ? abi.encodeWithSelector(Words.NotInField.selector, i, d[i])
                    : abi.encodeWithSelector(Words.ValueTooWide.selector, "d", d[i], uint256(bits[j]))
            );
            words.requireWidths(d);
        }
    }

    function test_a_bit_outside_the_fields_of_a_result_or_logarithm_reverts_with_BitsOutsideFields() public {
        // Results: mark 32, zeros 3, vol 35, zeros 54, twice; logarithms: 53, zeros 27, three times.
        uint8[8] memory zeros = [32, 34, 70, 123, 156, 158, 194, 255];
        uint8[8] memory ones = [0, 31, 35, 69, 124, 155, 159, 193];
        _requireMask(9, zeros, ones);
        _requireMask(16, zeros, ones);
        uint8[8] memory logarithmZeros = [53, 79, 133, 159, 213, 239, 240, 255];
        uint8[8] memory logarithmOnes = [0, 52, 80, 132, 160, 200, 211, 212];
        _requireMask(19, logarithmZeros, logarithmOnes);
        _requireMask(24, logarithmZeros, logarithmOnes);
    }

    function _requireMask(uint256 index, uint8[8] memory zeros, uint8[8] memory ones) private {
        for (uint256 i = 0; i < 8; ++i) {
            uint256[] memory d = new uint256[](25);
            d[index] = 1 << ones[i];
            words.requireWidths(d);
            d[index] = 1 << zeros[i];
            vm.expectPartialRevert(Words.BitsOutsideFields.selector);
            words.requireWidths(d);
        }
    }
}
