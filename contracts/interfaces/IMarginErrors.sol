// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRiskOracle} from "./IRiskOracle.sol";

/// @notice Why a margin engine refuses a call.
interface IMarginErrors {
    /// @notice The collateral token does not have six decimals.
    error WrongDecimals(uint8 decimals);

    /// @notice The token moved another amount than asked: fees on transfer and rebasing are refused.
    error WrongAmountArrived(uint256 amountE6, uint256 arrivedE6);

    /// @notice The caller is not the auction contract.
    error NotAuction(address caller);

    /// @notice The state is not the one that the account's hash commits to.
    error AccountStateMismatch(address account, bytes32 stateHash, bytes32 stored);

    /// @notice The account is under auction.
    error AccountLocked(address account);

    /// @notice The account's cash would be negative without positions.
    error NegativeCash(address account, int256 cashE6);

    /// @notice The proven cash bound is above the cash that counts.
    error InsufficientMargin(address account, int256 cashE6, int256 requiredCashE6);

    /// @notice The circuit does not prove this statement.
    error UnsupportedCircuit(bytes32 circuitId);

    /// @notice A statement without a proof, where the rules do not allow it, or to open positions.
    error NativeRefused();

    /// @notice A proof does not hold for its account, nonce, positions, slices, rules, chain and engine; of several, one.
    error InvalidMarginProofs(uint256 count);

    /// @notice No fills, or an account that no fill changes.
    error NothingToTrade(uint256 account);

    /// @notice The first account of a trade is the caller's.
    error NotTaker(address account, address caller);

    /// @notice Account `index` does not come after the one before by address; the taker, first, is no maker.
    error AccountsNotAscending(uint256 index);

    /// @notice The fill's maker is not the account that it names.
    error WrongMaker(address maker, address account);

    /// @notice The order has no legs.
    error EmptyOrder();

    /// @notice Maker and taker are the same account.
    error SelfTrade(address account);

    /// @notice The order is for another taker.
    error WrongTaker(address taker, address caller);

    /// @notice The order's deadline has passed.
    error OrderExpired(uint64 deadline);

    /// @notice The order was cancelled, by salt or with all below a salt.
    error CancelledOrder(address maker, uint64 salt);

    /// @notice The fill is empty, below the order's minimum or above what is left of it.
    error WrongLots(address maker, uint64 salt, uint256 lots, uint256 left);

    /// @notice A minimum salt only rises.
    error SaltNotHigher(uint64 minimumSalt, uint64 current);

    /// @notice The maker did not sign this order.
    error InvalidOrderSignature(address maker);

    /// @notice Position `index` does not come after the one before in the order (expiry, strike, put).
    error PositionsNotSorted(uint256 index);

    /// @notice A perpetual with a strike or put flag, or a bit above the hint.
    error InvalidPosition(uint256 index, uint256 position);

    /// @notice A position's amount is zero, outside the statement's 29 bits or above the cap.
    error AmountOutOfRange(uint256 index, int256 amountE4);

    /// @notice More positions than an account or the proof's statement holds.
    error TooManyPositions(uint256 count, uint256 capacity);

    /// @notice The market's open interest would rise above its cap.
    error OpenInterestAboveCap(uint256 openInterestE4, uint64 maxOpenInterestE4);

    /// @notice Opening is paused: each leg must reduce a position of both accounts.
    error OpeningPaused();

    /// @notice A leg of an expiry that has passed.
    error ExpiryPassed(uint64 expiry);

    /// @notice The account holds positions of an expiry that has passed and whose settlement price is not known.
    error SettlementPending(uint64 expiry);

    /// @notice Slice `index` does not come after the one before.
    error SlicesNotAscending(uint256 index);

    /// @notice A position's slice is not among the given ones.
    error MissingSlice(uint64 expiry);

    /// @notice The given words are not those of the stored slice.
    error SliceMismatch(uint64 expiry, bytes32 marginHash, bytes32 stored);

    /// @notice The position's hint does not name its strike in the listing.
    error StrikeNotInSlice(uint64 expiry, uint24 strikeTicks);

    /// @notice Opening and withdrawing need fresh slices of expiries that lie ahead.
    error SliceNotFresh(uint64 expiry, IRiskOracle.State state);

    /// @notice Liquidating needs slices that exist, are not halted and are not too old.
    error SliceNotLiquidatable(uint64 expiry, IRiskOracle.State state, uint64 observedAt);

    /// @notice The slices of one statement lie too far apart in time: opening needs one report.
    error SlicesTooFarApart(uint64 oldest, uint64 newest);

    /// @notice No account is named that collects fees.
    error NoFeeAccount();

    /// @notice Insolvency of accounts under auction exceeds the insurance fund: withdrawals wait.
    error WithdrawalsLocked(uint256 knownInsolvencyE6, uint256 insuranceE6);
}
