// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Price and size of a liquidation bid in integers [Q-1] to [Q-4], the same in Python (`oracle/model/auction.py`).
/// @dev Cash, equities and bounds are below 2^128 in size: products stay below 2^160.
library AuctionMath {
    /// @notice A moment of an auction: seconds since its clock's start, and the settings by which a positive equity sells for
    /// `startPriceE2` of itself, in 1e-2, falling linearly to nothing in `decayS` seconds, of 16 bits and not zero.
    struct Moment {
        uint256 elapsed;
        uint256 decayS;
        uint256 startPriceE2;
    }

    /// @notice Seconds by which the clock may start before the transaction: latency costs nobody, waiting buys nothing.
    uint256 internal constant MAX_CLOCK_LEAD = 30;

    /// @notice Least part of an account in one bid, in 1e-4, where more may be taken.
    uint256 internal constant LEAST_FRACTION_E4 = 1_000;

    /// @notice The whole in 1e-4.
    uint256 internal constant WHOLE_E4 = 10_000;

    /// @notice The whole in 1e-2.
    uint256 internal constant WHOLE_E2 = 100;

    /// @notice [Q-1] What an equity sells for at a moment: a falling fraction of a positive one, rounded down; all of a
    /// negative one.
    function soldForE6(int256 equityE6, Moment memory moment) internal pure returns (int256) {
        if (equityE6 <= 0) return equityE6;
        unchecked {
            // forge-lint: disable-start(unsafe-typecast)
            (uint256 elapsed, uint256 decayS) = (moment.elapsed, moment.decayS);
            uint256 left = elapsed < decayS ? decayS - elapsed : 0;
            return equityE6 * int256(moment.startPriceE2 * left) / int256(WHOLE_E2 * decayS);
            // forge-lint: disable-end(unsafe-typecast)
        }
    }

    /// @notice [Q-2] Largest part, in 1e-4 and rounded down, after whose sale the rest is not above the bound: the cash that
    /// the account requires at maintenance plus the buffer, bounded from below.
    /// @dev cash + f (sold - cash) <= (1 - f) bound, the requirement falling with the positions.
    function largestFractionE4(int256 boundE6, int256 cashE6, int256 equityE6, Moment memory moment)
        internal
        pure
        returns (uint256)
    {
        if (boundE6 <= cashE6) return 0;
        int256 sold = soldForE6(equityE6, moment);
        if (sold <= 0) return WHOLE_E4;
        unchecked {
            int256 short = boundE6 - cashE6;
            // Both are positive.
            // forge-lint: disable-next-line(unsafe-typecast)
            return uint256(short * int256(WHOLE_E4) / (short + sold));
        }
    }

    /// @notice [Q-3] What the bidder pays for positions worth `valueE6` at their marks, a part of the account: the price of
    /// their equity less their part of the cash, which stays. Rounded toward zero.
    function priceE6(int256 valueE6, int256 cashE6, uint256 fractionE4, Moment memory moment)
        internal
        pure
        returns (int256 price, int256 soldE6)
    {
        unchecked {
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 share = cashE6 * int256(fractionE4) / int256(WHOLE_E4);
            soldE6 = soldForE6(valueE6 + share, moment);
            return (soldE6 - share, soldE6);
        }
    }

    /// @notice [Q-4] What the insurance fund adds to a bid for an equity that is not positive: a cap's part in time.
    function bonusE6(uint256 capE6, uint256 fractionE4, Moment memory moment) internal pure returns (uint256) {
        unchecked {
            uint256 passed = moment.elapsed < moment.decayS ? moment.elapsed : moment.decayS;
            return capE6 * fractionE4 * passed / (WHOLE_E4 * moment.decayS);
        }
    }

    /// @notice What the starter gets: a fixed part and a part a gwei of base fee, at most the cap.
    function rewardE6(uint256 fixedE6, uint256 perGweiE6, uint256 capE6, uint256 baseFee)
        internal
        pure
        returns (uint256 reward)
    {
        // 32 bits times a base fee that no block reaches.
        reward = fixedE6 + perGweiE6 * baseFee / 1 gwei;
        if (reward > capE6) reward = capE6;
    }

    /// @notice Start of an auction's clock: the oldest observation used or the account's last change, whichever is later, at
    /// most MAX_CLOCK_LEAD before the block and not ahead of it.
    function clockStart(uint256 oldestObservedAt, uint256 lastChangedAt, uint256 now_) internal pure returns (uint256) {
        unchecked {
            uint256 from = oldestObservedAt > lastChangedAt ? oldestObservedAt : lastChangedAt;
            if (from + MAX_CLOCK_LEAD < now_) from = now_ - MAX_CLOCK_LEAD;
            return from < now_ ? from : now_;
        }
    }
}
