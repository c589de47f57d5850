// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RiskOracle} from "../../contracts/RiskOracle.sol";
import {IGuarded} from "../../contracts/interfaces/IGuarded.sol";
import {IPublisherSet} from "../../contracts/interfaces/IPublisherSet.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";
import {Slice} from "../../contracts/statements/Slice.sol";
import {HaltableRegistry} from "./base/HaltFixture.sol";
import {OracleFixture} from "./base/OracleFixture.sol";
import {SliceBuilder} from "./base/SliceBuilder.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @notice Which state slices have under what docs/halts.md names, and whether updates land.
contract OracleHaltsTest is OracleFixture {
    address private constant GUARDIAN = address(0x6a);

    constructor() {
        registry = new HaltableRegistry();
        oracle = new RiskOracle(address(this), registry, listings, publisherSet, sequencerFeed(), sliceFallback);
        oracle.setLimits(IRiskOracle.Limits(120, 600, 2_000, 3_000, 3_000, 10_000));
        oracle.setGuardian(GUARDIAN);
        submit(1, only(SliceBuilder.calm(FIRST)));
    }

    function test_a_halted_market_takes_updates_and_is_resumed_by_the_owner_alone() public {
        vm.prank(GUARDIAN);
        oracle.halt(MARKET);
        vm.warp(block.timestamp + 1);
        submit(2, only(SliceBuilder.calm(FIRST)));
        vm.assertEq(uint256(oracle.sliceOf(MARKET, FIRST).epoch), uint256(2), "landed");
        _expectState(IRiskOracle.State.Halted);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, GUARDIAN));
        vm.prank(GUARDIAN);
        oracle.resume(MARKET);
        oracle.resume(MARKET);
        _expectState(IRiskOracle.State.Fresh);
    }

    function test_a_stranger_who_halts_reverts_with_NotGuardian() public {
        vm.expectRevert(abi.encodeWithSelector(IGuarded.NotGuardian.selector, address(7)));
        vm.prank(address(7));
        oracle.halt(MARKET);
        _expectState(IRiskOracle.State.Fresh);
    }

    function test_without_slice_circuits_reports_land_alone_and_slices_age() public {
        HaltableRegistry(address(registry)).removeFor(Slice.CIRCUIT_32_16);
        vm.warp(block.timestamp + 1);
        SliceBuilder.Spec[] memory specs = only(SliceBuilder.calm(FIRST));
        IRiskOracle.Report memory report = reportOf(2, specs);
        bytes memory signatures = signaturesOf(report);
        IRiskOracle.SliceUpdate[] memory updates = updatesOf(report, specs);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.RemovedCircuit.selector, Slice.CIRCUIT_32_16));
        oracle.submit(report, signatures, updates);
        oracle.submitReport(report, signatures);
        vm.assertEq(uint256(oracle.marketFacts(MARKET).epoch), uint256(2), "the report landed");
        _expectAging();
    }

    function test_with_fewer_publishers_than_the_threshold_nothing_lands_and_slices_age() public {
        vm.warp(block.timestamp + 1);
        SliceBuilder.Spec[] memory specs = only(SliceBuilder.calm(FIRST));
        IRiskOracle.Report memory report = reportOf(2, specs);
        bytes memory signatures = signed(publisherKeys[0], publisherSet.reportDigest(report));
        IRiskOracle.SliceUpdate[] memory updates = updatesOf(report, specs);
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.BelowThreshold.selector, 1, 2));
        oracle.submit(report, signatures, updates);
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.BelowThreshold.selector, 1, 2));
        oracle.submitReport(report, signatures);
        _expectAging();
    }

    /// @dev Fresh for two minutes, then for liquidations up to ten, then stale.
    function _expectAging() private {
        uint256 observedAt = factsOf(FIRST).observedAt;
        vm.warp(observedAt + 120);
        _expectState(IRiskOracle.State.Fresh);
        vm.warp(observedAt + 121);
        _expectState(IRiskOracle.State.LiquidateOnly);
        vm.warp(observedAt + 600);
        _expectState(IRiskOracle.State.LiquidateOnly);
        vm.warp(observedAt + 601);
        _expectState(IRiskOracle.State.Stale);
    }

    function _expectState(IRiskOracle.State state) private view {
        vm.assertEq(uint256(factsOf(FIRST).state), uint256(state), "state");
    }
}
