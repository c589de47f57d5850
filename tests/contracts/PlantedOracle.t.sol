// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RiskOracle} from "../../contracts/RiskOracle.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {OracleFixture} from "./base/OracleFixture.sol";
import {PlantedOracle} from "./base/PlantedOracle.sol";

/// @notice Slices that a test wrote against submitted ones, by what the views answer and cost.
contract PlantedOracleTest is OracleFixture {
    /// @dev The planted oracle has three functions more: calls are told apart in other steps.
    uint256 private constant DISPATCH_GAS = 150;

    PlantedOracle private _planted = new PlantedOracle(MARKET);

    function test_planted_slices_answer_and_cost_as_submitted_ones_do() public {
        submit(1, provenPair());
        _plant();
        _compare();
        vm.warp(NOW + 30);
        submit(2, provenPair());
        _plant();
        _compare();
        // Too old to open, then to liquidate.
        vm.warp(NOW + 200);
        _compare();
        vm.warp(NOW + 2_000);
        _compare();
        vm.assertEq(uint256(oracle.stateOf(MARKET, FIRST)), uint256(IRiskOracle.State.Stale), "too old");
    }

    function _plant() private {
        _planted.setSlice(FIRST, factsOf(FIRST));
        _planted.setSlice(SECOND, factsOf(SECOND));
        _planted.setMarket(oracle.marketFacts(MARKET));
    }

    function _compare() private view {
        uint64[] memory expiries = new uint64[](3);
        (expiries[0], expiries[1], expiries[2]) = (FIRST, SECOND, THIRD);
        _compareCall(abi.encodeCall(IRiskOracle.marginFacts, (MARKET, expiries)));
        _compareCall(abi.encodeCall(IRiskOracle.sliceFacts, (MARKET, expiries)));
        _compareCall(abi.encodeCall(IRiskOracle.stateOf, (MARKET, FIRST)));
        _compareCall(abi.encodeCall(IRiskOracle.stateOf, (MARKET, SECOND)));
        _compareCall(abi.encodeCall(IRiskOracle.marketFacts, (MARKET)));
    }

    function _compareCall(bytes memory data) private view {
        (bytes memory answer, uint256 gas_) = _ask(oracle, data);
        (bytes memory plantedAnswer, uint256 plantedGas) = _ask(_planted, data);
        vm.assertEq(plantedAnswer, answer, "answer");
        vm.assertLe(plantedGas, gas_ + DISPATCH_GAS, "dearer");
        vm.assertLe(gas_, plantedGas + DISPATCH_GAS, "cheaper");
    }

    /// @dev Storage is cold: a call is a transaction of its own.
    function _ask(RiskOracle asked, bytes memory data) private view returns (bytes memory answer, uint256 gas_) {
        bool done;
        (done, answer) = address(asked).staticcall(data);
        vm.assertTrue(done, "answers");
        gas_ = vm.lastCallGas().gasTotalUsed;
    }
}
