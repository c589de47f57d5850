// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginChecker} from "./IMarginChecker.sol";
import {IMarginErrors} from "./IMarginErrors.sol";
import {IMarginRules} from "./IMarginRules.sol";
import {IMarginTypes} from "./IMarginTypes.sol";
import {IRiskOracle} from "./IRiskOracle.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Accounts of one options market: collateral, positions, signed orders. An account opens or withdraws with a
/// proof that, with at least its cash, it covers its requirement in every scenario of the grid.
interface IMarginEngine is IMarginTypes, IMarginErrors {
    /// @notice Collateral arrived for an account.
    event Deposited(address indexed account, address indexed payer, uint256 amountE6);

    /// @notice `amountE6` left an account, of which `paidE6` was paid: the rest bore a socialised loss.
    event Withdrawn(address indexed account, uint256 amountE6, uint256 paidE6);

    /// @notice Lots of an order were filled.
    event Traded(address indexed maker, address indexed taker, bytes32 indexed orderHash, uint32 lots);

    /// @notice A maker used up a salt.
    event OrderCancelled(address indexed maker, uint64 salt);

    /// @notice Every order of a maker with a smaller salt is cancelled.
    event MinimumSaltSet(address indexed maker, uint64 minimumSalt);

    /// @notice An account's positions changed; these are the ones its hash now commits to.
    event PositionsChanged(
        address indexed account, uint64 nonce, int128 fundingIndexE6, uint256[] positions, int256 cashE6
    );

    /// @notice An account was locked or unlocked by the auction.
    event LockSet(address indexed account, bool locked);

    /// @notice A bidder took over a fraction of an account.
    event Liquidated(
        address indexed account,
        address indexed bidder,
        address indexed starter,
        uint16 fractionE4,
        int256 priceE6,
        uint256 rewardE6
    );

    /// @notice The collateral that belongs to no account changed.
    event FundChanged(uint64 insuranceE6, uint64 feesE6, uint64 shortfallE6, uint64 knownInsolvencyE6);

    /// @notice Credits `amountE6` from the caller; needs no proof and leaves the state hash.
    function deposit(address account, uint256 amountE6) external;

    /// @notice Takes `amountE6` from the caller's account, which stays solvent at initial margin, and pays it, less its part of
    /// a socialised loss. Expired positions are settled first.
    /// @dev Without positions `slices` is empty and `proof` is not read.
    function withdraw(
        uint256 amountE6,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        MarginProof calldata proof
    ) external;

    /// @notice Fills signed orders with the caller, `accounts[0]`, as taker. Expired positions are settled first; every
    /// account is solvent at initial margin afterwards, its proof bound to its nonce after the trade (state nonce + 1). An
    /// account left without positions needs no proof. The proofs are verified in one batch.
    function trade(Fill[] calldata fills, AccountChange[] calldata accounts, IRiskOracle.MarginSlice[] calldata slices)
        external;

    /// @notice Settles the expired positions of an account at their expiries' prices, by anyone; leaves the nonce. A state from
    /// before a settlement by somebody else is accepted.
    function settle(address account, AccountState calldata state) external;

    /// @notice Uses up one of the caller's salts.
    function cancelOrder(uint64 salt) external;

    /// @notice Cancels every order of the caller with a smaller salt.
    function cancelBelow(uint64 minimumSalt) external;

    /// @notice Adds `amountE6` from the caller to the insurance fund; a shortfall is made up first.
    function fundInsurance(uint256 amountE6) external;

    /// @notice Credits the collected fees to the fee account, by anyone.
    function collectFees() external;

    /// @notice Locks an account; auction only.
    function lock(address account) external;

    /// @notice Unlocks an account; auction only.
    function unlock(address account) external;

    /// @notice Moves a fraction of a locked account's positions to the bidder under his nonce + 1; auction only. Funding of both
    /// is realised. An account left without positions and with negative cash is made up by the insurance fund, then by the
    /// shortfall.
    /// @dev Neither state may hold expired positions. Whether the bidder is solvent afterwards is the auction's to check, with
    /// the slices at which it valued the account: it is answered what he holds.
    /// @return nonce The bidder's nonce.
    /// @return cashE6 His cash before a reward to himself.
    /// @return positions His positions.
    function transferLiquidated(
        Liquidation calldata liquidation,
        AccountState calldata state,
        AccountState calldata bidderState
    ) external returns (uint64 nonce, int256 cashE6, uint256[] memory positions);

    /// @notice Changes the known insolvency of accounts under auction; auction only.
    function bookInsolvency(int256 changeE6) external;

    /// @notice Reverts unless the account is solvent at maintenance margin with its current cash and nonce.
    function requireMaintenance(
        address account,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        MarginProof calldata proof
    ) external view;

    /// @notice Reverts unless the account's hash commits to `state`.
    function requireState(address account, AccountState calldata state) external view;

    /// @notice The account's two words.
    function accountOf(address account) external view returns (Account memory);

    /// @notice Cash less the funding owed up to now.
    function cashAfterFundingE6(address account, AccountState calldata state) external view returns (int256);

    /// @notice EIP-712 digest that the maker signs.
    function orderHash(Order calldata order) external view returns (bytes32);

    /// @notice Lots of a maker's salt that are filled; 2^32 - 1: cancelled.
    function filledLots(address maker, uint64 salt) external view returns (uint32);

    /// @notice Orders of this maker with a smaller salt are cancelled.
    function minimumSalt(address maker) external view returns (uint64);

    /// @notice Insurance, fees, shortfall and known insolvency.
    function fund() external view returns (Fund memory);

    /// @notice Collateral token; its base unit is 1e-6 USD.
    function collateral() external view returns (IERC20);

    /// @notice Source of slices.
    function oracle() external view returns (IRiskOracle);

    /// @notice Checks solvency proofs for the engine.
    function checker() external view returns (IMarginChecker);

    /// @notice The market of every position.
    function market() external view returns (bytes32);

    /// @notice Margin rules, fees, caps and roles.
    function rules() external view returns (IMarginRules);

    /// @notice Sum of all long and short amounts, in 1e-4 contracts.
    function grossE4() external view returns (uint256);
}
