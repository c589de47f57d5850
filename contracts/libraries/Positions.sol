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
    uint256 private constant HASHED_MASK = (1 << 118) - 1;
    uint256 private constant WORD_BITS = 126;

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
        if (amountE4 <= -AMOUNT_OFFSET || amountE4 >= AMOUNT_OFFSET) revert IMarginErrors.AmountOutOfRange(0, amountE4);
        // The range was checked above.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint256 amount = uint256(amountE4 + AMOUNT_OFFSET);
        return amount | (put ? 1 << 29 : 0) | (uint256(strikeTicks) << 30) | (uint256(expiry) << 54)
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
            let to := add(start, 64)
            let from := add(positions, 32)
            let end := add(from, mul(mload(positions), 32))
            for {} lt(from, end) { from := add(from, 32) } {
                mstore(to, and(mload(from), HASHED_MASK))
                to := add(to, 32)
            }
            word := keccak256(start, sub(to, start))
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
        unchecked {
            // Lists have at most 2^32 entries, products of 29 and 33 bits and their sums are far below 2^255.
            merged = new uint256[](list.length + legs.length);
            effect.reduces = true;
            uint256 count = 0;
            uint256 i = 0;
            uint256 previous = 0;
            for (uint256 j = 0; j < legs.length; ++j) {
                uint256 key = _requireLeg(legs[j], j, previous);
                previous = key + 1;
                while (i < list.length && _key(list[i]) < key) merged[count++] = list[i++];
                int256 before = i < list.length && _key(list[i]) == key ? amountE4Of(list[i++]) : int256(0);
                int256 amount = before + amountE4Of(legs[j]) * factor;
                _count(effect, before, amount, j, maxPositionE4);
                if (amount != 0) {
                    // forge-lint: disable-next-line(unsafe-typecast)
                    merged[count++] = (legs[j] & ~AMOUNT_MASK) | uint256(amount + AMOUNT_OFFSET);
                }
            }
            while (i < list.length) merged[count++] = list[i++];
            if (count > CAPACITY) revert IMarginErrors.TooManyPositions(count, CAPACITY);
            assembly ("memory-safe") {
                mstore(merged, count)
            }
        }
    }

    /// @notice A fraction of every position, rounded toward zero; what is nothing is left out.
    function fraction(uint256[] memory list, uint256 fractionE4) internal pure returns (uint256[] memory part) {
        part = new uint256[](list.length);
        uint256 count = 0;
        for (uint256 i = 0; i < list.length; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 amount = amountE4Of(list[i]) * int256(fractionE4) / 10_000;
            // A part of an amount of 29 bits.
            // forge-lint: disable-next-line(unsafe-typecast)
            if (amount != 0) part[count++] = (list[i] & ~AMOUNT_MASK) | uint256(amount + AMOUNT_OFFSET);
        }
        assembly ("memory-safe") {
            mstore(part, count)
        }
    }

    /// @dev The leg's key: order of lists.
    function _requireLeg(uint256 leg, uint256 index, uint256 least) private view returns (uint256 key) {
        key = _key(leg);
        if (key < least) revert IMarginErrors.PositionsNotSorted(index);
        int256 amount = amountE4Of(leg);
        if (amount == 0 || amount == -AMOUNT_OFFSET) revert IMarginErrors.AmountOutOfRange(index, amount);
        uint64 expiry = expiryOf(leg);
        if (leg >> WORD_BITS != 0 || (expiry == 0 && key != 0)) revert IMarginErrors.InvalidPosition(index, leg);
        if (expiry != 0 && expiry <= block.timestamp) revert IMarginErrors.ExpiryPassed(expiry);
    }

    function _count(Effect memory effect, int256 before, int256 amount, uint256 index, uint256 maxPositionE4)
        private
        pure
    {
        unchecked {
            uint256 sizeBefore = uint256(before < 0 ? -before : before);
            uint256 size = uint256(amount < 0 ? -amount : amount);
            if (size >= uint256(AMOUNT_OFFSET) || (size > sizeBefore && size > maxPositionE4)) {
                revert IMarginErrors.AmountOutOfRange(index, amount);
            }
            // forge-lint: disable-next-line(unsafe-typecast)
            effect.grossChangeE4 += int256(size) - int256(sizeBefore);
            if (size >= sizeBefore || (amount ^ before < 0 && amount != 0)) effect.reduces = false;
        }
    }

    function _key(uint256 position) private pure returns (uint256) {
        return (position & HASHED_MASK) >> 29;
    }
}
