// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MarginTrades} from "./MarginTrades.sol";
import {IMarginChecker} from "./interfaces/IMarginChecker.sol";
import {IMarginEngine} from "./interfaces/IMarginEngine.sol";
import {IMarginRules} from "./interfaces/IMarginRules.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {PositionParts} from "./libraries/PositionParts.sol";
import {Positions} from "./libraries/Positions.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title MarginEngine
/// @notice Accounts of one options market: collateral, positions, signed orders. An account opens or withdraws with a
/// proof that, with at least its cash, it covers its requirement in every scenario of the grid.
/// @dev The token balance equals the sum of all cash, insurance and fees less the shortfall, or exceeds it by direct
/// transfers and the dust of funding. Assumptions: the collateral has six decimals and no balance changes besides
/// transfers; oracle, rules and verifier registry are this project's own.
contract MarginEngine is MarginTrades, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint256 private constant NO_CAP = type(uint32).max;

    /// @inheritdoc IMarginEngine
    IERC20 public immutable collateral;

    modifier onlyAuction() {
        _requireAuction();
        _;
    }

    constructor(IERC20Metadata collateral_, IMarginChecker checker_, IMarginRules rules_)
        MarginTrades(checker_, rules_)
    {
        if (collateral_.decimals() != 6) revert WrongDecimals(collateral_.decimals());
        collateral = collateral_;
    }

    /// @inheritdoc IMarginEngine
    function deposit(address account, uint256 amountE6) external nonReentrant {
        _accounts[account].cashE6 += SafeCast.toInt128(SafeCast.toInt256(amountE6));
        emit Deposited(account, msg.sender, amountE6);
        _pull(amountE6);
    }

    /// @inheritdoc IMarginEngine
    function fundInsurance(uint256 amountE6) external nonReentrant {
        Fund memory f = _fund;
        uint256 madeUpE6 = amountE6 < f.shortfallE6 ? amountE6 : f.shortfallE6;
        f.shortfallE6 -= SafeCast.toUint64(madeUpE6);
        f.insuranceE6 += SafeCast.toUint64(amountE6 - madeUpE6);
        _setFund(f);
        _pull(amountE6);
    }

    /// @inheritdoc IMarginEngine
    function collectFees() external {
        address to = rules.feeAccount();
        if (to == address(0)) revert NoFeeAccount();
        Fund memory f = _fund;
        _accounts[to].cashE6 += int128(uint128(f.feesE6));
        f.feesE6 = 0;
        _setFund(f);
    }

    /// @inheritdoc IMarginEngine
    function withdraw(
        uint256 amountE6,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        MarginProof calldata proof
    ) external nonReentrant {
        Account storage account = _accounts[msg.sender];
        _requireUnlocked(msg.sender);
        Market memory m;
        Book memory book = _open(msg.sender, state, m);
        book.cashE6 -= SafeCast.toInt256(amountE6);
        if (book.settled) {
            _save(book, book.nonce, false);
        } else {
            (account.cashE6, account.lastChangedAt) = (SafeCast.toInt128(book.cashE6), uint40(block.timestamp));
        }
        _requireMargin(book, slices, proof, Use.Withdrawing, true);
        uint256 paidE6 = _payable(amountE6);
        emit Withdrawn(msg.sender, amountE6, paidE6);
        collateral.safeTransfer(msg.sender, paidE6);
    }

    /// @inheritdoc IMarginEngine
    function trade(Fill[] calldata fills, AccountChange[] calldata accounts, IRiskOracle.MarginSlice[] calldata slices)
        external
        nonReentrant
    {
        _useOrders(fills, accounts);
        Check memory done = _prepare(fills, accounts);
        _close(done, _check(done, slices, fills));
    }

    /// @inheritdoc IMarginEngine
    function settle(address account, AccountState calldata state) external nonReentrant {
        Market memory m;
        Book memory book = _open(account, state, m);
        if (book.settled) _save(book, book.nonce, _accounts[account].locked);
    }

    /// @inheritdoc IMarginEngine
    function lock(address account) external onlyAuction {
        _accounts[account].locked = true;
        emit LockSet(account, true);
    }

    /// @inheritdoc IMarginEngine
    function unlock(address account) external onlyAuction {
        _accounts[account].locked = false;
        emit LockSet(account, false);
    }

    /// @inheritdoc IMarginEngine
    function bookInsolvency(int256 changeE6) external onlyAuction {
        Fund memory f = _fund;
        f.knownInsolvencyE6 = SafeCast.toUint64(SafeCast.toUint256(SafeCast.toInt256(f.knownInsolvencyE6) + changeE6));
        _setFund(f);
    }

    /// @inheritdoc IMarginEngine
    function transferLiquidated(
        Liquidation calldata liquidation,
        AccountState calldata state,
        AccountState calldata bidderState
    ) external onlyAuction nonReentrant returns (uint64 nonce, int256 cashE6, uint256[] memory positions) {
        Market memory m;
        (uint256[] memory part, uint256 sizeE4) = _give(liquidation, state, m);
        Book memory book = _take(liquidation, part, sizeE4, bidderState, m);
        // Credited after the bidder's cash was read: a reward never carries a bid.
        _accounts[liquidation.starter].cashE6 += SafeCast.toInt128(SafeCast.toInt256(liquidation.rewardE6));
        emit Liquidated(
            liquidation.account,
            liquidation.bidder,
            liquidation.starter,
            liquidation.fractionE4,
            liquidation.priceE6,
            liquidation.rewardE6
        );
        return (book.nonce, book.cashE6, book.positions);
    }

    /// @inheritdoc IMarginEngine
    function requireMaintenance(
        address account,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        MarginProof calldata proof
    ) external view {
        Market memory m;
        Book memory book = _peek(account, state, m);
        _requireMargin(book, slices, proof, Use.Liquidating, false);
    }

    /// @inheritdoc IMarginEngine
    function cashAfterFundingE6(address account, AccountState calldata state) external view returns (int256) {
        Market memory m;
        Book memory book = _peek(account, state, m);
        return book.cashE6 - book.owedE6;
    }

    /// @dev Takes the fraction, of `sizeE4` contracts, from the liquidated account, which gets price less reward.
    function _give(Liquidation calldata liquidation, AccountState calldata state, Market memory m)
        private
        returns (uint256[] memory part, uint256 sizeE4)
    {
        Book memory book = _open(liquidation.account, state, m);
        (part, book.positions, sizeE4) = PositionParts.split(book.positions, liquidation.fractionE4);
        _realise(book, m);
        book.cashE6 += liquidation.priceE6 - SafeCast.toInt256(liquidation.rewardE6);
        if (book.positions.length == 0) book.cashE6 = _absorb(book.cashE6);
        bool over = liquidation.ends || book.positions.length == 0;
        _save(book, book.nonce + 1, !over);
        if (over) emit LockSet(liquidation.account, false);
    }

    /// @dev Gives the positions, of `sizeE4` contracts, to the bidder, who pays the price.
    function _take(
        Liquidation calldata liquidation,
        uint256[] memory part,
        uint256 sizeE4,
        AccountState calldata state,
        Market memory m
    ) private returns (Book memory book) {
        _requireUnlocked(liquidation.bidder);
        book = _open(liquidation.bidder, state, m);
        if (book.positions.length == 0) {
            book.positions = part;
        } else {
            Positions.Effect memory effect;
            (book.positions, effect) = Positions.merge(book.positions, part, 1, NO_CAP);
            _countGross(effect.grossChangeE4 - SafeCast.toInt256(sizeE4), type(uint64).max);
        }
        _realise(book, m);
        book.cashE6 -= liquidation.priceE6;
        _save(book, ++book.nonce, false);
    }

    function _requireAuction() private view {
        if (msg.sender != rules.auction()) revert NotAuction(msg.sender);
    }

    /// @dev What is paid of a withdrawal: a shortfall is borne by those who withdraw, in proportion to what is left.
    function _payable(uint256 amountE6) private returns (uint256 paidE6) {
        Fund memory f = _fund;
        if (f.knownInsolvencyE6 > f.insuranceE6) revert WithdrawalsLocked(f.knownInsolvencyE6, f.insuranceE6);
        if (f.shortfallE6 == 0) return amountE6;
        uint256 heldE6 = collateral.balanceOf(address(this)) - f.insuranceE6 - f.feesE6;
        paidE6 = amountE6 * heldE6 / (heldE6 + f.shortfallE6);
        f.shortfallE6 -= SafeCast.toUint64(amountE6 - paidE6);
        _setFund(f);
    }

    /// @dev Takes exactly this much from the caller; the last call to another contract.
    function _pull(uint256 amountE6) private {
        uint256 before = collateral.balanceOf(address(this));
        collateral.safeTransferFrom(msg.sender, address(this), amountE6);
        uint256 arrivedE6 = collateral.balanceOf(address(this)) - before;
        if (arrivedE6 != amountE6) revert WrongAmountArrived(amountE6, arrivedE6);
    }

    /// @dev An account whose stored state is the given one, without expired positions.
    function _peek(address owner, AccountState calldata state, Market memory m)
        private
        view
        returns (Book memory book)
    {
        requireState(owner, state);
        book.positions = state.positions;
        if (_hasExpired(book.positions)) {
            revert SettlementPending(Positions.expiryOf(book.positions[book.positions.length - 1]));
        }
        (book.owner, book.nonce, book.cashE6) = (owner, state.nonce, _accounts[owner].cashE6);
        book.owedE6 = _owedE6(book.positions, state.fundingIndexE6, m);
    }
}
