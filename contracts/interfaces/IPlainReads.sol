// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice A view of `IMarginEngine` with the words of its struct as they come: spares a caller checks of their widths.
interface IPlainReads {
    /// @notice `IMarginEngine.accountOf`.
    function accountOf(address account)
        external
        view
        returns (bytes32 stateHash, int256 cashE6, uint256 nonce, uint256 lastChangedAt, uint256 locked);
}
