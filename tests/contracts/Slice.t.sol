// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../../contracts/generated/SliceLayout.sol";
import {Slice} from "../../contracts/statements/Slice.sol";
import {SliceElements} from "../../contracts/statements/SliceElements.sol";
import {Test} from "./base/Test.sol";

contract SliceHarness {
    function capacityOf(uint256[] memory d) external pure returns (uint256) {
        return Slice.capacityOf(d);
    }

    function wordsHash(uint256[] memory d) external pure returns (bytes32) {
        return Slice.wordsHash(d);
    }

    function requireUnusedEmpty(uint256[] memory d, uint256 count) external pure {
        Slice.requireUnusedEmpty(d, count);
    }

    function strikeOf(uint256[] memory d, uint256 strikeTicks) external pure returns (bool, Slice.Strike memory) {
        return Slice.strikeOf(d, strikeTicks);
    }
}

/// @notice Slices of every circuit, built in Python (tests/vectors/account_words.json).
contract SliceTest is Test {
    uint256 private constant SLICES = 4;

    SliceHarness private harness = new SliceHarness();
    string private json = vector("account_words.json");
    uint256[4] private capacities = [uint256(16), 32, 48, 80];

    function test_capacities_follow_from_the_circuit_id_and_from_the_length() public view {
        bytes32[4] memory ids;
        (ids[0], ids[1], ids[2], ids[3]) = ("slice_32_16", "slice_48_32", "slice_64_48", "slice_96_80");
        for (uint256 i = 0; i < SLICES; ++i) {
            vm.assertEq(Slice.capacityOf(ids[i]), capacities[i], "by id");
            vm.assertEq(harness.capacityOf(_words(i, ".d")), capacities[i], "by length");
        }
        vm.assertEq(Slice.capacityOf("slice_128_16"), 0, "no slice circuit");
    }

    function test_quotes_and_listing_hashes_equal_those_of_python_for_every_circuit() public view {
        for (uint256 i = 0; i < SLICES; ++i) {
            string memory path = _path(i);
            bytes32 quotesHash = vm.parseJsonBytes32(json, string.concat(path, ".quotes_hash"));
            bytes32 elementsHash = vm.parseJsonBytes32(json, string.concat(path, ".elements_hash"));
            uint256 count = _count(i);
            string[2] memory keys = [".d", ".d_largest"];
            for (uint256 j = 0; j < 2; ++j) {
                uint256[] memory d = _words(i, keys[j]);
                vm.assertEq(Slice.quotesHash(d, count), quotesHash, path);
                vm.assertEq(Slice.listingHash(d, count), elementsHash, path);
                Slice.requireUnusedEmpty(d, count);
            }
            vm.assertEq(Slice.hashOfElements(Slice.listingElements(_strikes(i)), count), elementsHash, path);
        }
    }

    function test_every_listed_strike_is_found_and_no_other() public view {
        for (uint256 i = 0; i < SLICES; ++i) {
            uint256[] memory d = _words(i, ".d");
            uint24[] memory strikes = _strikes(i);
            for (uint256 j = 0; j < strikes.length; ++j) {
                (bool found, Slice.Strike memory strike) = harness.strikeOf(d, strikes[j]);
                uint256 record = SliceLayout.resultsAt(d, SliceLayout.resultsIndex(capacities[i]), j);
                uint256 logarithm = SliceLayout.logarithmsAt(d, SliceLayout.logarithmsIndex(capacities[i]), j);
                vm.assertTrue(found, "listed");
                vm.assertEq(strike.strikeE2, uint256(strikes[j]) * 100, "strike");
                vm.assertEq(strike.markE2, SliceLayout.resultsMarkE2(record), "mark");
                vm.assertEq(strike.totalVolQ32, SliceLayout.resultsTotalVolQ32(record), "vol");
                vm.assertEq(strike.lnStrikeQ48, logarithm, "logarithm");
                (found,) = harness.strikeOf(d, strikes[j] + 1);
                vm.assertTrue(!found, "between");
            }
            (bool foundZero,) = harness.strikeOf(d, 0);
            (bool foundBelow,) = harness.strikeOf(d, strikes[0] - 1);
            (bool foundAbove,) = harness.strikeOf(d, type(uint24).max);
            vm.assertTrue(!foundZero && !foundBelow && !foundAbove, "zero, below and above");
        }
    }

    function test_a_strike_or_quote_in_an_unused_slot_reverts_with_UnusedSlotNotEmpty() public {
        uint256[] memory d = new uint256[](SliceLayout.length(80));
        // 41 strikes: 5 quote elements from 5, 5 records in the last; 3 spread elements from 14, 11 records in the last;
        // 40 result elements from 20; 5 listing elements from 60; 14 logarithm elements from 68.
        uint8[9] memory indices = [9, 10, 13, 16, 17, 19, 65, 67, 82];
        uint8[9] memory bits = [130, 0, 25, 176, 0, 239, 0, 23, 0];
        for (uint256 i = 0; i < 9; ++i) {
            uint256 value = 1 << bits[i];
            d[indices[i]] = value;
            vm.expectRevert(abi.encodeWithSelector(SliceElements.UnusedSlotNotEmpty.selector, indices[i], value));
            harness.requireUnusedEmpty(d, 41);
            d[indices[i]] = 0;
        }
        d[94] = 7;
        vm.expectRevert(abi.encodeWithSelector(SliceElements.UnusedSlotNotEmpty.selector, 94, 7));
        harness.requireUnusedEmpty(d, 41);
        d[94] = 0;
        // The quotes and spreads of used slots, marks and vols of any, and the used listing and logarithm elements.
        (d[8], d[9], d[16]) = (type(uint256).max, (1 << 130) - 1, (1 << 176) - 1);
        (d[20], d[59]) = (type(uint256).max, type(uint256).max);
        (d[60], d[64], d[68], d[81]) = (1, type(uint256).max, 1, type(uint256).max);
        harness.requireUnusedEmpty(d, 41);
        (d[9], d[16]) = (1 << 130, 1 << 176);
        harness.requireUnusedEmpty(d, 42);
    }

    function test_an_unknown_length_reverts_with_UnknownSliceLength() public {
        uint16[6] memory lengths = [uint16(0), 3, 24, 26, 94, 96];
        for (uint256 i = 0; i < 6; ++i) {
            vm.expectRevert(abi.encodeWithSelector(Slice.UnknownSliceLength.selector, lengths[i]));
            harness.capacityOf(new uint256[](lengths[i]));
            vm.expectRevert(abi.encodeWithSelector(Slice.UnknownSliceLength.selector, lengths[i]));
            harness.wordsHash(new uint256[](lengths[i]));
        }
    }

    function test_the_words_hash_covers_every_element_but_the_two_claims() public view {
        uint256[] memory d = _words(1, ".d");
        bytes32 hash = harness.wordsHash(d);
        for (uint256 i = 0; i < d.length; ++i) {
            d[i] ^= 1;
            bool isClaim = i == SliceLayout.earlierKnotsDigestIndex() || i == SliceLayout.laterKnotsDigestIndex();
            vm.assertTrue((harness.wordsHash(d) == hash) == isClaim, vm.toString(i));
            d[i] ^= 1;
        }
        (d[2], d[3]) = (0, 0);
        vm.assertEq(keccak256(abi.encodePacked(d)), hash, "claims are cleared");
    }

    function _words(uint256 i, string memory key) private view returns (uint256[] memory) {
        return vm.parseJsonUintArray(json, string.concat(_path(i), key));
    }

    function _count(uint256 i) private view returns (uint256) {
        return vm.parseJsonUint(json, string.concat(_path(i), ".count"));
    }

    function _strikes(uint256 i) private view returns (uint24[] memory strikes) {
        uint256[] memory d = _words(i, ".d");
        strikes = new uint24[](_count(i));
        for (uint256 j = 0; j < strikes.length; ++j) {
            uint256 record = SliceLayout.listingAt(d, SliceLayout.listingIndex(capacities[i]), j);
            // forge-lint: disable-next-line(unsafe-typecast)
            strikes[j] = uint24(SliceLayout.listingStrikeTicks(record));
        }
    }

    function _path(uint256 i) private pure returns (string memory) {
        return string.concat(".slices[", vm.toString(i), "]");
    }
}
