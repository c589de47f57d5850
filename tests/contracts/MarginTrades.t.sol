// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginErrors} from "../../contracts/interfaces/IMarginErrors.sol";
import {IMarginTypes} from "../../contracts/interfaces/IMarginTypes.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {Insolvency} from "../../contracts/statements/Insolvency.sol";
import {EngineFixture} from "./base/EngineFixture.sol";

/// @notice Orders, fills, batches, caps and halts.
contract MarginTradesTest is EngineFixture {
    uint256 private constant SECOND_KEY = 0xca401;

    function test_an_order_is_filled_in_parts_and_never_beyond_its_lots() public {
        fund(maker, 1_000e6);
        fund(taker, 1_000e6);
        IMarginTypes.Order memory order = _lots(5, 2);
        _fill(order, 2, fresh(), fresh(), 2);
        vm.assertEq(uint256(engine.filledLots(maker, 9)), 2, "filled");
        vm.assertEq(cashOf(maker), int256(1_000e6 + 2 * 10e6), "two lots are paid");
        _expectFill(order, 1, _wrongLots(1, 3));
        _expectFill(order, 4, _wrongLots(4, 3));
        _expectFill(order, 0, _wrongLots(0, 3));
        _fill(order, 2, _state(1, 2), _state(1, -2), 4);
        _fill(order, 1, _state(2, 4), _state(2, -4), 5);
        _expectFill(order, 1, _wrongLots(1, 0));
        vm.assertEq(engine.grossE4(), 10, "five lots of one unit on both sides");
    }

    function test_orders_of_one_salt_share_their_lots() public {
        fund(maker, 1_000e6);
        fund(taker, 1_000e6);
        IMarginTypes.Order memory order = _lots(5, 0);
        _fill(order, 2, fresh(), fresh(), 2);
        order.cashToMakerE6 = 11e6;
        _expectFill(order, 4, _wrongLots(4, 3));
    }

    function testFuzz_filled_lots_of_neighbouring_salts_do_not_mix(uint64 salt, uint32 lots) public {
        salt = uint64(bound(salt, 1, type(uint64).max - 1));
        vm.prank(maker);
        engine.cancelOrder(salt);
        vm.assertEq(uint256(engine.filledLots(maker, salt)), type(uint32).max, "cancelled");
        vm.assertEq(uint256(engine.filledLots(maker, salt - 1)), 0, "the salt before");
        vm.assertEq(uint256(engine.filledLots(maker, salt + 1)), 0, "the salt after");
        vm.assertEq(uint256(engine.filledLots(taker, salt)), 0, "another maker");
        IMarginTypes.Order memory order = orderOf(list(option(FIRST, 60_000, false, 1)), 0, salt);
        order.lots = type(uint32).max;
        // forge-lint: disable-next-line(unsafe-typecast)
        _expectFill(order, uint32(bound(lots, 1, type(uint32).max)), _cancelled(salt));
    }

    function test_a_minimum_salt_cancels_all_below_and_only_rises() public {
        vm.prank(maker);
        engine.cancelBelow(10);
        vm.assertEq(uint256(engine.minimumSalt(maker)), 10, "minimum");
        _expectFill(_lots(5, 0), 1, _cancelled(9));
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.SaltNotHigher.selector, 10, 10));
        vm.prank(maker);
        engine.cancelBelow(10);
    }

    function test_orders_of_others_times_and_signers_are_refused_by_name() public {
        IMarginTypes.Order memory order = _lots(1, 0);
        order.deadline = NOW - 1;
        _expectFill(order, 1, abi.encodeWithSelector(IMarginErrors.OrderExpired.selector, NOW - 1));
        order = _lots(1, 0);
        order.taker = address(7);
        _expectFill(order, 1, abi.encodeWithSelector(IMarginErrors.WrongTaker.selector, address(7), taker));
        order = _lots(1, 0);
        order.legs = new uint256[](0);
        _expectFill(order, 1, abi.encodeWithSelector(IMarginErrors.EmptyOrder.selector));
        order = _lots(1, 0);
        order.maker = taker;
        _expectFill(order, 1, abi.encodeWithSelector(IMarginErrors.SelfTrade.selector, taker));
        order = _lots(1, 0);
        IMarginTypes.Fill[] memory fills = fillOf(order, 1);
        fills[0].order.cashToMakerE6 += 1;
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.InvalidOrderSignature.selector, maker));
        vm.prank(taker);
        engine.trade(fills, _unproven(), currentSlices);
    }

    function test_a_hint_is_no_part_of_what_the_maker_signs() public view {
        IMarginTypes.Order memory order = _lots(1, 0);
        bytes32 hash = engine.orderHash(order);
        order.legs[0] |= 0xff << 118;
        vm.assertEq(engine.orderHash(order), hash, "same order");
    }

    function test_wrong_accounts_of_a_trade_are_refused_by_name() public {
        IMarginTypes.Fill[] memory fills = fillOf(_lots(1, 0), 1);
        IMarginTypes.AccountChange[] memory both = _unproven();
        both[0].account = maker;
        _expectTrade(fills, both, abi.encodeWithSelector(IMarginErrors.NotTaker.selector, maker, taker));
        both = _unproven();
        both[1].account = address(7);
        _expectTrade(fills, both, abi.encodeWithSelector(IMarginErrors.WrongMaker.selector, maker, address(7)));
        fills[0].maker = 2;
        _expectTrade(fills, both, abi.encodeWithSelector(IMarginErrors.WrongMaker.selector, maker, address(0)));
        IMarginTypes.AccountChange[] memory twice = new IMarginTypes.AccountChange[](3);
        (twice[0], twice[1], twice[2]) = (both[0], both[1], both[1]);
        _expectTrade(fills, twice, abi.encodeWithSelector(IMarginErrors.AccountsNotAscending.selector, 2));
        fills = new IMarginTypes.Fill[](0);
        _expectTrade(fills, both, abi.encodeWithSelector(IMarginErrors.NothingToTrade.selector, 0));
    }

    function test_an_account_that_no_fill_changes_reverts_with_NothingToTrade() public {
        IMarginTypes.AccountChange[] memory three = new IMarginTypes.AccountChange[](3);
        (three[0].account, three[1].account, three[2].account) = (taker, maker, address(type(uint160).max));
        _expectTrade(fillOf(_lots(1, 0), 1), three, abi.encodeWithSelector(IMarginErrors.NothingToTrade.selector, 2));
    }

    function test_a_batch_needs_one_proof_per_account() public {
        address second = vm.addr(SECOND_KEY);
        bool ordered = second > maker;
        IMarginTypes.Fill[] memory fills = new IMarginTypes.Fill[](3);
        uint256 leg = option(FIRST, 60_000, false, 1);
        for (uint64 i = 0; i < 3; ++i) {
            IMarginTypes.Order memory order = orderOf(list(leg), 1e6, i);
            order.maker = i == 2 ? second : maker;
            uint256 key = i == 2 ? SECOND_KEY : MAKER_KEY;
            fills[i] = IMarginTypes.Fill(order, signed(key, engine.orderHash(order)), 1, (i == 2) == ordered ? 2 : 1);
        }
        fund(taker, 10e6);
        IMarginTypes.AccountChange[] memory all = new IMarginTypes.AccountChange[](3);
        (all[0].account, all[1].account, all[2].account) = ordered ? (taker, maker, second) : (taker, second, maker);
        int256[3] memory units = ordered ? [int256(-3), 2, 1] : [int256(-3), 1, 2];
        for (uint256 i = 0; i < 3; ++i) {
            uint256[] memory positions = list(option(FIRST, 60_000, false, units[i]));
            all[i].proof = solvent(all[i].account, state(1, positions), 0);
        }
        vm.prank(taker);
        engine.trade(fills, all, currentSlices);
        engine.requireState(maker, state(1, list(option(FIRST, 60_000, false, 2))));
        engine.requireState(taker, state(1, list(option(FIRST, 60_000, false, -3))));
        vm.assertEq(cashOf(taker), int256(7e6), "paid for three");
    }

    function test_two_different_legs_merge_with_positions_in_order() public {
        (IMarginTypes.AccountState memory m, IMarginTypes.AccountState memory t) =
            open(list(option(FIRST, 60_000, true, 5), option(SECOND, 40_000, false, -5)), 0, 1_000e6);
        uint256[] memory legs = list(perpetual(3), option(FIRST, 60_000, true, -5));
        uint256[] memory made = list(perpetual(3), option(SECOND, 40_000, false, -5));
        IMarginTypes.AccountChange[] memory both = changes(t, opposite(made), m, made);
        IMarginTypes.Fill[] memory fills = fillOf(orderOf(legs, 0, 1), 1);
        vm.prank(taker);
        engine.trade(fills, both, currentSlices);
        engine.requireState(maker, state(2, made));
    }

    function test_closing_needs_no_slices_no_proofs_and_no_fees_and_passes_every_halt() public {
        IMarginTypes.Limits memory limits = defaultLimits();
        uint256[] memory legs = manyLegs(3);
        (IMarginTypes.AccountState memory m, IMarginTypes.AccountState memory t) = open(legs, 0, 1_000e6);
        (limits.takerFeeE6, limits.makerFeeE6, limits.capE4) = (300, 100, 1_250);
        rules.setLimits(limits);
        vm.prank(GUARDIAN);
        rules.pauseOpening();
        feed.setState(FIRST, IRiskOracle.State.Halted);
        IMarginTypes.AccountChange[] memory both = changes(t, new uint256[](0), m, new uint256[](0));
        IMarginTypes.Fill[] memory fills = fillOf(orderOf(opposite(legs), 0, 1), 1);
        vm.prank(taker);
        engine.trade(fills, both, new IRiskOracle.MarginSlice[](0));
        vm.assertEq(cashOf(maker), int256(1_000e6), "free");
        vm.assertEq(engine.grossE4(), 0, "nothing is open");
    }

    function test_reducing_takes_slices_good_enough_to_liquidate_and_opening_does_not() public {
        uint256[] memory legs = list(option(FIRST, 60_000, false, 10));
        (IMarginTypes.AccountState memory m, IMarginTypes.AccountState memory t) = open(legs, 0, 1_000e6);
        feed.setState(FIRST, IRiskOracle.State.LiquidateOnly);
        uint256[] memory less = list(option(FIRST, 60_000, false, 9));
        IMarginTypes.AccountChange[] memory both = changes(t, opposite(less), m, less);
        IMarginTypes.Fill[] memory fills = fillOf(orderOf(list(option(FIRST, 60_000, false, -1)), 0, 1), 1);
        vm.prank(taker);
        engine.trade(fills, both, currentSlices);
        (m, t) = (state(2, less), state(2, opposite(less)));
        both = changes(t, opposite(legs), m, legs);
        fills = fillOf(orderOf(list(option(FIRST, 60_000, false, 1)), 0, 2), 1);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginErrors.SliceNotFresh.selector, FIRST, IRiskOracle.State.LiquidateOnly)
        );
        vm.prank(taker);
        engine.trade(fills, both, currentSlices);
    }

    function test_while_opening_is_paused_growing_and_turning_revert_with_OpeningPaused() public {
        uint256[] memory legs = list(option(FIRST, 60_000, false, 10));
        (IMarginTypes.AccountState memory m, IMarginTypes.AccountState memory t) = open(legs, 0, 1_000e6);
        vm.prank(GUARDIAN);
        rules.pauseOpening();
        int8[2] memory amounts = [int8(1), -11];
        for (uint64 i = 0; i < 2; ++i) {
            IMarginTypes.AccountChange[] memory both = _unproven();
            (both[0].state, both[1].state) = (t, m);
            IMarginTypes.Order memory order = orderOf(list(option(FIRST, 60_000, false, amounts[i])), 0, i + 1);
            _expectTrade(fillOf(order, 1), both, abi.encodeWithSelector(IMarginErrors.OpeningPaused.selector));
        }
        rules.resumeOpening();
        uint256[] memory more = list(option(FIRST, 60_000, false, 11));
        IMarginTypes.AccountChange[] memory proven = changes(t, opposite(more), m, more);
        IMarginTypes.Fill[] memory fills = fillOf(orderOf(list(option(FIRST, 60_000, false, 1)), 0, 1), 1);
        vm.prank(taker);
        engine.trade(fills, proven, currentSlices);
    }

    function test_opening_on_slices_of_two_reports_reverts_with_SlicesTooFarApart() public {
        fund(taker, 1_000e6);
        vm.warp(NOW + 1);
        currentSlices.pop();
        publishOne(SECOND, 0, IRiskOracle.State.Fresh);
        uint256[] memory legs = list(option(FIRST, 60_000, false, 1), option(SECOND, 60_000, false, 1));
        IMarginTypes.AccountChange[] memory both = changes(fresh(), opposite(legs), fresh(), legs);
        _expectTrade(
            fillOf(orderOf(legs, 0, 1), 1),
            both,
            abi.encodeWithSelector(IMarginErrors.SlicesTooFarApart.selector, NOW, NOW + 1)
        );
    }

    function test_caps_of_a_position_and_of_open_interest_bind_what_grows() public {
        IMarginTypes.Limits memory limits = defaultLimits();
        (limits.maxPositionE4, limits.maxOpenInterestE4) = (10, 15);
        rules.setLimits(limits);
        fund(maker, 1_000e6);
        fund(taker, 1_000e6);
        _expectFill(
            orderOf(list(option(FIRST, 60_000, false, 11)), 0, 1),
            1,
            abi.encodeWithSelector(IMarginErrors.AmountOutOfRange.selector, 0, -int256(11))
        );
        uint256[] memory legs = list(option(FIRST, 50_000, false, 10), option(FIRST, 60_000, false, 6));
        _expectFill(orderOf(legs, 0, 1), 1, abi.encodeWithSelector(IMarginErrors.OpenInterestAboveCap.selector, 16, 15));
        legs = list(option(FIRST, 50_000, false, 10), option(FIRST, 60_000, false, 5));
        (IMarginTypes.AccountState memory m, IMarginTypes.AccountState memory t) = open(legs, 0, 0);
        limits.maxOpenInterestE4 = 0;
        rules.setLimits(limits);
        uint256[] memory less = list(option(FIRST, 50_000, false, 9), option(FIRST, 60_000, false, 5));
        IMarginTypes.AccountChange[] memory both = changes(t, opposite(less), m, less);
        IMarginTypes.Fill[] memory fills = fillOf(orderOf(list(option(FIRST, 50_000, false, -1)), 0, 1), 1);
        vm.prank(taker);
        engine.trade(fills, both, currentSlices);
        vm.assertEq(engine.grossE4(), 28, "a cap does not hinder closing");
    }

    function test_fees_that_the_proof_does_not_cover_revert_with_InsufficientMargin() public {
        IMarginTypes.Limits memory limits = defaultLimits();
        (limits.takerFeeE6, limits.capE4) = (300, 1_250);
        rules.setLimits(limits);
        fund(taker, 17e6);
        uint256[] memory legs = list(option(FIRST, 60_000, false, 10_000));
        IMarginTypes.AccountChange[] memory both = changes(fresh(), opposite(legs), fresh(), legs);
        _expectTrade(
            fillOf(orderOf(legs, 0, 1), 1),
            both,
            abi.encodeWithSelector(IMarginErrors.InsufficientMargin.selector, taker, -int256(1e6), int256(0))
        );
    }

    function test_a_proof_of_another_statement_reverts_with_UnsupportedCircuit() public {
        uint256[] memory legs = list(option(FIRST, 60_000, false, 1));
        IMarginTypes.AccountChange[] memory both = changes(fresh(), opposite(legs), fresh(), legs);
        both[1].proof = insolvent(maker, state(1, legs), 0, 0);
        _expectTrade(
            fillOf(orderOf(legs, 0, 1), 1),
            both,
            abi.encodeWithSelector(IMarginErrors.UnsupportedCircuit.selector, Insolvency.CIRCUIT_4)
        );
    }

    function test_thirty_two_positions_trade_and_a_thirty_third_reverts_with_TooManyPositions() public {
        uint256[] memory legs = new uint256[](33);
        for (uint256 i = 0; i < 33; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            legs[i] = option(uint64(FIRST + i), 60_000, false, 1);
        }
        _expectFill(orderOf(legs, 0, 1), 1, abi.encodeWithSelector(IMarginErrors.TooManyPositions.selector, 33, 32));
        delete currentSlices;
        legs = new uint256[](32);
        for (uint256 i = 0; i < 32; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            uint64 expiry = uint64(FIRST + i / 8);
            // forge-lint: disable-next-line(unsafe-typecast)
            legs[i] = option(expiry, uint24(40_000 + 10_000 * ((i % 8) / 2)), i % 2 == 1, 1);
            if (i % 8 == 0) publishOne(expiry, 0, IRiskOracle.State.Fresh);
        }
        open(legs, 0, 1_000e6);
        engine.requireState(maker, state(1, legs));
    }

    function _lots(uint32 lots, uint32 minimumLots) private view returns (IMarginTypes.Order memory order) {
        order = orderOf(list(option(FIRST, 60_000, false, 1)), 10e6, 9);
        (order.lots, order.minimumLots) = (lots, minimumLots);
    }

    function _state(uint64 nonce, int256 amountE4) private pure returns (IMarginTypes.AccountState memory) {
        return state(nonce, list(option(FIRST, 60_000, false, amountE4)));
    }

    function _fill(
        IMarginTypes.Order memory order,
        uint32 lots,
        IMarginTypes.AccountState memory m,
        IMarginTypes.AccountState memory t,
        int256 amountE4
    ) private {
        uint256[] memory made = list(option(FIRST, 60_000, false, amountE4));
        IMarginTypes.AccountChange[] memory both = changes(t, opposite(made), m, made);
        IMarginTypes.Fill[] memory fills = fillOf(order, lots);
        vm.prank(taker);
        engine.trade(fills, both, currentSlices);
    }

    function _unproven() private view returns (IMarginTypes.AccountChange[] memory both) {
        both = new IMarginTypes.AccountChange[](2);
        (both[0].account, both[1].account) = (taker, maker);
    }

    function _wrongLots(uint256 lots, uint256 left) private view returns (bytes memory) {
        return abi.encodeWithSelector(IMarginErrors.WrongLots.selector, maker, 9, lots, left);
    }

    function _cancelled(uint64 salt) private view returns (bytes memory) {
        return abi.encodeWithSelector(IMarginErrors.CancelledOrder.selector, maker, salt);
    }

    function _expectFill(IMarginTypes.Order memory order, uint32 lots, bytes memory refusal) private {
        _expectTrade(fillOf(order, lots), _unproven(), refusal);
    }

    function _expectTrade(
        IMarginTypes.Fill[] memory fills,
        IMarginTypes.AccountChange[] memory accounts,
        bytes memory refusal
    ) private {
        vm.expectRevert(refusal);
        vm.prank(taker);
        engine.trade(fills, accounts, currentSlices);
    }
}
