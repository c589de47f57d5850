// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginErrors} from "../interfaces/IMarginErrors.sol";
import {Positions} from "../libraries/Positions.sol";
import {SliceSet} from "../libraries/SliceSet.sol";
import {Words} from "../libraries/Words.sol";
import {AccountWords} from "./AccountWords.sol";

/// @notice What an account statement says of options of one expiry: the inner loop of `AccountWords.facts`.
library PositionFacts {
    /// @notice Facts from `i` on of options of the slice's expiry, which ends before `next`; `slice` is a `SliceSet.Loaded`.
    function putRun(
        AccountWords.Facts memory all,
        uint256[] memory positions,
        uint256 i,
        uint256 slice,
        uint256 sliceBits
    ) internal pure returns (uint256 next) {
        uint256 start;
        assembly ("memory-safe") {
            start := add(add(positions, 32), shl(5, i))
        }
        (uint256 stop, bool refused) = _put(all, positions, start, slice, sliceBits);
        next = i + (stop - start) / 32;
        if (refused) _refuse(positions, i, next, slice);
    }

    /// @dev Writes facts `from` a position's word on and returns where it stopped. In a slice's elements lie ten listed strikes
    /// of 24 bits, three logarithms of 80, two results of 124 (mark 32 bits, total vol 35 from bit 35); shifts of a position's
    /// element are those of `SolvencyLayout`. A refused hint reads words of other lists: what it writes is never used.
    function _put(
        AccountWords.Facts memory all,
        uint256[] memory positions,
        uint256 from,
        uint256 slice,
        uint256 sliceBits
    ) private pure returns (uint256, bool) {
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
