// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SolvencyLayout} from "../generated/SolvencyLayout.sol";
import {MarginCells} from "./MarginCells.sol";

/// @notice Gathers the positions of a data vector into what every scenario of it shares.
/// @dev The first 122 bits of a position element are the same in both statements: amount, put, perpetual, strike,
/// log-moneyness, forward.
library MarginBook {
    /// @notice The inverse of a vol that bounds a price from above is below 2^22 / vol: the bound would be none.
    error InverseVolTooSmall(uint256 index, uint256 volQ18, uint256 inverseVolQ4);

    /// @notice A perpetual is no put.
    error PerpetualPut(uint256 index);

    uint256 private constant PUT = 1 << 29;
    uint256 private constant PERPETUAL = 1 << SolvencyLayout.POSITIONS_PERPETUAL_SHIFT;
    uint256 private constant FIRST_VOL_SHIFT = SolvencyLayout.POSITIONS_VOL_UP_Q18_SHIFT;
    uint256 private constant VOL_BITS = 21;
    uint256 private constant INVERSE_BITS = 12;

    /// @notice A book with memory for `capacity` options.
    function open(uint256 capacity) internal pure returns (MarginCells.Book memory book) {
        uint256 options;
        uint256 size = capacity * MarginCells.STRIDE;
        assembly ("memory-safe") {
            options := mload(0x40)
            mstore(0x40, add(options, size))
        }
        (book.options, book.end) = (options, options);
    }

    /// @notice Fills an open book with the elements of a data vector from `first` on, whose widths are checked. Each has `modes`
    /// total vols of 21 bits from bit 122 on, then their inverses of 12 bits. `longs`: prices of longs are bounded from above
    /// and need inverses, else those of shorts.
    /// @dev Shifts are those of both layouts; the book's words and an option's are those of `MarginCells`. Amounts have 29 bits
    /// and prices 32: sums of 32 products stay in 67 bits with their sign, so that a word holds two of them: a sum a + b 2^128
    /// has a as its lowest 128 bits in two's complement.
    function read(MarginCells.Book memory book, uint256[] memory d, uint256 first, uint256 modes, bool longs)
        internal
        pure
    {
        uint256 end;
        // Calls and, from bit 128, puts; |amount x forward| and, from bit 128, |amount x strike|.
        uint256 sides = 0;
        uint256 sizes = 0;
        assembly ("memory-safe") {
            // Vols and inverses in turns; an inverse is zero where none is needed.
            function putVols(place, word, count, needed) -> fits {
                fits := 1
                let inverses := shr(mul(21, count), word)
                for { let last := add(place, shl(6, count)) } lt(place, last) { place := add(place, 64) } {
                    let vol := and(word, 0x1fffff)
                    mstore(place, vol)
                    switch needed
                    case 0 { mstore(add(place, 32), 0) }
                    default {
                        let inverse := and(inverses, 0xfff)
                        mstore(add(place, 32), inverse)
                        if lt(mul(vol, inverse), 0x400000) { fits := 0 }
                    }
                    word := shr(21, word)
                    inverses := shr(12, inverses)
                }
            }
            end := add(add(d, 32), shl(5, mload(d)))
            // From here on `first` is an address; an `end` of zero is a refusal.
            for { first := add(add(d, 32), shl(5, first)) } lt(first, end) { first := add(first, 32) } {
                let word := mload(first)
                let amount := sub(and(word, 0x1fffffff), 0x10000000)
                if iszero(amount) { continue }
                let asset := mul(amount, and(shr(90, word), 0xffffffff))
                // A perpetual.
                if and(word, 0x40000000) {
                    if and(word, 0x20000000) {
                        end := 0
                        break
                    }
                    mstore(add(book, 0xa0), add(mload(add(book, 0xa0)), asset))
                    if slt(amount, 0) { asset := sub(0, asset) }
                    mstore(add(book, 0x80), add(mload(add(book, 0x80)), asset))
                    continue
                }
                let option := mload(add(book, 0x20))
                let strike := mul(amount, and(shr(31, word), 0xffffffff))
                mstore(option, asset)
                mstore(add(option, 32), strike)
                mstore(add(option, 64), sub(and(shr(63, word), 0x7ffffff), 0x4000000))
                mstore(add(book, 0x20), add(option, 288))
                switch and(word, 0x20000000)
                case 0 { sides := add(sides, asset) }
                default {
                    sides := add(sides, shl(128, asset))
                    mstore(add(book, 0xc0), add(mload(add(book, 0xc0)), strike))
                }
                asset := add(asset, shl(128, strike))
                strike := slt(amount, 0)
                if strike { asset := sub(0, asset) }
                sizes := add(sizes, asset)
                // The first vol of all modes; one mode needs no loop.
                word := shr(122, word)
                if sub(modes, 1) {
                    if putVols(add(option, 96), word, modes, xor(strike, longs)) { continue }
                    end := 0
                    break
                }
                mstore(add(option, 96), and(word, 0x1fffff))
                amount := 0
                if xor(strike, longs) {
                    amount := and(shr(21, word), 0xfff)
                    if lt(mul(amount, and(word, 0x1fffff)), 0x400000) {
                        end := 0
                        break
                    }
                }
                mstore(add(option, 128), amount)
            }
        }
        if (end == 0) _refuse(d, first, modes);
        _setSums(book, sides, sizes);
    }

    /// @dev Parts the sums. What a put is worth beyond a call is linear.
    function _setSums(MarginCells.Book memory book, uint256 sides, uint256 sizes) private pure {
        unchecked {
            // forge-lint: disable-start(unsafe-typecast)
            (book.calls, book.assetSize) = (int128(uint128(sides)), int256(uint256(uint128(sizes))));
            (book.puts, book.strikeSize) = ((int256(sides) - book.calls) >> 128, int256(sizes >> 128));
            // forge-lint: disable-end(unsafe-typecast)
            book.linearAsset -= book.puts;
        }
    }

    /// @notice [M-3] The charges of net short calls, net short puts and perpetuals.
    function charge(MarginCells.Book memory book, uint256 shortRateE5, uint256 perpetualRateE5) internal pure {
        unchecked {
            int256 short = (book.calls < 0 ? -book.calls : int256(0)) + (book.puts < 0 ? -book.puts : int256(0));
            // forge-lint: disable-next-line(unsafe-typecast)
            book.charges = int256(shortRateE5) * short + int256(perpetualRateE5) * book.perpetuals;
        }
    }

    /// @notice A requirement in 1e-6 USD, rounded down.
    function floorToE6(int256 requirement) internal pure returns (int256 cashE6) {
        unchecked {
            cashE6 = requirement / MarginCells.REQUIREMENT_UNIT;
            if (requirement < 0 && requirement % MarginCells.REQUIREMENT_UNIT != 0) cashE6 -= 1;
        }
    }

    /// @dev The error of the element that lies at `place`: a perpetual put, or else the first vol whose inverse is too small.
    function _refuse(uint256[] memory d, uint256 place, uint256 modes) private pure {
        uint256 index;
        assembly ("memory-safe") {
            index := shr(5, sub(sub(place, d), 32))
        }
        uint256 word = d[index];
        if (word & (PUT | PERPETUAL) == PUT | PERPETUAL) revert PerpetualPut(index);
        for (uint256 m = 0; m < modes; ++m) {
            uint256 volQ18 = (word >> (FIRST_VOL_SHIFT + VOL_BITS * m)) & ((1 << VOL_BITS) - 1);
            uint256 inverseVolQ4 =
                (word >> (FIRST_VOL_SHIFT + VOL_BITS * modes + INVERSE_BITS * m)) & ((1 << INVERSE_BITS) - 1);
            if (volQ18 * inverseVolQ4 < 1 << 22) revert InverseVolTooSmall(index, volQ18, inverseVolQ4);
        }
    }
}
