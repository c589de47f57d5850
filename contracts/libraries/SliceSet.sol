// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginEngine} from "../interfaces/IMarginEngine.sol";
import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {Slice} from "../statements/Slice.sol";
import {DataContract} from "./DataContract.sol";

/// @notice The slices of one margin statement: each the newest on the chain, close to each other in time.
library SliceSet {
    /// @notice Seconds between the oldest and the newest slice of one statement.
    uint64 internal constant MAX_SKEW = 60;

    /// @notice A slice whose words are those that the oracle stores.
    struct Loaded {
        uint64 expiry;
        uint64 observedAt;
        IRiskOracle.State state;
        Slice.Margin words;
    }

    /// @notice Slices for opening and withdrawing: all fresh.
    function loadFresh(IRiskOracle oracle, bytes32 market, IRiskOracle.MarginSlice[] calldata slices)
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
    function loadLiquidatable(IRiskOracle oracle, bytes32 market, IRiskOracle.MarginSlice[] calldata slices)
        internal
        view
        returns (Loaded[] memory loaded)
    {
        loaded = _load(oracle, market, slices);
        for (uint256 i = 0; i < loaded.length; ++i) {
            bool usable =
                loaded[i].state == IRiskOracle.State.Fresh || loaded[i].state == IRiskOracle.State.LiquidateOnly;
            if (!usable) {
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

    function _load(IRiskOracle oracle, bytes32 market, IRiskOracle.MarginSlice[] calldata slices)
        private
        view
        returns (Loaded[] memory loaded)
    {
        loaded = new Loaded[](slices.length);
        uint64[] memory expiries = new uint64[](slices.length);
        for (uint256 i = 0; i < slices.length; ++i) {
            expiries[i] = slices[i].expiry;
            if (i > 0 && expiries[i] <= expiries[i - 1]) revert IMarginEngine.SlicesNotAscending(i);
        }
        IRiskOracle.SliceFacts[] memory facts = oracle.sliceFacts(market, expiries);
        (uint64 oldest, uint64 newest) = (type(uint64).max, 0);
        for (uint256 i = 0; i < slices.length; ++i) {
            loaded[i] = _loaded(slices[i], facts[i]);
            if (facts[i].observedAt < oldest) oldest = facts[i].observedAt;
            if (facts[i].observedAt > newest) newest = facts[i].observedAt;
        }
        if (newest > oldest && newest - oldest > MAX_SKEW) revert IMarginEngine.SlicesTooFarApart(oldest, newest);
    }

    function _loaded(IRiskOracle.MarginSlice calldata slice, IRiskOracle.SliceFacts memory facts)
        private
        view
        returns (Loaded memory)
    {
        bytes32 marginHash = Slice.marginHash(slice.restHash, slice.header, slice.results);
        if (facts.state == IRiskOracle.State.None || marginHash != facts.marginHash) {
            revert IRiskOracle.UnknownSliceWords(slice.expiry, marginHash, facts.marginHash);
        }
        return Loaded({
            expiry: slice.expiry,
            observedAt: facts.observedAt,
            state: facts.state,
            words: Slice.Margin(slice.header, slice.results, DataContract.loadWords(facts.listing), facts.count)
        });
    }
}
