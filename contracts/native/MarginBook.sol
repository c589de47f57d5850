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
    uint256 private constant PRICE_MASK = (1 << 32) - 1;

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

    /// @notice Signed amount of an element.
    function amountE4Of(uint256 word) internal pure returns (int256) {
        unchecked {
            // 29 bits.
            // forge-lint: disable-next-line(unsafe-typecast)
            return int256(word & ((1 << 29) - 1)) - SolvencyLayout.POSITIONS_AMOUNT_E4_OFFSET;
        }
    }

    /// @notice Adds element `index` of a data vector. Returns where the option's vols belong, zero where it is no option.
    function add(MarginCells.Book memory book, uint256 index, uint256 word) internal pure returns (uint256 vols) {
        int256 amountE4 = amountE4Of(word);
        if (amountE4 == 0) return 0;
        unchecked {
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 asset = amountE4 * int256((word >> SolvencyLayout.POSITIONS_FORWARD_E2_SHIFT) & PRICE_MASK);
            if (word & PERPETUAL != 0) {
                if (word & PUT != 0) revert PerpetualPut(index);
                book.linearAsset += asset;
                book.perpetuals += asset < 0 ? -asset : asset;
                return 0;
            }
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 strike = amountE4 * int256((word >> SolvencyLayout.POSITIONS_STRIKE_E2_SHIFT) & PRICE_MASK);
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 logMoneynessQ24 = int256(
                    (word >> SolvencyLayout.POSITIONS_LOG_MONEYNESS_Q24_SHIFT) & ((1 << 27) - 1)
                ) - SolvencyLayout.POSITIONS_LOG_MONEYNESS_Q24_OFFSET;
            uint256 option = book.end;
            book.end = option + MarginCells.STRIDE;
            assembly ("memory-safe") {
                mstore(option, asset)
                mstore(add(option, 32), strike)
                mstore(add(option, 64), logMoneynessQ24)
            }
            if (word & PUT != 0) {
                book.puts += asset;
                book.linearAsset -= asset;
                book.linearStrike += strike;
            } else {
                book.calls += asset;
            }
            book.assetSize += amountE4 < 0 ? -asset : asset;
            book.strikeSize += amountE4 < 0 ? -strike : strike;
            return option + MarginCells.VOLS;
        }
    }

    /// @notice Writes a vol and, where an upper bound is needed, its inverse.
    function putVol(uint256 place, uint256 index, uint256 volQ18, uint256 inverseVolQ4, bool upper) internal pure {
        unchecked {
            if (!upper) inverseVolQ4 = 0;
            else if (volQ18 * inverseVolQ4 < 1 << 22) revert InverseVolTooSmall(index, volQ18, inverseVolQ4);
        }
        assembly ("memory-safe") {
            mstore(place, volQ18)
            mstore(add(place, 32), inverseVolQ4)
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
}
