// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MarginCells} from "./MarginCells.sol";

/// @notice Gathers the positions of a data vector into what every scenario of it shares.
library MarginBook {
    /// @notice The inverse of a vol that bounds a price from above is below 2^22 / vol: the bound would be none.
    error InverseVolTooSmall(uint256 index, uint256 volQ18, uint256 inverseVolQ4);

    /// @notice A perpetual is no put.
    error PerpetualPut(uint256 index);

    /// @notice One option of a data vector.
    struct Option {
        int256 amountE4;
        bool put;
        uint256 strikeE2;
        uint256 forwardE2;
        int256 logMoneynessQ24;
    }

    /// @notice Sums of amount x forward of calls and of puts, and of the sizes of perpetuals.
    struct Sums {
        int256 calls;
        int256 puts;
        int256 perpetuals;
    }

    /// @notice A book for at most `capacity` options.
    function open(uint256 capacity) internal pure returns (MarginCells.Book memory book) {
        book.options = new int256[](capacity * MarginCells.STRIDE);
    }

    /// @notice Adds an option and returns the index of its first vol.
    function addOption(MarginCells.Book memory book, Sums memory sums, Option memory option)
        internal
        pure
        returns (uint256 first)
    {
        unchecked {
            first = book.count++ * MarginCells.STRIDE;
            // forge-lint: disable-start(unsafe-typecast)
            int256 asset = option.amountE4 * int256(option.forwardE2);
            int256 strike = option.amountE4 * int256(option.strikeE2);
            // forge-lint: disable-end(unsafe-typecast)
            (book.options[first], book.options[first + 1]) = (asset, strike);
            book.options[first + 2] = option.logMoneynessQ24;
            if (option.put) {
                sums.puts += asset;
                book.linearAsset -= asset;
                book.linearStrike += strike;
            } else {
                sums.calls += asset;
            }
            bool long = option.amountE4 > 0;
            book.assetSize += long ? asset : -asset;
            book.strikeSize += long ? strike : -strike;
            return first + 3;
        }
    }

    /// @notice Adds a perpetual, valued at its mark.
    function addPerpetual(
        MarginCells.Book memory book,
        Sums memory sums,
        uint256 index,
        int256 amountE4,
        uint256 markE2,
        uint256 put
    ) internal pure {
        if (put != 0) revert PerpetualPut(index);
        unchecked {
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 notional = amountE4 * int256(markE2);
            book.linearAsset += notional;
            sums.perpetuals += notional < 0 ? -notional : notional;
        }
    }

    /// @notice Writes a vol and, where an upper bound is needed, its inverse.
    function putVol(
        MarginCells.Book memory book,
        uint256 first,
        uint256 index,
        uint256 volQ18,
        uint256 inverseVolQ4,
        bool upper
    ) internal pure {
        if (upper && volQ18 * inverseVolQ4 < 1 << 22) {
            revert InverseVolTooSmall(index, volQ18, inverseVolQ4);
        }
        // forge-lint: disable-next-line(unsafe-typecast)
        (book.options[first], book.options[first + 1]) = (int256(volQ18), upper ? int256(inverseVolQ4) : int256(0));
    }

    /// @notice [M-3] The charges of net short calls, net short puts and perpetuals.
    function close(MarginCells.Book memory book, Sums memory sums, uint256 shortRateE5, uint256 perpetualRateE5)
        internal
        pure
    {
        unchecked {
            int256 short = (sums.calls < 0 ? -sums.calls : int256(0)) + (sums.puts < 0 ? -sums.puts : int256(0));
            // forge-lint: disable-next-line(unsafe-typecast)
            book.charges = int256(shortRateE5) * short + int256(perpetualRateE5) * sums.perpetuals;
        }
    }

    /// @notice A requirement in 1e-6 USD, rounded down.
    function floorToE6(int256 requirement) internal pure returns (int256 cashE6) {
        unchecked {
            cashE6 = requirement / MarginCells.REQUIREMENT_UNIT;
            if (requirement < 0 && requirement % MarginCells.REQUIREMENT_UNIT != 0) cashE6 -= 1;
        }
    }
}
