// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MarginEngine} from "../../contracts/MarginEngine.sol";
import {IMarginEngine} from "../../contracts/interfaces/IMarginEngine.sol";
import {IMarginErrors} from "../../contracts/interfaces/IMarginErrors.sol";
import {IMarginTypes} from "../../contracts/interfaces/IMarginTypes.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {Ledger} from "../../contracts/libraries/Ledger.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {EngineFixture} from "./base/EngineFixture.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

contract Coin is ERC20("Coin", "C") {}

/// @notice Cash, settlement and funding of accounts.
contract MarginEngineTest is EngineFixture {
    function test_a_deposit_credits_the_account_and_leaves_nonce_and_state_hash() public {
        (IMarginTypes.AccountState memory s,) = open(manyLegs(1), 0, 1_000e6);
        bytes32 before = engine.accountOf(maker).stateHash;
        uint40 changedAt = engine.accountOf(maker).lastChangedAt;
        vm.warp(NOW + 5);
        fund(maker, 7);
        vm.assertEq(cashOf(maker), int256(1_000e6 + 7), "cash");
        vm.assertEq(engine.accountOf(maker).stateHash, before, "state hash");
        vm.assertEq(uint256(engine.accountOf(maker).lastChangedAt), changedAt, "a deposit is no change");
        engine.requireState(maker, s);
    }

    function test_a_withdrawal_without_positions_needs_no_proof_and_no_slices() public {
        fund(maker, 100);
        vm.prank(maker);
        engine.withdraw(100, fresh(), new IRiskOracle.MarginSlice[](0), noProof());
        vm.assertEq(dollar.balanceOf(maker), 100, "paid");
        vm.assertEq(cashOf(maker), int256(0), "cash");
    }

    function test_more_than_the_cash_without_positions_reverts_with_NegativeCash() public {
        fund(maker, 100);
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.NegativeCash.selector, maker, int256(-1)));
        vm.prank(maker);
        engine.withdraw(101, fresh(), currentSlices, noProof());
    }

    function test_cash_may_be_negative_where_a_proof_covers_it() public {
        (IMarginTypes.AccountState memory s,) = open(list(option(FIRST, 60_000, false, 10_000)), 0, 100e6);
        IMarginTypes.MarginProof memory proof = solvent(maker, s, -50e6);
        vm.prank(maker);
        engine.withdraw(150e6, s, currentSlices, proof);
        vm.assertEq(cashOf(maker), -int256(50e6), "cash");
        vm.expectRevert(
            abi.encodeWithSelector(IMarginErrors.InsufficientMargin.selector, maker, -int256(50e6) - 1, -int256(50e6))
        );
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
    }

    function test_a_haircut_of_the_collateral_does_not_count() public {
        IMarginTypes.MarginParams memory params = defaultParams();
        params.haircutE4 = 1_000;
        // forge-lint: disable-next-line(unsafe-typecast)
        rules.addRules(params, uint48(NOW + 3600));
        vm.warp(NOW + 3600);
        publish(0);
        (IMarginTypes.AccountState memory s,) = open(list(option(FIRST, 60_000, false, 10_000)), 0, 100e6);
        IMarginTypes.MarginProof memory proof = solventBy("solvency_4", maker, s, 45e6, 1, true);
        vm.prank(maker);
        engine.withdraw(50e6, s, currentSlices, proof);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginErrors.InsufficientMargin.selector, maker, int256(45e6 - 1), int256(45e6))
        );
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
    }

    function test_confidence_beyond_its_limit_adds_to_initial_margin() public {
        IMarginTypes.MarginParams memory params = defaultParams();
        params.confidenceLimitE4 = 20;
        // forge-lint: disable-next-line(unsafe-typecast)
        rules.addRules(params, uint48(NOW + 3600));
        vm.warp(NOW + 3600);
        publish(0);
        (IMarginTypes.AccountState memory s,) = open(list(option(FIRST, 60_000, false, 10_000)), 0, 100e6);
        // Ten units of 1e-4 on a forward of 60,000.
        IMarginTypes.MarginProof memory proof = solventBy("solvency_4", maker, s, 0, 1, true);
        vm.prank(maker);
        engine.withdraw(40e6, s, currentSlices, proof);
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.InsufficientMargin.selector, maker, -int256(1), int256(0)));
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
    }

    function test_settlement_pays_intrinsic_values_and_keeps_nonce_and_the_rest() public {
        uint256[] memory legs = new uint256[](3);
        legs[0] = option(FIRST, 50_000, false, 10_000);
        legs[1] = option(FIRST, 70_000, true, -20_000);
        legs[2] = option(SECOND, 60_000, false, 10_000);
        (IMarginTypes.AccountState memory s,) = open(legs, 0, 100_000e6);
        vm.warp(FIRST);
        feed.setSettlement(FIRST, 6_500_000);
        engine.settle(maker, s);
        vm.snapshotGasLastCall("gas", "engine.settle of 2 expired positions of 3");
        vm.assertEq(cashOf(maker), int256(100_000e6 + 15_000e6 - 2 * 5_000e6), "intrinsic values");
        engine.requireState(maker, state(1, list(option(SECOND, 60_000, false, 10_000))));
        vm.assertEq(engine.grossE4(), 50_000, "what the other account still holds counts, and the rest");
    }

    function test_a_state_from_before_anothers_settlement_is_accepted() public {
        uint256[] memory legs = list(option(FIRST, 50_000, false, 10_000), option(SECOND, 60_000, false, 10_000));
        (IMarginTypes.AccountState memory s,) = open(legs, 0, 1_000e6);
        vm.warp(FIRST);
        feed.setSettlement(FIRST, 6_000_000);
        delete currentSlices;
        publishOne(SECOND, 0, IRiskOracle.State.Fresh);
        IMarginTypes.MarginProof memory proof = solvent(maker, state(1, list(legs[1])), 0);
        engine.settle(maker, s);
        int256 cashE6 = cashOf(maker);
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
        engine.settle(maker, s);
        vm.assertEq(cashOf(maker), cashE6 - 1, "settled once");
    }

    function test_a_withdrawal_settles_before_any_proof() public {
        uint256[] memory legs = list(option(FIRST, 50_000, false, 10_000));
        (IMarginTypes.AccountState memory s,) = open(legs, 0, 0);
        vm.warp(FIRST);
        feed.setSettlement(FIRST, 6_000_000);
        fund(taker, 100_000e6);
        vm.prank(maker);
        engine.withdraw(10_000e6, s, new IRiskOracle.MarginSlice[](0), noProof());
        vm.assertEq(dollar.balanceOf(maker), 10_000e6, "paid");
        engine.requireState(maker, state(1, new uint256[](0)));
    }

    function test_an_expiry_without_a_price_reverts_with_SettlementPending() public {
        (IMarginTypes.AccountState memory s,) = open(list(option(FIRST, 50_000, false, 10_000)), 0, 1_000e6);
        vm.warp(FIRST);
        bytes memory refusal = abi.encodeWithSelector(IMarginErrors.SettlementPending.selector, FIRST);
        vm.expectRevert(refusal);
        engine.settle(maker, s);
        vm.expectRevert(refusal);
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, noProof());
        vm.expectRevert(refusal);
        engine.requireMaintenance(maker, s, currentSlices, noProof());
    }

    function test_a_loss_that_settlement_leaves_is_borne_by_the_fund_then_by_withdrawals() public {
        _insure(3_000e6);
        (, IMarginTypes.AccountState memory s) = open(list(option(FIRST, 50_000, false, 10_000)), 0, 10_000e6);
        vm.warp(FIRST);
        feed.setSettlement(FIRST, 7_000_000);
        engine.settle(taker, s);
        IMarginTypes.Fund memory f = engine.fund();
        vm.assertEq(cashOf(taker), int256(0), "the loser has nothing left");
        vm.assertEq(uint256(f.insuranceE6), 0, "fund");
        vm.assertEq(uint256(f.shortfallE6), 7_000e6, "20,000 lost, 10,000 and 3,000 borne");
        engine.settle(maker, state(1, list(option(FIRST, 50_000, false, 10_000))));
        vm.assertEq(cashOf(maker), int256(30_000e6), "claim");
        vm.prank(maker);
        engine.withdraw(30_000e6, state(1, new uint256[](0)), currentSlices, noProof());
        vm.assertEq(dollar.balanceOf(maker), 23_000e6, "all that is there");
        vm.assertEq(uint256(engine.fund().shortfallE6), 0, "borne");
    }

    function test_insurance_makes_up_a_shortfall_first() public {
        (, IMarginTypes.AccountState memory s) = open(list(option(FIRST, 50_000, false, 10_000)), 0, 10_000e6);
        vm.warp(FIRST);
        feed.setSettlement(FIRST, 7_000_000);
        engine.settle(taker, s);
        _insure(10_001e6);
        vm.assertEq(uint256(engine.fund().shortfallE6), 0, "made up");
        vm.assertEq(uint256(engine.fund().insuranceE6), 1e6, "the rest");
    }

    function test_funding_is_owed_by_longs_and_realised_with_the_next_trade() public {
        uint256[] memory legs = list(perpetual(20_000));
        (IMarginTypes.AccountState memory makerState, IMarginTypes.AccountState memory takerState) =
            open(legs, 0, 100_000e6);
        publishMarket(6_000_000, 5_000_001);
        vm.assertEq(engine.cashAfterFundingE6(maker, makerState), int256(100_000e6 - 10_000_002), "a long owes");
        vm.assertEq(engine.cashAfterFundingE6(taker, takerState), int256(100_000e6 + 10_000_002), "a short gets");
        vm.assertEq(cashOf(maker), int256(100_000e6), "not realised");
        IMarginTypes.AccountChange[] memory both =
            changes(takerState, list(perpetual(-30_000)), makerState, list(perpetual(30_000)));
        IMarginTypes.Fill[] memory fills = fillOf(orderOf(list(perpetual(10_000)), 0, 1), 1);
        vm.prank(taker);
        engine.trade(fills, both, currentSlices);
        vm.assertEq(cashOf(maker), int256(100_000e6 - 10_000_002), "realised");
        engine.requireState(maker, IMarginTypes.AccountState(2, 5_000_001, list(perpetual(30_000))));
    }

    function test_a_withdrawal_counts_the_funding_that_is_owed() public {
        (IMarginTypes.AccountState memory s,) = open(list(perpetual(10_000)), 0, 100e6);
        publishMarket(6_000_000, 60e6);
        IMarginTypes.MarginProof memory proof = solvent(maker, s, 0);
        vm.prank(maker);
        engine.withdraw(40e6, s, currentSlices, proof);
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.InsufficientMargin.selector, maker, -int256(1), int256(0)));
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
    }

    function testFuzz_funding_of_both_sides_never_creates_money(uint256 amount, int128 from, int128 to) public pure {
        // forge-lint: disable-next-line(unsafe-typecast)
        int256 amountE4 = int256(bound(amount, 1, (1 << 28) - 1));
        int256 long = Ledger.fundingOwedE6(perpetual(amountE4), from, to);
        int256 short = Ledger.fundingOwedE6(perpetual(-amountE4), from, to);
        vm.assertTrue(long + short == 0 || long + short == 1, "at most a unit of dust stays");
    }

    function test_a_perpetual_on_a_stale_market_reverts_with_SliceNotFresh() public {
        (IMarginTypes.AccountState memory s,) = open(list(perpetual(10_000)), 0, 100e6);
        IRiskOracle.MarketFacts memory facts = feed.marketFacts(MARKET);
        facts.state = IRiskOracle.State.LiquidateOnly;
        feed.setMarket(facts);
        IMarginTypes.MarginProof memory proof = solvent(maker, s, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginErrors.SliceNotFresh.selector, 0, IRiskOracle.State.LiquidateOnly)
        );
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
    }

    function test_withdrawals_wait_while_known_insolvency_exceeds_the_fund() public {
        fund(maker, 100);
        _insure(50);
        engine.bookInsolvency(51);
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.WithdrawalsLocked.selector, 51, 50));
        vm.prank(maker);
        engine.withdraw(1, fresh(), currentSlices, noProof());
        engine.bookInsolvency(-1);
        vm.prank(maker);
        engine.withdraw(100, fresh(), currentSlices, noProof());
    }

    function test_a_locked_account_does_not_withdraw_but_takes_deposits_and_settles() public {
        (IMarginTypes.AccountState memory s,) = open(list(option(FIRST, 50_000, false, 10_000)), 0, 1_000e6);
        engine.lock(maker);
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.AccountLocked.selector, maker));
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, noProof());
        fund(maker, 1);
        vm.warp(FIRST);
        feed.setSettlement(FIRST, 6_000_000);
        engine.settle(maker, s);
        vm.assertTrue(engine.accountOf(maker).locked, "still locked");
        engine.unlock(maker);
        vm.assertTrue(!engine.accountOf(maker).locked, "unlocked");
    }

    function test_stale_halted_and_expired_slices_revert_with_SliceNotFresh() public {
        (IMarginTypes.AccountState memory s,) = open(list(option(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        IMarginTypes.MarginProof memory proof = solvent(maker, s, 0);
        for (uint8 i = 0; i < 5; ++i) {
            IRiskOracle.State found = IRiskOracle.State(i);
            if (found == IRiskOracle.State.Fresh) continue;
            feed.setState(FIRST, found);
            vm.expectRevert(abi.encodeWithSelector(IMarginErrors.SliceNotFresh.selector, FIRST, found));
            vm.prank(maker);
            engine.withdraw(1, s, currentSlices, proof);
        }
    }

    function test_slices_a_minute_apart_pass_and_further_ones_revert_with_SlicesTooFarApart() public {
        (IMarginTypes.AccountState memory s,) = open(list(option(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        _publishSecondAt(NOW + 60);
        IMarginTypes.MarginProof memory proof = solvent(maker, s, 0);
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
        _publishSecondAt(NOW + 61);
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.SlicesTooFarApart.selector, NOW, NOW + 61));
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
    }

    function test_missing_replaced_and_unordered_slices_are_refused_by_name() public {
        (IMarginTypes.AccountState memory s,) = open(list(option(SECOND, 60_000, false, 10_000)), 0, 1_000e6);
        IMarginTypes.MarginProof memory proof = solvent(maker, s, 0);
        IRiskOracle.MarginSlice[] memory given = new IRiskOracle.MarginSlice[](1);
        given[0] = currentSlices[0];
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.MissingSlice.selector, SECOND));
        vm.prank(maker);
        engine.withdraw(1, s, given, proof);
        given = currentSlices;
        given[0].expiry = SECOND;
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.SlicesNotAscending.selector, 1));
        vm.prank(maker);
        engine.withdraw(1, s, given, proof);
        given = currentSlices;
        given[1].results[0] += 1;
        vm.expectPartialRevert(IMarginErrors.SliceMismatch.selector);
        vm.prank(maker);
        engine.withdraw(1, s, given, proof);
    }

    function test_a_token_without_six_decimals_reverts_with_WrongDecimals() public {
        Coin coin = new Coin();
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.WrongDecimals.selector, 18));
        new MarginEngine(coin, checker, rules);
    }

    function test_a_bound_that_does_not_fit_reverts_with_ValueTooWide() public {
        (IMarginTypes.AccountState memory s,) = open(list(option(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        IMarginTypes.MarginProof memory proof = solvent(maker, s, 0);
        proof.requiredCashE6 = type(int256).min;
        vm.expectPartialRevert(Words.ValueTooWide.selector);
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, proof);
    }

    function test_fees_are_collected_to_the_fee_account() public {
        IMarginTypes.Limits memory limits = defaultLimits();
        (limits.takerFeeE6, limits.makerFeeE6, limits.capE4, limits.insuranceShareE4) = (300, 100, 1_250, 2_500);
        rules.setLimits(limits);
        vm.expectRevert(IMarginErrors.NoFeeAccount.selector);
        engine.collectFees();
        rules.setFeeAccount(address(0xfee));
        open(list(option(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        // 18 and 6 dollars of a notional of 60,000, each below an eighth of the mark of 2,000.
        vm.assertEq(cashOf(taker), int256(1_000e6 - 18e6), "taker");
        vm.assertEq(cashOf(maker), int256(1_000e6 - 6e6), "maker");
        vm.assertEq(uint256(engine.fund().insuranceE6), 6e6, "a quarter insures");
        engine.collectFees();
        vm.assertEq(cashOf(address(0xfee)), int256(18e6), "the rest is collected");
        vm.assertEq(uint256(engine.fund().feesE6), 0, "nothing left");
    }

    function test_the_auctions_calls_by_others_revert_with_NotAuction() public {
        bytes memory refusal = abi.encodeWithSelector(IMarginErrors.NotAuction.selector, maker);
        IMarginTypes.Liquidation memory liquidation;
        bytes[4] memory calls = [
            abi.encodeCall(IMarginEngine.lock, (maker)),
            abi.encodeCall(IMarginEngine.unlock, (maker)),
            abi.encodeCall(IMarginEngine.bookInsolvency, (1)),
            abi.encodeCall(IMarginEngine.transferLiquidated, (liquidation, fresh(), fresh()))
        ];
        for (uint256 i = 0; i < 4; ++i) {
            vm.prank(maker);
            (bool done, bytes memory answer) = address(engine).call(calls[i]);
            vm.assertTrue(!done, "refused");
            vm.assertEq(answer, refusal, "NotAuction");
        }
    }

    function test_a_liquidation_moves_a_fraction_and_its_price() public {
        (IMarginTypes.AccountState memory s,) = open(list(option(FIRST, 60_000, false, -10_001)), 0, 5_000e6);
        address bidder = address(0xb1d);
        fund(bidder, 5_000e6);
        engine.lock(maker);
        uint256[] memory part = list(option(FIRST, 60_000, false, -5_000));
        (uint64 nonce, int256 cashE6, uint256[] memory positions) = engine.transferLiquidated(
            IMarginTypes.Liquidation(maker, bidder, address(7), 5_000, false, -1_100e6, 10e6), s, fresh()
        );
        vm.assertEq(uint256(nonce), uint256(1), "the bidder's nonce");
        vm.assertEq(cashE6, int256(6_100e6), "the bidder's cash");
        vm.assertEq(positions, part, "the bidder's positions");
        vm.assertEq(cashOf(maker), int256(5_000e6 - 1_100e6 - 10e6), "owner pays the bidder and the starter");
        vm.assertEq(cashOf(bidder), int256(6_100e6), "bidder");
        vm.assertEq(cashOf(address(7)), int256(10e6), "starter");
        engine.requireState(bidder, state(1, part));
        engine.requireState(maker, state(2, list(option(FIRST, 60_000, false, -5_001))));
        vm.assertTrue(engine.accountOf(maker).locked, "repeatable");
        vm.assertEq(engine.grossE4(), 20_002, "contracts only change hands");
    }

    function test_a_reward_to_the_bidder_is_not_in_the_cash_that_a_liquidation_answers() public {
        (IMarginTypes.AccountState memory s,) = open(list(option(FIRST, 60_000, false, -10_000)), 0, 5_000e6);
        IMarginTypes.Liquidation memory liquidation =
            IMarginTypes.Liquidation(maker, address(0xb1d), address(0xb1d), 10_000, true, -1_100e6, 10e6);
        (, int256 cashE6,) = engine.transferLiquidated(liquidation, s, fresh());
        vm.assertEq(cashE6, int256(1_100e6), "before the reward");
        vm.assertEq(cashOf(address(0xb1d)), int256(1_110e6), "credited");
    }

    function test_maintenance_is_checked_at_its_own_factor() public {
        (IMarginTypes.AccountState memory s,) = open(list(option(FIRST, 60_000, false, -10_000)), 0, 5_000e6);
        IMarginTypes.MarginProof memory proof = solventBy("solvency_4", maker, s, 5_000e6, 0, false);
        engine.requireMaintenance(maker, s, currentSlices, proof);
        proof = solvent(maker, s, 5_000e6);
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.InvalidMarginProofs.selector, 1));
        engine.requireMaintenance(maker, s, currentSlices, proof);
    }

    function _publishSecondAt(uint64 time) private {
        vm.warp(time);
        currentSlices.pop();
        publishOne(SECOND, 0, IRiskOracle.State.Fresh);
    }

    function _insure(uint256 amountE6) private {
        dollar.mint(address(this), amountE6);
        dollar.approve(address(engine), amountE6);
        engine.fundInsurance(amountE6);
    }
}
