// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ListingRegistry} from "../../../contracts/ListingRegistry.sol";
import {RiskOracle} from "../../../contracts/RiskOracle.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {Challenge} from "../../../contracts/libraries/Challenge.sol";
import {Slice} from "../../../contracts/statements/Slice.sol";
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
    ListingRegistry internal listings = new ListingRegistry(address(this));
    RiskOracle internal oracle;

    /// @dev Private keys of the publishers, ascending by address.
    uint256[3] internal publisherKeys = [uint256(11), 12, 13];

    constructor() {
        vm.warp(NOW);
        _sortPublishers();
        oracle = new RiskOracle(address(this), registry, listings, _publishers(), 2);
        listings.addListing(MARKET, FIRST, 100, SliceBuilder.strikes());
        listings.addListing(MARKET, SECOND, 100, SliceBuilder.strikes());
        listings.addListing(MARKET, THIRD, 100, SliceBuilder.strikes());
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
        report.setVersion = oracle.setVersion();
        report.snapshotRoot = "snapshot";
        report.expiries = new IRiskOracle.ExpiryReport[](specs.length);
        for (uint256 i = 0; i < specs.length; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            uint64 forwardQ16 = uint64(specs[i].forwardQ16);
            report.expiries[i] = IRiskOracle.ExpiryReport(
                specs[i].expiry,
                forwardQ16,
                Slice.quotesHash(specs[i].words(), SliceBuilder.COUNT),
                specs[i].knotsDigest
            );
        }
    }

    /// @notice Signatures of the first two publishers.
    function signaturesOf(IRiskOracle.Report memory report) internal view returns (bytes[] memory signatures) {
        signatures = new bytes[](2);
        bytes32 digest = oracle.reportDigest(report);
        signatures[0] = signed(publisherKeys[0], digest);
        signatures[1] = signed(publisherKeys[1], digest);
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
            updates[i].d = specs[i].words();
            updates[i].digest = uint256(keccak256(abi.encode(updates[i].d))) >> 8;
            declareSlice(report, updates[i]);
        }
    }

    /// @notice Declares an update true under a report.
    function declareSlice(IRiskOracle.Report memory report, IRiskOracle.SliceUpdate memory update) internal {
        bytes32 domain = Challenge.sliceDomain(
            update.circuitId, report.market, update.expiry, report.epoch, oracle.reportDigest(report)
        );
        registry.declare(update.circuitId, Challenge.signals(domain, update.d, update.digest));
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
