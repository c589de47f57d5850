// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../../contracts/generated/SliceLayout.sol";
import {IReports} from "../../contracts/interfaces/IReports.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {LnMath} from "../../contracts/libraries/LnMath.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Slice} from "../../contracts/statements/Slice.sol";
import {SliceElements} from "../../contracts/statements/SliceElements.sol";
import {OracleFixture} from "./base/OracleFixture.sol";
import {SliceBuilder} from "./base/SliceBuilder.sol";

/// @notice Slices of every circuit, submitted to the oracle.
contract SlicePresetsTest is OracleFixture {
    using SliceBuilder for SliceBuilder.Spec;

    bytes32[4] private ids = [Slice.CIRCUIT_32_16, Slice.CIRCUIT_48_32, Slice.CIRCUIT_64_48, Slice.CIRCUIT_96_80];
    uint256[4] private capacities = [uint256(16), 32, 48, 80];

    function test_a_listing_is_accepted_in_every_circuit_that_holds_it() public {
        for (uint64 i = 0; i < 4; ++i) {
            SliceBuilder.Spec memory spec = SliceBuilder.calm(FIRST);
            IRiskOracle.Report memory report = reportOf(i + 1, only(spec));
            IRiskOracle.SliceUpdate[] memory updates =
                _updates(report, ids[i], spec.words(capacities[i]), capacities[i]);
            oracle.submit(report, signaturesOf(report), updates);
            IRiskOracle.Slice memory slice = oracle.sliceOf(MARKET, FIRST);
            vm.assertEq(uint256(slice.quoted), 5, "quoted");
            vm.assertEq(uint256(slice.outside), 0, "outside");
            vm.assertEq(marginHashOf(FIRST), hashOf(spec.margin()), "the same in every circuit");
        }
    }

    function test_slices_of_python_are_accepted_up_to_eighty_strikes() public {
        for (uint256 i = 0; i < 4; ++i) {
            (IRiskOracle.Report memory report, uint256[] memory d) = _listVector(i);
            IRiskOracle.SliceUpdate[] memory updates = _updates(report, ids[i], d, capacities[i]);
            bytes memory signatures = signaturesOf(report);
            oracle.submit(report, signatures, updates);
        }
        vm.snapshotGasLastCall("gas", "oracle.submit of 1 first slice of 80 slots, verifier excluded");
    }

    function test_a_listing_of_one_strike_lands_in_every_circuit() public {
        uint24[] memory strikes = new uint24[](1);
        strikes[0] = 60_000;
        listings.addListing(MARKET, THIRD + 1, 100, strikes);
        for (uint64 i = 0; i < 4; ++i) {
            uint256[] memory full = SliceBuilder.calm(THIRD + 1).words(capacities[i]);
            uint256[] memory d = new uint256[](full.length);
            (d[0], d[1], d[4]) = (full[0], full[1], full[4]);
            d[5] = SliceLayout.packQuotes(SliceLayout.QuotesRecord({midHalfTicks: 667, put: 0, quoted: 1}));
            d[SliceLayout.spreadsIndex(capacities[i])] = 10;
            d[SliceLayout.resultsIndex(capacities[i])] = 200_000 | ((1 << 30) << 35);
            d[SliceLayout.listingIndex(capacities[i])] = 60_000;
            d[SliceLayout.logarithmsIndex(capacities[i])] = LnMath.lnQ48(60_000 << 16);
            IRiskOracle.Report memory report = reportOf(i + 1, only(SliceBuilder.calm(THIRD + 1)));
            report.expiries[0].quotesHash = SliceElements.quotesHash(d, capacities[i], 1);
            IRiskOracle.SliceUpdate[] memory updates = _updates(report, ids[i], d, capacities[i]);
            oracle.submit(report, signaturesOf(report), updates);
            vm.assertEq(uint256(oracle.sliceOf(MARKET, THIRD + 1).epoch), i + 1, "landed");
        }
        vm.assertEq(uint256(oracle.sliceOf(MARKET, THIRD + 1).quoted), 1, "one quote");
        vm.assertEq(uint256(oracle.sliceOf(MARKET, THIRD + 1).outside), 0, "inside");
    }

    function test_a_listing_of_more_strikes_than_slots_reverts_with_ListingTooLong() public {
        (IRiskOracle.Report memory report, uint256[] memory d) = _listVector(3);
        uint256 count = listings.listingOf(MARKET, report.expiries[0].expiry).count;
        uint256[] memory shorter = new uint256[](SliceLayout.length(48));
        (shorter[0], shorter[1]) = (d[0], d[1]);
        IRiskOracle.SliceUpdate[] memory updates = _updates(report, ids[2], shorter, 48);
        bytes memory signatures = signaturesOf(report);
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.ListingTooLong.selector, report.expiries[0].expiry, count, 48)
        );
        oracle.submit(report, signatures, updates);
    }

    function test_words_of_another_circuit_revert_with_WrongLength() public {
        SliceBuilder.Spec memory spec = SliceBuilder.calm(FIRST);
        IRiskOracle.Report memory report = reportOf(1, only(spec));
        IRiskOracle.SliceUpdate[] memory updates = _updates(report, ids[1], spec.words(16), 16);
        bytes memory signatures = signaturesOf(report);
        vm.expectRevert(abi.encodeWithSelector(Words.WrongLength.selector, 17, 28));
        oracle.submit(report, signatures, updates);
    }

    function test_a_quote_or_spread_of_no_listed_strike_reverts_with_UnusedSlotNotEmpty() public {
        SliceBuilder.Spec memory spec = SliceBuilder.calm(FIRST);
        IRiskOracle.Report memory report = reportOf(1, only(spec));
        bytes memory signatures = signaturesOf(report);
        // Five strikes of 80: the sixth slot's quote and spread, the tenth's quote.
        uint8[3] memory indices = [5, 6, 14];
        uint256[3] memory bits = [uint256(1) << 130, 1, 1 << 80];
        for (uint256 i = 0; i < 3; ++i) {
            uint256[] memory d = spec.words(80);
            d[indices[i]] ^= bits[i];
            IRiskOracle.SliceUpdate[] memory updates = _updates(report, ids[3], d, 80);
            vm.expectRevert(
                abi.encodeWithSelector(SliceElements.UnusedSlotNotEmpty.selector, indices[i], d[indices[i]])
            );
            oracle.submit(report, signatures, updates);
        }
    }

    /// @dev Lists the strikes of slice `i` of tests/vectors/account_words.json; its report and data vector.
    function _listVector(uint256 i) private returns (IRiskOracle.Report memory report, uint256[] memory d) {
        string memory path = string.concat(".slices[", vm.toString(i), "]");
        string memory json = vector("account_words.json");
        d = vm.parseJsonUintArray(json, string.concat(path, ".d"));
        uint24[] memory strikes = new uint24[](vm.parseJsonUint(json, string.concat(path, ".count")));
        for (uint256 j = 0; j < strikes.length; ++j) {
            uint256 record = SliceLayout.listingAt(d, SliceLayout.listingIndex(capacities[i]), j);
            // forge-lint: disable-next-line(unsafe-typecast)
            strikes[j] = uint24(SliceLayout.listingStrikeTicks(record));
        }
        // A random digest would claim a neighbour.
        (d[2], d[3]) = (0, 0);
        // forge-lint: disable-start(unsafe-typecast)
        uint64 expiry = uint64(vm.parseJsonUint(json, string.concat(path, ".expiry")));
        uint64 forwardQ16 = uint64(SliceLayout.headerForwardQ16(d[0]));
        // forge-lint: disable-end(unsafe-typecast)
        bytes32 quotesHash = vm.parseJsonBytes32(json, string.concat(path, ".quotes_hash"));
        listings.addListing(MARKET, expiry, 100, strikes);
        report = reportOf(1, only(SliceBuilder.calm(expiry)));
        report.expiries[0] = IReports.ExpiryReport(expiry, forwardQ16, 1e9, quotesHash, d[1]);
    }

    function _updates(IRiskOracle.Report memory report, bytes32 circuitId, uint256[] memory d, uint256 capacity)
        private
        returns (IRiskOracle.SliceUpdate[] memory updates)
    {
        updates = new IRiskOracle.SliceUpdate[](1);
        (updates[0].circuitId, updates[0].expiry) = (circuitId, report.expiries[0].expiry);
        (updates[0].words, updates[0].digest) = (SliceBuilder.beforeListing(d, capacity), 5);
        declareSlice(report, updates[0], d);
    }
}
