// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../generated/SliceLayout.sol";
import {IMarginEngine} from "../interfaces/IMarginEngine.sol";
import {SliceSet} from "../libraries/SliceSet.sol";
import {Slice} from "./Slice.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice What both account statements say of a position, from the position and its proven slice.
library AccountWords {
    /// @notice Vol of an unused slot: 1 at scale 2^18.
    uint256 internal constant UNUSED_VOL_Q18 = 1 << 18;

    /// @notice Multiplier of an unshocked vol.
    uint256 internal constant UNSHOCKED_E4 = 10_000;

    /// @dev Lowest vol where an upper bound of a price is needed: 2^-7.
    uint256 private constant UPPER_FLOOR_Q18 = 1 << 11;

    uint256 private constant VOL_LIMIT_Q18 = 1 << 20;

    /// @notice One position's values. `markE2` of the option itself, a put's by parity and at least zero.
    struct Facts {
        int256 amountE4;
        bool put;
        uint256 strikeE2;
        int256 logMoneynessQ24;
        uint256 markE2;
        uint256 forwardE2;
        uint256 totalVolQ32;
        uint64 observedAt;
    }

    /// @notice The values of every position.
    function facts(IMarginEngine.Position[] memory positions, SliceSet.Loaded[] memory slices)
        internal
        pure
        returns (Facts[] memory all)
    {
        all = new Facts[](positions.length);
        for (uint256 i = 0; i < positions.length; ++i) {
            all[i] = _facts(positions[i], SliceSet.find(slices, positions[i].expiry));
        }
    }

    /// @notice Shocked total vol, rounded up: for a price that must not be understated.
    function volUpperQ18(uint256 totalVolQ32, uint256 multiplierE4) internal pure returns (uint256) {
        uint256 volQ18 = Math.ceilDiv(totalVolQ32 * multiplierE4, UNSHOCKED_E4 << 14);
        return Math.min(Math.max(volQ18, UPPER_FLOOR_Q18), VOL_LIMIT_Q18 - 1);
    }

    /// @notice Shocked total vol, rounded down: for a price that must not be overstated.
    function volLowerQ18(uint256 totalVolQ32, uint256 multiplierE4) internal pure returns (uint256) {
        return Math.min(totalVolQ32 * multiplierE4 / (UNSHOCKED_E4 << 14), VOL_LIMIT_Q18 - 1);
    }

    /// @notice Sum of amounts at their marks, in 1e-6 USD, exact.
    function valueE6(Facts[] memory all) internal pure returns (int256 value) {
        for (uint256 i = 0; i < all.length; ++i) {
            value += all[i].amountE4 * int256(all[i].markE2);
        }
    }

    function _facts(IMarginEngine.Position memory position, SliceSet.Loaded memory slice)
        private
        pure
        returns (Facts memory f)
    {
        (bool found, Slice.Strike memory strike) = Slice.strikeOf(slice.d, position.strikeTicks);
        if (!found) revert IMarginEngine.StrikeNotInSlice(position.expiry, position.strikeTicks);
        uint256 lnForwardQ48 = SliceLayout.headerLnForwardQ48(slice.d[SliceLayout.headerIndex()]);
        f.amountE4 = position.amountE4;
        f.put = position.put;
        f.strikeE2 = strike.strikeE2;
        f.forwardE2 = Slice.forwardE2(slice.d);
        // Both logarithms have 53 bits; the shift of a negative difference rounds down.
        // forge-lint: disable-next-line(unsafe-typecast)
        f.logMoneynessQ24 = (int256(strike.lnStrikeQ48) - int256(lnForwardQ48)) >> 24;
        f.markE2 = position.put ? Math.saturatingSub(strike.markE2 + strike.strikeE2, f.forwardE2) : strike.markE2;
        f.totalVolQ32 = strike.totalVolQ32;
        f.observedAt = slice.observedAt;
    }
}
