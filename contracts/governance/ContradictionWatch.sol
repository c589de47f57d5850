// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InsolvencyLayout} from "../generated/InsolvencyLayout.sol";
import {SliceLayout} from "../generated/SliceLayout.sol";
import {IContradictionWatch} from "../interfaces/IContradictionWatch.sol";
import {IMarginEngine} from "../interfaces/IMarginEngine.sol";
import {IMarginTypes} from "../interfaces/IMarginTypes.sol";
import {INativeMargin} from "../interfaces/INativeMargin.sol";
import {INativeSlice} from "../interfaces/INativeSlice.sol";
import {IPoseidon} from "../interfaces/IPoseidon.sol";
import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {ISliceFallback} from "../interfaces/ISliceFallback.sol";
import {IVerifierRegistry} from "../interfaces/IVerifierRegistry.sol";
import {Challenge} from "../libraries/Challenge.sol";
import {DataContract} from "../libraries/DataContract.sol";
import {GreeksMath} from "../libraries/GreeksMath.sol";
import {Positions} from "../libraries/Positions.sol";
import {RulesData} from "../libraries/RulesData.sol";
import {SliceSet} from "../libraries/SliceSet.sol";
import {Words} from "../libraries/Words.sol";
import {Black76} from "../native/Black76.sol";
import {DensityLaw} from "../native/DensityLaw.sol";
import {AccountWords} from "../statements/AccountWords.sol";
import {Insolvency} from "../statements/Insolvency.sol";
import {Option} from "../statements/Option.sol";
import {Slice} from "../statements/Slice.sol";
import {SliceElements} from "../statements/SliceElements.sol";
import {Solvency} from "../statements/Solvency.sol";

/// @title ContradictionWatch
/// @notice Stops every circuit for anyone who shows a contradiction.
/// @dev Facts come from the oracle's own slices and the deployment's own engines: invented ones prove nothing.
contract ContradictionWatch is IContradictionWatch {
    /// @dev What both sides of a contradiction about an account are built from.
    struct World {
        uint256[] rules;
        SliceSet.Loaded[] slices;
        AccountWords.Facts facts;
        INativeMargin native;
        uint256 factorE2;
    }

    /// @notice Verification keys, which this contract may stop.
    IVerifierRegistry public immutable registry;

    /// @notice Source of slices.
    IRiskOracle public immutable oracle;

    /// @notice The second implementation of the slice statement.
    INativeSlice public immutable nativeSlice;

    /// @notice Digests of knots.
    IPoseidon public immutable poseidon;

    /// @notice The deployment's engines.
    mapping(IMarginEngine engine => bool) public isEngine;

    constructor(
        IVerifierRegistry registry_,
        IRiskOracle oracle_,
        ISliceFallback sliceFallback,
        IMarginEngine[] memory engines
    ) {
        (registry, oracle) = (registry_, oracle_);
        (nativeSlice, poseidon) = (sliceFallback.native(), sliceFallback.poseidon());
        for (uint256 i = 0; i < engines.length; ++i) {
            isEngine[engines[i]] = true;
        }
    }

    /// @inheritdoc IContradictionWatch
    function showAccount(AccountEvidence calldata evidence, IRiskOracle.MarginSlice[] calldata slices) external {
        if (!isEngine[evidence.engine]) revert UnknownEngine(evidence.engine);
        World memory world;
        world.rules = _rules(evidence);
        world.slices = SliceSet.load(oracle, evidence.engine.market(), slices, IMarginTypes.Use.Starting);
        world.facts = _facts(evidence, world.slices);
        world.native = evidence.engine.checker().native();
        world.factorE2 =
            evidence.atInitial ? RulesData.initialFactorE2(world.rules) : RulesData.maintenanceFactorE2(world.rules);
        (bytes32 first, bytes32 second) = (evidence.solvency.circuitId, evidence.insolvency.circuitId);
        if (first == 0 && second == 0) revert NoContradiction();
        int256 solventE6 = _solvencyBoundE6(evidence, world);
        if (_insolvencyBoundE6(evidence, world) <= solventE6) revert NoContradiction();
        _stop(first, second);
    }

    /// @inheritdoc IContradictionWatch
    function showOptions(bytes32 market, uint64 expiry, OptionEvidence calldata first, OptionEvidence calldata second)
        external
    {
        if (first.words.strikeTicks != second.words.strikeTicks || first.words.callQ53 == second.words.callQ53) {
            revert NoContradiction();
        }
        _requireOption(market, expiry, first, 0);
        _requireOption(market, expiry, second, 1);
        _stop(first.context.circuitId, second.context.circuitId);
    }

    /// @inheritdoc IContradictionWatch
    function showMark(bytes32 market, IRiskOracle.MarginSlice calldata slice, OptionEvidence calldata option) external {
        uint256 tickE2 = SliceLayout.headerTickE2(slice.header);
        uint256 expectedE2 = GreeksMath.markE2(option.words.callQ53, tickE2);
        if (_markE2(market, slice, option.words.strikeTicks) == expectedE2) revert NoContradiction();
        _requireOption(market, slice.expiry, option, 0);
        _stop(option.context.circuitId, 0);
    }

    /// @inheritdoc IContradictionWatch
    function showSlice(bytes32 market, SliceEvidence calldata evidence) external {
        IRiskOracle.SliceFacts memory facts = _sliceFacts(market, evidence.expiry);
        uint256[] memory d = _storedWords(facts, evidence);
        _requireKnots(evidence.expiry, evidence.knots, d[SliceLayout.knotsDigestIndex()]);
        INativeSlice.Opening memory opening;
        opening.knots = evidence.knots;
        try nativeSlice.requireSlice(d, facts.count, opening) {
            revert NoContradiction();
        } catch (bytes memory reason) {
            _requireFalse(reason);
        }
        _stop(evidence.circuitId, 0);
    }

    /// @inheritdoc IContradictionWatch
    function showCrossing(bytes32 market, CrossingEvidence calldata evidence) external {
        (uint64 earlier, uint64 later) = (evidence.earlier, evidence.later);
        IRiskOracle.Slice memory first = oracle.sliceOf(market, earlier);
        if (first.later != later || first.calendarLater != IRiskOracle.Calendar.Proven) {
            revert PairNotProven(earlier, later);
        }
        _requireKnots(earlier, evidence.earlierKnots, first.knotsDigest);
        _requireKnots(later, evidence.laterKnots, oracle.sliceOf(market, later).knotsDigest);
        bool crosses =
            nativeSlice.crosses(evidence.earlierKnots, evidence.laterKnots, evidence.earlierKnot, evidence.laterKnot);
        if (!crosses) revert NoContradiction();
        _stop(0, 0);
    }

    function _stop(bytes32 first, bytes32 second) private {
        emit ContradictionShown(first, second, msg.sender);
        registry.stop();
    }

    /// @dev The rules of both proofs' version.
    function _rules(AccountEvidence calldata evidence) private view returns (uint256[] memory) {
        uint32 version = evidence.solvency.rulesVersion;
        address data = evidence.engine.rules().versionOf(version).data;
        if (data == address(0) || evidence.insolvency.rulesVersion != version) {
            revert WrongRules(version, evidence.insolvency.rulesVersion);
        }
        return RulesData.load(data);
    }

    function _facts(AccountEvidence calldata evidence, SliceSet.Loaded[] memory loaded)
        private
        view
        returns (AccountWords.Facts memory)
    {
        uint256[] memory positions = evidence.positions;
        uint256 markE2 = 0;
        if (Positions.hasPerpetual(positions)) {
            IRiskOracle.MarketFacts memory market = oracle.marketFacts(evidence.engine.market());
            SliceSet.requireMarket(market, loaded, IMarginTypes.Use.Starting);
            markE2 = market.perpetualMarkE2;
        }
        return AccountWords.facts(positions, loaded, markE2);
    }

    /// @dev Cash with which the account is solvent: proven, or computed here.
    function _solvencyBoundE6(AccountEvidence calldata evidence, World memory world) private view returns (int256) {
        IMarginTypes.MarginProof calldata proof = evidence.solvency;
        uint256 capacity = proof.circuitId == 0 ? evidence.positions.length : Solvency.capacityOf(proof.circuitId);
        if (capacity == 0) revert UnsupportedCircuit(proof.circuitId);
        uint256[] memory d =
            Solvency.build(world.facts, world.slices, capacity, world.rules, world.factorE2, proof.requiredCashE6);
        if (proof.circuitId == 0) return world.native.solvencyBoundE6(d);
        _requireProof(evidence, proof, d, world.rules, 0);
        return proof.requiredCashE6;
    }

    /// @dev Cash below which the account is insolvent: proven, or computed here. The vector that is built holds the
    /// maintenance factor; the statement is true of any.
    function _insolvencyBoundE6(AccountEvidence calldata evidence, World memory world) private view returns (int256) {
        IMarginTypes.MarginProof calldata proof = evidence.insolvency;
        uint256 capacity = proof.circuitId == 0 ? evidence.positions.length : Insolvency.capacityOf(proof.circuitId);
        if (capacity == 0) revert UnsupportedCircuit(proof.circuitId);
        if (evidence.row >= Insolvency.ROWS) revert RowOutOfRange(evidence.row);
        uint256[] memory d =
            Insolvency.build(world.facts, world.slices, capacity, world.rules, evidence.row, proof.requiredCashE6);
        uint256 shift = InsolvencyLayout.HEADER_FACTOR_E2_SHIFT;
        d[0] = (d[0] & ~(uint256(0xff) << shift)) | (world.factorE2 << shift);
        if (proof.circuitId == 0) return world.native.insolvencyBoundE6(d);
        _requireProof(evidence, proof, d, world.rules, 1);
        return proof.requiredCashE6;
    }

    function _requireProof(
        AccountEvidence calldata evidence,
        IMarginTypes.MarginProof calldata proof,
        uint256[] memory d,
        uint256[] memory rules,
        uint256 index
    ) private view {
        bytes32 domain = Challenge.accountDomain(
            proof.circuitId, address(evidence.engine), evidence.account, evidence.nonce, RulesData.gridId(rules)
        );
        bool valid = registry.verify(proof.circuitId, proof.proof, Challenge.signals(domain, d, proof.digest));
        if (!valid) revert InvalidEvidence(index);
    }

    /// @dev The stored slice's mark of a listed strike.
    function _markE2(bytes32 market, IRiskOracle.MarginSlice calldata slice, uint256 strikeTicks)
        private
        view
        returns (uint256)
    {
        IRiskOracle.SliceFacts memory facts = _sliceFacts(market, slice.expiry);
        bytes32 given = Slice.marginHash(slice.restHash, slice.header, slice.results);
        if (facts.state == IRiskOracle.State.None || given != facts.marginHash) {
            revert StrikeNotStored(slice.expiry, strikeTicks);
        }
        uint256[] memory elements = DataContract.loadWords(facts.listing);
        (bool found, Slice.Strike memory strike) =
            Slice.strikeOf(Slice.Margin(slice.header, slice.results, elements, facts.count), strikeTicks);
        if (!found) revert StrikeNotStored(slice.expiry, strikeTicks);
        return strike.markE2;
    }

    function _sliceFacts(bytes32 market, uint64 expiry) private view returns (IRiskOracle.SliceFacts memory) {
        uint64[] memory expiries = new uint64[](1);
        expiries[0] = expiry;
        return oracle.sliceFacts(market, expiries)[0];
    }

    /// @dev The data vector of the stored slice or of the one before it, as far as the oracle keeps it: what lies in slots that
    /// the listing leaves unused has only its widths, and is not read.
    function _storedWords(IRiskOracle.SliceFacts memory facts, SliceEvidence calldata evidence)
        private
        view
        returns (uint256[] memory d)
    {
        uint256 capacity = Slice.capacityOf(evidence.circuitId);
        if (capacity == 0 || facts.count > capacity) revert UnsupportedCircuit(evidence.circuitId);
        d = SliceElements.dataVector(evidence.words, capacity, facts.listing, facts.count);
        SliceLayout.requireWidths(d, capacity);
        bytes32 quotesHash = SliceElements.quotesHash(d, capacity, facts.count);
        bytes32 hash = Slice.marginHashOf(d, capacity, facts.count, quotesHash);
        bool known = hash == facts.marginHash || hash == facts.previousMarginHash;
        if (facts.state == IRiskOracle.State.None || !known) revert UnknownWords(evidence.expiry, hash);
    }

    function _requireKnots(uint64 expiry, uint256[] calldata knots, uint256 stored) private view {
        uint256 digest = poseidon.digest(knots);
        if (digest != stored) revert WrongKnots(expiry, digest, stored);
    }

    /// @dev Passes on every revert but those that only a false statement causes: words and knots are the stored ones, whose
    /// widths are checked, and nothing else was given. Missing gas has no name.
    function _requireFalse(bytes memory reason) private pure {
        // forge-lint: disable-next-line(unsafe-typecast)
        bytes4 name = bytes4(reason);
        bool isLaw = name == Words.BitsOutsideFields.selector || name == DensityLaw.KnotTooHigh.selector
            || name == DensityLaw.MassAboveOne.selector || name == DensityLaw.MeanOffForward.selector;
        bool isPrice = name == INativeSlice.StrikeNotAKnot.selector || name == INativeSlice.MarkOffLaw.selector
            || name == INativeSlice.VolOffPrice.selector || name == Black76.VolOutOfDomain.selector
            || name == INativeSlice.FitErrorTooLow.selector;
        if (isLaw || isPrice) return;
        assembly ("memory-safe") {
            revert(add(reason, 32), mload(reason))
        }
    }

    /// @dev The option is proven on the density and at the forward of the slice that the oracle stores.
    function _requireOption(bytes32 market, uint64 expiry, OptionEvidence calldata option, uint256 index) private view {
        IRiskOracle.Slice memory stored = oracle.sliceOf(market, expiry);
        if (stored.epoch == 0 || option.words.forwardQ16 != stored.forwardQ16) revert UnknownSlice(market, expiry);
        bytes32 circuitId = option.context.circuitId;
        if (Option.knotsOf(circuitId) == 0) revert UnsupportedCircuit(circuitId);
        uint256[3] memory signals = Option.signals(option.context, stored.knotsDigest, option.words, option.digest);
        if (!registry.verify(circuitId, option.proof, signals)) revert InvalidEvidence(index);
    }
}
