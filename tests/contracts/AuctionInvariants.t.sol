// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "./base/Test.sol";
import {AuctionWorld} from "./worlds/AuctionWorld.sol";

contract AuctionInvariants is Test {
    AuctionWorld private _world;

    function setUp() public {
        _world = new AuctionWorld();
    }

    function test_this_world_starts_auctions_sells_in_parts_and_withdraws() public {
        _world.move(10_000);
        _world.start(0, 1);
        vm.assertTrue(_world.isLockedWhileSold(), "started");
        for (uint256 i = 0; i < 4; ++i) {
            _world.bid(3 * i, 0);
            _world.move(10_000 + i);
        }
        vm.assertGe(_world.bids(), 2, "bids went through");
        for (uint256 i = 0; i < 4; ++i) {
            _world.withdraw(1, 20_000e6, i);
        }
        vm.assertEq(_world.withdrawals(), uint256(4), "a true proof, natively, and the same proof twice again");
        _world.move(777);
        _world.withdraw(1, 20_000e6, 2);
        _world.withdraw(1, 20_000e6, 3);
        vm.assertEq(_world.withdrawals(), uint256(4), "an earlier proof on slices of then or now is refused");
        invariant_all_of_auctions();
    }

    function test_this_world_knows_insolvencies_above_the_fund() public {
        _world.move(14_999);
        _world.start(0, 1);
        vm.assertGe(_world.bookedE6(), uint256(1_001e6), "more than the fund holds");
        _world.bid(2_000, 0);
        vm.assertEq(_world.bids(), uint256(1), "a part was sold");
        _world.withdraw(1, 20_000e6, 0);
        vm.assertEq(_world.withdrawals(), uint256(0), "nobody withdraws");
        invariant_all_of_auctions();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_world);
    }

    /// @notice Read by forge: views are no actions.
    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory actions = new bytes4[](7);
        actions[0] = _world.move.selector;
        actions[1] = _world.start.selector;
        actions[2] = _world.end.selector;
        actions[3] = _world.remark.selector;
        actions[4] = _world.deposit.selector;
        actions[5] = _world.bid.selector;
        actions[6] = _world.withdraw.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_world), selectors: actions});
    }

    function invariant_all_of_auctions() public view {
        invariant_tokens_held_are_cash_and_funds_less_the_shortfall();
        invariant_insurance_and_fees_are_backed_by_tokens();
        invariant_no_account_becomes_withdrawable_below_initial_margin();
        invariant_nothing_leaves_under_a_lock_or_an_insolvency_above_the_fund();
        invariant_an_auction_never_over_liquidates();
        invariant_the_fund_knows_exactly_the_insolvency_under_auction();
        invariant_an_account_is_locked_exactly_while_it_is_under_auction();
        invariant_the_clock_of_an_auction_is_never_set_again();
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_tokens_held_are_cash_and_funds_less_the_shortfall() public view {
        vm.assertEq(_world.unexplainedE6(), int256(0), "conserved");
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_insurance_and_fees_are_backed_by_tokens() public view {
        vm.assertTrue(_world.isBacked(), "backed");
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_no_account_becomes_withdrawable_below_initial_margin() public view {
        vm.assertTrue(_world.leastHeadroomE6() >= 0, "initial margin after every withdrawal");
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_nothing_leaves_under_a_lock_or_an_insolvency_above_the_fund() public view {
        vm.assertTrue(!_world.leaked(), "withdrawn");
    }

    /// @dev Each position keeps up to one unit more than its share by rounding: below 7 USD of its strike and forward.
    /// forge-config: default.invariant.runs = 4
    function invariant_an_auction_never_over_liquidates() public view {
        vm.assertTrue(_world.worstExcessE6() < 14e6, "at most maintenance plus the buffer");
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_the_fund_knows_exactly_the_insolvency_under_auction() public view {
        vm.assertTrue(_world.isBooked(), "booked");
        vm.assertLe(_world.worstBookedE6(), uint256(0), "what a remark finds");
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_an_account_is_locked_exactly_while_it_is_under_auction() public view {
        vm.assertTrue(_world.isLockedWhileSold(), "locked");
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_the_clock_of_an_auction_is_never_set_again() public view {
        vm.assertTrue(!_world.clockMoved(), "clock");
    }
}
