// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AuctionMath} from "../../contracts/libraries/AuctionMath.sol";
import {Test} from "./base/Test.sol";

/// @notice Replays tests/vectors/auction.json and states what holds of every bid.
contract AuctionMathTest is Test {
    function test_fractions_prices_and_bonuses_equal_those_of_python() public view {
        int256[11][] memory rows = abi.decode(vm.parseJsonBytes(vector("auction.json"), ".rows"), (int256[11][]));
        vm.assertGe(rows.length, 500, "cases");
        for (uint256 i = 0; i < rows.length; ++i) {
            int256[11] memory r = rows[i];
            // forge-lint: disable-start(unsafe-typecast)
            (uint256 fraction, uint256 cap) = (uint256(r[3]), uint256(r[5]));
            AuctionMath.Moment memory moment = AuctionMath.Moment(uint256(r[4]), uint256(r[6]), uint256(r[7]));
            uint256 largest = AuctionMath.largestFractionE4(r[0], r[1], r[1] + r[2], moment);
            vm.assertEq(largest, uint256(r[8]), "largest");
            (int256 price,) = AuctionMath.priceE6(r[2], r[1], fraction, moment);
            vm.assertEq(price, r[9], "price");
            vm.assertEq(AuctionMath.bonusE6(cap, fraction, moment), uint256(r[10]), "bonus");
            // forge-lint: disable-end(unsafe-typecast)
        }
    }

    function test_the_largest_bid_never_leaves_more_than_the_rests_bound(
        int128 bound_,
        int128 cash,
        int128 equity,
        uint256 elapsed,
        uint16 decayS,
        uint8 startPriceE2
    ) public pure {
        AuctionMath.Moment memory t = _moment(elapsed, decayS, startPriceE2);
        // forge-lint: disable-next-line(unsafe-typecast)
        int256 f = int256(AuctionMath.largestFractionE4(bound_, cash, equity, t));
        vm.assertTrue(f >= 0 && f <= 10_000, "a fraction");
        if (f == 0 || f == 10_000) return;
        int256 left = int256(cash) * 10_000 + f * (AuctionMath.soldForE6(equity, t) - cash);
        vm.assertTrue(left <= (10_000 - f) * bound_, "at most maintenance plus the buffer");
    }

    function test_a_price_never_rises_in_time(
        int128 value,
        int128 cash,
        uint256 fraction,
        uint256 elapsed,
        uint16 decayS,
        uint8 startPriceE2
    ) public pure {
        uint256 f = bound(fraction, 1, 10_000);
        AuctionMath.Moment memory t = _moment(elapsed, decayS, startPriceE2);
        (int256 now_,) = AuctionMath.priceE6(value, cash, f, t);
        ++t.elapsed;
        (int256 later,) = AuctionMath.priceE6(value, cash, f, t);
        vm.assertTrue(later <= now_, "falls or stays");
    }

    function test_a_reward_covers_the_base_fee_up_to_its_cap(uint64 baseFee) public pure {
        uint256 reward = AuctionMath.rewardE6(5e6, 1e6, 50e6, baseFee);
        vm.assertLe(reward, 50e6, "cap");
        vm.assertGe(reward, 5e6, "fixed part");
        vm.assertEq(AuctionMath.rewardE6(5e6, 1e6, 50e6, 3 gwei), 8e6, "three gwei");
        vm.assertEq(AuctionMath.rewardE6(5e6, 1e6, 50e6, 45 gwei), 50e6, "at the cap");
    }

    function test_the_clock_is_between_thirty_seconds_ago_and_the_block(uint40 oldest, uint40 changed, uint40 now_)
        public
        pure
    {
        uint256 time = bound(now_, 31, type(uint40).max);
        uint256 start = AuctionMath.clockStart(oldest, changed, time);
        vm.assertGe(start, time - 30, "at most thirty seconds ago");
        vm.assertLe(start, time, "not ahead");
        if (oldest <= time && oldest + 30 >= time) vm.assertGe(start, oldest, "not before the observation");
        if (changed <= time && changed + 30 >= time) vm.assertGe(start, changed, "not before the change");
    }

    /// @dev Settings that the contract takes, up to a little after the price has fallen to nothing.
    function _moment(uint256 elapsed, uint16 decayS, uint8 startPriceE2)
        private
        pure
        returns (AuctionMath.Moment memory)
    {
        uint256 decay = bound(decayS, 1, type(uint16).max);
        return AuctionMath.Moment(bound(elapsed, 0, decay + 100), decay, bound(startPriceE2, 0, 100));
    }
}
