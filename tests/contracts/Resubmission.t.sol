// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {Slice} from "../../contracts/statements/Slice.sol";
import {OracleFixture} from "./base/OracleFixture.sol";
import {SliceBuilder} from "./base/SliceBuilder.sol";

/// @notice Claims that are added to slices of the stored epoch.
contract ResubmissionTest is OracleFixture {
    using SliceBuilder for SliceBuilder.Spec;

    function test_a_slice_without_claims_cannot_hold_a_pair_in_liquidate_only() public {
        SliceBuilder.Spec[] memory specs = _unproven();
        submit(7, specs);
        IRiskOracle.Slice memory before = oracle.sliceOf(MARKET, FIRST);
        _requireState(IRiskOracle.State.LiquidateOnly);
        specs[0].later = specs[1].knotsDigest;
        // The epoch's report, or another one of the same epoch observed later: what is stored stays.
        vm.warp(NOW + 30);
        submit(7, only(specs[0]));
        _requireState(IRiskOracle.State.Fresh);
        IRiskOracle.Slice memory afterwards = oracle.sliceOf(MARKET, FIRST);
        vm.assertTrue(afterwards.calendarLater == IRiskOracle.Calendar.Proven, "claimed");
        before.calendarLater = IRiskOracle.Calendar.Proven;
        vm.assertEq(abi.encode(afterwards), abi.encode(before), "nothing else changed");
        vm.assertEq(marginHashOf(FIRST), hashOf(specs[0].margin()), "the same words");
    }

    function test_a_claim_that_is_proven_already_reverts_with_NothingNewer() public {
        submit(7, provenPair());
        _expectNotNewer(provenPair()[0], 7);
        SliceBuilder.Spec memory second = SliceBuilder.calm(SECOND);
        second.earlier = provenPair()[0].knotsDigest;
        _expectNotNewer(second, 7);
    }

    function test_no_claim_or_other_words_revert_with_NothingNewer() public {
        SliceBuilder.Spec[] memory specs = _unproven();
        submit(7, specs);
        _expectNotNewer(specs[0], 7);
        specs[0].later = specs[1].knotsDigest;
        specs[0].markShiftE2 = 1;
        _expectNotNewer(specs[0], 7);
        specs[0].markShiftE2 = 0;
        specs[0].knotsDigest += 1;
        _expectNotNewer(specs[0], 7);
        specs[0].knotsDigest -= 1;
        specs[0].forwardQ16 += 1;
        _expectNotNewer(specs[0], 7);
        specs[0].forwardQ16 -= 1;
        _expectNotNewer(specs[0], 6);
        submit(7, only(specs[0]));
        _requireState(IRiskOracle.State.Fresh);
    }

    function test_a_claim_against_other_knots_reverts_with_UnknownNeighbour() public {
        SliceBuilder.Spec[] memory specs = _unproven();
        submit(7, specs);
        specs[0].later = 5;
        IRiskOracle.Report memory report = reportOf(7, only(specs[0]));
        bytes memory signatures = signaturesOf(report);
        IRiskOracle.SliceUpdate[] memory updates = updatesOf(report, only(specs[0]));
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.UnknownNeighbour.selector, FIRST, 5, specs[1].knotsDigest));
        oracle.submit(report, signatures, updates);
    }

    function test_an_added_claim_leaves_the_other_pair_as_it_is() public {
        SliceBuilder.Spec[] memory specs = new SliceBuilder.Spec[](3);
        (specs[0], specs[1], specs[2]) = (SliceBuilder.calm(FIRST), SliceBuilder.calm(SECOND), SliceBuilder.calm(THIRD));
        specs[0].later = specs[1].knotsDigest;
        submit(7, specs);
        specs[1].later = specs[2].knotsDigest;
        submit(7, only(specs[1]));
        IRiskOracle.Slice memory middle = oracle.sliceOf(MARKET, SECOND);
        vm.assertTrue(middle.calendarEarlier == IRiskOracle.Calendar.Proven, "proven before");
        vm.assertTrue(middle.calendarLater == IRiskOracle.Calendar.Proven, "proven now");
        vm.assertTrue(oracle.stateOf(MARKET, THIRD) == IRiskOracle.State.Fresh, "third");
    }

    function test_a_slice_of_the_stored_epoch_claims_a_neighbour_of_the_same_transaction() public {
        submit(6, provenPair());
        submit(7, only(SliceBuilder.calm(FIRST)));
        _requireState(IRiskOracle.State.LiquidateOnly);
        SliceBuilder.Spec[] memory specs = provenPair();
        specs[1].knotsDigest = 5;
        specs[0].later = 5;
        submit(7, specs);
        _requireState(IRiskOracle.State.Fresh);
        vm.assertEq(oracle.sliceOf(MARKET, SECOND).knotsDigest, 5, "the neighbour is newer");
    }

    function test_a_failing_proof_of_an_added_claim_reverts_with_InvalidProof() public {
        SliceBuilder.Spec[] memory specs = _unproven();
        submit(7, specs);
        specs[0].later = specs[1].knotsDigest;
        IRiskOracle.Report memory report = reportOf(7, only(specs[0]));
        bytes memory signatures = signaturesOf(report);
        IRiskOracle.SliceUpdate[] memory updates = updatesOf(report, only(specs[0]));
        updates[0].digest += 1;
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.InvalidProof.selector, Slice.CIRCUIT_32_16, FIRST));
        oracle.submit(report, signatures, updates);
    }

    function _unproven() private pure returns (SliceBuilder.Spec[] memory specs) {
        specs = provenPair();
        specs[0].later = 0;
    }

    function _requireState(IRiskOracle.State state) private view {
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == state, "first");
        vm.assertTrue(oracle.stateOf(MARKET, SECOND) == state, "second");
    }

    function _expectNotNewer(SliceBuilder.Spec memory spec, uint64 epoch) private {
        IRiskOracle.Report memory report = reportOf(epoch, only(spec));
        bytes memory signatures = signaturesOf(report);
        IRiskOracle.SliceUpdate[] memory updates = updatesOf(report, only(spec));
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.NothingNewer.selector, MARKET, epoch));
        oracle.submit(report, signatures, updates);
    }
}
