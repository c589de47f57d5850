// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Views of `IMarginEngine` and `IMarginRules` with the words of their structs as they come: a caller of these
/// contracts spares checks of the widths that they answer in.
interface IPlainReads {
    /// @notice `IMarginEngine.accountOf`.
    function accountOf(address account)
        external
        view
        returns (bytes32 stateHash, int256 cashE6, uint256 nonce, uint256 lastChangedAt, uint256 locked);

    /// @notice `IMarginRules.versionOf`.
    function versionOf(uint32 version) external view returns (uint256 data, uint256 activeFrom, uint256 usableUntil);
}
