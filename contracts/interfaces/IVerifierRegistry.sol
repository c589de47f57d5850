// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Circuit id to Groth16 verification key: one verifier for every circuit, keys are registered data.
interface IVerifierRegistry {
    /// @notice What an id is: unknown, usable, stopped until the owner resumes it, or removed for good.
    enum Status {
        None,
        Active,
        Stopped,
        Removed
    }

    /// @notice A registered circuit. `key` is the data contract that holds the 22 words, zero for an id that was removed
    /// before it was added.
    struct Circuit {
        address key;
        bool ceremony;
        Status status;
        bytes32 provenance;
    }

    /// @notice A circuit was added. `ceremony` is false for a development key.
    event CircuitAdded(bytes32 indexed circuitId, address key, bytes32 provenance, bool ceremony);

    /// @notice A circuit was removed; its id stays taken.
    event CircuitRemoved(bytes32 indexed circuitId, address by);

    /// @notice A circuit no longer verifies, until the owner resumes it.
    event CircuitStopped(bytes32 indexed circuitId, address by);

    /// @notice A stopped circuit verifies again.
    event CircuitResumed(bytes32 indexed circuitId);

    /// @notice A contract that may stop all circuits when it is shown a contradiction was named, or no longer is one.
    event WatchSet(address watch, bool active);

    /// @notice gamma equals delta: the second phase of the setup was skipped and anyone can forge proofs.
    error SkippedPhaseTwo(bytes32 circuitId);

    /// @notice The point that starts at this word of the key is at infinity, off the curve or outside the subgroup.
    error InvalidVerificationKey(uint256 word);

    /// @notice The id is in use or was removed.
    error CircuitIdTaken(bytes32 circuitId);

    /// @notice A key without the hash of the manifest that it comes from.
    error MissingProvenance(bytes32 circuitId);

    /// @notice A key without a ceremony on a chain that is not declared a test chain.
    error DevelopmentKey(bytes32 circuitId);

    /// @notice A main network cannot be declared a test chain.
    error MainNetwork(uint256 chainId);

    /// @notice No circuit has this id.
    error UnknownCircuit(bytes32 circuitId);

    /// @notice The circuit was removed.
    error RemovedCircuit(bytes32 circuitId);

    /// @notice The circuit is stopped.
    error StoppedCircuit(bytes32 circuitId);

    /// @notice The circuit is not stopped.
    error NotStopped(bytes32 circuitId);

    /// @notice A batch that is empty or whose lists differ in length.
    error InvalidBatchShape(uint256 circuitIds, uint256 proofs, uint256 signals);

    /// @notice True on a chain declared a test chain, where development keys are accepted.
    function declaredTestChain() external view returns (bool);

    /// @notice True for a contract that may stop all circuits.
    function isWatch(address watch) external view returns (bool);

    /// @notice The record of an id; all zero where there is none.
    function circuitOf(bytes32 circuitId) external view returns (Circuit memory);

    /// @notice Every id ever added, in that order.
    function circuitIds() external view returns (bytes32[] memory);

    /// @notice Adds a circuit; owner only.
    /// @param vk alpha1 x, y; beta2 x.c1, x.c0, y.c1, y.c0; gamma2, delta2 likewise; IC0 to IC3 x, y.
    /// @param provenance Hash of the manifest that names sources, constraint system and setup.
    /// @param ceremony True where the key comes from a multi-party setup.
    function add(bytes32 circuitId, uint256[22] calldata vk, bytes32 provenance, bool ceremony) external;

    /// @notice Removes an id at once and for good; guardian or owner. An id that waits to be added is refused then.
    function remove(bytes32 circuitId) external;

    /// @notice Stops every active circuit at once; guardian, owner or a watch.
    function stop() external;

    /// @notice Resumes stopped circuits; owner only.
    function resume(bytes32[] calldata circuitIds_) external;

    /// @notice Names a contract that may stop all circuits, or withdraws that; owner only.
    function setWatch(address watch, bool active) external;

    /// @notice True exactly where the proof is valid. Reverts for an id that is unknown, stopped or removed.
    /// @param proof a.x, a.y, b.x.c1, b.x.c0, b.y.c1, b.y.c0, c.x, c.y.
    /// @param signals digest, y, z.
    function verify(bytes32 circuitId, uint256[8] calldata proof, uint256[3] calldata signals)
        external
        view
        returns (bool);

    /// @notice True where every proof is valid, false (but for a chance of 2^-128) where one is not: one random linear
    /// combination of all. Reverts for an id that is unknown, stopped or removed and for lists that are empty or differ
    /// in length.
    function verifyBatch(bytes32[] calldata circuitIds_, uint256[8][] calldata proofs, uint256[3][] calldata signals)
        external
        view
        returns (bool);
}
