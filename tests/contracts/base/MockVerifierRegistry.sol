// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IVerifierRegistry} from "../../../contracts/interfaces/IVerifierRegistry.sol";

/// @notice Accepts exactly the (circuit, signals) that a test declares true, whatever the proof.
contract MockVerifierRegistry is IVerifierRegistry {
    /// @notice How often everything was stopped.
    uint256 public stops;

    mapping(bytes32 statement => bool) private _true;

    function declare(bytes32 circuitId, uint256[3] calldata signals) external {
        _true[keccak256(abi.encode(circuitId, signals))] = true;
    }

    function verify(bytes32 circuitId, uint256[8] calldata, uint256[3] calldata signals)
        external
        view
        virtual
        returns (bool)
    {
        return holds(circuitId, signals);
    }

    function verifyBatch(bytes32[] calldata ids, uint256[8][] calldata, uint256[3][] calldata signals)
        external
        view
        virtual
        returns (bool)
    {
        for (uint256 i = 0; i < ids.length; ++i) {
            if (!holds(ids[i], signals[i])) return false;
        }
        return true;
    }

    function declaredTestChain() external pure returns (bool) {
        return true;
    }

    function circuitOf(bytes32) external pure returns (Circuit memory circuit) {
        return circuit;
    }

    function circuitIds() external pure returns (bytes32[] memory none) {
        return none;
    }

    function isWatch(address) external pure returns (bool) {
        return false;
    }

    function add(bytes32, uint256[22] calldata, bytes32, bool) external pure {}

    function remove(bytes32) external pure {}

    function stop() external {
        ++stops;
    }

    function resume(bytes32[] calldata) external pure {}

    function setWatch(address, bool) external pure {}

    /// @dev Whether a test declared the statement true.
    function holds(bytes32 circuitId, uint256[3] calldata signals) internal view returns (bool) {
        return _true[keccak256(abi.encode(circuitId, signals))];
    }
}
