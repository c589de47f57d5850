// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILiquidationAuction} from "./interfaces/ILiquidationAuction.sol";
import {IMarginEngine} from "./interfaces/IMarginEngine.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Challenge} from "./libraries/Challenge.sol";
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

    /// @notice Seconds by which the clock may start before the transaction: latency costs nobody, waiting buys nothing.
    uint256 public constant MAX_CLOCK_LEAD = 30;

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
        IMarginEngine.AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        uint256 row,
        IMarginEngine.MarginProof calldata proof
    ) external {
        if (_auctions[account].clockStart != 0) revert AuctionRunning(account);
        if (row >= Insolvency.ROWS) revert RowOutOfRange(row);
        if (state.positions.length == 0) revert NothingToLiquidate(account);
        engine.requireState(account, state);
        int256 cashE6 = engine.accountOf(account).cashE6;
        if (cashE6 >= proof.requiredCashE6) revert NotInsolvent(account, cashE6, proof.requiredCashE6);
        AccountWords.Facts[] memory facts = _facts(state, slices);
        _requireInsolvent(account, state.nonce, facts, row, proof);

        uint64 clockStart = _clockStart(facts);
        // Above the cash, which is never negative.
        bool insured = SafeCast.toUint256(proof.requiredCashE6) >= minimumAuctionE6;
        _auctions[account] = Auction({starter: msg.sender, clockStart: clockStart, insured: insured});
        emit AuctionStarted(account, msg.sender, clockStart, row, cashE6, proof.requiredCashE6);
        engine.lock(account);
    }

    /// @inheritdoc ILiquidationAuction
    function bid(
        address account,
        IMarginEngine.AccountState calldata state,
        IMarginEngine.AccountState calldata bidder,
        IRiskOracle.MarginSlice[] calldata slices,
        IMarginEngine.MarginProof calldata proof,
        int256 maxPriceE6
    ) external {
        if (account == msg.sender) revert SelfBid(account);
        (int256 equityE6, int256 priceE6, uint256 rewardE6) = quote(account, state, slices);
        if (priceE6 > maxPriceE6) revert PriceAboveLimit(priceE6, maxPriceE6);
        address starter = _auctions[account].starter;
        delete _auctions[account];
        emit AuctionWon(account, msg.sender, equityE6, priceE6, rewardE6);
        engine.transferLiquidated(
            IMarginEngine.Liquidation(account, msg.sender, starter, priceE6, rewardE6), state, bidder, slices, proof
        );
    }

    /// @inheritdoc ILiquidationAuction
    function end(
        address account,
        IMarginEngine.AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        IMarginEngine.MarginProof calldata proof
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
    function quote(
        address account,
        IMarginEngine.AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices
    ) public view returns (int256 equityE6, int256 priceE6, uint256 rewardE6) {
        Auction memory running = _auctions[account];
        if (running.clockStart == 0) revert NoAuction(account);
        engine.requireState(account, state);
        equityE6 = engine.accountOf(account).cashE6 + AccountWords.valueE6(_facts(state, slices));
        if (equityE6 > 0) {
            uint256 left = Math.saturatingSub(DURATION, block.timestamp - running.clockStart);
            // The product with a value of at most 2^130 is far below 2^256.
            uint256 price = SafeCast.toUint256(equityE6) * START_FRACTION_E4 * left / (10_000 * DURATION);
            return (equityE6, SafeCast.toInt256(price), Math.min(keeperRewardE6, price));
        }
        uint256 held = engine.insuranceE6();
        uint256 paid = Math.min(SignedMath.abs(equityE6), held);
        return (equityE6, -SafeCast.toInt256(paid), running.insured ? Math.min(keeperRewardE6, held - paid) : 0);
    }

    function _facts(IMarginEngine.AccountState calldata state, IRiskOracle.MarginSlice[] calldata slices)
        private
        view
        returns (AccountWords.Facts[] memory)
    {
        return AccountWords.facts(state.positions, SliceSet.loadLiquidatable(oracle, engine.market(), slices));
    }

    function _requireInsolvent(
        address account,
        uint64 nonce,
        AccountWords.Facts[] memory facts,
        uint256 row,
        IMarginEngine.MarginProof calldata proof
    ) private view {
        uint256 capacity = Insolvency.capacityOf(proof.circuitId);
        if (capacity == 0) revert IMarginEngine.UnsupportedCircuit(proof.circuitId);
        uint256[] memory d = Insolvency.build(facts, capacity, engine.params(), row, proof.requiredCashE6);
        bytes32 domain = Challenge.accountDomain(proof.circuitId, address(engine), account, nonce, engine.gridId());
        if (!registry.verify(proof.circuitId, proof.proof, Challenge.signals(domain, d, proof.digest))) {
            revert InvalidInsolvencyProof(account);
        }
    }

    /// @dev The oldest slice of the account's positions, at most 30 seconds ago and not ahead of the block.
    function _clockStart(AccountWords.Facts[] memory facts) private view returns (uint64) {
        uint256 oldest = block.timestamp;
        for (uint256 i = 0; i < facts.length; ++i) {
            oldest = Math.min(oldest, facts[i].observedAt);
        }
        return SafeCast.toUint64(Math.max(oldest, block.timestamp - MAX_CLOCK_LEAD));
    }
}
