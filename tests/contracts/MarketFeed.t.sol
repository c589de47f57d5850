// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPublisherSet} from "../../contracts/interfaces/IPublisherSet.sol";
import {IReports} from "../../contracts/interfaces/IReports.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {ISequencerUptimeFeed} from "../../contracts/interfaces/ISequencerUptimeFeed.sol";
import {SpotMath} from "../../contracts/libraries/SpotMath.sol";
import {OracleFixture} from "./base/OracleFixture.sol";
import {SliceBuilder} from "./base/SliceBuilder.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

/// @notice A sequencer that a test takes down and brings back.
contract Sequencer is ISequencerUptimeFeed {
    int256 public down;
    uint256 public since = 1;

    function set(int256 down_, uint256 since_) external {
        (down, since) = (down_, since_);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (1, down, since, since, 1);
    }
}

/// @notice What reports say of a market as a whole.
contract MarketFeedTest is OracleFixture {
    bytes32 private constant OTHER = "ETH-USD";

    Sequencer private sequencer;

    function sequencerFeed() internal override returns (ISequencerUptimeFeed) {
        sequencer = new Sequencer();
        return sequencer;
    }

    function test_a_report_without_slices_lands_and_is_remembered() public {
        IReports.Report memory report = _report(3);
        _land(report);
        vm.assertEq(oracle.newestReport(MARKET), publisherSet.reportDigest(report), "digest");
        IRiskOracle.MarketFacts memory facts = oracle.marketFacts(MARKET);
        vm.assertEq(uint256(facts.epoch), 3, "epoch");
        vm.assertEq(uint256(facts.observedAt), NOW, "observed at");
        vm.assertEq(uint256(facts.spotE2), 6_000_000, "spot");
        vm.assertEq(uint256(facts.perpetualMarkE2), 6_000_000, "mark");
        vm.assertEq(uint256(facts.perpetualIndexE2), 6_000_000, "index");
        vm.assertEq(uint256(facts.confidenceE4), 0, "confidence");
        vm.assertTrue(facts.state == IRiskOracle.State.Fresh, "fresh");
    }

    function test_the_newest_report_needs_no_signatures_again_for_its_slices() public {
        IReports.Report memory report = reportOf(3, provenPair());
        oracle.submitReport(report, signaturesOf(report));
        oracle.submit(report, "", updatesOf(report, provenPair()));
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Fresh, "stored");
    }

    function test_the_same_report_again_reverts_with_NothingNewer() public {
        IReports.Report memory report = _report(3);
        bytes memory signatures = signaturesOf(report);
        oracle.submitReport(report, signatures);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.NothingNewer.selector, MARKET, 3));
        oracle.submitReport(report, signatures);
    }

    function test_a_later_attempt_of_the_same_epoch_is_newer_and_an_earlier_one_is_not() public {
        IReports.Report memory report = _report(3);
        report.attempt = 2;
        _land(report);
        report.attempt = 3;
        report.spotE2 = 6_000_100;
        _land(report);
        vm.assertEq(uint256(oracle.marketFacts(MARKET).spotE2), 6_000_100, "replaced");
        report.attempt = 1;
        bytes memory signatures = signaturesOf(report);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.NothingNewer.selector, MARKET, 3));
        oracle.submitReport(report, signatures);
    }

    function test_an_epoch_beyond_forty_bits_reverts_with_EpochTooWide() public {
        IReports.Report memory report = _report(1 << 40);
        bytes memory signatures = signaturesOf(report);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.EpochTooWide.selector, 1 << 40));
        oracle.submitReport(report, signatures);
        _land(_report((1 << 40) - 1));
        vm.assertEq(uint256(oracle.marketFacts(MARKET).epoch), (1 << 40) - 1, "greatest epoch");
    }

    function test_the_greatest_prices_of_a_report_are_kept_exactly() public {
        IReports.Report memory report = _report(1);
        (report.spotE2, report.perpetualMarkE2) = (type(uint64).max, type(uint64).max - 1);
        (report.perpetualIndexE2, report.confidenceE4) = (type(uint64).max - 2, type(uint16).max);
        (report.attempt, report.cumulativeSpotE2Ms) = (type(uint16).max, type(uint128).max);
        _land(report);
        IRiskOracle.MarketFacts memory facts = oracle.marketFacts(MARKET);
        vm.assertEq(uint256(facts.spotE2), type(uint64).max, "spot");
        vm.assertEq(uint256(facts.perpetualMarkE2), type(uint64).max - 1, "mark");
        vm.assertEq(uint256(facts.perpetualIndexE2), type(uint64).max - 2, "index");
        vm.assertEq(uint256(facts.confidenceE4), type(uint16).max, "confidence");
        vm.assertTrue(facts.state == IRiskOracle.State.Fresh, "no flag is touched");
    }

    function test_funding_follows_the_premium_up_to_half_a_percent_and_an_hour() public {
        _land(_report(1));
        vm.warp(NOW + 60);
        IReports.Report memory report = _report(2);
        report.perpetualMarkE2 = 6_012_000;
        _land(report);
        // 120 dollars x 60 s / 8 hours.
        vm.assertEq(int256(oracle.marketFacts(MARKET).fundingIndexE6), 250_000, "a quarter of a dollar");
        vm.warp(NOW + 60 + 28_800);
        report = _report(3);
        report.perpetualMarkE2 = 5_000_000;
        _land(report);
        // At most 300 dollars, for an hour alone.
        int256 owed = 250_000 - 37_500_000;
        vm.assertEq(int256(oracle.marketFacts(MARKET).fundingIndexE6), owed, "capped in size and in time");
        vm.warp(NOW + 120 + 28_800);
        report = _report(4);
        report.perpetualMarkE2 = 0;
        _land(report);
        vm.assertEq(int256(oracle.marketFacts(MARKET).fundingIndexE6), owed, "no mark, no funding");
    }

    function testFuzz_funding_is_odd_in_the_premium_and_bounded(uint64 markE2, uint64 indexE2, uint64 elapsedMs)
        public
        pure
    {
        int256 owed = SpotMath.fundingE6(markE2, indexE2, elapsedMs);
        uint256 size = SignedMath.abs(owed);
        vm.assertLe(size, uint256(indexE2) / 200 * 1e4 / 8, "half a percent for an eighth of the period");
        vm.assertTrue(owed == 0 || (owed > 0) == (markE2 > indexE2), "longs pay above the index");
    }

    function test_a_spot_far_from_its_signed_average_permits_liquidation_alone() public {
        submit(1, provenPair());
        vm.warp(NOW + 60);
        IReports.Report memory report = reportOf(2, provenPair());
        // The average since the first report is that of the old spot.
        report.cumulativeSpotE2Ms = uint128(6_000_000) * report.observedAtMs;
        report.spotE2 = 7_200_000;
        _submit(report);
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Fresh, "a fifth is the limit");
        vm.warp(NOW + 75);
        report.epoch = 3;
        report.observedAtMs = uint64(block.timestamp) * 1000 + 999;
        report.cumulativeSpotE2Ms = uint128(6_000_000) * report.observedAtMs;
        report.spotE2 = 7_200_001;
        _submit(report);
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.LiquidateOnly, "further");
        vm.assertTrue(oracle.marketFacts(MARKET).state == IRiskOracle.State.LiquidateOnly, "and the market");
        vm.warp(NOW + 90);
        submit(4, provenPair());
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Fresh, "back");
    }

    function test_an_integral_that_falls_permits_liquidation_alone() public {
        submit(1, provenPair());
        vm.warp(NOW + 60);
        IReports.Report memory report = reportOf(2, provenPair());
        report.cumulativeSpotE2Ms = 1;
        _submit(report);
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.LiquidateOnly, "no average");
    }

    function test_the_average_spans_a_quarter_to_half_an_hour() public {
        submit(1, provenPair());
        // The average starts at the first report until the second mark is a quarter of an hour old.
        vm.warp(NOW + 900);
        submit(2, provenPair());
        vm.warp(NOW + 1_799);
        submit(3, provenPair());
        vm.warp(NOW + 1_800);
        IReports.Report memory report = reportOf(4, provenPair());
        // Since NOW + 900 the signed spot was 3 million; since NOW it was 4.5 million.
        report.cumulativeSpotE2Ms = uint128(6_000_000) * ((NOW + 900) * 1000 + 999) + uint128(3_000_000) * 900_000;
        report.spotE2 = 3_600_000;
        _submit(report);
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Fresh, "against the newer start");
    }

    function test_while_the_sequencer_is_down_and_ten_minutes_after_everything_is_stale() public {
        submit(1, provenPair());
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Fresh, "up");
        sequencer.set(1, NOW);
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Stale, "down");
        sequencer.set(0, NOW);
        vm.warp(NOW + 599);
        submit(2, provenPair());
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Stale, "grace");
        vm.assertTrue(oracle.marketFacts(MARKET).state == IRiskOracle.State.Stale, "and the market");
        vm.warp(NOW + 600);
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Fresh, "over");
        sequencer.set(0, 0);
        vm.assertTrue(oracle.stateOf(MARKET, FIRST) == IRiskOracle.State.Stale, "an unset feed tells nothing");
    }

    function test_the_settlement_price_is_the_average_of_the_half_hour_before_the_expiry() public {
        (IReports.Report memory first, IReports.Report memory last) = _settling();
        vm.warp(FIRST + 4);
        bytes memory one = signaturesOf(first);
        bytes memory two = signaturesOf(last);
        uint256 latestMs = uint256(FIRST + 19) * 1000;
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.ReportFromFuture.selector, (FIRST + 20) * 1000, latestMs));
        oracle.settle(MARKET, FIRST, first, one, last, two);
        vm.warp(FIRST + 60);
        oracle.settle(MARKET, FIRST, first, one, last, two);
        // 20 minutes at 60,000 and 10 minutes at 63,000 dollars; the seconds after both ends are carried back.
        vm.assertEq(uint256(oracle.settlementPriceE2(MARKET, FIRST)), 6_100_000, "price");
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.SettlementKnown.selector, MARKET, FIRST));
        oracle.settle(MARKET, FIRST, first, one, last, two);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.NoSettlementPrice.selector, MARKET, 1_799));
        oracle.settle(MARKET, 1_799, first, one, last, two);
    }

    function test_reports_off_the_ends_of_the_window_revert_with_OutsideSettlementWindow() public {
        vm.warp(FIRST + 120);
        uint64[4] memory shifts = [uint64(0), 0, 61_000, 61_000];
        for (uint256 i = 0; i < 4; ++i) {
            (IReports.Report memory first, IReports.Report memory last) = _settling();
            IReports.Report memory moved = i % 2 == 0 ? first : last;
            uint64 endMs = i % 2 == 0 ? (FIRST - 1_800) * 1000 : FIRST * 1000;
            moved.observedAtMs = shifts[i] == 0 ? endMs - 1 : endMs + shifts[i];
            (bytes memory one, bytes memory two) = (signaturesOf(first), signaturesOf(last));
            bytes memory refusal =
                abi.encodeWithSelector(IRiskOracle.OutsideSettlementWindow.selector, moved.observedAtMs, endMs);
            vm.expectRevert(refusal);
            oracle.settle(MARKET, FIRST, first, one, last, two);
        }
    }

    function test_reports_of_another_market_or_unsigned_settle_nothing() public {
        vm.warp(FIRST + 60);
        (IReports.Report memory first, IReports.Report memory last) = _settling();
        (bytes memory one, bytes memory two) = (signaturesOf(first), signaturesOf(last));
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.WrongMarket.selector, MARKET, OTHER));
        oracle.settle("ETH-USD", FIRST, first, one, last, two);
        last.spotE2 += 1;
        vm.expectPartialRevert(IPublisherSet.UnknownSigner.selector);
        oracle.settle(MARKET, FIRST, first, one, last, two);
    }

    function test_an_average_that_is_no_price_reverts_with_NoSettlementPrice() public {
        vm.warp(FIRST + 60);
        (IReports.Report memory first, IReports.Report memory last) = _settling();
        last.cumulativeSpotE2Ms = first.cumulativeSpotE2Ms;
        (bytes memory one, bytes memory two) = (signaturesOf(first), signaturesOf(last));
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.NoSettlementPrice.selector, MARKET, FIRST));
        oracle.settle(MARKET, FIRST, first, one, last, two);
        last.cumulativeSpotE2Ms = type(uint128).max;
        two = signaturesOf(last);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.NoSettlementPrice.selector, MARKET, FIRST));
        oracle.settle(MARKET, FIRST, first, one, last, two);
    }

    function test_the_owner_names_a_missing_price_a_day_later_and_no_other() public {
        vm.warp(FIRST + 1 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.SettlementTooEarly.selector, FIRST, FIRST + 1 days));
        oracle.setSettlementPrice(MARKET, FIRST, 1);
        vm.warp(FIRST + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.NoSettlementPrice.selector, MARKET, FIRST));
        oracle.setSettlementPrice(MARKET, FIRST, 0);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(7)));
        vm.prank(address(7));
        oracle.setSettlementPrice(MARKET, FIRST, 1);
        oracle.setSettlementPrice(MARKET, FIRST, 5_900_000);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.SettlementKnown.selector, MARKET, FIRST));
        oracle.setSettlementPrice(MARKET, FIRST, 1);
        vm.assertEq(uint256(oracle.settlementPriceE2(MARKET, FIRST)), 5_900_000, "named once");
    }

    function test_limits_that_contradict_revert_with_InvalidLimits() public {
        vm.expectRevert(IRiskOracle.InvalidLimits.selector);
        oracle.setLimits(IRiskOracle.Limits(0, 600, 1, 1, 1, 1));
        vm.expectRevert(IRiskOracle.InvalidLimits.selector);
        oracle.setLimits(IRiskOracle.Limits(601, 600, 1, 1, 1, 1));
    }

    function test_a_halt_survives_newer_reports() public {
        submit(1, provenPair());
        oracle.halt(MARKET);
        vm.warp(NOW + 15);
        submit(2, provenPair());
        vm.assertTrue(oracle.marketFacts(MARKET).state == IRiskOracle.State.Halted, "halted");
        oracle.resume(MARKET);
        vm.assertTrue(oracle.marketFacts(MARKET).state == IRiskOracle.State.Fresh, "resumed");
    }

    /// @dev 60,000 dollars until ten minutes before the expiry, 63,000 from then on; both reports 20 s late.
    function _settling() private view returns (IReports.Report memory first, IReports.Report memory last) {
        (first, last) = (_report(8), _report(9));
        first.observedAtMs = (FIRST - 1_780) * 1000;
        first.cumulativeSpotE2Ms = 1e18 + 20_000 * 6_000_000;
        last.observedAtMs = (FIRST + 20) * 1000;
        last.spotE2 = 6_300_000;
        last.cumulativeSpotE2Ms = 1e18 + 1_200_000 * 6_000_000 + 620_000 * 6_300_000;
    }

    function _report(uint64 epoch) private view returns (IReports.Report memory) {
        return reportOf(epoch, new SliceBuilder.Spec[](0));
    }

    function _land(IReports.Report memory report) private {
        oracle.submitReport(report, signaturesOf(report));
    }

    function _submit(IReports.Report memory report) private {
        oracle.submit(report, signaturesOf(report), updatesOf(report, provenPair()));
    }
}
