// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SolvencyLayout} from "../generated/SolvencyLayout.sol";
import {IMarginEngine} from "../interfaces/IMarginEngine.sol";
import {Positions} from "../libraries/Positions.sol";
import {AccountWords} from "./AccountWords.sol";

/// @notice This account, with at least the stated cash, covers its requirement in every scenario of the grid.
library Solvency {
    bytes32 internal constant CIRCUIT_ID = "solvency_4";

    /// @notice The statement's data vector. Shorts need upper bounds of prices: their vols are rounded up.
    function build(
        AccountWords.Facts[] memory all,
        IMarginEngine.MarginParams memory params,
        uint256 factorE2,
        int256 requiredCashE6
    ) internal pure returns (uint256[] memory d) {
        d = new uint256[](SolvencyLayout.length(Positions.CAPACITY));
        d[SolvencyLayout.headerIndex()] = SolvencyLayout.packHeader(
            SolvencyLayout.HeaderRecord({
                requiredCashE6: requiredCashE6,
                factorE2: factorE2,
                shortRateE5: params.shortRateE5,
                perpetualRateE5: params.perpetualRateE5
            })
        );
        for (uint256 i = 0; i < params.grid.length; ++i) {
            d[SolvencyLayout.gridIndex() + i] = params.grid[i];
        }
        for (uint256 i = 0; i < Positions.CAPACITY; ++i) {
            SolvencyLayout.PositionsRecord memory record;
            if (i < all.length) {
                record = _record(all[i], params.volUpE4, params.volDownE4);
            } else {
                record.volUpQ18 = AccountWords.UNUSED_VOL_Q18;
                record.volNoneQ18 = AccountWords.UNUSED_VOL_Q18;
                record.volDownQ18 = AccountWords.UNUSED_VOL_Q18;
            }
            d[SolvencyLayout.positionsIndex() + i] = SolvencyLayout.packPositions(record);
        }
    }

    function _record(AccountWords.Facts memory f, uint256 volUpE4, uint256 volDownE4)
        private
        pure
        returns (SolvencyLayout.PositionsRecord memory r)
    {
        r.amountE4 = f.amountE4;
        r.put = f.put ? 1 : 0;
        r.strikeE2 = f.strikeE2;
        r.logMoneynessQ24 = f.logMoneynessQ24;
        r.markE2 = f.markE2;
        r.forwardE2 = f.forwardE2;
        function(uint256, uint256) pure returns (uint256) vol =
            f.amountE4 < 0 ? AccountWords.volUpperQ18 : AccountWords.volLowerQ18;
        r.volUpQ18 = vol(f.totalVolQ32, volUpE4);
        r.volNoneQ18 = vol(f.totalVolQ32, AccountWords.UNSHOCKED_E4);
        r.volDownQ18 = vol(f.totalVolQ32, volDownE4);
    }
}
