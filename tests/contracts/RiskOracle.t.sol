// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGuarded} from "../../contracts/interfaces/IGuarded.sol";
import {IListingRegistry} from "../../contracts/interfaces/IListingRegistry.sol";
import {IPublisherSet} from "../../contracts/interfaces/IPublisherSet.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Slice} from "../../contracts/statements/Slice.sol";
import {Solvency} from "../../contracts/statements/Solvency.sol";
import {OracleFixture} from "./base/OracleFixture.sol";
import {SliceBuilder} from "./base/SliceBuilder.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

contract RiskOracleTest is OracleFixture {
    using SliceBuilder for SliceBuilder.Spec;

    struct Batch {
        IRiskOracle.Report report;
        bytes[] signatures;
        IRiskOracle.SliceUpdate[] updates;
    }

    function test_one_slice_is_stored_with_its_counts() public {
        SliceBuilder.Spec[] memory specs = only(SliceBuilder.calm(FIRST));
        Batch memory b = _prepare(1, specs);
        vm.expectEmit(address(oracle));
        emit IRiskOracle.SliceStored(MARKET, FIRST, 1, 0, NOW, 0, 5, false);
        _submitBatch(b);
        IRiskOracle.Slice memory slice = oracle.sliceOf(MARKET, FIRST);
        vm.assertEq(marginHashOf(FIRST), hashOf(specs[0].margin()), "words without claims");
        vm.assertEq(slice.knotsDigest, specs[0].knotsDigest, "knots");
        vm.assertEq(uint256(slice.epoch), 1, "epoch");
        vm.assertEq(uint256(factsOf(FIRST).observedAt), NOW, "observed at");
        vm.assertTrue(slice.calendarEarlier == IRiskOracle.Calendar.NoNeighbour, "no earlier slice");
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Fresh, "fresh");
        vm.assertTrue(oracle.stateOf(MARKET, SECOND) == IRiskOracle.State.None, "no second slice");
    }

    function test_two_slices_of_one_report_are_stored_and_calendar_proven() public {
        Batch memory b = _prepare(1, provenPair());
        vm.expectEmit(address(oracle));
        emit IRiskOracle.CalendarEvaluated(MARKET, FIRST, SECOND, true);
        _submitBatch(b);
        vm.snapshotGasLastCall("gas", "oracle.submit of 2 first slices, verifier excluded");
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Fresh, "first");
        vm.assertTrue(oracle.stateOf(MARKET, SECOND) == IRiskOracle.State.Fresh, "second");
        vm.assertTrue(oracle.sliceOf(MARKET, FIRST).calendarLater == IRiskOracle.Calendar.Proven, "one pair, one proof");
        vm.warp(NOW + 30);
        b = _prepare(2, provenPair());
        _submitBatch(b);
        vm.snapshotGasLastCall("gas", "oracle.submit of 2 next slices, verifier excluded");
    }

    function test_marks_outside_their_quotes_are_counted_with_half_a_cent_of_tolerance() public {
        SliceBuilder.Spec memory spec = SliceBuilder.calm(FIRST);
        // The put at 40,000 is quoted 90 to 108 dollars and marked at 100; the call at 80,000 45 to 57, marked at 50.
        spec.markShiftE2 = 700;
        submit(1, only(spec));
        vm.assertEq(uint256(oracle.sliceOf(MARKET, FIRST).outside), 0, "the call's mark is its ask");
        spec.markShiftE2 = 701;
        submit(2, only(spec));
        vm.assertEq(uint256(oracle.sliceOf(MARKET, FIRST).outside), 1, "one cent above");
        spec.markShiftE2 = 801;
        submit(3, only(spec));
        vm.assertEq(uint256(oracle.sliceOf(MARKET, FIRST).outside), 2, "the put is outside by parity");
        // The call's ask is 0.095 forward in cents: 5699.525 at 59,995 and 5699.43 at 59,994, its mark 5700.
        spec.markShiftE2 = 700;
        spec.forwardQ16 = 59_995 << 16;
        submit(4, only(spec));
        vm.assertEq(uint256(oracle.sliceOf(MARKET, FIRST).outside), 1, "the put alone: 0.475 cents are tolerated");
        spec.forwardQ16 = 59_994 << 16;
        submit(5, only(spec));
        vm.assertEq(uint256(oracle.sliceOf(MARKET, FIRST).outside), 2, "put and call: 0.57 cents are not");
        // The call at 60,000 has its bid at 3.285 forward in cents: 200,000.33 at 60,882.9 and 200,000.66 at 60,883.
        spec.markShiftE2 = 0;
        spec.forwardQ16 = 3_990_021_734;
        submit(6, only(spec));
        vm.assertEq(uint256(oracle.sliceOf(MARKET, FIRST).outside), 2, "both puts: a third of a cent is tolerated");
        spec.forwardQ16 = 60_883 << 16;
        submit(7, only(spec));
        vm.assertEq(uint256(oracle.sliceOf(MARKET, FIRST).outside), 3, "and the call: two thirds are not");
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Fresh, "counts refuse nothing");
    }

    function test_a_replayed_or_older_epoch_reverts_with_NothingNewer() public {
        Batch memory b = _prepare(2, provenPair());
        _submitBatch(b);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.NothingNewer.selector, MARKET, 2));
        _submitBatch(b);
        b = _prepare(1, provenPair());
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.NothingNewer.selector, MARKET, 1));
        _submitBatch(b);
    }

    function test_updates_out_of_order_or_twice_revert_with_UpdatesNotAscending() public {
        Batch memory b = _prepare(1, provenPair());
        IRiskOracle.SliceUpdate memory first = b.updates[0];
        b.updates[0] = b.updates[1];
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.UpdatesNotAscending.selector, 1));
        _submitBatch(b);
        b.updates[1] = first;
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.UpdatesNotAscending.selector, 1));
        _submitBatch(b);
    }

    function test_a_newer_epoch_observed_earlier_reverts_with_ObservedBeforeStored() public {
        submit(1, provenPair());
        vm.warp(NOW - 1);
        Batch memory b = _prepare(2, provenPair());
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.ObservedBeforeStored.selector, (NOW - 1) * 1000 + 999, NOW * 1000 + 999)
        );
        _submitBatch(b);
        vm.warp(NOW);
        submit(2, provenPair());
    }

    function test_no_updates_revert_with_NoUpdates() public {
        Batch memory b = _prepare(1, provenPair());
        b.updates = new IRiskOracle.SliceUpdate[](0);
        vm.expectRevert(IRiskOracle.NoUpdates.selector);
        _submitBatch(b);
    }

    function test_a_strangers_signature_reverts_with_UnknownSigner() public {
        Batch memory b = _prepare(1, provenPair());
        b.signatures[1] = signed(STRANGER_KEY, publisherSet.reportDigest(b.report));
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.UnknownSigner.selector, vm.addr(STRANGER_KEY)));
        _submitBatch(b);
    }

    function test_a_signature_that_recovers_to_nobody_reverts_with_InvalidSignature() public {
        Batch memory b = _prepare(1, provenPair());
        b.signatures[1] = new bytes(65);
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.InvalidSignature.selector, 1));
        _submitBatch(b);
    }

    function test_a_duplicate_or_descending_signer_reverts_with_SignersNotAscending() public {
        Batch memory b = _prepare(1, provenPair());
        (address low, address high) = (vm.addr(publisherKeys[0]), vm.addr(publisherKeys[1]));
        b.signatures[1] = b.signatures[0];
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.SignersNotAscending.selector, low, low));
        _submitBatch(b);
        b.signatures[0] = signed(publisherKeys[1], publisherSet.reportDigest(b.report));
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.SignersNotAscending.selector, high, low));
        _submitBatch(b);
    }

    function test_one_signature_of_two_reverts_with_BelowThreshold() public {
        Batch memory b = _prepare(1, provenPair());
        b.signatures = new bytes[](1);
        b.signatures[0] = signed(publisherKeys[0], publisherSet.reportDigest(b.report));
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.BelowThreshold.selector, 1, 2));
        _submitBatch(b);
    }

    function test_a_report_of_a_replaced_publisher_set_reverts_with_WrongSetVersion() public {
        Batch memory b = _prepare(1, provenPair());
        publisherSet.setPublishers(_publishers(), 2);
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.WrongSetVersion.selector, 1, 2));
        _submitBatch(b);
    }

    function test_a_publisher_that_left_the_set_reverts_with_UnknownSigner() public {
        address[] memory two = new address[](2);
        (two[0], two[1]) = (vm.addr(publisherKeys[1]), vm.addr(publisherKeys[2]));
        publisherSet.setPublishers(two, 2);
        Batch memory b = _prepare(1, provenPair());
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.UnknownSigner.selector, vm.addr(publisherKeys[0])));
        _submitBatch(b);
    }

    function test_publisher_sets_that_cannot_sign_revert_with_InvalidPublisherSet() public {
        address[] memory set = _publishers();
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.InvalidPublisherSet.selector, 3, 4));
        publisherSet.setPublishers(set, 4);
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.InvalidPublisherSet.selector, 3, 0));
        publisherSet.setPublishers(set, 0);
        set[2] = set[0];
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.InvalidPublisherSet.selector, 3, 2));
        publisherSet.setPublishers(set, 2);
        set[2] = address(0);
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.InvalidPublisherSet.selector, 3, 2));
        publisherSet.setPublishers(set, 2);
    }

    function test_a_report_ahead_of_the_block_reverts_with_ReportFromFuture() public {
        Batch memory b = _prepare(1, provenPair());
        uint64 observedAtMs = b.report.observedAtMs;
        vm.warp(NOW - 15);
        uint256 latestMs = uint256(NOW) * 1000;
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.ReportFromFuture.selector, observedAtMs, latestMs));
        _submitBatch(b);
        vm.warp(NOW - 14);
        _submitBatch(b);
    }

    function test_an_expiry_outside_the_report_reverts_with_ExpiryNotInReport() public {
        Batch memory b = _prepare(1, provenPair());
        b.updates[1].expiry = THIRD;
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.ExpiryNotInReport.selector, THIRD));
        _submitBatch(b);
    }

    function test_an_expired_slice_reverts_with_SliceExpired() public {
        vm.warp(FIRST);
        Batch memory b = _prepare(1, provenPair());
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.SliceExpired.selector, FIRST, b.report.observedAtMs));
        _submitBatch(b);
        vm.warp(FIRST - 1);
        b = _prepare(1, provenPair());
        vm.warp(FIRST);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.SliceExpired.selector, FIRST, b.report.observedAtMs));
        _submitBatch(b);
    }

    function test_another_circuit_reverts_with_UnsupportedCircuit() public {
        Batch memory b = _prepare(1, provenPair());
        b.updates[0].circuitId = "solvency_4";
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.UnsupportedCircuit.selector, Solvency.CIRCUIT_4));
        _submitBatch(b);
    }

    function test_words_outside_their_widths_revert_with_ValueTooWide_or_WrongLength() public {
        Batch memory b = _prepare(1, provenPair());
        b.updates[0].words[5] |= 1 << 234;
        vm.expectRevert(abi.encodeWithSelector(Words.ValueTooWide.selector, "d", b.updates[0].words[5], 234));
        _submitBatch(b);
        b.updates[0].words = new uint256[](18);
        vm.expectRevert(abi.encodeWithSelector(Words.WrongLength.selector, 18, 17));
        _submitBatch(b);
    }

    function test_a_forward_that_is_not_reported_reverts_with_ForwardMismatch() public {
        Batch memory b = _prepare(1, provenPair());
        b.updates[0].words[0] += 1;
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.ForwardMismatch.selector, FIRST, (60_000 << 16) + 1, 60_000 << 16)
        );
        _submitBatch(b);
    }

    function test_a_wrong_logarithm_reverts_with_LnForwardMismatch() public {
        Batch memory b = _prepare(1, provenPair());
        uint256 expected = (b.updates[0].words[0] >> 40) & ((1 << 53) - 1);
        b.updates[0].words[0] += 1 << 40;
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.LnForwardMismatch.selector, FIRST, expected + 1, expected));
        _submitBatch(b);
    }

    function test_a_tick_that_is_not_listed_reverts_with_TickMismatch() public {
        Batch memory b = _prepare(1, provenPair());
        b.updates[0].words[0] += 1 << 141;
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.TickMismatch.selector, FIRST, 101, 100));
        _submitBatch(b);
    }

    function test_an_unlisted_expiry_reverts_with_UnknownListing() public {
        Batch memory b = _prepare(1, only(SliceBuilder.calm(THIRD + 1)));
        vm.expectRevert(abi.encodeWithSelector(IListingRegistry.UnknownListing.selector, MARKET, THIRD + 1));
        _submitBatch(b);
    }

    function test_knots_that_are_not_reported_revert_with_KnotsMismatch() public {
        Batch memory b = _prepare(1, provenPair());
        uint256 knots = b.updates[0].words[1];
        b.updates[0].words[1] += 1;
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.KnotsMismatch.selector, FIRST, knots + 1, knots));
        _submitBatch(b);
    }

    function test_every_tampered_quote_bit_reverts_with_QuotesMismatch() public {
        Batch memory b = _prepare(1, provenPair());
        // Five quotes of 26 bits, five spreads of 16.
        for (uint256 i = 0; i < 210; ++i) {
            (uint256 index, uint256 bit) = i < 130 ? (5, 1 << i) : (7, 1 << (i - 130));
            b.updates[0].words[index] ^= bit;
            vm.expectPartialRevert(IRiskOracle.QuotesMismatch.selector);
            _submitBatch(b);
            b.updates[0].words[index] ^= bit;
        }
        _submitBatch(b);
    }

    function test_a_changed_word_digest_or_report_reverts_with_InvalidProof() public {
        _expectProofRefusals(
            _prepare(1, only(SliceBuilder.calm(FIRST))),
            abi.encodeWithSelector(IRiskOracle.InvalidProof.selector, Slice.CIRCUIT_32_16, FIRST)
        );
    }

    function test_one_changed_update_among_several_reverts_with_InvalidBatch() public {
        _expectProofRefusals(_prepare(1, provenPair()), abi.encodeWithSelector(IRiskOracle.InvalidBatch.selector, 2));
        vm.assertTrue(oracle.stateOf(MARKET, SECOND) == IRiskOracle.State.None, "nothing is stored");
    }

    function _expectProofRefusals(Batch memory b, bytes memory refusal) private {
        b.updates[0].words[9] ^= 1 << 1;
        vm.expectRevert(refusal);
        _submitBatch(b);
        b.updates[0].words[9] ^= 1 << 1;
        b.updates[0].digest += 1;
        vm.expectRevert(refusal);
        _submitBatch(b);
        b.updates[0].digest -= 1;
        b.report.rejectedCount = 1;
        b.signatures = _split(signaturesOf(b.report));
        vm.expectRevert(refusal);
        _submitBatch(b);
    }

    function test_a_digest_at_the_field_order_reverts_with_NotInField() public {
        Batch memory b = _prepare(1, provenPair());
        b.updates[0].digest += Words.FIELD_ORDER;
        vm.expectRevert(abi.encodeWithSelector(Words.NotInField.selector, 25, b.updates[0].digest));
        _submitBatch(b);
    }

    function test_pairs_without_a_claim_are_liquidate_only() public {
        SliceBuilder.Spec[] memory specs = provenPair();
        specs[0].later = 0;
        submit(1, specs);
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.LiquidateOnly, "first");
        vm.assertTrue(oracle.stateOf(MARKET, SECOND) == IRiskOracle.State.LiquidateOnly, "second");
        specs[1].earlier = specs[0].knotsDigest;
        submit(2, only(specs[1]));
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Fresh, "proven by the later slice alone");
        vm.assertTrue(oracle.stateOf(MARKET, SECOND) == IRiskOracle.State.Fresh, "proven by its own proof");
    }

    function test_an_update_without_claim_reopens_the_pairs_of_both_neighbours() public {
        SliceBuilder.Spec[] memory specs = new SliceBuilder.Spec[](3);
        (specs[0], specs[1], specs[2]) = (SliceBuilder.calm(FIRST), SliceBuilder.calm(SECOND), SliceBuilder.calm(THIRD));
        (specs[1].earlier, specs[1].later) = (specs[0].knotsDigest, specs[2].knotsDigest);
        submit(1, specs);
        vm.assertTrue(oracle.stateOf(MARKET, THIRD) == IRiskOracle.State.Fresh, "proven by its neighbour");
        submit(2, only(SliceBuilder.calm(SECOND)));
        for (uint64 expiry = FIRST; expiry <= THIRD; expiry += SECOND - FIRST) {
            vm.assertTrue(oracle.stateOf(MARKET, expiry) == IRiskOracle.State.LiquidateOnly, "unproven again");
        }
    }

    function test_a_slice_between_two_others_becomes_the_neighbour_of_both() public {
        SliceBuilder.Spec[] memory outer = provenPair();
        outer[1] = SliceBuilder.calm(THIRD);
        outer[0].later = outer[1].knotsDigest;
        submit(1, outer);
        vm.assertTrue(oracle.stateOf(MARKET, THIRD) == IRiskOracle.State.Fresh, "the listed expiry has no slice yet");
        SliceBuilder.Spec memory middle = SliceBuilder.calm(SECOND);
        middle.earlier = outer[0].knotsDigest;
        submit(1, only(middle));
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Fresh, "claimed by the middle");
        vm.assertTrue(oracle.stateOf(MARKET, THIRD) == IRiskOracle.State.LiquidateOnly, "not claimed");
    }

    function test_an_expired_neighbour_asks_for_no_claim() public {
        submit(1, provenPair());
        vm.warp(FIRST);
        submit(2, only(SliceBuilder.calm(SECOND)));
        vm.assertTrue(oracle.stateOf(MARKET, SECOND) == IRiskOracle.State.Fresh, "no neighbour left");
    }

    function test_a_claim_against_other_knots_reverts_with_UnknownNeighbour() public {
        SliceBuilder.Spec[] memory specs = provenPair();
        specs[0].later += 1;
        Batch memory b = _prepare(1, specs);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskOracle.UnknownNeighbour.selector, FIRST, specs[1].knotsDigest + 1, specs[1].knotsDigest
            )
        );
        _submitBatch(b);
    }

    function test_a_claim_against_replaced_or_missing_knots_reverts_with_UnknownNeighbour() public {
        SliceBuilder.Spec[] memory specs = provenPair();
        Batch memory b = _prepare(1, only(specs[0]));
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.UnknownNeighbour.selector, FIRST, specs[1].knotsDigest, 0));
        _submitBatch(b);
        submit(1, provenPair());
        uint256 replaced = specs[0].knotsDigest;
        specs[0].knotsDigest = 5;
        specs[1].earlier = replaced;
        b = _prepare(2, specs);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.UnknownNeighbour.selector, SECOND, replaced, 5));
        _submitBatch(b);
    }

    function test_a_slice_only_liquidates_after_one_age_and_is_stale_after_another() public {
        submit(1, provenPair());
        vm.warp(NOW + 120);
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Fresh, "120 s");
        vm.warp(NOW + 121);
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.LiquidateOnly, "121 s");
        vm.warp(NOW + 600);
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.LiquidateOnly, "600 s");
        vm.warp(NOW + 601);
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Stale, "601 s");
        oracle.setLimits(IRiskOracle.Limits(601, 601, 2_000, 3_000, 3_000, 5_000));
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Fresh, "601 s with other limits");
    }

    function test_the_guardian_halts_and_the_owner_resumes() public {
        vm.expectRevert(abi.encodeWithSelector(IGuarded.NotGuardian.selector, address(7)));
        vm.prank(address(7));
        oracle.halt(MARKET);
        oracle.setGuardian(address(7));
        vm.prank(address(7));
        oracle.halt(MARKET);
        submit(1, provenPair());
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Halted, "halted, and still updated");
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(7)));
        vm.prank(address(7));
        oracle.resume(MARKET);
    }

    function test_a_stranger_changes_no_setting() public {
        bytes[3] memory calls = [
            abi.encodeCall(oracle.setGuardian, (address(7))),
            abi.encodeCall(oracle.setLimits, (IRiskOracle.Limits(1, 1, 1, 1, 1, 1))),
            abi.encodeCall(oracle.resume, (MARKET))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(address(7));
            (bool success, bytes memory data) = address(oracle).call(calls[i]);
            vm.assertTrue(!success, "refused");
            vm.assertEq(
                data, abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(7)), "named error"
            );
        }
    }

    function _prepare(uint64 epoch, SliceBuilder.Spec[] memory specs) private returns (Batch memory b) {
        b.report = reportOf(epoch, specs);
        b.signatures = _split(signaturesOf(b.report));
        b.updates = updatesOf(b.report, specs);
    }

    function _submitBatch(Batch memory b) private {
        bytes memory joined = "";
        for (uint256 i = 0; i < b.signatures.length; ++i) {
            joined = bytes.concat(joined, b.signatures[i]);
        }
        oracle.submit(b.report, joined, b.updates);
    }

    function _split(bytes memory signatures) private pure returns (bytes[] memory parts) {
        parts = new bytes[](2);
        (parts[0], parts[1]) = (new bytes(65), new bytes(65));
        for (uint256 i = 0; i < 130; ++i) {
            parts[i / 65][i % 65] = signatures[i];
        }
    }
}
