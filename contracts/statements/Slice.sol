// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../generated/SliceLayout.sol";
import {LnMath} from "../libraries/LnMath.sol";
import {Words} from "../libraries/Words.sol";
import {SliceElements} from "./SliceElements.sol";

/// @notice The slice statement's data vector as the contracts read it. Circuit `slice_K_N` has N strike slots; a listing
/// of `count` strikes takes the first ones of any circuit that has as many.
library Slice {
    bytes32 internal constant CIRCUIT_32_16 = "slice_32_16";
    bytes32 internal constant CIRCUIT_48_32 = "slice_48_32";
    bytes32 internal constant CIRCUIT_64_48 = "slice_64_48";
    bytes32 internal constant CIRCUIT_96_80 = "slice_96_80";

    /// @notice Strike slots of the largest circuit.
    uint256 internal constant MAX_STRIKES = 80;

    /// @notice No slice circuit has a data vector of this length.
    error UnknownSliceLength(uint256 length);

    /// @dev Quotes are in units of 1/20000 coin; the forward has scale 2^16: (quote x forward) has this scale in USD.
    int256 private constant PRICE_SCALE = 20_000 << 16;

    /// @notice What an account statement needs of one listed strike.
    struct Strike {
        uint256 strikeE2;
        uint256 lnStrikeQ48;
        uint256 markE2;
        uint256 totalVolQ32;
    }

    /// @dev First elements of the runs of a data vector.
    struct Runs {
        uint256 spreads;
        uint256 results;
        uint256 listing;
        uint256 logarithms;
    }

    /// @notice Strike slots of a circuit; zero for a circuit that does not prove slices.
    function capacityOf(bytes32 circuitId) internal pure returns (uint256) {
        if (circuitId == CIRCUIT_32_16) return 16;
        if (circuitId == CIRCUIT_48_32) return 32;
        if (circuitId == CIRCUIT_64_48) return 48;
        return circuitId == CIRCUIT_96_80 ? 80 : 0;
    }

    /// @notice Strike slots of a data vector, by its length.
    function capacityOf(uint256[] memory d) internal pure returns (uint256) {
        if (d.length == SliceLayout.length(16)) return 16;
        if (d.length == SliceLayout.length(32)) return 32;
        if (d.length == SliceLayout.length(48)) return 48;
        if (d.length == SliceLayout.length(80)) return 80;
        revert UnknownSliceLength(d.length);
    }

    /// @notice Listing and logarithm elements of `strikes`: the used ones.
    function listingElements(uint24[] memory strikes) internal pure returns (uint256[] memory elements) {
        uint256 listed = SliceLayout.listingCount(strikes.length);
        elements = new uint256[](listed + SliceLayout.logarithmsCount(strikes.length));
        for (uint256 i = 0; i < strikes.length; ++i) {
            uint256 lnStrikeQ48 = LnMath.lnQ48(uint256(strikes[i]) << 16);
            SliceLayout.putListing(elements, 0, i, SliceLayout.packListing(SliceLayout.ListingRecord(strikes[i])));
            SliceLayout.putLogarithms(
                elements, listed, i, SliceLayout.packLogarithms(SliceLayout.LogarithmsRecord(lnStrikeQ48))
            );
        }
    }

    /// @notice Hash of what `listingElements` gives for `count` strikes.
    function hashOfElements(uint256[] memory elements, uint256 count) internal pure returns (bytes32) {
        return SliceElements.hashOfListing(elements, 0, SliceLayout.listingCount(count), count);
    }

    /// @notice Hash of `d` with both neighbour claims cleared: claims can be added to a stored slice.
    function wordsHash(uint256[] memory d) internal pure returns (bytes32 hash) {
        // Refuses a vector of another length, which may be too short.
        capacityOf(d);
        (uint256 earlier, uint256 later) =
            (d[SliceLayout.earlierKnotsDigestIndex()], d[SliceLayout.laterKnotsDigestIndex()]);
        (d[SliceLayout.earlierKnotsDigestIndex()], d[SliceLayout.laterKnotsDigestIndex()]) = (0, 0);
        hash = Words.rangeHash(d, 0, d.length);
        (d[SliceLayout.earlierKnotsDigestIndex()], d[SliceLayout.laterKnotsDigestIndex()]) = (earlier, later);
    }

    /// @notice Hash of the listing and logarithm elements that `count` strikes use.
    function listingHash(uint256[] memory d, uint256 count) internal pure returns (bytes32) {
        return SliceElements.listingHash(d, capacityOf(d), count);
    }

    /// @notice Hash of the quote, spread, listing and logarithm elements that `count` strikes use: the same for every
    /// circuit.
    function quotesHash(uint256[] memory d, uint256 count) internal pure returns (bytes32) {
        return SliceElements.quotesHash(d, capacityOf(d), count);
    }

    /// @notice Reverts unless the slots after the first `count` list and quote nothing.
    /// @dev Unused slots of the last used listing and logarithm elements are covered by the listing's hash.
    function requireUnusedEmpty(uint256[] memory d, uint256 count) internal pure {
        SliceElements.requireUnusedEmpty(d, capacityOf(d), count);
    }

    /// @notice How many of the first `count` slots are quoted, and how many of their marks lie outside bid and ask by
    /// more than half a cent.
    function countOutside(uint256[] memory d, uint256 count) internal pure returns (uint8 outside, uint8 quoted) {
        uint256 header = d[SliceLayout.headerIndex()];
        Runs memory runs = _runs(capacityOf(d));
        // In 1e-2 USD at scale 2^16, exact: 40 + 8 bits.
        uint256 forwardScaled = SliceLayout.headerForwardQ16(header) * SliceLayout.headerTickE2(header);
        for (uint256 i = 0; i < count; ++i) {
            uint256 quote = SliceLayout.quotesAt(d, SliceLayout.quotesIndex(), i);
            if (SliceLayout.quotesQuoted(quote) == 0) continue;
            ++quoted;
            uint256 strikeTicks = SliceLayout.listingAt(d, runs.listing, i);
            uint256 markE2 = SliceLayout.resultsMarkE2(SliceLayout.resultsAt(d, runs.results, i));
            uint256 halfSpread = SliceLayout.spreadsAt(d, runs.spreads, i);
            if (_isOutside(quote, halfSpread, markE2, strikeTicks * SliceLayout.headerTickE2(header), forwardScaled)) {
                ++outside;
            }
        }
    }

    /// @notice The strike's values; `found` is false where it is not listed.
    /// @dev Listed strikes ascend and unused slots, with strike zero, follow them: a binary search.
    function strikeOf(uint256[] memory d, uint256 strikeTicks) internal pure returns (bool found, Strike memory s) {
        if (strikeTicks == 0) return (false, s);
        uint256 capacity = capacityOf(d);
        Runs memory runs = _runs(capacity);
        (uint256 low, uint256 high) = (0, capacity);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            uint256 ticks = SliceLayout.listingAt(d, runs.listing, middle);
            if (ticks == 0 || ticks >= strikeTicks) high = middle;
            else low = middle + 1;
        }
        if (low == capacity || SliceLayout.listingAt(d, runs.listing, low) != strikeTicks) return (false, s);
        uint256 result = SliceLayout.resultsAt(d, runs.results, low);
        s.strikeE2 = strikeTicks * SliceLayout.headerTickE2(d[SliceLayout.headerIndex()]);
        s.lnStrikeQ48 = SliceLayout.logarithmsLnStrikeQ48(SliceLayout.logarithmsAt(d, runs.logarithms, low));
        s.markE2 = SliceLayout.resultsMarkE2(result);
        s.totalVolQ32 = SliceLayout.resultsTotalVolQ32(result);
        return (true, s);
    }

    /// @notice Forward in 1e-2 USD, rounded to nearest.
    function forwardE2(uint256[] memory d) internal pure returns (uint256) {
        uint256 header = d[SliceLayout.headerIndex()];
        return (SliceLayout.headerForwardQ16(header) * SliceLayout.headerTickE2(header) + (1 << 15)) >> 16;
    }

    /// @dev Both sides at scale 20000 x 2^16 in 1e-2 USD: no division, no rounding.
    function _isOutside(
        uint256 quote,
        uint256 halfSpreadHalfTicks,
        uint256 markE2,
        uint256 strikeE2,
        uint256 forwardScaled
    ) private pure returns (bool) {
        // Strikes have 32 bits, forwards 48, quotes 24, the scale 31: every term is below 2^80.
        // forge-lint: disable-start(unsafe-typecast)
        int256 forward = int256(forwardScaled);
        int256 mark = int256(markE2) * PRICE_SCALE;
        if (SliceLayout.quotesPut(quote) == 1) mark += int256(strikeE2) * PRICE_SCALE - forward * 20_000;
        int256 mid = int256(SliceLayout.quotesMidHalfTicks(quote));
        int256 halfSpread = int256(halfSpreadHalfTicks);
        // forge-lint: disable-end(unsafe-typecast)
        return
            mark + PRICE_SCALE / 2 < (mid - halfSpread) * forward
                || mark - PRICE_SCALE / 2 > (mid + halfSpread) * forward;
    }

    function _runs(uint256 capacity) private pure returns (Runs memory) {
        return Runs({
            spreads: SliceLayout.spreadsIndex(capacity),
            results: SliceLayout.resultsIndex(capacity),
            listing: SliceLayout.listingIndex(capacity),
            logarithms: SliceLayout.logarithmsIndex(capacity)
        });
    }
}
