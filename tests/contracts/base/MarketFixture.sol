// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LiquidationAuction} from "../../../contracts/LiquidationAuction.sol";
import {MarginEngine} from "../../../contracts/MarginEngine.sol";
import {DemoDollar} from "../../../contracts/demo/DemoDollar.sol";
import {IMarginEngine} from "../../../contracts/interfaces/IMarginEngine.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {Challenge} from "../../../contracts/libraries/Challenge.sol";
import {DataContract} from "../../../contracts/libraries/DataContract.sol";
import {Positions} from "../../../contracts/libraries/Positions.sol";
import {SliceSet} from "../../../contracts/libraries/SliceSet.sol";
import {AccountWords} from "../../../contracts/statements/AccountWords.sol";
import {Insolvency} from "../../../contracts/statements/Insolvency.sol";
import {Slice} from "../../../contracts/statements/Slice.sol";
import {Solvency} from "../../../contracts/statements/Solvency.sol";
import {OracleFixture} from "./OracleFixture.sol";
import {SliceBuilder} from "./SliceBuilder.sol";

/// @notice An engine and an auction on the oracle's first two expiries, both fresh and calendar-proven.
abstract contract MarketFixture is OracleFixture {
    using SliceBuilder for SliceBuilder.Spec;

    uint256 internal constant KEEPER_REWARD_E6 = 5e6;
    uint256 internal constant MINIMUM_AUCTION_E6 = 100e6;
    uint256 internal constant MAKER_KEY = 0xa11ce;
    uint256 internal constant TAKER_KEY = 0xb0b;

    DemoDollar internal dollar = new DemoDollar();
    MarginEngine internal engine;
    LiquidationAuction internal auction;
    address internal maker = vm.addr(MAKER_KEY);
    address internal taker = vm.addr(TAKER_KEY);

    /// @dev The slices that are stored now, ascending.
    IRiskOracle.MarginSlice[] internal currentSlices;

    uint64 internal epoch;

    constructor() {
        engine = new MarginEngine(address(this), dollar, oracle, registry, MARKET, defaultParams());
        auction = new LiquidationAuction(engine, oracle, registry, KEEPER_REWARD_E6, MINIMUM_AUCTION_E6);
        engine.setAuction(address(auction));
        publish(provenPair());
    }

    /// @notice A grid whose rows are told apart by their weights.
    function defaultParams() internal pure returns (IMarginEngine.MarginParams memory params) {
        for (uint256 row = 0; row < 36; ++row) {
            uint256 record = 9_000 | (uint256(1 << 26) << 16) | ((1_000 + row) << 43);
            params.grid[row / 4] |= record << (60 * (row % 4));
        }
        params.volRule = IMarginEngine.VolRule(5_000, 2_500, 3_000, 1_300, 5_000, 0, 0, 60);
        (params.initialFactorE2, params.maintenanceFactorE2) = (100, 80);
        (params.shortRateE5, params.perpetualRateE5) = (600, 200);
    }

    /// @notice Stores slices and keeps their words.
    function publish(SliceBuilder.Spec[] memory specs) internal {
        submit(++epoch, specs);
        delete currentSlices;
        for (uint256 i = 0; i < specs.length; ++i) {
            currentSlices.push(specs[i].margin());
        }
    }

    /// @notice Gives an account cash.
    function fund(address account, uint256 amountE6) internal {
        dollar.mint(address(this), amountE6);
        dollar.approve(address(engine), amountE6);
        engine.deposit(account, amountE6);
    }

    function position(uint64 expiry, uint24 strikeTicks, bool put, int32 amountE4)
        internal
        pure
        returns (IMarginEngine.Position memory)
    {
        return IMarginEngine.Position(expiry, strikeTicks, put, amountE4);
    }

    function list(IMarginEngine.Position memory p) internal pure returns (IMarginEngine.Position[] memory positions) {
        positions = new IMarginEngine.Position[](1);
        positions[0] = p;
    }

    function list(IMarginEngine.Position memory p, IMarginEngine.Position memory q)
        internal
        pure
        returns (IMarginEngine.Position[] memory positions)
    {
        positions = new IMarginEngine.Position[](2);
        (positions[0], positions[1]) = (p, q);
    }

    function fresh() internal pure returns (IMarginEngine.AccountState memory empty) {}

    function state(uint64 nonce, IMarginEngine.Position[] memory positions)
        internal
        pure
        returns (IMarginEngine.AccountState memory)
    {
        return IMarginEngine.AccountState(nonce, positions);
    }

    function noProof() internal pure returns (IMarginEngine.MarginProof memory proof) {}

    /// @notice A true solvency proof at initial margin on the current slices.
    function solvent(address account, IMarginEngine.AccountState memory s, int256 requiredCashE6)
        internal
        returns (IMarginEngine.MarginProof memory)
    {
        return solventAt(account, s, requiredCashE6, engine.initialFactorE2());
    }

    /// @notice A true solvency proof at a margin factor on the current slices.
    function solventAt(address account, IMarginEngine.AccountState memory s, int256 requiredCashE6, uint8 factorE2)
        internal
        returns (IMarginEngine.MarginProof memory)
    {
        bytes32 circuitId = s.positions.length > 4 ? Solvency.CIRCUIT_16 : Solvency.CIRCUIT_4;
        return solventBy(circuitId, account, s, requiredCashE6, factorE2);
    }

    /// @notice A true solvency proof of a named circuit.
    function solventBy(
        bytes32 circuitId,
        address account,
        IMarginEngine.AccountState memory s,
        int256 requiredCashE6,
        uint8 factorE2
    ) internal returns (IMarginEngine.MarginProof memory) {
        AccountWords.Facts[] memory facts = AccountWords.facts(s.positions, loaded());
        uint256 capacity = Solvency.capacityOf(circuitId);
        uint256[] memory d = Solvency.build(facts, capacity, engine.params(), factorE2, requiredCashE6);
        return _declare(circuitId, account, s.nonce, d, requiredCashE6);
    }

    /// @notice A true insolvency proof in one row on the current slices.
    function insolvent(address account, IMarginEngine.AccountState memory s, uint256 row, int256 requiredCashE6)
        internal
        returns (IMarginEngine.MarginProof memory)
    {
        bytes32 circuitId = s.positions.length > 4 ? Insolvency.CIRCUIT_16 : Insolvency.CIRCUIT_4;
        return insolventBy(circuitId, account, s, row, requiredCashE6);
    }

    /// @notice A true insolvency proof of a named circuit.
    function insolventBy(
        bytes32 circuitId,
        address account,
        IMarginEngine.AccountState memory s,
        uint256 row,
        int256 requiredCashE6
    ) internal returns (IMarginEngine.MarginProof memory) {
        AccountWords.Facts[] memory facts = AccountWords.facts(s.positions, loaded());
        uint256 capacity = Insolvency.capacityOf(circuitId);
        uint256[] memory d = Insolvency.build(facts, capacity, engine.params(), row, requiredCashE6);
        return _declare(circuitId, account, s.nonce, d, requiredCashE6);
    }

    /// @notice The maker's order, open to any taker, and its signature.
    function orderOf(IMarginEngine.Position[] memory legs, int64 cashToMakerE6, uint256 salt)
        internal
        view
        returns (IMarginEngine.Order memory order, bytes memory signature)
    {
        order = IMarginEngine.Order({
            maker: maker,
            taker: address(0),
            legs: legs,
            cashToMakerE6: cashToMakerE6,
            deadline: NOW + 1 days,
            salt: salt
        });
        signature = signed(MAKER_KEY, engine.orderHash(order));
    }

    /// @notice Opens `legs` for the maker and the opposite for the taker, both funded, from fresh accounts.
    function open(IMarginEngine.Position[] memory legs, int64 cashToMakerE6, uint256 fundsE6)
        internal
        returns (IMarginEngine.AccountState memory makerState, IMarginEngine.AccountState memory takerState)
    {
        fund(maker, fundsE6);
        fund(taker, fundsE6);
        makerState = state(1, legs);
        takerState = state(1, Positions.opposite(legs));
        (IMarginEngine.Order memory order, bytes memory signature) = orderOf(legs, cashToMakerE6, 0);
        IMarginEngine.MarginProof memory makerProof = solvent(maker, makerState, 0);
        IMarginEngine.MarginProof memory takerProof = solvent(taker, takerState, 0);
        vm.prank(taker);
        engine.trade(order, signature, fresh(), fresh(), currentSlices, makerProof, takerProof);
    }

    /// @notice The current slices as the engine loads them.
    function loaded() internal view returns (SliceSet.Loaded[] memory all) {
        all = new SliceSet.Loaded[](currentSlices.length);
        uint64[] memory expiries = new uint64[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            expiries[i] = currentSlices[i].expiry;
        }
        IRiskOracle.SliceFacts[] memory facts = oracle.sliceFacts(MARKET, expiries);
        for (uint256 i = 0; i < all.length; ++i) {
            (all[i].expiry, all[i].observedAt) = (expiries[i], facts[i].observedAt);
            all[i].words = Slice.Margin({
                header: currentSlices[i].header,
                results: currentSlices[i].results,
                elements: DataContract.loadWords(facts[i].listing),
                count: facts[i].count
            });
        }
    }

    function cashOf(address account) internal view returns (int256) {
        return engine.accountOf(account).cashE6;
    }

    function _declare(bytes32 circuitId, address account, uint64 nonce, uint256[] memory d, int256 requiredCashE6)
        private
        returns (IMarginEngine.MarginProof memory proof)
    {
        bytes32 domain = Challenge.accountDomain(circuitId, address(engine), account, nonce, engine.gridId());
        uint256 digest = uint256(keccak256(abi.encode(domain, d))) >> 8;
        registry.declare(circuitId, Challenge.signals(domain, d, digest));
        (proof.circuitId, proof.requiredCashE6, proof.digest) = (circuitId, requiredCashE6, digest);
    }
}
