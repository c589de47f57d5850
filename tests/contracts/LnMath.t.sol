// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LnMath} from "../../contracts/libraries/LnMath.sol";
import {Test} from "./base/Test.sol";

contract LnMathHarness {
    function lnQ48(uint256 xQ16) external pure returns (uint256) {
        return LnMath.lnQ48(xQ16);
    }
}

contract LnMathTest is Test {
    LnMathHarness private math = new LnMathHarness();

    function test_logarithms_equal_the_floor_of_200_digit_references() public view {
        string memory json = vector("ln_q48.json");
        uint256[] memory xs = vm.parseJsonUintArray(json, ".x_q16");
        uint256[] memory expected = vm.parseJsonUintArray(json, ".ln_q48");
        vm.assertTrue(xs.length > 100, "vector is not empty");
        for (uint256 i = 0; i < xs.length; ++i) {
            vm.assertEq(math.lnQ48(xs[i]), expected[i], vm.toString(xs[i]));
        }
    }

    function testFuzz_a_larger_argument_has_no_smaller_logarithm(uint256 x, uint256 step) public view {
        x = bound(x, 1 << 16, (1 << 128) - 2);
        uint256 larger = bound(step, x + 1, x + 1 + (x >> 20));
        if (larger >> 128 != 0) larger = (1 << 128) - 1;
        vm.assertLe(math.lnQ48(x), math.lnQ48(larger), "monotone");
    }

    function testFuzz_doubling_adds_the_logarithm_of_two(uint256 x) public view {
        x = bound(x, 1 << 16, (1 << 127) - 1);
        uint256 step = math.lnQ48(2 * x) - math.lnQ48(x);
        uint256 ln2 = math.lnQ48(1 << 17);
        vm.assertTrue(step == ln2 || step == ln2 + 1, "ln 2, either floor");
    }

    function test_an_argument_outside_the_domain_reverts_with_LnOutOfDomain() public {
        uint256[4] memory outside = [uint256(0), (1 << 16) - 1, 1 << 128, type(uint256).max];
        for (uint256 i = 0; i < outside.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(LnMath.LnOutOfDomain.selector, outside[i]));
            math.lnQ48(outside[i]);
        }
    }
}
