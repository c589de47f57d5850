// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../../contracts/generated/SliceLayout.sol";
import {IReports} from "../../contracts/interfaces/IReports.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {SliceRecord} from "../../contracts/libraries/SliceRecord.sol";
import {VolLimit} from "../../contracts/libraries/VolLimit.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Slice} from "../../contracts/statements/Slice.sol";
import {SliceReview} from "../../contracts/statements/SliceReview.sol";
import {OracleFixture} from "./base/OracleFixture.sol";
import {SliceBuilder} from "./base/SliceBuilder.sol";

/// @notice What replaces what, what state it has then, and what tries to get in.
contract SliceStatesTest is OracleFixture {
    using SliceBuilder for SliceBuilder.Spec;

    function test_a_replaced_slice_stays_known_by_its_hash_and_times() public {
        SliceBuilder.Spec memory spec = SliceBuilder.calm(FIRST);
        bytes32[3] memory hashes;
        for (uint64 i = 0; i < 3; ++i) {
            vm.warp(NOW + 30 * i);
            spec.markShiftE2 = i;
            hashes[i] = hashOf(spec.margin());
            submit(i + 1, only(spec));
            IRiskOracle.SliceFacts memory facts = factsOf(FIRST);
            vm.assertEq(facts.marginHash, hashes[i], "newest");
            vm.assertEq(facts.previousMarginHash, i == 0 ? bytes32(0) : hashes[i - 1], "the one before");
            vm.assertEq(uint256(facts.observedAt), NOW + 30 * i, "observed at");
            vm.assertEq(uint256(facts.previousObservedAt), i == 0 ? 0 : NOW + 30 * (i - 1), "previous");
            vm.assertEq(uint256(facts.replacedAt), NOW + 30 * i, "replaced at");
        }
        IRiskOracle.SliceFacts memory none = factsOf(THIRD);
        vm.assertTrue(none.state == IRiskOracle.State.None && none.listing == address(0), "nothing stored");
    }

    function test_slices_of_an_older_epoch_are_ignored_beside_newer_ones() public {
        submit(5, only(SliceBuilder.calm(FIRST)));
        bytes32 kept = marginHashOf(FIRST);
        SliceBuilder.Spec[] memory specs = provenPair();
        specs[0].later = 0;
        specs[0].markShiftE2 = 3;
        // The newest report is of epoch 5; the second expiry has no slice yet.
        submit(4, specs);
        vm.assertEq(marginHashOf(FIRST), kept, "the newer slice stays");
        vm.assertEq(marginHashOf(SECOND), hashOf(specs[1].margin()), "the other one lands");
        vm.assertEq(uint256(oracle.marketFacts(MARKET).epoch), 5, "the newest report stays");
    }

    function test_an_ignored_slice_needs_no_valid_proof_and_changes_no_condition() public {
        submit(5, provenPair());
        IReports.Report memory report = reportOf(6, only(SliceBuilder.calm(THIRD)));
        report.epoch = 4;
        SliceBuilder.Spec[] memory specs = new SliceBuilder.Spec[](2);
        (specs[0], specs[1]) = (SliceBuilder.calm(FIRST), SliceBuilder.calm(THIRD));
        report = reportOf(4, specs);
        IRiskOracle.SliceUpdate[] memory updates = updatesOf(report, specs);
        updates[0].digest += 1;
        oracle.submit(report, signaturesOf(report), updates);
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Fresh, "still proven");
        vm.assertTrue(oracle.stateOf(MARKET, THIRD) == IRiskOracle.State.LiquidateOnly, "a new unproven neighbour");
    }

    function test_a_vol_that_moves_past_its_limit_permits_liquidation_alone_until_the_reference_follows() public {
        SliceBuilder.Spec memory spec = SliceBuilder.calm(FIRST);
        submit(1, only(spec));
        uint256 anchor = oracle.sliceOf(MARKET, FIRST).referenceVolE6;
        // A million seconds: 0.25 x sqrt(31.536) = 1.404 a year.
        vm.assertEq(anchor, 1_403_923, "at the money");
        vm.warp(NOW + 60);
        // 0.25 more, that is 1.4 a year; the limit is 0.305 x sqrt(2.592) = 0.491.
        spec.volShiftQ32 = 1 << 30;
        submit(2, only(spec));
        IRiskOracle.Slice memory slice = oracle.sliceOf(MARKET, FIRST);
        vm.assertTrue(slice.volMoved, "moved");
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.LiquidateOnly, "liquidation alone");
        vm.assertTrue(slice.referenceVolE6 > anchor + 480_000 && slice.referenceVolE6 < anchor + 500_000, "follows");
        for (uint64 i = 3; i < 5; ++i) {
            vm.warp(NOW + 60 * (i - 1));
            submit(i, only(spec));
        }
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Fresh, "a vol that stays is accepted");
        spec.volShiftQ32 = 0;
        vm.warp(NOW + 240);
        submit(5, only(spec));
        vm.assertTrue(oracle.sliceOf(MARKET, FIRST).volMoved, "a fall as well");
    }

    function testFuzz_the_reference_never_passes_the_vol_nor_its_limit(
        uint32 anchor,
        uint32 vol,
        uint32 elapsedS,
        uint40 rootQ32,
        uint16 moveE4
    ) public pure {
        uint256 root = bound(rootQ32, 1 << 20, 1 << 40);
        IRiskOracle.Limits memory limits = IRiskOracle.Limits(1, 1, 1, moveE4, moveE4, 1);
        (uint32 followed, bool moved) = VolLimit.follow(anchor, vol, elapsedS, root, limits);
        (uint32 low, uint32 high) = anchor < vol ? (anchor, vol) : (vol, anchor);
        vm.assertTrue(followed >= low && followed <= high, "between");
        vm.assertTrue(moved == (followed != vol), "told");
        uint256 allowed = (uint256(moveE4) + uint256(moveE4) * elapsedS / 3600) * 100 * 1_231_328_853 / root;
        uint256 step = followed > anchor ? followed - anchor : anchor - followed;
        vm.assertLe(step, allowed, "limit");
    }

    function test_too_many_marks_outside_their_quotes_permit_liquidation_alone() public {
        oracle.setLimits(IRiskOracle.Limits(120, 600, 2_000, 3_000, 3_000, 4_000));
        SliceBuilder.Spec memory spec = SliceBuilder.calm(FIRST);
        spec.markShiftE2 = 801;
        submit(1, only(spec));
        vm.assertEq(uint256(oracle.sliceOf(MARKET, FIRST).outside), 2, "two of five");
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Fresh, "two fifths are the limit");
        spec.forwardQ16 = 60_883 << 16;
        submit(2, only(spec));
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.LiquidateOnly, "more");
    }

    function test_a_slice_valid_alone_that_breaks_the_calendar_permits_liquidation_alone() public {
        submit(1, provenPair());
        // Its proof claims no neighbour: there is no certificate between the two.
        submit(2, only(SliceBuilder.calm(FIRST)));
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.LiquidateOnly, "the new one");
        vm.assertTrue(oracle.stateOf(MARKET, SECOND) == IRiskOracle.State.LiquidateOnly, "and its neighbour");
    }

    function test_a_proof_of_another_market_expiry_epoch_or_report_does_not_land() public {
        SliceBuilder.Spec[] memory specs = only(SliceBuilder.calm(FIRST));
        IReports.Report memory proven = reportOf(1, specs);
        IRiskOracle.SliceUpdate[] memory updates = updatesOf(proven, specs);
        listings.addListing("ETH-USD", FIRST, 100, SliceBuilder.strikes());
        for (uint256 i = 0; i < 4; ++i) {
            IReports.Report memory report = reportOf(1, specs);
            if (i == 0) report.market = "ETH-USD";
            if (i == 1) (report.expiries[0].expiry, updates[0].expiry) = (SECOND, SECOND);
            if (i == 2) report.epoch = 2;
            if (i == 3) report.snapshotRoot = "another";
            bytes memory signatures = signaturesOf(report);
            vm.expectRevert(
                abi.encodeWithSelector(IRiskOracle.InvalidProof.selector, Slice.CIRCUIT_32_16, updates[0].expiry)
            );
            oracle.submit(report, signatures, updates);
            updates[0].expiry = FIRST;
        }
        oracle.submit(proven, signaturesOf(proven), updates);
    }

    function test_a_rerandomised_proof_lands_the_same_slice() public {
        SliceBuilder.Spec[] memory specs = only(SliceBuilder.calm(FIRST));
        IReports.Report memory report = reportOf(1, specs);
        IRiskOracle.SliceUpdate[] memory updates = updatesOf(report, specs);
        // Other proof bytes for the same signals, as anyone can make them: the registry accepts both.
        updates[0].proof[0] = 5;
        oracle.submit(report, signaturesOf(report), updates);
        vm.assertEq(marginHashOf(FIRST), hashOf(specs[0].margin()), "proof bytes are no part of what is stored");
        updates[0].proof[0] = 6;
        bytes memory signatures = signaturesOf(report);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.NothingNewer.selector, MARKET, 1));
        oracle.submit(report, signatures, updates);
    }

    function test_a_data_element_plus_r_reverts_wherever_it_stands() public {
        SliceBuilder.Spec[] memory specs = only(SliceBuilder.calm(FIRST));
        IReports.Report memory report = reportOf(1, specs);
        IRiskOracle.SliceUpdate[] memory updates = updatesOf(report, specs);
        bytes memory signatures = signaturesOf(report);
        for (uint256 i = 0; i < updates[0].words.length; ++i) {
            updates[0].words[i] += Words.FIELD_ORDER;
            bool digest = i > 0 && i < 5;
            bytes4 refusal = i >= 9 ? Words.BitsOutsideFields.selector : Words.ValueTooWide.selector;
            vm.expectPartialRevert(digest ? Words.NotInField.selector : refusal);
            oracle.submit(report, signatures, updates);
            updates[0].words[i] -= Words.FIELD_ORDER;
        }
    }

    function test_a_bit_beyond_any_packed_field_of_a_slice_reverts() public {
        SliceBuilder.Spec[] memory specs = only(SliceBuilder.calm(FIRST));
        IReports.Report memory report = reportOf(1, specs);
        IRiskOracle.SliceUpdate[] memory updates = updatesOf(report, specs);
        bytes memory signatures = signaturesOf(report);
        // Header, quotes, spreads; the three and the 54 zeros of both results of an element, and above them.
        uint8[9] memory elements = [0, 5, 7, 9, 9, 9, 9, 9, 9];
        uint8[9] memory bits = [149, 234, 240, 32, 34, 70, 123, 156, 194];
        for (uint256 i = 0; i < 9; ++i) {
            updates[0].words[elements[i]] ^= 1 << bits[i];
            vm.expectPartialRevert(i < 3 ? Words.ValueTooWide.selector : Words.BitsOutsideFields.selector);
            oracle.submit(report, signatures, updates);
            updates[0].words[elements[i]] ^= 1 << bits[i];
        }
    }

    function testFuzz_what_is_kept_of_a_slice_is_read_back(uint256 word) public pure {
        // The highest nine flag bits are unused, the calendar conditions have three values.
        vm.assertEq(SliceRecord.pack(SliceRecord.unpack(word)), word, "every bit belongs to one field");
        vm.assertEq(SliceRecord.observedAtOf(word), SliceRecord.unpack(word).observedAt, "observed at");
        vm.assertEq(SliceRecord.flagsOf(word), SliceRecord.unpack(word).flags, "flags");
    }

    function testFuzz_a_place_keeps_its_listing_and_its_neighbours(
        address elements,
        uint8 count,
        uint8 tickE2,
        uint40 earlier,
        uint40 later
    ) public pure {
        uint256 place = SliceRecord.placeOf(elements, count, tickE2);
        place = SliceRecord.withNeighbours(SliceRecord.withNeighbours(place, later, earlier), earlier, later);
        (address readElements, uint8 readCount, uint8 readTickE2) = SliceRecord.listingOf(place);
        vm.assertEq(readElements, elements, "listing");
        vm.assertEq(uint256(readCount), count, "count");
        vm.assertEq(uint256(readTickE2), tickE2, "tick");
        vm.assertEq(SliceRecord.earlierOf(place), earlier, "earlier");
        vm.assertEq(SliceRecord.laterOf(place), later, "later");
    }

    function testFuzz_slices_form_one_ascending_list_in_any_order_of_landing(uint256 seed) public {
        uint64[3] memory order = [FIRST, SECOND, THIRD];
        for (uint256 i = 0; i < 3; ++i) {
            uint256 j = i + (seed >> (8 * i)) % (3 - i);
            (order[i], order[j]) = (order[j], order[i]);
        }
        for (uint64 i = 0; i < 3; ++i) {
            submit(i + 1, only(SliceBuilder.calm(order[i])));
        }
        vm.assertEq(uint256(oracle.sliceOf(MARKET, FIRST).earlier), 0, "first");
        vm.assertEq(uint256(oracle.sliceOf(MARKET, FIRST).later), SECOND, "second follows");
        vm.assertEq(uint256(oracle.sliceOf(MARKET, SECOND).earlier), FIRST, "first precedes");
        vm.assertEq(uint256(oracle.sliceOf(MARKET, SECOND).later), THIRD, "third follows");
        vm.assertEq(uint256(oracle.sliceOf(MARKET, THIRD).earlier), SECOND, "second precedes");
        vm.assertEq(uint256(oracle.sliceOf(MARKET, THIRD).later), 0, "last");
    }

    function test_expired_slices_leave_the_list_when_another_joins() public {
        submit(1, provenPair());
        vm.warp(FIRST);
        submit(2, only(SliceBuilder.calm(SECOND)));
        submit(3, only(SliceBuilder.calm(THIRD)));
        vm.assertTrue(
            oracle.sliceOf(MARKET, SECOND).calendarEarlier == IRiskOracle.Calendar.NoNeighbour, "nothing before it"
        );
        vm.assertEq(uint256(oracle.sliceOf(MARKET, THIRD).earlier), SECOND, "joined");
        listings.addListing(MARKET, FIRST + 1, 100, SliceBuilder.strikes());
        submit(4, only(SliceBuilder.calm(FIRST + 1)));
        vm.assertEq(uint256(oracle.sliceOf(MARKET, FIRST + 1).earlier), 0, "the first one now");
        vm.assertEq(uint256(oracle.sliceOf(MARKET, FIRST + 1).later), SECOND, "before the second");
    }

    /// @dev One slot of a random slice.
    struct Slot {
        uint256 strike;
        uint256 markE2;
        uint256 mid;
        uint256 half;
        uint256 put;
        bool quoted;
    }

    /// @dev The review of a slice, once more with signed integers and without shortcuts.
    function testFuzz_the_review_equals_a_plain_count(uint256 seed, uint16 forward, uint8 listed) public pure {
        uint256 count = bound(listed, 1, 32);
        uint256 forwardQ16 = (bound(forward, 40_000, 72_000) << 16) | (seed & 0xffff);
        uint256[] memory d = new uint256[](SliceLayout.length(32));
        d[0] = forwardQ16 | (uint256(100) << 141);
        SliceReview.Review memory plain;
        uint256 nearest = 0;
        for (uint256 i = 0; i < count; ++i) {
            Slot memory slot = _put(d, seed, i);
            if (_distance(slot.strike, forwardQ16) < _distance(40_000 + 1_000 * nearest, forwardQ16)) nearest = i;
            if (slot.quoted) ++plain.quoted;
            if (slot.quoted && _isOutside(slot, forwardQ16)) ++plain.outside;
        }
        SliceReview.Review memory review = SliceReview.review(d, 32, count);
        vm.assertEq(uint256(review.outside), plain.outside, "outside");
        vm.assertEq(uint256(review.quoted), plain.quoted, "quoted");
        vm.assertEq(review.totalVolQ32, 1_000 + nearest, "nearest strike");
    }

    function test_the_greatest_data_of_every_field_is_reviewed_without_overflow() public pure {
        uint256[] memory d = new uint256[](SliceLayout.length(80));
        d[0] = ((1 << 40) - 1) | (uint256(255) << 141);
        for (uint256 i = 0; i < 80; ++i) {
            SliceLayout.putQuotes(d, SliceLayout.quotesIndex(), i, (1 << 26) - 1);
            SliceLayout.putSpreads(d, SliceLayout.spreadsIndex(80), i, (1 << 16) - 1);
            SliceLayout.putResults(d, SliceLayout.resultsIndex(80), i, (1 << 32) - 1 | ((1 << 35) - 1) << 35);
            SliceLayout.putListing(d, SliceLayout.listingIndex(80), i, (1 << 24) - 1);
        }
        SliceReview.Review memory review = SliceReview.review(d, 80, 80);
        vm.assertEq(uint256(review.quoted), 80, "quoted");
        vm.assertEq(uint256(review.outside), 80, "outside");
        vm.assertEq(review.totalVolQ32, (1 << 35) - 1, "vol");
    }

    function _put(uint256[] memory d, uint256 seed, uint256 i) private pure returns (Slot memory slot) {
        uint256 random = uint256(keccak256(abi.encode(seed, i)));
        (slot.strike, slot.markE2) = (40_000 + 1_000 * i, random % 3_000_000);
        (slot.mid, slot.half) = ((random >> 32) % 9_000, (random >> 64) % 500);
        (slot.put, slot.quoted) = ((random >> 96) & 1, (random >> 97) & 3 != 0);
        uint256 quote = slot.mid | (slot.put << 24) | (slot.quoted ? 1 << 25 : 0);
        SliceLayout.putQuotes(d, SliceLayout.quotesIndex(), i, quote);
        SliceLayout.putSpreads(d, SliceLayout.spreadsIndex(32), i, slot.half);
        SliceLayout.putResults(d, SliceLayout.resultsIndex(32), i, slot.markE2 | ((1_000 + i) << 35));
        SliceLayout.putListing(d, SliceLayout.listingIndex(32), i, slot.strike);
    }

    function _isOutside(Slot memory slot, uint256 forwardQ16) private pure returns (bool) {
        // forge-lint: disable-start(unsafe-typecast)
        int256 scaled = int256(forwardQ16) * 100;
        int256 mark = int256(slot.markE2) * (20_000 << 16);
        if (slot.put == 1) mark += int256(slot.strike) * 100 * (20_000 << 16) - scaled * 20_000;
        int256 low = (int256(slot.mid) - int256(slot.half)) * scaled - (10_000 << 16);
        int256 high = (int256(slot.mid) + int256(slot.half)) * scaled + (10_000 << 16);
        // forge-lint: disable-end(unsafe-typecast)
        return mark < low || mark > high;
    }

    function _distance(uint256 strike, uint256 forwardQ16) private pure returns (uint256) {
        uint256 strikeQ16 = strike << 16;
        return strikeQ16 > forwardQ16 ? strikeQ16 - forwardQ16 : forwardQ16 - strikeQ16;
    }
}
