// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "./base/Test.sol";
import {OracleWorld} from "./worlds/OracleWorld.sol";

contract OracleInvariantsTest is Test {
    OracleWorld private _world = new OracleWorld();

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_world);
    }

    /// @notice Read by forge: views are no actions.
    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory actions = new bytes4[](8);
        actions[0] = _world.land.selector;
        actions[1] = _world.rewind.selector;
        actions[2] = _world.forge.selector;
        actions[3] = _world.equivocate.selector;
        actions[4] = _world.rotate.selector;
        actions[5] = _world.halt.selector;
        actions[6] = _world.pass.selector;
        actions[7] = _world.settle.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_world), selectors: actions});
    }

    function test_this_world_lands_reports_removes_publishers_and_settles() public {
        for (uint256 i = 0; i < 4; ++i) {
            _world.pass(7 * 200 + 1);
            _world.land(7 + 16 * i, i);
            _world.rewind(7, i);
        }
        vm.assertTrue(_world.landings() == 4, "landed");
        _world.equivocate(1);
        _world.land(7, 1);
        vm.assertTrue(_world.landings() == 5 && _world.removals() == 1, "the two others sign");
        _world.land(7, 0);
        vm.assertTrue(_world.landings() == 5, "one of the two was removed");
        _world.halt(true);
        for (uint256 i = 0; i < 4; ++i) {
            _world.pass(7 * 399_999);
        }
        _world.settle(0, 1);
        _world.rotate();
        _world.settle(0, 6_100_000);
        _world.settle(0, 6_200_000);
        vm.assertTrue(_world.settlements() == 1, "settled once");
        invariant_all_of_the_oracle();
    }

    function invariant_all_of_the_oracle() public view {
        invariant_an_epoch_never_goes_back();
        invariant_nothing_lands_without_a_quorum_of_the_present_set();
        invariant_an_equivocator_leaves_the_set_and_nobody_else();
        invariant_nothing_is_used_halted_or_beyond_its_age();
        invariant_a_settlement_price_never_changes();
        invariant_a_newer_report_of_a_quorum_is_never_refused();
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_an_epoch_never_goes_back() public view {
        vm.assertEq(bytes(_world.wentBack()), "", "went back");
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_nothing_lands_without_a_quorum_of_the_present_set() public view {
        vm.assertEq(bytes(_world.unsigned()), "", "landed");
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_an_equivocator_leaves_the_set_and_nobody_else() public view {
        vm.assertTrue(_world.isSetKnown(), "set");
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_nothing_is_used_halted_or_beyond_its_age() public view {
        vm.assertTrue(!_world.isUsedTooLong(), "used");
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_a_settlement_price_never_changes() public view {
        vm.assertTrue(_world.arePricesKept(), "prices");
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_a_newer_report_of_a_quorum_is_never_refused() public view {
        vm.assertEq(bytes(_world.refused()), "", "refused");
    }
}
