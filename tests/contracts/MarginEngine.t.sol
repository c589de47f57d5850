// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginTypes} from "../../contracts/interfaces/IMarginTypes.sol";
import {EngineFixture} from "./base/EngineFixture.sol";

contract MarginEngineTest is EngineFixture {
    function test_sixteen_positions_trade_and_withdraw_with_the_larger_circuit() public {
        (IMarginTypes.AccountState memory s,) = open(manyLegs(16), 0, 1_000e6);
        vm.snapshotGasLastCall("gas", "engine.trade of 16 legs between 2 fresh accounts, verifier excluded");
        IMarginTypes.MarginProof memory proof = solvent(maker, s, 0);
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
        vm.snapshotGasLastCall("gas", "engine.withdraw of 16 legs, verifier excluded");
        vm.assertEq(cashOf(maker), int256(1_000e6 - 1), "withdrawn");
    }
}
