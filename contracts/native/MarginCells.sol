// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice One-sided prices of the margin statements in integers: the cell of `circuits/lib/margin.circom` and the
/// requirement of one scenario [M-1] to [M-6], the same in Python (`oracle/model/margin.py`).
/// @dev Nothing overflows 256 bits: amounts have 29 bits, prices 32, vols 21, log-moneyness 28, and a book of 32 positions
/// stays below 2^244 (the circuit has 253 bits for the same sums).
library MarginCells {
    /// @notice Words of one option in a book: amount x forward, amount x strike, log-moneyness at 2^24, then vol at 2^18
    /// and its inverse at 2^4 (zero where no upper bound is needed) in each mode: up, none, down.
    uint256 internal constant STRIDE = 9;

    /// @notice [M-2] is in units of 1e-6 USD over this.
    int256 internal constant REQUIREMENT_UNIT = ONE * 100 * 100_000;

    int256 private constant ONE = (1 << 122) * 10_000;
    int256 private constant SPOT_UNIT = 10_000;

    /// @dev [M-6] 3 / 2^20 at scale 2^122.
    int256 private constant TABLE_ERROR = 3 << 102;

    /// @dev Bytes of the first table: 8 rows of 8 words.
    uint256 private constant Q18_OFFSET = 2048;

    /// @notice What every scenario shares of an account. `options` has STRIDE words an option; `charges` are rates x notional.
    struct Book {
        int256[] options;
        uint256 count;
        int256 linearAsset;
        int256 linearStrike;
        int256 assetSize;
        int256 strikeSize;
        int256 charges;
        int256 valueE6;
        int256 factorE2;
    }

    /// @notice One row of a grid.
    struct Row {
        uint256 mode;
        int256 spotE4;
        int256 lnSpotQ24;
        int256 weightE5;
    }

    /// @notice [M-2] over REQUIREMENT_UNIT, as an upper bound (solvency) or a lower one (insolvency).
    /// @param tables Memory address of the coefficients of `NormalTables.MARGIN`.
    function requirement(uint256 tables, Book memory book, Row memory row, bool upper) internal pure returns (int256) {
        unchecked {
            (int256 assetLegs, int256 strikeLegs) = _legs(tables, book, row);
            int256 charge = upper ? -TABLE_ERROR : TABLE_ERROR;
            int256 assets = row.spotE4 * (assetLegs + (book.linearAsset << 122) + charge * book.assetSize);
            int256 strikes = SPOT_UNIT * ((strikeLegs << 30) - (book.linearStrike << 122) - charge * book.strikeSize);
            int256 loss = book.factorE2 * row.weightE5 * (ONE * book.valueE6 - (assets - strikes));
            return loss + book.charges * ONE * 100 - book.valueE6 * REQUIREMENT_UNIT;
        }
    }

    /// @notice [M-4] Phi(d + v) at 2^122 and Phi(d) at 2^92 for the circuit's own hint d, with the penalty of an upper
    /// bound where `inverseVolQ4` is not zero. Any d would be sound.
    function cell(uint256 tables, uint256 volQ18, uint256 inverseVolQ4, int256 kQ24)
        internal
        pure
        returns (int256 first, int256 second)
    {
        unchecked {
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 centre = (kQ24 << 13) + int256(volQ18 * volQ18);
            (uint256 d, int256 shifted) = _hint(centre, volQ18);
            first = _phiQ18(tables, (d << 11) + volQ18);
            second = _phiQ7(tables, d) << 23;
            if (inverseVolQ4 != 0) {
                // forge-lint: disable-next-line(unsafe-typecast)
                int256 eta = ((int256(volQ18) * shifted) << 12) + centre;
                // forge-lint: disable-next-line(unsafe-typecast)
                int256 penalty = 1635 * int256(inverseVolQ4) * eta * eta;
                first += penalty << 30;
                second -= penalty;
            }
        }
    }

    function _legs(uint256 tables, Book memory book, Row memory row)
        private
        pure
        returns (int256 assetLegs, int256 strikeLegs)
    {
        // In bounds: a book has STRIDE words for each of its options, modes are at most 2.
        uint256 option;
        int256[] memory options = book.options;
        assembly ("memory-safe") {
            option := add(options, 32)
        }
        uint256 end = option + book.count * 32 * STRIDE;
        uint256 vols = 96 + 64 * row.mode;
        unchecked {
            for (; option < end; option += 32 * STRIDE) {
                (int256 first, int256 second) = cell(
                    tables,
                    uint256(_word(option + vols)),
                    uint256(_word(option + vols + 32)),
                    _word(option + 64) - row.lnSpotQ24
                );
                assetLegs += _word(option) * first;
                strikeLegs += _word(option + 32) * second;
            }
        }
    }

    function _word(uint256 pointer) private pure returns (int256 word) {
        assembly ("memory-safe") {
            word := mload(pointer)
        }
    }

    /// @dev The circuit's hint: d in 1/128 around 1024, clamped to [0, 2047], and d - 1024 moved by the tail steps.
    function _hint(int256 centre, uint256 volQ18) private pure returns (uint256 d, int256 shifted) {
        unchecked {
            bool negative = centre > 0;
            // forge-lint: disable-next-line(unsafe-typecast)
            uint256 size = uint256(negative ? centre : -centre);
            uint256 distance = volQ18 == 0 ? 16_383 : ((size >> 11) + volQ18) / (2 * volQ18);
            uint256 top = negative ? 1024 : 1023 - (volQ18 >> 11);
            uint256 steps = 0;
            uint256 rest = distance;
            uint256 step = negative ? 240 : 176;
            if (distance > top) {
                rest = top;
                if (top >= 768) {
                    steps = (distance - top + step - 1) / step;
                    if (steps > 511) steps = 511;
                    // Above `top` where steps are capped; otherwise above top - step, which is positive.
                    rest = distance - step * steps;
                    if (rest > top) rest = top;
                    else if (rest < 768) rest = 768;
                }
            }
            d = negative ? 1024 - rest : 1024 + rest;
            // forge-lint: disable-next-line(unsafe-typecast)
            shifted = int256(d) - 1024;
            // forge-lint: disable-start(unsafe-typecast)
            if (d >> 8 == 7) shifted += int256(176 * steps);
            else if (d >> 8 == 0) shifted -= int256(240 * steps);
            // forge-lint: disable-end(unsafe-typecast)
        }
    }

    /// @dev Horner in the coefficients of segment d / 256, around its middle.
    function _phiQ7(uint256 tables, uint256 d) private pure returns (int256 value) {
        assembly ("memory-safe") {
            let row := add(tables, mul(shr(8, d), 256))
            let x := sub(and(d, 0xff), 128)
            value := mload(add(row, 224))
            value := add(mul(value, x), mload(add(row, 192)))
            value := add(mul(value, x), mload(add(row, 160)))
            value := add(mul(value, x), mload(add(row, 128)))
            value := add(mul(value, x), mload(add(row, 96)))
            value := add(mul(value, x), mload(add(row, 64)))
            value := add(mul(value, x), mload(add(row, 32)))
            value := add(mul(value, x), mload(row))
        }
    }

    /// @dev The same at 2^18; step j reads the argument cut to 18, 18, 16, 15, 13, 12, 10 fractional bits. `argument` < 2^22.
    function _phiQ18(uint256 tables, uint256 argument) private pure returns (int256 value) {
        assembly ("memory-safe") {
            let row := add(add(tables, Q18_OFFSET), mul(shr(19, argument), 256))
            let x := sub(and(argument, 0x7ffff), 0x40000)
            value := mload(add(row, 224))
            value := add(mul(value, sar(8, x)), mload(add(row, 192)))
            value := add(mul(value, sar(6, x)), mload(add(row, 160)))
            value := add(mul(value, sar(5, x)), mload(add(row, 128)))
            value := add(mul(value, sar(3, x)), mload(add(row, 96)))
            value := add(mul(value, sar(2, x)), mload(add(row, 64)))
            value := add(mul(value, x), mload(add(row, 32)))
            value := add(mul(value, x), mload(row))
        }
    }
}
