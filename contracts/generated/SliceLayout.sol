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

    /// @notice Index of `strikes`: packed fields.
    function strikesIndex() internal pure returns (uint256) {
        return 5;
    }

    /// @notice Index of `listing`: packed fields.
    function listingIndex(uint256 strikes) internal pure returns (uint256) {
        return 5 + (strikes + 1) / 2;
    }

    /// @notice Length of the data vector.
    function length(uint256 strikes) internal pure returns (uint256) {
        return 5 + (strikes + 1) / 2 + (strikes + 2) / 3;
    }

    /// @notice Reverts unless `d` has the exact length and every element is below its declared width.
    function requireWidths(uint256[] memory d, uint256 strikes) internal pure {
        if (d.length != length(strikes)) revert Words.WrongLength(d.length, length(strikes));
        Words.requireBits(d, 0, 1, 149);
        Words.requireBelowField(d, 1);
        Words.requireBelowField(d, 2);
        Words.requireBelowField(d, 3);
        Words.requireBelowField(d, 4);
        Words.requireBits(d, 5, (strikes + 1) / 2, 216);
        Words.requireBits(d, listingIndex(strikes), (strikes + 2) / 3, 231);
    }

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

    struct StrikesRecord {
        uint256 midHalfTicks;
        uint256 halfSpreadHalfTicks;
        uint256 put;
        uint256 quoted;
        uint256 markE2;
        uint256 totalVolQ32;
    }

    /// @notice Packs one record of `strikes`; reverts with ValueTooWide on a field at or above its width.
    function packStrikes(StrikesRecord memory r) internal pure returns (uint256 word) {
        word |= Words.fit("mid_half_ticks", r.midHalfTicks, 24);
        word |= Words.fit("half_spread_half_ticks", r.halfSpreadHalfTicks, 16) << 24;
        word |= Words.fit("put", r.put, 1) << 40;
        word |= Words.fit("quoted", r.quoted, 1) << 41;
        word |= Words.fit("mark_e2", r.markE2, 32) << 42;
        word |= Words.fit("total_vol_q32", r.totalVolQ32, 34) << 74;
    }

    /// @notice Record `i` of a run of `strikes` elements starting at `first` (2 of 108 bits an element).
    function strikesAt(uint256[] memory d, uint256 first, uint256 i) internal pure returns (uint256) {
        return (d[first + i / 2] >> (108 * (i % 2))) & 0xfffffffffffffffffffffffffff;
    }

    /// @notice attested mid of the out-of-the-money quote; 5e-5 coin, scale 1
    function strikesMidHalfTicks(uint256 record) internal pure returns (uint256) {
        return record & 0xffffff;
    }

    /// @notice attested half-spread; 5e-5 coin, scale 1
    function strikesHalfSpreadHalfTicks(uint256 record) internal pure returns (uint256) {
        return (record >> 24) & 0xffff;
    }

    /// @notice 1: the quote is of the put; flag, scale 1
    function strikesPut(uint256 record) internal pure returns (uint256) {
        return (record >> 40) & 0x1;
    }

    /// @notice 0: no usable quote, weight zero; flag, scale 1
    function strikesQuoted(uint256 record) internal pure returns (uint256) {
        return (record >> 41) & 0x1;
    }

    /// @notice call price, rounded to the nearest unit; USD, scale 1e-2
    function strikesMarkE2(uint256 record) internal pure returns (uint256) {
        return (record >> 42) & 0xffffffff;
    }

    /// @notice Black-76 total implied vol (vol times square root of years); 1, scale 2^32
    function strikesTotalVolQ32(uint256 record) internal pure returns (uint256) {
        return (record >> 74) & 0x3ffffffff;
    }

    struct ListingRecord {
        uint256 strikeTicks;
        uint256 lnStrikeQ48;
    }

    /// @notice Packs one record of `listing`; reverts with ValueTooWide on a field at or above its width.
    function packListing(ListingRecord memory r) internal pure returns (uint256 word) {
        word |= Words.fit("strike_ticks", r.strikeTicks, 24);
        word |= Words.fit("ln_strike_q48", r.lnStrikeQ48, 53) << 24;
    }

    /// @notice Record `i` of a run of `listing` elements starting at `first` (3 of 77 bits an element).
    function listingAt(uint256[] memory d, uint256 first, uint256 i) internal pure returns (uint256) {
        return (d[first + i / 3] >> (77 * (i % 3))) & 0x1fffffffffffffffffff;
    }

    /// @notice listed strike, 0: unused slot; strike ticks, scale 1
    function listingStrikeTicks(uint256 record) internal pure returns (uint256) {
        return record & 0xffffff;
    }

    /// @notice natural logarithm of the strike in ticks, rounded down [L-1]; 1, scale 2^48
    function listingLnStrikeQ48(uint256 record) internal pure returns (uint256) {
        return (record >> 24) & 0x1fffffffffffff;
    }
}
