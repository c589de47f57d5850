// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginErrors} from "../../contracts/interfaces/IMarginErrors.sol";
import {PositionParts} from "../../contracts/libraries/PositionParts.sol";
import {Positions} from "../../contracts/libraries/Positions.sol";
import {Test} from "./base/Test.sol";

contract PositionsHarness {
    function merge(uint256[] memory list, uint256[] memory legs, int256 factor, uint256 maxPositionE4)
        external
        view
        returns (uint256[] memory merged, Positions.Effect memory effect)
    {
        return Positions.merge(list, legs, factor, maxPositionE4);
    }

    function pack(uint64 expiry, uint24 strikeTicks, bool put, int256 amountE4, uint8 hint)
        external
        pure
        returns (uint256)
    {
        return Positions.pack(expiry, strikeTicks, put, amountE4, hint);
    }
}

contract PositionsTest is Test {
    uint64 private constant NOW = 1_799_000_000;
    int256 private constant LARGEST = (1 << 28) - 1;
    uint256 private constant NO_CAP = type(uint32).max;
    uint256 private constant TERMS = 12;

    PositionsHarness private harness = new PositionsHarness();

    function setUp() public {
        vm.warp(NOW);
    }

    function testFuzz_every_field_is_read_back_at_its_edges(uint64 e, uint24 k, bool put, uint256 a, uint8 hint)
        public
        view
    {
        int256 amount =
        // forge-lint: disable-next-line(unsafe-typecast)
        a % 4 == 0 ? LARGEST : a % 4 == 1 ? -LARGEST : int256(bound(a, 0, uint256(2 * LARGEST))) - LARGEST;
        (e, k) = (a % 3 == 0 ? type(uint64).max : e, a % 5 == 0 ? type(uint24).max : k);
        uint256 p = harness.pack(e, k, put, amount, hint);
        vm.assertEq(uint256(Positions.expiryOf(p)), e, "expiry");
        vm.assertEq(uint256(Positions.strikeTicksOf(p)), k, "strike");
        vm.assertTrue(Positions.isPut(p) == put, "put");
        vm.assertEq(Positions.amountE4Of(p), amount, "amount");
        vm.assertEq(Positions.hintOf(p), hint, "hint");
        vm.assertEq(p >> 126, 0, "no other bit");
    }

    function test_an_amount_outside_29_bits_reverts_with_AmountOutOfRange() public {
        int256[2] memory outside = [LARGEST + 1, -LARGEST - 1];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IMarginErrors.AmountOutOfRange.selector, 0, outside[i]));
            harness.pack(NOW + 1, 1, false, outside[i], 0);
        }
    }

    /// @dev Against sums in an array of terms, the simplest model that there is.
    function testFuzz_a_merge_is_the_sum_by_terms(uint256 seed, uint8 lots, bool opposite) public view {
        (uint256[] memory list, int256[TERMS] memory sums) = _random(seed, 1 << 20);
        (uint256[] memory legs, int256[TERMS] memory change) = _random(uint256(keccak256(abi.encode(seed))), 1 << 10);
        if (legs.length == 0) return;
        int256 factor = int256(bound(lots, 1, 200)) * (opposite ? -1 : int256(1));
        (uint256[] memory merged, Positions.Effect memory effect) = harness.merge(list, legs, factor, NO_CAP);
        uint256 count = 0;
        int256 gross = 0;
        bool reduces = true;
        for (uint256 term = 0; term < TERMS; ++term) {
            int256 after_ = sums[term] + change[term] * factor;
            gross += _size(after_) - _size(sums[term]);
            if (change[term] != 0) {
                bool turned = (after_ > 0 && sums[term] < 0) || (after_ < 0 && sums[term] > 0);
                reduces = reduces && _size(after_) < _size(sums[term]) && !turned;
            }
            if (after_ == 0) continue;
            vm.assertEq(merged[count] & ((1 << 118) - 1), _word(term, after_) & ((1 << 118) - 1), "position");
            ++count;
        }
        vm.assertEq(merged.length, count, "no other position");
        vm.assertEq(effect.grossChangeE4, gross, "change of all amounts");
        vm.assertTrue(effect.reduces == reduces, "reduces");
    }

    function test_legs_that_are_not_sorted_or_twice_the_same_revert_with_PositionsNotSorted() public {
        uint256[] memory legs = new uint256[](2);
        (legs[0], legs[1]) = (_word(4, 1), _word(3, 1));
        _expectMerge(legs, abi.encodeWithSelector(IMarginErrors.PositionsNotSorted.selector, 1));
        (legs[0], legs[1]) = (_word(4, 1), _word(4, 1) | (1 << 118));
        _expectMerge(legs, abi.encodeWithSelector(IMarginErrors.PositionsNotSorted.selector, 1));
    }

    function test_legs_of_nothing_or_of_the_unused_amount_revert_with_AmountOutOfRange() public {
        uint256[] memory legs = new uint256[](1);
        legs[0] = _word(4, 0);
        _expectMerge(legs, abi.encodeWithSelector(IMarginErrors.AmountOutOfRange.selector, 0, int256(0)));
        legs[0] = _word(4, 1) & ~uint256((1 << 29) - 1);
        _expectMerge(legs, abi.encodeWithSelector(IMarginErrors.AmountOutOfRange.selector, 0, -int256(1 << 28)));
    }

    function test_a_perpetual_with_terms_or_a_bit_above_the_hint_reverts_with_InvalidPosition() public {
        uint256[3] memory wrong =
            [harness.pack(0, 1, false, 1, 0), harness.pack(0, 0, true, 1, 0), _word(4, 1) | (1 << 126)];
        uint256[] memory legs = new uint256[](1);
        for (uint256 i = 0; i < 3; ++i) {
            legs[0] = wrong[i];
            _expectMerge(legs, abi.encodeWithSelector(IMarginErrors.InvalidPosition.selector, 0, wrong[i]));
        }
    }

    function test_a_leg_that_expires_now_reverts_with_ExpiryPassed() public {
        uint256[] memory legs = new uint256[](1);
        legs[0] = harness.pack(NOW, 1, false, 1, 0);
        _expectMerge(legs, abi.encodeWithSelector(IMarginErrors.ExpiryPassed.selector, NOW));
    }

    function test_a_sum_beyond_29_bits_or_the_cap_reverts_with_AmountOutOfRange() public {
        uint256[] memory one = new uint256[](1);
        uint256[] memory list = new uint256[](1);
        (one[0], list[0]) = (_word(4, 1), _word(4, LARGEST));
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.AmountOutOfRange.selector, 0, LARGEST + 1));
        harness.merge(list, one, 1, NO_CAP);
        harness.merge(list, one, -1, 0);
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.AmountOutOfRange.selector, 0, -LARGEST - 1));
        harness.merge(new uint256[](0), one, -LARGEST - 1, NO_CAP);
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.AmountOutOfRange.selector, 0, int256(11)));
        harness.merge(new uint256[](0), one, 11, 10);
    }

    function testFuzz_a_split_is_a_fraction_and_what_a_merge_without_it_leaves(uint256 seed, uint256 fractionE4)
        public
        view
    {
        fractionE4 = bound(fractionE4, 0, 10_000);
        uint256[] memory list = new uint256[](seed % TERMS);
        for (uint256 i = 0; i < list.length; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            // forge-lint: disable-next-line(unsafe-typecast)
            uint256 size = 1 + (random >> 8) % (random % 2 == 0 ? 20 : uint256(LARGEST));
            // forge-lint: disable-next-line(unsafe-typecast)
            list[i] = _word(i, random & 2 == 0 ? int256(size) : -int256(size));
        }
        (uint256[] memory part, uint256[] memory rest, uint256 sizeE4) = PositionParts.split(list, fractionE4);
        uint256[] memory expected = Positions.fraction(list, fractionE4);
        vm.assertEq(part, expected, "the fraction");
        (uint256[] memory left, Positions.Effect memory effect) = harness.merge(list, expected, -1, NO_CAP);
        vm.assertEq(rest, left, "the rest");
        // forge-lint: disable-next-line(unsafe-typecast)
        vm.assertEq(-int256(sizeE4), effect.grossChangeE4, "its size");
    }

    function testFuzz_a_fraction_never_exceeds_its_part(uint256 seed, uint256 fractionE4) public pure {
        fractionE4 = bound(fractionE4, 0, 10_000);
        // forge-lint: disable-next-line(unsafe-typecast)
        int256 amount = int256(bound(seed, 1, uint256(LARGEST)));
        uint256[] memory list = new uint256[](2);
        (list[0], list[1]) = (_word(4, amount), _word(5, -amount));
        uint256[] memory part = Positions.fraction(list, fractionE4);
        // forge-lint: disable-next-line(unsafe-typecast)
        int256 whole = amount * int256(fractionE4) / 10_000;
        if (whole == 0) {
            vm.assertEq(part.length, 0, "nothing");
            return;
        }
        vm.assertEq(Positions.amountE4Of(part[0]), whole, "rounded toward zero");
        vm.assertEq(Positions.amountE4Of(part[1]), -whole, "on both sides");
    }

    function testFuzz_states_that_differ_have_other_hashes(address a, uint64 nonce, int128 index, uint256 bit)
        public
        pure
    {
        uint256[] memory list = new uint256[](1);
        list[0] = _word(4, 77);
        bytes32 hash = Positions.hash(a, nonce, index, list);
        unchecked {
            vm.assertTrue(hash != Positions.hash(address(uint160(a) ^ 1), nonce, index, list), "owner");
            vm.assertTrue(hash != Positions.hash(a, nonce ^ 1, index, list), "nonce");
            vm.assertTrue(hash != Positions.hash(a, nonce, index ^ 1, list), "funding index");
        }
        list[0] ^= 1 << (bit % 118);
        vm.assertTrue(hash != Positions.hash(a, nonce, index, list), "any bit of a position");
        list[0] ^= (1 << (bit % 118)) | (1 << (118 + bit % 8));
        vm.assertEq(hash, Positions.hash(a, nonce, index, list), "a hint is in no hash");
    }

    /// @dev Terms in order: the perpetual, then two strikes of calls and puts in each expiry.
    function _word(uint256 term, int256 amountE4) private pure returns (uint256) {
        if (term == 0) return Positions.pack(0, 0, false, amountE4, 0);
        // forge-lint: disable-next-item(unsafe-typecast)
        return
            Positions.pack(
                uint64(NOW + 1 + (term - 1) / 4), uint24(50 + (term - 1) % 4 / 2), term % 2 == 0, amountE4, 3
            );
    }

    function _random(uint256 seed, uint256 most)
        private
        pure
        returns (uint256[] memory list, int256[TERMS] memory sums)
    {
        list = new uint256[](TERMS);
        uint256 count = 0;
        for (uint256 term = 0; term < TERMS; ++term) {
            uint256 drawn = uint256(keccak256(abi.encode(seed, term)));
            if (drawn % 2 == 0) continue;
            // Small amounts often net to nothing.
            sums[term] = int256(1 + (drawn >> 8) % (drawn % 3 == 0 ? 4 : most)) * (drawn % 5 < 2 ? -1 : int256(1));
            list[count++] = _word(term, sums[term]);
        }
        assembly ("memory-safe") {
            mstore(list, count)
        }
    }

    function _size(int256 amount) private pure returns (int256) {
        return amount < 0 ? -amount : amount;
    }

    function _expectMerge(uint256[] memory legs, bytes memory refusal) private {
        vm.expectRevert(refusal);
        harness.merge(new uint256[](0), legs, 1, NO_CAP);
    }
}
