// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice The account statements evaluated without a proof, in the integers of the circuits: a second implementation, and
/// what liquidation falls back to where nobody can prove.
interface INativeMargin {
    /// @notice [M-8] Largest cash in 1e-6 USD below which the account of an `insolvency` data vector is short in its row.
    /// The bound that the vector states is not read.
    function insolvencyBoundE6(uint256[] calldata d) external view returns (int256);

    /// @notice [M-7] Least cash in 1e-6 USD that covers the account of a `solvency` data vector in all 36 rows.
    function solvencyBoundE6(uint256[] calldata d) external view returns (int256);
}
