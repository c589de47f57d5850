// SPDX-License-Identifier: Apache-2.0
// Generated from circuits/statements.json; not edited by hand.
pragma solidity ^0.8.28;

import {Words} from "../libraries/Words.sol";

/// @notice At this strike, listed or not: the slice with this knots digest prices the call at exactly this much, and the published implied vol and Greeks words are those of Black-76 at that price and this forward.
library OptionLayout {
    /// @notice Index of `header`: packed fields.
    function headerIndex() internal pure returns (uint256) {
        return 0;
    }

    /// @notice Index of `forward_q16`: the slice's attested forward, strike ticks at 2^16, below 2^40.
    function forwardQ16Index() internal pure returns (uint256) {
        return 1;
    }

    /// @notice Index of `log_moneyness_q48`: logarithm of strike over forward [L-1], at 2^48, plus 2^53; below 2^54.
    function logMoneynessQ48Index() internal pure returns (uint256) {
        return 2;
    }

    /// @notice Index of `knots_digest`: Poseidon digest of the slice's knots.
    function knotsDigestIndex() internal pure returns (uint256) {
        return 3;
    }

    /// @notice Index of `call_q53`: call price, strike ticks at 2^53, rounded down; below 2^78.
    function callQ53Index() internal pure returns (uint256) {
        return 4;
    }

    /// @notice Index of `cdf_d1`: Phi(d1) at 2^152, at most 2^152.
    function cdfD1Index() internal pure returns (uint256) {
        return 5;
    }

    /// @notice Index of `pdf_d1`: phi(d1) at 2^227, below 2^227.
    function pdfD1Index() internal pure returns (uint256) {
        return 6;
    }

    /// @notice Length of the data vector.
    function length() internal pure returns (uint256) {
        return 7;
    }

    /// @notice Reverts unless `d` has the exact length and no element has a bit set outside its fields.
    function requireWidths(uint256[] memory d) internal pure {
        if (d.length != length()) revert Words.WrongLength(d.length, length());
        Words.requireBits(d, 0, 1, 59);
        Words.requireBelowField(d, 1);
        Words.requireBelowField(d, 2);
        Words.requireBelowField(d, 3);
        Words.requireBelowField(d, 4);
        Words.requireBelowField(d, 5);
        Words.requireBelowField(d, 6);
    }

    uint256 internal constant HEADER_STRIKE_TICKS_SHIFT = 0;
    uint256 internal constant HEADER_TOTAL_VOL_Q32_SHIFT = 24;

    struct HeaderRecord {
        uint256 strikeTicks;
        uint256 totalVolQ32;
    }

    /// @notice Packs one record of `header`; reverts with ValueTooWide on a field at or above its width.
    function packHeader(HeaderRecord memory r) internal pure returns (uint256 word) {
        word |= Words.fit("strike_ticks", r.strikeTicks, 24);
        word |= Words.fit("total_vol_q32", r.totalVolQ32, 35) << 24;
    }

    /// @notice strike, at least 1, on any tick; strike ticks, scale 1
    function headerStrikeTicks(uint256 record) internal pure returns (uint256) {
        return record & 0xffffff;
    }

    /// @notice Black-76 total implied vol (vol times square root of years); 1, scale 2^32
    function headerTotalVolQ32(uint256 record) internal pure returns (uint256) {
        return (record >> 24) & 0x7ffffffff;
    }
}
