// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InsolvencyLayout} from "../generated/InsolvencyLayout.sol";
import {SolvencyLayout} from "../generated/SolvencyLayout.sol";
import {IMarginEngine} from "../interfaces/IMarginEngine.sol";
import {Positions} from "../libraries/Positions.sol";
import {AccountWords} from "./AccountWords.sol";

/// @notice This account, in this one scenario of the grid, falls short of its maintenance requirement at any cash below
/// the stated bound.
library Insolvency {
    bytes32 internal constant CIRCUIT_ID = "insolvency_4";

    /// @notice Rows of the grid.
    uint256 internal constant ROWS = 36;

    uint256 private constant FIRST_UNSHOCKED_ROW = 18;
    uint256 private constant FIRST_DOWN_ROW = 27;

    /// @notice The statement's data vector for one row, below 36. Longs need upper bounds of prices: their vols are
    /// rounded up.
    function build(
        AccountWords.Facts[] memory all,
        IMarginEngine.MarginParams memory params,
        uint256 row,
        int256 requiredCashE6
    ) internal pure returns (uint256[] memory d) {
        d = new uint256[](InsolvencyLayout.length(Positions.CAPACITY));
        d[InsolvencyLayout.headerIndex()] = InsolvencyLayout.packHeader(_header(params, row, requiredCashE6));
        uint256 multiplierE4 = _multiplierE4(params, row);
        for (uint256 i = 0; i < Positions.CAPACITY; ++i) {
            InsolvencyLayout.PositionsRecord memory record;
            if (i < all.length) {
                record = _record(all[i], multiplierE4);
            } else {
                record.volQ18 = AccountWords.UNUSED_VOL_Q18;
            }
            d[InsolvencyLayout.positionsIndex() + i] = InsolvencyLayout.packPositions(record);
        }
    }

    function _header(IMarginEngine.MarginParams memory params, uint256 row, int256 requiredCashE6)
        private
        pure
        returns (InsolvencyLayout.HeaderRecord memory)
    {
        uint256 record = (params.grid[row / 4] >> (60 * (row % 4))) & ((1 << 60) - 1);
        return InsolvencyLayout.HeaderRecord({
            requiredCashE6: requiredCashE6,
            factorE2: params.maintenanceFactorE2,
            shortRateE5: params.shortRateE5,
            perpetualRateE5: params.perpetualRateE5,
            spotE4: SolvencyLayout.gridSpotE4(record),
            lnSpotQ24: SolvencyLayout.gridLnSpotQ24(record),
            weightE5: SolvencyLayout.gridWeightE5(record)
        });
    }

    /// @dev The vol mode is fixed by the row's position: 18 up, 9 none, 9 down.
    function _multiplierE4(IMarginEngine.MarginParams memory params, uint256 row) private pure returns (uint256) {
        if (row < FIRST_UNSHOCKED_ROW) return params.volUpE4;
        return row < FIRST_DOWN_ROW ? AccountWords.UNSHOCKED_E4 : params.volDownE4;
    }

    function _record(AccountWords.Facts memory f, uint256 multiplierE4)
        private
        pure
        returns (InsolvencyLayout.PositionsRecord memory r)
    {
        r.amountE4 = f.amountE4;
        r.put = f.put ? 1 : 0;
        r.strikeE2 = f.strikeE2;
        r.logMoneynessQ24 = f.logMoneynessQ24;
        r.markE2 = f.markE2;
        r.forwardE2 = f.forwardE2;
        r.volQ18 = f.amountE4 > 0
            ? AccountWords.volUpperQ18(f.totalVolQ32, multiplierE4)
            : AccountWords.volLowerQ18(f.totalVolQ32, multiplierE4);
    }
}
