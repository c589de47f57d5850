// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginErrors} from "./IMarginErrors.sol";
import {IMarginTypes} from "./IMarginTypes.sol";
import {INativeMargin} from "./INativeMargin.sol";
import {IRiskOracle} from "./IRiskOracle.sol";
import {IVerifierRegistry} from "./IVerifierRegistry.sol";

/// @notice Checks what accounts claim about their margin. It stores nothing; statements are bound to the engine that calls.
interface IMarginChecker is IMarginTypes, IMarginErrors {
    /// @notice What every claim of a call shares: data contract of the rules, fees, what the slices are for, and whether
    /// initial margin is claimed (else maintenance).
    struct Terms {
        address data;
        Limits limits;
        Use use;
        bool atInitial;
    }

    /// @notice The account holds these positions under this nonce and, after funding and before fees, this cash.
    struct Claim {
        address account;
        uint64 nonce;
        int256 cashE6;
        uint256[] positions;
        MarginProof proof;
    }

    /// @notice A fill that pays fees: claim 0 is the taker's.
    struct Charge {
        uint256[] legs;
        uint32 lots;
        uint8 maker;
    }

    /// @notice Reverts unless every claimed account is solvent after its fees, with one batch of proofs. An account without
    /// positions needs no proof, but cash of at least zero. With the circuit `solvency_native` the statement is computed here,
    /// where the rules allow it.
    /// @return feesE6 Fee of each claim's account.
    function check(
        Terms calldata terms,
        IRiskOracle.MarginSlice[] calldata slices,
        Claim[] calldata claims,
        Charge[] calldata charges
    ) external view returns (uint256[] memory feesE6);

    /// @notice Source of slices.
    function oracle() external view returns (IRiskOracle);

    /// @notice Statements without proofs.
    function native() external view returns (INativeMargin);

    /// @notice Verification keys.
    function registry() external view returns (IVerifierRegistry);

    /// @notice The market of every position.
    function market() external view returns (bytes32);
}
