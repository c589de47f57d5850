// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Guarded} from "./governance/Guarded.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {DataContract} from "./libraries/DataContract.sol";
import {Groth16Batch} from "./libraries/Groth16Batch.sol";
import {Groth16Verifier} from "./libraries/Groth16Verifier.sol";
import {MainNetworks} from "./libraries/MainNetworks.sol";

/// @title VerifierRegistry
/// @notice Circuit id to Groth16 verification key: one verifier for every circuit, keys are registered data.
/// @dev A stop is written into every circuit's own record, which verification reads anyway.
contract VerifierRegistry is IVerifierRegistry, Guarded {
    /// @inheritdoc IVerifierRegistry
    bool public immutable declaredTestChain;

    /// @inheritdoc IVerifierRegistry
    mapping(address watch => bool) public isWatch;

    mapping(bytes32 circuitId => Circuit) private _circuits;
    bytes32[] private _ids;

    constructor(address admin, bool declaredTestChain_) Guarded(admin) {
        if (declaredTestChain_ && MainNetworks.contains(block.chainid)) revert MainNetwork(block.chainid);
        declaredTestChain = declaredTestChain_;
    }

    /// @inheritdoc IVerifierRegistry
    function add(bytes32 circuitId, uint256[22] calldata vk, bytes32 provenance, bool ceremony) external onlyOwner {
        if (_circuits[circuitId].status != Status.None) revert CircuitIdTaken(circuitId);
        if (!ceremony && !declaredTestChain) revert DevelopmentKey(circuitId);
        if (provenance == 0) revert MissingProvenance(circuitId);
        _requirePoints(vk);
        if (keccak256(abi.encode(vk[6], vk[7], vk[8], vk[9])) == keccak256(abi.encode(vk[10], vk[11], vk[12], vk[13])))
        {
            revert SkippedPhaseTwo(circuitId);
        }
        address key = DataContract.store(abi.encodePacked(vk));
        _circuits[circuitId] = Circuit({key: key, ceremony: ceremony, status: Status.Active, provenance: provenance});
        _ids.push(circuitId);
        emit CircuitAdded(circuitId, key, provenance, ceremony);
    }

    /// @inheritdoc IVerifierRegistry
    function remove(bytes32 circuitId) external onlyGuardian {
        Circuit storage circuit = _circuits[circuitId];
        if (circuit.status == Status.Removed) revert RemovedCircuit(circuitId);
        circuit.status = Status.Removed;
        emit CircuitRemoved(circuitId, msg.sender);
    }

    /// @inheritdoc IVerifierRegistry
    function stop() external {
        if (!isWatch[msg.sender]) _requireGuardian();
        for (uint256 i = 0; i < _ids.length; ++i) {
            Circuit storage circuit = _circuits[_ids[i]];
            if (circuit.status != Status.Active) continue;
            circuit.status = Status.Stopped;
            emit CircuitStopped(_ids[i], msg.sender);
        }
    }

    /// @inheritdoc IVerifierRegistry
    function resume(bytes32[] calldata circuitIds_) external onlyOwner {
        for (uint256 i = 0; i < circuitIds_.length; ++i) {
            Circuit storage circuit = _circuits[circuitIds_[i]];
            if (circuit.status != Status.Stopped) revert NotStopped(circuitIds_[i]);
            circuit.status = Status.Active;
            emit CircuitResumed(circuitIds_[i]);
        }
    }

    /// @inheritdoc IVerifierRegistry
    function setWatch(address watch, bool active) external onlyOwner {
        isWatch[watch] = active;
        emit WatchSet(watch, active);
    }

    /// @inheritdoc IVerifierRegistry
    function circuitOf(bytes32 circuitId) external view returns (Circuit memory) {
        return _circuits[circuitId];
    }

    /// @inheritdoc IVerifierRegistry
    function circuitIds() external view returns (bytes32[] memory) {
        return _ids;
    }

    /// @inheritdoc IVerifierRegistry
    function verify(bytes32 circuitId, uint256[8] calldata proof, uint256[3] calldata signals)
        external
        view
        returns (bool)
    {
        return Groth16Verifier.verify(DataContract.load(_requireUsable(circuitId)), proof, signals);
    }

    /// @inheritdoc IVerifierRegistry
    function verifyBatch(bytes32[] calldata circuitIds_, uint256[8][] calldata proofs, uint256[3][] calldata signals)
        external
        view
        returns (bool)
    {
        uint256 count = circuitIds_.length;
        if (count == 0 || proofs.length != count || signals.length != count) {
            revert InvalidBatchShape(count, proofs.length, signals.length);
        }
        // The calldata holds all that is verified: an id names one key for good.
        bytes32 seed;
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, 0, calldatasize())
            seed := keccak256(free, calldatasize())
        }
        (bytes[] memory keys, uint256[] memory keyOf) = _keysOf(circuitIds_);
        return Groth16Batch.verify(keys, keyOf, proofs, signals, seed);
    }

    /// @dev The distinct keys of a batch, and which one each id names.
    function _keysOf(bytes32[] calldata circuitIds_)
        private
        view
        returns (bytes[] memory keys, uint256[] memory keyOf)
    {
        (keys, keyOf) = (new bytes[](circuitIds_.length), new uint256[](circuitIds_.length));
        (uint256 count, bytes32 before) = (0, 0);
        for (uint256 i = 0; i < circuitIds_.length; ++i) {
            bytes32 circuitId = circuitIds_[i];
            // A surface is one run of few circuits: the one before first, then all.
            if (i != 0 && circuitId == before) {
                keyOf[i] = keyOf[i - 1];
                continue;
            }
            before = circuitId;
            uint256 j = 0;
            while (j < i && circuitIds_[j] != circuitId) ++j;
            keyOf[i] = j == i ? count : keyOf[j];
            if (j == i) keys[count++] = DataContract.load(_requireUsable(circuitId));
        }
        assembly ("memory-safe") {
            mstore(keys, count)
        }
    }

    function _requireUsable(bytes32 circuitId) private view returns (address key) {
        Circuit storage circuit = _circuits[circuitId];
        Status status;
        // One word.
        (key, status) = (circuit.key, circuit.status);
        if (status == Status.None) revert UnknownCircuit(circuitId);
        if (status == Status.Stopped) revert StoppedCircuit(circuitId);
        if (status == Status.Removed) revert RemovedCircuit(circuitId);
    }

    /// @dev Points at infinity pass the precompiles, but no honest setup has one: an IC at infinity frees its signal.
    function _requirePoints(uint256[22] calldata vk) private view {
        uint256[5] memory g1 = [uint256(0), 14, 16, 18, 20];
        for (uint256 i = 0; i < 5; ++i) {
            if (!_isG1(vk[g1[i]], vk[g1[i] + 1])) revert InvalidVerificationKey(g1[i]);
        }
        for (uint256 word = 2; word < 14; word += 4) {
            if (!_isG2([vk[word], vk[word + 1], vk[word + 2], vk[word + 3]])) revert InvalidVerificationKey(word);
        }
    }

    /// @dev Adding zero succeeds exactly for coordinates below q on the curve.
    function _isG1(uint256 x, uint256 y) private view returns (bool valid) {
        if (x == 0 && y == 0) return false;
        uint256[4] memory input = [x, y, 0, 0];
        assembly ("memory-safe") {
            valid := staticcall(gas(), 6, input, 128, input, 64)
        }
    }

    /// @dev Pairing with zero succeeds exactly for coordinates below q on the twist, in the subgroup of order r.
    function _isG2(uint256[4] memory point) private view returns (bool valid) {
        if (point[0] == 0 && point[1] == 0 && point[2] == 0 && point[3] == 0) return false;
        uint256[6] memory input = [0, 0, point[0], point[1], point[2], point[3]];
        assembly ("memory-safe") {
            valid := staticcall(gas(), 8, input, 192, input, 32)
        }
    }
}
