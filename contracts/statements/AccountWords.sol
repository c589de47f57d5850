// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

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
        uint256 count = positions.length;
        (all.elements, all.vols) = (new uint256[](count), new uint256[](count));
        uint256 i = 0;
        if (Positions.hasPerpetual(positions)) _putPerpetual(all, positions[i++], perpetualMarkE2);
        uint256 s = 0;
        while (i < count) {
            uint256 slice;
            (s, slice) = _find(slices, s, Positions.expiryOf(positions[i]));
            i = _putRun(all, positions, i, slice, s << SLICE_SHIFT);
        }
    }

    /// @notice Index of a fact's slice.
    function sliceOf(uint256 vol) internal pure returns (uint256) {
        return vol >> SLICE_SHIFT;
    }

    /// @notice Required cash, value, factor and rates as both statements' headers begin.
    function header(
        int256 requiredCashE6,
        int256 valueE6,
        uint256 factorE2,
        uint256 shortRateE5,
        uint256 perpetualRateE5
    ) internal pure returns (uint256 word) {
        word = Words.fitSigned("required_cash_e6", requiredCashE6, SolvencyLayout.HEADER_REQUIRED_CASH_E6_OFFSET, 64);
        word |= Words.fitSigned("value_e6", valueE6, SolvencyLayout.HEADER_VALUE_E6_OFFSET, 66)
        << SolvencyLayout.HEADER_VALUE_E6_SHIFT;
        // Rules have these in 8 and 17 bits.
        word |= (factorE2 << SolvencyLayout.HEADER_FACTOR_E2_SHIFT)
            | (shortRateE5 << SolvencyLayout.HEADER_SHORT_RATE_E5_SHIFT)
            | (perpetualRateE5 << SolvencyLayout.HEADER_PERPETUAL_RATE_E5_SHIFT);
    }

    /// @dev Fact 0.
    function _putPerpetual(Facts memory all, uint256 position, uint256 markE2) private pure {
        Words.fit("forward_e2", markE2, 32);
        all.elements[0] = (position & Positions.STATEMENT_MASK) | (1 << SolvencyLayout.POSITIONS_PERPETUAL_SHIFT)
            | (uint256(SolvencyLayout.POSITIONS_LOG_MONEYNESS_Q24_OFFSET)
                << SolvencyLayout.POSITIONS_LOG_MONEYNESS_Q24_SHIFT)
            | (markE2 << SolvencyLayout.POSITIONS_FORWARD_E2_SHIFT);
        all.vols[0] = PERPETUAL;
        int256 amount = Positions.amountE4Of(position);
        // forge-lint: disable-start(unsafe-typecast)
        all.valueE6 = amount * int256(markE2);
        all.notionalE6 = uint256(amount < 0 ? -amount : amount) * markE2;
        // forge-lint: disable-end(unsafe-typecast)
        all.grossValueE6 = all.notionalE6;
    }

    /// @dev The slice of an expiry, from index `s` on, and where it lies in memory.
    function _find(SliceSet.Loaded[] memory slices, uint256 s, uint256 expiry)
        private
        pure
        returns (uint256, uint256 slice)
    {
        unchecked {
            while (s < slices.length && slices[s].expiry < expiry) ++s;
        }
        // forge-lint: disable-next-line(unsafe-typecast)
        if (s == slices.length || slices[s].expiry != expiry) revert IMarginErrors.MissingSlice(uint64(expiry));
        SliceSet.Loaded memory found = slices[s];
        assembly ("memory-safe") {
            slice := found
        }
        return (s, slice);
    }

    /// @dev Facts from `i` on of options of the slice's expiry, which ends before `next`; `slice` is a `SliceSet.Loaded`. In a
    /// slice's elements lie ten listed strikes of 24 bits, three logarithms of 80, two results of 124 (mark 32 bits, total
    /// vol 35 from bit 35); shifts of a position's element are those of `SolvencyLayout`.
    function _putRun(Facts memory all, uint256[] memory positions, uint256 i, uint256 slice, uint256 sliceBits)
        private
        pure
        returns (uint256 next)
    {
        // 1: not listed; 2: log-moneyness too wide.
        uint256 refused = 0;
        assembly ("memory-safe") {
            let at := add(add(positions, 32), shl(5, i))
            let end := add(add(positions, 32), shl(5, mload(positions)))
            for {} lt(at, end) { at := add(at, 32) } {
                let position := mload(at)
                if sub(and(shr(54, position), 0xffffffffffffffff), mload(slice)) { break }
                let hint := and(shr(118, position), 0xff)
                let strike := and(shr(30, position), 0xffffff)
                let word := mload(add(mload(add(slice, 0xe0)), shl(5, div(hint, 10))))
                word := and(shr(mul(mod(hint, 10), 24), word), 0xffffff)
                if iszero(and(lt(hint, mload(add(slice, 0xa0))), eq(word, strike))) {
                    refused := 1
                    break
                }
                // Strikes have 24 bits, ticks 8.
                strike := mul(strike, mload(add(slice, 0x80)))
                // [A-2] Both logarithms have 53 bits; the shift of a negative difference rounds down.
                word := mload(add(mload(add(slice, 0x100)), shl(5, div(hint, 3))))
                word := sub(and(shr(mul(mod(hint, 3), 80), word), 0x1fffffffffffff), mload(add(slice, 0x60)))
                word := add(sar(24, word), 0x4000000)
                if shr(27, word) {
                    refused := 2
                    break
                }
                word := or(
                    or(and(position, 0x3fffffff), shl(31, strike)),
                    or(shl(63, word), shl(90, mload(add(slice, 0x40))))
                )
                mstore(add(at, sub(mload(all), positions)), word)
                word := mload(add(mload(add(slice, 0xc0)), shl(5, shr(1, hint))))
                word := shr(mul(and(hint, 1), 124), word)
                mstore(add(at, sub(mload(add(all, 0x20)), positions)), or(and(shr(35, word), 0x7ffffffff), sliceBits))
                // [A-3] The mark of a put by parity, at least zero.
                word := and(word, 0xffffffff)
                if and(position, 0x20000000) {
                    word := add(word, strike)
                    strike := mload(add(slice, 0x40))
                    word := mul(gt(word, strike), sub(word, strike))
                }
                // Amounts have 29 bits, marks and forwards at most 33: 32 products stay below 2^67.
                position := sub(and(position, 0x1fffffff), 0x10000000)
                mstore(add(all, 0x40), add(mload(add(all, 0x40)), mul(position, word)))
                if slt(position, 0) { position := sub(0, position) }
                mstore(add(all, 0x60), add(mload(add(all, 0x60)), mul(position, mload(add(slice, 0x40)))))
                mstore(add(all, 0x80), add(mload(add(all, 0x80)), mul(position, word)))
            }
            next := shr(5, sub(sub(at, positions), 32))
        }
        if (refused == 1) {
            revert IMarginErrors.StrikeNotInSlice(
                Positions.expiryOf(positions[next]), Positions.strikeTicksOf(positions[next])
            );
        }
        if (refused == 2) revert Words.ValueTooWide("log_moneyness_q24", Positions.strikeTicksOf(positions[next]), 27);
    }
}
