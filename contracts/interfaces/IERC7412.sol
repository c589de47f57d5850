// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice On-demand off-chain data (ERC-7412, eips.ethereum.org/EIPS/eip-7412): a read reverts with what it needs, and a
/// client prepends the call that delivers it.
interface IERC7412 {
    /// @notice The read needs data that `oracleContract` takes, as `oracleQuery` describes it.
    error OracleDataRequired(address oracleContract, bytes oracleQuery);

    /// @notice Name of this oracle, by which a client finds the service that answers its queries.
    function oracleId() external view returns (bytes32);

    /// @notice Takes the answer to a query.
    function fulfillOracleQuery(bytes calldata signedOffchainData) external payable;
}
