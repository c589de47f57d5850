// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";
import {IOracleReader} from "../interfaces/IOracleReader.sol";
import {IPullOracle} from "../interfaces/IPullOracle.sol";
import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {MetricMath} from "../libraries/MetricMath.sol";

/// @title MetricFeed
/// @notice One metric of one market as an AggregatorV3 feed with eight decimals: spot, perpetual mark and forward in USD,
/// vol of a listed strike as a share a year.
/// @dev A round is the second in which its report was observed; only the newest one is kept. A vol is that which was last
/// brought to the pull oracle. Unreadable data reverts with the reader's error, as consumers of a feed expect.
contract MetricFeed is IAggregatorV3 {
    /// @notice What is read.
    enum Metric {
        Spot,
        PerpetualMark,
        Forward,
        Vol
    }

    /// @notice Another round than the newest one, or no data.
    error NoDataPresent(uint80 roundId);

    /// @notice A market or a strike that the metric does not have.
    error InvalidMetric(Metric metric, uint64 expiry, uint24 strikeTicks);

    /// @inheritdoc IAggregatorV3
    // forge-lint: disable-next-line(screaming-snake-case-const)
    uint8 public constant decimals = 8;

    /// @inheritdoc IAggregatorV3
    // forge-lint: disable-next-line(screaming-snake-case-const)
    uint256 public constant version = 1;

    IPullOracle public immutable pullOracle;
    IOracleReader public immutable reader;
    IRiskOracle public immutable oracle;
    Metric public immutable metric;
    bytes32 public immutable market;
    uint64 public immutable expiry;
    uint24 public immutable strikeTicks;

    /// @inheritdoc IAggregatorV3
    string public description;

    constructor(
        IRiskOracle oracle_,
        IOracleReader reader_,
        IPullOracle pullOracle_,
        Metric metric_,
        bytes32 market_,
        uint64 expiry_,
        uint24 strikeTicks_,
        string memory description_
    ) {
        bool hasExpiry = metric_ == Metric.Forward || metric_ == Metric.Vol;
        bool valid = hasExpiry == (expiry_ != 0) && (metric_ == Metric.Vol) == (strikeTicks_ != 0);
        if (!valid) revert InvalidMetric(metric_, expiry_, strikeTicks_);
        (oracle, reader, pullOracle) = (oracle_, reader_, pullOracle_);
        (metric, market, expiry, strikeTicks) = (metric_, market_, expiry_, strikeTicks_);
        description = description_;
    }

    /// @inheritdoc IAggregatorV3
    function getRoundData(uint80 roundId) external view returns (uint80, int256, uint256, uint256, uint80) {
        (int256 answer, uint64 observedAt) = _answer();
        if (roundId != observedAt) revert NoDataPresent(roundId);
        return (roundId, answer, observedAt, observedAt, roundId);
    }

    /// @inheritdoc IAggregatorV3
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        (int256 answer, uint64 observedAt) = _answer();
        return (observedAt, answer, observedAt, observedAt, observedAt);
    }

    function _answer() private view returns (int256 answer, uint64 observedAt) {
        uint64 value;
        if (metric == Metric.Spot) {
            (value, observedAt) = reader.getSpot(market);
            answer = MetricMath.dollarsE8(value);
        } else if (metric == Metric.PerpetualMark) {
            (value, observedAt) = reader.getPerpetualMarkNoOlderThan(market, type(uint256).max);
            answer = MetricMath.dollarsE8(value);
        } else if (metric == Metric.Forward) {
            (value, observedAt) = reader.getForward(market, expiry);
            answer = MetricMath.forwardE8(value, _tickE2());
        } else {
            IPullOracle.StoredVol memory stored = pullOracle.storedVol(market, expiry, strikeTicks);
            observedAt = stored.observedAt;
            answer = MetricMath.volE8(stored.totalVolQ32, expiry > observedAt ? expiry - observedAt : 0);
        }
        if (answer == 0) revert NoDataPresent(observedAt);
    }

    function _tickE2() private view returns (uint8) {
        uint64[] memory expiries = new uint64[](1);
        expiries[0] = expiry;
        return oracle.sliceFacts(market, expiries)[0].tickE2;
    }
}
