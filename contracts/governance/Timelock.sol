// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title Timelock
/// @notice Owner of every contract. Proposers schedule and cancel, anyone executes what is due.
/// @dev The deployer holds the admin role until the deployment's last step, which raises the delay from zero and
/// renounces it: from then on the timelock changes itself only, after its own delay.
contract Timelock is TimelockController {
    constructor(address[] memory proposers, address deployer)
        TimelockController(0, proposers, new address[](1), deployer)
    {}
}
