// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Challenge} from "../../contracts/libraries/Challenge.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Test} from "./base/Test.sol";

contract ChallengeHarness {
    function signals(bytes32 domain, uint256[] memory d, uint256 digest) external pure returns (uint256[3] memory) {
        return Challenge.signals(domain, d, digest);
    }
}

contract ChallengeTest is Test {
    uint256 private constant R = Words.FIELD_ORDER;

    ChallengeHarness private challenge = new ChallengeHarness();

    /// @dev Of every length: no element, single ones, whole turns of eight and what is left.
    function testFuzz_signals_follow_the_definition(bytes32 domain, uint256 seed, uint8 count, uint256 digest)
        public
        view
    {
        uint256[] memory d = new uint256[](count % 50);
        for (uint256 i = 0; i < d.length; ++i) {
            // Elements next to the order among random ones.
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            d[i] = random % 4 == 0 ? R - 1 : random % R;
        }
        digest %= R;
        uint256 z = uint256(keccak256(abi.encodePacked(domain, d.length, d, digest))) % R;
        uint256 y = 0;
        uint256 power = 1;
        for (uint256 i = 0; i < d.length; ++i) {
            y = addmod(y, mulmod(d[i], power, R), R);
            power = mulmod(power, z, R);
        }
        uint256[3] memory signals = challenge.signals(domain, d, digest);
        vm.assertEq(signals[0], digest, "digest");
        vm.assertEq(signals[1], y, "y");
        vm.assertEq(signals[2], z, "z");
    }

    function testFuzz_an_element_at_the_field_order_is_refused_at_each_place(uint8 count, uint8 place, uint256 excess)
        public
    {
        uint256[] memory d = new uint256[](1 + count % 50);
        uint256 index = place % d.length;
        d[index] = R + excess % (type(uint256).max - R + 1);
        vm.expectRevert(abi.encodeWithSelector(Words.NotInField.selector, index, d[index]));
        challenge.signals(0, d, 0);
    }

    function testFuzz_domain_length_element_and_digest_change_the_challenge(bytes32 domain, uint256 seed) public view {
        uint256[] memory d = new uint256[](3);
        d[seed % 3] = seed % R;
        uint256 z = challenge.signals(domain, d, 5)[2];
        vm.assertTrue(challenge.signals(~domain, d, 5)[2] != z, "domain");
        vm.assertTrue(challenge.signals(domain, d, 6)[2] != z, "digest");
        vm.assertTrue(challenge.signals(domain, new uint256[](4), 5)[2] != z, "length");
        d[(seed % 3 + 1) % 3] = 1;
        vm.assertTrue(challenge.signals(domain, d, 5)[2] != z, "element");
    }

    function test_an_element_or_digest_at_the_field_order_reverts_with_NotInField() public {
        uint256[] memory d = new uint256[](3);
        d[1] = R;
        vm.expectRevert(abi.encodeWithSelector(Words.NotInField.selector, 1, R));
        challenge.signals(0, d, 0);
        d[1] = R - 1;
        vm.expectRevert(abi.encodeWithSelector(Words.NotInField.selector, 3, R));
        challenge.signals(0, d, R);
    }
}
