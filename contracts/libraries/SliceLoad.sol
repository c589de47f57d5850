// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../generated/SliceLayout.sol";
import {IMarginErrors} from "../interfaces/IMarginErrors.sol";
import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {SliceSet} from "./SliceSet.sol";

/// @notice How `SliceSet` brings slices from calldata, oracle and listings into memory. It refuses nothing but a wrong order.
library SliceLoad {
    /// @dev Bytes of a `Loaded`.
    uint256 private constant LOADED_BYTES = 320;

    /// @dev A time in the facts' second word.
    uint256 private constant TIME_MASK = 0xffffffff;

    /// @notice Fills in a slice from where a `MarginSlice` lies in calldata and its facts in memory; returns its hash. `observedAt` is
    /// zero where it is not simply the newest one, fresh and not over.
    function fill(SliceSet.Loaded memory slice, uint256 given, uint256 facts) internal view returns (bytes32 hash) {
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

    /// @notice Room for slices that are not filled yet, but `shocks`.
    function room(uint256 count) internal pure returns (SliceSet.Loaded[] memory loaded) {
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

    /// @notice Where the facts of the slices lie in memory, three words each, and the slices' expiries. Coded by hand.
    function factsOf(
        IRiskOracle oracle,
        bytes32 market,
        IRiskOracle.MarginSlice[] calldata slices,
        SliceSet.Loaded[] memory loaded
    ) internal view returns (uint256 facts) {
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
    function _read(SliceSet.Loaded memory slice, uint256 given, uint256 listing) private view returns (uint256 header) {
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
    function _hash(SliceSet.Loaded memory slice, uint256 given, uint256 header, uint256 listing)
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
}
