// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../generated/SliceLayout.sol";
import {SolvencyLayout} from "../generated/SolvencyLayout.sol";
import {IMarginErrors} from "../interfaces/IMarginErrors.sol";
import {Positions} from "../libraries/Positions.sol";
import {SliceSet} from "../libraries/SliceSet.sol";
import {Words} from "../libraries/Words.sol";

/// @notice What both account statements say of positions, from their words and their proven slices.
/// @dev The first 122 bits of a position element are the same in both statements: amount, put, perpetual, strike,
/// log-moneyness, forward.
library AccountWords {
    /// @notice Bit 255 of a fact's vol: a perpetual, without vol.
    uint256 internal constant PERPETUAL = 1 << 255;

    uint256 private constant RESULT_BITS = 124;
    uint256 private constant LISTING_BITS = 24;
    uint256 private constant LOGARITHM_BITS = 80;
    uint256 private constant SLICE_SHIFT = 64;

    /// @notice `elements`: bits 0-121 of each position's element. `vols`: its total vol at 2^32 and, from bit 64, its slice's
    /// index; PERPETUAL for a perpetual. `valueE6`: sum of amounts at marks, exact; a put's mark by parity and at least zero.
    /// `notionalE6`: sum of absolute amounts at forwards; `grossValueE6`: at marks.
    struct Facts {
        uint256[] elements;
        uint256[] vols;
        int256 valueE6;
        uint256 notionalE6;
        uint256 grossValueE6;
    }

    /// @notice The facts of sorted positions; a perpetual is worth `perpetualMarkE2` a contract.
    function facts(uint256[] memory positions, SliceSet.Loaded[] memory slices, uint256 perpetualMarkE2)
        internal
        pure
        returns (Facts memory all)
    {
        all.elements = new uint256[](positions.length);
        all.vols = new uint256[](positions.length);
        unchecked {
            uint256 s = 0;
            for (uint256 i = 0; i < positions.length; ++i) {
                uint256 position = positions[i];
                uint256 expiry = Positions.expiryOf(position);
                (uint256 forwardE2, uint256 markE2) = (perpetualMarkE2, perpetualMarkE2);
                if (expiry == 0) {
                    all.elements[i] = _perpetual(position, perpetualMarkE2);
                    all.vols[i] = PERPETUAL;
                } else {
                    while (s < slices.length && slices[s].expiry < expiry) ++s;
                    if (s == slices.length || slices[s].expiry != expiry) {
                        // forge-lint: disable-next-line(unsafe-typecast)
                        revert IMarginErrors.MissingSlice(uint64(expiry));
                    }
                    forwardE2 = slices[s].forwardE2;
                    (all.elements[i], markE2, all.vols[i]) = _option(position, slices[s]);
                    all.vols[i] |= s << SLICE_SHIFT;
                }
                // Amounts have 29 bits, marks and forwards at most 33: 32 products stay below 2^67.
                int256 amount = Positions.amountE4Of(position);
                // forge-lint: disable-next-line(unsafe-typecast)
                all.valueE6 += amount * int256(markE2);
                // forge-lint: disable-next-line(unsafe-typecast)
                uint256 size = uint256(amount < 0 ? -amount : amount);
                all.notionalE6 += size * forwardE2;
                all.grossValueE6 += size * markE2;
            }
        }
    }

    /// @notice Index of a fact's slice.
    function sliceOf(uint256 vol) internal pure returns (uint256) {
        return vol >> SLICE_SHIFT;
    }

    /// @notice Total vol of a fact at scale 2^32.
    function totalVolQ32Of(uint256 vol) internal pure returns (uint256) {
        return vol & ((1 << SLICE_SHIFT) - 1);
    }

    /// @notice Required cash, value, factor and rates as both statements' headers begin.
    function header(int256 requiredCashE6, int256 valueE6, uint256 factorE2, uint256 shortRateE5, uint256 perpetualRateE5)
        internal
        pure
        returns (uint256 word)
    {
        word = Words.fitSigned("required_cash_e6", requiredCashE6, SolvencyLayout.HEADER_REQUIRED_CASH_E6_OFFSET, 64);
        word |= Words.fitSigned("value_e6", valueE6, SolvencyLayout.HEADER_VALUE_E6_OFFSET, 66)
            << SolvencyLayout.HEADER_VALUE_E6_SHIFT;
        // Rules have these in 8 and 17 bits.
        word |= (factorE2 << SolvencyLayout.HEADER_FACTOR_E2_SHIFT)
            | (shortRateE5 << SolvencyLayout.HEADER_SHORT_RATE_E5_SHIFT)
            | (perpetualRateE5 << SolvencyLayout.HEADER_PERPETUAL_RATE_E5_SHIFT);
    }

    function _perpetual(uint256 position, uint256 markE2) private pure returns (uint256) {
        Words.fit("forward_e2", markE2, 32);
        return (position & Positions.STATEMENT_MASK) | (1 << SolvencyLayout.POSITIONS_PERPETUAL_SHIFT)
            | (uint256(SolvencyLayout.POSITIONS_LOG_MONEYNESS_Q24_OFFSET) << SolvencyLayout.POSITIONS_LOG_MONEYNESS_Q24_SHIFT)
            | (markE2 << SolvencyLayout.POSITIONS_FORWARD_E2_SHIFT);
    }

    /// @dev Element, mark and total vol of an option whose hint names its strike among the listed ones.
    function _option(uint256 position, SliceSet.Loaded memory slice)
        private
        pure
        returns (uint256 element, uint256 markE2, uint256 totalVolQ32)
    {
        unchecked {
            uint256 hint = Positions.hintOf(position);
            uint256 strikeTicks = Positions.strikeTicksOf(position);
            if (hint >= slice.count || _record(slice.listing, hint, 10, LISTING_BITS) & 0xffffff != strikeTicks) {
                // forge-lint: disable-next-line(unsafe-typecast)
                revert IMarginErrors.StrikeNotInSlice(Positions.expiryOf(position), uint24(strikeTicks));
            }
            // 24 and 8 bits.
            uint256 strikeE2 = strikeTicks * slice.tickE2;
            uint256 result = _record(slice.results, hint, 2, RESULT_BITS);
            markE2 = SliceLayout.resultsMarkE2(result);
            totalVolQ32 = SliceLayout.resultsTotalVolQ32(result);
            uint256 forwardE2 = slice.forwardE2;
            if (Positions.isPut(position)) {
                markE2 = markE2 + strikeE2 > forwardE2 ? markE2 + strikeE2 - forwardE2 : 0;
            }
            element = (position & Positions.STATEMENT_MASK) | (strikeE2 << SolvencyLayout.POSITIONS_STRIKE_E2_SHIFT)
                | (_logMoneyness(slice, hint) << SolvencyLayout.POSITIONS_LOG_MONEYNESS_Q24_SHIFT)
                | (forwardE2 << SolvencyLayout.POSITIONS_FORWARD_E2_SHIFT);
            if (forwardE2 >> 32 != 0) Words.fit("forward_e2", forwardE2, 32);
        }
    }

    /// @dev [A-2] Both logarithms have 53 bits; the shift of a negative difference rounds down.
    function _logMoneyness(SliceSet.Loaded memory slice, uint256 hint) private pure returns (uint256 stored) {
        unchecked {
            uint256 record = _record(slice.logarithms, hint, 3, LOGARITHM_BITS);
            // forge-lint: disable-start(unsafe-typecast)
            int256 difference =
                int256(SliceLayout.logarithmsLnStrikeQ48(record)) - int256(slice.lnForwardQ48);
            stored = uint256((difference >> 24) + SolvencyLayout.POSITIONS_LOG_MONEYNESS_Q24_OFFSET);
            // forge-lint: disable-end(unsafe-typecast)
            if (stored >> 27 != 0) revert Words.ValueTooWide("log_moneyness_q24", stored, 27);
        }
    }

    /// @dev Record `i` of a run in memory, `per` of `bits` bits an element, with what follows it.
    function _record(uint256 first, uint256 i, uint256 per, uint256 bits) private pure returns (uint256 record) {
        assembly ("memory-safe") {
            record := shr(mul(mod(i, per), bits), mload(add(first, mul(div(i, per), 32))))
        }
    }
}
