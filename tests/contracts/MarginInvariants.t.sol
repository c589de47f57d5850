// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginTypes} from "../../contracts/interfaces/IMarginTypes.sol";
import {Positions} from "../../contracts/libraries/Positions.sol";
import {Test} from "./base/Test.sol";
import {AccountWorld} from "./worlds/AccountWorld.sol";

/// @notice A world that compares itself with the engine.
// Cash and tokens are far below the range of the type.
// forge-lint: disable-next-item(unsafe-typecast)
contract ComparedAccounts is AccountWorld {
    function requireTokens() external view {
        IMarginTypes.Fund memory f = engine.fund();
        int256 sumE6 = int256(uint256(f.insuranceE6)) + int256(uint256(f.feesE6)) - int256(uint256(f.shortfallE6));
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            (, int256 dueE6) = livingOf(i);
            sumE6 += cashOf(shadows[i].owner) - owedE6(i) + dueE6;
        }
        int256 heldE6 = int256(dollar.balanceOf(address(engine)));
        vm.assertTrue(sumE6 <= heldE6, "no more is owed than is held");
        vm.assertTrue(heldE6 - sumE6 <= int256(fundings + ACCOUNTS), "no less, but for the dust of funding");
    }

    function requireLedger() external view {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            Shadow storage s = shadows[i];
            int256 cashE6 = s.putInE6 + s.profitE6 + s.forgivenE6 - s.askedE6;
            vm.assertTrue(cashOf(s.owner) == cashE6, "put in, profit, what the fund bore, less what was asked for");
        }
    }

    function requireNoGain() external view {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            Shadow storage s = shadows[i];
            int256 takenE6 = int256(dollar.balanceOf(s.owner));
            vm.assertTrue(takenE6 <= s.askedE6, "no more than was asked for");
            if (s.positions.length != 0) continue;
            vm.assertTrue(cashOf(s.owner) >= 0, "cash without positions");
            vm.assertTrue(takenE6 <= s.putInE6 + s.profitE6 + s.forgivenE6, "no more than put in and profit");
        }
    }

    function requireFunds() external view {
        bool positive = funds.insuranceE6 >= 0 && funds.feesE6 >= 0 && funds.shortfallE6 >= 0;
        vm.assertTrue(positive, "not negative");
        IMarginTypes.Fund memory f = engine.fund();
        vm.assertTrue(int256(uint256(f.insuranceE6)) == funds.insuranceE6, "insurance");
        vm.assertTrue(int256(uint256(f.feesE6)) == funds.feesE6, "fees");
        vm.assertTrue(int256(uint256(f.shortfallE6)) == funds.shortfallE6, "shortfall");
        vm.assertEq(uint256(f.knownInsolvencyE6), this.knownInsolvencyE6(), "known insolvency");
    }

    function requireContracts() external view {
        uint256 gross = 0;
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            uint256[] memory positions = shadows[i].positions;
            for (uint256 j = 0; j < positions.length; ++j) {
                int256 amount = Positions.amountE4Of(positions[j]);
                gross += uint256(amount < 0 ? -amount : amount);
                // Accounts settle one after the other.
                if (feed.settlementPriceE2(MARKET, Positions.expiryOf(positions[j])) != 0) continue;
                int256 sum = 0;
                for (uint256 k = 0; k < ACCOUNTS; ++k) {
                    sum += amountOf(k, positions[j]);
                }
                vm.assertEq(sum, int256(0), "amounts of a contract");
            }
        }
        vm.assertEq(engine.grossE4(), gross, "sizes of all positions");
    }

    function requireStates() external view {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            engine.requireState(shadows[i].owner, stateOf(i));
            vm.assertTrue(engine.accountOf(shadows[i].owner).nonce == shadows[i].nonce, "nonce");
        }
    }

    function requireLocks() external view {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            vm.assertEq(engine.accountOf(shadows[i].owner).locked, this.isLocked(i), "locked");
        }
    }
}

contract MarginInvariantsTest is Test {
    ComparedAccounts private _world = new ComparedAccounts();

    /// @notice Read by forge: the contracts that it calls at random.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_world);
    }

    /// @notice Read by forge: the comparisons are no actions.
    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory actions = new bytes4[](11);
        actions[0] = _world.deposit.selector;
        actions[1] = _world.insure.selector;
        actions[2] = _world.collect.selector;
        actions[3] = _world.pass.selector;
        actions[4] = _world.price.selector;
        actions[5] = _world.settle.selector;
        actions[6] = _world.halt.selector;
        actions[7] = _world.withdraw.selector;
        actions[8] = _world.trade.selector;
        actions[9] = _world.refill.selector;
        actions[10] = _world.sell.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector({addr: address(_world), selectors: actions});
    }

    function invariant_all_of_accounts() public view {
        invariant_cash_and_funds_are_the_tokens_held();
        invariant_cash_is_what_was_put_in_and_won_less_what_was_taken();
        invariant_nobody_takes_out_more_than_was_put_in_plus_settled_profit();
        invariant_fees_and_insurance_are_never_negative();
        invariant_the_contracts_of_all_accounts_sum_to_nothing();
        invariant_a_nonce_rises_with_each_change_of_positions_and_never_goes_back();
        invariant_an_account_stays_locked_until_it_is_unlocked();
        invariant_a_paused_action_never_succeeds();
        invariant_what_is_safe_is_never_refused();
        invariant_an_order_is_never_filled_again_nor_after_its_cancellation();
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_cash_and_funds_are_the_tokens_held() public view {
        _world.requireTokens();
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_cash_is_what_was_put_in_and_won_less_what_was_taken() public view {
        _world.requireLedger();
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_nobody_takes_out_more_than_was_put_in_plus_settled_profit() public view {
        _world.requireNoGain();
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_fees_and_insurance_are_never_negative() public view {
        _world.requireFunds();
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_the_contracts_of_all_accounts_sum_to_nothing() public view {
        _world.requireContracts();
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_a_nonce_rises_with_each_change_of_positions_and_never_goes_back() public view {
        _world.requireStates();
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_an_account_stays_locked_until_it_is_unlocked() public view {
        _world.requireLocks();
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_a_paused_action_never_succeeds() public view {
        vm.assertEq(bytes(_world.permitted()), "", "what went through and should not");
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_what_is_safe_is_never_refused() public view {
        vm.assertEq(bytes(_world.refused()), "", "what was refused and should not");
    }

    /// forge-config: default.invariant.runs = 4
    function invariant_an_order_is_never_filled_again_nor_after_its_cancellation() public view {
        vm.assertEq(bytes(_world.refilled()), "", "filled again");
    }

    function test_this_world_trades_settles_withdraws_and_liquidates() public {
        _world.insure(1e10);
        for (uint256 i = 0; i < 4; ++i) {
            _world.trade(i, 3, 8 * (i + 1) + 64 * 900, 1e9);
            _world.trade(i, i, 64 * 500 + 8 * i, 0);
            _world.pass(10_000, 1e9 + i);
            _world.refill(i);
        }
        vm.assertTrue(_world.trades() > 3, "traded");
        _world.sell(1, 1, 5_000, 1e9);
        vm.assertTrue(_world.sales() > 0, "sold");
        for (uint256 i = 0; i < 4; ++i) {
            _world.pass(399_999, 1e9);
        }
        _world.settle(0, false);
        _world.price(6_543_210);
        _world.price(11_999_998);
        for (uint256 i = 0; i < 4; ++i) {
            _world.settle(i, false);
        }
        for (uint256 i = 0; i < 4; ++i) {
            _world.withdraw(i, 1e8);
        }
        _world.collect();
        vm.assertTrue(_world.settlements() > 1 && _world.withdrawals() > 1, "settled and withdrawn");
        invariant_all_of_accounts();
    }

    function test_this_world_knows_shortfalls() public {
        // The second account is long 0.2997 calls at 60,000, the first one short.
        _world.trade(0, 0, 64 * 2_996 + 8, 1e9);
        for (uint256 i = 0; i < 3; ++i) {
            _world.pass(399_999, 1e9);
        }
        _world.price(11_999_998);
        _world.halt(5, 0);
        _world.settle(0, false);
        _world.settle(1, false);
        _world.withdraw(1, 1e9);
        vm.assertEq(_world.shortened(), uint256(1), "a shortfall's part was borne");
        invariant_all_of_accounts();
    }
}
