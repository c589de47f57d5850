// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../../contracts/generated/SliceLayout.sol";
import {ContradictionWatch} from "../../contracts/governance/ContradictionWatch.sol";
import {IContradictionWatch} from "../../contracts/interfaces/IContradictionWatch.sol";
import {IMarginEngine} from "../../contracts/interfaces/IMarginEngine.sol";
import {INativeSlice} from "../../contracts/interfaces/INativeSlice.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {LnMath} from "../../contracts/libraries/LnMath.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Slice} from "../../contracts/statements/Slice.sol";
import {SliceElements} from "../../contracts/statements/SliceElements.sol";
import {OpenedFixture} from "./base/OpenedFixture.sol";
import {SliceBuilder} from "./base/SliceBuilder.sol";

/// @notice False slices that a verifier accepted, shown by their opened knots. Proofs are declared, nothing else is mocked.
contract SliceContradictionTest is OpenedFixture {
    ContradictionWatch private watch;

    constructor() {
        watch = new ContradictionWatch(registry, oracle, sliceFallback, new IMarginEngine[](0));
    }

    function test_a_stored_slice_that_follows_from_its_knots_reverts_with_NoContradiction() public {
        landProven(1, unclaimed());
        _expectNone(unclaimed(), 0);
    }

    function test_a_slice_without_a_proof_is_never_contradicted() public {
        sliceFallback.setNativeSlices(true);
        sliceFallback.check(unclaimed(), count, unclaimedOpening());
        landNative(1, unclaimed());
        _expectNone(unclaimed(), 0);
    }

    function test_every_false_number_of_a_stored_slice_stops_everything() public {
        for (uint256 i = 0; i < 5; ++i) {
            uint256[] memory d = unclaimed();
            // One cent; a vol next to the true one; a fit error of one unit less; no vol; a forward next to the true one.
            if (i == 0) d[SliceLayout.resultsIndex(CAPACITY)] += 1;
            if (i == 1) d[SliceLayout.resultsIndex(CAPACITY)] += 1 << 60;
            if (i == 2) d[0] -= 1 << SliceLayout.HEADER_FIT_ERROR_Q16_SHIFT;
            if (i == 3) d[SliceLayout.resultsIndex(CAPACITY)] &= (1 << 35) - 1;
            if (i == 4) d = _withForward(d, SliceLayout.headerForwardQ16(d[0]) + 1);
            landProven(uint64(i + 1), d);
            watch.showSlice(MARKET, _evidence(d, opening.knots));
            vm.assertEq(registry.stops(), i + 1, "stops");
            vm.warp(block.timestamp + 1);
        }
    }

    function test_knots_that_are_no_law_or_hold_no_listed_strike_stop_everything() public {
        for (uint256 i = 0; i < 4; ++i) {
            uint256[] memory knots = opening.knots;
            // A density beyond its width (negative ones are of this kind); a mass above one; a last knot too high; other knots.
            if (i == 0) knots[1] |= 1 << 230;
            if (i == 1) knots[5] |= (1 << 48) - 1;
            if (i == 2) knots[0] |= ((1 << 24) - 1) << 210;
            if (i == 3) knots[0] ^= 1 << 210;
            uint256[] memory d = unclaimed();
            d[SliceLayout.knotsDigestIndex()] = sliceFallback.poseidon().digest(knots);
            landProven(uint64(i + 1), d);
            watch.showSlice(MARKET, _evidence(d, knots));
            vm.assertEq(registry.stops(), i + 1, "stops");
            vm.warp(block.timestamp + 1);
        }
    }

    function test_the_slice_before_the_newest_is_shown_too() public {
        uint256[] memory d = unclaimed();
        d[SliceLayout.resultsIndex(CAPACITY)] += 1;
        landProven(1, d);
        vm.warp(block.timestamp + 1);
        landProven(2, unclaimed());
        watch.showSlice(MARKET, _evidence(d, opening.knots));
        vm.assertEq(registry.stops(), uint256(1), "stops");
        vm.warp(block.timestamp + 1);
        landProven(3, unclaimed());
        bytes32 hash = Slice.marginHashOf(d, CAPACITY, count, SliceElements.quotesHash(d, CAPACITY, count));
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.UnknownWords.selector, MIDDLE, hash));
        watch.showSlice(MARKET, _evidence(d, opening.knots));
    }

    function test_words_that_are_not_stored_revert_with_UnknownWords() public {
        IContradictionWatch.SliceEvidence memory evidence = _evidence(unclaimed(), opening.knots);
        vm.expectPartialRevert(IContradictionWatch.UnknownWords.selector);
        watch.showSlice(MARKET, evidence);
        landProven(1, unclaimed());
        uint256[5] memory places = [uint256(0), 1, 4, SliceLayout.quotesIndex(), SliceLayout.resultsIndex(CAPACITY)];
        for (uint256 i = 0; i < 5; ++i) {
            evidence = _evidence(unclaimed(), opening.knots);
            evidence.words[places[i]] ^= 1;
            vm.expectPartialRevert(IContradictionWatch.UnknownWords.selector);
            watch.showSlice(MARKET, evidence);
        }
        vm.assertEq(registry.stops(), uint256(0), "stops");
    }

    function test_other_knots_revert_with_WrongKnots() public {
        landProven(1, unclaimed());
        IContradictionWatch.SliceEvidence memory evidence = _evidence(unclaimed(), opening.laterKnots);
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.WrongKnots.selector, MIDDLE, opened[3], opened[1]));
        watch.showSlice(MARKET, evidence);
        evidence.knots = opening.knots;
        evidence.knots[3] += Words.FIELD_ORDER;
        vm.expectRevert(abi.encodeWithSelector(Words.NotInField.selector, 3, evidence.knots[3]));
        watch.showSlice(MARKET, evidence);
    }

    function test_a_circuit_of_other_knots_is_malformed_and_stops_nothing() public {
        landProven(1, unclaimed());
        IContradictionWatch.SliceEvidence memory evidence;
        (evidence.expiry, evidence.circuitId) = (MIDDLE, Slice.CIRCUIT_48_32);
        evidence.words = SliceBuilder.beforeListing(_moved(unclaimed(), 32), 32);
        evidence.knots = opening.knots;
        vm.expectRevert(abi.encodeWithSelector(Words.WrongLength.selector, 11, 16));
        watch.showSlice(MARKET, evidence);
        evidence.circuitId = "option_32";
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.UnsupportedCircuit.selector, evidence.circuitId));
        watch.showSlice(MARKET, evidence);
    }

    function test_bits_beyond_their_widths_in_slots_that_nothing_stores_stop_nothing() public {
        landProven(1, unclaimed());
        uint256 last = SliceLayout.resultsIndex(CAPACITY) + 7;
        vm.assertTrue(SliceLayout.resultsCount(count) < 8, "an unused element");
        IContradictionWatch.SliceEvidence memory evidence = _evidence(unclaimed(), opening.knots);
        evidence.words[last] |= 1 << 32;
        vm.expectPartialRevert(Words.BitsOutsideFields.selector);
        watch.showSlice(MARKET, evidence);
        vm.assertEq(registry.stops(), uint256(0), "stops");
    }

    /// @dev 63 of 64 parts of the gas go into the check: what runs out there has no name.
    function testFuzz_too_little_gas_stops_nothing(uint256 gas) public {
        landProven(1, unclaimed());
        gas = 50_000 + gas % 2_000_000;
        bytes memory data = abi.encodeCall(watch.showSlice, (MARKET, _evidence(unclaimed(), opening.knots)));
        (bool success,) = address(watch).call{gas: gas}(data);
        vm.assertTrue(!success, "refused");
        vm.assertEq(registry.stops(), uint256(0), "stops");
    }

    function test_a_proven_pair_that_crosses_at_a_knot_stops_everything() public {
        IContradictionWatch.CrossingEvidence memory evidence = _crossing();
        _landPair(1, evidence, true);
        watch.showCrossing(MARKET, evidence);
        vm.assertEq(registry.stops(), uint256(1), "stops");
        (evidence.earlierKnot, evidence.laterKnot) = (31, 31);
        vm.expectRevert(IContradictionWatch.NoContradiction.selector);
        watch.showCrossing(MARKET, evidence);
    }

    function test_a_proven_pair_whose_atom_shrinks_stops_everything() public {
        IContradictionWatch.CrossingEvidence memory evidence = _pair(opening.laterKnots, opening.knots);
        _landPair(1, evidence, true);
        watch.showCrossing(MARKET, evidence);
        vm.assertEq(registry.stops(), uint256(1), "stops");
    }

    function testFuzz_a_pair_with_a_path_crosses_nowhere(uint256 earlierKnot, uint256 laterKnot) public view {
        INativeSlice native = sliceFallback.native();
        (earlierKnot, laterKnot) = (earlierKnot % 32, laterKnot % 32);
        vm.assertTrue(!native.crosses(opening.earlierKnots, opening.knots, earlierKnot, laterKnot), "earlier");
        vm.assertTrue(!native.crosses(opening.knots, opening.laterKnots, earlierKnot, laterKnot), "later");
    }

    function test_a_pair_that_is_not_proven_reverts_with_PairNotProven() public {
        IContradictionWatch.CrossingEvidence memory evidence = _crossing();
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.PairNotProven.selector, FIRST, SECOND));
        watch.showCrossing(MARKET, evidence);
        _landPair(1, evidence, false);
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.PairNotProven.selector, FIRST, SECOND));
        watch.showCrossing(MARKET, evidence);
        vm.assertEq(registry.stops(), uint256(0), "stops");
    }

    function test_knots_of_another_pair_revert_with_WrongKnots() public {
        IContradictionWatch.CrossingEvidence memory evidence = _crossing();
        _landPair(1, evidence, true);
        uint256 stored = sliceFallback.poseidon().digest(evidence.earlierKnots);
        evidence.earlierKnots = opening.knots;
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.WrongKnots.selector, FIRST, opened[1], stored));
        watch.showCrossing(MARKET, evidence);
    }

    /// @dev The same numbers in a data vector of more slots.
    function _moved(uint256[] memory d, uint256 capacity) private view returns (uint256[] memory moved) {
        moved = new uint256[](SliceLayout.length(capacity));
        for (uint256 i = 0; i < 5; ++i) {
            moved[i] = d[i];
        }
        _copy(d, SliceLayout.quotesIndex(), moved, SliceLayout.quotesIndex(), SliceLayout.quotesCount(count));
        _copy(
            d,
            SliceLayout.spreadsIndex(CAPACITY),
            moved,
            SliceLayout.spreadsIndex(capacity),
            SliceLayout.spreadsCount(count)
        );
        _copy(
            d,
            SliceLayout.resultsIndex(CAPACITY),
            moved,
            SliceLayout.resultsIndex(capacity),
            SliceLayout.resultsCount(count)
        );
    }

    function _copy(uint256[] memory from, uint256 first, uint256[] memory to, uint256 start, uint256 length)
        private
        pure
    {
        for (uint256 i = 0; i < length; ++i) {
            to[start + i] = from[first + i];
        }
    }

    function _withForward(uint256[] memory d, uint256 forwardQ16) private pure returns (uint256[] memory) {
        d[0] = SliceLayout.packHeader(
            SliceLayout.HeaderRecord(
                forwardQ16,
                LnMath.lnQ48(forwardQ16),
                SliceLayout.headerFitErrorQ16(d[0]),
                SliceLayout.headerTickE2(d[0])
            )
        );
        return d;
    }

    function _expectNone(uint256[] memory d, uint256 stops) private {
        IContradictionWatch.SliceEvidence memory evidence = _evidence(d, opening.knots);
        vm.expectRevert(IContradictionWatch.NoContradiction.selector);
        watch.showSlice(MARKET, evidence);
        vm.assertEq(registry.stops(), stops, "stops");
    }

    function _evidence(uint256[] memory d, uint256[] memory knots)
        private
        pure
        returns (IContradictionWatch.SliceEvidence memory evidence)
    {
        (evidence.expiry, evidence.circuitId) = (MIDDLE, Slice.CIRCUIT_32_16);
        (evidence.words, evidence.knots) = (SliceBuilder.beforeListing(d, CAPACITY), knots);
    }

    function _pair(uint256[] memory earlier, uint256[] memory later)
        private
        pure
        returns (IContradictionWatch.CrossingEvidence memory evidence)
    {
        (evidence.earlier, evidence.later) = (FIRST, SECOND);
        (evidence.earlierKnots, evidence.laterKnots) = (earlier, later);
    }

    function _crossing() private view returns (IContradictionWatch.CrossingEvidence memory evidence) {
        (uint256[] memory earlier, uint256[] memory later, uint256 i, uint256 j) = abi.decode(
            vm.parseJsonBytes(vector("native_slice.json"), ".crossing"), (uint256[], uint256[], uint256, uint256)
        );
        evidence = _pair(earlier, later);
        (evidence.earlierKnot, evidence.laterKnot) = (i, j);
    }

    function _landPair(uint64 epoch, IContradictionWatch.CrossingEvidence memory evidence, bool claimed) private {
        SliceBuilder.Spec[] memory specs = provenPair();
        specs[0].knotsDigest = sliceFallback.poseidon().digest(evidence.earlierKnots);
        specs[1].knotsDigest = sliceFallback.poseidon().digest(evidence.laterKnots);
        specs[0].later = claimed ? specs[1].knotsDigest : 0;
        submit(epoch, specs);
    }
}
