// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../generated/SliceLayout.sol";
import {IMarginErrors} from "../interfaces/IMarginErrors.sol";
import {IMarginTypes} from "../interfaces/IMarginTypes.sol";
import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {Words} from "./Words.sol";

/// @notice The slices of one margin statement: each the newest on the chain, close to each other in time.
library SliceSet {
    /// @notice Seconds between the oldest and the newest slice of one statement that opens nothing.
    uint256 internal constant MAX_SKEW = 60;

    /// @notice Seconds for which an insolvency proof may still use the slice before the newest one.
    uint256 internal constant PREVIOUS_GRACE = 30;

    /// @notice A slice whose words are those that the oracle stores. `usable`: bit i set where strike i is listed. `results`,
    /// `listing` and `logarithms`: where its elements lie in memory; `shocks`: where its `VolShocks.Shocks` do, zero before they are needed.
    struct Loaded {
        uint256 expiry;
        uint256 observedAt;
        uint256 forwardE2;
        uint256 lnForwardQ48;
        uint256 tickE2;
        uint256 usable;
        uint256 results;
        uint256 listing;
        uint256 logarithms;
        uint256 shocks;
    }

    /// @notice The slices, which ascend by expiry.
    function load(IRiskOracle oracle, bytes32 market, IRiskOracle.MarginSlice[] calldata slices, IMarginTypes.Use use)
        internal
        view
        returns (Loaded[] memory loaded)
    {
        loaded = new Loaded[](slices.length);
        if (slices.length == 0) return loaded;
        uint64[] memory expiries = new uint64[](slices.length);
        for (uint256 i = 0; i < slices.length; ++i) {
            expiries[i] = slices[i].expiry;
            if (i > 0 && expiries[i] <= expiries[i - 1]) revert IMarginErrors.SlicesNotAscending(i);
        }
        IRiskOracle.SliceFacts[] memory facts = oracle.sliceFacts(market, expiries);
        (uint256 oldest, uint256 newest) = (type(uint256).max, 0);
        for (uint256 i = 0; i < slices.length; ++i) {
            _requireUsable(expiries[i], facts[i], use);
            Loaded memory slice = loaded[i];
            slice.expiry = expiries[i];
            slice.observedAt = _read(slice, slices[i], facts[i], use);
            _readListing(slice, facts[i].listing, facts[i].count);
            if (slice.observedAt < oldest) oldest = slice.observedAt;
            if (slice.observedAt > newest) newest = slice.observedAt;
        }
        requireSkew(oldest, newest, use);
    }

    /// @notice Refuses observations too far apart for the use.
    function requireSkew(uint256 oldest, uint256 newest, IMarginTypes.Use use) internal pure {
        if (newest - oldest > (use == IMarginTypes.Use.Opening ? 0 : MAX_SKEW)) {
            // forge-lint: disable-next-line(unsafe-typecast)
            revert IMarginErrors.SlicesTooFarApart(uint64(oldest), uint64(newest));
        }
    }

    /// @notice Refuses the market's own facts, which a perpetual reads, like those of a slice with expiry zero.
    function requireMarket(IRiskOracle.MarketFacts memory facts, Loaded[] memory slices, IMarginTypes.Use use)
        internal
        pure
    {
        bool fresh = facts.state == IRiskOracle.State.Fresh;
        if (use <= IMarginTypes.Use.Withdrawing) {
            if (!fresh) revert IMarginErrors.SliceNotFresh(0, facts.state);
        } else if (!fresh && facts.state != IRiskOracle.State.LiquidateOnly) {
            revert IMarginErrors.SliceNotLiquidatable(0, facts.state, facts.observedAt);
        }
        (uint256 oldest, uint256 newest) = (facts.observedAt, facts.observedAt);
        for (uint256 i = 0; i < slices.length; ++i) {
            uint256 observedAt = slices[i].observedAt;
            if (observedAt < oldest) oldest = observedAt;
            if (observedAt > newest) newest = observedAt;
        }
        requireSkew(oldest, newest, use);
    }

    /// @notice Observation time of the oldest slice; `none` where there is none.
    function oldestOf(Loaded[] memory loaded, uint256 none) internal pure returns (uint256 oldest) {
        oldest = none;
        for (uint256 i = 0; i < loaded.length; ++i) {
            if (loaded[i].observedAt < oldest) oldest = loaded[i].observedAt;
        }
    }

    /// @notice True where strike `index` of the listing can be used and is this one.
    function isListed(Loaded memory slice, uint256 index, uint256 strikeTicks) internal pure returns (bool) {
        if ((slice.usable >> index) & 1 == 0) return false;
        return (_word(slice.listing, index / 10) >> (24 * (index % 10))) & 0xffffff == strikeTicks;
    }

    /// @notice Logarithm of a listed strike.
    function lnStrikeQ48(Loaded memory slice, uint256 index) internal pure returns (int256) {
        // 53 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        return int256((_word(slice.logarithms, index / 3) >> (80 * (index % 3))) & 0x1fffffffffffff);
    }

    function _word(uint256 start, uint256 index) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(start, shl(5, index)))
        }
    }

    function _requireUsable(uint64 expiry, IRiskOracle.SliceFacts memory facts, IMarginTypes.Use use) private view {
        bool fresh = facts.state == IRiskOracle.State.Fresh;
        bool ahead = expiry > block.timestamp;
        if (use <= IMarginTypes.Use.Withdrawing) {
            if (!fresh || !ahead) revert IMarginErrors.SliceNotFresh(expiry, facts.state);
        } else if (!ahead || !(fresh || facts.state == IRiskOracle.State.LiquidateOnly)) {
            revert IMarginErrors.SliceNotLiquidatable(expiry, facts.state, facts.observedAt);
        }
    }

    /// @dev Copies what margin reads to memory, compares its hash, and returns when the slice was observed.
    function _read(
        Loaded memory slice,
        IRiskOracle.MarginSlice calldata given,
        IRiskOracle.SliceFacts memory facts,
        IMarginTypes.Use use
    ) private view returns (uint256 observedAt) {
        (bytes32 restHash, uint256 header) = (given.restHash, given.header);
        uint256[] calldata results = given.results;
        bytes32 marginHash;
        uint256 start;
        assembly ("memory-safe") {
            start := mload(0x40)
            mstore(start, restHash)
            mstore(add(start, 32), header)
            let size := mul(results.length, 32)
            calldatacopy(add(start, 64), results.offset, size)
            marginHash := keccak256(start, add(size, 64))
            mstore(0x40, add(start, add(size, 64)))
        }
        if (marginHash == facts.marginHash) {
            observedAt = facts.observedAt;
        } else {
            bool graced = use == IMarginTypes.Use.Starting && marginHash == facts.previousMarginHash
                && block.timestamp <= uint256(facts.replacedAt) + PREVIOUS_GRACE;
            if (!graced) revert IMarginErrors.SliceMismatch(given.expiry, marginHash, facts.marginHash);
            observedAt = facts.previousObservedAt;
        }
        slice.results = start + 64;
        slice.usable = (1 << facts.count) - 1;
        slice.tickE2 = facts.tickE2;
        slice.lnForwardQ48 = SliceLayout.headerLnForwardQ48(header);
        unchecked {
            // 40 and 8 bits; rounded to nearest.
            slice.forwardE2 = (SliceLayout.headerForwardQ16(header) * slice.tickE2 + (1 << 15)) >> 16;
        }
        Words.fit("forward_e2", slice.forwardE2, 32);
    }

    /// @dev Copies the listing and logarithm elements, which the registry made, to memory.
    function _readListing(Loaded memory slice, address data, uint256 count) private view {
        uint256 listed = SliceLayout.listingCount(count);
        uint256 size = 32 * (listed + SliceLayout.logarithmsCount(count));
        uint256 start;
        assembly ("memory-safe") {
            start := mload(0x40)
            extcodecopy(data, start, 1, size)
            mstore(0x40, add(start, size))
        }
        (slice.listing, slice.logarithms) = (start, start + 32 * listed);
    }
}
