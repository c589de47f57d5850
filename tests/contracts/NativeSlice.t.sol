// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../../contracts/generated/SliceLayout.sol";
import {INativeSlice} from "../../contracts/interfaces/INativeSlice.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Black76} from "../../contracts/native/Black76.sol";
import {CalendarPath} from "../../contracts/native/CalendarPath.sol";
import {DensityLaw} from "../../contracts/native/DensityLaw.sol";
import {NativeSlice} from "../../contracts/native/NativeSlice.sol";
import {Test} from "./base/Test.sol";

/// @notice Replays tests/vectors/native_slice.json: random laws with their openings, and what spoils them, with the verdicts of
/// Python.
contract NativeSliceTest is Test {
    NativeSlice private native = new NativeSlice();
    string private json = vector("native_slice.json");

    function test_true_openings_and_altered_ones_get_the_verdicts_of_python() public view {
        bytes[] memory openings = abi.decode(vm.parseJsonBytes(json, ".openings"), (bytes[]));
        (uint256[3][] memory altered, bool[] memory accepted) =
            abi.decode(vm.parseJsonBytes(json, ".altered"), (uint256[3][], bool[]));
        vm.assertGe(accepted.length, 500, "cases");
        for (uint256 i = 0; i < accepted.length; ++i) {
            vm.assertEq(_accepts(openings[altered[i][0]], altered[i][1], altered[i][2]), accepted[i], vm.toString(i));
        }
    }

    function test_gas_of_a_slice_of_48_knots_32_strikes_and_both_calendars() public {
        bytes memory arguments = vm.parseJsonBytes(json, ".largest");
        (bool accepted,) = address(native).call(bytes.concat(INativeSlice.requireSlice.selector, arguments));
        vm.snapshotGasLastCall("native", "slice_native_48_32");
        vm.assertTrue(accepted, "the largest");
    }

    function test_knots_beyond_their_widths_or_too_few_revert() public {
        (uint256[] memory d, uint256 count, INativeSlice.Opening memory o) = _opening();
        o.knots[1] |= 1 << 210;
        vm.expectRevert(
            abi.encodeWithSelector(Words.BitsOutsideFields.selector, 1, o.knots[1], (uint256(1) << 210) - 1)
        );
        native.requireSlice(d, count, o);
        o.knots = new uint256[](10);
        vm.expectRevert(abi.encodeWithSelector(Words.WrongLength.selector, 10, 11));
        native.requireSlice(d, count, o);
    }

    function test_a_last_knot_of_2_to_the_24_ticks_reverts_with_KnotTooHigh() public {
        (uint256[] memory d, uint256 count, INativeSlice.Opening memory o) = _opening();
        o.knots[0] |= ((1 << 24) - 1) << 210;
        vm.expectPartialRevert(DensityLaw.KnotTooHigh.selector);
        native.requireSlice(d, count, o);
    }

    function test_a_mass_above_one_reverts_with_MassAboveOne() public {
        (uint256[] memory d, uint256 count, INativeSlice.Opening memory o) = _opening();
        o.knots[5] |= (1 << 48) - 1;
        vm.expectPartialRevert(DensityLaw.MassAboveOne.selector);
        native.requireSlice(d, count, o);
    }

    function test_a_forward_off_the_mean_reverts_with_MeanOffForward() public {
        (uint256[] memory d, uint256 count, INativeSlice.Opening memory o) = _opening();
        d[0] += 1;
        vm.expectPartialRevert(DensityLaw.MeanOffForward.selector);
        native.requireSlice(d, count, o);
    }

    function test_a_strike_that_is_no_knot_or_repeats_reverts_with_StrikeNotAKnot() public {
        (uint256[] memory d, uint256 count, INativeSlice.Opening memory o) = _opening();
        uint256 first = SliceLayout.listingAt(d, SliceLayout.listingIndex(16), 0);
        d[SliceLayout.listingIndex(16)] += 1;
        vm.expectRevert(abi.encodeWithSelector(INativeSlice.StrikeNotAKnot.selector, first + 1));
        native.requireSlice(d, count, o);
        d[SliceLayout.listingIndex(16)] -= 1 + first;
        vm.expectRevert(abi.encodeWithSelector(INativeSlice.StrikeNotAKnot.selector, 0));
        native.requireSlice(d, count, o);
    }

    function test_a_mark_a_cent_off_reverts_with_MarkOffLaw() public {
        (uint256[] memory d, uint256 count, INativeSlice.Opening memory o) = _opening();
        uint256 markE2 = SliceLayout.resultsMarkE2(d[SliceLayout.resultsIndex(16)]);
        d[SliceLayout.resultsIndex(16)] += 1;
        uint256 strikeTicks = SliceLayout.listingAt(d, SliceLayout.listingIndex(16), 0);
        vm.expectRevert(abi.encodeWithSelector(INativeSlice.MarkOffLaw.selector, strikeTicks, markE2 + 1, markE2));
        native.requireSlice(d, count, o);
    }

    function test_a_vol_off_its_price_reverts_with_VolOffPrice_and_none_with_VolOutOfDomain() public {
        (uint256[] memory d, uint256 count, INativeSlice.Opening memory o) = _opening();
        uint256 index = SliceLayout.resultsIndex(16);
        uint256 strikeTicks = SliceLayout.listingAt(d, SliceLayout.listingIndex(16), 0);
        uint256 vol = SliceLayout.resultsTotalVolQ32(d[index]);
        d[index] += 1 << 60;
        vm.expectRevert(abi.encodeWithSelector(INativeSlice.VolOffPrice.selector, strikeTicks, vol + (1 << 25)));
        native.requireSlice(d, count, o);
        d[index] -= (vol + (1 << 25)) << 35;
        vm.expectPartialRevert(Black76.VolOutOfDomain.selector);
        native.requireSlice(d, count, o);
        d[index] += 1 << 35;
        vm.expectPartialRevert(Black76.VolOutOfDomain.selector);
        native.requireSlice(d, count, o);
    }

    function test_a_fit_error_below_the_true_one_reverts_with_FitErrorTooLow() public {
        (uint256[] memory d, uint256 count, INativeSlice.Opening memory o) = _opening();
        uint256 fitErrorQ16 = SliceLayout.headerFitErrorQ16(d[0]);
        vm.assertGe(fitErrorQ16, 1, "an error to understate");
        d[0] -= 1 << 93;
        vm.expectRevert(abi.encodeWithSelector(INativeSlice.FitErrorTooLow.selector, fitErrorQ16 - 1));
        native.requireSlice(d, count, o);
    }

    function test_more_strikes_than_slots_revert_with_SliceTooShort() public {
        (uint256[] memory d,, INativeSlice.Opening memory o) = _opening();
        vm.expectRevert(abi.encodeWithSelector(INativeSlice.SliceTooShort.selector, d.length, 17));
        native.requireSlice(d, 17, o);
    }

    function test_a_neighbour_out_of_order_reverts_with_AtomShrinks_or_TangentBelowChord() public {
        (uint256[] memory d, uint256 count, INativeSlice.Opening memory o) = _opening();
        (o.earlierKnots, o.laterKnots) = (o.laterKnots, o.earlierKnots);
        vm.expectPartialRevert(CalendarPath.AtomShrinks.selector);
        native.requireSlice(d, count, o);
        (o.earlierKnots, o.laterKnots) = (o.laterKnots, o.earlierKnots);
        o.earlierPath.ratioP /= 2;
        vm.expectPartialRevert(CalendarPath.TangentBelowChord.selector);
        native.requireSlice(d, count, o);
    }

    function test_a_path_out_of_its_rules_reverts_with_RatioTooHigh_or_PathNotAscending() public {
        (uint256[] memory d, uint256 count, INativeSlice.Opening memory o) = _opening();
        (uint32 p, uint32 q) = (o.earlierPath.ratioP, o.earlierPath.ratioQ);
        o.earlierPath.ratioQ = 0;
        vm.expectRevert(abi.encodeWithSelector(CalendarPath.RatioTooHigh.selector, p, 0));
        native.requireSlice(d, count, o);
        (o.earlierPath.ratioP, o.earlierPath.ratioQ) = (q, p / 2);
        vm.expectRevert(abi.encodeWithSelector(CalendarPath.RatioTooHigh.selector, q, p / 2));
        native.requireSlice(d, count, o);
        (o.earlierPath.ratioP, o.earlierPath.ratioQ) = (p, q);
        o.earlierPath.kinks[1] = o.earlierPath.kinks[0];
        vm.expectRevert(abi.encodeWithSelector(CalendarPath.PathNotAscending.selector, 1));
        native.requireSlice(d, count, o);
        o.earlierPath.tangents = "";
        vm.expectRevert(abi.encodeWithSelector(CalendarPath.PathNotAscending.selector, 0));
        native.requireSlice(d, count, o);
    }

    function test_the_hashes_of_opened_knots_are_returned_and_zero_where_none_are() public view {
        (uint256[] memory d, uint256 count, INativeSlice.Opening memory o) = _opening();
        bytes32[3] memory hashes = native.requireSlice(d, count, o);
        vm.assertEq(hashes[0], keccak256(abi.encodePacked(o.earlierKnots)), "earlier");
        vm.assertEq(hashes[1], keccak256(abi.encodePacked(o.knots)), "own");
        vm.assertEq(hashes[2], keccak256(abi.encodePacked(o.laterKnots)), "later");
        (o.earlierKnots, o.laterKnots) = (new uint256[](0), new uint256[](0));
        hashes = native.requireSlice(d, count, o);
        vm.assertEq(hashes[0] | hashes[2], bytes32(0), "not compared");
    }

    /// @dev The first slice with both neighbours, a fit error and a path of several pieces.
    function _opening() private view returns (uint256[] memory d, uint256 count, INativeSlice.Opening memory o) {
        bytes[] memory openings = abi.decode(vm.parseJsonBytes(json, ".openings"), (bytes[]));
        for (uint256 i = 0; i < openings.length; ++i) {
            (d, count, o) = abi.decode(openings[i], (uint256[], uint256, INativeSlice.Opening));
            bool both = o.earlierKnots.length != 0 && o.laterKnots.length != 0;
            if (both && SliceLayout.headerFitErrorQ16(d[0]) > 0) return (d, count, o);
        }
    }

    function _accepts(bytes memory opening, uint256 word, uint256 value) private view returns (bool accepted) {
        bytes memory arguments = bytes.concat(opening);
        assembly ("memory-safe") {
            mstore(add(add(arguments, 32), mul(word, 32)), value)
        }
        (accepted,) = address(native).staticcall(bytes.concat(INativeSlice.requireSlice.selector, arguments));
    }
}
