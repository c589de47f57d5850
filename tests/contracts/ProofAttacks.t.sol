// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MarginEngine} from "../../contracts/MarginEngine.sol";
import {IMarginErrors} from "../../contracts/interfaces/IMarginErrors.sol";
import {IMarginTypes} from "../../contracts/interfaces/IMarginTypes.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {EngineFixture} from "./base/EngineFixture.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A token whose balances all change at once.
contract RebasingDollar is ERC20("Rebasing", "R") {
    uint256 private _shareE4 = 10_000;

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function rebase(uint256 shareE4) external {
        _shareE4 = shareE4;
    }

    function balanceOf(address owner) public view override returns (uint256) {
        return super.balanceOf(owner) * _shareE4 / 10_000;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from != address(0) && balanceOf(from) < amount) {
            revert IERC20Errors.ERC20InsufficientBalance(from, balanceOf(from), amount);
        }
        super._update(from, to, amount * 10_000 / _shareE4);
    }
}

/// @notice Attacks with proofs in flight, used proofs, sizes and a token that rebases.
contract ProofAttacksTest is EngineFixture {
    IMarginTypes.AccountState private _state;
    IMarginTypes.MarginProof private _proof;
    IRiskOracle.MarginSlice[] private _none;

    function setUp() public {
        (_state,) = open(list(option(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        _proof = solvent(maker, _state, 990e6);
    }

    function test_a_rerandomised_solvency_proof_takes_out_nothing_beyond_its_bound() public {
        _withdraw(6e6);
        _proof.proof[0] += 1;
        vm.expectRevert(
            abi.encodeWithSelector(IMarginErrors.InsufficientMargin.selector, maker, int256(988e6), int256(990e6))
        );
        _withdraw(6e6);
        _withdraw(4e6);
    }

    function test_a_proof_on_the_slices_of_an_earlier_epoch_is_refused() public {
        IRiskOracle.MarginSlice[] memory earlier = currentSlices;
        vm.warp(NOW + 15);
        publish(1);
        vm.expectPartialRevert(IMarginErrors.SliceMismatch.selector);
        vm.prank(maker);
        engine.withdraw(1, _state, earlier, _proof);
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.InvalidMarginProofs.selector, 1));
        _withdraw(1);
    }

    function test_a_proof_replayed_under_another_grid_is_refused() public {
        IMarginTypes.MarginParams memory params = defaultParams();
        params.grid[3] += 1;
        // forge-lint: disable-next-line(unsafe-typecast)
        rules.addRules(params, uint48(NOW + 1 hours));
        vm.warp(NOW + 1 hours);
        publish(0);
        _proof = solvent(maker, _state, 990e6);
        _proof.rulesVersion = 1;
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.InvalidMarginProofs.selector, 1));
        _withdraw(1);
        _proof.rulesVersion = 0;
        _withdraw(1);
    }

    function test_a_fill_below_the_makers_minimum_cannot_break_his_proof_in_flight() public {
        uint256[] memory legs = list(option(FIRST, 60_000, false, 1));
        IMarginTypes.Order memory order = orderOf(legs, 0, 7);
        (order.lots, order.minimumLots) = (100, 100);
        IMarginTypes.AccountState memory takerState = state(1, opposite(_state.positions));
        IMarginTypes.AccountChange[] memory both = changes(
            takerState, list(option(FIRST, 60_000, false, -10_001)), _state, list(option(FIRST, 60_000, false, 10_001))
        );
        IMarginTypes.Fill[] memory fills = fillOf(order, 1);
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.WrongLots.selector, maker, 7, 1, 100));
        vm.prank(taker);
        engine.trade(fills, both, currentSlices);
        _withdraw(1e6);
    }

    function test_the_greatest_amounts_prices_and_lots_neither_overflow_nor_create_money() public {
        int256 greatest = (1 << 28) - 1;
        uint256[] memory held = list(option(FIRST, 60_000, false, 10_000), option(SECOND, 40_000, false, greatest));
        uint256[] memory legs = list(held[1]);
        fund(maker, 1e19);
        fund(taker, 2e19);
        IMarginTypes.AccountState memory takerState = state(1, opposite(_state.positions));
        IMarginTypes.AccountChange[] memory both = changes(takerState, opposite(held), _state, held);
        IMarginTypes.Fill[] memory fills = fillOf(orderOf(legs, type(int64).max, 8), 1);
        vm.prank(taker);
        engine.trade(fills, both, currentSlices);
        int256 before = cashOf(maker) + cashOf(taker);
        vm.assertEq(before, int256(3e19 + 2_000e6), "the price moved between the two");
        vm.warp(SECOND);
        feed.setSettlement(FIRST, 6_000_000);
        feed.setSettlement(SECOND, type(uint32).max);
        engine.settle(maker, state(2, held));
        engine.settle(taker, state(2, opposite(held)));
        vm.assertEq(cashOf(maker) + cashOf(taker), before, "so did what the options pay");
        vm.assertEq(engine.grossE4(), 0, "nothing is open");
        vm.assertEq(uint256(engine.fund().shortfallE6), 0, "nothing is short");
    }

    function test_the_greatest_number_of_lots_reverts_with_AmountOutOfRange() public {
        uint256[] memory legs = list(option(FIRST, 60_000, false, 1));
        IMarginTypes.Order memory order = orderOf(legs, 0, 9);
        order.lots = type(uint32).max;
        IMarginTypes.AccountState memory takerState = state(1, opposite(_state.positions));
        IMarginTypes.AccountChange[] memory both = changes(takerState, takerState.positions, _state, _state.positions);
        IMarginTypes.Fill[] memory fills = fillOf(order, type(uint32).max);
        vm.expectPartialRevert(IMarginErrors.AmountOutOfRange.selector);
        vm.prank(taker);
        engine.trade(fills, both, currentSlices);
    }

    function test_after_a_token_rebases_down_nobody_gains_and_what_is_missing_is_visible() public {
        (RebasingDollar token, MarginEngine other) = _rebasing();
        token.rebase(8_000);
        vm.assertEq(token.balanceOf(address(other)), uint256(160e6), "40 are missing");
        vm.assertEq(other.accountOf(maker).cashE6 + other.accountOf(taker).cashE6, int256(200e6), "of what is owed");
        vm.prank(maker);
        other.withdraw(100e6, fresh(), _none, noProof());
        vm.assertEq(token.balanceOf(maker), uint256(100e6), "no more than was put in");
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, address(other), 60e6, 100e6)
        );
        vm.prank(taker);
        other.withdraw(100e6, fresh(), _none, noProof());
        vm.prank(taker);
        other.withdraw(60e6, fresh(), _none, noProof());
        vm.assertEq(other.accountOf(taker).cashE6, int256(40e6), "what is missing stays owed to who came last");
        token.mint(address(other), 20e6);
        vm.prank(taker);
        other.withdraw(10e6, fresh(), _none, noProof());
    }

    function test_after_a_token_rebases_up_no_account_grows() public {
        (RebasingDollar token, MarginEngine other) = _rebasing();
        token.rebase(20_000);
        vm.expectPartialRevert(IMarginErrors.NegativeCash.selector);
        vm.prank(maker);
        other.withdraw(100e6 + 1, fresh(), _none, noProof());
        vm.assertEq(other.accountOf(maker).cashE6, int256(100e6), "as put in");
        vm.assertEq(uint256(other.fund().insuranceE6), uint256(0), "nor the fund");
    }

    function _rebasing() private returns (RebasingDollar token, MarginEngine other) {
        token = new RebasingDollar();
        other = new MarginEngine(token, checker, rules);
        token.mint(address(this), 200e6);
        token.approve(address(other), 200e6);
        other.deposit(maker, 100e6);
        other.deposit(taker, 100e6);
    }

    function _withdraw(uint256 amountE6) private {
        vm.prank(maker);
        engine.withdraw(amountE6, _state, currentSlices, _proof);
    }
}
