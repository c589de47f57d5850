// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginTypes} from "./IMarginTypes.sol";
import {IRiskOracle} from "./IRiskOracle.sol";

/// @notice Sells an account that falls short of its maintenance requirement in one scenario of the grid: a Dutch
/// auction of the whole account, re-marked from the newest slices at every bid.
interface ILiquidationAuction {
    /// @notice A running auction; `clockStart` in Unix seconds, zero where there is none. `insured`: the proven bound is
    /// at least the minimum, so the insurance fund pays the starter where the account cannot.
    struct Auction {
        address starter;
        uint64 clockStart;
        bool insured;
    }

    /// @notice An auction started.
    event AuctionStarted(
        address indexed account,
        address indexed starter,
        uint64 clockStart,
        uint256 row,
        int256 cashE6,
        int256 requiredCashE6
    );

    /// @notice A bidder took the account over.
    event AuctionWon(
        address indexed account, address indexed bidder, int256 equityE6, int256 priceE6, uint256 rewardE6
    );

    /// @notice The account was proven solvent at maintenance margin and unlocked.
    event AuctionEnded(address indexed account, address indexed caller);

    /// @notice The account is under auction already.
    error AuctionRunning(address account);

    /// @notice The account is not under auction.
    error NoAuction(address account);

    /// @notice An account without positions owes nothing.
    error NothingToLiquidate(address account);

    /// @notice The grid has 36 rows.
    error RowOutOfRange(uint256 row);

    /// @notice The account holds at least the proven bound.
    error NotInsolvent(address account, int256 cashE6, int256 requiredCashE6);

    /// @notice The insolvency proof does not hold for this account, positions, slices and row.
    error InvalidInsolvencyProof(address account);

    /// @notice The account's owner cannot bid for it.
    error SelfBid(address account);

    /// @notice The price is above the bidder's limit.
    error PriceAboveLimit(int256 priceE6, int256 maxPriceE6);

    /// @notice Starts an auction and locks the account.
    /// @param slices Newest slices of the account's expiries.
    /// @param row Row of the grid in which the account falls short.
    function start(
        address account,
        IMarginTypes.AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        uint256 row,
        IMarginTypes.MarginProof calldata proof
    ) external;

    /// @notice Takes over the account's positions, netted into the caller's, and its cash, at the current price.
    /// @param slices Newest slices of the expiries of both accounts.
    /// @param proof Solvency of the caller's resulting account at initial margin, under its nonce + 1.
    /// @param maxPriceE6 Highest price accepted; negative where the insurance fund pays the caller.
    function bid(
        address account,
        IMarginTypes.AccountState calldata state,
        IMarginTypes.AccountState calldata bidder,
        IRiskOracle.MarginSlice[] calldata slices,
        IMarginTypes.MarginProof calldata proof,
        int256 maxPriceE6
    ) external;

    /// @notice Ends the auction of an account that is solvent at maintenance margin again, by anyone.
    function end(
        address account,
        IMarginTypes.AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        IMarginTypes.MarginProof calldata proof
    ) external;

    /// @notice Equity, price and keeper reward of a bid now.
    function quote(address account, IMarginTypes.AccountState calldata state, IRiskOracle.MarginSlice[] calldata slices)
        external
        view
        returns (int256 equityE6, int256 priceE6, uint256 rewardE6);

    /// @notice The running auction of an account.
    function auctionOf(address account) external view returns (Auction memory);
}
