// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginEngine} from "../interfaces/IMarginEngine.sol";
import {IRiskOracle} from "../interfaces/IRiskOracle.sol";

/// @notice The slices of one margin statement: each the newest on the chain, close to each other in time.
library SliceSet {
    /// @notice Seconds between the oldest and the newest slice of one statement.
    uint64 internal constant MAX_SKEW = 60;

    /// @notice Age in seconds up to which a slice may liquidate: looser than the oracle's limit for opening.
    uint64 internal constant LIQUIDATION_MAX_AGE = 600;

    /// @notice A slice whose words are those that the oracle stores.
    struct Loaded {
        uint64 expiry;
        uint64 observedAt;
        IRiskOracle.State state;
        uint256[] d;
    }

    /// @notice Slices for opening and withdrawing: all fresh.
    function loadFresh(IRiskOracle oracle, bytes32 market, IMarginEngine.SliceWords[] calldata slices)
        internal
        view
        returns (Loaded[] memory loaded)
    {
        loaded = _load(oracle, market, slices);
        for (uint256 i = 0; i < loaded.length; ++i) {
            if (loaded[i].state != IRiskOracle.State.Fresh || loaded[i].expiry <= block.timestamp) {
                revert IMarginEngine.SliceNotFresh(loaded[i].expiry, loaded[i].state);
            }
        }
    }

    /// @notice Slices for liquidating: unproven calendar conditions and some age are accepted.
    function loadLiquidatable(IRiskOracle oracle, bytes32 market, IMarginEngine.SliceWords[] calldata slices)
        internal
        view
        returns (Loaded[] memory loaded)
    {
        loaded = _load(oracle, market, slices);
        for (uint256 i = 0; i < loaded.length; ++i) {
            bool tooOld = block.timestamp > uint256(loaded[i].observedAt) + LIQUIDATION_MAX_AGE;
            if (tooOld || loaded[i].state == IRiskOracle.State.Halted) {
                revert IMarginEngine.SliceNotLiquidatable(loaded[i].expiry, loaded[i].state, loaded[i].observedAt);
            }
        }
    }

    /// @notice The slice of an expiry.
    function find(Loaded[] memory loaded, uint64 expiry) internal pure returns (Loaded memory) {
        for (uint256 i = 0; i < loaded.length; ++i) {
            if (loaded[i].expiry == expiry) return loaded[i];
        }
        revert IMarginEngine.MissingSlice(expiry);
    }

    function _load(IRiskOracle oracle, bytes32 market, IMarginEngine.SliceWords[] calldata slices)
        private
        view
        returns (Loaded[] memory loaded)
    {
        loaded = new Loaded[](slices.length);
        (uint64 oldest, uint64 newest) = (type(uint64).max, 0);
        for (uint256 i = 0; i < slices.length; ++i) {
            IMarginEngine.SliceWords calldata slice = slices[i];
            if (i > 0 && slice.expiry <= slices[i - 1].expiry) revert IMarginEngine.SlicesNotAscending(i);
            (IRiskOracle.State state, uint64 observedAt) = oracle.requireWords(market, slice.expiry, slice.d);
            loaded[i] = Loaded({expiry: slice.expiry, observedAt: observedAt, state: state, d: slice.d});
            if (observedAt < oldest) oldest = observedAt;
            if (observedAt > newest) newest = observedAt;
        }
        if (newest > oldest && newest - oldest > MAX_SKEW) revert IMarginEngine.SlicesTooFarApart(oldest, newest);
    }
}
