// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../../contracts/generated/SliceLayout.sol";
import {IGuarded} from "../../contracts/interfaces/IGuarded.sol";
import {INativeSlice} from "../../contracts/interfaces/INativeSlice.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {ISliceFallback} from "../../contracts/interfaces/ISliceFallback.sol";
import {Slice} from "../../contracts/statements/Slice.sol";
import {OpenedFixture} from "./base/OpenedFixture.sol";
import {SliceBuilder} from "./base/SliceBuilder.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @notice Slices that land without a proof, and what they are good for.
contract SliceFallbackTest is OpenedFixture {
    address private constant GUARDIAN = address(0x6a);

    constructor() {
        sliceFallback.setGuardian(GUARDIAN);
    }

    function test_a_checked_slice_lands_beside_proven_ones_with_both_calendars_and_only_liquidates() public {
        _allow();
        sliceFallback.check(opened, count, opening);
        _landThree(1);
        IRiskOracle.Slice memory slice = oracle.sliceOf(MARKET, MIDDLE);
        vm.assertTrue(slice.native, "native");
        vm.assertEq(slice.knotsDigest, opened[1], "digest");
        vm.assertTrue(slice.calendarEarlier == IRiskOracle.Calendar.Proven, "earlier");
        vm.assertTrue(slice.calendarLater == IRiskOracle.Calendar.Proven, "later");
        _expect(MIDDLE, IRiskOracle.State.LiquidateOnly);
        _expect(FIRST, IRiskOracle.State.Fresh);
        vm.assertTrue(!oracle.sliceOf(MARKET, FIRST).native, "proven");
    }

    function test_without_slice_circuits_a_checked_slice_lands_alone() public {
        _allow();
        _check();
        landNative(1, unclaimed());
        _expect(MIDDLE, IRiskOracle.State.LiquidateOnly);
        vm.warp(block.timestamp + 700);
        _expect(MIDDLE, IRiskOracle.State.Stale);
        landNative(2, unclaimed());
        _expect(MIDDLE, IRiskOracle.State.LiquidateOnly);
    }

    function test_the_next_proven_slice_replaces_a_native_one_of_the_same_round_too() public {
        _allow();
        _check();
        landNative(1, unclaimed());
        bytes32 native = factsOf(MIDDLE).marginHash;
        uint256[] memory d = unclaimed();
        d[SliceLayout.greeksDigestIndex()] = 77;
        landProven(1, d);
        _expect(MIDDLE, IRiskOracle.State.Fresh);
        vm.assertTrue(!oracle.sliceOf(MARKET, MIDDLE).native, "replaced");
        vm.assertEq(factsOf(MIDDLE).previousMarginHash, native, "kept for proofs in flight");
        vm.warp(block.timestamp + 1);
        landNative(2, unclaimed());
        _expect(MIDDLE, IRiskOracle.State.LiquidateOnly);
        vm.warp(block.timestamp + 1);
        landProven(3, d);
        _expect(MIDDLE, IRiskOracle.State.Fresh);
    }

    function test_a_native_slice_of_the_round_of_a_proven_one_changes_nothing() public {
        _allow();
        _check();
        uint256[] memory d = unclaimed();
        d[SliceLayout.greeksDigestIndex()] = 77;
        landProven(1, d);
        IRiskOracle.SliceUpdate[] memory updates = one(updateOf(NATIVE_32_16, unclaimed()));
        IRiskOracle.Report memory report = reportWith(1, d, false);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.NothingNewer.selector, MARKET, 1));
        oracle.submit(report, "", updates);
        _expect(MIDDLE, IRiskOracle.State.Fresh);
    }

    function test_a_slice_that_was_not_checked_reverts_with_UncheckedSlice() public {
        _allow();
        _expectUnchecked(unclaimed());
        _check();
        uint256[] memory d = unclaimed();
        d[SliceLayout.resultsIndex(CAPACITY)] += 1;
        _expectUnchecked(d);
    }

    function test_until_the_owner_allows_them_and_after_the_guardian_stopped_them_slices_revert_with_UncheckedSlice()
        public
    {
        _check();
        _expectUnchecked(unclaimed());
        _allow();
        vm.expectEmit(address(sliceFallback));
        emit ISliceFallback.NativeSlicesSet(false);
        vm.prank(GUARDIAN);
        sliceFallback.stopNative();
        _expectUnchecked(unclaimed());
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, GUARDIAN));
        vm.prank(GUARDIAN);
        sliceFallback.setNativeSlices(true);
    }

    function test_a_stranger_who_stops_native_slices_reverts_with_NotGuardian() public {
        _allow();
        vm.expectRevert(abi.encodeWithSelector(IGuarded.NotGuardian.selector, address(7)));
        vm.prank(address(7));
        sliceFallback.stopNative();
        vm.assertTrue(sliceFallback.allowed(), "still allowed");
    }

    function test_an_id_without_a_circuit_of_its_size_reverts_with_UnsupportedCircuit() public {
        _allow();
        IRiskOracle.Report memory report = reportWith(1, unclaimed(), false);
        bytes memory signatures = signaturesOf(report);
        bytes32[4] memory ids = [bytes32("slice_native_32_17"), "slice_native_", "slice_native", "slice_native_32_16_"];
        for (uint256 i = 0; i < 4; ++i) {
            IRiskOracle.SliceUpdate[] memory updates = one(updateOf(ids[i], unclaimed()));
            vm.expectRevert(abi.encodeWithSelector(IRiskOracle.UnsupportedCircuit.selector, ids[i]));
            oracle.submit(report, signatures, updates);
        }
    }

    function test_native_ids_name_the_circuits_whose_data_vectors_they_have() public pure {
        bytes32[4] memory ids =
            [bytes32("slice_native_32_16"), "slice_native_48_32", "slice_native_64_48", "slice_native_96_80"];
        bytes32[4] memory circuits =
            [Slice.CIRCUIT_32_16, Slice.CIRCUIT_48_32, Slice.CIRCUIT_64_48, Slice.CIRCUIT_96_80];
        for (uint256 i = 0; i < 4; ++i) {
            (bool native, bytes32 proven) = Slice.nativeOf(ids[i]);
            vm.assertTrue(native && proven == circuits[i], "native");
            (native, proven) = Slice.nativeOf(circuits[i]);
            vm.assertTrue(!native && proven == circuits[i], "proven");
        }
    }

    function test_knots_of_other_digests_and_claims_that_are_not_opened_revert_with_KnotsNotOpened() public {
        for (uint256 i = 1; i < 4; ++i) {
            uint256[] memory d = opened;
            d[i] += 1;
            vm.expectRevert(abi.encodeWithSelector(ISliceFallback.KnotsNotOpened.selector, i, d[i], opened[i]));
            sliceFallback.check(d, count, opening);
        }
        INativeSlice.Opening memory o = unclaimedOpening();
        vm.expectRevert(abi.encodeWithSelector(ISliceFallback.KnotsNotOpened.selector, 2, opened[2], 0));
        sliceFallback.check(opened, count, o);
        vm.expectRevert(abi.encodeWithSelector(ISliceFallback.KnotsNotOpened.selector, 2, 0, opened[2]));
        sliceFallback.check(unclaimed(), count, opening);
    }

    function test_words_that_are_false_are_not_remembered() public {
        uint256[] memory d = opened;
        d[SliceLayout.resultsIndex(CAPACITY)] += 1;
        vm.expectPartialRevert(INativeSlice.MarkOffLaw.selector);
        sliceFallback.check(d, count, opening);
        vm.assertTrue(!sliceFallback.holds(keccak256(abi.encodePacked(count, d))), "not remembered");
    }

    function test_Greeks_words_that_nothing_checks_revert_with_UncheckedGreeks() public {
        uint256[] memory d = opened;
        d[SliceLayout.greeksDigestIndex()] = 77;
        vm.expectRevert(abi.encodeWithSelector(ISliceFallback.UncheckedGreeks.selector, 77));
        sliceFallback.check(d, count, opening);
    }

    function test_a_check_is_good_for_its_number_of_strikes_alone() public {
        _allow();
        sliceFallback.check(unclaimed(), count - 1, unclaimedOpening());
        _expectUnchecked(unclaimed());
    }

    function test_gas_of_checking_slices_with_both_calendars() public {
        sliceFallback.check(opened, count, opening);
        vm.snapshotGasLastCall("native", "slice_fallback_32_16");
        (uint256[] memory d, uint256 strikes, INativeSlice.Opening memory o) = abi.decode(
            vm.parseJsonBytes(vector("native_slice.json"), ".largest"), (uint256[], uint256, INativeSlice.Opening)
        );
        sliceFallback.check(d, strikes, o);
        vm.snapshotGasLastCall("native", "slice_fallback_48_32");
    }

    function _allow() private {
        sliceFallback.setNativeSlices(true);
    }

    function _check() private {
        sliceFallback.check(unclaimed(), count, unclaimedOpening());
    }

    function _landThree(uint64 epoch) private {
        IRiskOracle.Report memory report = reportWith(epoch, opened, true);
        IRiskOracle.SliceUpdate[] memory neighbours = updatesOf(report, neighbourSpecs());
        IRiskOracle.SliceUpdate[] memory updates = new IRiskOracle.SliceUpdate[](3);
        (updates[0], updates[1], updates[2]) = (neighbours[0], updateOf(NATIVE_32_16, opened), neighbours[1]);
        oracle.submit(report, signaturesOf(report), updates);
    }

    function _expectUnchecked(uint256[] memory d) private {
        IRiskOracle.Report memory report = reportWith(1, d, false);
        bytes memory signatures = signaturesOf(report);
        IRiskOracle.SliceUpdate[] memory updates = one(updateOf(NATIVE_32_16, d));
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.UncheckedSlice.selector, NATIVE_32_16, MIDDLE));
        oracle.submit(report, signatures, updates);
    }

    function _expect(uint64 expiry, IRiskOracle.State state) private view {
        vm.assertEq(uint256(factsOf(expiry).state), uint256(state), "state");
    }
}
