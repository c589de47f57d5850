// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginTypes} from "./IMarginTypes.sol";
import {IRiskOracle} from "./IRiskOracle.sol";

/// @notice Sells an account that falls short of its maintenance requirement in one scenario of the grid, in parts that
/// bring it back to maintenance plus a buffer: a Dutch auction, re-marked from the newest slices at every bid.
interface ILiquidationAuction is IMarginTypes {
    /// @notice A running auction. `clockStart` in Unix seconds, zero where there is none; `rewardE6`: what the starter is still to
    /// get; `insured`: the proven bound is at least the minimum, so that the insurance fund pays the starter where the account
    /// cannot; `bookedE6`: negative equity that withdrawals wait for; `endedAt`: when a solvency proof last ended one.
    struct Auction {
        address starter;
        uint40 clockStart;
        uint48 rewardE6;
        bool insured;
        uint128 bookedE6;
        uint40 endedAt;
    }

    /// @notice What governance sets. Reward: `rewardFixedE6` and `rewardPerGweiE6` a gwei of base fee, at most `rewardCapE6`.
    /// `bonusCapE6`: what the fund adds at most to a bid for an account without equity. `bufferE2` above the maintenance
    /// factor, in 1e-2. A positive equity sells for `startPriceE2` of itself, in 1e-2, falling to nothing in `decayS` seconds.
    struct Settings {
        uint48 rewardFixedE6;
        uint32 rewardPerGweiE6;
        uint48 rewardCapE6;
        uint48 minimumAuctionE6;
        uint48 bonusCapE6;
        uint8 bufferE2;
        uint16 decayS;
        uint8 startPriceE2;
    }

    /// @notice What a bidder asks for: a part of the account in 1e-4, the row that bounds it, and the highest price, negative
    /// where the bidder is paid.
    struct Bid {
        uint16 fractionE4;
        uint8 row;
        int256 maxPriceE6;
    }

    /// @notice What a bid comes to. Equity of the account and cash bound at maintenance plus the buffer in the bid's row; the part
    /// that is taken; price, and rewards to the starter.
    struct Quote {
        int256 equityE6;
        int256 boundE6;
        uint16 fractionE4;
        int256 priceE6;
        uint256 rewardE6;
    }

    /// @notice An auction started.
    event AuctionStarted(
        address indexed account,
        address indexed starter,
        uint40 clockStart,
        uint256 row,
        int256 cashE6,
        int256 requiredCashE6,
        bool proven
    );

    /// @notice A bidder took over a part of the account.
    event AuctionFilled(
        address indexed account,
        address indexed bidder,
        uint16 fractionE4,
        int256 equityE6,
        int256 priceE6,
        uint256 rewardE6
    );

    /// @notice The account was proven solvent at maintenance margin and unlocked.
    event AuctionEnded(address indexed account, address indexed caller);

    /// @notice Known insolvency of an account under auction, from the newest marks.
    event InsolvencyBooked(address indexed account, uint128 bookedE6);

    /// @notice Governance changed the settings.
    event SettingsChanged(Settings settings);

    /// @notice The account is under auction already.
    error AuctionRunning(address account);

    /// @notice The account is not under auction.
    error NoAuction(address account);

    /// @notice An account without positions owes nothing.
    error NothingToLiquidate(address account);

    /// @notice The grid has 36 rows.
    error RowOutOfRange(uint256 row);

    /// @notice The account's cash that counts is at least the bound.
    error NotInsolvent(address account, int256 cashE6, int256 requiredCashE6);

    /// @notice The insolvency proof does not hold for this account, positions, slices and row.
    error InvalidInsolvencyProof(address account);

    /// @notice The account's owner cannot bid for it.
    error SelfBid(address account);

    /// @notice The bid takes no contract, or less than the least part of what may be taken.
    error BidTooSmall(uint256 fractionE4, uint256 leastE4);

    /// @notice The bid would leave the account above maintenance plus the buffer.
    error BidTooLarge(uint256 fractionE4, uint256 largestE4);

    /// @notice In the bid's row the account already has the cash that maintenance plus the buffer requires.
    error NothingToRestore(address account, int256 cashE6, int256 boundE6);

    /// @notice The price is above the bidder's limit.
    error PriceAboveLimit(int256 priceE6, int256 maxPriceE6);

    /// @notice The fixed reward is above the cap.
    error InvalidSettings();

    /// @notice Starts an auction and locks the account.
    /// @param slices Newest slices of the account's expiries; for a grace, those before them.
    /// @param row Row of the grid in which the account falls short.
    function start(
        address account,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        uint256 row,
        MarginProof calldata proof
    ) external;

    /// @notice The same without a proof, where the rules allow it: the bound is computed natively at a factor below
    /// maintenance.
    function startNative(
        address account,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        uint256 row,
        uint32 rulesVersion
    ) external;

    /// @notice Takes over a part of the account's positions, netted into the caller's, at the current price.
    /// @param slices Newest slices of the expiries of both accounts.
    /// @param proof Solvency of the caller's resulting account at initial margin, under its nonce + 1.
    function bid(
        address account,
        AccountState calldata state,
        AccountState calldata bidder,
        IRiskOracle.MarginSlice[] calldata slices,
        Bid calldata terms,
        MarginProof calldata proof
    ) external;

    /// @notice `start` and `bid` in one transaction, on the newest slices of both accounts.
    function startAndBid(
        address account,
        AccountState calldata state,
        AccountState calldata bidder,
        IRiskOracle.MarginSlice[] calldata slices,
        Bid calldata terms,
        MarginProof calldata insolvency,
        MarginProof calldata solvency
    ) external;

    /// @notice Ends the auction of an account that is solvent at maintenance margin again, by anyone.
    function end(
        address account,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        MarginProof calldata proof
    ) external;

    /// @notice Books the account's negative equity at the newest marks, by anyone: withdrawals wait while it exceeds the fund.
    function remark(address account, AccountState calldata state, IRiskOracle.MarginSlice[] calldata slices) external;

    /// @notice Changes the settings; owner only.
    function set(Settings calldata settings) external;

    /// @notice What a bid comes to now; `rulesVersion` as in the bidder's proof.
    function quote(
        address account,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        Bid calldata terms,
        uint32 rulesVersion
    ) external view returns (Quote memory);

    /// @notice The auction of an account.
    function auctionOf(address account) external view returns (Auction memory);

    /// @notice What governance has set.
    function settings() external view returns (Settings memory);
}
