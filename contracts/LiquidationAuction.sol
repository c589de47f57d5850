// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILiquidationAuction} from "./interfaces/ILiquidationAuction.sol";
import {IMarginEngine} from "./interfaces/IMarginEngine.sol";
import {IMarginErrors} from "./interfaces/IMarginErrors.sol";
import {IMarginTypes} from "./interfaces/IMarginTypes.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Challenge} from "./libraries/Challenge.sol";
import {Positions} from "./libraries/Positions.sol";
import {RulesData} from "./libraries/RulesData.sol";
import {SliceSet} from "./libraries/SliceSet.sol";
import {AccountWords} from "./statements/AccountWords.sol";
import {Insolvency} from "./statements/Insolvency.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

/// @title LiquidationAuction
/// @notice Sells an account that falls short of its maintenance requirement in one scenario of the grid: a Dutch
/// auction of the whole account, re-marked from the newest slices at every bid.
/// @dev Assumptions: the engine names this contract as its auction and calls no untrusted contract on its behalf.
contract LiquidationAuction is ILiquidationAuction {
    /// @notice Fraction of the account's equity at which the auction starts, in 1e-4.
    uint256 public constant START_FRACTION_E4 = 9_800;

    /// @notice Seconds in which the fraction falls linearly to zero.
    uint256 public constant DURATION = 20 minutes;

    /// @notice Accounts and collateral.
    IMarginEngine public immutable engine;

    /// @notice Source of slices.
    IRiskOracle public immutable oracle;

    /// @notice Verification keys.
    IVerifierRegistry public immutable registry;

    /// @notice Fixed reward of the starter.
    uint256 public immutable keeperRewardE6;

    /// @notice Least proven bound at which the insurance fund pays the starter: dust accounts earn nothing.
    uint256 public immutable minimumAuctionE6;

    mapping(address account => Auction) private _auctions;

    constructor(
        IMarginEngine engine_,
        IRiskOracle oracle_,
        IVerifierRegistry registry_,
        uint256 keeperRewardE6_,
        uint256 minimumAuctionE6_
    ) {
        engine = engine_;
        oracle = oracle_;
        registry = registry_;
        keeperRewardE6 = keeperRewardE6_;
        minimumAuctionE6 = minimumAuctionE6_;
    }

    /// @inheritdoc ILiquidationAuction
    function start(
        address account,
        IMarginTypes.AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        uint256 row,
        IMarginTypes.MarginProof calldata proof
    ) external {
        if (_auctions[account].clockStart != 0) {
            revert AuctionRunning(account);
        }
        if (row >= Insolvency.ROWS) revert RowOutOfRange(row);
        if (state.positions.length == 0) revert NothingToLiquidate(account);
        int256 cashE6 = _requireInsolvent(account, state, slices, row, proof);
        uint64 clockStart = uint64(block.timestamp);
        bool insured = proof.requiredCashE6 >= SafeCast.toInt256(minimumAuctionE6);
        _auctions[account] = Auction({starter: msg.sender, clockStart: clockStart, insured: insured});
        emit AuctionStarted(account, msg.sender, clockStart, row, cashE6, proof.requiredCashE6);
        engine.lock(account);
    }

    /// @inheritdoc ILiquidationAuction
    function bid(
        address account,
        IMarginTypes.AccountState calldata state,
        IMarginTypes.AccountState calldata bidder,
        IRiskOracle.MarginSlice[] calldata slices,
        IMarginTypes.MarginProof calldata proof,
        int256 maxPriceE6
    ) external {
        if (account == msg.sender) revert SelfBid(account);
        (int256 equityE6, int256 priceE6, uint256 rewardE6) = quote(account, state, slices);
        if (priceE6 > maxPriceE6) revert PriceAboveLimit(priceE6, maxPriceE6);
        address starter = _auctions[account].starter;
        delete _auctions[account];
        emit AuctionWon(account, msg.sender, equityE6, priceE6, rewardE6);
        int256 cashE6 = engine.cashAfterFundingE6(account, state);
        engine.transferLiquidated(
            IMarginTypes.Liquidation(account, msg.sender, starter, 10_000, true, priceE6 - cashE6, rewardE6),
            state,
            bidder,
            slices,
            proof
        );
    }

    /// @inheritdoc ILiquidationAuction
    function end(
        address account,
        IMarginTypes.AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        IMarginTypes.MarginProof calldata proof
    ) external {
        if (_auctions[account].clockStart == 0) revert NoAuction(account);
        engine.requireMaintenance(account, state, slices, proof);
        delete _auctions[account];
        emit AuctionEnded(account, msg.sender);
        engine.unlock(account);
    }

    /// @inheritdoc ILiquidationAuction
    function auctionOf(address account) external view returns (Auction memory) {
        return _auctions[account];
    }

    /// @inheritdoc ILiquidationAuction
    function quote(address account, IMarginTypes.AccountState calldata state, IRiskOracle.MarginSlice[] calldata slices)
        public
        view
        returns (int256 equityE6, int256 priceE6, uint256 rewardE6)
    {
        Auction memory running = _auctions[account];
        if (running.clockStart == 0) revert NoAuction(account);
        (AccountWords.Facts memory facts,) = _facts(state, slices, IMarginTypes.Use.Liquidating);
        equityE6 = engine.cashAfterFundingE6(account, state) + facts.valueE6;
        if (equityE6 > 0) {
            uint256 left = Math.saturatingSub(DURATION, block.timestamp - running.clockStart);
            // The product with a value of at most 2^130 is far below 2^256.
            uint256 price = SafeCast.toUint256(equityE6) * START_FRACTION_E4 * left / (10_000 * DURATION);
            return (equityE6, SafeCast.toInt256(price), Math.min(keeperRewardE6, price));
        }
        uint256 held = engine.fund().insuranceE6;
        uint256 paid = Math.min(SignedMath.abs(equityE6), held);
        return (equityE6, -SafeCast.toInt256(paid), running.insured ? Math.min(keeperRewardE6, held - paid) : 0);
    }

    function _facts(
        IMarginTypes.AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        IMarginTypes.Use use
    ) private view returns (AccountWords.Facts memory, SliceSet.Loaded[] memory loaded) {
        loaded = SliceSet.load(oracle, engine.market(), slices, use);
        uint256 markE2 = 0;
        if (Positions.hasPerpetual(state.positions)) {
            IRiskOracle.MarketFacts memory market = oracle.marketFacts(engine.market());
            SliceSet.requireMarket(market, loaded, use);
            markE2 = market.perpetualMarkE2;
        }
        return (AccountWords.facts(state.positions, loaded, markE2), loaded);
    }

    /// @dev Cash after funding of an account that is insolvent with it.
    function _requireInsolvent(
        address account,
        IMarginTypes.AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        uint256 row,
        IMarginTypes.MarginProof calldata proof
    ) private view returns (int256 cashE6) {
        uint256[] memory rules = _rules(proof.rulesVersion);
        cashE6 = engine.cashAfterFundingE6(account, state);
        int256 countedE6 = RulesData.counted(rules, cashE6);
        if (countedE6 >= proof.requiredCashE6) revert NotInsolvent(account, countedE6, proof.requiredCashE6);
        uint256[] memory d = _statement(state, slices, row, proof, rules);
        bytes32 domain =
            Challenge.accountDomain(proof.circuitId, address(engine), account, state.nonce, RulesData.gridId(rules));
        if (!registry.verify(proof.circuitId, proof.proof, Challenge.signals(domain, d, proof.digest))) {
            revert InvalidInsolvencyProof(account);
        }
    }

    function _statement(
        IMarginTypes.AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        uint256 row,
        IMarginTypes.MarginProof calldata proof,
        uint256[] memory rules
    ) private view returns (uint256[] memory) {
        uint256 capacity = Insolvency.capacityOf(proof.circuitId);
        if (capacity == 0) revert IMarginErrors.UnsupportedCircuit(proof.circuitId);
        (AccountWords.Facts memory facts, SliceSet.Loaded[] memory loaded) =
            _facts(state, slices, IMarginTypes.Use.Starting);
        return Insolvency.build(facts, loaded, capacity, rules, row, proof.requiredCashE6);
    }

    function _rules(uint32 version) private view returns (uint256[] memory) {
        (address data,,) = engine.rules().terms(version);
        return RulesData.load(data);
    }
}
