// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../../contracts/generated/SliceLayout.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Slice} from "../../contracts/statements/Slice.sol";
import {SliceElements} from "../../contracts/statements/SliceElements.sol";
import {marginOf} from "./base/Margins.sol";
import {Test} from "./base/Test.sol";

contract SliceHarness {
    function requireUnusedEmpty(uint256[] memory d, uint256 capacity, uint256 count) external pure {
        SliceElements.requireUnusedEmpty(d, capacity, count);
    }

    function requireWidths(uint256[] memory d, uint256 capacity) external pure {
        SliceElements.requireWidths(d, capacity);
    }

    function requireWidthsPlainly(uint256[] memory d, uint256 capacity) external pure {
        SliceLayout.requireWidths(d, capacity);
    }

    function strikeOf(Slice.Margin memory words, uint256 strikeTicks)
        external
        pure
        returns (bool, Slice.Strike memory)
    {
        return Slice.strikeOf(words, strikeTicks);
    }
}

/// @notice The margin hash as it is defined.
function plainMarginHash(bytes32 restHash, uint256 header, uint256[] memory results) pure returns (bytes32) {
    bytes memory packed = abi.encodePacked(restHash, header);
    for (uint256 i = 0; i < results.length; i += 4) {
        bytes memory run;
        for (uint256 j = i; j < i + 4 && j < results.length; ++j) {
            run = abi.encodePacked(run, results[j]);
        }
        packed = abi.encodePacked(packed, keccak256(run));
    }
    return keccak256(packed);
}

/// @notice Slices of every circuit, built in Python (tests/vectors/account_words.json).
contract SliceTest is Test {
    uint256 private constant SLICES = 4;

    SliceHarness private harness = new SliceHarness();
    string private json = vector("account_words.json");
    uint256[4] private capacities = [uint256(16), 32, 48, 80];

    function test_capacities_follow_from_the_circuit_id() public view {
        bytes32[4] memory ids;
        (ids[0], ids[1], ids[2], ids[3]) = ("slice_32_16", "slice_48_32", "slice_64_48", "slice_96_80");
        for (uint256 i = 0; i < SLICES; ++i) {
            vm.assertEq(Slice.capacityOf(ids[i]), capacities[i], "by id");
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
                uint256 capacity = j == 0 ? capacities[i] : 80;
                vm.assertEq(SliceElements.quotesHash(d, capacity, count), quotesHash, path);
                vm.assertEq(SliceElements.listingHash(d, capacity, count), elementsHash, path);
                SliceElements.requireUnusedEmpty(d, capacity, count);
            }
            uint256[] memory elements = marginOf(_words(i, ".d"), capacities[i], count).elements;
            vm.assertEq(Slice.listingElements(_strikes(i)), elements, path);
        }
    }

    function test_every_listed_strike_is_found_and_no_other() public view {
        for (uint256 i = 0; i < SLICES; ++i) {
            uint256[] memory d = _words(i, ".d");
            Slice.Margin memory words = marginOf(d, capacities[i], _count(i));
            uint24[] memory strikes = _strikes(i);
            for (uint256 j = 0; j < strikes.length; ++j) {
                (bool found, Slice.Strike memory strike) = harness.strikeOf(words, strikes[j]);
                uint256 record = SliceLayout.resultsAt(d, SliceLayout.resultsIndex(capacities[i]), j);
                uint256 logarithm = SliceLayout.logarithmsAt(d, SliceLayout.logarithmsIndex(capacities[i]), j);
                vm.assertTrue(found, "listed");
                vm.assertEq(strike.strikeE2, uint256(strikes[j]) * 100, "strike");
                vm.assertEq(strike.markE2, SliceLayout.resultsMarkE2(record), "mark");
                vm.assertEq(strike.totalVolQ32, SliceLayout.resultsTotalVolQ32(record), "vol");
                vm.assertEq(strike.lnStrikeQ48, logarithm, "logarithm");
                (found,) = harness.strikeOf(words, strikes[j] + 1);
                vm.assertTrue(!found, "between");
            }
            (bool foundZero,) = harness.strikeOf(words, 0);
            (bool foundBelow,) = harness.strikeOf(words, strikes[0] - 1);
            (bool foundAbove,) = harness.strikeOf(words, type(uint24).max);
            vm.assertTrue(!foundZero && !foundBelow && !foundAbove, "zero, below and above");
        }
    }

    function test_a_quote_or_spread_in_an_unused_slot_reverts_with_UnusedSlotNotEmpty() public {
        uint256[] memory d = new uint256[](SliceLayout.length(80));
        // 41 strikes: 5 quote elements from 5, 5 records in the last; 3 spread elements from 14, 11 records in the last.
        uint8[6] memory indices = [9, 10, 13, 16, 17, 19];
        uint8[6] memory bits = [130, 0, 25, 176, 0, 239];
        for (uint256 i = 0; i < 6; ++i) {
            uint256 value = 1 << bits[i];
            d[indices[i]] = value;
            vm.expectRevert(abi.encodeWithSelector(SliceElements.UnusedSlotNotEmpty.selector, indices[i], value));
            harness.requireUnusedEmpty(d, 80, 41);
            d[indices[i]] = 0;
        }
        // The quotes and spreads of used slots, and marks and vols of any.
        (d[8], d[9], d[16]) = (type(uint256).max, (1 << 130) - 1, (1 << 176) - 1);
        (d[20], d[59]) = (type(uint256).max, type(uint256).max);
        harness.requireUnusedEmpty(d, 80, 41);
        (d[9], d[16]) = (1 << 130, 1 << 176);
        harness.requireUnusedEmpty(d, 80, 42);
    }

    function test_the_margin_hash_covers_every_used_element_but_the_two_claims_and_the_listing() public view {
        (uint256[] memory d, uint256 capacity, uint256 count) = (_words(1, ".d"), capacities[1], _count(1));
        bytes32 quotesHash = SliceElements.quotesHash(d, capacity, count);
        bytes32 hash = Slice.marginHashOf(d, capacity, count, quotesHash);
        uint256 end = SliceLayout.resultsIndex(capacity) + SliceLayout.resultsCount(count);
        for (uint256 i = 0; i < end; ++i) {
            d[i] ^= 1;
            bytes32 changed = Slice.marginHashOf(d, capacity, count, SliceElements.quotesHash(d, capacity, count));
            bool unused = i == SliceLayout.earlierKnotsDigestIndex() || i == SliceLayout.laterKnotsDigestIndex();
            // 26 strikes: three of four quote elements, two of three spread elements.
            unused = unused || i == 8 || i == 11;
            vm.assertTrue((changed == hash) == unused, vm.toString(i));
            d[i] ^= 1;
        }
        Slice.Margin memory words = marginOf(d, capacity, count);
        bytes32 restHash = keccak256(abi.encode(d[1], d[4], quotesHash));
        vm.assertEq(hash, plainMarginHash(restHash, d[0], words.results), "rest, header and blocks of results");
        vm.assertEq(hash, Slice.marginHash(restHash, words.header, words.results), "as margin forms it");
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

    /// @dev One changed bit, or a digest next to the order, anywhere but in what comes from a listing.
    function testFuzz_widths_are_refused_exactly_as_the_plain_check_refuses_them(uint256 seed, uint8 place, uint8 bit)
        public
        view
    {
        uint256 capacity = [uint256(16), 32, 48, 80][seed % 4];
        uint256[] memory d = new uint256[](SliceLayout.length(capacity));
        for (uint256 i = 0; i < SliceLayout.listingIndex(capacity); ++i) {
            d[i] = uint256(keccak256(abi.encode(seed, i))) & _mask(capacity, i);
        }
        _compareWidths(d, capacity, true);
        uint256 index = place % SliceLayout.listingIndex(capacity);
        d[index] |= 1 << bit;
        bool fits = d[index] == d[index] & _mask(capacity, index);
        if (index == 0 || index > 4) _compareWidths(d, capacity, fits);
        for (uint256 i = 1; i < 5; ++i) {
            d[index] &= _mask(capacity, index);
            (uint256 kept, uint256 value) = (d[i], Words.FIELD_ORDER - 1 + ((seed >> i) & 1));
            d[i] = value;
            _compareWidths(d, capacity, value < Words.FIELD_ORDER);
            d[i] = kept;
        }
    }

    function _compareWidths(uint256[] memory d, uint256 capacity, bool fits) private view {
        (bool accepted, bytes memory reason) =
            address(harness).staticcall(abi.encodeCall(harness.requireWidths, (d, capacity)));
        (bool plainly, bytes memory plainReason) =
            address(harness).staticcall(abi.encodeCall(harness.requireWidthsPlainly, (d, capacity)));
        vm.assertTrue(accepted == fits, "by the widths");
        vm.assertTrue(plainly == fits, "plainly");
        vm.assertEq(reason, plainReason, "the same error");
    }

    /// @dev The bits of an element's fields; digests below 2^253.
    function _mask(uint256 capacity, uint256 index) private pure returns (uint256) {
        if (index == 0) return (1 << 149) - 1;
        if (index < SliceLayout.quotesIndex()) return (1 << 253) - 1;
        if (index < SliceLayout.spreadsIndex(capacity)) return (1 << 234) - 1;
        if (index < SliceLayout.resultsIndex(capacity)) return (1 << 240) - 1;
        uint256 record = ((1 << 32) - 1) | (((1 << 35) - 1) << 35);
        return record | (record << 124);
    }
}
