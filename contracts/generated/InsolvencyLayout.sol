// SPDX-License-Identifier: Apache-2.0
// Generated from circuits/statements.json; not edited by hand.
pragma solidity ^0.8.28;

import {Words} from "../libraries/Words.sol";

/// @notice This account, in this one scenario of the grid, falls short of its maintenance requirement at any cash below the stated bound.
library InsolvencyLayout {
    /// @notice Index of `header`: packed fields.
    function headerIndex() internal pure returns (uint256) {
        return 0;
    }

    /// @notice Index of `positions`: packed fields.
    function positionsIndex() internal pure returns (uint256) {
        return 1;
    }

    /// @notice Length of the data vector.
    function length(uint256 positions) internal pure returns (uint256) {
        unchecked {
            return 1 + positions;
        }
    }

    /// @notice Reverts unless `d` has the exact length and no element has a bit set outside its fields.
    function requireWidths(uint256[] memory d, uint256 positions) internal pure {
        if (d.length != length(positions)) revert Words.WrongLength(d.length, length(positions));
        Words.requireBits(d, 0, 1, 232);
        Words.requireBits(d, 1, positions, 155);
    }

    uint256 internal constant HEADER_REQUIRED_CASH_E6_SHIFT = 0;
    int256 internal constant HEADER_REQUIRED_CASH_E6_OFFSET = 9223372036854775808;
    uint256 internal constant HEADER_VALUE_E6_SHIFT = 64;
    int256 internal constant HEADER_VALUE_E6_OFFSET = 36893488147419103232;
    uint256 internal constant HEADER_FACTOR_E2_SHIFT = 130;
    uint256 internal constant HEADER_SHORT_RATE_E5_SHIFT = 138;
    uint256 internal constant HEADER_PERPETUAL_RATE_E5_SHIFT = 155;
    uint256 internal constant HEADER_SPOT_E4_SHIFT = 172;
    uint256 internal constant HEADER_LN_SPOT_Q24_SHIFT = 188;
    int256 internal constant HEADER_LN_SPOT_Q24_OFFSET = 67108864;
    uint256 internal constant HEADER_WEIGHT_E5_SHIFT = 215;

    struct HeaderRecord {
        int256 requiredCashE6;
        int256 valueE6;
        uint256 factorE2;
        uint256 shortRateE5;
        uint256 perpetualRateE5;
        uint256 spotE4;
        int256 lnSpotQ24;
        uint256 weightE5;
    }

    /// @notice Packs one record of `header`; reverts with ValueTooWide on a field at or above its width.
    function packHeader(HeaderRecord memory r) internal pure returns (uint256 word) {
        word |= Words.fitSigned("required_cash_e6", r.requiredCashE6, 9223372036854775808, 64);
        word |= Words.fitSigned("value_e6", r.valueE6, 36893488147419103232, 66) << 64;
        word |= Words.fit("factor_e2", r.factorE2, 8) << 130;
        word |= Words.fit("short_rate_e5", r.shortRateE5, 17) << 138;
        word |= Words.fit("perpetual_rate_e5", r.perpetualRateE5, 17) << 155;
        word |= Words.fit("spot_e4", r.spotE4, 16) << 172;
        word |= Words.fitSigned("ln_spot_q24", r.lnSpotQ24, 67108864, 27) << 188;
        word |= Words.fit("weight_e5", r.weightE5, 17) << 215;
    }

    /// @notice cash bound R: insolvent with less cash; USD, scale 1e-6
    function headerRequiredCashE6(uint256 record) internal pure returns (int256) {
        return int256(record & 0xffffffffffffffff) - 9223372036854775808;
    }

    /// @notice value of the positions: sum of amount x mark, puts by parity; USD, scale 1e-6
    function headerValueE6(uint256 record) internal pure returns (int256) {
        return int256((record >> 64) & 0x3ffffffffffffffff) - 36893488147419103232;
    }

    /// @notice margin factor of the worst loss; 1, scale 1e-2
    function headerFactorE2(uint256 record) internal pure returns (uint256) {
        return (record >> 130) & 0xff;
    }

    /// @notice contingency on net short option notional; 1, scale 1e-5
    function headerShortRateE5(uint256 record) internal pure returns (uint256) {
        return (record >> 138) & 0x1ffff;
    }

    /// @notice contingency on perpetual notional; 1, scale 1e-5
    function headerPerpetualRateE5(uint256 record) internal pure returns (uint256) {
        return (record >> 155) & 0x1ffff;
    }

    /// @notice spot multiplier of the scenario; 1, scale 1e-4
    function headerSpotE4(uint256 record) internal pure returns (uint256) {
        return (record >> 172) & 0xffff;
    }

    /// @notice logarithm of the spot multiplier; 1, scale 2^24
    function headerLnSpotQ24(uint256 record) internal pure returns (int256) {
        return int256((record >> 188) & 0x7ffffff) - 67108864;
    }

    /// @notice weight of the scenario's loss; 1, scale 1e-5
    function headerWeightE5(uint256 record) internal pure returns (uint256) {
        return (record >> 215) & 0x1ffff;
    }

    uint256 internal constant POSITIONS_AMOUNT_E4_SHIFT = 0;
    int256 internal constant POSITIONS_AMOUNT_E4_OFFSET = 268435456;
    uint256 internal constant POSITIONS_PUT_SHIFT = 29;
    uint256 internal constant POSITIONS_PERPETUAL_SHIFT = 30;
    uint256 internal constant POSITIONS_STRIKE_E2_SHIFT = 31;
    uint256 internal constant POSITIONS_LOG_MONEYNESS_Q24_SHIFT = 63;
    int256 internal constant POSITIONS_LOG_MONEYNESS_Q24_OFFSET = 67108864;
    uint256 internal constant POSITIONS_FORWARD_E2_SHIFT = 90;
    uint256 internal constant POSITIONS_VOL_Q18_SHIFT = 122;
    uint256 internal constant POSITIONS_INVERSE_VOL_Q4_SHIFT = 143;

    struct PositionsRecord {
        int256 amountE4;
        uint256 put;
        uint256 perpetual;
        uint256 strikeE2;
        int256 logMoneynessQ24;
        uint256 forwardE2;
        uint256 volQ18;
        uint256 inverseVolQ4;
    }

    /// @notice Packs one record of `positions`; reverts with ValueTooWide on a field at or above its width.
    function packPositions(PositionsRecord memory r) internal pure returns (uint256 word) {
        word |= Words.fitSigned("amount_e4", r.amountE4, 268435456, 29);
        word |= Words.fit("put", r.put, 1) << 29;
        word |= Words.fit("perpetual", r.perpetual, 1) << 30;
        word |= Words.fit("strike_e2", r.strikeE2, 32) << 31;
        word |= Words.fitSigned("log_moneyness_q24", r.logMoneynessQ24, 67108864, 27) << 63;
        word |= Words.fit("forward_e2", r.forwardE2, 32) << 90;
        word |= Words.fit("vol_q18", r.volQ18, 21) << 122;
        word |= Words.fit("inverse_vol_q4", r.inverseVolQ4, 12) << 143;
    }

    /// @notice Record `i` of a run of `positions` elements starting at `first` (1 of 155 bits an element).
    function positionsAt(uint256[] memory d, uint256 first, uint256 i) internal pure returns (uint256) {
        return d[first + i];
    }

    /// @notice signed size; contracts, scale 1e-4
    function positionsAmountE4(uint256 record) internal pure returns (int256) {
        return int256(record & 0x1fffffff) - 268435456;
    }

    /// @notice 1: put; flag, scale 1
    function positionsPut(uint256 record) internal pure returns (uint256) {
        return (record >> 29) & 0x1;
    }

    /// @notice 1: perpetual; flag, scale 1
    function positionsPerpetual(uint256 record) internal pure returns (uint256) {
        return (record >> 30) & 0x1;
    }

    /// @notice strike, 0: unused slot or perpetual; USD, scale 1e-2
    function positionsStrikeE2(uint256 record) internal pure returns (uint256) {
        return (record >> 31) & 0xffffffff;
    }

    /// @notice logarithm of strike over forward; 1, scale 2^24
    function positionsLogMoneynessQ24(uint256 record) internal pure returns (int256) {
        return int256((record >> 63) & 0x7ffffff) - 67108864;
    }

    /// @notice forward of the position's expiry; USD, scale 1e-2
    function positionsForwardE2(uint256 record) internal pure returns (uint256) {
        return (record >> 90) & 0xffffffff;
    }

    /// @notice shocked total vol of the scenario's vol mode, rounded up for longs and down for shorts; 1, scale 2^18
    function positionsVolQ18(uint256 record) internal pure returns (uint256) {
        return (record >> 122) & 0x1fffff;
    }

    /// @notice 1 / vol rounded up for longs, 0 for shorts: weight of the price bound's penalty; 1, scale 2^4
    function positionsInverseVolQ4(uint256 record) internal pure returns (uint256) {
        return (record >> 143) & 0xfff;
    }
}
