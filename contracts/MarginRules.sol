// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginEngine} from "./interfaces/IMarginEngine.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Challenge} from "./libraries/Challenge.sol";
import {DataContract} from "./libraries/DataContract.sol";
import {SliceSet} from "./libraries/SliceSet.sol";
import {AccountWords} from "./statements/AccountWords.sol";
import {Solvency} from "./statements/Solvency.sol";
import {VolShocks} from "./statements/VolShocks.sol";

/// @title MarginRules
/// @notice A market's margin rules, and the check of a solvency proof under them.
abstract contract MarginRules is IMarginEngine {
    /// @notice Margin factor in 1e-2 for opening and withdrawing.
    uint8 public immutable initialFactorE2;

    /// @notice Margin factor in 1e-2 below which an account is liquidated.
    uint8 public immutable maintenanceFactorE2;

    /// @inheritdoc IMarginEngine
    IRiskOracle public immutable oracle;

    /// @inheritdoc IMarginEngine
    IVerifierRegistry public immutable registry;

    /// @inheritdoc IMarginEngine
    bytes32 public immutable market;

    /// @inheritdoc IMarginEngine
    bytes32 public immutable gridId;

    /// @dev Data contract of abi.encode(MarginParams).
    address private immutable _params;

    uint256 private constant ROW_WORD_BITS = 240;
    uint256 private constant RATE_BITS = 17;

    /// @dev Whose solvency is claimed: the account, the nonce of its positions, the margin factor and its cash.
    struct Statement {
        address account;
        uint64 nonce;
        uint8 factorE2;
        int256 cashE6;
    }

    constructor(IRiskOracle oracle_, IVerifierRegistry registry_, bytes32 market_, MarginParams memory params_) {
        bool ordered = params_.maintenanceFactorE2 > 0 && params_.maintenanceFactorE2 <= params_.initialFactorE2
            && VolShocks.isValid(params_.volRule);
        uint256 widest = params_.shortRateE5 | params_.perpetualRateE5;
        if (!ordered || widest >> RATE_BITS != 0) revert InvalidParams();
        for (uint256 i = 0; i < params_.grid.length; ++i) {
            if (params_.grid[i] >> ROW_WORD_BITS != 0) revert InvalidParams();
        }
        (oracle, registry, market) = (oracle_, registry_, market_);
        (initialFactorE2, maintenanceFactorE2) = (params_.initialFactorE2, params_.maintenanceFactorE2);
        gridId = keccak256(abi.encode(params_.grid, params_.volRule));
        _params = DataContract.store(abi.encode(params_));
    }

    /// @inheritdoc IMarginEngine
    function params() public view returns (MarginParams memory) {
        return abi.decode(DataContract.load(_params), (MarginParams));
    }

    /// @dev Reverts unless the proof shows that `positions` are solvent with the statement's cash. No positions need no
    /// proof: the cash is never negative.
    function _requireMargin(
        Statement memory statement,
        Position[] memory positions,
        SliceSet.Loaded[] memory slices,
        MarginProof calldata proof
    ) internal view {
        if (positions.length == 0) return;
        uint256 capacity = Solvency.capacityOf(proof.circuitId);
        if (capacity == 0) revert UnsupportedCircuit(proof.circuitId);
        if (statement.cashE6 < proof.requiredCashE6) {
            revert InsufficientMargin(statement.account, statement.cashE6, proof.requiredCashE6);
        }
        AccountWords.Facts[] memory facts = AccountWords.facts(positions, slices);
        uint256[] memory d = Solvency.build(facts, capacity, params(), statement.factorE2, proof.requiredCashE6);
        bytes32 domain =
            Challenge.accountDomain(proof.circuitId, address(this), statement.account, statement.nonce, gridId);
        if (!registry.verify(proof.circuitId, proof.proof, Challenge.signals(domain, d, proof.digest))) {
            revert InvalidMarginProof(statement.account);
        }
    }
}
