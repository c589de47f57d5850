// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What the calls of a margin engine carry.
/// @dev A position is one word: bits 0-28 amount at 1e-4 contracts plus 2^28, bit 29 put, bits 30-53 strike in ticks, bits
/// 54-117 expiry; bits 118-125 are a hint, the strike's index in its listing, that no hash covers. A perpetual has expiry,
/// strike, put and hint zero. Lists are sorted by (expiry, strike, put) without duplicates.
interface IMarginTypes {
    /// @notice What the slices of a statement are for. Opening: fresh, of one report. Withdrawing: fresh. Liquidating: also
    /// older and unproven ones; so is closing. Starting a liquidation: the slice before the newest one too, for a grace.
    enum Use {
        Opening,
        Withdrawing,
        Liquidating,
        Starting
    }

    /// @notice What an account's stored hash commits to. `fundingIndexE6`: the market's index up to which the perpetual's
    /// funding is in the cash; zero without a perpetual.
    struct AccountState {
        uint64 nonce;
        int128 fundingIndexE6;
        uint256[] positions;
    }

    /// @notice A proof about an account under one version of the rules: cash bound, digest of the data vector, and the
    /// proof.
    struct MarginProof {
        bytes32 circuitId;
        uint32 rulesVersion;
        int256 requiredCashE6;
        uint256 digest;
        uint256[8] proof;
    }

    /// @notice Signed by the maker (EIP-712, domain with chain id and engine; there a leg is a struct Position). `legs` are
    /// the maker's changes and `cashToMakerE6` is paid to him, for each of `lots`; the taker (zero: anyone) gets the opposite.
    /// A fill is of `minimumLots` or of all that is left. Orders of one maker and salt share their filled lots.
    struct Order {
        address maker;
        address taker;
        uint256[] legs;
        int64 cashToMakerE6;
        uint32 lots;
        uint32 minimumLots;
        uint64 deadline;
        uint64 salt;
    }

    /// @notice A fill of an order; `maker` is the index of its maker among the call's accounts.
    struct Fill {
        Order order;
        bytes signature;
        uint32 lots;
        uint8 maker;
    }

    /// @notice An account that a trade changes: its state before, and its solvency after under state nonce + 1.
    struct AccountChange {
        address account;
        AccountState state;
        MarginProof proof;
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

    /// @notice Margin rules. `grid` holds 36 rows of 60 bits, four in a word. `haircutE4` of a positive cash does not count.
    /// At initial margin every contract's forward counts with what the oracle's confidence exceeds `confidenceLimitE4`.
    struct MarginParams {
        uint256[9] grid;
        VolRule volRule;
        uint8 initialFactorE2;
        uint8 maintenanceFactorE2;
        uint24 shortRateE5;
        uint24 perpetualRateE5;
        uint16 haircutE4;
        uint16 confidenceLimitE4;
    }

    /// @notice A version of the rules: `data` is the data contract with the words of `RulesData`; usable from `activeFrom` to
    /// `usableUntil` (zero: no successor), both in Unix seconds.
    struct RulesVersion {
        address data;
        uint48 activeFrom;
        uint48 usableUntil;
    }

    /// @notice Fees of a fill in 1e-6 of the notional at the forward, an option's at most `capE4` of its mark; caps in 1e-4
    /// contracts. `insuranceShareE4` of the fees goes to the insurance fund.
    struct Limits {
        uint16 makerFeeE6;
        uint16 takerFeeE6;
        uint16 capE4;
        uint16 insuranceShareE4;
        uint32 maxPositionE4;
        uint64 maxOpenInterestE4;
    }

    /// @notice An account's two storage words. `lastChangedAt`: when positions changed or cash was withdrawn, in Unix
    /// seconds. `locked`: under auction.
    struct Account {
        bytes32 stateHash;
        int128 cashE6;
        uint64 nonce;
        uint40 lastChangedAt;
        bool locked;
    }

    /// @notice Collateral that belongs to no account. `shortfallE6`: losses that no account and no fund bore;
    /// `knownInsolvencyE6`: negative equity of accounts under auction.
    struct Fund {
        uint64 insuranceE6;
        uint64 feesE6;
        uint64 shortfallE6;
        uint64 knownInsolvencyE6;
    }

    /// @notice Transfer of a fraction of an account's positions to a bidder, every amount rounded toward zero. `priceE6`: what
    /// the bidder pays the account, negative where he is paid. `rewardE6` goes from the account to the starter.
    struct Liquidation {
        address account;
        address bidder;
        address starter;
        uint16 fractionE4;
        bool ends;
        int256 priceE6;
        uint256 rewardE6;
    }
}
