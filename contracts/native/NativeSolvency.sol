// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SolvencyLayout} from "../generated/SolvencyLayout.sol";
import {MarginBook} from "./MarginBook.sol";
import {MarginCells} from "./MarginCells.sol";

/// @notice The `solvency` statement without a proof: the least cash that covers an account in all 36 scenarios, from the data
/// vector that a proof would be bound to.
library NativeSolvency {
    uint256 private constant ROWS = 36;
    uint256 private constant FIRST_UNSHOCKED_ROW = 18;
    uint256 private constant FIRST_DOWN_ROW = 27;

    /// @notice [M-7] Cash bound in 1e-6 USD, rounded up: with it the account of `d` is covered in every row. Whatever bound
    /// stands in `d` itself is not read. Reverts on elements outside their widths and on a vol inverse that is too small.
    /// @param tables Memory address of the coefficients of `NormalTables.MARGIN`.
    function requiredCashE6(uint256 tables, uint256[] memory d) internal pure returns (int256) {
        MarginCells.Book memory book = _book(d);
        int256 largest = type(int256).min;
        for (uint256 i = 0; i < ROWS; ++i) {
            int256 needed = MarginCells.requirement(tables, book, _row(d, i), true);
            if (needed > largest) largest = needed;
        }
        return -MarginBook.floorToE6(-largest);
    }

    function _book(uint256[] memory d) private pure returns (MarginCells.Book memory book) {
        uint256 start = SolvencyLayout.positionsIndex();
        if (d.length < start) SolvencyLayout.requireWidths(d, 0);
        SolvencyLayout.requireWidths(d, d.length - start);
        book = MarginBook.open(d.length - start);
        MarginBook.read(book, d, start, 3, false);
        uint256 header = d[SolvencyLayout.headerIndex()];
        MarginBook.charge(book, SolvencyLayout.headerShortRateE5(header), SolvencyLayout.headerPerpetualRateE5(header));
        book.valueE6 = SolvencyLayout.headerValueE6(header);
        // forge-lint: disable-next-line(unsafe-typecast)
        book.factorE2 = int256(SolvencyLayout.headerFactorE2(header));
    }

    /// @dev The vol mode is fixed by the row's position: 18 up, 9 none, 9 down.
    function _row(uint256[] memory d, uint256 i) private pure returns (MarginCells.Row memory row) {
        uint256 record = SolvencyLayout.gridAt(d, SolvencyLayout.gridIndex(), i);
        row.mode = i < FIRST_UNSHOCKED_ROW ? 0 : (i < FIRST_DOWN_ROW ? 1 : 2);
        row.lnSpotQ24 = SolvencyLayout.gridLnSpotQ24(record);
        // forge-lint: disable-start(unsafe-typecast)
        row.spotE4 = int256(SolvencyLayout.gridSpotE4(record));
        row.weightE5 = int256(SolvencyLayout.gridWeightE5(record));
        // forge-lint: disable-end(unsafe-typecast)
    }
}
