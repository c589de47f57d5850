// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INativeSlice} from "./INativeSlice.sol";
import {IPoseidon} from "./IPoseidon.sol";

/// @notice Slices without a proof: whoever opens the knots of a data vector has it checked here once, and the oracle then
/// stores the slice of that vector, good for liquidating alone. No prover is needed; the owner must have allowed it.
interface ISliceFallback {
    /// @notice The data vector of `count` listed strikes was checked; `id` = keccak256(count, d).
    event SliceChecked(bytes32 indexed id);

    /// @notice Native slices were allowed or refused.
    event NativeSlicesSet(bool allowed);

    /// @notice The data vector names another digest than that of the knots opened for it (zero: none were opened).
    error KnotsNotOpened(uint256 index, uint256 digest, uint256 opened);

    /// @notice The data vector names Greeks words, which nothing checks here.
    error UncheckedGreeks(uint256 digest);

    /// @notice Checks that a data vector of a slice circuit without Greeks words follows from the opened knots, and that these
    /// have the digests in it. Anyone, at any time: what is true stays true.
    function check(uint256[] calldata d, uint256 count, INativeSlice.Opening calldata opening) external;

    /// @notice Whether native slices are allowed and this one was checked.
    function holds(bytes32 id) external view returns (bool);

    /// @notice Whether native slices are allowed.
    function allowed() external view returns (bool);

    /// @notice Allows or refuses native slices; owner only.
    function setNativeSlices(bool allowed_) external;

    /// @notice Refuses native slices; guardian or owner.
    function stopNative() external;

    /// @notice The second implementation of the slice statement.
    function native() external view returns (INativeSlice);

    /// @notice Digests of knots.
    function poseidon() external view returns (IPoseidon);
}
