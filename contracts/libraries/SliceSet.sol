// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginErrors} from "../interfaces/IMarginErrors.sol";
import {IMarginTypes} from "../interfaces/IMarginTypes.sol";
import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {SliceLoad} from "./SliceLoad.sol";
import {Words} from "./Words.sol";

/// @notice The slices of one margin statement: each the newest on the chain, close to each other in time.
library SliceSet {
    /// @notice Seconds between the oldest and the newest slice of one statement that opens nothing.
    uint256 internal constant MAX_SKEW = 60;

    /// @notice Seconds for which an insolvency proof may still use the slice before the newest one.
    uint256 internal constant PREVIOUS_GRACE = 30;

    /// @notice A slice whose words are those that the oracle stores. `usable`: bit i set where strike i is listed and its results
    /// came. `results`, `listing`, `logarithms`: where its elements lie in memory; `shocks`: where its `VolShocks.Shocks` do, zero
    /// before they are needed.
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

    /// @dev Bytes of a slice's facts.
    uint256 private constant FACTS_BYTES = 96;

    /// @dev A time in the facts' second word.
    uint256 private constant TIME_MASK = 0xffffffff;

    /// @notice The slices, which ascend by expiry.
    /// @dev Offsets inside the list are not checked: whatever they point to must have the stored slice's hash.
    function load(IRiskOracle oracle, bytes32 market, IRiskOracle.MarginSlice[] calldata slices, IMarginTypes.Use use)
        internal
        view
        returns (Loaded[] memory loaded)
    {
        loaded = SliceLoad.room(slices.length);
        if (slices.length == 0) return loaded;
        uint256 facts = SliceLoad.factsOf(oracle, market, slices, loaded);
        for (uint256 i = 0; i < slices.length;) {
            Loaded memory slice;
            uint256 given;
            assembly ("memory-safe") {
                slice := mload(add(loaded, shl(5, add(i, 1))))
                given := add(slices.offset, calldataload(add(slices.offset, shl(5, i))))
                i := add(i, 1)
            }
            bytes32 hash = SliceLoad.fill(slice, given, facts);
            if (slice.observedAt == 0) slice.observedAt = _observedAt(oracle, market, slice.expiry, hash, facts, use);
            if (slice.forwardE2 >> 32 != 0) revert Words.ValueTooWide("forward_e2", slice.forwardE2, 32);
            unchecked {
                facts += FACTS_BYTES;
            }
        }
        (uint256 oldest, uint256 newest) = _times(loaded);
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

    /// @dev Observation times of the oldest and of the newest slice; there is one.
    function _times(Loaded[] memory loaded) private pure returns (uint256 oldest, uint256 newest) {
        assembly ("memory-safe") {
            oldest := not(0)
            let end := add(loaded, shl(5, add(mload(loaded), 1)))
            for { let head := add(loaded, 32) } lt(head, end) { head := add(head, 32) } {
                let observedAt := mload(add(mload(head), 0x20))
                if lt(observedAt, oldest) { oldest := observedAt }
                if gt(observedAt, newest) { newest := observedAt }
            }
        }
    }

    /// @dev When a slice was observed that is not simply fresh and the newest one; refuses one that does not serve the use.
    function _observedAt(
        IRiskOracle oracle,
        bytes32 market,
        uint256 longExpiry,
        bytes32 given,
        uint256 facts,
        IMarginTypes.Use use
    ) private view returns (uint256) {
        bytes32 stored;
        uint256 times;
        assembly ("memory-safe") {
            stored := mload(facts)
            times := mload(add(facts, 32))
        }
        IRiskOracle.State state = IRiskOracle.State(times >> 96);
        // Times have 32 bits, expiries 64: the oracle took them.
        // forge-lint: disable-next-line(unsafe-typecast)
        (uint64 expiry, uint64 observedAt) = (uint64(longExpiry), uint64(times & TIME_MASK));
        bool fresh = state == IRiskOracle.State.Fresh;
        bool ahead = expiry > block.timestamp;
        if (use <= IMarginTypes.Use.Withdrawing) {
            if (!fresh || !ahead) revert IMarginErrors.SliceNotFresh(expiry, state);
        } else if (!ahead || !(fresh || state == IRiskOracle.State.LiquidateOnly)) {
            revert IMarginErrors.SliceNotLiquidatable(expiry, state, observedAt);
        }
        if (given == stored) return observedAt;
        bool graced = use == IMarginTypes.Use.Starting
            && block.timestamp <= ((times >> 64) & TIME_MASK) + PREVIOUS_GRACE
            && given == _previousHash(oracle, market, expiry);
        if (!graced) revert IMarginErrors.SliceMismatch(expiry, given, stored);
        return (times >> 32) & TIME_MASK;
    }

    function _previousHash(IRiskOracle oracle, bytes32 market, uint64 expiry) private view returns (bytes32 previous) {
        uint64[] memory expiries = new uint64[](1);
        expiries[0] = expiry;
        bytes memory call_ = abi.encodeCall(IRiskOracle.sliceFacts, (market, expiries));
        assembly ("memory-safe") {
            if iszero(staticcall(gas(), oracle, add(call_, 32), mload(call_), 0, 0)) { revert(0, 0) }
            // Offset, length, then the facts, whose second word it is; a shorter answer fails in the copy.
            returndatacopy(0, 96, 32)
            previous := mload(0)
        }
    }
}
