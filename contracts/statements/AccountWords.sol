// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SolvencyLayout} from "../generated/SolvencyLayout.sol";
import {IMarginErrors} from "../interfaces/IMarginErrors.sol";
import {Positions} from "../libraries/Positions.sol";
import {SliceSet} from "../libraries/SliceSet.sol";
import {Words} from "../libraries/Words.sol";
import {PositionFacts} from "./PositionFacts.sol";

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
        (all.elements, all.vols) = _lists(count);
        uint256 i = 0;
        if (Positions.hasPerpetual(positions)) _putPerpetual(all, positions[i++], perpetualMarkE2);
        uint256 s = 0;
        while (i < count) {
            uint256 slice;
            (s, slice) = _find(slices, s, Positions.expiryOf(positions[i]));
            i = PositionFacts.putRun(all, positions, i, slice, s << SLICE_SHIFT);
        }
    }

    /// @notice The facts of sorted positions, each of which is among others, with another amount and the same hint: copied from
    /// the facts of these. `found`: false where one is not; then there are no facts.
    function among(uint256[] memory positions, uint256[] memory others, Facts memory known)
        internal
        pure
        returns (Facts memory all, bool found)
    {
        (all.elements, all.vols) = (new uint256[](positions.length), new uint256[](positions.length));
        (uint256[] memory elements, uint256[] memory vols) = (known.elements, known.vols);
        // At marks, and from bit 128 at forwards.
        uint256 sums = 0;
        assembly ("memory-safe") {
            // From here on `known` is the sum of amounts at marks.
            known := 0
            let end := add(positions, shl(5, add(mload(positions), 1)))
            // From a position to its element here, from another to its element and from that to its vol.
            let toElement := sub(mload(all), positions)
            vols := sub(vols, elements)
            elements := sub(elements, others)
            let last := add(others, shl(5, mload(others)))
            for { positions := add(positions, 32) } lt(positions, end) { positions := add(positions, 32) } {
                let position := mload(positions)
                for { others := add(others, 32) } iszero(gt(others, last)) { others := add(others, 32) } {
                    if iszero(shr(29, xor(mload(others), position))) { break }
                }
                if gt(others, last) { break }
                let word := mload(add(others, elements))
                // An element and a position begin with their amounts of 29 bits.
                word := xor(word, and(xor(word, position), 0x1fffffff))
                mstore(add(positions, toElement), word)
                position := sub(and(position, 0x1fffffff), 0x10000000)
                word := and(shr(90, word), 0xffffffff)
                let vol := mload(add(add(others, elements), vols))
                mstore(add(positions, add(toElement, sub(mload(add(all, 32)), mload(all)))), vol)
                vol := and(shr(64, vol), 0xffffffffffffffff)
                known := add(known, mul(position, vol))
                if slt(position, 0) { position := sub(0, position) }
                // 32 products of less than 2^62 each.
                sums := add(sums, mul(position, or(vol, shl(128, word))))
            }
            found := eq(positions, end)
            mstore(add(all, 64), known)
            mstore(add(all, 96), shr(128, sums))
            mstore(add(all, 128), and(sums, 0xffffffffffffffffffffffffffffffff))
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
    /// `PositionParts.split`. `any`: zero where every amount is.
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

    /// @dev Two lists whose words are not written yet.
    function _lists(uint256 count) private pure returns (uint256[] memory first, uint256[] memory second) {
        assembly ("memory-safe") {
            let size := shl(5, add(count, 1))
            first := mload(0x40)
            second := add(first, size)
            mstore(first, count)
            mstore(second, count)
            mstore(0x40, add(second, size))
        }
    }

    /// @dev Fact 0.
    function _putPerpetual(Facts memory all, uint256 position, uint256 markE2) private pure {
        if (markE2 >> 32 != 0) revert Words.ValueTooWide("forward_e2", markE2, 32);
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
        assembly ("memory-safe") {
            let found := 0
            for {} lt(s, mload(slices)) { s := add(s, 1) } {
                slice := mload(add(slices, shl(5, add(s, 1))))
                found := eq(mload(slice), expiry)
                if iszero(lt(mload(slice), expiry)) { break }
            }
            if iszero(found) { slice := 0 }
        }
        // forge-lint: disable-next-line(unsafe-typecast)
        if (slice == 0) revert IMarginErrors.MissingSlice(uint64(expiry));
        return (s, slice);
    }
}
