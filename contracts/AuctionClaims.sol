// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AuctionQuotes} from "./AuctionQuotes.sol";
import {IMarginEngine} from "./interfaces/IMarginEngine.sol";
import {IMarginErrors} from "./interfaces/IMarginErrors.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Challenge} from "./libraries/Challenge.sol";
import {RulesData} from "./libraries/RulesData.sol";
import {AccountWords} from "./statements/AccountWords.sol";
import {Insolvency} from "./statements/Insolvency.sol";
import {Solvency} from "./statements/Solvency.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title AuctionClaims
/// @notice What an auction is shown by proof or computes in its place: that its account is insolvent, that a bidder or the
/// account is solvent. Solvency is checked as `MarginChecker` does it, but at the marks that the auction has read already.
abstract contract AuctionClaims is AuctionQuotes {
    /// @dev An account as the engine holds it; `atInitial`: solvency is claimed at initial margin, else at maintenance.
    struct Holder {
        address owner;
        uint64 nonce;
        int256 cashE6;
        bool atInitial;
    }

    uint256 private constant NO_CONFIDENCE_LIMIT = 0xffff;
    uint256 private constant MAX_FACTOR_E2 = 0xff;
    uint256 private constant UNIT_E4 = 10_000;

    /// @notice Verification keys.
    IVerifierRegistry internal immutable registry;

    constructor(IMarginEngine engine_) AuctionQuotes(engine_) {
        registry = engine_.checker().registry();
    }

    function _requireInsolvent(address account, uint64 nonce, Valued memory v, uint256 row, MarginProof calldata proof)
        internal
        view
    {
        uint256 capacity = Insolvency.capacityOf(proof.circuitId);
        if (capacity == 0) revert IMarginErrors.UnsupportedCircuit(proof.circuitId);
        uint256[] memory d = Insolvency.build(v.facts, v.slices, capacity, v.rules, row, proof.requiredCashE6);
        if (!_verify(proof, account, nonce, v.rules, d)) revert InvalidInsolvencyProof(account);
    }

    /// @dev Reverts unless the holder of positions with these facts, under the rules of `v`, is solvent. Without positions he
    /// needs no proof, but cash of at least zero.
    function _requireSolvent(
        Holder memory holder,
        AccountWords.Facts memory facts,
        Valued memory v,
        MarginProof calldata proof
    ) internal view {
        if (facts.elements.length == 0) {
            if (holder.cashE6 < 0) revert IMarginErrors.NegativeCash(holder.owner, holder.cashE6);
            return;
        }
        int256 countedE6 = RulesData.counted(v.rules, holder.cashE6);
        uint256 factorE2 = RulesData.maintenanceFactorE2(v.rules);
        if (holder.atInitial) {
            countedE6 -= _addOnE6(facts.notionalE6, v);
            factorE2 = RulesData.initialFactorE2(v.rules);
        }
        uint256 capacity = Solvency.capacityOf(proof.circuitId);
        int256 boundE6 = proof.requiredCashE6;
        bool proven = proof.circuitId != Solvency.NATIVE;
        if (!proven) {
            (capacity, boundE6) = (facts.elements.length, 0);
            uint256 marginE2 = rules.nativeMarginE2();
            if (marginE2 == 0) revert IMarginErrors.NativeRefused();
            factorE2 = Math.min(factorE2 + marginE2, MAX_FACTOR_E2);
        } else if (capacity == 0) {
            revert IMarginErrors.UnsupportedCircuit(proof.circuitId);
        }
        uint256[] memory d = Solvency.build(facts, v.slices, capacity, v.rules, factorE2, boundE6);
        if (!proven) boundE6 = native.solvencyBoundE6(d);
        if (countedE6 < boundE6) revert IMarginErrors.InsufficientMargin(holder.owner, countedE6, boundE6);
        if (proven && !_verify(proof, holder.owner, holder.nonce, v.rules, d)) {
            revert IMarginErrors.InvalidMarginProofs(1);
        }
    }

    function _verify(
        MarginProof calldata proof,
        address account,
        uint64 nonce,
        uint256[] memory rules_,
        uint256[] memory d
    ) private view returns (bool) {
        bytes32 domain = Challenge.accountDomain(
            proof.circuitId, address(engine), account, nonce, RulesData.gridId(rules_)
        );
        return registry.verify(proof.circuitId, proof.proof, Challenge.signals(domain, d, proof.digest));
    }

    /// @dev What initial margin asks for the oracle's uncertainty beyond the limit, rounded up.
    function _addOnE6(uint256 notionalE6, Valued memory v) private view returns (int256) {
        uint256 limitE4 = RulesData.confidenceLimitE4(v.rules);
        if (limitE4 == NO_CONFIDENCE_LIMIT) return 0;
        uint256 confidenceE4 = _marketFacts(v).confidenceE4;
        if (confidenceE4 <= limitE4) return 0;
        return SafeCast.toInt256((notionalE6 * (confidenceE4 - limitE4) + UNIT_E4 - 1) / UNIT_E4);
    }
}
