// SPDX-License-Identifier: Apache-2.0
// Generated from circuits/statements.json; not edited by hand.
pragma solidity ^0.8.28;

import {Words} from "../libraries/Words.sol";

/// @notice From these attested quotes and this attested forward: the published prices are free of arbitrage for every strike and in time against both neighbouring slices, they reprice the quotes within the stated error, and the published marks, implied vols and Greeks are those of Black-76 at these prices.
library SliceLayout {
    /// @notice Index of `header`: packed fields.
    function headerIndex() internal pure returns (uint256) {
        return 0;
    }

    /// @notice Index of `knots_digest`: Poseidon digest of this slice's knots.
    function knotsDigestIndex() internal pure returns (uint256) {
        return 1;
    }

    /// @notice Index of `earlier_knots_digest`: digest of the earlier neighbour whose calendar condition is proven, 0: not claimed.
    function earlierKnotsDigestIndex() internal pure returns (uint256) {
        return 2;
    }

    /// @notice Index of `later_knots_digest`: digest of the later neighbour whose calendar condition is proven, 0: not claimed.
    function laterKnotsDigestIndex() internal pure returns (uint256) {
        return 3;
    }

    /// @notice Index of `greeks_digest`: Poseidon digest of the Greeks words.
    function greeksDigestIndex() internal pure returns (uint256) {
        return 4;
    }

    /// @notice Index of `quotes`: packed fields.
    function quotesIndex() internal pure returns (uint256) {
        return 5;
    }

    /// @notice Index of `spreads`: packed fields.
    function spreadsIndex(uint256 strikes) internal pure returns (uint256) {
        unchecked {
            return 5 + (strikes + 8) / 9;
        }
    }

    /// @notice Index of `results`: packed fields.
    function resultsIndex(uint256 strikes) internal pure returns (uint256) {
        unchecked {
            return 5 + (strikes + 8) / 9 + (strikes + 14) / 15;
        }
    }

    /// @notice Index of `listing`: packed fields.
    function listingIndex(uint256 strikes) internal pure returns (uint256) {
        unchecked {
            return 5 + (strikes + 8) / 9 + (strikes + 14) / 15 + (strikes + 1) / 2;
        }
    }

    /// @notice Index of `logarithms`: packed fields.
    function logarithmsIndex(uint256 strikes) internal pure returns (uint256) {
        unchecked {
            return 5 + (strikes + 8) / 9 + (strikes + 14) / 15 + (strikes + 1) / 2 + (strikes + 9) / 10;
        }
    }

    /// @notice Length of the data vector.
    function length(uint256 strikes) internal pure returns (uint256) {
        unchecked {
            return
                5 + (strikes + 8) / 9 + (strikes + 14) / 15 + (strikes + 1) / 2 + (strikes + 9) / 10 + (strikes + 2) / 3;
        }
    }

    /// @notice Reverts unless `d` has the exact length and no element has a bit set outside its fields.
    function requireWidths(uint256[] memory d, uint256 strikes) internal pure {
        if (d.length != length(strikes)) revert Words.WrongLength(d.length, length(strikes));
        Words.requireBits(d, 0, 1, 149);
        Words.requireBelowField(d, 1);
        Words.requireBelowField(d, 2);
        Words.requireBelowField(d, 3);
        Words.requireBelowField(d, 4);
        Words.requireBits(d, 5, (strikes + 8) / 9, 234);
        Words.requireBits(d, spreadsIndex(strikes), (strikes + 14) / 15, 240);
        Words.requireMask(
            d, resultsIndex(strikes), (strikes + 1) / 2, 0x3ffffffff8ffffffff00000000000003ffffffff8ffffffff
        );
        Words.requireBits(d, listingIndex(strikes), (strikes + 9) / 10, 240);
        Words.requireMask(
            d, logarithmsIndex(strikes), (strikes + 2) / 3, 0x1fffffffffffff0000001fffffffffffff0000001fffffffffffff
        );
    }

    uint256 internal constant HEADER_FORWARD_Q16_SHIFT = 0;
    uint256 internal constant HEADER_LN_FORWARD_Q48_SHIFT = 40;
    uint256 internal constant HEADER_FIT_ERROR_Q16_SHIFT = 93;
    uint256 internal constant HEADER_TICK_E2_SHIFT = 141;

    struct HeaderRecord {
        uint256 forwardQ16;
        uint256 lnForwardQ48;
        uint256 fitErrorQ16;
        uint256 tickE2;
    }

    /// @notice Packs one record of `header`; reverts with ValueTooWide on a field at or above its width.
    function packHeader(HeaderRecord memory r) internal pure returns (uint256 word) {
        word |= Words.fit("forward_q16", r.forwardQ16, 40);
        word |= Words.fit("ln_forward_q48", r.lnForwardQ48, 53) << 40;
        word |= Words.fit("fit_error_q16", r.fitErrorQ16, 48) << 93;
        word |= Words.fit("tick_e2", r.tickE2, 8) << 141;
    }

    /// @notice attested forward; strike ticks, scale 2^16
    function headerForwardQ16(uint256 record) internal pure returns (uint256) {
        return record & 0xffffffffff;
    }

    /// @notice natural logarithm of the forward in ticks, rounded down [L-1]; 1, scale 2^48
    function headerLnForwardQ48(uint256 record) internal pure returns (uint256) {
        return (record >> 40) & 0x1fffffffffffff;
    }

    /// @notice upper bound of the sum of squared price errors over the quoted strikes; squared half price ticks, scale 2^16
    function headerFitErrorQ16(uint256 record) internal pure returns (uint256) {
        return (record >> 93) & 0xffffffffffff;
    }

    /// @notice value of one strike tick; USD, scale 1e-2
    function headerTickE2(uint256 record) internal pure returns (uint256) {
        return (record >> 141) & 0xff;
    }

    uint256 internal constant QUOTES_MID_HALF_TICKS_SHIFT = 0;
    uint256 internal constant QUOTES_PUT_SHIFT = 24;
    uint256 internal constant QUOTES_QUOTED_SHIFT = 25;

    struct QuotesRecord {
        uint256 midHalfTicks;
        uint256 put;
        uint256 quoted;
    }

    /// @notice Packs one record of `quotes`; reverts with ValueTooWide on a field at or above its width.
    function packQuotes(QuotesRecord memory r) internal pure returns (uint256 word) {
        word |= Words.fit("mid_half_ticks", r.midHalfTicks, 24);
        word |= Words.fit("put", r.put, 1) << 24;
        word |= Words.fit("quoted", r.quoted, 1) << 25;
    }

    /// @notice Record `i` of a run of `quotes` elements starting at `first` (9 of 26 bits an element).
    function quotesAt(uint256[] memory d, uint256 first, uint256 i) internal pure returns (uint256) {
        unchecked {
            return (d[first + i / 9] >> (26 * (i % 9))) & 0x3ffffff;
        }
    }

    /// @notice Elements of `quotes` that `records` records take.
    function quotesCount(uint256 records) internal pure returns (uint256) {
        unchecked {
            return (records + 8) / 9;
        }
    }

    /// @notice Writes record `i` of a run of `quotes` elements starting at `first`, zero so far.
    function putQuotes(uint256[] memory d, uint256 first, uint256 i, uint256 record) internal pure {
        d[first + i / 9] |= record << (26 * (i % 9));
    }

    /// @notice attested mid of the out-of-the-money quote; 5e-5 coin, scale 1
    function quotesMidHalfTicks(uint256 record) internal pure returns (uint256) {
        return record & 0xffffff;
    }

    /// @notice 1: the quote is of the put; flag, scale 1
    function quotesPut(uint256 record) internal pure returns (uint256) {
        return (record >> 24) & 0x1;
    }

    /// @notice 0: no usable quote, weight zero; flag, scale 1
    function quotesQuoted(uint256 record) internal pure returns (uint256) {
        return (record >> 25) & 0x1;
    }

    uint256 internal constant SPREADS_HALF_SPREAD_HALF_TICKS_SHIFT = 0;

    struct SpreadsRecord {
        uint256 halfSpreadHalfTicks;
    }

    /// @notice Packs one record of `spreads`; reverts with ValueTooWide on a field at or above its width.
    function packSpreads(SpreadsRecord memory r) internal pure returns (uint256 word) {
        word |= Words.fit("half_spread_half_ticks", r.halfSpreadHalfTicks, 16);
    }

    /// @notice Record `i` of a run of `spreads` elements starting at `first` (15 of 16 bits an element).
    function spreadsAt(uint256[] memory d, uint256 first, uint256 i) internal pure returns (uint256) {
        unchecked {
            return (d[first + i / 15] >> (16 * (i % 15))) & 0xffff;
        }
    }

    /// @notice Elements of `spreads` that `records` records take.
    function spreadsCount(uint256 records) internal pure returns (uint256) {
        unchecked {
            return (records + 14) / 15;
        }
    }

    /// @notice Writes record `i` of a run of `spreads` elements starting at `first`, zero so far.
    function putSpreads(uint256[] memory d, uint256 first, uint256 i, uint256 record) internal pure {
        d[first + i / 15] |= record << (16 * (i % 15));
    }

    /// @notice attested half-spread; 5e-5 coin, scale 1
    function spreadsHalfSpreadHalfTicks(uint256 record) internal pure returns (uint256) {
        return record & 0xffff;
    }

    uint256 internal constant RESULTS_MARK_E2_SHIFT = 0;
    uint256 internal constant RESULTS_TOTAL_VOL_Q32_SHIFT = 35;

    struct ResultsRecord {
        uint256 markE2;
        uint256 totalVolQ32;
    }

    /// @notice Packs one record of `results`; reverts with ValueTooWide on a field at or above its width.
    function packResults(ResultsRecord memory r) internal pure returns (uint256 word) {
        word |= Words.fit("mark_e2", r.markE2, 32);
        word |= Words.fit("total_vol_q32", r.totalVolQ32, 35) << 35;
    }

    /// @notice Record `i` of a run of `results` elements starting at `first` (2 of 124 bits an element).
    function resultsAt(uint256[] memory d, uint256 first, uint256 i) internal pure returns (uint256) {
        unchecked {
            return (d[first + i / 2] >> (124 * (i % 2))) & 0xfffffffffffffffffffffffffffffff;
        }
    }

    /// @notice Elements of `results` that `records` records take.
    function resultsCount(uint256 records) internal pure returns (uint256) {
        unchecked {
            return (records + 1) / 2;
        }
    }

    /// @notice Writes record `i` of a run of `results` elements starting at `first`, zero so far.
    function putResults(uint256[] memory d, uint256 first, uint256 i, uint256 record) internal pure {
        d[first + i / 2] |= record << (124 * (i % 2));
    }

    /// @notice call price, rounded to the nearest unit; USD, scale 1e-2
    function resultsMarkE2(uint256 record) internal pure returns (uint256) {
        return record & 0xffffffff;
    }

    /// @notice Black-76 total implied vol (vol times square root of years); 1, scale 2^32
    function resultsTotalVolQ32(uint256 record) internal pure returns (uint256) {
        return (record >> 35) & 0x7ffffffff;
    }

    uint256 internal constant LISTING_STRIKE_TICKS_SHIFT = 0;

    struct ListingRecord {
        uint256 strikeTicks;
    }

    /// @notice Packs one record of `listing`; reverts with ValueTooWide on a field at or above its width.
    function packListing(ListingRecord memory r) internal pure returns (uint256 word) {
        word |= Words.fit("strike_ticks", r.strikeTicks, 24);
    }

    /// @notice Record `i` of a run of `listing` elements starting at `first` (10 of 24 bits an element).
    function listingAt(uint256[] memory d, uint256 first, uint256 i) internal pure returns (uint256) {
        unchecked {
            return (d[first + i / 10] >> (24 * (i % 10))) & 0xffffff;
        }
    }

    /// @notice Elements of `listing` that `records` records take.
    function listingCount(uint256 records) internal pure returns (uint256) {
        unchecked {
            return (records + 9) / 10;
        }
    }

    /// @notice Writes record `i` of a run of `listing` elements starting at `first`, zero so far.
    function putListing(uint256[] memory d, uint256 first, uint256 i, uint256 record) internal pure {
        d[first + i / 10] |= record << (24 * (i % 10));
    }

    /// @notice listed strike, 0: unused slot; strike ticks, scale 1
    function listingStrikeTicks(uint256 record) internal pure returns (uint256) {
        return record & 0xffffff;
    }

    uint256 internal constant LOGARITHMS_LN_STRIKE_Q48_SHIFT = 0;

    struct LogarithmsRecord {
        uint256 lnStrikeQ48;
    }

    /// @notice Packs one record of `logarithms`; reverts with ValueTooWide on a field at or above its width.
    function packLogarithms(LogarithmsRecord memory r) internal pure returns (uint256 word) {
        word |= Words.fit("ln_strike_q48", r.lnStrikeQ48, 53);
    }

    /// @notice Record `i` of a run of `logarithms` elements starting at `first` (3 of 80 bits an element).
    function logarithmsAt(uint256[] memory d, uint256 first, uint256 i) internal pure returns (uint256) {
        unchecked {
            return (d[first + i / 3] >> (80 * (i % 3))) & 0xffffffffffffffffffff;
        }
    }

    /// @notice Elements of `logarithms` that `records` records take.
    function logarithmsCount(uint256 records) internal pure returns (uint256) {
        unchecked {
            return (records + 2) / 3;
        }
    }

    /// @notice Writes record `i` of a run of `logarithms` elements starting at `first`, zero so far.
    function putLogarithms(uint256[] memory d, uint256 first, uint256 i, uint256 record) internal pure {
        d[first + i / 3] |= record << (80 * (i % 3));
    }

    /// @notice natural logarithm of the strike in ticks, rounded down [L-1], 0: unused slot; 1, scale 2^48
    function logarithmsLnStrikeQ48(uint256 record) internal pure returns (uint256) {
        return record & 0x1fffffffffffff;
    }
}
