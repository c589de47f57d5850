// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "./base/Test.sol";
import {RegistryWorld} from "./worlds/RegistryWorld.sol";

contract RegistryInvariantsTest is Test {
    RegistryWorld private _world = new RegistryWorld();

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_world);
    }

    /// @notice Read by forge: views are no actions.
    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory actions = new bytes4[](6);
        actions[0] = _world.add.selector;
        actions[1] = _world.remove.selector;
        actions[2] = _world.stop.selector;
        actions[3] = _world.resume.selector;
        actions[4] = _world.watch.selector;
        actions[5] = _world.verify.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_world), selectors: actions});
    }

    function test_this_world_verifies_real_proofs_of_two_circuits() public {
        for (uint256 i = 0; i < 4; ++i) {
            _world.add(i, address(2));
            _world.verify(i, 1, 0);
        }
        _world.verify(0, 3, 1);
        _world.verify(0, 2 + 3, 0);
        vm.assertEq(_world.verifications(), uint256(6), "verified");
        _world.watch(true);
        _world.stop(3);
        _world.resume(1, address(2));
        _world.remove(1, 0);
        _world.verify(1, 1, 0);
        vm.assertEq(_world.verifications(), uint256(6), "removed");
        invariant_all_of_the_registry();
    }

    function invariant_all_of_the_registry() public view {
        invariant_a_tombstoned_id_never_verifies();
        invariant_a_stopped_or_unknown_id_never_verifies_nor_resumes_by_itself();
        invariant_only_its_roles_change_the_registry();
        invariant_an_active_id_verifies_what_is_true_and_nothing_else();
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_a_tombstoned_id_never_verifies() public view {
        vm.assertTrue(!_world.doesTombstoneVerify(), "tombstone");
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_a_stopped_or_unknown_id_never_verifies_nor_resumes_by_itself() public view {
        vm.assertEq(bytes(_world.risen()), "", "risen");
        vm.assertTrue(_world.areStatesKept(), "states");
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_only_its_roles_change_the_registry() public view {
        vm.assertEq(bytes(_world.usurped()), "", "usurped");
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_an_active_id_verifies_what_is_true_and_nothing_else() public view {
        vm.assertEq(bytes(_world.wrong()), "", "verdict");
    }
}
