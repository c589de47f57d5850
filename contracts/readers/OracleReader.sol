// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IOracleReader} from "../interfaces/IOracleReader.sol";
import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {IVerifierRegistry} from "../interfaces/IVerifierRegistry.sol";
import {DataContract} from "../libraries/DataContract.sol";
import {GreeksMath} from "../libraries/GreeksMath.sol";
import {Option} from "../statements/Option.sol";
import {Slice} from "../statements/Slice.sol";

/// @title OracleReader
/// @notice What other contracts read of the oracle, one number a call.
/// @dev Holds nothing and decides nothing: whoever trusts the oracle needs no trust in its owner, there is none.
contract OracleReader is IOracleReader {
    /// @notice Source of slices and markets.
    IRiskOracle public immutable oracle;

    /// @notice Verification keys of option proofs.
    IVerifierRegistry public immutable registry;

    constructor(IRiskOracle oracle_, IVerifierRegistry registry_) {
        (oracle, registry) = (oracle_, registry_);
    }

    /// @inheritdoc IOracleReader
    function getSpot(bytes32 market) external view returns (uint64, uint64) {
        return getSpotNoOlderThan(market, type(uint256).max);
    }

    /// @inheritdoc IOracleReader
    function getConfidence(bytes32 market) external view returns (uint16, uint64) {
        IRiskOracle.MarketFacts memory facts = _market(market, type(uint256).max);
        return (facts.confidenceE4, facts.observedAt);
    }

    /// @inheritdoc IOracleReader
    function getPerpetualMarkNoOlderThan(bytes32 market, uint256 maxAge) external view returns (uint64, uint64) {
        IRiskOracle.MarketFacts memory facts = _market(market, maxAge);
        return (facts.perpetualMarkE2, facts.observedAt);
    }

    /// @inheritdoc IOracleReader
    function getForward(bytes32 market, uint64 expiry) external view returns (uint64, uint64) {
        return getForwardNoOlderThan(market, expiry, type(uint256).max);
    }

    /// @inheritdoc IOracleReader
    function getVol(bytes32 market, uint24 strikeTicks, IRiskOracle.MarginSlice calldata slice)
        external
        view
        returns (uint64, uint64)
    {
        return getVolNoOlderThan(market, strikeTicks, slice, type(uint256).max);
    }

    /// @inheritdoc IOracleReader
    function getOption(
        bytes32 market,
        uint64 expiry,
        bool put,
        OptionClaim calldata claim,
        OptionProof calldata proof,
        uint256 maxAge
    ) external view returns (GreeksMath.OptionGreeks memory greeks, uint64 observedAt) {
        if (Option.knotsOf(proof.circuitId) == 0) revert UnsupportedCircuit(proof.circuitId);
        IRiskOracle.SliceFacts memory facts = _slice(market, expiry, maxAge);
        IRiskOracle.Slice memory slice = oracle.sliceOf(market, expiry);
        // Forward, tick and knots are the stored slice's: the claim has no say in them.
        GreeksMath.OptionWords memory words = GreeksMath.OptionWords({
            forwardQ16: slice.forwardQ16,
            tickE2: facts.tickE2,
            strikeTicks: claim.strikeTicks,
            callQ53: claim.callQ53,
            totalVolQ32: claim.totalVolQ32,
            cdfD1: claim.cdfD1,
            pdfD1: claim.pdfD1
        });
        Option.Context memory context = Option.Context(proof.circuitId, market, expiry, proof.epoch, proof.reportDigest);
        uint256[3] memory signals = Option.signals(context, slice.knotsDigest, words, proof.digest);
        if (!registry.verify(proof.circuitId, proof.proof, signals)) {
            revert InvalidOptionProof(proof.circuitId, expiry, claim.strikeTicks);
        }
        return (GreeksMath.greeks(words, expiry - facts.observedAt, put), facts.observedAt);
    }

    /// @inheritdoc IOracleReader
    function getSpotNoOlderThan(bytes32 market, uint256 maxAge) public view returns (uint64, uint64) {
        IRiskOracle.MarketFacts memory facts = _market(market, maxAge);
        return (facts.spotE2, facts.observedAt);
    }

    /// @inheritdoc IOracleReader
    function getForwardNoOlderThan(bytes32 market, uint64 expiry, uint256 maxAge) public view returns (uint64, uint64) {
        IRiskOracle.SliceFacts memory facts = _slice(market, expiry, maxAge);
        return (oracle.sliceOf(market, expiry).forwardQ16, facts.observedAt);
    }

    /// @inheritdoc IOracleReader
    function getVolNoOlderThan(
        bytes32 market,
        uint24 strikeTicks,
        IRiskOracle.MarginSlice calldata slice,
        uint256 maxAge
    ) public view returns (uint64, uint64) {
        IRiskOracle.SliceFacts memory facts = _slice(market, slice.expiry, maxAge);
        bytes32 marginHash = Slice.marginHash(slice.restHash, slice.header, slice.results);
        if (marginHash != facts.marginHash) {
            revert IRiskOracle.UnknownSliceWords(slice.expiry, marginHash, facts.marginHash);
        }
        Slice.Margin memory words =
            Slice.Margin(slice.header, slice.results, DataContract.loadWords(facts.listing), facts.count);
        (bool found, Slice.Strike memory strike) = Slice.strikeOf(words, strikeTicks);
        if (!found) revert StrikeNotListed(slice.expiry, strikeTicks);
        // 35 bits by the statement's widths.
        // forge-lint: disable-next-line(unsafe-typecast)
        return (uint64(strike.totalVolQ32), facts.observedAt);
    }

    function _market(bytes32 market, uint256 maxAge) private view returns (IRiskOracle.MarketFacts memory facts) {
        facts = oracle.marketFacts(market);
        if (facts.state != IRiskOracle.State.Fresh && facts.state != IRiskOracle.State.LiquidateOnly) {
            revert MarketNotReadable(market, facts.state);
        }
        _requireNoOlder(facts.observedAt, maxAge);
    }

    function _slice(bytes32 market, uint64 expiry, uint256 maxAge)
        private
        view
        returns (IRiskOracle.SliceFacts memory facts)
    {
        uint64[] memory expiries = new uint64[](1);
        expiries[0] = expiry;
        facts = oracle.sliceFacts(market, expiries)[0];
        if (facts.state != IRiskOracle.State.Fresh && facts.state != IRiskOracle.State.LiquidateOnly) {
            revert SliceNotReadable(expiry, facts.state);
        }
        _requireNoOlder(facts.observedAt, maxAge);
    }

    /// @dev A report may lie a few seconds ahead of the block.
    function _requireNoOlder(uint64 observedAt, uint256 maxAge) private view {
        if (block.timestamp > observedAt && block.timestamp - observedAt > maxAge) revert TooOld(observedAt, maxAge);
    }
}
