// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MarginAccounts} from "./MarginAccounts.sol";
import {IMarginChecker} from "./interfaces/IMarginChecker.sol";
import {IMarginEngine} from "./interfaces/IMarginEngine.sol";
import {IMarginRules} from "./interfaces/IMarginRules.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";

/// @title MarginChecks
/// @notice Asks the checker about accounts. The call is coded by hand from what lies in calldata and memory: slices and proofs
/// are copied once, not decoded.
abstract contract MarginChecks is MarginAccounts {
    /// @dev Accounts whose margin is checked. `proofs`: where each one's `MarginProof` lies in calldata; `charged`: fills pay fees.
    struct Check {
        Book[] books;
        IMarginChecker.Terms terms;
        uint256[] proofs;
        bool charged;
    }

    /// @dev Bytes of a call before its lists: selector, nine words of terms, three offsets.
    uint256 private constant HEAD_BYTES = 388;

    /// @inheritdoc IMarginEngine
    IMarginChecker public immutable checker;

    constructor(IMarginChecker checker_, IMarginRules rules_)
        MarginAccounts(checker_.oracle(), rules_, checker_.market())
    {
        checker = checker_;
    }

    /// @dev Reverts unless every account is solvent after its fees; these are returned.
    function _check(Check memory asked, IRiskOracle.MarginSlice[] calldata slices, Fill[] calldata fills)
        internal
        view
        returns (uint256[] memory feesE6)
    {
        uint256 start = _putTerms(asked.terms);
        _putSlices(slices);
        _putOffset(start, 1);
        _putClaims(asked.books, asked.proofs);
        _putOffset(start, 2);
        if (asked.charged) _putCharges(fills);
        else _putNothing();
        address target = address(checker);
        assembly ("memory-safe") {
            let done := staticcall(gas(), target, start, sub(mload(0x40), start), 0, 0)
            if iszero(done) {
                returndatacopy(start, 0, returndatasize())
                revert(start, returndatasize())
            }
            // Behind the offset: length and fees. The call's memory is used again.
            feesE6 := start
            returndatacopy(start, 32, sub(returndatasize(), 32))
            mstore(0x40, add(start, sub(returndatasize(), 32)))
        }
    }

    /// @dev Starts a call where memory is free; everything else follows there.
    function _putTerms(IMarginChecker.Terms memory terms) private pure returns (uint256 start) {
        bytes4 selector = IMarginChecker.check.selector;
        assembly ("memory-safe") {
            start := mload(0x40)
            mstore(start, selector)
            mstore(add(start, 4), mload(terms))
            mcopy(add(start, 36), mload(add(terms, 32)), 192)
            mcopy(add(start, 228), add(terms, 64), 64)
            mstore(add(start, 292), 384)
            mstore(0x40, add(start, HEAD_BYTES))
        }
    }

    /// @dev Says where the list that follows begins.
    function _putOffset(uint256 start, uint256 index) private pure {
        assembly ("memory-safe") {
            mstore(add(start, add(292, shl(5, index))), sub(sub(mload(0x40), start), 4))
        }
    }

    function _putNothing() private pure {
        assembly ("memory-safe") {
            let to := mload(0x40)
            mstore(to, 0)
            mstore(0x40, add(to, 32))
        }
    }

    /// @dev Opens a list of dynamic structs; returns where its offsets lie.
    function _putList(uint256 count) private pure returns (uint256 heads) {
        assembly ("memory-safe") {
            let to := mload(0x40)
            mstore(to, count)
            heads := add(to, 32)
            mstore(0x40, add(heads, shl(5, count)))
        }
    }

    function _putSlices(IRiskOracle.MarginSlice[] calldata slices) private pure {
        uint256 heads = _putList(slices.length);
        for (uint256 i = 0; i < slices.length; ++i) {
            IRiskOracle.MarginSlice calldata slice = slices[i];
            uint256[] calldata results = slice.results;
            assembly ("memory-safe") {
                let to := mload(0x40)
                mstore(add(heads, shl(5, i)), sub(to, heads))
                // Expiry, rest hash, header; offset and list of results.
                calldatacopy(to, slice, 96)
                mstore(add(to, 96), 128)
                mstore(add(to, 128), results.length)
                calldatacopy(add(to, 160), results.offset, shl(5, results.length))
                mstore(0x40, add(add(to, 160), shl(5, results.length)))
            }
        }
    }

    function _putClaims(Book[] memory books, uint256[] memory proofs) private pure {
        uint256 heads = _putList(books.length);
        for (uint256 i = 0; i < books.length; ++i) {
            Book memory book = books[i];
            uint256 proof = proofs[i];
            int256 cashE6 = book.cashE6 - book.owedE6;
            uint256[] memory positions = book.positions;
            assembly ("memory-safe") {
                let to := mload(0x40)
                mstore(add(heads, shl(5, i)), sub(to, heads))
                // Owner and nonce, cash, offset of positions, twelve words of proof.
                mcopy(to, book, 64)
                mstore(add(to, 64), cashE6)
                mstore(add(to, 96), 512)
                calldatacopy(add(to, 128), proof, 384)
                let size := add(32, shl(5, mload(positions)))
                mcopy(add(to, 512), positions, size)
                mstore(0x40, add(add(to, 512), size))
            }
        }
    }

    function _putCharges(Fill[] calldata fills) private pure {
        uint256 heads = _putList(fills.length);
        for (uint256 i = 0; i < fills.length; ++i) {
            Fill calldata fill = fills[i];
            uint256[] calldata legs = fill.order.legs;
            (uint256 lots, uint256 maker) = (fill.lots, fill.maker);
            assembly ("memory-safe") {
                let to := mload(0x40)
                mstore(add(heads, shl(5, i)), sub(to, heads))
                mstore(to, 96)
                mstore(add(to, 32), lots)
                mstore(add(to, 64), maker)
                mstore(add(to, 96), legs.length)
                calldatacopy(add(to, 128), legs.offset, shl(5, legs.length))
                mstore(0x40, add(add(to, 128), shl(5, legs.length)))
            }
        }
    }
}
