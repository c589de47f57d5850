// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice The circuits' Poseidon digest of a slice's knots, in plain Solidity.
interface IPoseidon {
    /// @notice No slice circuit's knots take this many elements.
    error UnsupportedLength(uint256 length);

    /// @notice Poseidon chain of the packed knots of a slice: 11, 16, 22 or 32 elements (32, 48, 64 or 96 knots). Refuses
    /// elements at or above the field's order: nothing but the elements themselves has their digest.
    function digest(uint256[] calldata elements) external view returns (uint256);
}
