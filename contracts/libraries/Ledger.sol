// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Positions} from "./Positions.sol";

/// @notice What moves an account's cash besides trades, the same integers in Python.
library Ledger {
    int256 private constant AMOUNT_UNIT = 10_000;

    /// @notice [W-1] What a perpetual owes since an index, in 1e-6 USD, rounded up: against the account.
    function fundingOwedE6(uint256 position, int128 fromIndexE6, int128 indexE6) internal pure returns (int256) {
        int256 product = Positions.amountE4Of(position) * (int256(indexE6) - fromIndexE6);
        return product > 0 ? (product + AMOUNT_UNIT - 1) / AMOUNT_UNIT : product / AMOUNT_UNIT;
    }

    /// @notice [W-2] What an expired option pays its holder at its expiry's price, of 64 bits, in 1e-6 USD; exact.
    function settlementE6(uint256 position, uint256 priceE2, uint256 tickE2) internal pure returns (int256) {
        unchecked {
            // Strikes have 24 bits, ticks 8, prices 64, amounts 29.
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 intrinsicE2 = int256(priceE2) - int256(Positions.strikeTicksOf(position) * tickE2);
            if (Positions.isPut(position)) intrinsicE2 = -intrinsicE2;
            return intrinsicE2 > 0 ? Positions.amountE4Of(position) * intrinsicE2 : int256(0);
        }
    }
}
