// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ListingRegistry} from "../../../contracts/ListingRegistry.sol";
import {PublisherSet} from "../../../contracts/PublisherSet.sol";
import {RiskOracle} from "../../../contracts/RiskOracle.sol";
import {INativeSlice} from "../../../contracts/interfaces/INativeSlice.sol";
import {IPoseidon} from "../../../contracts/interfaces/IPoseidon.sol";
import {IReports} from "../../../contracts/interfaces/IReports.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {ISequencerUptimeFeed} from "../../../contracts/interfaces/ISequencerUptimeFeed.sol";
import {Challenge} from "../../../contracts/libraries/Challenge.sol";
import {SliceFallback} from "../../../contracts/native/SliceFallback.sol";
import {Slice} from "../../../contracts/statements/Slice.sol";
import {SliceElements} from "../../../contracts/statements/SliceElements.sol";
import {MockVerifierRegistry} from "./MockVerifierRegistry.sol";
import {SliceBuilder} from "./SliceBuilder.sol";
import {Test} from "./Test.sol";

/// @notice An oracle of three publishers, two of whom must sign, with three listed expiries.
abstract contract OracleFixture is Test {
    using SliceBuilder for SliceBuilder.Spec;

    bytes32 internal constant MARKET = "BTC-USD";
    uint64 internal constant NOW = 1_799_000_000;
    uint64 internal constant FIRST = 1_800_000_000;
    uint64 internal constant SECOND = 1_801_000_000;
    uint64 internal constant THIRD = 1_802_000_000;
    uint256 internal constant STRANGER_KEY = 0xbad;

    MockVerifierRegistry internal registry = new MockVerifierRegistry();
    PublisherSet internal publisherSet;
    ListingRegistry internal listings;
    RiskOracle internal oracle;
    SliceFallback internal sliceFallback = new SliceFallback(address(this), newNativeSlice(), newPoseidon());

    /// @dev Private keys of the publishers, ascending by address.
    uint256[3] internal publisherKeys = [uint256(11), 12, 13];

    constructor() {
        vm.warp(NOW);
        _sortPublishers();
        publisherSet = new PublisherSet(address(this), _publishers(), 2);
        listings = new ListingRegistry(address(this), publisherSet);
        oracle = new RiskOracle(address(this), registry, listings, publisherSet, sequencerFeed(), sliceFallback);
        // Marks outside their quotes alone move no state.
        oracle.setLimits(IRiskOracle.Limits(120, 600, 2_000, 3_000, 3_000, 10_000));
        listings.addListing(MARKET, FIRST, 100, SliceBuilder.strikes());
        listings.addListing(MARKET, SECOND, 100, SliceBuilder.strikes());
        listings.addListing(MARKET, THIRD, 100, SliceBuilder.strikes());
    }

    /// @notice The chain's sequencer feed; none by default.
    function sequencerFeed() internal virtual returns (ISequencerUptimeFeed) {
        return ISequencerUptimeFeed(address(0));
    }

    /// @notice The second implementation of slices; none by default.
    function newNativeSlice() internal virtual returns (INativeSlice) {
        return INativeSlice(address(0));
    }

    /// @notice Digests of knots; none by default.
    function newPoseidon() internal virtual returns (IPoseidon) {
        return IPoseidon(address(0));
    }

    /// @notice Submits true slices observed now.
    function submit(uint64 epoch, SliceBuilder.Spec[] memory specs) internal {
        IRiskOracle.Report memory report = reportOf(epoch, specs);
        oracle.submit(report, signaturesOf(report), updatesOf(report, specs));
    }

    /// @notice The report of these slices, observed now.
    function reportOf(uint64 epoch, SliceBuilder.Spec[] memory specs)
        internal
        view
        returns (IRiskOracle.Report memory report)
    {
        report.market = MARKET;
        report.epoch = epoch;
        report.observedAtMs = uint64(block.timestamp) * 1000 + 999;
        report.spotE2 = 6_000_000;
        // A spot that has always been the same.
        report.cumulativeSpotE2Ms = uint128(report.spotE2) * report.observedAtMs;
        (report.perpetualMarkE2, report.perpetualIndexE2) = (6_000_000, 6_000_000);
        report.setVersion = publisherSet.setVersion();
        report.snapshotRoot = "snapshot";
        report.expiries = new IReports.ExpiryReport[](specs.length);
        for (uint256 i = 0; i < specs.length; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            uint64 forwardQ16 = uint64(specs[i].forwardQ16);
            report.expiries[i] = IReports.ExpiryReport(
                specs[i].expiry,
                forwardQ16,
                1e9,
                SliceElements.quotesHash(specs[i].words(), 16, SliceBuilder.COUNT),
                specs[i].knotsDigest
            );
        }
    }

    /// @notice Signatures of the first two publishers.
    function signaturesOf(IRiskOracle.Report memory report) internal view returns (bytes memory) {
        bytes32 digest = publisherSet.reportDigest(report);
        return bytes.concat(signed(publisherKeys[0], digest), signed(publisherKeys[1], digest));
    }

    /// @notice Updates of these slices, all declared true under the report.
    function updatesOf(IRiskOracle.Report memory report, SliceBuilder.Spec[] memory specs)
        internal
        returns (IRiskOracle.SliceUpdate[] memory updates)
    {
        updates = new IRiskOracle.SliceUpdate[](specs.length);
        for (uint256 i = 0; i < specs.length; ++i) {
            updates[i].circuitId = Slice.CIRCUIT_32_16;
            updates[i].expiry = specs[i].expiry;
            updates[i].words = SliceBuilder.beforeListing(specs[i].words(), 16);
            updates[i].digest = uint256(keccak256(abi.encode(updates[i].words))) >> 8;
            declareSlice(report, updates[i], specs[i].words());
        }
    }

    /// @notice The stored newest hash of a slice.
    function marginHashOf(uint64 expiry) internal view returns (bytes32) {
        return factsOf(expiry).marginHash;
    }

    /// @notice The stored slice as margin needs it.
    function factsOf(uint64 expiry) internal view returns (IRiskOracle.SliceFacts memory) {
        uint64[] memory expiries = new uint64[](1);
        expiries[0] = expiry;
        return oracle.sliceFacts(MARKET, expiries)[0];
    }

    /// @notice What the oracle must store of a slice.
    function hashOf(IRiskOracle.MarginSlice memory slice) internal pure returns (bytes32) {
        return Slice.marginHash(slice.restHash, slice.header, slice.results);
    }

    /// @notice Declares an update true under a report.
    function declareSlice(IRiskOracle.Report memory report, IRiskOracle.SliceUpdate memory update, uint256[] memory d)
        internal
    {
        bytes32 domain = Challenge.sliceDomain(
            update.circuitId, report.market, update.expiry, report.epoch, publisherSet.reportDigest(report)
        );
        registry.declare(update.circuitId, Challenge.signals(domain, d, update.digest));
    }

    /// @notice The first two expiries, calendar-proven by the earlier one's proof.
    function provenPair() internal pure returns (SliceBuilder.Spec[] memory specs) {
        specs = new SliceBuilder.Spec[](2);
        specs[0] = SliceBuilder.calm(FIRST);
        specs[1] = SliceBuilder.calm(SECOND);
        specs[0].later = specs[1].knotsDigest;
    }

    /// @notice One slice alone.
    function only(SliceBuilder.Spec memory spec) internal pure returns (SliceBuilder.Spec[] memory specs) {
        specs = new SliceBuilder.Spec[](1);
        specs[0] = spec;
    }

    function _publishers() internal view returns (address[] memory list) {
        list = new address[](3);
        for (uint256 i = 0; i < 3; ++i) {
            list[i] = vm.addr(publisherKeys[i]);
        }
    }

    function _sortPublishers() private {
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = 0; j < 2; ++j) {
                if (vm.addr(publisherKeys[j]) > vm.addr(publisherKeys[j + 1])) {
                    (publisherKeys[j], publisherKeys[j + 1]) = (publisherKeys[j + 1], publisherKeys[j]);
                }
            }
        }
    }
}
