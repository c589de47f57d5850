// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice One-sided prices of the margin statements in integers: the cell of `circuits/lib/margin.circom` and the
/// requirement of one scenario [M-1] to [M-6], the same in Python (`oracle/model/margin.py`).
/// @dev Nothing overflows 256 bits: amounts have 29 bits, prices 32, vols 21, log-moneyness 28, and a book of 32 positions
/// stays below 2^244 (the circuit has 253 bits for the same sums).
library MarginCells {
    /// @notice Bytes of one option in a book: amount x forward, amount x strike, log-moneyness at 2^24, then vol at 2^18 and its
    /// inverse at 2^4 (zero where no upper bound is needed) in each mode: up, none, down.
    uint256 internal constant STRIDE = 288;

    /// @notice Place of the first vol in an option.
    uint256 internal constant VOLS = 96;

    /// @notice [M-2] is in units of 1e-6 USD over this.
    int256 internal constant REQUIREMENT_UNIT = ONE * 100 * 100_000;

    int256 private constant ONE = (1 << 122) * 10_000;
    int256 private constant SPOT_UNIT = 10_000;

    /// @dev [M-6] 3 / 2^20 at scale 2^122.
    int256 private constant TABLE_ERROR = 3 << 102;

    /// @notice What every scenario shares of an account. `options` to `end`: memory of its options. `calls` and `puts`: sums of
    /// amount x forward; `perpetuals`: of their sizes at their marks; `charges`: rates x notional.
    struct Book {
        uint256 options;
        uint256 end;
        int256 calls;
        int256 puts;
        int256 perpetuals;
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
            (int256 assetLegs, int256 strikeLegs) =
                _legs(tables, book.options, book.end, VOLS + 64 * row.mode, row.lnSpotQ24);
            int256 charge = upper ? -TABLE_ERROR : TABLE_ERROR;
            int256 assets = row.spotE4 * (assetLegs + (book.linearAsset << 122) + charge * book.assetSize);
            int256 strikes = SPOT_UNIT * ((strikeLegs << 30) - (book.linearStrike << 122) - charge * book.strikeSize);
            int256 loss = book.factorE2 * row.weightE5 * (ONE * book.valueE6 - (assets - strikes));
            return loss + book.charges * ONE * 100 - book.valueE6 * REQUIREMENT_UNIT;
        }
    }

    /// @dev [M-4] Sums over the options of amount x forward x Phi(d + v) at 2^122 and of amount x strike x Phi(d) at 2^92, with
    /// the circuit's own hint d (any would be sound) and the penalty of an upper bound where the inverse vol is not zero.
    /// `vols`: place of the mode's vol in an option.
    function _legs(uint256 tables, uint256 options, uint256 end, uint256 vols, int256 lnSpotQ24)
        private
        pure
        returns (int256 assetLegs, int256 strikeLegs)
    {
        assembly ("memory-safe") {
            // The hint: d in 1/128 around 1024, clamped to [0, 2047], and d - 1024 moved by the tail steps.
            function hint(centre, vol) -> d, moved {
                let negative := sgt(centre, 0)
                let size := centre
                let top := 1024
                if iszero(negative) {
                    size := sub(0, centre)
                    top := sub(1023, shr(11, vol))
                }
                let distance := 16383
                if vol { distance := div(add(shr(11, size), vol), shl(1, vol)) }
                let rest := distance
                let steps := 0
                if gt(distance, top) {
                    rest := top
                    if gt(top, 767) {
                        let step := add(176, shl(6, negative))
                        steps := div(sub(add(distance, step), add(top, 1)), step)
                        if gt(steps, 511) { steps := 511 }
                        // Above `top` where steps are capped; otherwise above top - step, which is positive.
                        rest := sub(distance, mul(step, steps))
                        if gt(rest, top) { rest := top }
                        if lt(rest, 768) { rest := 768 }
                    }
                }
                moved := rest
                if negative { moved := sub(0, rest) }
                d := add(1024, moved)
                if steps {
                    switch shr(8, d)
                    case 7 { moved := add(moved, mul(176, steps)) }
                    case 0 { moved := sub(moved, mul(240, steps)) }
                }
            }
            // Horner in the coefficients of segment d / 256, around its middle.
            function phiQ7(table, d) -> value {
                let row := add(table, and(d, 0x700))
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
            // The same at 2^18; step j reads the argument cut to 18, 18, 16, 15, 13, 12, 10 fractional bits. Below 2^22.
            function phiQ18(table, argument) -> value {
                let row := add(table, shl(8, shr(19, argument)))
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
            for {} lt(options, end) { options := add(options, STRIDE) } {
                let vol := mload(add(options, vols))
                let centre := add(shl(13, sub(mload(add(options, 64)), lnSpotQ24)), mul(vol, vol))
                let d, moved := hint(centre, vol)
                let first := phiQ18(add(tables, 2048), add(shl(11, d), vol))
                let second := shl(23, phiQ7(tables, d))
                let inverse := mload(add(add(options, vols), 32))
                if inverse {
                    let eta := add(shl(12, mul(vol, moved)), centre)
                    let penalty := mul(mul(1635, inverse), mul(eta, eta))
                    first := add(first, shl(30, penalty))
                    second := sub(second, penalty)
                }
                assetLegs := add(assetLegs, mul(mload(options), first))
                strikeLegs := add(strikeLegs, mul(mload(add(options, 32)), second))
            }
        }
    }
}
