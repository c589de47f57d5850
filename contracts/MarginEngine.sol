// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MarginRules} from "./MarginRules.sol";
import {IMarginEngine} from "./interfaces/IMarginEngine.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {OrderHash} from "./libraries/OrderHash.sol";
import {Positions} from "./libraries/Positions.sol";
import {SliceSet} from "./libraries/SliceSet.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title MarginEngine
/// @notice Accounts of one options market: collateral, positions, signed orders. An account opens or withdraws with a
/// proof that, with at least its cash, it covers its requirement in every scenario of the grid.
/// @dev The token balance equals the sum of all cash and the insurance fund, or exceeds it by direct transfers.
/// Assumptions: the collateral has six decimals and no balance changes besides transfers (a fee on transfer is
/// credited as what arrives); oracle and verifier registry are this project's own.
contract MarginEngine is MarginRules, Ownable2Step, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @inheritdoc IMarginEngine
    IERC20 public immutable collateral;

    /// @inheritdoc IMarginEngine
    address public auction;

    /// @inheritdoc IMarginEngine
    uint256 public insuranceE6;

    /// @inheritdoc IMarginEngine
    mapping(address maker => mapping(uint256 salt => bool)) public isUsed;

    mapping(address account => Account) private _accounts;

    modifier onlyAuction() {
        _requireAuction();
        _;
    }

    constructor(
        address admin,
        IERC20Metadata collateral_,
        IRiskOracle oracle_,
        IVerifierRegistry registry_,
        bytes32 market_,
        MarginParams memory params_
    ) MarginRules(oracle_, registry_, market_, params_) Ownable(admin) EIP712("zkrisk", "1") {
        if (collateral_.decimals() != 6) revert WrongDecimals(collateral_.decimals());
        collateral = collateral_;
    }

    /// @inheritdoc IMarginEngine
    function setAuction(address auction_) external onlyOwner {
        if (auction != address(0)) revert AuctionAlreadySet(auction);
        auction = auction_;
        emit AuctionSet(auction_);
    }

    /// @inheritdoc IMarginEngine
    function deposit(address account, uint256 amountE6) external nonReentrant {
        uint256 arrivedE6 = _pull(amountE6);
        _accounts[account].cashE6 += SafeCast.toInt128(SafeCast.toInt256(arrivedE6));
        emit Deposited(account, msg.sender, arrivedE6);
    }

    /// @inheritdoc IMarginEngine
    function fundInsurance(uint256 amountE6) external nonReentrant {
        uint256 arrivedE6 = _pull(amountE6);
        insuranceE6 += arrivedE6;
        emit InsuranceFunded(msg.sender, arrivedE6);
    }

    /// @inheritdoc IMarginEngine
    function withdraw(
        uint256 amountE6,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        MarginProof calldata proof
    ) external nonReentrant {
        _requireUnlocked(msg.sender);
        requireState(msg.sender, state);
        int256 cashE6 = _accounts[msg.sender].cashE6 - SafeCast.toInt256(amountE6);
        _setCash(msg.sender, cashE6);
        _requireMargin(
            Statement({account: msg.sender, nonce: state.nonce, factorE2: initialFactorE2, cashE6: cashE6}),
            state.positions,
            SliceSet.loadFresh(oracle, market, slices),
            proof
        );
        emit Withdrawn(msg.sender, amountE6);
        collateral.safeTransfer(msg.sender, amountE6);
    }

    /// @inheritdoc IMarginEngine
    function trade(
        Order calldata order,
        bytes calldata makerSignature,
        AccountState calldata maker,
        AccountState calldata taker,
        IRiskOracle.MarginSlice[] calldata slices,
        MarginProof calldata makerProof,
        MarginProof calldata takerProof
    ) external nonReentrant {
        _useOrder(order, makerSignature);
        SliceSet.Loaded[] memory loaded = SliceSet.loadFresh(oracle, market, slices);
        Position[] memory legs = order.legs;
        Positions.requireLegs(legs);
        _apply(order.maker, maker, legs, order.cashToMakerE6, loaded, makerProof);
        _apply(msg.sender, taker, Positions.opposite(legs), -int256(order.cashToMakerE6), loaded, takerProof);
    }

    /// @inheritdoc IMarginEngine
    function cancelOrder(uint256 salt) external {
        if (isUsed[msg.sender][salt]) revert OrderUsed(msg.sender, salt);
        isUsed[msg.sender][salt] = true;
        emit OrderCancelled(msg.sender, salt);
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
    function transferLiquidated(
        Liquidation calldata liquidation,
        AccountState calldata state,
        AccountState calldata bidderState,
        IRiskOracle.MarginSlice[] calldata slices,
        MarginProof calldata proof
    ) external onlyAuction nonReentrant {
        requireState(liquidation.account, state);
        int256 takenE6 = _accounts[liquidation.account].cashE6;
        _settle(liquidation);
        _setPositions(liquidation.account, state.nonce + 1, new Position[](0));
        _accounts[liquidation.account].locked = false;
        emit LockSet(liquidation.account, false);
        _apply(
            liquidation.bidder,
            bidderState,
            state.positions,
            takenE6 - liquidation.priceE6,
            SliceSet.loadLiquidatable(oracle, market, slices),
            proof
        );
        // Credited after the bidder's proof: a reward never carries a bid.
        _accounts[liquidation.starter].cashE6 += SafeCast.toInt128(SafeCast.toInt256(liquidation.rewardE6));
        emit Liquidated(
            liquidation.account, liquidation.bidder, liquidation.starter, liquidation.priceE6, liquidation.rewardE6
        );
    }

    /// @inheritdoc IMarginEngine
    function requireMaintenance(
        address account,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        MarginProof calldata proof
    ) external view {
        requireState(account, state);
        _requireMargin(
            Statement({
                account: account, nonce: state.nonce, factorE2: maintenanceFactorE2, cashE6: _accounts[account].cashE6
            }),
            state.positions,
            SliceSet.loadLiquidatable(oracle, market, slices),
            proof
        );
    }

    /// @inheritdoc IMarginEngine
    function accountOf(address account) external view returns (Account memory) {
        return _accounts[account];
    }

    /// @inheritdoc IMarginEngine
    function orderHash(Order calldata order) public view returns (bytes32) {
        return _hashTypedDataV4(OrderHash.structHash(order));
    }

    /// @inheritdoc IMarginEngine
    function requireState(address account, AccountState calldata state) public view {
        bytes32 given = Positions.hash(account, state.nonce, state.positions);
        bytes32 stored = _accounts[account].positionsHash;
        if (given != stored) revert AccountStateMismatch(account, given, stored);
    }

    function _requireAuction() private view {
        if (msg.sender != auction) revert NotAuction(msg.sender);
    }

    function _requireUnlocked(address account) private view {
        if (_accounts[account].locked) revert AccountLocked(account);
    }

    /// @dev Checks and uses up the order, with the caller as taker.
    function _useOrder(Order calldata order, bytes calldata signature) private {
        address maker = order.maker;
        if (order.legs.length == 0) revert EmptyOrder();
        if (maker == msg.sender) revert SelfTrade(maker);
        if (order.taker != address(0) && order.taker != msg.sender) revert WrongTaker(order.taker, msg.sender);
        if (block.timestamp > order.deadline) revert OrderExpired(order.deadline);
        if (isUsed[maker][order.salt]) revert OrderUsed(maker, order.salt);
        bytes32 digest = orderHash(order);
        if (!SignatureChecker.isValidSignatureNow(maker, digest, signature)) revert InvalidOrderSignature(maker);
        isUsed[maker][order.salt] = true;
        emit Traded(maker, msg.sender, digest, order.cashToMakerE6);
    }

    /// @dev Adds positions and cash to an unlocked account, which is solvent at initial margin afterwards.
    function _apply(
        address account,
        AccountState calldata state,
        Position[] memory legs,
        int256 cashChangeE6,
        SliceSet.Loaded[] memory loaded,
        MarginProof calldata proof
    ) private {
        _requireUnlocked(account);
        requireState(account, state);
        uint64 nonce = state.nonce + 1;
        int256 cashE6 = _accounts[account].cashE6 + cashChangeE6;
        _setCash(account, cashE6);
        Position[] memory merged = Positions.merge(state.positions, legs);
        _setPositions(account, nonce, merged);
        Statement memory statement =
            Statement({account: account, nonce: nonce, factorE2: initialFactorE2, cashE6: cashE6});
        _requireMargin(statement, merged, loaded, proof);
    }

    /// @dev Owner and insurance fund: the owner keeps the price less the reward, the fund pays a negative price.
    function _settle(Liquidation calldata liquidation) private {
        int256 rewardE6 = SafeCast.toInt256(liquidation.rewardE6);
        if (liquidation.priceE6 > 0) {
            _setCash(liquidation.account, liquidation.priceE6 - rewardE6);
            return;
        }
        _setCash(liquidation.account, 0);
        int256 neededE6 = rewardE6 - liquidation.priceE6;
        if (neededE6 > SafeCast.toInt256(insuranceE6)) revert InsuranceExceeded(neededE6, insuranceE6);
        insuranceE6 -= SafeCast.toUint256(neededE6);
    }

    function _setCash(address account, int256 cashE6) private {
        if (cashE6 < 0) revert NegativeCash(account, cashE6);
        _accounts[account].cashE6 = SafeCast.toInt128(cashE6);
    }

    function _setPositions(address account, uint64 nonce, Position[] memory positions) private {
        Account storage stored = _accounts[account];
        stored.positionsHash = Positions.hash(account, nonce, positions);
        stored.nonce = nonce;
        emit PositionsChanged(account, nonce, positions, stored.cashE6);
    }

    /// @dev What arrives of a transfer from the caller.
    function _pull(uint256 amountE6) private returns (uint256 arrivedE6) {
        uint256 before = collateral.balanceOf(address(this));
        collateral.safeTransferFrom(msg.sender, address(this), amountE6);
        arrivedE6 = collateral.balanceOf(address(this)) - before;
    }
}
