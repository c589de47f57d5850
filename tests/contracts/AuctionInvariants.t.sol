// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILiquidationAuction} from "../../contracts/interfaces/ILiquidationAuction.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {Positions} from "../../contracts/libraries/Positions.sol";
import {AuctionFixture} from "./base/AuctionFixture.sol";

/// @notice One account, one bidder who can pay, marks that move: every statement is computed natively, so that all are true.
contract AuctionWorld is AuctionFixture {
    address public constant OWNER = address(0x0e4e5);
    address public constant BIDDER = address(0xb1d);

    /// @notice Bids that went through, and what the largest left above maintenance plus the buffer, in 1e-6 USD.
    uint256 public bids;
    int256 public worstExcessE6;

    uint256 private _forward = 60_000;
    AccountState private _owner;
    AccountState private _bidder;

    constructor() {
        rules.setNativeMargin(1);
        _owner.nonce = 1;
        _owner.positions = list(option(FIRST, 2, false, -100_000), option(SECOND, 4, true, -20_001));
        put(OWNER, _owner, 150_000e6);
        put(BIDDER, _bidder, 100_000_000e6);
        insure(1_000e6);
    }

    function move(uint256 seed) external {
        vm.warp(block.timestamp + 1 + seed % 100);
        if (block.timestamp > FIRST - 1 days) return;
        _forward = 55_000 + seed % 15_000;
        publish(_forward, _marks());
    }

    function start(uint256 row) external {
        try auction.startNative(OWNER, _owner, _slices(), row % 36, 0) {} catch {}
    }

    function end() external {
        try auction.end(OWNER, _owner, _slices(), _native()) {} catch {}
    }

    function remark() external {
        try auction.remark(OWNER, _owner, _slices()) {} catch {}
    }

    function deposit(uint256 amount) external {
        fund(OWNER, amount % 20_000e6);
    }

    function bid(uint256 fraction, uint8 row) external {
        uint16 largest = _largest(row % 36);
        if (largest == 0) return;
        // forge-lint: disable-next-line(unsafe-typecast)
        uint16 asked = fraction % 3 == 0 ? largest : uint16(bound(fraction, 1, largest));
        uint256[] memory part = Positions.fraction(_owner.positions, asked);
        vm.prank(BIDDER);
        try auction.bid(OWNER, _owner, _bidder, _slices(), _terms(asked, row % 36), _native()) {
            ++bids;
            (_owner.positions,) = Positions.merge(_owner.positions, part, -1, type(uint32).max);
            (_bidder.positions,) = Positions.merge(_bidder.positions, part, 1, type(uint32).max);
            (_owner.nonce, _bidder.nonce) = (_owner.nonce + 1, _bidder.nonce + 1);
            if (asked != 10_000) _measure(row % 36);
        } catch {}
    }

    /// @notice Tokens held less what accounts, funds and shortfall explain.
    function unexplainedE6() external view returns (int256) {
        Fund memory f = engine.fund();
        int256 owed = cashOf(OWNER) + cashOf(BIDDER) + cashOf(address(this)) + int256(uint256(f.insuranceE6))
            + int256(uint256(f.feesE6)) - int256(uint256(f.shortfallE6));
        return int256(dollar.balanceOf(address(engine))) - owed;
    }

    /// @notice Whether what the fund knows of insolvency is what the auction booked.
    function isBooked() external view returns (bool) {
        return engine.fund().knownInsolvencyE6 == auction.auctionOf(OWNER).bookedE6;
    }

    /// @notice Whether the account is locked exactly while it is under auction.
    function isLockedWhileSold() external view returns (bool) {
        return engine.accountOf(OWNER).locked == (auction.auctionOf(OWNER).clockStart != 0);
    }

    function _measure(uint8 row) private {
        try auction.quote(OWNER, _owner, _slices(), _terms(10_000, row), 0) {}
        catch (bytes memory refusal) {
            // forge-lint: disable-next-line(unsafe-typecast)
            if (bytes4(refusal) != ILiquidationAuction.NothingToRestore.selector) return;
            (int256 cashE6, int256 boundE6) = (_word(refusal, 68), _word(refusal, 100));
            if (cashE6 - boundE6 > worstExcessE6) worstExcessE6 = cashE6 - boundE6;
        }
    }

    function _largest(uint8 row) private view returns (uint16) {
        try auction.quote(OWNER, _owner, _slices(), _terms(10_000, row), 0) {
            return 10_000;
        } catch (bytes memory refusal) {
            // forge-lint: disable-next-line(unsafe-typecast)
            if (bytes4(refusal) != ILiquidationAuction.BidTooLarge.selector) return 0;
            // forge-lint: disable-next-line(unsafe-typecast)
            return uint16(uint256(_word(refusal, 68)));
        }
    }

    function _word(bytes memory data, uint256 offset) private pure returns (int256 word) {
        assembly ("memory-safe") {
            word := mload(add(data, offset))
        }
    }

    function _terms(uint16 fractionE4, uint8 row) private pure returns (ILiquidationAuction.Bid memory) {
        return ILiquidationAuction.Bid(fractionE4, row, type(int128).max);
    }

    function _native() private pure returns (MarginProof memory proof) {
        proof.circuitId = "solvency_native";
    }

    function _slices() private view returns (IRiskOracle.MarginSlice[] memory) {
        return slicesOf(_forward, _marks());
    }

    /// @dev Intrinsic value and a time value that shrinks away from the money.
    function _marks() private view returns (uint32[5] memory marks) {
        for (uint256 i = 0; i < 5; ++i) {
            uint256 strike = 40_000 + 10_000 * i;
            uint256 distance = strike > _forward ? strike - _forward : _forward - strike;
            uint256 time = distance < 24_000 ? 240_000 - 10 * distance : 100;
            // forge-lint: disable-next-line(unsafe-typecast)
            marks[i] = uint32(time + (_forward > strike ? 100 * (_forward - strike) : 0));
        }
    }
}

contract AuctionInvariants is AuctionFixture {
    AuctionWorld private _world;

    function setUp() public {
        _world = new AuctionWorld();
    }

    function test_this_world_starts_auctions_and_sells_in_parts() public {
        _world.move(10_000);
        _world.start(0);
        for (uint256 i = 0; i < 4; ++i) {
            _world.bid(3 * i, 0);
            _world.move(10_000 + i);
        }
        vm.assertGe(_world.bids(), 2, "bids went through");
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_world);
    }

    function invariant_tokens_held_are_cash_and_funds_less_the_shortfall() public view {
        vm.assertEq(_world.unexplainedE6(), int256(0), "conserved");
    }

    /// @dev Each position keeps up to one unit more than its share by rounding: below 7 USD of its strike and forward.
    function invariant_an_auction_never_over_liquidates() public view {
        vm.assertTrue(_world.worstExcessE6() < 14e6, "at most maintenance plus the buffer");
    }

    function invariant_the_fund_knows_exactly_the_insolvency_under_auction() public view {
        vm.assertTrue(_world.isBooked(), "booked");
    }

    function invariant_an_account_is_locked_exactly_while_it_is_under_auction() public view {
        vm.assertTrue(_world.isLockedWhileSold(), "locked");
    }
}
