// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MarginChecker} from "../../../contracts/MarginChecker.sol";
import {MarginEngine} from "../../../contracts/MarginEngine.sol";
import {MarginRules} from "../../../contracts/MarginRules.sol";
import {DemoDollar} from "../../../contracts/demo/DemoDollar.sol";
import {SliceLayout} from "../../../contracts/generated/SliceLayout.sol";
import {IMarginTypes} from "../../../contracts/interfaces/IMarginTypes.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {IVerifierRegistry} from "../../../contracts/interfaces/IVerifierRegistry.sol";
import {Challenge} from "../../../contracts/libraries/Challenge.sol";
import {DataContract} from "../../../contracts/libraries/DataContract.sol";
import {LnMath} from "../../../contracts/libraries/LnMath.sol";
import {Positions} from "../../../contracts/libraries/Positions.sol";
import {NativeMargin} from "../../../contracts/native/NativeMargin.sol";
import {Insolvency} from "../../../contracts/statements/Insolvency.sol";
import {Slice} from "../../../contracts/statements/Slice.sol";
import {Solvency} from "../../../contracts/statements/Solvency.sol";
import {MockRiskOracle} from "./MockRiskOracle.sol";
import {MockVerifierRegistry} from "./MockVerifierRegistry.sol";
import {StatementHarness} from "./StatementHarness.sol";
import {Test} from "./Test.sol";

/// @notice An engine on an oracle that answers as told: two expiries of five strikes, fresh and of one report, and a
/// perpetual marked at 60,000. This contract owns the rules and is the auction.
abstract contract EngineFixture is Test {
    bytes32 internal constant MARKET = "BTC-USD";
    uint64 internal constant NOW = 1_799_000_000;
    uint64 internal constant FIRST = 1_800_000_000;
    uint64 internal constant SECOND = 1_801_000_000;
    uint256 internal constant MAKER_KEY = 0xa11ce;
    uint256 internal constant TAKER_KEY = 0xb0b;
    address internal constant GUARDIAN = address(0x9a4d);
    uint256 internal constant STRIKES = 5;

    MockRiskOracle internal feed = newFeed();
    MockVerifierRegistry internal registry = new MockVerifierRegistry();
    DemoDollar internal dollar = new DemoDollar();
    StatementHarness internal statements = new StatementHarness(IRiskOracle(address(feed)));
    MarginChecker internal checker;
    MarginRules internal rules;
    MarginEngine internal engine;
    address internal maker = vm.addr(MAKER_KEY);
    address internal taker = vm.addr(TAKER_KEY);

    /// @dev The slices that are stored now, ascending.
    IRiskOracle.MarginSlice[] internal currentSlices;

    address private immutable _listing;

    constructor() {
        vm.warp(NOW);
        rules = new MarginRules(address(this), GUARDIAN, defaultParams(), defaultLimits());
        rules.setAuction(address(this));
        checker = new MarginChecker(IRiskOracle(address(feed)), verifier(), new NativeMargin(), rules, MARKET);
        engine = new MarginEngine(dollar, checker, rules);
        _listing = DataContract.store(abi.encodePacked(Slice.listingElements(strikes())));
        publish(0);
        publishMarket(6_000_000, 0);
    }

    /// @notice What margin reads; a test may put one in its place that has the mock's functions.
    function newFeed() internal virtual returns (MockRiskOracle) {
        return new MockRiskOracle();
    }

    /// @notice What the checker asks about proofs: the mock, where a test does not replace it.
    function verifier() internal virtual returns (IVerifierRegistry) {
        return registry;
    }

    /// @notice A proof that the verifier accepts for these signals.
    function proofOf(bytes32 circuitId, uint256[3] memory signals) internal virtual returns (uint256[8] memory) {
        registry.declare(circuitId, signals);
        return [uint256(0), 0, 0, 0, 0, 0, 0, 0];
    }

    /// @notice A grid whose rows are told apart by their weights; neither haircut nor confidence limit.
    function defaultParams() internal pure returns (IMarginTypes.MarginParams memory params) {
        for (uint256 row = 0; row < 36; ++row) {
            uint256 record = 9_000 | (uint256(1 << 26) << 16) | ((1_000 + row) << 43);
            params.grid[row / 4] |= record << (60 * (row % 4));
        }
        params.volRule = IMarginTypes.VolRule(5_000, 2_500, 3_000, 1_300, 5_000, 0, 0, 60);
        (params.initialFactorE2, params.maintenanceFactorE2) = (100, 80);
        (params.shortRateE5, params.perpetualRateE5) = (600, 200);
        (params.haircutE4, params.confidenceLimitE4) = (0, 0xffff);
    }

    /// @notice No fees, caps that bind nothing.
    function defaultLimits() internal pure returns (IMarginTypes.Limits memory limits) {
        (limits.maxPositionE4, limits.maxOpenInterestE4) = (type(uint32).max, type(uint64).max);
    }

    function strikes() internal pure returns (uint24[] memory listed) {
        listed = new uint24[](STRIKES);
        for (uint256 i = 0; i < STRIKES; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            listed[i] = uint24(40_000 + 10_000 * i);
        }
    }

    /// @notice Both expiries observed now at a forward of 60,000, every mark higher by `markShiftE2`.
    function publish(uint256 markShiftE2) internal {
        delete currentSlices;
        publishOne(FIRST, markShiftE2, IRiskOracle.State.Fresh);
        publishOne(SECOND, markShiftE2, IRiskOracle.State.Fresh);
    }

    /// @notice Appends one expiry's slice.
    function publishOne(uint64 expiry, uint256 markShiftE2, IRiskOracle.State sliceState) internal {
        IRiskOracle.MarginSlice storage slice = currentSlices.push();
        slice.expiry = expiry;
        slice.restHash = keccak256(abi.encode("rest", expiry));
        slice.header =
            SliceLayout.packHeader(SliceLayout.HeaderRecord(60_000 << 16, LnMath.lnQ48(60_000 << 16), 12_345, 100));
        uint24[5] memory marks = [2_010_000, 1_080_000, 200_000, 30_000, 5_000];
        uint256[] memory results = new uint256[](3);
        for (uint256 i = 0; i < STRIKES; ++i) {
            uint256 result = SliceLayout.packResults(SliceLayout.ResultsRecord(marks[i] + markShiftE2, (1 << 30) + i));
            SliceLayout.putResults(results, 0, i, result);
        }
        slice.results = results;
        feed.setSlice(expiry, factsOf(slice, sliceState));
    }

    /// @notice What the oracle says of a slice observed now.
    function factsOf(IRiskOracle.MarginSlice memory slice, IRiskOracle.State sliceState)
        internal
        view
        returns (IRiskOracle.SliceFacts memory facts)
    {
        facts.marginHash = Slice.marginHash(slice.restHash, slice.header, slice.results);
        (facts.observedAt, facts.replacedAt) = (uint64(block.timestamp), uint64(block.timestamp));
        // forge-lint: disable-next-line(unsafe-typecast)
        (facts.state, facts.listing, facts.count, facts.tickE2) = (sliceState, _listing, uint8(STRIKES), 100);
    }

    /// @notice The market's facts, observed now.
    function publishMarket(uint64 perpetualMarkE2, int128 fundingIndexE6) internal {
        feed.setMarket(
            IRiskOracle.MarketFacts({
                epoch: 1,
                observedAt: uint64(block.timestamp),
                spotE2: perpetualMarkE2,
                perpetualMarkE2: perpetualMarkE2,
                perpetualIndexE2: perpetualMarkE2,
                fundingIndexE6: fundingIndexE6,
                confidenceE4: 30,
                state: IRiskOracle.State.Fresh
            })
        );
    }

    /// @notice Gives an account cash.
    function fund(address account, uint256 amountE6) internal {
        dollar.mint(address(this), amountE6);
        dollar.approve(address(engine), amountE6);
        engine.deposit(account, amountE6);
    }

    function option(uint64 expiry, uint24 strikeTicks, bool put, int256 amountE4) internal pure returns (uint256) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return Positions.pack(expiry, strikeTicks, put, amountE4, uint8((strikeTicks - 40_000) / 10_000));
    }

    function perpetual(int256 amountE4) internal pure returns (uint256) {
        return Positions.pack(0, 0, false, amountE4, 0);
    }

    function list(uint256 a) internal pure returns (uint256[] memory positions) {
        positions = new uint256[](1);
        positions[0] = a;
    }

    function list(uint256 a, uint256 b) internal pure returns (uint256[] memory positions) {
        positions = new uint256[](2);
        (positions[0], positions[1]) = (a, b);
    }

    /// @notice Sorted legs of one unit: puts and calls of five strikes in two expiries, at most 20.
    function manyLegs(uint256 count) internal pure returns (uint256[] memory legs) {
        legs = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            legs[i] = option(i < 10 ? FIRST : SECOND, uint24(40_000 + 10_000 * ((i % 10) / 2)), i % 2 == 1, 1);
        }
    }

    /// @notice The same positions with opposite amounts.
    function opposite(uint256[] memory positions) internal pure returns (uint256[] memory other) {
        other = new uint256[](positions.length);
        for (uint256 i = 0; i < positions.length; ++i) {
            uint256 p = positions[i];
            other[i] = Positions.pack(
                Positions.expiryOf(p),
                Positions.strikeTicksOf(p),
                Positions.isPut(p),
                -Positions.amountE4Of(p),
                // forge-lint: disable-next-line(unsafe-typecast)
                uint8(Positions.hintOf(p))
            );
        }
    }

    function fresh() internal pure returns (IMarginTypes.AccountState memory empty) {}

    function state(uint64 nonce, uint256[] memory positions) internal pure returns (IMarginTypes.AccountState memory) {
        return IMarginTypes.AccountState(nonce, 0, positions);
    }

    function noProof() internal pure returns (IMarginTypes.MarginProof memory proof) {}

    /// @notice A true solvency proof at initial margin on the current slices.
    function solvent(address account, IMarginTypes.AccountState memory s, int256 requiredCashE6)
        internal
        returns (IMarginTypes.MarginProof memory)
    {
        return solventBy(_circuit(s.positions.length, true), account, s, requiredCashE6, 0, true);
    }

    /// @notice A true solvency proof of a named circuit under a version of the rules, at initial or maintenance margin.
    function solventBy(
        bytes32 circuitId,
        address account,
        IMarginTypes.AccountState memory s,
        int256 requiredCashE6,
        uint32 version,
        bool atInitial
    ) internal returns (IMarginTypes.MarginProof memory) {
        if (s.positions.length == 0) return noProof();
        (IMarginTypes.MarginParams memory params,) = rules.paramsOf(version);
        uint256[] memory d = statements.solvency(
            s.positions,
            currentSlices,
            Solvency.capacityOf(circuitId),
            rules.versionOf(version).data,
            atInitial ? params.initialFactorE2 : params.maintenanceFactorE2,
            requiredCashE6
        );
        return _declare(circuitId, account, s.nonce, d, requiredCashE6, version);
    }

    /// @notice A true insolvency proof in one row on the current slices.
    function insolvent(address account, IMarginTypes.AccountState memory s, uint256 row, int256 requiredCashE6)
        internal
        returns (IMarginTypes.MarginProof memory)
    {
        bytes32 circuitId = _circuit(s.positions.length, false);
        uint256 capacity = Insolvency.capacityOf(circuitId);
        uint256[] memory d =
            statements.insolvency(s.positions, currentSlices, capacity, rules.versionOf(0).data, row, requiredCashE6);
        return _declare(circuitId, account, s.nonce, d, requiredCashE6, 0);
    }

    /// @notice The maker's order of one lot, open to any taker.
    function orderOf(uint256[] memory legs, int64 cashToMakerE6, uint64 salt)
        internal
        view
        returns (IMarginTypes.Order memory)
    {
        return IMarginTypes.Order({
            maker: maker,
            taker: address(0),
            legs: legs,
            cashToMakerE6: cashToMakerE6,
            lots: 1,
            minimumLots: 0,
            deadline: NOW + 1 days,
            salt: salt
        });
    }

    /// @notice A fill of the maker's order, who is account 1.
    function fillOf(IMarginTypes.Order memory order, uint32 lots)
        internal
        view
        returns (IMarginTypes.Fill[] memory fills)
    {
        fills = new IMarginTypes.Fill[](1);
        fills[0] = IMarginTypes.Fill(order, signed(MAKER_KEY, engine.orderHash(order)), lots, 1);
    }

    /// @notice Taker and maker of a trade, with true proofs at initial margin of what they hold afterwards.
    function changes(
        IMarginTypes.AccountState memory takerState,
        uint256[] memory takerAfter,
        IMarginTypes.AccountState memory makerState,
        uint256[] memory makerAfter
    ) internal returns (IMarginTypes.AccountChange[] memory both) {
        both = new IMarginTypes.AccountChange[](2);
        (both[0].account, both[0].state) = (taker, takerState);
        (both[1].account, both[1].state) = (maker, makerState);
        both[0].proof = solvent(taker, state(takerState.nonce + 1, takerAfter), 0);
        both[1].proof = solvent(maker, state(makerState.nonce + 1, makerAfter), 0);
    }

    /// @notice Opens `legs` for the maker and the opposite for the taker, both funded, from fresh accounts.
    function open(uint256[] memory legs, int64 cashToMakerE6, uint256 fundsE6)
        internal
        returns (IMarginTypes.AccountState memory makerState, IMarginTypes.AccountState memory takerState)
    {
        fund(maker, fundsE6);
        fund(taker, fundsE6);
        makerState = state(1, legs);
        takerState = state(1, opposite(legs));
        IMarginTypes.AccountChange[] memory both = changes(fresh(), takerState.positions, fresh(), legs);
        IMarginTypes.Fill[] memory fills = fillOf(orderOf(legs, cashToMakerE6, 0), 1);
        int128 index = feed.marketFacts(MARKET).fundingIndexE6;
        vm.prank(taker);
        engine.trade(fills, both, currentSlices);
        if (Positions.hasPerpetual(legs)) (makerState.fundingIndexE6, takerState.fundingIndexE6) = (index, index);
    }

    function cashOf(address account) internal view returns (int256) {
        return engine.accountOf(account).cashE6;
    }

    function _circuit(uint256 count, bool solvency) private pure returns (bytes32) {
        if (count > 16) return solvency ? Solvency.CIRCUIT_32 : Insolvency.CIRCUIT_32;
        if (count > 4) return solvency ? Solvency.CIRCUIT_16 : Insolvency.CIRCUIT_16;
        return solvency ? Solvency.CIRCUIT_4 : Insolvency.CIRCUIT_4;
    }

    function _declare(
        bytes32 circuitId,
        address account,
        uint64 nonce,
        uint256[] memory d,
        int256 requiredCashE6,
        uint32 version
    ) private returns (IMarginTypes.MarginProof memory proof) {
        (, bytes32 gridId) = rules.paramsOf(version);
        bytes32 domain = Challenge.accountDomain(circuitId, address(engine), account, nonce, gridId);
        uint256 digest = uint256(keccak256(abi.encode(domain, d))) >> 8;
        proof.proof = proofOf(circuitId, Challenge.signals(domain, d, digest));
        (proof.circuitId, proof.rulesVersion) = (circuitId, version);
        (proof.requiredCashE6, proof.digest) = (requiredCashE6, digest);
    }
}
