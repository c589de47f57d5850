// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DemoDollar} from "../../contracts/demo/DemoDollar.sol";
import {ILiquidationAuction} from "../../contracts/interfaces/ILiquidationAuction.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {AuctionFixture} from "./base/AuctionFixture.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @notice Collateral that calls a contract back while it moves.
contract ReenteringDollar is DemoDollar {
    address private _target;
    bytes private _data;

    function arm(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        if (_target != address(0)) {
            (bool done, bytes memory returned) = _target.call(_data);
            if (!done) {
                assembly ("memory-safe") {
                    revert(add(returned, 32), mload(returned))
                }
            }
        }
        return super.transferFrom(from, to, value);
    }
}

contract AuctionReentrancyTest is AuctionFixture {
    address private constant OWNER = address(0x0e4e5);

    function newDollar() internal override returns (DemoDollar) {
        return new ReenteringDollar();
    }

    function test_a_bid_from_within_a_deposit_reverts() public {
        AccountState memory state = stateOf(1, list(option(FIRST, 2, false, -100_000)));
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        AccountState memory empty = stateOf(0, new uint256[](0));
        put(OWNER, state, 80_000e6);
        put(address(dollar), empty, 1_000_000e6);
        auction.start(OWNER, state, slices, ROW, insolvent(OWNER, state, slices, ROW, 86_000e6));
        MarginProof memory proof =
            solvent(address(dollar), stateOf(1, list(option(FIRST, 2, false, -10_000))), slices, 0, true);
        bytes memory call_ =
            abi.encodeCall(auction.bid, (OWNER, state, empty, slices, ILiquidationAuction.Bid(1_000, 0, 1e15), proof));
        dollar.mint(address(this), 1);
        dollar.approve(address(engine), 1);
        ReenteringDollar(address(dollar)).arm(address(auction), call_);
        vm.expectRevert(abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector));
        engine.deposit(OWNER, 1);
    }

    function test_a_start_from_within_a_deposit_sees_the_deposited_cash() public {
        AccountState memory state = stateOf(1, list(option(FIRST, 2, false, -100_000)));
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        put(OWNER, state, 80_000e6);
        MarginProof memory proof = insolvent(OWNER, state, slices, ROW, 80_000e6 + 1);
        dollar.mint(address(this), 1);
        dollar.approve(address(engine), 1);
        ReenteringDollar(address(dollar))
            .arm(address(auction), abi.encodeCall(auction.start, (OWNER, state, slices, ROW, proof)));
        vm.expectRevert(
            abi.encodeWithSelector(
                ILiquidationAuction.NotInsolvent.selector, OWNER, int256(80_000e6 + 1), int256(80_000e6 + 1)
            )
        );
        engine.deposit(OWNER, 1);
    }
}
