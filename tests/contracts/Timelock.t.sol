// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VerifierRegistry} from "../../contracts/VerifierRegistry.sol";
import {Timelock} from "../../contracts/governance/Timelock.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";
import {Groth16Vector} from "./base/Groth16Vector.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @notice A registry behind a timelock, as a deployment leaves it: one proposer, one guardian, no admin.
contract TimelockTest is Groth16Vector {
    bytes32 private constant ID = "three_signals";
    uint256 private constant DELAY = 2 days;
    address private constant PROPOSER = address(0x9a);
    address private constant GUARDIAN = address(0x6a);
    address private constant STRANGER = address(7);

    Timelock private timelock;
    VerifierRegistry private registry = new VerifierRegistry(address(this), true);

    constructor() {
        vm.warp(1_799_000_000);
        address[] memory proposers = new address[](2);
        (proposers[0], proposers[1]) = (PROPOSER, address(this));
        timelock = new Timelock(proposers, address(this));
        registry.setGuardian(GUARDIAN);
        registry.transferOwnership(address(timelock));
        bytes memory accept = abi.encodeCall(registry.acceptOwnership, ());
        bytes memory delay = abi.encodeCall(timelock.updateDelay, (DELAY));
        timelock.schedule(address(registry), 0, accept, 0, 0, 0);
        timelock.execute(address(registry), 0, accept, 0, 0);
        timelock.schedule(address(timelock), 0, delay, 0, 0, 0);
        timelock.execute(address(timelock), 0, delay, 0, 0);
        timelock.grantRole(timelock.CANCELLER_ROLE(), GUARDIAN);
        timelock.renounceRole(timelock.PROPOSER_ROLE(), address(this));
        timelock.renounceRole(timelock.CANCELLER_ROLE(), address(this));
        timelock.renounceRole(timelock.DEFAULT_ADMIN_ROLE(), address(this));
    }

    function test_a_circuit_is_added_after_the_delay_by_anyone_who_executes_and_not_before() public {
        bytes memory data = _adding();
        _schedule(data);
        vm.warp(block.timestamp + DELAY - 1);
        vm.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
        vm.prank(STRANGER);
        timelock.execute(address(registry), 0, data, 0, 0);
        vm.warp(block.timestamp + 1);
        vm.prank(STRANGER);
        timelock.execute(address(registry), 0, data, 0, 0);
        vm.assertTrue(registry.verify(ID, proof, signals), "added");
    }

    function test_an_addition_that_the_guardian_cancels_never_executes() public {
        bytes memory data = _adding();
        bytes32 operation = _schedule(data);
        vm.prank(GUARDIAN);
        timelock.cancel(operation);
        vm.warp(block.timestamp + DELAY);
        vm.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
        timelock.execute(address(registry), 0, data, 0, 0);
    }

    function test_an_addition_of_an_id_that_the_guardian_removed_reverts_with_CircuitIdTaken() public {
        bytes memory data = _adding();
        _schedule(data);
        vm.prank(GUARDIAN);
        registry.remove(ID);
        vm.warp(block.timestamp + DELAY);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRegistry.CircuitIdTaken.selector, ID));
        timelock.execute(address(registry), 0, data, 0, 0);
    }

    function test_a_stop_of_the_guardian_is_undone_by_the_timelock_alone() public {
        bytes memory data = _adding();
        _schedule(data);
        vm.warp(block.timestamp + DELAY);
        timelock.execute(address(registry), 0, data, 0, 0);
        vm.prank(GUARDIAN);
        registry.stop();
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = ID;
        address[3] memory callers = [GUARDIAN, PROPOSER, address(this)];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, callers[i]));
            vm.prank(callers[i]);
            registry.resume(ids);
        }
        data = abi.encodeCall(registry.resume, (ids));
        _schedule(data);
        vm.warp(block.timestamp + DELAY);
        timelock.execute(address(registry), 0, data, 0, 0);
        vm.assertTrue(registry.verify(ID, proof, signals), "resumed");
    }

    function test_nobody_but_a_proposer_schedules_and_none_below_the_delay() public {
        bytes memory data = _adding();
        address[3] memory callers = [GUARDIAN, STRANGER, address(this)];
        bytes32 role = timelock.PROPOSER_ROLE();
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, callers[i], role)
            );
            vm.prank(callers[i]);
            timelock.schedule(address(registry), 0, data, 0, 0, DELAY);
        }
        vm.expectRevert(abi.encodeWithSelector(TimelockController.TimelockInsufficientDelay.selector, DELAY - 1, DELAY));
        vm.prank(PROPOSER);
        timelock.schedule(address(registry), 0, data, 0, 0, DELAY - 1);
    }

    function _adding() private view returns (bytes memory) {
        return abi.encodeCall(registry.add, (ID, key, "manifest", true));
    }

    function _schedule(bytes memory data) private returns (bytes32) {
        vm.prank(PROPOSER);
        timelock.schedule(address(registry), 0, data, 0, 0, DELAY);
        return timelock.hashOperation(address(registry), 0, data, 0, 0);
    }
}
