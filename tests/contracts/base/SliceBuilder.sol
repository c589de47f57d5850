// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../../../contracts/generated/SliceLayout.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {LnMath} from "../../../contracts/libraries/LnMath.sol";
import {Slice} from "../../../contracts/statements/Slice.sol";
import {SliceElements} from "../../../contracts/statements/SliceElements.sol";

/// @notice Slices with five strikes whose marks lie inside their quotes at a forward of 60,000 ticks.
library SliceBuilder {
    /// @notice What distinguishes two slices of these tests.
    struct Spec {
        uint64 expiry;
        uint256 forwardQ16;
        uint256 knotsDigest;
        uint256 earlier;
        uint256 later;
        uint256 markShiftE2;
        uint256 volShiftQ32;
    }

    uint256 internal constant TICK_E2 = 100;
    uint256 internal constant COUNT = 5;

    function strikes() internal pure returns (uint24[] memory list) {
        list = new uint24[](5);
        for (uint256 i = 0; i < 5; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            list[i] = uint24(40_000 + 10_000 * i);
        }
    }

    /// @notice The slice at a forward of 60,000 ticks, without calendar claims.
    function calm(uint64 expiry) internal pure returns (Spec memory) {
        return Spec({
            expiry: expiry,
            forwardQ16: 60_000 << 16,
            knotsDigest: uint256(keccak256(abi.encode("knots", expiry))) >> 8,
            earlier: 0,
            later: 0,
            markShiftE2: 0,
            volShiftQ32: 0
        });
    }

    /// @notice The data vector of `slice_32_16`.
    function words(Spec memory s) internal pure returns (uint256[] memory) {
        return words(s, 16);
    }

    /// @notice The data vector of the circuit with this many strike slots.
    function words(Spec memory s, uint256 capacity) internal pure returns (uint256[] memory d) {
        d = new uint256[](SliceLayout.length(capacity));
        d[0] =
            SliceLayout.packHeader(SliceLayout.HeaderRecord(s.forwardQ16, LnMath.lnQ48(s.forwardQ16), 12_345, TICK_E2));
        (d[1], d[2], d[3], d[4]) = (s.knotsDigest, s.earlier, s.later, 77);
        uint24[5] memory marks = [2_010_000, 1_080_000, 200_000, 30_000, 5_000];
        uint16[5] memory mids = [33, 267, 667, 100, 17];
        uint8[5] memory halfSpreads = [3, 5, 10, 4, 2];
        for (uint256 i = 0; i < 5; ++i) {
            uint256 quote = SliceLayout.packQuotes(
                SliceLayout.QuotesRecord({midHalfTicks: mids[i], put: i < 2 ? 1 : 0, quoted: 1})
            );
            uint256 result = SliceLayout.packResults(
                SliceLayout.ResultsRecord(marks[i] + s.markShiftE2, (1 << 30) + s.volShiftQ32 + i)
            );
            SliceLayout.putQuotes(d, SliceLayout.quotesIndex(), i, quote);
            SliceLayout.putSpreads(d, SliceLayout.spreadsIndex(capacity), i, halfSpreads[i]);
            SliceLayout.putResults(d, SliceLayout.resultsIndex(capacity), i, result);
        }
        uint256[] memory elements = Slice.listingElements(strikes());
        d[SliceLayout.listingIndex(capacity)] = elements[0];
        for (uint256 i = 1; i < elements.length; ++i) {
            d[SliceLayout.logarithmsIndex(capacity) + i - 1] = elements[i];
        }
    }

    /// @notice The elements that an update carries.
    function beforeListing(uint256[] memory d, uint256 capacity) internal pure returns (uint256[] memory given) {
        given = new uint256[](SliceLayout.listingIndex(capacity));
        for (uint256 i = 0; i < given.length; ++i) {
            given[i] = d[i];
        }
    }

    /// @notice What margin reads of the slice.
    function margin(Spec memory s) internal pure returns (IRiskOracle.MarginSlice memory slice) {
        uint256[] memory d = words(s);
        slice.expiry = s.expiry;
        slice.restHash = Slice.restHashOf(d, SliceElements.quotesHash(d, 16, COUNT));
        slice.header = d[0];
        slice.results = new uint256[](SliceLayout.resultsCount(COUNT));
        for (uint256 i = 0; i < slice.results.length; ++i) {
            slice.results[i] = d[SliceLayout.resultsIndex(16) + i];
        }
    }
}
