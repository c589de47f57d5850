// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginChecker} from "./interfaces/IMarginChecker.sol";
import {IMarginRules} from "./interfaces/IMarginRules.sol";
import {INativeMargin} from "./interfaces/INativeMargin.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Challenge} from "./libraries/Challenge.sol";
import {Positions} from "./libraries/Positions.sol";
import {ProofCall} from "./libraries/ProofCall.sol";
import {RulesData} from "./libraries/RulesData.sol";
import {SliceSet} from "./libraries/SliceSet.sol";
import {AccountWords} from "./statements/AccountWords.sol";
import {Solvency} from "./statements/Solvency.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title MarginChecker
/// @notice Checks what accounts claim about their margin. It stores nothing; statements are bound to the engine that calls.
contract MarginChecker is IMarginChecker {
    /// @dev What the claims of a call share, read once; the market's facts where they are needed.
    struct World {
        uint256[] rules;
        SliceSet.Loaded[] slices;
        Use use;
        bool atInitial;
        bool marketLoaded;
        IRiskOracle.MarketFacts market;
    }

    uint256 private constant NO_CONFIDENCE_LIMIT = 0xffff;
    uint256 private constant MAX_FACTOR_E2 = 0xff;
    uint256 private constant UNIT_E4 = 10_000;
    uint256 private constant UNIT_E6 = 1_000_000;

    /// @inheritdoc IMarginChecker
    IRiskOracle public immutable oracle;

    /// @inheritdoc IMarginChecker
    IVerifierRegistry public immutable registry;

    /// @inheritdoc IMarginChecker
    bytes32 public immutable market;

    /// @inheritdoc IMarginChecker
    INativeMargin public immutable native;

    /// @notice Whether statements without proofs are allowed, and at what margin.
    IMarginRules public immutable rules;

    constructor(
        IRiskOracle oracle_,
        IVerifierRegistry registry_,
        INativeMargin native_,
        IMarginRules rules_,
        bytes32 market_
    ) {
        (oracle, registry, native, rules, market) = (oracle_, registry_, native_, rules_, market_);
    }

    /// @inheritdoc IMarginChecker
    function check(
        Terms calldata terms,
        IRiskOracle.MarginSlice[] calldata slices,
        Claim[] calldata claims,
        Charge[] calldata charges
    ) external view returns (uint256[] memory feesE6) {
        World memory world;
        world.rules = RulesData.load(terms.data);
        world.slices = SliceSet.load(oracle, market, slices, terms.use);
        (world.use, world.atInitial) = (terms.use, terms.atInitial);
        feesE6 = new uint256[](claims.length);
        for (uint256 i = 0; i < charges.length; ++i) {
            _charge(feesE6, charges[i], terms.limits, world);
        }
        _requireMargins(claims, feesE6, world);
    }

    /// @dev Adds the fees of a fill: a rate of the notional at the forward, at most a part of what its legs are worth.
    function _charge(uint256[] memory feesE6, Charge calldata charge, Limits calldata limits, World memory world)
        private
        view
    {
        uint256[] memory legs = charge.legs;
        AccountWords.Facts memory facts = AccountWords.facts(legs, world.slices, _perpetualMarkE2(legs, world));
        uint256 capE6 = facts.grossValueE6 * limits.capE4 / UNIT_E4;
        uint256 takerE6 = facts.notionalE6 * limits.takerFeeE6 / UNIT_E6;
        uint256 makerE6 = facts.notionalE6 * limits.makerFeeE6 / UNIT_E6;
        feesE6[0] += (takerE6 < capE6 ? takerE6 : capE6) * charge.lots;
        feesE6[charge.maker] += (makerE6 < capE6 ? makerE6 : capE6) * charge.lots;
    }

    function _requireMargins(Claim[] calldata claims, uint256[] memory feesE6, World memory world) private view {
        uint256 count = _countProofs(claims);
        ProofCall.Call memory proofs;
        if (count != 0) proofs = ProofCall.open(count);
        for (uint256 i = 0; i < claims.length; ++i) {
            Claim calldata claim = claims[i];
            int256 cashE6 = claim.cashE6 - SafeCast.toInt256(feesE6[i]);
            if (claim.positions.length == 0) {
                if (cashE6 < 0) revert NegativeCash(claim.account, cashE6);
            } else if (claim.proof.circuitId == Solvency.NATIVE) {
                _requireNative(claim, cashE6, world);
            } else {
                ProofCall.add(proofs, claim.proof, _signals(claim, cashE6, world));
            }
        }
        if (count != 0 && !ProofCall.valid(proofs, registry)) revert InvalidMarginProofs(count);
    }

    /// @dev Claims that need a proof.
    function _countProofs(Claim[] calldata claims) private pure returns (uint256 count) {
        for (uint256 i = 0; i < claims.length; ++i) {
            if (claims[i].positions.length != 0 && claims[i].proof.circuitId != Solvency.NATIVE) ++count;
        }
    }

    /// @dev The account's solvency computed here, at a margin beyond the statement's.
    function _requireNative(Claim calldata claim, int256 cashE6, World memory world) private view {
        uint256 marginE2 = rules.nativeMarginE2();
        if (marginE2 == 0 || world.use == Use.Opening) revert NativeRefused();
        (AccountWords.Facts memory facts, int256 countedE6) = _facts(claim, cashE6, world);
        uint256 factorE2 = _factorE2(world) + marginE2;
        if (factorE2 > MAX_FACTOR_E2) factorE2 = MAX_FACTOR_E2;
        uint256[] memory d = Solvency.build(facts, world.slices, facts.elements.length, world.rules, factorE2, 0);
        int256 boundE6 = native.solvencyBoundE6(d);
        if (countedE6 < boundE6) revert InsufficientMargin(claim.account, countedE6, boundE6);
    }

    /// @dev Public signals of the account's solvency, whose bound the cash that counts reaches.
    function _signals(Claim calldata claim, int256 cashE6, World memory world)
        private
        view
        returns (uint256[3] memory)
    {
        MarginProof calldata proof = claim.proof;
        uint256 capacity = Solvency.capacityOf(proof.circuitId);
        if (capacity == 0) revert UnsupportedCircuit(proof.circuitId);
        (AccountWords.Facts memory facts, int256 countedE6) = _facts(claim, cashE6, world);
        if (countedE6 < proof.requiredCashE6) {
            revert InsufficientMargin(claim.account, countedE6, proof.requiredCashE6);
        }
        uint256[] memory d =
            Solvency.build(facts, world.slices, capacity, world.rules, _factorE2(world), proof.requiredCashE6);
        bytes32 domain = Challenge.accountDomain(
            proof.circuitId, msg.sender, claim.account, claim.nonce, RulesData.gridId(world.rules)
        );
        return Challenge.signals(domain, d, proof.digest);
    }

    /// @dev The account's positions at the slices' marks, and what of its cash counts.
    function _facts(Claim calldata claim, int256 cashE6, World memory world)
        private
        view
        returns (AccountWords.Facts memory facts, int256 countedE6)
    {
        uint256[] memory positions = _copied(claim.positions);
        facts = AccountWords.facts(positions, world.slices, _perpetualMarkE2(positions, world));
        countedE6 = RulesData.counted(world.rules, cashE6) - _addOnE6(facts, world);
    }

    function _copied(uint256[] calldata given) private pure returns (uint256[] memory list) {
        assembly ("memory-safe") {
            let size := shl(5, given.length)
            list := mload(0x40)
            mstore(list, given.length)
            calldatacopy(add(list, 32), given.offset, size)
            mstore(0x40, add(add(list, 32), size))
        }
    }

    function _factorE2(World memory world) private pure returns (uint256) {
        return world.atInitial ? RulesData.initialFactorE2(world.rules) : RulesData.maintenanceFactorE2(world.rules);
    }

    /// @dev Mark of the perpetual; zero where no position needs it.
    function _perpetualMarkE2(uint256[] memory positions, World memory world) private view returns (uint256) {
        if (!Positions.hasPerpetual(positions)) return 0;
        IRiskOracle.MarketFacts memory facts = _marketFacts(world);
        SliceSet.requireMarket(facts, world.slices, world.use);
        return facts.perpetualMarkE2;
    }

    /// @dev What initial margin asks for the oracle's uncertainty beyond the limit, rounded up.
    function _addOnE6(AccountWords.Facts memory facts, World memory world) private view returns (int256) {
        uint256 limitE4 = RulesData.confidenceLimitE4(world.rules);
        if (!world.atInitial || limitE4 == NO_CONFIDENCE_LIMIT) return 0;
        uint256 confidenceE4 = _marketFacts(world).confidenceE4;
        if (confidenceE4 <= limitE4) return 0;
        return SafeCast.toInt256((facts.notionalE6 * (confidenceE4 - limitE4) + UNIT_E4 - 1) / UNIT_E4);
    }

    function _marketFacts(World memory world) private view returns (IRiskOracle.MarketFacts memory) {
        if (!world.marketLoaded) (world.marketLoaded, world.market) = (true, oracle.marketFacts(market));
        return world.market;
    }
}
