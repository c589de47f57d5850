// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginErrors} from "../../contracts/interfaces/IMarginErrors.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {AuctionFixture} from "./base/AuctionFixture.sol";

/// @notice What an insolvent owner can do against an insolvency proof in flight.
contract LiquidationAttacksTest is AuctionFixture {
    uint256 private constant FRIEND_KEY = 0xf81e4d;
    address private constant DEBTOR = address(0xdeb7);
    int256 private constant BOUND = 86_000e6;

    function test_an_insolvent_account_cannot_shake_off_a_proof_by_a_tiny_trade() public {
        address friend = vm.addr(FRIEND_KEY);
        AccountState memory debt = stateOf(1, list(option(FIRST, 2, false, -100_000)));
        AccountState memory idle = stateOf(0, new uint256[](0));
        put(DEBTOR, debt, 80_000e6);
        put(friend, idle, 80_000e6);
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        MarginProof memory inFlight = insolvent(DEBTOR, debt, slices, ROW, BOUND);
        for (int256 amount = -1; amount < 2; amount += 2) {
            // The friend sells, or buys, one ten-thousandth of a contract.
            Fill[] memory fills = new Fill[](1);
            fills[0].order.maker = friend;
            fills[0].order.legs = list(option(FIRST, 2, false, amount));
            (fills[0].order.lots, fills[0].order.deadline) = (1, uint64(block.timestamp));
            fills[0].signature = signed(FRIEND_KEY, engine.orderHash(fills[0].order));
            (fills[0].lots, fills[0].maker) = (1, 1);
            AccountChange[] memory changes = new AccountChange[](2);
            AccountState memory after_ = stateOf(2, list(option(FIRST, 2, false, -100_000 - amount)));
            changes[0] = _change(DEBTOR, debt, solvent(DEBTOR, after_, slices, BOUND, true));
            after_ = stateOf(1, fills[0].order.legs);
            changes[1] = _change(friend, idle, solvent(friend, after_, slices, 0, true));
            vm.expectRevert(
                abi.encodeWithSelector(IMarginErrors.InsufficientMargin.selector, DEBTOR, int256(80_000e6), BOUND)
            );
            vm.prank(DEBTOR);
            engine.trade(fills, changes, slices);
        }
        auction.start(DEBTOR, debt, slices, ROW, inFlight);
        vm.assertTrue(engine.accountOf(DEBTOR).locked, "started");
    }

    function _change(address account, AccountState memory state, MarginProof memory proof)
        private
        pure
        returns (AccountChange memory)
    {
        return AccountChange({account: account, state: state, proof: proof});
    }
}
