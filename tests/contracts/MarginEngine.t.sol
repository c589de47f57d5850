// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MarginEngine} from "../../contracts/MarginEngine.sol";
import {IMarginEngine} from "../../contracts/interfaces/IMarginEngine.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Insolvency} from "../../contracts/statements/Insolvency.sol";
import {MarketFixture} from "./base/MarketFixture.sol";
import {SliceBuilder} from "./base/SliceBuilder.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Keeps one percent of every transfer.
contract FeeDollar is ERC20("Fee Dollar", "FEE") {
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (from != address(0) && to != address(0)) {
            super._update(from, address(0), value / 100);
            value -= value / 100;
        }
        super._update(from, to, value);
    }
}

contract Coin is ERC20("Coin", "COIN") {}

contract MarginEngineTest is MarketFixture {
    function test_a_deposit_credits_cash_and_leaves_nonce_and_positions() public {
        (IMarginEngine.AccountState memory state_,) =
            open(list(position(FIRST, 60_000, false, 10_000)), -2_000e6, 10_000e6);
        IMarginEngine.Account memory before = engine.accountOf(maker);
        fund(maker, 7);
        IMarginEngine.Account memory afterwards = engine.accountOf(maker);
        vm.assertEq(afterwards.positionsHash, before.positionsHash, "positions hash");
        vm.assertEq(uint256(afterwards.nonce), before.nonce, "nonce");
        vm.assertEq(int256(afterwards.cashE6), int256(before.cashE6) + 7, "cash");
        engine.requireState(maker, state_);
    }

    function test_a_fee_on_transfer_token_is_credited_as_it_arrives() public {
        FeeDollar fee = new FeeDollar();
        engine = new MarginEngine(address(this), fee, oracle, registry, MARKET, defaultParams());
        fee.mint(address(this), 200);
        fee.approve(address(engine), 200);
        engine.deposit(maker, 100);
        engine.fundInsurance(100);
        vm.assertEq(cashOf(maker), int256(99), "account");
        vm.assertEq(engine.insuranceE6(), uint256(99), "insurance fund");
    }

    function test_an_account_without_positions_withdraws_without_proof() public {
        fund(maker, 100);
        vm.prank(maker);
        engine.withdraw(60, fresh(), new IRiskOracle.MarginSlice[](0), noProof());
        vm.assertEq(cashOf(maker), int256(40), "cash");
        vm.assertEq(dollar.balanceOf(maker), uint256(60), "tokens");
    }

    function test_a_withdrawal_above_the_cash_reverts_with_NegativeCash() public {
        fund(maker, 100);
        vm.expectRevert(abi.encodeWithSelector(IMarginEngine.NegativeCash.selector, maker, int256(-1)));
        vm.prank(maker);
        engine.withdraw(101, fresh(), new IRiskOracle.MarginSlice[](0), noProof());
    }

    function test_a_withdrawal_down_to_the_proven_bound_and_no_further() public {
        (IMarginEngine.AccountState memory s,) = open(list(position(FIRST, 60_000, false, 10_000)), -2_000e6, 10_000e6);
        IMarginEngine.MarginProof memory proof = solvent(maker, s, 3_000e6);
        vm.prank(maker);
        engine.withdraw(5_000e6, s, currentSlices, proof);
        vm.assertEq(cashOf(maker), int256(3_000e6), "cash is the bound");
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginEngine.InsufficientMargin.selector, maker, int256(3_000e6 - 1), int256(3_000e6)
            )
        );
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
    }

    function test_a_trade_moves_positions_and_cash_and_creates_neither() public {
        IMarginEngine.Position[] memory legs =
            list(position(FIRST, 60_000, false, 10_000), position(SECOND, 50_000, true, -20_000));
        (IMarginEngine.AccountState memory makerState, IMarginEngine.AccountState memory takerState) =
            open(legs, -400e6, 1_000e6);
        vm.assertEq(cashOf(maker), int256(600e6), "maker paid");
        vm.assertEq(cashOf(taker), int256(1_400e6), "taker received");
        engine.requireState(maker, makerState);
        engine.requireState(taker, takerState);
        for (uint256 i = 0; i < 2; ++i) {
            int256 sum = int256(makerState.positions[i].amountE4) + takerState.positions[i].amountE4;
            vm.assertEq(sum, int256(0), "amounts are opposite");
        }
        vm.assertEq(uint256(engine.accountOf(maker).nonce), 1, "maker nonce");
        vm.assertEq(uint256(engine.accountOf(taker).nonce), 1, "taker nonce");
    }

    function test_the_gas_of_a_first_trade() public {
        fund(maker, 1e9);
        fund(taker, 1e9);
        IMarginEngine.Position[] memory legs = list(position(FIRST, 60_000, false, 10_000));
        (IMarginEngine.Order memory order, bytes memory signature) = orderOf(legs, 0, 0);
        IMarginEngine.MarginProof memory makerProof = solvent(maker, state(1, legs), 0);
        IMarginEngine.MarginProof memory takerProof =
            solvent(taker, state(1, list(position(FIRST, 60_000, false, -10_000))), 0);
        vm.prank(taker);
        engine.trade(order, signature, fresh(), fresh(), currentSlices, makerProof, takerProof);
        vm.snapshotGasLastCall("gas", "engine.trade of 1 leg between 2 fresh accounts, verifier excluded");
    }

    function test_a_trade_nets_positions_and_an_emptied_account_needs_no_proof() public {
        (IMarginEngine.AccountState memory makerState, IMarginEngine.AccountState memory takerState) =
            open(list(position(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        (IMarginEngine.Order memory order, bytes memory signature) =
            orderOf(list(position(FIRST, 60_000, false, -10_000)), 50e6, 1);
        vm.prank(taker);
        engine.trade(order, signature, makerState, takerState, new IRiskOracle.MarginSlice[](0), noProof(), noProof());
        engine.requireState(maker, state(2, new IMarginEngine.Position[](0)));
        vm.assertEq(cashOf(maker), int256(1_050e6), "maker");
        vm.assertEq(cashOf(taker), int256(950e6), "taker");
    }

    function test_an_order_fills_once_and_reverts_with_OrderUsed() public {
        (IMarginEngine.AccountState memory makerState, IMarginEngine.AccountState memory takerState) =
            open(list(position(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        (IMarginEngine.Order memory order, bytes memory signature) =
            orderOf(list(position(FIRST, 60_000, false, 10_000)), 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IMarginEngine.OrderUsed.selector, maker, 0));
        vm.prank(taker);
        engine.trade(order, signature, makerState, takerState, currentSlices, noProof(), noProof());
    }

    function test_a_cancelled_order_reverts_with_OrderUsed() public {
        vm.prank(maker);
        engine.cancelOrder(9);
        vm.expectRevert(abi.encodeWithSelector(IMarginEngine.OrderUsed.selector, maker, 9));
        vm.prank(maker);
        engine.cancelOrder(9);
        (IMarginEngine.Order memory order, bytes memory signature) =
            orderOf(list(position(FIRST, 60_000, false, 10_000)), 0, 9);
        _expectTradeRevert(order, signature, abi.encodeWithSelector(IMarginEngine.OrderUsed.selector, maker, 9));
    }

    function test_a_changed_order_reverts_with_InvalidOrderSignature() public {
        bytes memory refusal = abi.encodeWithSelector(IMarginEngine.InvalidOrderSignature.selector, maker);
        (IMarginEngine.Order memory order, bytes memory signature) =
            orderOf(list(position(FIRST, 60_000, false, 10_000)), 5, 0);
        order.cashToMakerE6 -= 1;
        _expectTradeRevert(order, signature, refusal);
        order.cashToMakerE6 += 1;
        order.legs[0].amountE4 += 1;
        _expectTradeRevert(order, signature, refusal);
        order.legs[0].amountE4 -= 1;
        order.salt = 1;
        _expectTradeRevert(order, signature, refusal);
        order.salt = 0;
        _expectTradeRevert(order, signed(STRANGER_KEY, engine.orderHash(order)), refusal);
    }

    function test_an_order_signed_for_another_chain_reverts_with_InvalidOrderSignature() public {
        (IMarginEngine.Order memory order, bytes memory signature) =
            orderOf(list(position(FIRST, 60_000, false, 10_000)), 5, 0);
        vm.chainId(1);
        _expectTradeRevert(
            order, signature, abi.encodeWithSelector(IMarginEngine.InvalidOrderSignature.selector, maker)
        );
    }

    function test_orders_that_cannot_fill_revert_with_their_rule() public {
        IMarginEngine.Position[] memory legs = list(position(FIRST, 60_000, false, 10_000));
        (IMarginEngine.Order memory order, bytes memory signature) = orderOf(new IMarginEngine.Position[](0), 0, 0);
        _expectTradeRevert(order, signature, abi.encodeWithSelector(IMarginEngine.EmptyOrder.selector));
        (order, signature) = orderOf(legs, 0, 0);
        vm.warp(order.deadline + 1);
        _expectTradeRevert(
            order, signature, abi.encodeWithSelector(IMarginEngine.OrderExpired.selector, order.deadline)
        );
        order.taker = address(7);
        _expectTradeRevert(
            order, signature, abi.encodeWithSelector(IMarginEngine.WrongTaker.selector, address(7), taker)
        );
        order.maker = taker;
        _expectTradeRevert(order, signature, abi.encodeWithSelector(IMarginEngine.SelfTrade.selector, taker));
    }

    function test_legs_out_of_order_revert_with_PositionsNotSorted() public {
        IMarginEngine.Position memory call_ = position(FIRST, 60_000, false, 1);
        IMarginEngine.Position[4] memory notAfter = [
            call_,
            position(FIRST, 50_000, true, 1),
            position(FIRST, 59_999, false, 1),
            position(FIRST - 1, 70_000, true, 1)
        ];
        for (uint256 i = 0; i < 4; ++i) {
            (IMarginEngine.Order memory order, bytes memory signature) = orderOf(list(call_, notAfter[i]), 0, 0);
            _expectTradeRevert(order, signature, abi.encodeWithSelector(IMarginEngine.PositionsNotSorted.selector, 1));
        }
    }

    function test_amounts_zero_or_too_large_revert_with_AmountOutOfRange() public {
        int32[4] memory amounts = [int32(0), 1 << 28, -(1 << 28), type(int32).min];
        for (uint256 i = 0; i < 4; ++i) {
            (IMarginEngine.Order memory order, bytes memory signature) =
                orderOf(list(position(FIRST, 60_000, false, amounts[i])), 0, 0);
            bytes memory refusal =
                abi.encodeWithSelector(IMarginEngine.AmountOutOfRange.selector, 0, int256(amounts[i]));
            _expectTradeRevert(order, signature, refusal);
        }
    }

    function test_a_sum_of_amounts_too_large_reverts_with_AmountOutOfRange() public {
        int32 largest = (1 << 28) - 1;
        (IMarginEngine.AccountState memory makerState, IMarginEngine.AccountState memory takerState) =
            open(list(position(FIRST, 60_000, false, largest)), 0, 1);
        (IMarginEngine.Order memory order, bytes memory signature) =
            orderOf(list(position(FIRST, 60_000, false, 1)), 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IMarginEngine.AmountOutOfRange.selector, 0, int256(largest) + 1));
        vm.prank(taker);
        engine.trade(order, signature, makerState, takerState, currentSlices, noProof(), noProof());
    }

    function test_thirty_three_positions_revert_with_TooManyPositions() public {
        (IMarginEngine.Order memory order, bytes memory signature) = orderOf(_distinctLegs(33), 0, 0);
        _expectTradeRevert(order, signature, abi.encodeWithSelector(IMarginEngine.TooManyPositions.selector, 33, 32));
    }

    function test_sixteen_positions_trade_and_withdraw_with_the_larger_circuit() public {
        (IMarginEngine.AccountState memory s,) = open(_manyLegs(16), 0, 1_000e6);
        vm.snapshotGasLastCall("gas", "engine.trade of 16 legs between 2 fresh accounts, verifier excluded");
        IMarginEngine.MarginProof memory proof = solvent(maker, s, 0);
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
        vm.assertEq(cashOf(maker), int256(1_000e6 - 1), "withdrawn");
    }

    function test_a_proof_of_any_circuit_that_holds_the_positions_is_accepted() public {
        (IMarginEngine.AccountState memory s,) = open(list(position(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        IMarginEngine.MarginProof memory proof = solventBy("solvency_16", maker, s, 0, 100);
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
        proof.circuitId = "solvency_4";
        vm.expectRevert(abi.encodeWithSelector(IMarginEngine.InvalidMarginProof.selector, maker));
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
    }

    function test_five_positions_under_a_circuit_of_four_revert_with_TooManyPositions() public {
        (IMarginEngine.AccountState memory s,) = open(_manyLegs(5), 0, 1_000e6);
        IMarginEngine.MarginProof memory proof = solvent(maker, s, 0);
        proof.circuitId = "solvency_4";
        vm.expectRevert(abi.encodeWithSelector(IMarginEngine.TooManyPositions.selector, 5, 4));
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
    }

    function test_a_trade_without_the_makers_or_takers_proof_reverts_with_InvalidMarginProof() public {
        IMarginEngine.Position[] memory legs = list(position(FIRST, 60_000, false, 10_000));
        (IMarginEngine.Order memory order, bytes memory signature) = orderOf(legs, 0, 0);
        IMarginEngine.AccountState memory opposite = state(1, list(position(FIRST, 60_000, false, -10_000)));
        IMarginEngine.MarginProof memory makerProof = solvent(maker, state(1, legs), 0);
        IMarginEngine.MarginProof memory takerProof = solvent(taker, opposite, 0);
        _expectTradeRevert(
            order,
            signature,
            abi.encodeWithSelector(IMarginEngine.InvalidMarginProof.selector, maker),
            takerProof,
            takerProof
        );
        _expectTradeRevert(
            order,
            signature,
            abi.encodeWithSelector(IMarginEngine.InvalidMarginProof.selector, taker),
            makerProof,
            makerProof
        );
    }

    function test_proofs_for_another_nonce_factor_bound_or_chain_revert_with_InvalidMarginProof() public {
        (IMarginEngine.AccountState memory s,) = open(list(position(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        bytes memory refusal = abi.encodeWithSelector(IMarginEngine.InvalidMarginProof.selector, maker);
        IMarginEngine.MarginProof[4] memory others;
        others[0] = solvent(maker, state(2, s.positions), 0);
        others[1] = solventAt(maker, s, 0, 80);
        others[2] = solvent(maker, s, 5);
        others[2].requiredCashE6 = 4;
        others[3] = solvent(maker, s, 0);
        others[3].digest += 1;
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(refusal);
            vm.prank(maker);
            engine.withdraw(1, s, currentSlices, others[i]);
        }
        IMarginEngine.MarginProof memory proof = solvent(maker, s, 0);
        vm.chainId(1);
        vm.expectRevert(refusal);
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
    }

    function test_a_proof_of_another_circuit_reverts_with_UnsupportedCircuit() public {
        (IMarginEngine.AccountState memory s,) = open(list(position(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        IMarginEngine.MarginProof memory proof = insolvent(maker, s, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IMarginEngine.UnsupportedCircuit.selector, Insolvency.CIRCUIT_4));
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
    }

    function test_a_bound_that_does_not_fit_reverts_with_ValueTooWide() public {
        (IMarginEngine.AccountState memory s,) = open(list(position(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        IMarginEngine.MarginProof memory proof = solvent(maker, s, 0);
        proof.requiredCashE6 = type(int256).min;
        vm.expectPartialRevert(Words.ValueTooWide.selector);
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
    }

    function test_a_moved_nonce_or_other_positions_revert_with_AccountStateMismatch() public {
        (IMarginEngine.AccountState memory s,) = open(list(position(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        IMarginEngine.MarginProof memory proof = solvent(maker, s, 0);
        s.nonce += 1;
        vm.expectPartialRevert(IMarginEngine.AccountStateMismatch.selector);
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
        s.nonce -= 1;
        s.positions[0].amountE4 -= 1;
        vm.expectPartialRevert(IMarginEngine.AccountStateMismatch.selector);
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
        vm.expectPartialRevert(IMarginEngine.AccountStateMismatch.selector);
        vm.prank(maker);
        engine.withdraw(1, fresh(), currentSlices, proof);
    }

    function test_a_state_of_another_owner_reverts_with_AccountStateMismatch() public {
        (IMarginEngine.AccountState memory s,) = open(list(position(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        vm.expectPartialRevert(IMarginEngine.AccountStateMismatch.selector);
        engine.requireState(taker, s);
    }

    function test_a_slice_that_is_not_given_reverts_with_MissingSlice() public {
        (IMarginEngine.AccountState memory s,) = open(list(position(SECOND, 60_000, false, 10_000)), 0, 1_000e6);
        IMarginEngine.MarginProof memory proof = solvent(maker, s, 0);
        currentSlices.pop();
        vm.expectRevert(abi.encodeWithSelector(IMarginEngine.MissingSlice.selector, SECOND));
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
    }

    function test_slices_out_of_order_revert_with_SlicesNotAscending() public {
        (IMarginEngine.AccountState memory s,) = open(list(position(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        IMarginEngine.MarginProof memory proof = solvent(maker, s, 0);
        currentSlices[1] = currentSlices[0];
        vm.expectRevert(abi.encodeWithSelector(IMarginEngine.SlicesNotAscending.selector, 1));
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
    }

    function test_replaced_slices_revert_with_UnknownSliceWords() public {
        (IMarginEngine.AccountState memory s,) = open(list(position(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        IMarginEngine.MarginProof memory proof = solvent(maker, s, 0);
        SliceBuilder.Spec[] memory moved = provenPair();
        moved[0].markShiftE2 = 1;
        submit(++epoch, moved);
        vm.expectPartialRevert(IRiskOracle.UnknownSliceWords.selector);
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
    }

    function test_a_strike_that_is_not_listed_reverts_with_StrikeNotInSlice() public {
        (IMarginEngine.Order memory order, bytes memory signature) =
            orderOf(list(position(FIRST, 61_000, false, 1)), 0, 0);
        IMarginEngine.MarginProof memory proof = noProof();
        proof.circuitId = "solvency_4";
        _expectTradeRevert(
            order,
            signature,
            abi.encodeWithSelector(IMarginEngine.StrikeNotInSlice.selector, FIRST, 61_000),
            proof,
            proof
        );
    }

    function test_old_stale_liquidate_only_halted_and_expired_slices_revert_with_SliceNotFresh() public {
        (IMarginEngine.AccountState memory s,) = open(list(position(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        vm.warp(NOW + 121);
        _expectNotFresh(s, IRiskOracle.State.LiquidateOnly);
        vm.warp(NOW + 601);
        _expectNotFresh(s, IRiskOracle.State.Stale);
        vm.warp(NOW);
        oracle.halt(MARKET);
        _expectNotFresh(s, IRiskOracle.State.Halted);
        oracle.resume(MARKET);
        SliceBuilder.Spec[] memory unproven = provenPair();
        unproven[0].later = 0;
        publish(unproven);
        _expectNotFresh(s, IRiskOracle.State.LiquidateOnly);
        vm.warp(FIRST - 1);
        publish(provenPair());
        vm.warp(FIRST);
        _expectNotFresh(s, IRiskOracle.State.Fresh);
    }

    function test_slices_a_minute_apart_pass_and_further_ones_revert_with_SlicesTooFarApart() public {
        (IMarginEngine.AccountState memory s,) = open(list(position(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        vm.warp(NOW + 60);
        SliceBuilder.Spec memory second = provenPair()[1];
        second.earlier = provenPair()[0].knotsDigest;
        submit(++epoch, only(second));
        currentSlices[1] = SliceBuilder.margin(second);
        IMarginEngine.MarginProof memory proof = solvent(maker, s, 0);
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
        vm.warp(NOW + 61);
        submit(++epoch, only(second));
        vm.expectRevert(abi.encodeWithSelector(IMarginEngine.SlicesTooFarApart.selector, NOW, NOW + 61));
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
    }

    function test_calls_of_the_auction_by_others_revert_with_NotAuction() public {
        bytes memory refusal = abi.encodeWithSelector(IMarginEngine.NotAuction.selector, address(this));
        IMarginEngine.Liquidation memory liquidation;
        vm.expectRevert(refusal);
        engine.lock(maker);
        vm.expectRevert(refusal);
        engine.unlock(maker);
        vm.expectRevert(refusal);
        engine.transferLiquidated(liquidation, fresh(), fresh(), currentSlices, noProof());
    }

    function test_the_auction_is_named_once_and_reverts_with_AuctionAlreadySet() public {
        vm.expectRevert(abi.encodeWithSelector(IMarginEngine.AuctionAlreadySet.selector, address(auction)));
        engine.setAuction(address(7));
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, maker));
        vm.prank(maker);
        engine.setAuction(address(7));
    }

    function test_a_token_without_six_decimals_reverts_with_WrongDecimals() public {
        Coin coin = new Coin();
        vm.expectRevert(abi.encodeWithSelector(IMarginEngine.WrongDecimals.selector, 18));
        new MarginEngine(address(this), coin, oracle, registry, MARKET, defaultParams());
    }

    function test_contradicting_rules_revert_with_InvalidParams() public {
        IMarginEngine.MarginParams[9] memory wrong;
        for (uint256 i = 0; i < 9; ++i) {
            wrong[i] = defaultParams();
        }
        wrong[0].maintenanceFactorE2 = 101;
        wrong[1].maintenanceFactorE2 = 0;
        wrong[2].volRule.downE4 = 10_001;
        wrong[3].volRule.powerShortE4 = 10_001;
        wrong[4].volRule.powerLongE4 = 10_001;
        wrong[5].shortRateE5 = 1 << 17;
        wrong[6].perpetualRateE5 = 1 << 17;
        wrong[7].grid[8] |= 1 << 240;
        wrong[8].volRule.leastTenorS = 59;
        for (uint256 i = 0; i < 9; ++i) {
            vm.expectRevert(IMarginEngine.InvalidParams.selector);
            new MarginEngine(address(this), dollar, oracle, registry, MARKET, wrong[i]);
        }
    }

    function test_the_rules_are_read_back_as_given() public view {
        vm.assertEq(keccak256(abi.encode(engine.params())), keccak256(abi.encode(defaultParams())), "params");
        IMarginEngine.MarginParams memory p = defaultParams();
        vm.assertEq(engine.gridId(), keccak256(abi.encode(p.grid, p.volRule)), "grid id");
    }

    /// @dev Sorted legs: puts and calls of five strikes in two expiries, at most 20.
    function _manyLegs(uint256 count) private pure returns (IMarginEngine.Position[] memory legs) {
        legs = new IMarginEngine.Position[](count);
        for (uint256 i = 0; i < count; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            uint24 strikeTicks = uint24(40_000 + 10_000 * ((i % 10) / 2));
            legs[i] = position(i < 10 ? FIRST : SECOND, strikeTicks, i % 2 == 1, 1);
        }
    }

    /// @dev Legs of strikes that need not be listed: for trades that are refused before any slice is read.
    function _distinctLegs(uint256 count) private pure returns (IMarginEngine.Position[] memory legs) {
        legs = new IMarginEngine.Position[](count);
        for (uint256 i = 0; i < count; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            legs[i] = position(FIRST, uint24(40_000 + i), false, 1);
        }
    }

    function _expectNotFresh(IMarginEngine.AccountState memory s, IRiskOracle.State state_) private {
        vm.expectRevert(abi.encodeWithSelector(IMarginEngine.SliceNotFresh.selector, FIRST, state_));
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, noProof());
    }

    function _expectTradeRevert(IMarginEngine.Order memory order, bytes memory signature, bytes memory refusal)
        private
    {
        _expectTradeRevert(order, signature, refusal, noProof(), noProof());
    }

    function _expectTradeRevert(
        IMarginEngine.Order memory order,
        bytes memory signature,
        bytes memory refusal,
        IMarginEngine.MarginProof memory makerProof,
        IMarginEngine.MarginProof memory takerProof
    ) private {
        IRiskOracle.MarginSlice[] memory slices = block.timestamp < NOW + 120
            ? currentSlices
            : new IRiskOracle.MarginSlice[](0);
        vm.expectRevert(refusal);
        vm.prank(taker);
        engine.trade(order, signature, fresh(), fresh(), slices, makerProof, takerProof);
    }
}
