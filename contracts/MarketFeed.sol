// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Guarded} from "./governance/Guarded.sol";
import {IPublisherSet} from "./interfaces/IPublisherSet.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {ISequencerUptimeFeed} from "./interfaces/ISequencerUptimeFeed.sol";
import {ReportHash} from "./libraries/ReportHash.sol";
import {SpotMath} from "./libraries/SpotMath.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title MarketFeed
/// @notice What reports say of a market as a whole: spot, perpetual, funding, settlement prices, halts and limits.
abstract contract MarketFeed is IRiskOracle, Guarded {
    /// @notice How far a report may lie ahead of the block, in milliseconds.
    uint256 public constant CLOCK_TOLERANCE_MS = 15_000;

    /// @notice Seconds before an expiry over which its settlement price is averaged.
    uint256 public constant SETTLEMENT_WINDOW = 30 minutes;

    /// @notice Milliseconds after an end of that window within which its report is observed.
    uint256 public constant SETTLEMENT_TOLERANCE_MS = 60_000;

    /// @notice Seconds after an expiry without price from which the owner may name one.
    uint256 public constant SETTLEMENT_DELAY = 1 days;

    /// @notice Least milliseconds over which the spot's average is taken; at most twice as many.
    uint256 public constant AVERAGE_MS = 15 minutes * 1000;

    /// @notice Seconds after the sequencer's return in which nothing opens and nothing is liquidated.
    uint256 public constant SEQUENCER_GRACE = 10 minutes;

    uint256 private constant DEVIATES = 1 << 248;
    uint256 private constant HALTED = 1 << 249;
    uint256 private constant OBSERVED_BITS = 48;
    uint256 private constant ROUND_BITS = 56;
    uint256 private constant SPOT_SHIFT = OBSERVED_BITS + ROUND_BITS;

    /// @dev One market. `quotation`, from the lowest bit: observed at in milliseconds (48 bits), attempt (16), epoch (40),
    /// spot (64), perpetual mark (64), confidence (16), flags (8). `perpetual`: index (64), funding index (128). The spot's
    /// integral at two marks in time, replaced every 15 minutes: the earlier one starts the average.
    struct Feed {
        bytes32 digest;
        uint256 quotation;
        uint64 perpetualIndexE2;
        int128 fundingIndexE6;
        uint128 earlierCumulativeE2Ms;
        uint48 earlierMs;
        uint48 laterMs;
        uint128 laterCumulativeE2Ms;
    }

    /// @dev What makes a state besides an observation's time. `sequencerUp`: known; asked where nothing is too old anyway.
    struct Standing {
        bool halted;
        bool deviates;
        bool sequencerUp;
        uint256 maxAge;
        uint256 liquidationMaxAge;
    }

    /// @notice The limits.
    Limits public limits;

    /// @notice Who signs reports.
    IPublisherSet public immutable publisherSet;

    /// @notice Uptime feed of the chain's sequencer; zero: the chain has none.
    ISequencerUptimeFeed public immutable sequencerFeed;

    mapping(bytes32 market => Feed) private _feeds;

    /// @inheritdoc IRiskOracle
    mapping(bytes32 market => mapping(uint64 expiry => uint64)) public settlementPriceE2;

    constructor(address admin, IPublisherSet publisherSet_, ISequencerUptimeFeed sequencerFeed_) Guarded(admin) {
        (publisherSet, sequencerFeed) = (publisherSet_, sequencerFeed_);
        _setLimits(
            Limits({
                maxAge: 120,
                liquidationMaxAge: 600,
                spotDeviationE4: 2_000,
                volMoveE4: 3_000,
                volMovePerHourE4: 3_000,
                outsideShareE4: 5_000
            })
        );
    }

    /// @inheritdoc IRiskOracle
    function submitReport(Report calldata report, bytes calldata signatures) external {
        (, bool newer) = _useReport(report, signatures);
        if (!newer) revert NothingNewer(report.market, report.epoch);
    }

    /// @inheritdoc IRiskOracle
    function settle(
        bytes32 market,
        uint64 expiry,
        Report calldata first,
        bytes calldata firstSignatures,
        Report calldata last,
        bytes calldata lastSignatures
    ) external {
        if (expiry < SETTLEMENT_WINDOW) revert NoSettlementPrice(market, expiry);
        uint256 endMs = uint256(expiry) * 1000;
        uint256 startMs = endMs - SETTLEMENT_WINDOW * 1000;
        _requireSettling(market, startMs, first, firstSignatures);
        _requireSettling(market, endMs, last, lastSignatures);
        int256 integral = SpotMath.cumulativeAt(last, endMs) - SpotMath.cumulativeAt(first, startMs);
        // Below 2^130; the window is 1.8 million milliseconds.
        // forge-lint: disable-next-line(unsafe-typecast)
        int256 average = integral / int256(SETTLEMENT_WINDOW * 1000);
        if (average <= 0 || average > int256(uint256(type(uint64).max))) revert NoSettlementPrice(market, expiry);
        // forge-lint: disable-next-line(unsafe-typecast)
        _settle(market, expiry, uint64(uint256(average)));
    }

    /// @inheritdoc IRiskOracle
    function setSettlementPrice(bytes32 market, uint64 expiry, uint64 priceE2) external onlyOwner {
        uint256 earliest = uint256(expiry) + SETTLEMENT_DELAY;
        if (block.timestamp < earliest) revert SettlementTooEarly(expiry, earliest);
        if (priceE2 == 0) revert NoSettlementPrice(market, expiry);
        _settle(market, expiry, priceE2);
    }

    /// @inheritdoc IRiskOracle
    function setLimits(Limits calldata limits_) external onlyOwner {
        _setLimits(limits_);
    }

    /// @inheritdoc IRiskOracle
    function halt(bytes32 market) external onlyGuardian {
        _feeds[market].quotation |= HALTED;
        emit HaltSet(market, true);
    }

    /// @inheritdoc IRiskOracle
    function resume(bytes32 market) external onlyOwner {
        _feeds[market].quotation &= ~HALTED;
        emit HaltSet(market, false);
    }

    /// @inheritdoc IRiskOracle
    function newestReport(bytes32 market) external view returns (bytes32) {
        return _feeds[market].digest;
    }

    /// @inheritdoc IRiskOracle
    function marketFacts(bytes32 market) external view returns (MarketFacts memory facts) {
        Feed storage feed = _feeds[market];
        uint256 quotation = feed.quotation;
        // Each cast keeps the lowest bits of its field.
        // forge-lint: disable-start(unsafe-typecast)
        facts.observedAt = uint48(quotation) / 1000;
        facts.epoch = uint40(quotation >> (OBSERVED_BITS + 16));
        facts.spotE2 = uint64(quotation >> SPOT_SHIFT);
        facts.perpetualMarkE2 = uint64(quotation >> (SPOT_SHIFT + 64));
        facts.confidenceE4 = uint16(quotation >> (SPOT_SHIFT + 128));
        // forge-lint: disable-end(unsafe-typecast)
        (facts.perpetualIndexE2, facts.fundingIndexE6) = (feed.perpetualIndexE2, feed.fundingIndexE6);
        if (facts.observedAt != 0) facts.state = _stateAt(_standingOf(quotation), facts.observedAt);
    }

    /// @dev The digest of a report that enough publishers signed, and whether it is the newest: then it is remembered.
    function _useReport(Report calldata report, bytes calldata signatures)
        internal
        returns (bytes32 digest, bool newer)
    {
        digest = ReportHash.digest(report);
        Feed storage feed = _feeds[report.market];
        if (feed.digest == digest) return (digest, false);
        if (report.epoch > type(uint40).max) revert EpochTooWide(report.epoch);
        _requireSigned(report, digest, signatures);
        uint256 quotation = feed.quotation;
        // forge-lint: disable-next-line(unsafe-typecast)
        uint64 observedAtMs = uint48(quotation);
        uint256 round = (uint256(report.epoch) << 16) | report.attempt;
        // forge-lint: disable-next-line(unsafe-typecast)
        if (observedAtMs != 0 && round <= uint56(quotation >> OBSERVED_BITS)) return (digest, false);
        if (report.observedAtMs < observedAtMs) revert ObservedBeforeStored(report.observedAtMs, observedAtMs);
        _land(feed, report, digest, quotation);
        return (digest, true);
    }

    /// @dev How a market stands.
    function _standing(bytes32 market) internal view returns (Standing memory) {
        return _standingOf(_feeds[market].quotation);
    }

    /// @dev State by age, sequencer, halt and deviation.
    function _stateAt(Standing memory standing, uint256 observedAt) internal view returns (State) {
        if (standing.halted) return State.Halted;
        unchecked {
            // An age has 32 bits, the time of observation 48 at most.
            if (block.timestamp > observedAt + standing.liquidationMaxAge) return State.Stale;
            if (!standing.sequencerUp) {
                if (!_sequencerUp()) return State.Stale;
                standing.sequencerUp = true;
            }
            bool limited = block.timestamp > observedAt + standing.maxAge || standing.deviates;
            return limited ? State.LiquidateOnly : State.Fresh;
        }
    }

    function _land(Feed storage feed, Report calldata report, bytes32 digest, uint256 quotation) private {
        feed.digest = digest;
        bool moved = _deviates(feed, report);
        uint64 observedAtMs = report.observedAtMs;
        uint256 round = (uint256(report.epoch) << 16) | report.attempt;
        feed.quotation = observedAtMs | (round << OBSERVED_BITS) | (uint256(report.spotE2) << SPOT_SHIFT)
            | (uint256(report.perpetualMarkE2) << (SPOT_SHIFT + 64))
            | (uint256(report.confidenceE4) << (SPOT_SHIFT + 128)) | (quotation & HALTED) | (moved ? DEVIATES : 0);
        // forge-lint: disable-next-line(unsafe-typecast)
        int128 fundingIndexE6 = _fund(feed, report, uint48(quotation));
        emit ReportLanded(
            report.market,
            report.epoch,
            report.attempt,
            digest,
            observedAtMs,
            report.spotE2,
            report.cumulativeSpotE2Ms,
            fundingIndexE6,
            moved
        );
    }

    /// @dev Moves the funding index on from the report of `beforeMs`; zero: there was none.
    function _fund(Feed storage feed, Report calldata report, uint256 beforeMs)
        private
        returns (int128 fundingIndexE6)
    {
        (uint64 markE2, uint64 indexE2) = (report.perpetualMarkE2, report.perpetualIndexE2);
        int256 owed = SpotMath.fundingE6(markE2, indexE2, beforeMs == 0 ? 0 : report.observedAtMs - beforeMs);
        fundingIndexE6 = SafeCast.toInt128(feed.fundingIndexE6 + owed);
        (feed.perpetualIndexE2, feed.fundingIndexE6) = (indexE2, fundingIndexE6);
    }

    /// @dev Whether the spot deviates from its average; moves the average's start on.
    function _deviates(Feed storage feed, Report calldata report) private returns (bool) {
        (uint256 earlierMs, uint256 laterMs) = (feed.earlierMs, feed.laterMs);
        uint256 earlierCumulativeE2Ms = feed.earlierCumulativeE2Ms;
        if (report.observedAtMs >= laterMs + AVERAGE_MS) {
            bool first = laterMs == 0;
            (earlierCumulativeE2Ms, earlierMs) =
                first ? (report.cumulativeSpotE2Ms, report.observedAtMs) : (feed.laterCumulativeE2Ms, laterMs);
            // Integrals have 128 bits; times are not after the block's, which has 48 in milliseconds for 8,900 years.
            // forge-lint: disable-start(unsafe-typecast)
            (feed.earlierCumulativeE2Ms, feed.earlierMs) = (uint128(earlierCumulativeE2Ms), uint48(earlierMs));
            (feed.laterCumulativeE2Ms, feed.laterMs) = (report.cumulativeSpotE2Ms, uint48(report.observedAtMs));
            // forge-lint: disable-end(unsafe-typecast)
        }
        return SpotMath.deviates(report, earlierCumulativeE2Ms, earlierMs, limits.spotDeviationE4);
    }

    function _setLimits(Limits memory limits_) private {
        if (limits_.maxAge == 0 || limits_.maxAge > limits_.liquidationMaxAge) revert InvalidLimits();
        limits = limits_;
        emit LimitsSet(limits_);
    }

    function _settle(bytes32 market, uint64 expiry, uint64 priceE2) private {
        if (settlementPriceE2[market][expiry] != 0) revert SettlementKnown(market, expiry);
        settlementPriceE2[market][expiry] = priceE2;
        emit Settled(market, expiry, priceE2);
    }

    function _requireSettling(bytes32 market, uint256 endMs, Report calldata report, bytes calldata signatures)
        private
        view
    {
        if (report.market != market) revert WrongMarket(report.market, market);
        uint256 observedAtMs = report.observedAtMs;
        if (observedAtMs < endMs || observedAtMs > endMs + SETTLEMENT_TOLERANCE_MS) {
            revert OutsideSettlementWindow(report.observedAtMs, endMs);
        }
        _requireSigned(report, ReportHash.digest(report), signatures);
    }

    /// @dev Not ahead of the block, and signed by a quorum.
    function _requireSigned(Report calldata report, bytes32 digest, bytes calldata signatures) private view {
        uint256 latestMs = block.timestamp * 1000 + CLOCK_TOLERANCE_MS;
        if (report.observedAtMs > latestMs) revert ReportFromFuture(report.observedAtMs, latestMs);
        publisherSet.requireQuorum(digest, report.setVersion, signatures);
    }

    /// @dev How a market of this quotation stands.
    function _standingOf(uint256 quotation) private view returns (Standing memory standing) {
        (standing.maxAge, standing.liquidationMaxAge) = (limits.maxAge, limits.liquidationMaxAge);
        (standing.halted, standing.deviates) = (quotation & HALTED != 0, quotation & DEVIATES != 0);
    }

    /// @dev True where there is no feed, or the sequencer has been up for the grace.
    function _sequencerUp() private view returns (bool) {
        if (address(sequencerFeed) == address(0)) return true;
        (, int256 down, uint256 startedAt,,) = sequencerFeed.latestRoundData();
        return down == 0 && startedAt != 0 && block.timestamp >= startedAt + SEQUENCER_GRACE;
    }
}
