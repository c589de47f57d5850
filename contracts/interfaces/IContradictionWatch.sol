// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {GreeksMath} from "../libraries/GreeksMath.sol";
import {Option} from "../statements/Option.sol";
import {IMarginEngine} from "./IMarginEngine.sol";
import {IMarginTypes} from "./IMarginTypes.sol";
import {IRiskOracle} from "./IRiskOracle.sol";

/// @notice Stops every circuit at once for anyone who shows that two accepted statements cannot both be true. Two
/// different slices of one expiry may both be valid: they are no contradiction.
/// @dev Statements share their pricing core, the verifier and often the setup: where one of them is unsound, none is
/// relied on until the owner resumes it.
interface IContradictionWatch {
    /// @notice A solvency and an insolvency of the same positions under the same rules and slices, at initial or at
    /// maintenance margin; `row` is the insolvency's scenario. One of them may have no circuit: its bound is then computed
    /// by the native implementation.
    struct AccountEvidence {
        IMarginEngine engine;
        address account;
        uint64 nonce;
        uint256[] positions;
        bool atInitial;
        uint256 row;
        IMarginTypes.MarginProof solvency;
        IMarginTypes.MarginProof insolvency;
    }

    /// @notice A proven option on a slice that the oracle stores.
    struct OptionEvidence {
        Option.Context context;
        GreeksMath.OptionWords words;
        uint256 digest;
        uint256[8] proof;
    }

    /// @notice A stored slice opened: a circuit of its capacity, the elements of its data vector before the listing, and its
    /// knots, packed as in the knots digest.
    struct SliceEvidence {
        uint64 expiry;
        bytes32 circuitId;
        uint256[] words;
        uint256[] knots;
    }

    /// @notice Two neighbours' knots, packed as in their digests, and one knot of each that shows where they cross.
    struct CrossingEvidence {
        uint64 earlier;
        uint64 later;
        uint256[] earlierKnots;
        uint256[] laterKnots;
        uint256 earlierKnot;
        uint256 laterKnot;
    }

    /// @notice Everything was stopped. One is zero where a native result or a stored slice
    /// is contradicted.
    event ContradictionShown(bytes32 indexed first, bytes32 indexed second, address by);

    /// @notice The engine is not one of this deployment's.
    error UnknownEngine(IMarginEngine engine);

    /// @notice Both statements can be true.
    error NoContradiction();

    /// @notice The proofs are of different versions of the rules, or the version does not exist.
    error WrongRules(uint32 solvency, uint32 insolvency);

    /// @notice The grid has no such row.
    error RowOutOfRange(uint256 row);

    /// @notice The circuit does not prove this statement.
    error UnsupportedCircuit(bytes32 circuitId);

    /// @notice Proof `index` does not hold for its statement.
    error InvalidEvidence(uint256 index);

    /// @notice The option's forward is not the stored slice's, or no slice is stored.
    error UnknownSlice(bytes32 market, uint64 expiry);

    /// @notice The words are not those of the stored slice, or the strike is not listed in it.
    error StrikeNotStored(uint64 expiry, uint256 strikeTicks);

    /// @notice The words are neither those of the stored slice nor of the one before.
    error UnknownWords(uint64 expiry, bytes32 marginHash);

    /// @notice The knots are not those of the stored digest.
    error WrongKnots(uint64 expiry, uint256 digest, uint256 stored);

    /// @notice The calendar condition of the pair is not proven, or they are no neighbours.
    error PairNotProven(uint64 earlier, uint64 later);

    /// @notice An account cannot be solvent with the cash that leaves it insolvent: stops where both are shown.
    /// @param slices The account's slices, the newest of each expiry, or the ones before within their grace.
    function showAccount(AccountEvidence calldata evidence, IRiskOracle.MarginSlice[] calldata slices) external;

    /// @notice A call has one price under one density: stops where two are proven.
    function showOptions(bytes32 market, uint64 expiry, OptionEvidence calldata first, OptionEvidence calldata second)
        external;

    /// @notice A listed strike's mark is its call's price to the nearest cent: stops where a proven option on the stored
    /// slice's density says otherwise.
    function showMark(bytes32 market, IRiskOracle.MarginSlice calldata slice, OptionEvidence calldata option) external;

    /// @notice A slice follows from its knots: stops where the stored slice, or the one before, does not by the native
    /// implementation. Nothing but the slice's own words and knots decides.
    function showSlice(bytes32 market, SliceEvidence calldata evidence) external;

    /// @notice Calls at equal moneyness do not fall in time: stops where the knots of a proven pair show one that does.
    function showCrossing(bytes32 market, CrossingEvidence calldata evidence) external;
}
