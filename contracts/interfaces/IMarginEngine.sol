// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRiskOracle} from "./IRiskOracle.sol";
import {IVerifierRegistry} from "./IVerifierRegistry.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Accounts of one options market: collateral, positions, signed orders. An account opens or withdraws with a
/// proof that, with at least its cash, it covers its requirement in every scenario of the grid.
interface IMarginEngine {
    /// @notice One option position; `amountE4` is positive for a long.
    struct Position {
        uint64 expiry;
        uint24 strikeTicks;
        bool put;
        int32 amountE4;
    }

    /// @notice What an account's stored hash commits to; positions sorted by (expiry, strike, put), calls first.
    struct AccountState {
        uint64 nonce;
        Position[] positions;
    }

    /// @notice A proof about an account: cash bound, digest of the data vector, and the proof.
    struct MarginProof {
        bytes32 circuitId;
        int256 requiredCashE6;
        uint256 digest;
        uint256[8] proof;
    }

    /// @notice Signed by the maker (EIP-712, domain with chain id and engine). `legs` are the maker's changes, sorted
    /// like positions; the taker (zero: anyone) gets the opposite ones. `cashToMakerE6` is paid by the taker.
    struct Order {
        address maker;
        address taker;
        Position[] legs;
        int64 cashToMakerE6;
        uint64 deadline;
        uint256 salt;
    }

    /// @notice How the grid shocks total vols. Moves up and down are relative, in 1e-4, and scaled by
    /// (30 days / tenor)^power; `powerShortE4` up to 30 days, `powerLongE4` beyond, the tenor at least `leastTenorS`.
    /// `upPointsE4`, `downPointsE4`: absolute moves of the vol a year. `floorE4`: shocked up, a vol is at least this much
    /// a year.
    struct VolRule {
        uint16 upE4;
        uint16 downE4;
        uint16 powerShortE4;
        uint16 powerLongE4;
        uint16 floorE4;
        uint16 upPointsE4;
        uint16 downPointsE4;
        uint32 leastTenorS;
    }

    /// @notice Margin rules of the market. `grid` holds 36 rows of 60 bits, four in a word.
    struct MarginParams {
        uint256[9] grid;
        VolRule volRule;
        uint8 initialFactorE2;
        uint8 maintenanceFactorE2;
        uint24 shortRateE5;
        uint24 perpetualRateE5;
    }

    /// @notice An account's two storage words. `locked`: under auction.
    struct Account {
        bytes32 positionsHash;
        int128 cashE6;
        uint64 nonce;
        bool locked;
    }

    /// @notice Transfer of a liquidated account to a bidder. A negative price is paid by the insurance fund.
    struct Liquidation {
        address account;
        address bidder;
        address starter;
        int256 priceE6;
        uint256 rewardE6;
    }

    /// @notice Collateral arrived for an account.
    event Deposited(address indexed account, address indexed payer, uint256 amountE6);

    /// @notice Collateral left an account.
    event Withdrawn(address indexed account, uint256 amountE6);

    /// @notice An order was filled.
    event Traded(address indexed maker, address indexed taker, bytes32 indexed orderHash, int64 cashToMakerE6);

    /// @notice A maker used up a salt without a trade.
    event OrderCancelled(address indexed maker, uint256 salt);

    /// @notice An account's positions changed; these are the ones its hash now commits to.
    event PositionsChanged(address indexed account, uint64 nonce, Position[] positions, int256 cashE6);

    /// @notice An account was locked or unlocked by the auction.
    event LockSet(address indexed account, bool locked);

    /// @notice A bidder took over a liquidated account.
    event Liquidated(
        address indexed account, address indexed bidder, address indexed starter, int256 priceE6, uint256 rewardE6
    );

    /// @notice Collateral arrived in the insurance fund.
    event InsuranceFunded(address indexed payer, uint256 amountE6);

    /// @notice The auction contract was named.
    event AuctionSet(address auction);

    /// @notice The collateral token does not have six decimals.
    error WrongDecimals(uint8 decimals);

    /// @notice Margin rules that contradict each other or do not fit the statements.
    error InvalidParams();

    /// @notice The auction contract is named once.
    error AuctionAlreadySet(address auction);

    /// @notice The caller is not the auction contract.
    error NotAuction(address caller);

    /// @notice The state is not the one that the account's hash commits to.
    error AccountStateMismatch(address account, bytes32 positionsHash, bytes32 stored);

    /// @notice The account is under auction.
    error AccountLocked(address account);

    /// @notice The account's cash would be negative.
    error NegativeCash(address account, int256 cashE6);

    /// @notice The proven cash bound is above the account's cash.
    error InsufficientMargin(address account, int256 cashE6, int256 requiredCashE6);

    /// @notice The circuit does not prove this statement.
    error UnsupportedCircuit(bytes32 circuitId);

    /// @notice The proof does not hold for this account, positions, slices and grid.
    error InvalidMarginProof(address account);

    /// @notice The insurance fund holds less than the liquidation needs.
    error InsuranceExceeded(int256 neededE6, uint256 heldE6);

    /// @notice The order has no legs.
    error EmptyOrder();

    /// @notice Maker and taker are the same account.
    error SelfTrade(address account);

    /// @notice The order is for another taker.
    error WrongTaker(address taker, address caller);

    /// @notice The order's deadline has passed.
    error OrderExpired(uint64 deadline);

    /// @notice The order was filled or cancelled.
    error OrderUsed(address maker, uint256 salt);

    /// @notice The maker did not sign this order.
    error InvalidOrderSignature(address maker);

    /// @notice Position `index` does not come after the one before in the order (expiry, strike, put).
    error PositionsNotSorted(uint256 index);

    /// @notice Leg `index` has amount zero, or one outside the statement's 29 bits.
    error AmountOutOfRange(uint256 index, int256 amountE4);

    /// @notice More positions than an account or the proof's statement holds.
    error TooManyPositions(uint256 count, uint256 capacity);

    /// @notice Slice `index` does not come after the one before.
    error SlicesNotAscending(uint256 index);

    /// @notice A position's slice is not among the given ones.
    error MissingSlice(uint64 expiry);

    /// @notice A position's strike is not listed in its slice.
    error StrikeNotInSlice(uint64 expiry, uint24 strikeTicks);

    /// @notice Opening and withdrawing need fresh slices of expiries that lie ahead.
    error SliceNotFresh(uint64 expiry, IRiskOracle.State state);

    /// @notice Liquidating needs slices that exist, are not halted and are not too old.
    error SliceNotLiquidatable(uint64 expiry, IRiskOracle.State state, uint64 observedAt);

    /// @notice The slices of one statement lie too far apart in time.
    error SlicesTooFarApart(uint64 oldest, uint64 newest);

    /// @notice Credits what arrives of `amountE6` from the caller; needs no proof and leaves the nonce.
    function deposit(address account, uint256 amountE6) external;

    /// @notice Pays `amountE6` to the caller, whose account stays solvent at initial margin.
    /// @dev Without positions `slices` is empty and `proof` is not read.
    function withdraw(
        uint256 amountE6,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        MarginProof calldata proof
    ) external;

    /// @notice Fills a signed order with the caller as taker. Both resulting accounts are solvent at initial margin;
    /// their proofs are bound to the nonces after the trade (state nonce + 1). An account left without positions needs
    /// no proof.
    function trade(
        Order calldata order,
        bytes calldata makerSignature,
        AccountState calldata maker,
        AccountState calldata taker,
        IRiskOracle.MarginSlice[] calldata slices,
        MarginProof calldata makerProof,
        MarginProof calldata takerProof
    ) external;

    /// @notice Uses up one of the caller's salts.
    function cancelOrder(uint256 salt) external;

    /// @notice Adds what arrives of `amountE6` from the caller to the insurance fund.
    function fundInsurance(uint256 amountE6) external;

    /// @notice Names the auction contract, once; owner only.
    function setAuction(address auction) external;

    /// @notice Locks an account; auction only.
    function lock(address account) external;

    /// @notice Unlocks an account; auction only.
    function unlock(address account) external;

    /// @notice Moves a locked account's positions and cash to the bidder; auction only. The bidder's resulting account
    /// is solvent at initial margin, its proof is bound to the bidder's nonce + 1.
    function transferLiquidated(
        Liquidation calldata liquidation,
        AccountState calldata state,
        AccountState calldata bidderState,
        IRiskOracle.MarginSlice[] calldata slices,
        MarginProof calldata proof
    ) external;

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

    /// @notice EIP-712 digest that the maker signs.
    function orderHash(Order calldata order) external view returns (bytes32);

    /// @notice True where the maker's salt is filled or cancelled.
    function isUsed(address maker, uint256 salt) external view returns (bool);

    /// @notice Margin rules.
    function params() external view returns (MarginParams memory);

    /// @notice keccak256(abi.encode(grid, volRule)): the grid in every account domain.
    function gridId() external view returns (bytes32);

    /// @notice Collateral in the insurance fund.
    function insuranceE6() external view returns (uint256);

    /// @notice Collateral token; its base unit is 1e-6 USD.
    function collateral() external view returns (IERC20);

    /// @notice Source of slices.
    function oracle() external view returns (IRiskOracle);

    /// @notice Verification keys.
    function registry() external view returns (IVerifierRegistry);

    /// @notice The market of every position.
    function market() external view returns (bytes32);

    /// @notice The auction contract.
    function auction() external view returns (address);
}
