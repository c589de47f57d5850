// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../../contracts/generated/SliceLayout.sol";
import {IMarginErrors} from "../../contracts/interfaces/IMarginErrors.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {DataContract} from "../../contracts/libraries/DataContract.sol";
import {LnMath} from "../../contracts/libraries/LnMath.sol";
import {Positions} from "../../contracts/libraries/Positions.sol";
import {Slice} from "../../contracts/statements/Slice.sol";
import {EngineFixture} from "./base/EngineFixture.sol";
import {Folding} from "./base/Folding.sol";

/// @notice Slices of 21 strikes in three blocks of eight, of which callers post the ones that they need.
contract FoldedSlicesTest is EngineFixture {
    uint256 private constant LISTED = 21;

    address private _data;

    function setUp() public {
        uint24[] memory listed = new uint24[](LISTED);
        for (uint256 i = 0; i < LISTED; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            listed[i] = uint24(40_000 + 2_000 * i);
        }
        _data = DataContract.store(abi.encodePacked(Slice.listingElements(listed)));
        delete currentSlices;
        _publish(FIRST);
        _publish(SECOND);
    }

    function testFuzz_statements_of_folded_slices_are_those_of_whole_ones(uint256 seed, uint8 count) public view {
        uint256[] memory positions = _positions(seed, 1 + count % 16);
        IRiskOracle.MarginSlice[] memory folded = Folding.fold(currentSlices, positions);
        vm.assertEq(statements.valueE6(positions, folded), statements.valueE6(positions, currentSlices), "value");
        address data = rules.versionOf(0).data;
        vm.assertEq(
            statements.solvency(positions, folded, 16, data, 100, 0),
            statements.solvency(positions, currentSlices, 16, data, 100, 0),
            "solvency"
        );
    }

    function test_a_strike_of_a_folded_block_reverts_with_StrikeNotInSlice() public {
        uint256[] memory positions = list(_position(FIRST, 7, 1), _position(FIRST, 8, 1));
        IRiskOracle.MarginSlice[] memory slices = Folding.fold(currentSlices, list(positions[0]));
        statements.valueE6(list(positions[0]), slices);
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.StrikeNotInSlice.selector, FIRST, 56_000));
        statements.valueE6(positions, slices);
    }

    function test_another_word_or_number_of_words_reverts_with_SliceMismatch() public {
        uint256[] memory positions = list(_position(FIRST, 9, 1));
        IRiskOracle.MarginSlice[] memory slices = Folding.fold(currentSlices, positions);
        // The hash of block 0, words of block 1, the hash of block 2.
        vm.assertEq(slices[0].results.length, 6, "posted");
        for (uint256 i = 0; i < 6; ++i) {
            slices[0].results[i] ^= 1;
            _refused(positions, slices);
            slices[0].results[i] ^= 1;
        }
        uint256[] memory longer = new uint256[](7);
        uint256[] memory shorter = new uint256[](5);
        for (uint256 i = 0; i < 6; ++i) {
            longer[i] = slices[0].results[i];
            if (i < 5) shorter[i] = longer[i];
        }
        (uint256[] memory right, uint256 header) = (slices[0].results, slices[0].header);
        slices[0].results = longer;
        _refused(positions, slices);
        slices[0].results = shorter;
        _refused(positions, slices);
        // A whole block taken for a folded one, and the reverse.
        (slices[0].results, slices[0].header) = (right, header ^ (1 << 193));
        _refused(positions, slices);
        slices[0].header = header ^ (1 << 192);
        _refused(positions, slices);
        slices[0].header = header;
        statements.valueE6(positions, slices);
    }

    function test_an_expiry_beyond_64_bits_is_refused() public view {
        uint256[] memory positions = list(_position(FIRST, 9, 1));
        bytes memory call_ = abi.encodeCall(statements.valueE6, (positions, currentSlices));
        // The first slice's first word: behind the selector, two offsets, two positions' words, a length and two offsets.
        uint256 first = 4 + 32 * 7;
        vm.assertEq(uint256(uint8(call_[first + 31])), FIRST & 0xff, "expiry");
        (bool done,) = address(statements).staticcall(call_);
        vm.assertTrue(done, "as it is");
        call_[first + 23] = 0x01;
        (done,) = address(statements).staticcall(call_);
        vm.assertTrue(!done, "dirty");
    }

    function _refused(uint256[] memory positions, IRiskOracle.MarginSlice[] memory slices) private {
        vm.expectPartialRevert(IMarginErrors.SliceMismatch.selector);
        statements.valueE6(positions, slices);
    }

    /// @dev Sorted positions at strikes and of amounts that a seed names, in both expiries.
    function _positions(uint256 seed, uint256 count) private pure returns (uint256[] memory positions) {
        positions = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 index = (i % 8) * 2 + uint256(keccak256(abi.encode(seed, i))) % 2 + (seed >> 128) % 6;
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 size = int256(1 + i);
            positions[i] = _position(i < 8 ? FIRST : SECOND, index, seed >> i & 1 == 0 ? size : -size);
        }
    }

    function _position(uint64 expiry, uint256 index, int256 amountE4) private pure returns (uint256) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return Positions.pack(expiry, uint24(40_000 + 2_000 * index), index % 3 == 0, amountE4, uint8(index));
    }

    function _publish(uint64 expiry) private {
        IRiskOracle.MarginSlice storage slice = currentSlices.push();
        (slice.expiry, slice.restHash) = (expiry, keccak256(abi.encode("rest", expiry)));
        slice.header =
            SliceLayout.packHeader(SliceLayout.HeaderRecord(60_000 << 16, LnMath.lnQ48(60_000 << 16), 12_345, 100));
        uint256[] memory results = new uint256[](SliceLayout.resultsCount(LISTED));
        for (uint256 i = 0; i < LISTED; ++i) {
            uint256 result = SliceLayout.packResults(SliceLayout.ResultsRecord(2_100_000 - 90_000 * i, (1 << 30) + i));
            SliceLayout.putResults(results, 0, i, result);
        }
        slice.results = results;
        IRiskOracle.SliceFacts memory facts = factsOf(slice, IRiskOracle.State.Fresh);
        // forge-lint: disable-next-line(unsafe-typecast)
        (facts.listing, facts.count) = (_data, uint8(LISTED));
        feed.setSlice(expiry, facts);
    }
}
