// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InsolvencyLayout} from "../generated/InsolvencyLayout.sol";
import {SolvencyLayout} from "../generated/SolvencyLayout.sol";
import {IMarginEngine} from "../interfaces/IMarginEngine.sol";
import {AccountWords} from "./AccountWords.sol";
import {VolShocks} from "./VolShocks.sol";

/// @notice This account, in this one scenario of the grid, falls short of its maintenance requirement at any cash below
/// the stated bound.
library Insolvency {
    bytes32 internal constant CIRCUIT_4 = "insolvency_4";
    bytes32 internal constant CIRCUIT_8 = "insolvency_8";
    bytes32 internal constant CIRCUIT_16 = "insolvency_16";
    bytes32 internal constant CIRCUIT_32 = "insolvency_32";

    /// @notice Rows of the grid.
    uint256 internal constant ROWS = 36;

    uint256 private constant FIRST_UNSHOCKED_ROW = 18;
    uint256 private constant FIRST_DOWN_ROW = 27;

    /// @notice Positions that a circuit's statement holds; zero for a circuit that does not prove this statement.
    function capacityOf(bytes32 circuitId) internal pure returns (uint256) {
        if (circuitId == CIRCUIT_4) return 4;
        if (circuitId == CIRCUIT_8) return 8;
        if (circuitId == CIRCUIT_16) return 16;
        return circuitId == CIRCUIT_32 ? 32 : 0;
    }

    /// @notice The statement's data vector for `capacity` positions and one row, below 36. Longs need upper bounds of
    /// prices: their vols are rounded up.
    function build(
        AccountWords.Facts[] memory all,
        uint256 capacity,
        IMarginEngine.MarginParams memory params,
        uint256 row,
        int256 requiredCashE6
    ) internal pure returns (uint256[] memory d) {
        if (all.length > capacity) revert IMarginEngine.TooManyPositions(all.length, capacity);
        d = new uint256[](InsolvencyLayout.length(capacity));
        d[InsolvencyLayout.headerIndex()] = InsolvencyLayout.packHeader(_header(all, params, row, requiredCashE6));
        VolShocks.Shocks[] memory shocks = AccountWords.shocks(all, params.volRule);
        uint256 unused = _unused();
        for (uint256 i = 0; i < capacity; ++i) {
            d[InsolvencyLayout.positionsIndex() + i] =
                i < all.length ? InsolvencyLayout.packPositions(_record(all[i], _mode(shocks[i], row))) : unused;
        }
    }

    function _header(
        AccountWords.Facts[] memory all,
        IMarginEngine.MarginParams memory params,
        uint256 row,
        int256 requiredCashE6
    ) private pure returns (InsolvencyLayout.HeaderRecord memory) {
        uint256 record = (params.grid[row / 4] >> (60 * (row % 4))) & ((1 << 60) - 1);
        return InsolvencyLayout.HeaderRecord({
            requiredCashE6: requiredCashE6,
            valueE6: AccountWords.valueE6(all),
            factorE2: params.maintenanceFactorE2,
            shortRateE5: params.shortRateE5,
            perpetualRateE5: params.perpetualRateE5,
            spotE4: SolvencyLayout.gridSpotE4(record),
            lnSpotQ24: SolvencyLayout.gridLnSpotQ24(record),
            weightE5: SolvencyLayout.gridWeightE5(record)
        });
    }

    /// @dev The vol mode is fixed by the row's position: 18 up, 9 none, 9 down.
    function _mode(VolShocks.Shocks memory shocks, uint256 row) private pure returns (VolShocks.Shock memory) {
        if (row < FIRST_UNSHOCKED_ROW) return shocks.up;
        return row < FIRST_DOWN_ROW ? shocks.none : shocks.down;
    }

    function _unused() private pure returns (uint256) {
        InsolvencyLayout.PositionsRecord memory r;
        r.volQ18 = AccountWords.UNUSED_VOL_Q18;
        return InsolvencyLayout.packPositions(r);
    }

    function _record(AccountWords.Facts memory f, VolShocks.Shock memory shock)
        private
        pure
        returns (InsolvencyLayout.PositionsRecord memory r)
    {
        r.amountE4 = f.amountE4;
        r.put = f.put ? 1 : 0;
        r.strikeE2 = f.strikeE2;
        r.logMoneynessQ24 = f.logMoneynessQ24;
        r.forwardE2 = f.forwardE2;
        (r.volQ18, r.inverseVolQ4) = VolShocks.volAndInverse(f.totalVolQ32, shock, f.amountE4 > 0);
    }
}
