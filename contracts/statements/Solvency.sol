// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SolvencyLayout} from "../generated/SolvencyLayout.sol";
import {IMarginEngine} from "../interfaces/IMarginEngine.sol";
import {AccountWords} from "./AccountWords.sol";
import {VolShocks} from "./VolShocks.sol";

/// @notice This account, with at least the stated cash, covers its requirement in every scenario of the grid.
library Solvency {
    bytes32 internal constant CIRCUIT_4 = "solvency_4";
    bytes32 internal constant CIRCUIT_8 = "solvency_8";
    bytes32 internal constant CIRCUIT_16 = "solvency_16";
    bytes32 internal constant CIRCUIT_32 = "solvency_32";

    /// @notice Positions that a circuit's statement holds; zero for a circuit that does not prove this statement.
    function capacityOf(bytes32 circuitId) internal pure returns (uint256) {
        if (circuitId == CIRCUIT_4) return 4;
        if (circuitId == CIRCUIT_8) return 8;
        if (circuitId == CIRCUIT_16) return 16;
        return circuitId == CIRCUIT_32 ? 32 : 0;
    }

    /// @notice The statement's data vector for `capacity` positions. Shorts need upper bounds of prices: their vols are
    /// rounded up.
    function build(
        AccountWords.Facts[] memory all,
        uint256 capacity,
        IMarginEngine.MarginParams memory params,
        uint256 factorE2,
        int256 requiredCashE6
    ) internal pure returns (uint256[] memory d) {
        if (all.length > capacity) revert IMarginEngine.TooManyPositions(all.length, capacity);
        d = new uint256[](SolvencyLayout.length(capacity));
        d[SolvencyLayout.headerIndex()] = SolvencyLayout.packHeader(
            SolvencyLayout.HeaderRecord({
                requiredCashE6: requiredCashE6,
                valueE6: AccountWords.valueE6(all),
                factorE2: factorE2,
                shortRateE5: params.shortRateE5,
                perpetualRateE5: params.perpetualRateE5
            })
        );
        for (uint256 i = 0; i < params.grid.length; ++i) {
            d[SolvencyLayout.gridIndex() + i] = params.grid[i];
        }
        VolShocks.Shocks[] memory shocks = AccountWords.shocks(all, params.volRule);
        uint256 unused = _unused();
        for (uint256 i = 0; i < capacity; ++i) {
            d[SolvencyLayout.positionsIndex() + i] =
                i < all.length ? SolvencyLayout.packPositions(_record(all[i], shocks[i])) : unused;
        }
    }

    function _unused() private pure returns (uint256) {
        SolvencyLayout.PositionsRecord memory r;
        r.volUpQ18 = AccountWords.UNUSED_VOL_Q18;
        r.volNoneQ18 = AccountWords.UNUSED_VOL_Q18;
        r.volDownQ18 = AccountWords.UNUSED_VOL_Q18;
        return SolvencyLayout.packPositions(r);
    }

    function _record(AccountWords.Facts memory f, VolShocks.Shocks memory shocks)
        private
        pure
        returns (SolvencyLayout.PositionsRecord memory r)
    {
        r.amountE4 = f.amountE4;
        r.put = f.put ? 1 : 0;
        r.strikeE2 = f.strikeE2;
        r.logMoneynessQ24 = f.logMoneynessQ24;
        r.forwardE2 = f.forwardE2;
        bool upper = f.amountE4 < 0;
        (r.volUpQ18, r.inverseVolUpQ4) = VolShocks.volAndInverse(f.totalVolQ32, shocks.up, upper);
        (r.volNoneQ18, r.inverseVolNoneQ4) = VolShocks.volAndInverse(f.totalVolQ32, shocks.none, upper);
        (r.volDownQ18, r.inverseVolDownQ4) = VolShocks.volAndInverse(f.totalVolQ32, shocks.down, upper);
    }
}
