// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SolvencyLayout} from "../generated/SolvencyLayout.sol";
import {IMarginErrors} from "../interfaces/IMarginErrors.sol";
import {IMarginTypes} from "../interfaces/IMarginTypes.sol";
import {RulesData} from "../libraries/RulesData.sol";
import {SliceSet} from "../libraries/SliceSet.sol";
import {AccountWords} from "./AccountWords.sol";
import {VolShocks} from "./VolShocks.sol";

/// @notice This account, with at least the stated cash, covers its requirement in every scenario of the grid.
library Solvency {
    bytes32 internal constant CIRCUIT_4 = "solvency_4";
    bytes32 internal constant CIRCUIT_8 = "solvency_8";
    bytes32 internal constant CIRCUIT_16 = "solvency_16";
    bytes32 internal constant CIRCUIT_32 = "solvency_32";

    /// @notice In place of a circuit: the statement is computed on-chain.
    bytes32 internal constant NATIVE = "solvency_native";

    /// @dev Vol of an unused slot and of a perpetual, in each mode: 1 at scale 2^18.
    uint256 private constant NO_VOLS = (1 << (18 + SolvencyLayout.POSITIONS_VOL_UP_Q18_SHIFT))
        | (1 << (18 + SolvencyLayout.POSITIONS_VOL_NONE_Q18_SHIFT))
        | (1 << (18 + SolvencyLayout.POSITIONS_VOL_DOWN_Q18_SHIFT));

    /// @dev Amount and log-moneyness zero.
    uint256 private constant UNUSED = NO_VOLS | uint256(SolvencyLayout.POSITIONS_AMOUNT_E4_OFFSET)
        | (uint256(SolvencyLayout.POSITIONS_LOG_MONEYNESS_Q24_OFFSET)
            << SolvencyLayout.POSITIONS_LOG_MONEYNESS_Q24_SHIFT);

    /// @notice Positions that a circuit's statement holds; zero for a circuit that does not prove this statement.
    function capacityOf(bytes32 circuitId) internal pure returns (uint256) {
        if (circuitId == CIRCUIT_16) return 16;
        if (circuitId == CIRCUIT_4) return 4;
        if (circuitId == CIRCUIT_8) return 8;
        return circuitId == CIRCUIT_32 ? 32 : 0;
    }

    /// @notice The statement's data vector for `capacity` positions. Shorts need upper bounds of prices: their vols are
    /// rounded up.
    function build(
        AccountWords.Facts memory all,
        SliceSet.Loaded[] memory slices,
        uint256 capacity,
        uint256[] memory rules,
        uint256 factorE2,
        int256 requiredCashE6
    ) internal pure returns (uint256[] memory d) {
        uint256 count = all.elements.length;
        if (count > capacity) revert IMarginErrors.TooManyPositions(count, capacity);
        d = new uint256[](SolvencyLayout.length(capacity));
        d[SolvencyLayout.headerIndex()] = AccountWords.header(
            requiredCashE6, all.valueE6, factorE2, RulesData.shortRateE5(rules), RulesData.perpetualRateE5(rules)
        );
        RulesData.copyGrid(rules, d, SolvencyLayout.gridIndex());
        unchecked {
            for (uint256 i = count; i < capacity; ++i) {
                d[SolvencyLayout.positionsIndex() + i] = UNUSED;
            }
        }
        _putPositions(d, all, slices, RulesData.volRule(rules));
    }

    /// @dev Positions are sorted by slice, the perpetual first. Shorts need upper bounds.
    function _putPositions(
        uint256[] memory d,
        AccountWords.Facts memory all,
        SliceSet.Loaded[] memory slices,
        IMarginTypes.VolRule memory rule
    ) private pure {
        uint256 first = SolvencyLayout.positionsIndex();
        uint256 i = 0;
        if (AccountWords.hasPerpetual(all)) d[first + i++] = all.elements[0] | NO_VOLS;
        while (i < all.elements.length) {
            uint256 shocks = VolShocks.ofSlice(slices[AccountWords.sliceOf(all.vols[i])], rule);
            i = VolShocks.putAll(d, first, all.elements, all.vols, i, shocks);
        }
    }
}
