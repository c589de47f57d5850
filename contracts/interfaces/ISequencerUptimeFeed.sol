// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Uptime of a rollup's sequencer, as Chainlink publishes it (docs.chain.link, L2 sequencer uptime feeds).
interface ISequencerUptimeFeed {
    /// @notice `answer` is 0 while the sequencer is up and 1 while it is down, since `startedAt` in Unix seconds.
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
