// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {OracleFixture} from "./base/OracleFixture.sol";
import {SliceBuilder} from "./base/SliceBuilder.sol";

/// @notice The three words of a slice that margin reads against the facts that everybody reads.
contract MarginFactsTest is OracleFixture {
    function test_the_facts_for_margin_are_those_of_the_slices_in_every_state() public {
        submit(1, provenPair());
        _compare();
        vm.warp(NOW + 30);
        SliceBuilder.Spec memory replaced = SliceBuilder.calm(FIRST);
        replaced.markShiftE2 = 1;
        submit(2, only(replaced));
        _compare();
        vm.warp(NOW + 200);
        _compare();
        vm.warp(NOW + 2_000);
        _compare();
        oracle.halt(MARKET);
        _compare();
    }

    function test_an_expiry_beyond_64_bits_is_refused() public {
        submit(1, provenPair());
        uint256[] memory expiries = new uint256[](2);
        (expiries[0], expiries[1]) = (FIRST, type(uint64).max);
        (bool done, bytes memory answer) = _ask(expiries);
        vm.assertTrue(done, "64 bits");
        vm.assertEq(answer.length, 8 * 32, "offset, length and three words each");
        expiries[1] = uint256(SECOND) + (1 << 64);
        (done, answer) = _ask(expiries);
        vm.assertEq(done, false, "beyond 64 bits");
        vm.assertEq(answer.length, 0, "as the compiler refuses");
    }

    function _ask(uint256[] memory expiries) private view returns (bool, bytes memory) {
        return address(oracle).staticcall(abi.encodeWithSelector(IRiskOracle.marginFacts.selector, MARKET, expiries));
    }

    function _compare() private view {
        uint64[] memory expiries = new uint64[](3);
        (expiries[0], expiries[1], expiries[2]) = (FIRST, SECOND, THIRD);
        uint256[] memory words = oracle.marginFacts(MARKET, expiries);
        IRiskOracle.SliceFacts[] memory facts = oracle.sliceFacts(MARKET, expiries);
        vm.assertEq(words.length, 9, "three words each");
        for (uint256 i = 0; i < 3; ++i) {
            IRiskOracle.SliceFacts memory fact = facts[i];
            vm.assertEq(bytes32(words[3 * i]), fact.marginHash, "hash");
            uint256 times =
                fact.observedAt | (uint256(fact.previousObservedAt) << 32) | (uint256(fact.replacedAt) << 64);
            vm.assertEq(words[3 * i + 1], times | (uint256(fact.state) << 96), "times and state");
            uint256 listed = (uint256(fact.tickE2) << 168) | (uint256(fact.count) << 160) | uint160(fact.listing);
            vm.assertEq(words[3 * i + 2], listed, "listing");
        }
    }
}
