// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ListingRegistry} from "../../contracts/ListingRegistry.sol";
import {PublisherSet} from "../../contracts/PublisherSet.sol";
import {RiskOracle} from "../../contracts/RiskOracle.sol";
import {VerifierRegistry} from "../../contracts/VerifierRegistry.sol";
import {SliceLayout} from "../../contracts/generated/SliceLayout.sol";
import {IReports} from "../../contracts/interfaces/IReports.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {ISequencerUptimeFeed} from "../../contracts/interfaces/ISequencerUptimeFeed.sol";
import {ISliceFallback} from "../../contracts/interfaces/ISliceFallback.sol";
import {LnMath} from "../../contracts/libraries/LnMath.sol";
import {Slice} from "../../contracts/statements/Slice.sol";
import {SliceElements} from "../../contracts/statements/SliceElements.sol";
import {MockVerifierRegistry} from "./base/MockVerifierRegistry.sol";
import {SliceBuilder} from "./base/SliceBuilder.sol";
import {Test} from "./base/Test.sol";

/// @notice Accepts everything: the work of verifying is measured at the real registry and added.
contract CredulousRegistry is MockVerifierRegistry {
    function verify(bytes32, uint256[8] calldata, uint256[3] calldata) external pure override returns (bool) {
        return true;
    }

    function verifyBatch(bytes32[] calldata, uint256[8][] calldata, uint256[3][] calldata)
        external
        pure
        override
        returns (bool)
    {
        return true;
    }
}

/// @notice Whole transactions of slices with 48 knots and 32 listed strikes: base cost, calldata, execution and, measured
/// at the real registry, the proofs. Three of five publishers sign; every slice replaces one.
contract OracleGasTest is Test {
    bytes32 private constant MARKET = "BTC-USD";
    uint64 private constant NOW = 1_799_000_000;
    uint256 private constant STRIKES = 32;
    uint256 private constant EXPIRIES = 8;

    VerifierRegistry private real = new VerifierRegistry(address(this), true);
    PublisherSet private publisherSet;
    RiskOracle private oracle;
    uint256[5] private keys = [uint256(11), 12, 13, 14, 15];
    string private json = vector("groth16_batch.json");

    function setUp() public {
        vm.warp(NOW);
        address[] memory publishers = new address[](5);
        for (uint256 i = 0; i < 5; ++i) {
            for (uint256 j = 0; j < 4; ++j) {
                if (vm.addr(keys[j]) > vm.addr(keys[j + 1])) (keys[j], keys[j + 1]) = (keys[j + 1], keys[j]);
            }
        }
        for (uint256 i = 0; i < 5; ++i) {
            publishers[i] = vm.addr(keys[i]);
        }
        publisherSet = new PublisherSet(address(this), publishers, 3);
        ListingRegistry listings = new ListingRegistry(address(this), publisherSet);
        CredulousRegistry registry = new CredulousRegistry();
        oracle = new RiskOracle(
            address(this),
            registry,
            listings,
            publisherSet,
            ISequencerUptimeFeed(address(0)),
            ISliceFallback(address(0))
        );
        // Random marks lie outside their quotes and vols move with every update.
        oracle.setLimits(IRiskOracle.Limits(120, 600, 2_000, 65_535, 65_535, 10_000));
        uint24[] memory strikes = new uint24[](STRIKES);
        for (uint24 i = 0; i < STRIKES; ++i) {
            strikes[i] = 40_000 + 1_000 * i;
        }
        for (uint256 i = 0; i < EXPIRIES; ++i) {
            listings.addListing(MARKET, _expiry(i), 100, strikes);
        }
        real.add("slice", _key(), "provenance", false);
        for (uint64 epoch = 1; epoch <= 3; ++epoch) {
            _call(_surface(epoch));
        }
    }

    function test_the_gas_of_one_slice_between_two_neighbours() public {
        vm.warp(NOW + 60);
        uint256[][] memory d = new uint256[][](EXPIRIES);
        for (uint256 i = 2; i < 5; ++i) {
            d[i] = _words(i == 3 ? 4 : 3, i);
        }
        (d[3][2], d[3][3]) = (d[2][1], d[4][1]);
        uint256 gas = _whole(_transaction(4, d, 3, 4), 1);
        vm.snapshotValue("gas", "slice_update", gas);
        IRiskOracle.Slice memory slice = oracle.sliceOf(MARKET, _expiry(3));
        vm.assertEq(uint256(slice.epoch), 4, "stored");
        vm.assertTrue(slice.calendarEarlier == IRiskOracle.Calendar.Proven, "earlier");
        vm.assertTrue(slice.calendarLater == IRiskOracle.Calendar.Proven, "later");
    }

    function test_the_gas_of_eight_slices_of_one_report() public {
        uint256 gas = _whole(_surface(4), EXPIRIES);
        vm.snapshotValue("gas", "surface_update_8", gas);
        for (uint256 i = 0; i < EXPIRIES; ++i) {
            vm.assertTrue(oracle.stateOf(MARKET, _expiry(i)) == IRiskOracle.State.Fresh, "fresh");
        }
    }

    /// @dev Every expiry at one epoch, each claiming its earlier neighbour.
    function _surface(uint64 epoch) private returns (bytes memory) {
        vm.warp(NOW + 15 * epoch);
        uint256[][] memory d = new uint256[][](EXPIRIES);
        for (uint256 i = 0; i < EXPIRIES; ++i) {
            d[i] = _words(epoch, i);
            if (i > 0) d[i][2] = d[i - 1][1];
        }
        return _transaction(epoch, d, 0, EXPIRIES);
    }

    /// @dev The call that submits slices `first` to `end` - 1 of one report of them.
    function _transaction(uint64 epoch, uint256[][] memory d, uint256 first, uint256 end)
        private
        view
        returns (bytes memory)
    {
        IReports.Report memory report;
        (report.market, report.epoch, report.observedAtMs) = (MARKET, epoch, uint64(block.timestamp) * 1000);
        (report.setVersion, report.venueMask, report.rejectedCount, report.confidenceE4) = (1, 7, 212, 13);
        (report.configHash, report.snapshotRoot) = (keccak256("configuration"), keccak256(abi.encode(epoch)));
        (report.spotE2, report.perpetualMarkE2, report.perpetualIndexE2) = (5_512_345, 5_513_456, 5_512_378);
        report.cumulativeSpotE2Ms = uint128(report.spotE2) * report.observedAtMs;
        report.expiries = new IReports.ExpiryReport[](end - first);
        IRiskOracle.SliceUpdate[] memory updates = new IRiskOracle.SliceUpdate[](end - first);
        for (uint256 i = first; i < end; ++i) {
            bytes32 quotesHash = SliceElements.quotesHash(d[i], STRIKES, STRIKES);
            // forge-lint: disable-next-line(unsafe-typecast)
            uint64 forwardQ16 = uint64(SliceLayout.headerForwardQ16(d[i][0]));
            report.expiries[i - first] = IReports.ExpiryReport(_expiry(i), forwardQ16, 998_765_432, quotesHash, d[i][1]);
            updates[i - first].circuitId = Slice.CIRCUIT_48_32;
            updates[i - first].expiry = _expiry(i);
            updates[i - first].words = SliceBuilder.beforeListing(d[i], STRIKES);
            updates[i - first].digest = _random("digest", epoch, i) >> 3;
            for (uint256 j = 0; j < 8; ++j) {
                updates[i - first].proof[j] = _random("proof", i, j) >> 2;
            }
        }
        bytes memory signatures = "";
        bytes32 digest = publisherSet.reportDigest(report);
        for (uint256 i = 0; i < 3; ++i) {
            signatures = bytes.concat(signatures, signed(keys[i + 1], digest));
        }
        return abi.encodeCall(oracle.submit, (report, signatures, updates));
    }

    /// @dev A data vector of 32 quoted strikes.
    function _words(uint64 epoch, uint256 index) private pure returns (uint256[] memory d) {
        d = new uint256[](SliceLayout.length(STRIKES));
        uint256 forwardQ16 = (55_123 << 16) + 1_234 * index + epoch;
        d[0] = SliceLayout.packHeader(SliceLayout.HeaderRecord(forwardQ16, LnMath.lnQ48(forwardQ16), 123_456_789, 100));
        (d[1], d[4]) = (_random("knots", epoch, index) >> 3, _random("greeks", epoch, index) >> 3);
        uint256[] memory strikes = new uint256[](STRIKES);
        for (uint256 i = 0; i < STRIKES; ++i) {
            uint256 seed = _random("strike", epoch * 8 + index, i);
            strikes[i] = 40_000 + 1_000 * i;
            SliceLayout.QuotesRecord memory quote =
                SliceLayout.QuotesRecord({midHalfTicks: 20 + seed % 4_000, put: i < 16 ? 1 : 0, quoted: 1});
            SliceLayout.putQuotes(d, SliceLayout.quotesIndex(), i, SliceLayout.packQuotes(quote));
            SliceLayout.putSpreads(d, SliceLayout.spreadsIndex(STRIKES), i, 1 + (seed >> 16) % 60);
            SliceLayout.ResultsRecord memory result =
                SliceLayout.ResultsRecord((seed >> 32) % 2_000_000, (1 << 30) + (seed >> 64) % (1 << 28));
            SliceLayout.putResults(d, SliceLayout.resultsIndex(STRIKES), i, SliceLayout.packResults(result));
            SliceLayout.putListing(d, SliceLayout.listingIndex(STRIKES), i, strikes[i]);
            uint256 logarithm = LnMath.lnQ48(strikes[i] << 16);
            SliceLayout.putLogarithms(d, SliceLayout.logarithmsIndex(STRIKES), i, logarithm);
        }
    }

    /// @dev Gas of the call as a transaction, with the verification of `proofs` real proofs of one key.
    function _whole(bytes memory data, uint256 proofs) private returns (uint256 gas) {
        _call(data);
        // Base cost and calldata included: every call of a test is a transaction, but for views.
        gas = vm.lastCallGas().gasTotalUsed;
        bytes32[] memory ids = new bytes32[](proofs);
        uint256[8][] memory all = new uint256[8][](proofs);
        uint256[3][] memory signals = new uint256[3][](proofs);
        for (uint256 i = 0; i < proofs; ++i) {
            ids[i] = "slice";
            _fill(all[i], string.concat(".proofs[", vm.toString(i % 4), "]"));
            _fill(signals[i], string.concat(".signals[", vm.toString(i % 4), "]"));
        }
        bool valid = proofs == 1 ? real.verify(ids[0], all[0], signals[0]) : real.verifyBatch(ids, all, signals);
        gas += vm.lastCallGas().gasTotalUsed;
        vm.assertTrue(valid, "real proofs");
    }

    function _call(bytes memory data) private {
        (bool success,) = address(oracle).call(data);
        vm.assertTrue(success, "accepted");
    }

    function _fill(uint256[8] memory words, string memory path) private view {
        uint256[] memory given = vm.parseJsonUintArray(json, path);
        for (uint256 i = 0; i < 8; ++i) {
            words[i] = given[i];
        }
    }

    function _fill(uint256[3] memory words, string memory path) private view {
        uint256[] memory given = vm.parseJsonUintArray(json, path);
        (words[0], words[1], words[2]) = (given[0], given[1], given[2]);
    }

    function _key() private view returns (uint256[22] memory key) {
        uint256[] memory words = vm.parseJsonUintArray(json, ".keys[0]");
        for (uint256 i = 0; i < 22; ++i) {
            key[i] = words[i];
        }
    }

    function _random(string memory name, uint256 a, uint256 b) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(name, a, b)));
    }

    function _expiry(uint256 i) private pure returns (uint64) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return NOW + uint64((i + 1) * 7 days);
    }
}
