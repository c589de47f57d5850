// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGuarded} from "../interfaces/IGuarded.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

/// @title Guarded
/// @notice Owner and guardian of a contract. The owner is a timelock: what restores or adds waits, what reduces risk
/// does not.
abstract contract Guarded is IGuarded, Ownable2Step {
    /// @inheritdoc IGuarded
    address public guardian;

    modifier onlyGuardian() {
        _requireGuardian();
        _;
    }

    constructor(address admin) Ownable(admin) {}

    /// @inheritdoc IGuarded
    function setGuardian(address guardian_) external onlyOwner {
        _setGuardian(guardian_);
    }

    function _setGuardian(address guardian_) internal {
        guardian = guardian_;
        emit GuardianSet(guardian_);
    }

    /// @dev Reverts unless the caller is the guardian or the owner.
    function _requireGuardian() internal view {
        if (msg.sender != guardian && msg.sender != owner()) revert NotGuardian(msg.sender);
    }
}
