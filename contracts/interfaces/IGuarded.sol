// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice A contract with a guardian: a role that can reduce risk at once and restore nothing.
interface IGuarded {
    /// @notice The guardian changed; the zero address is nobody.
    event GuardianSet(address guardian);

    /// @notice The caller is neither guardian nor owner.
    error NotGuardian(address caller);

    /// @notice Who may reduce risk besides the owner.
    function guardian() external view returns (address);

    /// @notice Sets the guardian; owner only.
    function setGuardian(address guardian_) external;
}
