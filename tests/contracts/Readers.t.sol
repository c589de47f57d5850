// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC7412} from "../../contracts/interfaces/IERC7412.sol";
import {IOracleReader} from "../../contracts/interfaces/IOracleReader.sol";
import {IPullOracle} from "../../contracts/interfaces/IPullOracle.sol";
import {IReports} from "../../contracts/interfaces/IReports.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {GreeksMath} from "../../contracts/libraries/GreeksMath.sol";
import {MetricMath} from "../../contracts/libraries/MetricMath.sol";
import {MetricFeed} from "../../contracts/readers/MetricFeed.sol";
import {OracleReader} from "../../contracts/readers/OracleReader.sol";
import {PullOracle} from "../../contracts/readers/PullOracle.sol";
import {Option} from "../../contracts/statements/Option.sol";
import {Slice} from "../../contracts/statements/Slice.sol";
import {OracleFixture} from "./base/OracleFixture.sol";
import {SliceBuilder} from "./base/SliceBuilder.sol";

/// @notice What other contracts read: numbers, feeds, pulled data and proven options.
contract ReadersTest is OracleFixture {
    using SliceBuilder for SliceBuilder.Spec;

    bytes32 private constant UNKNOWN = "X";
    bytes32 private constant ID = "zkrisk";

    OracleReader private reader;
    PullOracle private pull;

    function setUp() public {
        reader = new OracleReader(oracle, registry);
        pull = new PullOracle(oracle, reader);
        submit(1, provenPair());
    }

    function test_spot_confidence_forward_and_vol_are_those_of_the_newest_report_and_slice() public {
        vm.warp(NOW + 30);
        IReports.Report memory report = reportOf(2, provenPair());
        (report.spotE2, report.confidenceE4, report.perpetualMarkE2) = (6_000_100, 25, 6_001_000);
        oracle.submit(report, signaturesOf(report), updatesOf(report, provenPair()));
        (uint64 spotE2, uint64 observedAt) = reader.getSpot(MARKET);
        vm.assertEq(uint256(spotE2), 6_000_100, "spot");
        vm.assertEq(uint256(observedAt), NOW + 30, "observed at");
        (uint16 confidenceE4,) = reader.getConfidence(MARKET);
        vm.assertEq(uint256(confidenceE4), 25, "confidence");
        (uint64 markE2,) = reader.getPerpetualMarkNoOlderThan(MARKET, 1);
        vm.assertEq(uint256(markE2), 6_001_000, "mark");
        (uint64 forwardQ16,) = reader.getForward(MARKET, SECOND);
        vm.assertEq(uint256(forwardQ16), 60_000 << 16, "forward");
        (uint64 vol,) = reader.getVol(MARKET, 60_000, SliceBuilder.calm(SECOND).margin());
        vm.assertEq(uint256(vol), (1 << 30) + 2, "third strike");
    }

    function test_what_is_older_than_the_reader_accepts_reverts_with_TooOld() public {
        IRiskOracle.MarginSlice memory slice = SliceBuilder.calm(SECOND).margin();
        vm.warp(NOW + 60);
        reader.getSpotNoOlderThan(MARKET, 60);
        reader.getForwardNoOlderThan(MARKET, SECOND, 60);
        reader.getVolNoOlderThan(MARKET, 60_000, slice, 60);
        bytes memory refusal = abi.encodeWithSelector(IOracleReader.TooOld.selector, NOW, 59);
        vm.expectRevert(refusal);
        reader.getSpotNoOlderThan(MARKET, 59);
        vm.expectRevert(refusal);
        reader.getForwardNoOlderThan(MARKET, SECOND, 59);
        vm.expectRevert(refusal);
        reader.getVolNoOlderThan(MARKET, 60_000, slice, 59);
        vm.warp(NOW - 5);
        reader.getSpotNoOlderThan(MARKET, 0);
    }

    function test_missing_stale_and_halted_data_is_not_read() public {
        vm.expectRevert(abi.encodeWithSelector(IOracleReader.SliceNotReadable.selector, THIRD, IRiskOracle.State.None));
        reader.getForward(MARKET, THIRD);
        vm.expectRevert(
            abi.encodeWithSelector(IOracleReader.MarketNotReadable.selector, UNKNOWN, IRiskOracle.State.None)
        );
        reader.getSpot(UNKNOWN);
        vm.warp(NOW + 601);
        _expectUnreadable(IRiskOracle.State.Stale);
        vm.warp(NOW);
        oracle.halt(MARKET);
        _expectUnreadable(IRiskOracle.State.Halted);
        oracle.resume(MARKET);
        reader.getForward(MARKET, FIRST);
    }

    function test_words_that_are_not_stored_and_strikes_that_are_not_listed_are_refused() public {
        IRiskOracle.MarginSlice memory slice = SliceBuilder.calm(SECOND).margin();
        vm.expectRevert(abi.encodeWithSelector(IOracleReader.StrikeNotListed.selector, SECOND, 60_001));
        reader.getVol(MARKET, 60_001, slice);
        slice.results[0] ^= 1;
        vm.expectPartialRevert(IRiskOracle.UnknownSliceWords.selector);
        reader.getVol(MARKET, 60_000, slice);
    }

    function test_an_option_proof_gives_price_and_greeks_of_the_stored_slice() public {
        (IOracleReader.OptionClaim memory claim, IOracleReader.OptionProof memory proof) = _option(60_000 << 16);
        (GreeksMath.OptionGreeks memory greeks, uint64 observedAt) =
            reader.getOption(MARKET, FIRST, false, claim, proof, 60);
        vm.assertEq(uint256(observedAt), NOW, "observed at");
        vm.assertEq(greeks.priceE6, 2_500e6, "2500 ticks of a dollar");
        vm.assertEq(greeks.deltaE9, int256(500_000_000), "a half");
        (greeks,) = reader.getOption(MARKET, FIRST, true, claim, proof, 60);
        vm.assertEq(greeks.priceE6, 3_500e6, "the put by parity");
    }

    function test_an_option_proof_for_another_forward_strike_slice_or_circuit_is_refused() public {
        (IOracleReader.OptionClaim memory claim, IOracleReader.OptionProof memory proof) = _option(60_001 << 16);
        bytes memory refusal =
            abi.encodeWithSelector(IOracleReader.InvalidOptionProof.selector, Option.CIRCUIT_32, FIRST, 61_000);
        vm.expectRevert(refusal);
        reader.getOption(MARKET, FIRST, false, claim, proof, 60);
        (claim, proof) = _option(60_000 << 16);
        claim.callQ53 += 1;
        vm.expectRevert(refusal);
        reader.getOption(MARKET, FIRST, false, claim, proof, 60);
        claim.callQ53 -= 1;
        vm.expectRevert(
            abi.encodeWithSelector(IOracleReader.InvalidOptionProof.selector, Option.CIRCUIT_32, SECOND, 61_000)
        );
        reader.getOption(MARKET, SECOND, false, claim, proof, 60);
        proof.circuitId = "slice_32_16";
        vm.expectRevert(abi.encodeWithSelector(IOracleReader.UnsupportedCircuit.selector, Slice.CIRCUIT_32_16));
        reader.getOption(MARKET, FIRST, false, claim, proof, 60);
    }

    function test_feeds_show_spot_mark_forward_and_vol_with_eight_decimals() public {
        _expectAnswer(_feed(MetricFeed.Metric.Spot, 0, 0), 60_000e8);
        _expectAnswer(_feed(MetricFeed.Metric.PerpetualMark, 0, 0), 60_000e8);
        _expectAnswer(_feed(MetricFeed.Metric.Forward, SECOND, 0), 60_000e8);
        MetricFeed vol = _feed(MetricFeed.Metric.Vol, SECOND, 60_000);
        vm.expectRevert(abi.encodeWithSelector(MetricFeed.NoDataPresent.selector, 0));
        vol.latestRoundData();
        pull.fulfillOracleQuery(_volData(60_000));
        // 0.25 over two million seconds.
        _expectAnswer(vol, MetricMath.volE8((1 << 30) + 2, 2_000_000));
        vm.assertEq(uint256(vol.decimals()), 8, "decimals");
        vm.assertEq(vol.version(), 1, "version");
    }

    function test_another_round_than_the_newest_reverts_with_NoDataPresent() public {
        MetricFeed feed = _feed(MetricFeed.Metric.Spot, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(MetricFeed.NoDataPresent.selector, NOW - 1));
        feed.getRoundData(NOW - 1);
        (, int256 answer,,,) = feed.getRoundData(NOW);
        vm.assertEq(answer, int256(60_000e8), "the newest");
    }

    function test_a_metric_without_its_expiry_or_strike_reverts_with_InvalidMetric() public {
        MetricFeed.Metric[4] memory metrics =
            [MetricFeed.Metric.Spot, MetricFeed.Metric.Forward, MetricFeed.Metric.Forward, MetricFeed.Metric.Vol];
        uint64[4] memory expiries = [FIRST, 0, FIRST, FIRST];
        uint24[4] memory strikes = [uint24(0), 0, 60_000, 0];
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(MetricFeed.InvalidMetric.selector, metrics[i], expiries[i], strikes[i])
            );
            new MetricFeed(oracle, reader, pull, metrics[i], MARKET, expiries[i], strikes[i], "");
        }
    }

    function testFuzz_eight_decimals_lose_less_than_one_unit(uint64 valueE2, uint40 forwardQ16, uint8 tickE2)
        public
        pure
    {
        vm.assertEq(MetricMath.dollarsE8(valueE2), int256(uint256(valueE2)) * 1e6, "dollars");
        int256 exact = int256(uint256(forwardQ16)) * int256(uint256(tickE2)) * 1e6;
        int256 answer = MetricMath.forwardE8(forwardQ16, tickE2);
        vm.assertTrue(answer * 65_536 <= exact && exact < (answer + 1) * 65_536, "forward");
    }

    function test_a_read_asks_for_what_it_lacks_and_serves_it_once_delivered() public {
        vm.assertEq(pull.oracleId(), ID, "id");
        vm.warp(NOW + 100);
        _expectQuery(IPullOracle.Query(IPullOracle.Kind.Market, MARKET, 0, 0, 50));
        pull.spotE2(MARKET, 50);
        _expectQuery(IPullOracle.Query(IPullOracle.Kind.Slice, MARKET, FIRST, 0, 50));
        pull.forwardQ16(MARKET, FIRST, 50);
        _expectQuery(IPullOracle.Query(IPullOracle.Kind.Vol, MARKET, SECOND, 60_000, 50));
        pull.totalVolQ32(MARKET, SECOND, 60_000, 50);
        IReports.Report memory report = reportOf(2, provenPair());
        IRiskOracle.SliceUpdate[] memory updates = updatesOf(report, provenPair());
        bytes memory signatures = signaturesOf(report);
        pull.fulfillOracleQuery(abi.encode(IPullOracle.Kind.Market, abi.encode(report, signatures)));
        vm.assertEq(uint256(pull.spotE2(MARKET, 50)), 6_000_000, "spot");
        pull.fulfillOracleQuery(abi.encode(IPullOracle.Kind.Slice, abi.encode(report, signatures, updates)));
        vm.assertEq(uint256(pull.forwardQ16(MARKET, FIRST, 50)), 60_000 << 16, "forward");
        pull.fulfillOracleQuery(_volData(60_000));
        vm.assertEq(uint256(pull.totalVolQ32(MARKET, SECOND, 60_000, 50)), (1 << 30) + 2, "vol");
    }

    function test_data_that_the_oracle_refuses_is_refused_and_payment_too() public {
        vm.expectRevert(abi.encodeWithSelector(IOracleReader.StrikeNotListed.selector, SECOND, 60_001));
        pull.fulfillOracleQuery(_volData(60_001));
        vm.expectRevert(abi.encodeWithSelector(IPullOracle.ValueNotAccepted.selector, 1));
        pull.fulfillOracleQuery{value: 1}("");
    }

    function _volData(uint24 strikeTicks) private pure returns (bytes memory) {
        bytes memory payload = abi.encode(MARKET, strikeTicks, SliceBuilder.calm(SECOND).margin());
        return abi.encode(IPullOracle.Kind.Vol, payload);
    }

    function _feed(MetricFeed.Metric metric, uint64 expiry, uint24 strikeTicks) private returns (MetricFeed) {
        return new MetricFeed(oracle, reader, pull, metric, MARKET, expiry, strikeTicks, "metric");
    }

    function _expectAnswer(MetricFeed feed, int256 expected) private view {
        (uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound) =
            feed.latestRoundData();
        vm.assertEq(answer, expected, "answer");
        vm.assertTrue(id == NOW && startedAt == NOW && updatedAt == NOW && answeredInRound == NOW, "round");
    }

    function _expectQuery(IPullOracle.Query memory query) private {
        vm.expectRevert(abi.encodeWithSelector(IERC7412.OracleDataRequired.selector, address(pull), abi.encode(query)));
    }

    function _expectUnreadable(IRiskOracle.State state) private {
        IRiskOracle.MarginSlice memory slice = SliceBuilder.calm(FIRST).margin();
        vm.expectRevert(abi.encodeWithSelector(IOracleReader.SliceNotReadable.selector, FIRST, state));
        reader.getForward(MARKET, FIRST);
        vm.expectRevert(abi.encodeWithSelector(IOracleReader.SliceNotReadable.selector, FIRST, state));
        reader.getVol(MARKET, 60_000, slice);
        vm.expectRevert(abi.encodeWithSelector(IOracleReader.MarketNotReadable.selector, MARKET, state));
        reader.getSpot(MARKET);
    }

    /// @dev A true option proof at 61,000 ticks on the knots of the first expiry, at a forward.
    function _option(uint256 forwardQ16)
        private
        returns (IOracleReader.OptionClaim memory claim, IOracleReader.OptionProof memory proof)
    {
        claim = IOracleReader.OptionClaim(61_000, 2_500 << 53, 1 << 30, 1 << 151, 1 << 225);
        (proof.circuitId, proof.epoch, proof.reportDigest, proof.digest) = (Option.CIRCUIT_32, 1, "report", 7);
        GreeksMath.OptionWords memory words = GreeksMath.OptionWords({
            forwardQ16: forwardQ16,
            tickE2: 100,
            strikeTicks: claim.strikeTicks,
            callQ53: claim.callQ53,
            totalVolQ32: claim.totalVolQ32,
            cdfD1: claim.cdfD1,
            pdfD1: claim.pdfD1
        });
        Option.Context memory context = Option.Context(proof.circuitId, MARKET, FIRST, proof.epoch, "report");
        uint256 knots = SliceBuilder.calm(FIRST).knotsDigest;
        registry.declare(proof.circuitId, Option.signals(context, knots, words, proof.digest));
    }
}
