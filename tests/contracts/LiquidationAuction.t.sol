// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILiquidationAuction} from "../../contracts/interfaces/ILiquidationAuction.sol";
import {IMarginErrors} from "../../contracts/interfaces/IMarginErrors.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {AuctionFixture} from "./base/AuctionFixture.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @notice OWNER is short ten calls at the money with 80,000 dollars: short of maintenance, with equity left.
contract LiquidationAuctionTest is AuctionFixture {
    address private constant OWNER = address(0x0e4e5);
    address private constant BIDDER = address(0xb1d);
    address private constant KEEPER = address(0x6ee9e5);
    int128 private constant CASH = 80_000e6;
    int256 private constant EQUITY = 80_000e6 - 23_930e6;

    function setUp() public {
        put(OWNER, _state(), CASH);
        put(BIDDER, stateOf(0, new uint256[](0)), 1_000_000e6);
    }

    function test_a_start_locks_the_account_and_sets_clock_and_reward() public {
        vm.warp(NOW + 20);
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        MarginProof memory proof = insolvent(OWNER, _state(), slices, ROW, 86_000e6);
        vm.expectEmit(address(auction));
        // forge-lint: disable-next-line(unsafe-typecast)
        emit ILiquidationAuction.AuctionStarted(OWNER, KEEPER, uint40(NOW), ROW, CASH, 86_000e6, true);
        vm.prank(KEEPER);
        auction.start(OWNER, _state(), slices, ROW, proof);
        ILiquidationAuction.Auction memory running = auction.auctionOf(OWNER);
        vm.assertTrue(engine.accountOf(OWNER).locked, "locked");
        vm.assertEq(running.starter, KEEPER, "starter");
        vm.assertEq(uint256(running.clockStart), NOW, "time of the slices");
        vm.assertEq(uint256(running.rewardE6), uint256(5e6), "the fixed part, without a base fee");
        vm.assertTrue(running.insured, "above the minimum");
        vm.assertEq(uint256(running.bookedE6), uint256(0), "equity is left");
    }

    function test_waiting_for_the_discount_before_the_start_gains_thirty_seconds_at_most() public {
        vm.warp(NOW + 500);
        _start();
        vm.assertEq(uint256(auction.auctionOf(OWNER).clockStart), uint256(NOW + 470), "thirty seconds ago");
    }

    function test_the_clock_does_not_start_before_the_accounts_last_change() public {
        vm.warp(NOW + 10);
        engine.setChangedAgo(0);
        put(OWNER, _state(), CASH);
        vm.warp(NOW + 20);
        _start();
        vm.assertEq(uint256(auction.auctionOf(OWNER).clockStart), uint256(NOW + 10), "when positions changed");
    }

    function test_the_clock_never_starts_ahead_of_the_block() public {
        vm.warp(NOW + 5);
        publish(60_000, calm);
        vm.warp(NOW);
        _start();
        vm.assertEq(uint256(auction.auctionOf(OWNER).clockStart), uint256(NOW), "the slices are ahead");
    }

    function test_a_second_start_reverts_with_AuctionRunning() public {
        MarginProof memory proof = _start();
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.AuctionRunning.selector, OWNER));
        auction.start(OWNER, _state(), slicesOf(60_000, calm), ROW, proof);
    }

    function test_an_account_with_its_bound_in_cash_reverts_with_NotInsolvent() public {
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        MarginProof memory proof = insolvent(OWNER, _state(), slices, ROW, CASH);
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.NotInsolvent.selector, OWNER, CASH, CASH));
        auction.start(OWNER, _state(), slices, ROW, proof);
    }

    function test_an_account_without_positions_reverts_with_NothingToLiquidate() public {
        AccountState memory empty = stateOf(0, new uint256[](0));
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        MarginProof memory proof = insolvent(OWNER, _state(), slices, ROW, 86_000e6);
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.NothingToLiquidate.selector, BIDDER));
        auction.start(BIDDER, empty, slices, ROW, proof);
    }

    function test_a_row_outside_the_grid_reverts_with_RowOutOfRange() public {
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        MarginProof memory proof = insolvent(OWNER, _state(), slices, ROW, 86_000e6);
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.RowOutOfRange.selector, 36));
        auction.start(OWNER, _state(), slices, 36, proof);
        auction.start(OWNER, _state(), slices, ROW, proof);
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.RowOutOfRange.selector, 36));
        auction.quote(OWNER, _state(), slices, ILiquidationAuction.Bid(1_000, 36, 0), 0);
    }

    function test_a_proof_of_another_row_bound_account_nonce_chain_or_engine_reverts_with_InvalidInsolvencyProof()
        public
    {
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        bytes memory refusal = abi.encodeWithSelector(ILiquidationAuction.InvalidInsolvencyProof.selector, OWNER);
        MarginProof memory proof = insolvent(OWNER, _state(), slices, ROW + 1, 86_000e6);
        vm.expectRevert(refusal);
        auction.start(OWNER, _state(), slices, ROW, proof);
        proof = insolvent(BIDDER, _state(), slices, ROW, 86_000e6);
        vm.expectRevert(refusal);
        auction.start(OWNER, _state(), slices, ROW, proof);
        proof = insolvent(OWNER, stateOf(0, _state().positions), slices, ROW, 86_000e6);
        vm.expectRevert(refusal);
        auction.start(OWNER, _state(), slices, ROW, proof);
        proof = insolvent(OWNER, _state(), slices, ROW, 86_000e6);
        proof.requiredCashE6 += 1;
        vm.expectRevert(refusal);
        auction.start(OWNER, _state(), slices, ROW, proof);
        proof.requiredCashE6 -= 1;
        vm.chainId(5);
        vm.expectRevert(refusal);
        auction.start(OWNER, _state(), slices, ROW, proof);
    }

    function test_an_older_state_reverts_with_AccountStateMismatch() public {
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        MarginProof memory proof = insolvent(OWNER, _state(), slices, ROW, 86_000e6);
        put(OWNER, stateOf(2, _state().positions), CASH);
        vm.expectPartialRevert(IMarginErrors.AccountStateMismatch.selector);
        auction.start(OWNER, _state(), slices, ROW, proof);
    }

    function test_a_solvency_proof_starts_nothing_and_reverts_with_UnsupportedCircuit() public {
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        MarginProof memory proof = solvent(OWNER, _state(), slices, 86_000e6, false);
        // forge-lint: disable-next-line(unsafe-typecast)
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.UnsupportedCircuit.selector, bytes32("solvency_4")));
        auction.start(OWNER, _state(), slices, ROW, proof);
    }

    function test_an_old_wick_liquidates_within_a_grace_of_the_next_slice_and_not_after() public {
        IRiskOracle.MarginSlice[] memory wick = slicesOf(66_000, risen);
        vm.warp(NOW + 60);
        publish(66_000, risen);
        MarginProof memory proof = insolvent(OWNER, _state(), wick, ROW, 150_000e6);
        vm.warp(NOW + 70);
        publish(60_000, calm);
        vm.warp(NOW + 100);
        auction.start(OWNER, _state(), wick, ROW, proof);
        auction.end(OWNER, _state(), slicesOf(60_000, calm), _cure());
        vm.expectPartialRevert(IMarginErrors.SliceMismatch.selector);
        auction.start(OWNER, _state(), wick, ROW, proof);
        vm.warp(NOW + 131);
        vm.expectPartialRevert(IMarginErrors.SliceMismatch.selector);
        auction.start(OWNER, _state(), wick, ROW, proof);
        publish(60_000, calm);
        vm.expectPartialRevert(IMarginErrors.SliceMismatch.selector);
        auction.start(OWNER, _state(), wick, ROW, proof);
    }

    function test_an_old_wick_outside_the_grace_starts_nothing() public {
        IRiskOracle.MarginSlice[] memory wick = slicesOf(66_000, risen);
        vm.warp(NOW + 60);
        publish(66_000, risen);
        MarginProof memory proof = insolvent(OWNER, _state(), wick, ROW, 150_000e6);
        vm.warp(NOW + 70);
        publish(60_000, calm);
        vm.warp(NOW + 101);
        vm.expectPartialRevert(IMarginErrors.SliceMismatch.selector);
        auction.start(OWNER, _state(), wick, ROW, proof);
    }

    function test_a_bid_uses_the_newest_marks_even_where_the_start_used_the_slice_before() public {
        IRiskOracle.MarginSlice[] memory wick = slicesOf(66_000, risen);
        vm.warp(NOW + 60);
        publish(66_000, risen);
        MarginProof memory proof = insolvent(OWNER, _state(), wick, ROW, 150_000e6);
        publish(60_000, calm);
        auction.start(OWNER, _state(), wick, ROW, proof);
        vm.expectPartialRevert(IMarginErrors.SliceMismatch.selector);
        auction.quote(OWNER, _state(), wick, _terms(1_000), 0);
        vm.assertEq(auction.quote(OWNER, _state(), slicesOf(60_000, calm), _terms(1_000), 0).equityE6, EQUITY, "calm");
    }

    function test_the_price_is_a_falling_fraction_of_the_parts_equity() public {
        _start();
        uint16[3] memory elapsed = [0, 300, 600];
        int256[3] memory fractions = [int256(9_800), 7_350, 4_900];
        for (uint256 i = 0; i < 3; ++i) {
            vm.warp(NOW + elapsed[i]);
            publish(60_000, calm);
            ILiquidationAuction.Quote memory q =
                auction.quote(OWNER, _state(), slicesOf(60_000, calm), _terms(1_000), 0);
            vm.assertEq(q.equityE6, EQUITY, "equity");
            vm.assertEq(q.priceE6, EQUITY * fractions[i] / 100_000 - int256(CASH) / 10, "price of a tenth");
            vm.assertEq(q.rewardE6, uint256(5e6), "reward");
        }
    }

    function test_a_partial_bid_moves_a_part_of_the_positions_and_leaves_the_account_under_auction() public {
        _start();
        _bid(1_000, 0);
        int256 price = EQUITY * 98 / 1_000 - int256(CASH) / 10;
        vm.assertEq(cashOf(OWNER), CASH + price - 5e6, "owner");
        vm.assertEq(cashOf(BIDDER), 1_000_000e6 - price, "bidder");
        vm.assertEq(cashOf(KEEPER), int256(5e6), "keeper");
        engine.requireState(OWNER, stateOf(2, list(option(FIRST, 2, false, -90_000))));
        engine.requireState(BIDDER, stateOf(1, list(option(FIRST, 2, false, -10_000))));
        vm.assertTrue(engine.accountOf(OWNER).locked, "still locked");
        vm.assertEq(uint256(auction.auctionOf(OWNER).rewardE6), uint256(0), "the reward is paid once");
        _requireConserved();
    }

    function test_bids_repeat_until_the_account_has_maintenance_plus_the_buffer_and_never_more() public {
        _start();
        uint256 taken = 0;
        AccountState memory state = _state();
        AccountState memory bidder = stateOf(0, new uint256[](0));
        uint256 amount = 100_000;
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        for (uint256 i = 0; i < 20; ++i) {
            uint16 largest = _largest(state);
            if (largest == 0) break;
            uint256 part = amount * largest / 10_000;
            if (part == 0) break;
            (amount, taken) = (amount - part, taken + part);
            // forge-lint: disable-next-line(unsafe-typecast)
            AccountState memory after_ = stateOf(bidder.nonce + 1, list(option(FIRST, 2, false, -int256(taken))));
            MarginProof memory proof = solvent(BIDDER, after_, slices, 0, true);
            vm.prank(BIDDER);
            auction.bid(OWNER, state, bidder, slices, _terms(largest), proof);
            // forge-lint: disable-next-line(unsafe-typecast)
            state = stateOf(state.nonce + 1, list(option(FIRST, 2, false, -int256(amount))));
            bidder = after_;
        }
        vm.assertTrue(taken > 0 && taken < 50_000, "some, not all");
        vm.expectPartialRevert(ILiquidationAuction.BidTooLarge.selector);
        auction.quote(OWNER, state, slices, _terms(1_000), 0);
        fund(OWNER, 10_000e6);
        vm.expectPartialRevert(ILiquidationAuction.NothingToRestore.selector);
        auction.quote(OWNER, state, slices, _terms(1), 0);
    }

    function test_a_partial_fill_that_would_over_liquidate_reverts_with_BidTooLarge() public {
        _start();
        uint16 largest = _largest(_state());
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.BidTooLarge.selector, largest + 1, uint256(largest)));
        auction.quote(OWNER, _state(), slicesOf(60_000, calm), _terms(largest + 1), 0);
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.BidTooLarge.selector, 10_000, uint256(largest)));
        auction.quote(OWNER, _state(), slicesOf(60_000, calm), _terms(10_000), 0);
    }

    function test_a_dust_bid_reverts_with_BidTooSmall() public {
        _start();
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.BidTooSmall.selector, 999, 1_000));
        auction.quote(OWNER, _state(), slicesOf(60_000, calm), _terms(999), 0);
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.BidTooSmall.selector, 0, 1_000));
        auction.quote(OWNER, _state(), slicesOf(60_000, calm), _terms(0), 0);
    }

    function test_a_part_without_a_contract_reverts_with_BidTooSmall() public {
        AccountState memory dust = stateOf(1, list(option(FIRST, 2, false, -1)));
        put(OWNER, dust, 700_000);
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        MarginProof memory proof = insolvent(OWNER, dust, slices, ROW, 800_000);
        auction.start(OWNER, dust, slices, ROW, proof);
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.BidTooSmall.selector, 1_000, 10_000));
        auction.quote(OWNER, dust, slices, _terms(1_000), 0);
    }

    function test_a_dust_auction_earns_its_starter_nothing_from_the_fund() public {
        insure(1_000e6);
        AccountState memory dust = stateOf(1, list(option(FIRST, 2, false, -10)));
        put(OWNER, dust, 1e6);
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        MarginProof memory proof = insolvent(OWNER, dust, slices, ROW, 8e6);
        vm.prank(KEEPER);
        auction.start(OWNER, dust, slices, ROW, proof);
        vm.assertTrue(!auction.auctionOf(OWNER).insured, "below the minimum");
        ILiquidationAuction.Quote memory q = auction.quote(OWNER, dust, slices, _terms(10_000), 0);
        vm.assertTrue(q.equityE6 < 0, "worth nothing");
        vm.assertEq(q.rewardE6, uint256(0), "no reward");
    }

    function test_a_front_run_bid_changes_the_state_and_the_second_reverts() public {
        _start();
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        AccountState memory after_ = stateOf(1, list(option(FIRST, 2, false, -10_000)));
        MarginProof memory proof = solvent(KEEPER, after_, slices, 0, true);
        put(KEEPER, stateOf(0, new uint256[](0)), 1_000_000e6);
        _bid(1_000, 0);
        vm.expectPartialRevert(IMarginErrors.AccountStateMismatch.selector);
        vm.prank(KEEPER);
        auction.bid(OWNER, _state(), stateOf(0, new uint256[](0)), slices, _terms(1_000), proof);
    }

    function test_a_price_above_the_limit_reverts_with_PriceAboveLimit() public {
        _start();
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        int256 price = EQUITY * 98 / 1_000 - int256(CASH) / 10;
        MarginProof memory proof = solvent(BIDDER, stateOf(1, list(option(FIRST, 2, false, -10_000))), slices, 0, true);
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.PriceAboveLimit.selector, price, price - 1));
        vm.prank(BIDDER);
        auction.bid(
            OWNER, _state(), stateOf(0, new uint256[](0)), slices, ILiquidationAuction.Bid(1_000, 0, price - 1), proof
        );
    }

    function test_a_bidder_without_margin_or_proof_reverts() public {
        _start();
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        AccountState memory none = stateOf(0, new uint256[](0));
        AccountState memory after_ = stateOf(1, list(option(FIRST, 2, false, -10_000)));
        MarginProof memory proof = solvent(BIDDER, after_, slices, 0, false);
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.InvalidMarginProofs.selector, 1));
        vm.prank(BIDDER);
        auction.bid(OWNER, _state(), none, slices, _terms(1_000), proof);
        proof = solvent(BIDDER, after_, slices, 2_000_000e6, true);
        vm.expectPartialRevert(IMarginErrors.InsufficientMargin.selector);
        vm.prank(BIDDER);
        auction.bid(OWNER, _state(), none, slices, _terms(1_000), proof);
    }

    function test_the_owners_bid_for_himself_reverts_with_SelfBid() public {
        MarginProof memory proof = _start();
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.SelfBid.selector, OWNER));
        vm.prank(OWNER);
        auction.bid(OWNER, _state(), _state(), slicesOf(60_000, calm), _terms(1_000), proof);
    }

    function test_bidding_on_stale_or_halted_slices_reverts_with_SliceNotLiquidatable() public {
        _start();
        uint64[] memory expiries = new uint64[](1);
        expiries[0] = FIRST;
        IRiskOracle.SliceFacts memory facts = oracle.sliceFacts("", expiries)[0];
        IRiskOracle.State[2] memory states = [IRiskOracle.State.Stale, IRiskOracle.State.Halted];
        for (uint256 i = 0; i < 2; ++i) {
            facts.state = states[i];
            oracle.setSlice(FIRST, facts);
            vm.expectRevert(
                abi.encodeWithSelector(IMarginErrors.SliceNotLiquidatable.selector, FIRST, states[i], facts.observedAt)
            );
            auction.quote(OWNER, _state(), slicesOf(60_000, calm), _terms(1_000), 0);
        }
        facts.state = IRiskOracle.State.LiquidateOnly;
        oracle.setSlice(FIRST, facts);
        auction.quote(OWNER, _state(), slicesOf(60_000, calm), _terms(1_000), 0);
    }

    function test_the_whole_of_a_negative_equity_is_taken_at_its_marks_and_the_fund_pays() public {
        insure(10_000e6);
        _startRisen(64_000e6);
        vm.assertEq(uint256(auction.auctionOf(OWNER).bookedE6), uint256(1_000e6), "known insolvency");
        vm.assertEq(uint256(engine.fund().knownInsolvencyE6), uint256(1_000e6), "booked");
        _bidWholeRisen(0);
        vm.assertEq(cashOf(OWNER), int256(0), "owner");
        vm.assertEq(cashOf(BIDDER), int256(1_000_000e6 + 65_000e6), "paid the marks");
        vm.assertEq(cashOf(KEEPER), int256(5e6), "keeper");
        vm.assertEq(uint256(engine.fund().insuranceE6), uint256(9_000e6 - 5e6), "fund");
        vm.assertEq(uint256(engine.fund().knownInsolvencyE6), uint256(0), "no longer booked");
        vm.assertEq(uint256(auction.auctionOf(OWNER).clockStart), uint256(0), "over");
        vm.assertTrue(!engine.accountOf(OWNER).locked, "unlocked");
        _requireConserved();
    }

    function test_what_the_fund_cannot_pay_becomes_a_shortfall_and_nobody_is_rewarded() public {
        insure(600e6);
        _startRisen(64_000e6);
        _bidWholeRisen(0);
        vm.assertEq(uint256(engine.fund().insuranceE6), uint256(0), "fund");
        vm.assertEq(uint256(engine.fund().shortfallE6), uint256(400e6), "shortfall");
        vm.assertEq(cashOf(KEEPER), int256(0), "no reward");
        _requireConserved();
    }

    function test_the_fund_adds_a_growing_bonus_where_no_equity_is_left() public {
        insure(10_000e6);
        _startRisen(64_000e6);
        vm.warp(NOW + 660);
        publish(66_000, risen);
        ILiquidationAuction.Quote memory q = auction.quote(OWNER, _state(), slicesOf(66_000, risen), _terms(10_000), 0);
        vm.assertEq(q.priceE6, -int256(65_000e6 + 50e6), "half of the cap");
        vm.warp(NOW + 6_000);
        publish(66_000, risen);
        q = auction.quote(OWNER, _state(), slicesOf(66_000, risen), _terms(10_000), 0);
        vm.assertEq(q.priceE6, -int256(65_000e6 + 100e6), "the cap");
    }

    function test_a_known_insolvency_above_the_fund_locks_withdrawals_until_it_is_remarked_or_gone() public {
        _startRisen(64_000e6);
        IRiskOracle.MarginSlice[] memory none;
        MarginProof memory noProof;
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.WithdrawalsLocked.selector, uint256(1_000e6), uint256(0)));
        vm.prank(BIDDER);
        engine.withdraw(1e6, stateOf(0, new uint256[](0)), none, noProof);
        publish(60_000, calm);
        vm.expectEmit(address(auction));
        emit ILiquidationAuction.InsolvencyBooked(OWNER, 0);
        auction.remark(OWNER, _state(), slicesOf(60_000, calm));
        vm.prank(BIDDER);
        engine.withdraw(1e6, stateOf(0, new uint256[](0)), none, noProof);
    }

    function test_an_end_takes_back_the_known_insolvency() public {
        _startRisen(64_000e6);
        publish(60_000, calm);
        auction.end(OWNER, _state(), slicesOf(60_000, calm), _cure());
        vm.assertEq(uint256(engine.fund().knownInsolvencyE6), uint256(0), "gone");
    }

    function test_a_solvency_proof_at_maintenance_ends_the_auction_with_or_without_a_deposit() public {
        _start();
        vm.warp(NOW + 60);
        publish(60_000, calm);
        MarginProof memory proof = _cure();
        vm.expectEmit(address(auction));
        emit ILiquidationAuction.AuctionEnded(OWNER, KEEPER);
        vm.prank(KEEPER);
        auction.end(OWNER, _state(), slicesOf(60_000, calm), proof);
        vm.assertTrue(!engine.accountOf(OWNER).locked, "unlocked");
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.NoAuction.selector, OWNER));
        auction.end(OWNER, _state(), slicesOf(60_000, calm), proof);
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.NoAuction.selector, OWNER));
        auction.quote(OWNER, _state(), slicesOf(60_000, calm), _terms(1_000), 0);
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.NoAuction.selector, OWNER));
        auction.remark(OWNER, _state(), slicesOf(60_000, calm));
    }

    function test_an_end_without_the_cash_or_the_proof_reverts() public {
        _start();
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        MarginProof memory proof = solvent(OWNER, _state(), slices, CASH + 1, false);
        vm.expectPartialRevert(IMarginErrors.InsufficientMargin.selector);
        auction.end(OWNER, _state(), slices, proof);
        proof = solvent(OWNER, _state(), slices, CASH, true);
        vm.expectPartialRevert(IMarginErrors.InvalidMarginProofs.selector);
        auction.end(OWNER, _state(), slices, proof);
    }

    function test_a_donation_ends_nothing_by_itself_and_only_cures_the_account() public {
        _start();
        fund(OWNER, 40_000e6);
        vm.expectPartialRevert(ILiquidationAuction.NothingToRestore.selector);
        auction.quote(OWNER, _state(), slicesOf(60_000, calm), _terms(1_000), 0);
        vm.assertTrue(engine.accountOf(OWNER).locked, "until a proof ends it");
        dollar.mint(address(engine), 1_000_000e6);
        vm.assertEq(cashOf(OWNER), CASH + 40_000e6, "tokens sent past the engine belong to nobody");
    }

    function test_tiny_deposits_neither_stop_a_start_nor_a_bid() public {
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        MarginProof memory proof = insolvent(OWNER, _state(), slices, ROW, 86_000e6);
        fund(OWNER, 1);
        auction.start(OWNER, _state(), slices, ROW, proof);
        fund(OWNER, 1);
        _bid(1_000, 0);
    }

    function test_one_transaction_proves_starts_and_bids() public {
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        MarginProof memory insolvency = insolvent(OWNER, _state(), slices, ROW, 86_000e6);
        MarginProof memory solvency =
            solvent(BIDDER, stateOf(1, list(option(FIRST, 2, false, -10_000))), slices, 0, true);
        vm.prank(BIDDER);
        auction.startAndBid(OWNER, _state(), stateOf(0, new uint256[](0)), slices, _terms(1_000), insolvency, solvency);
        engine.requireState(BIDDER, stateOf(1, list(option(FIRST, 2, false, -10_000))));
        vm.assertEq(auction.auctionOf(OWNER).starter, BIDDER, "starter and bidder");
        _requireConserved();
    }

    function test_the_keepers_reward_never_carries_his_own_bid() public {
        int256 price = EQUITY * 98 / 1_000 - int256(CASH) / 10;
        put(KEEPER, stateOf(0, new uint256[](0)), 10_000e6);
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        _start();
        MarginProof memory proof =
            solvent(KEEPER, stateOf(1, list(option(FIRST, 2, false, -10_000))), slices, 10_000e6 - price + 1, true);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginErrors.InsufficientMargin.selector, KEEPER, 10_000e6 - price, 10_000e6 - price + 1
            )
        );
        vm.prank(KEEPER);
        auction.bid(OWNER, _state(), stateOf(0, new uint256[](0)), slices, _terms(1_000), proof);
    }

    function test_a_bid_that_closes_the_bidders_position_needs_no_proof() public {
        _start();
        AccountState memory long = stateOf(1, list(option(FIRST, 2, false, 10_000)));
        put(BIDDER, long, 0);
        MarginProof memory none;
        vm.prank(BIDDER);
        auction.bid(OWNER, _state(), long, slicesOf(60_000, calm), _terms(1_000), none);
        engine.requireState(BIDDER, stateOf(2, new uint256[](0)));
    }

    function test_only_the_owner_changes_settings_and_impossible_ones_revert_with_InvalidSettings() public {
        ILiquidationAuction.Settings memory s = defaultSettings();
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, KEEPER));
        vm.prank(KEEPER);
        auction.set(s);
        s.rewardFixedE6 = s.rewardCapE6 + 1;
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.InvalidSettings.selector));
        auction.set(s);
        (s.rewardFixedE6, s.startPriceE2) = (1, 101);
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.InvalidSettings.selector));
        auction.set(s);
        (s.startPriceE2, s.decayS) = (100, 0);
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.InvalidSettings.selector));
        auction.set(s);
        s.decayS = 1;
        vm.expectEmit(address(auction));
        emit ILiquidationAuction.SettingsChanged(s);
        auction.set(s);
        vm.assertEq(uint256(auction.settings().rewardFixedE6), uint256(1), "set");
    }

    function test_without_governance_nothing_starts_without_a_proof_and_NativeRefused_is_the_error() public {
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.NativeRefused.selector));
        auction.startNative(OWNER, _state(), slicesOf(60_000, calm), ROW, 0);
        _start();
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.NativeRefused.selector));
        vm.prank(BIDDER);
        auction.bid(OWNER, _state(), stateOf(0, new uint256[](0)), slicesOf(60_000, calm), _terms(1_000), _native());
        rules.setNativeMargin(10);
        rules.stopNative();
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.NativeRefused.selector));
        auction.startNative(OWNER, _state(), slicesOf(60_000, calm), ROW, 0);
    }

    function test_with_the_fallback_an_account_is_liquidated_without_any_prover_at_a_wider_margin() public {
        rules.setNativeMargin(10);
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        vm.expectPartialRevert(ILiquidationAuction.NotInsolvent.selector);
        auction.startNative(OWNER, _state(), slices, ROW, 0);
        put(OWNER, _state(), 70_000e6);
        vm.prank(KEEPER);
        auction.startNative(OWNER, _state(), slices, ROW, 0);
        vm.assertEq(auction.auctionOf(OWNER).starter, KEEPER, "started");
        uint16 largest = _largest(_state());
        vm.prank(BIDDER);
        auction.bid(OWNER, _state(), stateOf(0, new uint256[](0)), slices, _terms(largest), _native());
        int256 part = -int256(uint256(100_000) * largest / 10_000);
        engine.requireState(BIDDER, stateOf(1, list(option(FIRST, 2, false, part))));
        _requireConserved();
    }

    function test_with_the_fallback_a_bidder_without_margin_reverts_with_InsufficientMargin() public {
        rules.setNativeMargin(10);
        _start();
        put(BIDDER, stateOf(0, new uint256[](0)), 100e6);
        vm.expectPartialRevert(IMarginErrors.InsufficientMargin.selector);
        vm.prank(BIDDER);
        auction.bid(OWNER, _state(), stateOf(0, new uint256[](0)), slicesOf(60_000, calm), _terms(1_000), _native());
    }

    function test_with_the_fallback_a_cured_account_ends_its_auction_without_a_prover() public {
        rules.setNativeMargin(10);
        _start();
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        vm.expectPartialRevert(IMarginErrors.InsufficientMargin.selector);
        auction.end(OWNER, _state(), slices, _native());
        fund(OWNER, 50_000e6);
        auction.end(OWNER, _state(), slices, _native());
        vm.assertTrue(!engine.accountOf(OWNER).locked, "unlocked");
    }

    function _native() private pure returns (MarginProof memory proof) {
        proof.circuitId = "solvency_native";
    }

    function _state() private pure returns (AccountState memory) {
        return stateOf(1, list(option(FIRST, 2, false, -100_000)));
    }

    function _terms(uint16 fractionE4) private pure returns (ILiquidationAuction.Bid memory) {
        return ILiquidationAuction.Bid(fractionE4, 0, type(int128).max);
    }

    function _start() private returns (MarginProof memory proof) {
        proof = insolvent(OWNER, _state(), slicesOf(60_000, calm), ROW, 86_000e6);
        vm.prank(KEEPER);
        auction.start(OWNER, _state(), slicesOf(60_000, calm), ROW, proof);
    }

    /// @dev OWNER with this cash after a rise: his calls are worth 65,000.
    function _startRisen(int128 cashE6) private {
        put(OWNER, _state(), cashE6);
        vm.warp(NOW + 60);
        publish(66_000, risen);
        MarginProof memory proof = insolvent(OWNER, _state(), slicesOf(66_000, risen), ROW, 100_000e6);
        vm.prank(KEEPER);
        auction.start(OWNER, _state(), slicesOf(66_000, risen), ROW, proof);
    }

    function _bid(uint16 fractionE4, int256 requiredE6) private {
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        AccountState memory after_ =
            stateOf(1, list(option(FIRST, 2, false, -100_000 * int256(uint256(fractionE4)) / 10_000)));
        MarginProof memory proof = solvent(BIDDER, after_, slices, requiredE6, true);
        vm.prank(BIDDER);
        auction.bid(OWNER, _state(), stateOf(0, new uint256[](0)), slices, _terms(fractionE4), proof);
    }

    function _bidWholeRisen(int256 requiredE6) private {
        IRiskOracle.MarginSlice[] memory slices = slicesOf(66_000, risen);
        MarginProof memory proof = solvent(BIDDER, stateOf(1, _state().positions), slices, requiredE6, true);
        vm.prank(BIDDER);
        auction.bid(OWNER, _state(), stateOf(0, new uint256[](0)), slices, _terms(10_000), proof);
    }

    /// @dev A solvency proof at maintenance on the calm slices.
    function _cure() private returns (MarginProof memory) {
        return solvent(OWNER, _state(), slicesOf(60_000, calm), 0, false);
    }

    /// @dev What may be taken at most, from the refusal of more; zero where there is nothing to restore.
    function _largest(AccountState memory state) private view returns (uint16) {
        try auction.quote(OWNER, state, slicesOf(60_000, calm), _terms(10_000), 0) {
            return 10_000;
        } catch (bytes memory refusal) {
            // forge-lint: disable-next-line(unsafe-typecast)
            if (bytes4(refusal) != ILiquidationAuction.BidTooLarge.selector) return 0;
            uint256 largest;
            assembly ("memory-safe") {
                largest := mload(add(refusal, 68))
            }
            // forge-lint: disable-next-line(unsafe-typecast)
            return uint16(largest);
        }
    }

    function _requireConserved() private view {
        int256 held = cashOf(OWNER) + cashOf(BIDDER) + cashOf(KEEPER) + int256(uint256(engine.fund().insuranceE6))
            - int256(uint256(engine.fund().shortfallE6));
        vm.assertEq(int256(dollar.balanceOf(address(engine))), held, "tokens held");
    }
}
