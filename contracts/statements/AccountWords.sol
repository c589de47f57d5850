// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../generated/SliceLayout.sol";
import {IMarginEngine} from "../interfaces/IMarginEngine.sol";
import {SliceSet} from "../libraries/SliceSet.sol";
import {Slice} from "./Slice.sol";
import {VolShocks} from "./VolShocks.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice What both account statements say of a position, from the position and its proven slice.
library AccountWords {
    /// @notice Vol of an unused slot: 1 at scale 2^18.
    uint256 internal constant UNUSED_VOL_Q18 = 1 << 18;

    /// @notice One position's values. `markE2` of the option itself, a put's by parity and at least zero.
    struct Facts {
        uint64 expiry;
        uint64 observedAt;
        int256 amountE4;
        bool put;
        uint256 strikeE2;
        int256 logMoneynessQ24;
        uint256 markE2;
        uint256 forwardE2;
        uint256 totalVolQ32;
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

    /// @notice The vol shocks of every position, by its tenor at its slice; one computation for a run of one expiry.
    function shocks(Facts[] memory all, IMarginEngine.VolRule memory rule)
        internal
        pure
        returns (VolShocks.Shocks[] memory each)
    {
        each = new VolShocks.Shocks[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            bool known = i > 0 && all[i].expiry == all[i - 1].expiry;
            each[i] =
                known ? each[i - 1] : VolShocks.ofTenor(rule, Math.saturatingSub(all[i].expiry, all[i].observedAt));
        }
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
        (bool found, Slice.Strike memory strike) = Slice.strikeOf(slice.words, position.strikeTicks);
        if (!found) revert IMarginEngine.StrikeNotInSlice(position.expiry, position.strikeTicks);
        uint256 lnForwardQ48 = SliceLayout.headerLnForwardQ48(slice.words.header);
        (f.expiry, f.observedAt) = (position.expiry, slice.observedAt);
        f.amountE4 = position.amountE4;
        f.put = position.put;
        f.strikeE2 = strike.strikeE2;
        f.forwardE2 = Slice.forwardE2(slice.words.header);
        // Both logarithms have 53 bits; the shift of a negative difference rounds down.
        // forge-lint: disable-next-line(unsafe-typecast)
        f.logMoneynessQ24 = (int256(strike.lnStrikeQ48) - int256(lnForwardQ48)) >> 24;
        f.markE2 = position.put ? Math.saturatingSub(strike.markE2 + strike.strikeE2, f.forwardE2) : strike.markE2;
        f.totalVolQ32 = strike.totalVolQ32;
    }
}
