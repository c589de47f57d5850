// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InsolvencyLayout} from "../generated/InsolvencyLayout.sol";
import {IMarginErrors} from "../interfaces/IMarginErrors.sol";
import {IMarginTypes} from "../interfaces/IMarginTypes.sol";
import {RulesData} from "../libraries/RulesData.sol";
import {SliceSet} from "../libraries/SliceSet.sol";
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
    uint256 private constant ROW_MASK = (1 << 60) - 1;

    /// @dev Vol of an unused slot and of a perpetual: 1 at scale 2^18.
    uint256 private constant NO_VOL = 1 << (18 + InsolvencyLayout.POSITIONS_VOL_Q18_SHIFT);

    /// @dev Amount and log-moneyness zero.
    uint256 private constant UNUSED = NO_VOL | uint256(InsolvencyLayout.POSITIONS_AMOUNT_E4_OFFSET)
        | (uint256(InsolvencyLayout.POSITIONS_LOG_MONEYNESS_Q24_OFFSET)
            << InsolvencyLayout.POSITIONS_LOG_MONEYNESS_Q24_SHIFT);

    /// @notice Positions that a circuit's statement holds; zero for a circuit that does not prove this statement.
    function capacityOf(bytes32 circuitId) internal pure returns (uint256) {
        if (circuitId == CIRCUIT_16) return 16;
        if (circuitId == CIRCUIT_4) return 4;
        if (circuitId == CIRCUIT_8) return 8;
        return circuitId == CIRCUIT_32 ? 32 : 0;
    }

    /// @notice The statement's data vector for `capacity` positions and one row, below 36. Longs need upper bounds of
    /// prices: their vols are rounded up.
    function build(
        AccountWords.Facts memory all,
        SliceSet.Loaded[] memory slices,
        uint256 capacity,
        uint256[] memory rules,
        uint256 row,
        int256 requiredCashE6
    ) internal pure returns (uint256[] memory d) {
        uint256 count = all.elements.length;
        if (count > capacity) revert IMarginErrors.TooManyPositions(count, capacity);
        d = new uint256[](InsolvencyLayout.length(capacity));
        d[InsolvencyLayout.headerIndex()] = _header(all.valueE6, rules, row, requiredCashE6);
        for (uint256 i = count; i < capacity; ++i) {
            d[InsolvencyLayout.positionsIndex() + i] = UNUSED;
        }
        _putPositions(d, all, slices, RulesData.volRule(rules), row);
    }

    /// @dev Positions are sorted by slice, the perpetual first. Longs need upper bounds.
    function _putPositions(
        uint256[] memory d,
        AccountWords.Facts memory all,
        SliceSet.Loaded[] memory slices,
        IMarginTypes.VolRule memory rule,
        uint256 row
    ) private pure {
        uint256 first = InsolvencyLayout.positionsIndex();
        // The vol mode is fixed by the row's position: 18 up, 9 none, 9 down.
        uint256 mode = row < FIRST_UNSHOCKED_ROW ? 0 : row < FIRST_DOWN_ROW ? 1 : 2;
        uint256 i = 0;
        if (AccountWords.hasPerpetual(all)) d[first + i++] = all.elements[0] | NO_VOL;
        while (i < all.elements.length) {
            uint256 shocks = VolShocks.ofSlice(slices[AccountWords.sliceOf(all.vols[i])], rule);
            i = VolShocks.putOne(d, first, all.elements, all.vols, i, shocks + VolShocks.SHOCK_BYTES * mode);
        }
    }

    /// @dev The row's record has the header's last fields in their order.
    function _header(int256 valueE6, uint256[] memory rules, uint256 row, int256 requiredCashE6)
        private
        pure
        returns (uint256)
    {
        uint256 record = (RulesData.grid(rules, row / 4) >> (60 * (row % 4))) & ROW_MASK;
        return AccountWords.header(
            requiredCashE6,
            valueE6,
            RulesData.maintenanceFactorE2(rules),
            RulesData.shortRateE5(rules),
            RulesData.perpetualRateE5(rules)
        ) | (record << InsolvencyLayout.HEADER_SPOT_E4_SHIFT);
    }
}
