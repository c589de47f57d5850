// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginErrors} from "../interfaces/IMarginErrors.sol";

/// @notice Positions as words (see `IMarginTypes`): sorted lists, no duplicates, no zero amounts.
/// @dev A word's low 30 bits, amount and put, are those of the statements' position elements.
library Positions {
    /// @notice Positions that one account holds at most: those of the largest solvency and insolvency circuits.
    uint256 internal constant CAPACITY = 32;

    /// @notice Low bits of a word that the statements take as they are: amount and put.
    uint256 internal constant STATEMENT_MASK = (1 << 30) - 1;

    int256 private constant AMOUNT_OFFSET = 1 << 28;
    uint256 private constant AMOUNT_MASK = (1 << 29) - 1;
    /// @dev Bits 0-117, and of them 29-117: expiry, strike, put.
    uint256 private constant HASHED_MASK = 0x3fffffffffffffffffffffffffffff;
    uint256 private constant KEY_MASK = 0x3fffffffffffffffffffffe0000000;

    /// @notice What a merge did: change of the sum of absolute amounts, and whether every leg reduced a position.
    struct Effect {
        int256 grossChangeE4;
        bool reduces;
    }

    /// @notice A position's word; `hint` is the strike's index in its listing.
    function pack(uint64 expiry, uint24 strikeTicks, bool put, int256 amountE4, uint8 hint)
        internal
        pure
        returns (uint256)
    {
        if (amountE4 <= -AMOUNT_OFFSET || amountE4 >= AMOUNT_OFFSET) {
            revert IMarginErrors.AmountOutOfRange(0, amountE4);
        }
        // The range was checked above.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint256 amount = uint256(amountE4 + AMOUNT_OFFSET);
        return
            amount | (put ? 1 << 29 : 0) | (uint256(strikeTicks) << 30) | (uint256(expiry) << 54)
                | (uint256(hint) << 118);
    }

    /// @notice Signed amount at 1e-4 contracts.
    function amountE4Of(uint256 position) internal pure returns (int256) {
        unchecked {
            // 29 bits.
            // forge-lint: disable-next-line(unsafe-typecast)
            return int256(position & AMOUNT_MASK) - AMOUNT_OFFSET;
        }
    }

    /// @notice True for a put.
    function isPut(uint256 position) internal pure returns (bool) {
        return position & (1 << 29) != 0;
    }

    /// @notice Strike in ticks.
    function strikeTicksOf(uint256 position) internal pure returns (uint24) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint24(position >> 30);
    }

    /// @notice Expiry in Unix seconds; zero for a perpetual.
    function expiryOf(uint256 position) internal pure returns (uint64) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint64(position >> 54);
    }

    /// @notice Claimed index of the strike in its listing.
    function hintOf(uint256 position) internal pure returns (uint256) {
        return (position >> 118) & 0xff;
    }

    /// @notice True where a sorted list holds the perpetual: it comes first.
    function hasPerpetual(uint256[] memory positions) internal pure returns (bool) {
        return positions.length != 0 && expiryOf(positions[0]) == 0;
    }

    /// @notice The account's storage word: zero for a fresh account, else keccak256 of owner and nonce, the funding index, and
    /// the words without hints, 32 bytes each.
    function hash(address owner, uint64 nonce, int128 fundingIndexE6, uint256[] memory positions)
        internal
        pure
        returns (bytes32 word)
    {
        if (nonce == 0 && positions.length == 0) return bytes32(0);
        uint256 head = uint256(uint160(owner)) | (uint256(nonce) << 160);
        assembly ("memory-safe") {
            let start := mload(0x40)
            mstore(start, head)
            mstore(add(start, 32), fundingIndexE6)
            // From a position to its place; two words a turn: what lies behind an odd number of them is not hashed.
            let shift := sub(add(start, 32), positions)
            let end := add(positions, shl(5, mload(positions)))
            for { let from := positions } lt(from, end) {} {
                from := add(from, 64)
                mstore(add(from, sub(shift, 32)), and(mload(sub(from, 32)), HASHED_MASK))
                mstore(add(from, shift), and(mload(from), HASHED_MASK))
            }
            word := keccak256(start, add(64, shl(5, mload(positions))))
        }
    }

    /// @notice Sum of a sorted list and of `legs`, each amount times `factor`, which is below 2^33 in size; positions that net to
    /// zero disappear. Legs are sorted, not zero and not expired; amounts stay in 29 bits and, where they grow, at or below
    /// `maxPositionE4`.
    function merge(uint256[] memory list, uint256[] memory legs, int256 factor, uint256 maxPositionE4)
        internal
        view
        returns (uint256[] memory merged, Effect memory effect)
    {
        merged = new uint256[](list.length + legs.length);
        effect.reduces = true;
        uint256 refused = 0;
        assembly ("memory-safe") {
            let to := add(merged, 32)
            let from := add(list, 32)
            for { let at := add(legs, 32) } lt(at, add(add(legs, 32), shl(5, mload(legs)))) { at := add(at, 32) } {
                let leg := mload(at)
                let amount := and(leg, 0x1fffffff)
                let own := and(shr(54, leg), 0xffffffffffffffff)
                // Order, amount, form, expiry: the error's number and, from bit 8, the leg's index.
                if gt(at, add(legs, 32)) {
                    refused := iszero(lt(and(mload(sub(at, 32)), KEY_MASK), and(leg, KEY_MASK)))
                }
                if or(iszero(amount), eq(amount, 0x10000000)) { refused := 2 }
                if or(shr(126, leg), and(iszero(own), gt(and(leg, KEY_MASK), 0))) { refused := 3 }
                if and(gt(own, 0), iszero(gt(own, timestamp()))) { refused := 4 }
                if refused {
                    refused := or(refused, shl(3, sub(at, add(legs, 32))))
                    break
                }
                // What comes before the leg, and the amount of what it changes.
                let before := 0
                for {} lt(from, add(add(list, 32), shl(5, mload(list)))) {} {
                    own := mload(from)
                    if gt(and(own, KEY_MASK), and(leg, KEY_MASK)) { break }
                    from := add(from, 32)
                    if eq(and(own, KEY_MASK), and(leg, KEY_MASK)) {
                        before := sub(and(own, 0x1fffffff), 0x10000000)
                        break
                    }
                    mstore(to, own)
                    to := add(to, 32)
                }
                amount := add(before, mul(sub(amount, 0x10000000), factor))
                // Sizes before and after.
                own := before
                if slt(own, 0) { own := sub(0, own) }
                let size := amount
                if slt(size, 0) { size := sub(0, size) }
                if or(gt(size, 0xfffffff), and(gt(size, own), gt(size, maxPositionE4))) {
                    refused := or(5, shl(3, sub(at, add(legs, 32))))
                    factor := amount
                    break
                }
                mstore(effect, add(mload(effect), sub(size, own)))
                if or(iszero(lt(size, own)), and(slt(xor(amount, before), 0), gt(size, 0))) {
                    mstore(add(effect, 32), 0)
                }
                if amount {
                    mstore(to, or(and(leg, not(0x1fffffff)), add(amount, 0x10000000)))
                    to := add(to, 32)
                }
            }
            let rest := sub(add(add(list, 32), shl(5, mload(list))), from)
            mcopy(to, from, rest)
            mstore(merged, shr(5, sub(add(to, rest), add(merged, 32))))
        }
        if (refused != 0) _refuse(refused & 0xff, refused >> 8, legs, factor);
        if (merged.length > CAPACITY) revert IMarginErrors.TooManyPositions(merged.length, CAPACITY);
    }

    /// @notice A fraction of every position, rounded toward zero; what is nothing is left out.
    function fraction(uint256[] memory list, uint256 fractionE4) internal pure returns (uint256[] memory part) {
        part = new uint256[](list.length);
        uint256 count = 0;
        unchecked {
            for (uint256 i = 0; i < list.length; ++i) {
                uint256 word = list[i];
                // forge-lint: disable-next-line(unsafe-typecast)
                int256 amount = amountE4Of(word) * int256(fractionE4) / 10_000;
                // forge-lint: disable-next-line(unsafe-typecast)
                if (amount != 0) part[count++] = (word & ~AMOUNT_MASK) | uint256(amount + AMOUNT_OFFSET);
            }
        }
        assembly ("memory-safe") {
            mstore(part, count)
        }
    }

    /// @dev The errors of a merge by number; `amountE4` of the last one.
    function _refuse(uint256 number, uint256 index, uint256[] memory legs, int256 amountE4) private pure {
        if (number == 1) revert IMarginErrors.PositionsNotSorted(index);
        if (number == 2) revert IMarginErrors.AmountOutOfRange(index, amountE4Of(legs[index]));
        if (number == 3) revert IMarginErrors.InvalidPosition(index, legs[index]);
        if (number == 4) revert IMarginErrors.ExpiryPassed(expiryOf(legs[index]));
        revert IMarginErrors.AmountOutOfRange(index, amountE4);
    }
}
