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

    /// @dev Words of one slice in what `IRiskOracle.marginFacts` returns.
    uint256 private constant FACTS_WORDS = 3;

    /// @notice The slices, which ascend by expiry.
    function load(IRiskOracle oracle, bytes32 market, IRiskOracle.MarginSlice[] calldata slices, IMarginTypes.Use use)
        internal
        view
        returns (Loaded[] memory loaded)
    {
        loaded = new Loaded[](slices.length);
        if (slices.length == 0) return loaded;
        uint256 facts = _factsOf(oracle, market, slices);
        (uint256 oldest, uint256 newest) = (type(uint256).max, 0);
        for (uint256 i = 0; i < slices.length; ++i) {
            Loaded memory slice = loaded[i];
            uint256 listing = _read(slice, slices[i], facts);
            _requireFacts(oracle, market, slice, facts, use);
            Words.fit("forward_e2", slice.forwardE2, 32);
            _readListing(slice, listing);
            if (slice.observedAt < oldest) oldest = slice.observedAt;
            if (slice.observedAt > newest) newest = slice.observedAt;
            facts += 32 * FACTS_WORDS;
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

    /// @dev Where the facts of the slices lie in memory. Coded by hand: three words a slice.
    function _factsOf(IRiskOracle oracle, bytes32 market, IRiskOracle.MarginSlice[] calldata slices)
        private
        view
        returns (uint256 facts)
    {
        bytes4 selector = IRiskOracle.marginFacts.selector;
        assembly ("memory-safe") {
            facts := mload(0x40)
            mstore(facts, selector)
            mstore(add(facts, 4), market)
            mstore(add(facts, 36), 64)
            mstore(add(facts, 68), slices.length)
            mstore(0x40, add(facts, add(100, shl(5, slices.length))))
        }
        uint256 before = 0;
        for (uint256 i = 0; i < slices.length; ++i) {
            uint256 expiry = slices[i].expiry;
            if (i > 0 && expiry <= before) revert IMarginErrors.SlicesNotAscending(i);
            before = expiry;
            assembly ("memory-safe") {
                mstore(add(facts, add(100, shl(5, i))), expiry)
            }
        }
        assembly ("memory-safe") {
            if iszero(staticcall(gas(), oracle, facts, add(100, shl(5, slices.length)), 0, 0)) {
                returndatacopy(facts, 0, returndatasize())
                revert(facts, returndatasize())
            }
            // Offset, length, words; a shorter answer fails in the copy.
            let size := mul(slices.length, 96)
            returndatacopy(facts, 64, size)
            mstore(0x40, add(facts, add(size, 128)))
        }
    }

    /// @dev Copies what margin reads to memory, and its hash to where the slice's observation time comes. Returns the listing's
    /// word.
    function _read(Loaded memory slice, IRiskOracle.MarginSlice calldata given, uint256 facts)
        private
        pure
        returns (uint256 listing)
    {
        assembly ("memory-safe") {
            listing := mload(add(facts, 64))
        }
        uint256 header = given.header;
        slice.expiry = given.expiry;
        slice.observedAt = _readResults(slice, given.restHash, header, given.results, (listing >> 160) & 0xff);
        slice.tickE2 = (listing >> 168) & 0xff;
        slice.lnForwardQ48 = SliceLayout.headerLnForwardQ48(header);
        unchecked {
            // 40 and 8 bits; rounded to nearest.
            slice.forwardE2 = (SliceLayout.headerForwardQ16(header) * slice.tickE2 + (1 << 15)) >> 16;
        }
    }

    /// @dev Copies results of `count` strikes to memory and returns the slice's hash. Blocks, four words each, come in the order of
    /// the listing: whole or, where the header's bit from 192 on is set, as their hash; the strikes of these cannot be used.
    function _readResults(
        Loaded memory slice,
        bytes32 restHash,
        uint256 header,
        uint256[] calldata results,
        uint256 count
    ) private pure returns (uint256 hash) {
        assembly ("memory-safe") {
            let folded := shr(192, header)
            header := and(header, 0xffffffffffffffffffffffffffffffffffffffffffffffff)
            // Two strikes a word; behind the words: rest hash, header, hashes of blocks.
            let start := mload(0x40)
            let hashes := add(start, shl(5, shr(1, add(count, 1))))
            // From here on a bit for every strike that can be used.
            count := sub(shl(count, 1), 1)
            mstore(hashes, restHash)
            mstore(add(hashes, 32), header)
            let to := add(hashes, 64)
            let from := results.offset
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
            // Where there are not as many words as the blocks have, their number makes it another hash.
            if sub(from, add(results.offset, shl(5, results.length))) {
                mstore(to, results.length)
                to := add(to, 32)
            }
            hash := keccak256(hashes, sub(to, hashes))
            mstore(0x40, to)
            mstore(add(slice, 0xa0), count)
            mstore(add(slice, 0xc0), start)
        }
    }

    /// @dev Refuses a slice that is not the stored one or not usable; its hash makes place for when it was observed.
    function _requireFacts(IRiskOracle oracle, bytes32 market, Loaded memory slice, uint256 facts, IMarginTypes.Use use)
        private
        view
    {
        bytes32 stored;
        uint256 times;
        assembly ("memory-safe") {
            stored := mload(facts)
            times := mload(add(facts, 32))
        }
        IRiskOracle.State state = IRiskOracle.State(times >> 96);
        // Times have 32 bits, expiries 64.
        // forge-lint: disable-next-line(unsafe-typecast)
        (uint64 expiry, uint64 observedAt) = (uint64(slice.expiry), uint64(times & 0xffffffff));
        bool fresh = state == IRiskOracle.State.Fresh;
        bool ahead = slice.expiry > block.timestamp;
        if (use <= IMarginTypes.Use.Withdrawing) {
            if (!fresh || !ahead) revert IMarginErrors.SliceNotFresh(expiry, state);
        } else if (!ahead || !(fresh || state == IRiskOracle.State.LiquidateOnly)) {
            revert IMarginErrors.SliceNotLiquidatable(expiry, state, observedAt);
        }
        bytes32 given = bytes32(slice.observedAt);
        slice.observedAt = observedAt;
        if (given == stored) return;
        bool graced = use == IMarginTypes.Use.Starting
            && block.timestamp <= ((times >> 64) & 0xffffffff) + PREVIOUS_GRACE
            && given == _previousHash(oracle, market, expiry);
        if (!graced) revert IMarginErrors.SliceMismatch(expiry, given, stored);
        slice.observedAt = (times >> 32) & 0xffffffff;
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

    /// @dev Copies the listing and logarithm elements, which the registry made, to memory.
    function _readListing(Loaded memory slice, uint256 place) private view {
        uint256 count = (place >> 160) & 0xff;
        uint256 listed = 32 * SliceLayout.listingCount(count);
        uint256 size = listed + 32 * SliceLayout.logarithmsCount(count);
        uint256 start;
        assembly ("memory-safe") {
            start := mload(0x40)
            extcodecopy(and(place, 0xffffffffffffffffffffffffffffffffffffffff), start, 1, size)
            mstore(0x40, add(start, size))
        }
        (slice.listing, slice.logarithms) = (start, start + listed);
    }
}
