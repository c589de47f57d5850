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

    /// @dev Bytes of a `Loaded`.
    uint256 private constant LOADED_BYTES = 320;

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
        loaded = _room(slices.length);
        if (slices.length == 0) return loaded;
        uint256 facts = _factsOf(oracle, market, slices, loaded);
        for (uint256 i = 0; i < slices.length;) {
            Loaded memory slice;
            uint256 given;
            assembly ("memory-safe") {
                slice := mload(add(loaded, shl(5, add(i, 1))))
                given := add(slices.offset, calldataload(add(slices.offset, shl(5, i))))
                i := add(i, 1)
            }
            bytes32 hash = _fill(slice, given, facts);
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

    /// @dev Fills in a slice from where a `MarginSlice` lies in calldata and its facts in memory; returns its hash. `observedAt` is
    /// zero where it is not simply the newest one, fresh and not over.
    function _fill(Loaded memory slice, uint256 given, uint256 facts) private view returns (bytes32 hash) {
        uint256 listing;
        assembly ("memory-safe") {
            listing := mload(add(facts, 64))
        }
        uint256 header = _read(slice, given, listing);
        slice.lnForwardQ48 = SliceLayout.headerLnForwardQ48(header);
        unchecked {
            // 40 and 8 bits; rounded to nearest.
            slice.forwardE2 = (SliceLayout.headerForwardQ16(header) * slice.tickE2 + (1 << 15)) >> 16;
        }
        hash = _hash(slice, given, header, listing);
        assembly ("memory-safe") {
            // The state's number of Fresh is 1.
            let times := mload(add(facts, 32))
            let plain := and(and(eq(shr(96, times), 1), gt(mload(slice), timestamp())), eq(hash, mload(facts)))
            mstore(add(slice, 0x20), mul(plain, and(times, TIME_MASK)))
        }
    }

    /// @dev Room for slices that are not filled yet, but `shocks`.
    function _room(uint256 count) private pure returns (Loaded[] memory loaded) {
        assembly ("memory-safe") {
            loaded := mload(0x40)
            mstore(loaded, count)
            let slice := add(loaded, shl(5, add(count, 1)))
            for { let i := 0 } lt(i, count) { i := add(i, 1) } {
                mstore(add(loaded, shl(5, add(i, 1))), slice)
                mstore(add(slice, 0x120), 0)
                slice := add(slice, LOADED_BYTES)
            }
            mstore(0x40, slice)
        }
    }

    /// @dev Where the facts of the slices lie in memory, three words each, and the slices' expiries. Coded by hand.
    function _factsOf(
        IRiskOracle oracle,
        bytes32 market,
        IRiskOracle.MarginSlice[] calldata slices,
        Loaded[] memory loaded
    ) private view returns (uint256 facts) {
        bytes4 selector = IRiskOracle.marginFacts.selector;
        uint256 unordered = 0;
        assembly ("memory-safe") {
            facts := mload(0x40)
            mstore(facts, selector)
            mstore(add(facts, 4), market)
            mstore(add(facts, 36), 64)
            mstore(add(facts, 68), slices.length)
            let to := add(facts, 100)
            let before := 0
            for { let i := 0 } lt(i, slices.length) { i := add(i, 1) } {
                let expiry := calldataload(add(slices.offset, calldataload(add(slices.offset, shl(5, i)))))
                if iszero(or(gt(expiry, before), iszero(i))) {
                    unordered := i
                    break
                }
                mstore(to, expiry)
                mstore(mload(add(loaded, shl(5, add(i, 1)))), expiry)
                before := expiry
                to := add(to, 32)
            }
            if iszero(unordered) {
                // The oracle refuses an expiry beyond 64 bits.
                if iszero(staticcall(gas(), oracle, facts, sub(to, facts), 0, 0)) {
                    returndatacopy(facts, 0, returndatasize())
                    revert(facts, returndatasize())
                }
                // Offset, length, words; a shorter answer fails in the copy.
                let size := mul(slices.length, 96)
                returndatacopy(facts, 64, size)
                mstore(0x40, add(facts, size))
            }
        }
        if (unordered != 0) revert IMarginErrors.SlicesNotAscending(unordered);
    }

    /// @dev Copies listing and logarithm elements, which the registry made, to memory: ten strikes and three logarithms a word.
    /// Returns the slice's header with the bits of its folded blocks. `given`: where a `MarginSlice` lies in calldata.
    function _read(Loaded memory slice, uint256 given, uint256 listing) private view returns (uint256 header) {
        assembly ("memory-safe") {
            header := calldataload(add(given, 64))
            mstore(add(slice, 0x80), and(shr(168, listing), 0xff))
            let count := and(shr(160, listing), 0xff)
            let start := mload(0x40)
            let listed := shl(5, div(add(count, 9), 10))
            let size := add(listed, shl(5, div(add(count, 2), 3)))
            extcodecopy(and(listing, 0xffffffffffffffffffffffffffffffffffffffff), start, 1, size)
            mstore(add(slice, 0xe0), start)
            mstore(add(slice, 0x100), add(start, listed))
            mstore(0x40, add(start, size))
        }
    }

    /// @dev Copies results to memory and returns the slice's hash. Blocks, four words each, come in the order of the listing:
    /// whole or, where the header's bit from 192 on is set, as their hash; the strikes of these cannot be used.
    function _hash(Loaded memory slice, uint256 given, uint256 header, uint256 listing)
        private
        pure
        returns (bytes32 hash)
    {
        assembly ("memory-safe") {
            let count := and(shr(160, listing), 0xff)
            // Two strikes a word; behind the words: rest hash, header, hashes of blocks.
            let start := mload(0x40)
            let hashes := add(start, shl(5, shr(1, add(count, 1))))
            mstore(hashes, calldataload(add(given, 32)))
            mstore(add(hashes, 32), and(header, 0xffffffffffffffffffffffffffffffffffffffffffffffff))
            let folded := shr(192, header)
            let to := add(hashes, 64)
            let from := add(add(given, calldataload(add(given, 96))), 32)
            let end := add(from, shl(5, calldataload(sub(from, 32))))
            // From here on a bit for every strike that can be used.
            count := sub(shl(count, 1), 1)
            for { let run := start } lt(run, hashes) { run := add(run, 128) } {
                switch and(folded, 1)
                case 0 {
                    let runSize := sub(hashes, run)
                    if gt(runSize, 128) { runSize := 128 }
                    calldatacopy(run, from, runSize)
                    mstore(to, keccak256(run, runSize))
                    from := add(from, runSize)
                }
                default {
                    // Eight strikes a block.
                    count := and(count, not(shl(shr(4, sub(run, start)), 0xff)))
                    mstore(to, calldataload(from))
                    from := add(from, 32)
                }
                folded := shr(1, folded)
                to := add(to, 32)
            }
            // Where there are not as many words as the blocks have, one more word makes it another hash.
            if sub(from, end) {
                mstore(to, end)
                to := add(to, 32)
            }
            hash := keccak256(hashes, sub(to, hashes))
            mstore(0x40, to)
            mstore(add(slice, 0xa0), count)
            mstore(add(slice, 0xc0), start)
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
