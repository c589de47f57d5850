// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InsolvencyLayout} from "../generated/InsolvencyLayout.sol";
import {MarginBook} from "./MarginBook.sol";
import {MarginCells} from "./MarginCells.sol";

/// @notice The `insolvency` statement without a proof: the largest cash at which an account falls short in one scenario, from
/// the data vector that a proof would be bound to.
library NativeInsolvency {
    /// @notice [M-8] Cash bound in 1e-6 USD, rounded down: below it the account of `d` is short in the row of `d`. Whatever
    /// bound stands in `d` itself is not read. Reverts on elements outside their widths and on a vol inverse that is too small.
    /// @param tables Memory address of the coefficients of `NormalTables.MARGIN`.
    function requiredCashE6(uint256 tables, uint256[] memory d) internal pure returns (int256) {
        if (d.length == 0) InsolvencyLayout.requireWidths(d, 0);
        InsolvencyLayout.requireWidths(d, d.length - 1);
        MarginCells.Book memory book = MarginBook.open(d.length - 1);
        MarginBook.read(book, d, InsolvencyLayout.positionsIndex(), 1, true);
        uint256 header = d[InsolvencyLayout.headerIndex()];
        MarginBook.charge(
            book, InsolvencyLayout.headerShortRateE5(header), InsolvencyLayout.headerPerpetualRateE5(header)
        );
        book.valueE6 = InsolvencyLayout.headerValueE6(header);
        // forge-lint: disable-start(unsafe-typecast)
        book.factorE2 = int256(InsolvencyLayout.headerFactorE2(header));
        MarginCells.Row memory row = MarginCells.Row({
            mode: 0,
            spotE4: int256(InsolvencyLayout.headerSpotE4(header)),
            lnSpotQ24: InsolvencyLayout.headerLnSpotQ24(header),
            weightE5: int256(InsolvencyLayout.headerWeightE5(header))
        });
        // forge-lint: disable-end(unsafe-typecast)
        return MarginBook.floorToE6(MarginCells.requirement(tables, book, row, false));
    }
}
