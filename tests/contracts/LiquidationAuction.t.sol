// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MarginEngine} from "../../contracts/MarginEngine.sol";
import {ILiquidationAuction} from "../../contracts/interfaces/ILiquidationAuction.sol";
import {IMarginEngine} from "../../contracts/interfaces/IMarginEngine.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {Solvency} from "../../contracts/statements/Solvency.sol";
import {MarketFixture} from "./base/MarketFixture.sol";
import {SliceBuilder} from "./base/SliceBuilder.sol";

/// @notice The maker is short one call marked at 2,000 dollars with 5,000 dollars of cash: equity 3,000.
contract LiquidationAuctionTest is MarketFixture {
    address private constant BIDDER = address(0xb1d);
    address private constant KEEPER = address(0x6ee9e5);
    uint256 private constant ROW = 20;

    IMarginEngine.Position[] private _legs;

    function setUp() public {
        _legs.push(position(FIRST, 60_000, false, -10_000));
        open(_legs, 2_000e6, 3_000e6);
        fund(BIDDER, 10_000e6);
    }

    function test_a_start_locks_the_account_and_sets_the_clock_to_the_slices() public {
        vm.warp(NOW + 20);
        IMarginEngine.MarginProof memory proof = insolvent(maker, _state(), ROW, 6_000e6);
        vm.expectEmit(address(auction));
        emit ILiquidationAuction.AuctionStarted(maker, KEEPER, NOW, ROW, 5_000e6, 6_000e6);
        vm.prank(KEEPER);
        auction.start(maker, _state(), currentSlices, ROW, proof);
        vm.snapshotGasLastCall("gas", "auction.start of 1 position, verifier excluded");
        vm.assertTrue(engine.accountOf(maker).locked, "locked");
        vm.assertEq(auction.auctionOf(maker).starter, KEEPER, "starter");
        vm.assertEq(uint256(auction.auctionOf(maker).clockStart), NOW, "time of the slices");
    }

    function test_the_clock_starts_at_most_thirty_seconds_before_the_transaction() public {
        vm.warp(NOW + 100);
        _start();
        vm.assertEq(uint256(auction.auctionOf(maker).clockStart), NOW + 70, "thirty seconds ago");
    }

    function test_the_clock_never_starts_ahead_of_the_block() public {
        vm.warp(NOW - 10);
        _start();
        vm.assertEq(uint256(auction.auctionOf(maker).clockStart), NOW - 10, "the slices are ahead");
    }

    function test_the_price_falls_linearly_from_98_percent_to_nothing_in_twenty_minutes() public {
        _start();
        uint16[4] memory elapsed = [0, 300, 1200, 1201];
        uint64[4] memory prices = [uint64(2_940e6), 2_205e6, 0, 0];
        for (uint256 i = 0; i < 4; ++i) {
            vm.warp(NOW + elapsed[i]);
            publish(provenPair());
            (int256 equityE6, int256 priceE6, uint256 rewardE6) = auction.quote(maker, _state(), currentSlices);
            vm.assertEq(equityE6, int256(3_000e6), "equity");
            vm.assertEq(priceE6, int256(uint256(prices[i])), "price");
            vm.assertEq(rewardE6, prices[i] == 0 ? 0 : KEEPER_REWARD_E6, "reward is never above the price");
        }
    }

    function test_a_bid_moves_positions_and_cash_and_pays_owner_and_keeper() public {
        _start();
        _bid(2_940e6);
        vm.snapshotGasLastCall("gas", "auction.bid for 1 position, verifier excluded");
        vm.assertEq(cashOf(BIDDER), int256(10_000e6 + 5_000e6 - 2_940e6), "bidder");
        vm.assertEq(cashOf(maker), int256(2_935e6), "owner");
        vm.assertEq(cashOf(KEEPER), int256(5e6), "keeper");
        engine.requireState(BIDDER, state(1, _legs));
        engine.requireState(maker, state(2, new IMarginEngine.Position[](0)));
        vm.assertTrue(!engine.accountOf(maker).locked, "unlocked");
        vm.assertEq(uint256(auction.auctionOf(maker).clockStart), 0, "auction is over");
        _requireConserved();
    }

    function test_a_bid_nets_into_the_bidders_positions() public {
        _start();
        IMarginEngine.Position[] memory longs = list(position(FIRST, 60_000, false, 10_000));
        IMarginEngine.AccountState memory takerState = state(1, longs);
        vm.prank(taker);
        auction.bid(maker, _state(), takerState, currentSlices, noProof(), 2_940e6);
        engine.requireState(taker, state(2, new IMarginEngine.Position[](0)));
        vm.assertEq(cashOf(taker), int256(3_000e6 - 2_000e6 + 5_000e6 - 2_940e6), "taker closed his long");
    }

    function test_the_insurance_fund_pays_a_negative_equity_and_the_keeper() public {
        _insure(2_000e6);
        _start();
        _raiseMark(400_000);
        (int256 equityE6, int256 priceE6, uint256 rewardE6) = auction.quote(maker, _state(), currentSlices);
        vm.assertEq(equityE6, -int256(1_000e6), "equity");
        vm.assertEq(priceE6, -int256(1_000e6), "price");
        vm.assertEq(rewardE6, KEEPER_REWARD_E6, "reward");
        _bid(-1_000e6);
        vm.assertEq(cashOf(BIDDER), int256(10_000e6 + 5_000e6 + 1_000e6), "bidder");
        vm.assertEq(cashOf(maker), int256(0), "owner");
        vm.assertEq(engine.insuranceE6(), uint256(995e6), "fund");
        _requireConserved();
    }

    function test_the_insurance_fund_pays_the_keeper_of_an_account_worth_nothing() public {
        _insure(100e6);
        _start();
        _raiseMark(300_000);
        _bid(0);
        vm.assertEq(cashOf(BIDDER), int256(10_000e6 + 5_000e6), "bidder");
        vm.assertEq(cashOf(KEEPER), int256(5e6), "keeper");
        vm.assertEq(engine.insuranceE6(), uint256(95e6), "fund");
        _requireConserved();
    }

    function test_the_insurance_fund_pays_no_more_than_it_holds() public {
        _insure(600e6);
        _start();
        _raiseMark(400_000);
        IMarginEngine.MarginProof memory proof = solvent(BIDDER, state(1, _legs), 0);
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidationAuction.PriceAboveLimit.selector, -int256(600e6), -int256(1_000e6))
        );
        vm.prank(BIDDER);
        auction.bid(maker, _state(), fresh(), currentSlices, proof, -1_000e6);
        _bid(-600e6);
        vm.assertEq(engine.insuranceE6(), uint256(0), "fund is spent");
        vm.assertEq(cashOf(KEEPER), int256(0), "nothing is left for the keeper");
        _requireConserved();
    }

    function test_the_insurance_fund_pays_no_reward_below_the_minimum_bound() public {
        int256[2] memory bounds = [int256(100e6) - 1, 100e6];
        uint256[2] memory rewards = [uint256(0), KEEPER_REWARD_E6];
        _insure(3_000e6);
        IMarginEngine.MarginProof memory proof = solvent(maker, _state(), 0);
        vm.prank(maker);
        engine.withdraw(5_000e6 - 1, _state(), currentSlices, proof);
        for (uint256 i = 0; i < 2; ++i) {
            proof = insolvent(maker, _state(), ROW, bounds[i]);
            vm.prank(KEEPER);
            auction.start(maker, _state(), currentSlices, ROW, proof);
            vm.assertTrue(auction.auctionOf(maker).insured == (i == 1), "insured");
            (,, uint256 rewardE6) = auction.quote(maker, _state(), currentSlices);
            vm.assertEq(rewardE6, rewards[i], "reward");
            auction.end(maker, _state(), currentSlices, solventAt(maker, _state(), 0, 80));
        }
    }

    function test_an_account_pays_the_reward_itself_below_the_minimum_bound() public {
        IMarginEngine.AccountState memory long = state(1, list(position(FIRST, 60_000, false, 10_000)));
        IMarginEngine.MarginProof memory proof = insolvent(taker, long, ROW, 1_000e6 + 1);
        auction.start(taker, long, currentSlices, ROW, proof);
        (,, uint256 insuredE6) = auction.quote(taker, long, currentSlices);
        auction.end(taker, long, currentSlices, solventAt(taker, long, 0, 80));
        proof = solvent(taker, long, 0);
        vm.prank(taker);
        engine.withdraw(1_000e6, long, currentSlices, proof);
        auction.start(taker, long, currentSlices, ROW, insolvent(taker, long, ROW, 1));
        vm.assertTrue(!auction.auctionOf(taker).insured, "below the minimum");
        (int256 equityE6,, uint256 rewardE6) = auction.quote(taker, long, currentSlices);
        vm.assertEq(equityE6, int256(2_000e6), "the call's mark");
        vm.assertEq(rewardE6, KEEPER_REWARD_E6, "from the price");
        vm.assertEq(insuredE6, rewardE6, "as above the minimum");
    }

    function test_a_liquidation_above_the_fund_reverts_with_InsuranceExceeded() public {
        engine = new MarginEngine(address(this), dollar, oracle, registry, MARKET, defaultParams());
        engine.setAuction(address(this));
        vm.expectRevert(abi.encodeWithSelector(IMarginEngine.InsuranceExceeded.selector, int256(8), 0));
        engine.transferLiquidated(
            IMarginEngine.Liquidation(maker, BIDDER, KEEPER, -7, 1), fresh(), fresh(), currentSlices, noProof()
        );
    }

    function test_a_price_above_the_limit_reverts_with_PriceAboveLimit() public {
        _start();
        IMarginEngine.MarginProof memory proof = solvent(BIDDER, state(1, _legs), 0);
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidationAuction.PriceAboveLimit.selector, int256(2_940e6), int256(2_940e6 - 1))
        );
        vm.prank(BIDDER);
        auction.bid(maker, _state(), fresh(), currentSlices, proof, 2_940e6 - 1);
    }

    function test_a_bidder_without_proof_or_margin_reverts() public {
        _start();
        IMarginEngine.MarginProof memory proof = solventAt(BIDDER, state(1, _legs), 0, 80);
        vm.expectRevert(abi.encodeWithSelector(IMarginEngine.InvalidMarginProof.selector, BIDDER));
        vm.prank(BIDDER);
        auction.bid(maker, _state(), fresh(), currentSlices, proof, 1e12);
        proof = solvent(BIDDER, state(1, _legs), 12_061e6);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginEngine.InsufficientMargin.selector, BIDDER, int256(12_060e6), int256(12_061e6)
            )
        );
        vm.prank(BIDDER);
        auction.bid(maker, _state(), fresh(), currentSlices, proof, 1e12);
    }

    function test_the_keepers_reward_never_carries_his_own_bid() public {
        fund(KEEPER, 1);
        _start();
        IMarginEngine.MarginProof memory proof = solvent(KEEPER, state(1, _legs), 2_060e6 + 2);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginEngine.InsufficientMargin.selector, KEEPER, int256(2_060e6 + 1), int256(2_060e6 + 2)
            )
        );
        vm.prank(KEEPER);
        auction.bid(maker, _state(), fresh(), currentSlices, proof, 1e12);
    }

    function test_the_owners_bid_reverts_with_SelfBid() public {
        _start();
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.SelfBid.selector, maker));
        vm.prank(maker);
        auction.bid(maker, _state(), _state(), currentSlices, noProof(), 1e12);
    }

    function test_a_locked_account_neither_trades_nor_withdraws_nor_bids_but_takes_deposits() public {
        _start();
        IMarginEngine.MarginProof memory proof = solvent(maker, _state(), 0);
        bytes memory refusal = abi.encodeWithSelector(IMarginEngine.AccountLocked.selector, maker);
        vm.expectRevert(refusal);
        vm.prank(maker);
        engine.withdraw(1, _state(), currentSlices, proof);
        (IMarginEngine.Order memory order, bytes memory signature) = orderOf(_legs, 0, 1);
        vm.expectRevert(refusal);
        vm.prank(BIDDER);
        engine.trade(order, signature, _state(), fresh(), currentSlices, proof, proof);
        IMarginEngine.AccountState memory takerState = state(1, list(position(FIRST, 60_000, false, 10_000)));
        proof = insolvent(taker, takerState, ROW, 6_000e6);
        auction.start(taker, takerState, currentSlices, ROW, proof);
        vm.expectRevert(refusal);
        vm.prank(maker);
        auction.bid(taker, takerState, _state(), currentSlices, proof, 1e12);
        fund(maker, 1);
    }

    function test_a_solvency_proof_at_maintenance_ends_the_auction() public {
        _start();
        fund(maker, 2_000e6);
        IMarginEngine.MarginProof memory proof = solventAt(maker, _state(), 7_000e6, 80);
        vm.prank(address(7));
        auction.end(maker, _state(), currentSlices, proof);
        vm.assertTrue(!engine.accountOf(maker).locked, "unlocked");
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.NoAuction.selector, maker));
        auction.end(maker, _state(), currentSlices, proof);
    }

    function test_an_end_without_margin_or_at_another_factor_reverts() public {
        _start();
        IMarginEngine.MarginProof memory proof = solventAt(maker, _state(), 5_001e6, 80);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginEngine.InsufficientMargin.selector, maker, int256(5_000e6), int256(5_001e6))
        );
        auction.end(maker, _state(), currentSlices, proof);
        proof = solventAt(maker, _state(), 5_000e6, 79);
        vm.expectRevert(abi.encodeWithSelector(IMarginEngine.InvalidMarginProof.selector, maker));
        auction.end(maker, _state(), currentSlices, proof);
    }

    function test_a_second_start_reverts_with_AuctionRunning() public {
        _start();
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.AuctionRunning.selector, maker));
        auction.start(maker, _state(), currentSlices, ROW, noProof());
    }

    function test_an_account_with_its_bound_in_cash_reverts_with_NotInsolvent() public {
        IMarginEngine.MarginProof memory proof = insolvent(maker, _state(), ROW, 5_000e6);
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidationAuction.NotInsolvent.selector, maker, int256(5_000e6), int256(5_000e6))
        );
        auction.start(maker, _state(), currentSlices, ROW, proof);
    }

    function test_an_account_without_positions_reverts_with_NothingToLiquidate() public {
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.NothingToLiquidate.selector, BIDDER));
        auction.start(BIDDER, fresh(), currentSlices, ROW, noProof());
    }

    function test_a_row_outside_the_grid_reverts_with_RowOutOfRange() public {
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.RowOutOfRange.selector, 36));
        auction.start(maker, _state(), currentSlices, 36, noProof());
    }

    function test_a_proof_of_another_row_bound_or_account_reverts_with_InvalidInsolvencyProof() public {
        bytes memory refusal = abi.encodeWithSelector(ILiquidationAuction.InvalidInsolvencyProof.selector, maker);
        IMarginEngine.MarginProof memory proof = insolvent(maker, _state(), ROW + 1, 6_000e6);
        vm.expectRevert(refusal);
        auction.start(maker, _state(), currentSlices, ROW, proof);
        proof = insolvent(maker, _state(), ROW, 6_000e6);
        proof.requiredCashE6 += 1;
        vm.expectRevert(refusal);
        auction.start(maker, _state(), currentSlices, ROW, proof);
        proof = insolvent(taker, _state(), ROW, 6_000e6);
        vm.expectRevert(refusal);
        auction.start(maker, _state(), currentSlices, ROW, proof);
    }

    function test_a_solvency_proof_starts_nothing_and_reverts_with_UnsupportedCircuit() public {
        IMarginEngine.MarginProof memory proof = solvent(maker, _state(), 6_000e6);
        vm.expectRevert(abi.encodeWithSelector(IMarginEngine.UnsupportedCircuit.selector, Solvency.CIRCUIT_4));
        auction.start(maker, _state(), currentSlices, ROW, proof);
    }

    function test_a_bid_or_quote_without_auction_reverts_with_NoAuction() public {
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.NoAuction.selector, maker));
        auction.quote(maker, _state(), currentSlices);
        vm.expectRevert(abi.encodeWithSelector(ILiquidationAuction.NoAuction.selector, maker));
        vm.prank(BIDDER);
        auction.bid(maker, _state(), fresh(), currentSlices, noProof(), 1e12);
    }

    function test_replaced_slices_revert_with_UnknownSliceWords() public {
        IMarginEngine.MarginProof memory proof = insolvent(maker, _state(), ROW, 6_000e6);
        SliceBuilder.Spec[] memory moved = provenPair();
        moved[0].markShiftE2 = 1;
        submit(++epoch, moved);
        vm.expectPartialRevert(IRiskOracle.UnknownSliceWords.selector);
        auction.start(maker, _state(), currentSlices, ROW, proof);
    }

    function test_unproven_and_stale_slices_liquidate_but_old_or_halted_ones_revert_with_SliceNotLiquidatable() public {
        SliceBuilder.Spec[] memory unproven = provenPair();
        unproven[0].later = 0;
        publish(unproven);
        IMarginEngine.MarginProof memory proof = insolvent(maker, _state(), ROW, 6_000e6);
        vm.warp(NOW + 601);
        _expectNotLiquidatable(proof, IRiskOracle.State.Stale);
        vm.warp(NOW + 600);
        oracle.halt(MARKET);
        _expectNotLiquidatable(proof, IRiskOracle.State.Halted);
        oracle.resume(MARKET);
        auction.start(maker, _state(), currentSlices, ROW, proof);
    }

    function _expectNotLiquidatable(IMarginEngine.MarginProof memory proof, IRiskOracle.State state_) private {
        vm.expectRevert(abi.encodeWithSelector(IMarginEngine.SliceNotLiquidatable.selector, FIRST, state_, NOW));
        auction.start(maker, _state(), currentSlices, ROW, proof);
    }

    function _state() private view returns (IMarginEngine.AccountState memory) {
        return state(1, _legs);
    }

    function _start() private {
        IMarginEngine.MarginProof memory proof = insolvent(maker, _state(), ROW, 6_000e6);
        vm.prank(KEEPER);
        auction.start(maker, _state(), currentSlices, ROW, proof);
    }

    function _bid(int256 maxPriceE6) private {
        IMarginEngine.MarginProof memory proof = solvent(BIDDER, state(1, _legs), 0);
        vm.prank(BIDDER);
        auction.bid(maker, _state(), fresh(), currentSlices, proof, maxPriceE6);
    }

    /// @dev The call's mark rises by cents: by 4,000 dollars the maker's equity falls to -1,000.
    function _raiseMark(uint256 shiftE2) private {
        SliceBuilder.Spec[] memory moved = provenPair();
        moved[0].markShiftE2 = shiftE2;
        publish(moved);
    }

    function _insure(uint256 amountE6) private {
        dollar.mint(address(this), amountE6);
        dollar.approve(address(engine), amountE6);
        engine.fundInsurance(amountE6);
    }

    function _requireConserved() private view {
        int256 sum = cashOf(maker) + cashOf(taker) + cashOf(BIDDER) + cashOf(KEEPER) + int256(engine.insuranceE6());
        vm.assertEq(sum, int256(dollar.balanceOf(address(engine))), "cash + insurance = tokens");
    }
}
