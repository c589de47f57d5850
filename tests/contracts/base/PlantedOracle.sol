// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RiskOracle} from "../../../contracts/RiskOracle.sol";
import {IListingRegistry} from "../../../contracts/interfaces/IListingRegistry.sol";
import {IPublisherSet} from "../../../contracts/interfaces/IPublisherSet.sol";
import {ISequencerUptimeFeed} from "../../../contracts/interfaces/ISequencerUptimeFeed.sol";
import {ISliceFallback} from "../../../contracts/interfaces/ISliceFallback.sol";
import {IVerifierRegistry} from "../../../contracts/interfaces/IVerifierRegistry.sol";
import {SliceRecord} from "../../../contracts/libraries/SliceRecord.sol";

/// @notice A quorum of publishers behind every report.
contract AnySigners {
    function requireQuorum(bytes32, uint32, bytes calldata) external pure {}
}

/// @notice The product's oracle, whose slices a test writes as a submission leaves them, by the functions of MockRiskOracle.
/// Every view is the product's own; states follow from what is stored.
contract PlantedOracle is RiskOracle {
    bytes32 private immutable _market;

    constructor(bytes32 market)
        RiskOracle(
            msg.sender,
            IVerifierRegistry(address(0)),
            IListingRegistry(address(0)),
            IPublisherSet(address(new AnySigners())),
            ISequencerUptimeFeed(address(0)),
            ISliceFallback(address(0))
        )
    {
        _market = market;
    }

    /// @notice Stores a slice with proven calendar conditions and no flag; `facts.state` is not read.
    function setSlice(uint64 expiry, SliceFacts calldata facts) external {
        SliceRecord.Record storage record = _records[_market][expiry];
        uint256 place = SliceRecord.placeOf(facts.listing, facts.count, facts.tickE2);
        uint256 known = record.place;
        if (known == 0) {
            _insert(_market, expiry, place);
        } else {
            record.place = SliceRecord.withNeighbours(place, SliceRecord.earlierOf(known), SliceRecord.laterOf(known));
        }
        uint256 word = SliceRecord.withTimes(
            SliceRecord.roundWord(1, 0), facts.observedAt, facts.previousObservedAt, facts.replacedAt
        );
        word = SliceRecord.withReview(word, 60_000 << 16, 0, facts.count) | SliceRecord.volInPlace(600_000);
        word |= SliceRecord.inPlace(SliceRecord.nextFlags(record.meta));
        record.meta = word;
        uint256 newest = SliceRecord.newestOf(word);
        (record.marginHashes[newest], record.marginHashes[1 - newest]) = (facts.marginHash, facts.previousMarginHash);
        record.knotsDigest = uint256(facts.marginHash) >> 8;
        _prove(SliceRecord.earlierOf(record.place), expiry);
        _prove(expiry, SliceRecord.laterOf(record.place));
    }

    /// @notice Lands a report of a spot that has always been the perpetual's mark; of the next epoch at least.
    function setMarket(MarketFacts calldata facts) external {
        Report memory report;
        uint64 next = this.marketFacts(_market).epoch + 1;
        (report.market, report.epoch) = (_market, facts.epoch > next ? facts.epoch : next);
        (report.observedAtMs, report.confidenceE4) = (facts.observedAt * 1000, facts.confidenceE4);
        (report.spotE2, report.perpetualMarkE2) = (facts.perpetualMarkE2, facts.perpetualMarkE2);
        report.perpetualIndexE2 = facts.perpetualMarkE2;
        report.cumulativeSpotE2Ms = uint128(report.spotE2) * report.observedAtMs;
        this.submitReport(report, "");
    }

    /// @notice Fixes a settlement price.
    function setSettlement(uint64 expiry, uint64 priceE2) external {
        settlementPriceE2[_market][expiry] = priceE2;
    }

    /// @dev The calendar condition of a pair, where both are expiries.
    function _prove(uint256 earlier, uint256 later) private {
        if (earlier == 0 || later == 0) return;
        mapping(uint256 expiry => SliceRecord.Record) storage records = _records[_market];
        (uint256 first, uint256 second) = (records[earlier].meta, records[later].meta);
        records[earlier].meta = SliceRecord.withCalendar(first, SliceRecord.LATER_SHIFT, Calendar.Proven);
        records[later].meta = SliceRecord.withCalendar(second, SliceRecord.EARLIER_SHIFT, Calendar.Proven);
    }
}
