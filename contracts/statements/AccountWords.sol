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

    uint256 private constant MARK_SHIFT = 64;
    uint256 private constant SLICE_SHIFT = 128;

    /// @notice `elements`: bits 0-121 of each position's element. `vols`: its total vol at 2^32, from bit 64 its mark in 1e-2,
    /// from bit 128 its slice's index; PERPETUAL in place of vol and index for a perpetual. `valueE6`: sum of amounts at marks, exact; a put's mark by parity and at least zero.
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

    /// @notice True where the first fact is a perpetual's.
    function hasPerpetual(Facts memory all) internal pure returns (bool) {
        return all.vols.length != 0 && all.vols[0] >= PERPETUAL;
    }

    /// @notice Index of a fact's slice.
    function sliceOf(uint256 vol) internal pure returns (uint256) {
        return vol >> SLICE_SHIFT;
    }

    /// @notice Mark of a fact's position in 1e-2.
    function markE2Of(uint256 vol) internal pure returns (uint256) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint64(vol >> MARK_SHIFT);
    }

    /// @notice Value at marks of a fraction, at most 10,000, of every position, each amount rounded toward zero as by
    /// `Positions.split`. `any`: zero where every amount is.
    function valueOfPart(Facts memory all, uint256 fractionE4) internal pure returns (int256 valueE6, uint256 any) {
        uint256[] memory elements = all.elements;
        uint256[] memory vols = all.vols;
        assembly ("memory-safe") {
            let toVol := sub(vols, elements)
            let end := add(add(elements, 32), shl(5, mload(elements)))
            for { let at := add(elements, 32) } lt(at, end) { at := add(at, 32) } {
                // Amounts have 29 bits, marks 64.
                let taken := sdiv(mul(sub(and(mload(at), 0x1fffffff), 0x10000000), fractionE4), 10000)
                any := or(any, taken)
                valueE6 := add(valueE6, mul(taken, and(shr(64, mload(add(at, toVol))), 0xffffffffffffffff)))
            }
        }
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
        all.vols[0] = PERPETUAL | (markE2 << MARK_SHIFT);
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

    /// @dev Facts from `i` on of options of the slice's expiry, which ends before `next`; `slice` is a `SliceSet.Loaded`.
    function _putRun(Facts memory all, uint256[] memory positions, uint256 i, uint256 slice, uint256 sliceBits)
        private
        pure
        returns (uint256 next)
    {
        uint256 start;
        assembly ("memory-safe") {
            start := add(add(positions, 32), shl(5, i))
        }
        (uint256 stop, bool refused) = _put(all, positions, start, slice, sliceBits);
        next = i + (stop - start) / 32;
        if (refused) _refuse(positions, i, next, slice);
    }

    /// @dev Writes facts `from` a position's word on and returns where it stopped. In a slice's elements lie ten listed strikes of 24 bits, three logarithms of 80, two
    /// results of 124 (mark 32 bits, total vol 35 from bit 35); shifts of a position's element are those of `SolvencyLayout`.
    /// A refused hint reads words of other lists: what it writes is never used.
    function _put(Facts memory all, uint256[] memory positions, uint256 from, uint256 slice, uint256 sliceBits)
        private
        pure
        returns (uint256, bool)
    {
        // Anything but zero: a position whose strike is not listed there, or whose log-moneyness is too wide.
        uint256 refused = 0;
        assembly ("memory-safe") {
            let end := add(add(positions, 32), shl(5, mload(positions)))
            // From a position's word to its element and its vol.
            let toVol := sub(mload(add(all, 0x20)), positions)
            positions := sub(mload(all), positions)
            let valueE6 := 0
            // Sum of sizes from marks, and from bit 128 of sizes.
            let sums := 0
            for {} lt(from, end) { from := add(from, 32) } {
                let position := mload(from)
                if sub(and(shr(54, position), 0xffffffffffffffff), mload(slice)) { break }
                let hint := and(shr(118, position), 0xff)
                let word := shr(mul(mod(hint, 10), 24), mload(add(mload(add(slice, 0xe0)), shl(5, div(hint, 10)))))
                refused := or(
                    refused,
                    or(iszero(and(shr(hint, mload(add(slice, 0xa0))), 1)), and(xor(shr(30, position), word), 0xffffff))
                )
                // Strikes have 24 bits, ticks 8.
                let strike := mul(and(word, 0xffffff), mload(add(slice, 0x80)))
                // [A-2] Both logarithms have 53 bits; the shift of a negative difference rounds down.
                word := shr(mul(mod(hint, 3), 80), mload(add(mload(add(slice, 0x100)), shl(5, div(hint, 3)))))
                word := add(sar(24, sub(and(word, 0x1fffffffffffff), mload(add(slice, 0x60)))), 0x4000000)
                refused := or(refused, shr(27, word))
                mstore(
                    add(from, positions),
                    or(
                        or(and(position, 0x3fffffff), shl(31, strike)),
                        or(shl(63, word), shl(90, mload(add(slice, 0x40))))
                    )
                )
                word := shr(mul(and(hint, 1), 124), mload(add(mload(add(slice, 0xc0)), shl(5, shr(1, hint)))))
                hint := or(and(shr(35, word), 0x7ffffffff), sliceBits)
                // [A-3] The mark of a put by parity, from least zero.
                word := and(word, 0xffffffff)
                if and(position, 0x20000000) {
                    word := add(word, strike)
                    strike := mload(add(slice, 0x40))
                    word := mul(gt(word, strike), sub(word, strike))
                }
                mstore(add(from, toVol), or(hint, shl(64, word)))
                // Amounts have 29 bits, marks and forwards from most 33: 32 products stay below 2^67.
                position := sub(and(position, 0x1fffffff), 0x10000000)
                valueE6 := add(valueE6, mul(position, word))
                hint := sar(255, position)
                sums := add(sums, mul(sub(xor(position, hint), hint), or(word, shl(128, 1))))
            }
            mstore(add(all, 0x40), add(mload(add(all, 0x40)), valueE6))
            mstore(add(all, 0x60), add(mload(add(all, 0x60)), mul(shr(128, sums), mload(add(slice, 0x40)))))
            mstore(add(all, 0x80), add(mload(add(all, 0x80)), and(sums, 0xffffffffffffffffffffffffffffffff)))
        }
        return (from, refused != 0);
    }

    /// @dev The first refused position of a run: not listed where its hint says, or too far from the money.
    function _refuse(uint256[] memory positions, uint256 i, uint256 next, uint256 slice) private pure {
        SliceSet.Loaded memory found;
        assembly ("memory-safe") {
            found := slice
        }
        for (; i < next; ++i) {
            if (!SliceSet.isListed(found, Positions.hintOf(positions[i]), Positions.strikeTicksOf(positions[i]))) {
                revert IMarginErrors.StrikeNotInSlice(
                    Positions.expiryOf(positions[i]), Positions.strikeTicksOf(positions[i])
                );
            }
            int256 lnStrikeQ48 = SliceSet.lnStrikeQ48(found, Positions.hintOf(positions[i]));
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 lnQ24 = (lnStrikeQ48 - int256(found.lnForwardQ48)) >> 24;
            if (lnQ24 < -(1 << 26) || lnQ24 >= 1 << 26) {
                revert Words.ValueTooWide("log_moneyness_q24", Positions.strikeTicksOf(positions[i]), 27);
            }
        }
    }
}
