// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginEngine} from "../interfaces/IMarginEngine.sol";

/// @notice Sorted lists of option positions: order (expiry, strike, put), no duplicates, no zero amounts.
library Positions {
    /// @notice Positions that one account holds at most: those of the largest solvency and insolvency circuits.
    uint256 internal constant CAPACITY = 32;

    /// @dev Stored amounts have 29 bits with offset 2^28.
    int256 private constant AMOUNT_LIMIT = 1 << 28;

    /// @notice The account's storage word: zero for a fresh account.
    function hash(address owner, uint64 nonce, IMarginEngine.Position[] memory positions)
        internal
        pure
        returns (bytes32)
    {
        if (nonce == 0 && positions.length == 0) return bytes32(0);
        return keccak256(abi.encode(owner, nonce, positions));
    }

    /// @notice Reverts unless the legs are sorted and their amounts are in range.
    function requireLegs(IMarginEngine.Position[] memory legs) internal pure {
        for (uint256 i = 0; i < legs.length; ++i) {
            if (i > 0 && _key(legs[i]) <= _key(legs[i - 1])) revert IMarginEngine.PositionsNotSorted(i);
            _requireAmount(i, legs[i].amountE4);
        }
    }

    /// @notice The legs with opposite amounts, in range by `requireLegs`.
    function opposite(IMarginEngine.Position[] memory legs)
        internal
        pure
        returns (IMarginEngine.Position[] memory other)
    {
        other = new IMarginEngine.Position[](legs.length);
        for (uint256 i = 0; i < legs.length; ++i) {
            IMarginEngine.Position memory leg = legs[i];
            other[i] = IMarginEngine.Position(leg.expiry, leg.strikeTicks, leg.put, -leg.amountE4);
        }
    }

    /// @notice Sum of two sorted lists; positions that net to zero disappear.
    function merge(IMarginEngine.Position[] memory a, IMarginEngine.Position[] memory b)
        internal
        pure
        returns (IMarginEngine.Position[] memory merged)
    {
        merged = new IMarginEngine.Position[](a.length + b.length);
        uint256 count = 0;
        (uint256 i, uint256 j) = (0, 0);
        while (i < a.length || j < b.length) {
            IMarginEngine.Position memory next;
            if (j == b.length || (i < a.length && _key(a[i]) < _key(b[j]))) {
                next = a[i++];
            } else if (i == a.length || _key(b[j]) < _key(a[i])) {
                next = b[j++];
            } else {
                next = _sum(a[i++], b[j++], count);
            }
            if (next.amountE4 != 0) merged[count++] = next;
        }
        if (count > CAPACITY) revert IMarginEngine.TooManyPositions(count, CAPACITY);
        assembly ("memory-safe") {
            mstore(merged, count)
        }
    }

    /// @dev The sum of two amounts in range is inside int32; zero is left to the caller.
    function _sum(IMarginEngine.Position memory a, IMarginEngine.Position memory b, uint256 index)
        private
        pure
        returns (IMarginEngine.Position memory)
    {
        int32 amountE4 = a.amountE4 + b.amountE4;
        if (amountE4 != 0) _requireAmount(index, amountE4);
        return IMarginEngine.Position(a.expiry, a.strikeTicks, a.put, amountE4);
    }

    function _requireAmount(uint256 index, int256 amountE4) private pure {
        if (amountE4 == 0 || amountE4 <= -AMOUNT_LIMIT || amountE4 >= AMOUNT_LIMIT) {
            revert IMarginEngine.AmountOutOfRange(index, amountE4);
        }
    }

    function _key(IMarginEngine.Position memory p) private pure returns (uint256) {
        return (uint256(p.expiry) << 25) | (uint256(p.strikeTicks) << 1) | (p.put ? 1 : 0);
    }
}
