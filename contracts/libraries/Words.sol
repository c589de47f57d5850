// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Range checks of field elements and of the fields packed into them.
library Words {
    /// @notice Order r of the scalar field of BN254.
    uint256 internal constant FIELD_ORDER =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;

    /// @notice `value` (for a signed field: value + offset, two's complement where negative) does not fit `bits` bits.
    error ValueTooWide(string field, uint256 value, uint256 bits);

    /// @notice Element `index` has a bit set outside its fields, whose bits are `mask`.
    error BitsOutsideFields(uint256 index, uint256 value, uint256 mask);

    /// @notice The data vector has another length than its statement.
    error WrongLength(uint256 length, uint256 expected);

    /// @notice Element `index` is at or above r; the index after the last element means the digest.
    error NotInField(uint256 index, uint256 value);

    /// @notice `value`, refused at or above 2^bits.
    function fit(string memory field, uint256 value, uint256 bits) internal pure returns (uint256) {
        if (value >> bits != 0) revert ValueTooWide(field, value, bits);
        return value;
    }

    /// @notice `value + offset`, refused outside [0, 2^bits). `offset` is non-negative and below 2^254.
    function fitSigned(string memory field, int256 value, int256 offset, uint256 bits)
        internal
        pure
        returns (uint256 stored)
    {
        unchecked {
            // A sum outside int256 or a negative one has its top bit set or wraps to it: both are refused as too wide.
            // forge-lint: disable-next-line(unsafe-typecast)
            stored = uint256(value + offset);
        }
        if (stored >> bits != 0) revert ValueTooWide(field, stored, bits);
    }

    /// @notice Keccak-256 of `count` elements from `first`, 32 bytes each; they must exist.
    function rangeHash(uint256[] memory d, uint256 first, uint256 count) internal pure returns (bytes32 hash) {
        if (first + count > d.length) revert WrongLength(d.length, first + count);
        assembly ("memory-safe") {
            hash := keccak256(add(add(d, 32), mul(first, 32)), mul(count, 32))
        }
    }

    /// @notice Refuses any of `count` elements from `first` that is at or above 2^bits; they must exist.
    function requireBits(uint256[] memory d, uint256 first, uint256 count, uint256 bits) internal pure {
        if (_union(d, first, count) >> bits == 0) return;
        for (uint256 i = first; i < first + count; ++i) {
            if (d[i] >> bits != 0) revert ValueTooWide("d", d[i], bits);
        }
    }

    /// @notice Refuses any of `count` elements from `first` that has a bit set outside `mask`; they must exist.
    function requireMask(uint256[] memory d, uint256 first, uint256 count, uint256 mask) internal pure {
        if (_union(d, first, count) & ~mask == 0) return;
        for (uint256 i = first; i < first + count; ++i) {
            if (d[i] & ~mask != 0) revert BitsOutsideFields(i, d[i], mask);
        }
    }

    /// @notice Refuses an element at or above r.
    function requireBelowField(uint256[] memory d, uint256 index) internal pure {
        if (d[index] >= FIELD_ORDER) revert NotInField(index, d[index]);
    }

    /// @notice Refuses a data vector with an element at or above r.
    function requireAllBelowField(uint256[] memory d) internal pure {
        // Elements below 2^253 are below the order.
        if (_union(d, 0, d.length) >> 253 == 0) return;
        for (uint256 i = 0; i < d.length; ++i) {
            requireBelowField(d, i);
        }
    }

    /// @dev Every bit that one of the elements has: one comparison for all of them.
    function _union(uint256[] memory d, uint256 first, uint256 count) private pure returns (uint256 bits) {
        unchecked {
            // Indices and counts of a data vector are far below 2^255.
            if (first + count > d.length) revert WrongLength(d.length, first + count);
        }
        assembly ("memory-safe") {
            let word := add(d, mul(32, add(first, 1)))
            let end := add(word, mul(32, count))
            for {} lt(add(word, 224), end) { word := add(word, 256) } {
                let low := or(or(mload(word), mload(add(word, 32))), or(mload(add(word, 64)), mload(add(word, 96))))
                let high := or(mload(add(word, 128)), mload(add(word, 160)))
                bits := or(bits, or(low, or(high, or(mload(add(word, 192)), mload(add(word, 224))))))
            }
            for {} lt(word, end) { word := add(word, 32) } { bits := or(bits, mload(word)) }
        }
    }
}
