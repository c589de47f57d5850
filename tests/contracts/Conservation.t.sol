// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginEngine} from "../../contracts/interfaces/IMarginEngine.sol";
import {Positions} from "../../contracts/libraries/Positions.sol";
import {MarketFixture} from "./base/MarketFixture.sol";
import {SliceBuilder} from "./base/SliceBuilder.sol";
import {Test} from "./base/Test.sol";

/// @notice Random deposits, withdrawals, trades and liquidations of four accounts, every proof true.
contract EngineHandler is MarketFixture {
    uint256 private constant ACCOUNTS = 4;
    uint256 private constant FIRST_KEY = 0x1000;

    mapping(address account => IMarginEngine.Position[]) private _positions;
    uint256 private _salt;

    /// @notice Trades and bids that went through: the invariant is not about idle accounts.
    uint256 public tradeCount;
    uint256 public bidCount;

    function deposit(uint256 who, uint256 amountE6) external {
        fund(account(who), bound(amountE6, 0, 1e12));
    }

    function fundInsurance(uint256 amountE6) external {
        amountE6 = bound(amountE6, 0, 1e10);
        dollar.mint(address(this), amountE6);
        dollar.approve(address(engine), amountE6);
        engine.fundInsurance(amountE6);
    }

    function withdraw(uint256 who, uint256 amountE6) external {
        address owner = account(who);
        amountE6 = bound(amountE6, 0, uint256(cashOf(owner)));
        IMarginEngine.AccountState memory s = stateOf(owner);
        IMarginEngine.MarginProof memory proof = solvent(owner, s, 0);
        vm.prank(owner);
        engine.withdraw(amountE6, s, currentSlices, proof);
    }

    function trade(uint256 makerSeed, uint256 takerSeed, uint256 legSeed, uint256 cashSeed) external {
        maker = account(makerSeed);
        taker = account(makerSeed % ACCOUNTS + 1 + takerSeed % (ACCOUNTS - 1));
        IMarginEngine.Position[] memory legs = list(_leg(legSeed));
        if (!_fits(maker, legs[0]) || !_fits(taker, legs[0])) return;
        // forge-lint: disable-next-line(unsafe-typecast)
        int64 cashToMakerE6 = int64(
            cashSeed % 2 == 0
                ? int256(bound(cashSeed, 0, uint256(cashOf(taker))))
                : -int256(bound(cashSeed, 0, uint256(cashOf(maker))))
        );
        IMarginEngine.Order memory order = IMarginEngine.Order({
            maker: maker,
            taker: taker,
            legs: legs,
            cashToMakerE6: cashToMakerE6,
            deadline: type(uint64).max,
            salt: ++_salt
        });
        bytes memory signature = signed(FIRST_KEY + makerSeed % ACCOUNTS, engine.orderHash(order));
        _fill(order, signature);
        ++tradeCount;
    }

    function liquidate(uint256 who, uint256 bidderSeed, uint256 waitS, uint256 markShiftE2) external {
        address owner = account(who);
        address bidder = account(who % ACCOUNTS + 1 + bidderSeed % (ACCOUNTS - 1));
        if (_positions[owner].length == 0) return;
        IMarginEngine.AccountState memory s = stateOf(owner);
        IMarginEngine.MarginProof memory proof = insolvent(owner, s, who % 36, cashOf(owner) + 1);
        vm.prank(account(bidderSeed));
        auction.start(owner, s, currentSlices, who % 36, proof);
        vm.warp(block.timestamp + bound(waitS, 0, 1_300));
        SliceBuilder.Spec[] memory moved = provenPair();
        moved[0].markShiftE2 = bound(markShiftE2, 0, 1_000_000);
        publish(moved);
        if (!_bid(owner, bidder, s)) {
            proof = solventAt(owner, s, cashOf(owner), 80);
            auction.end(owner, s, currentSlices, proof);
        }
    }

    function account(uint256 seed) public pure returns (address) {
        return vm.addr(FIRST_KEY + seed % ACCOUNTS);
    }

    function stateOf(address owner) public view returns (IMarginEngine.AccountState memory) {
        return IMarginEngine.AccountState(engine.accountOf(owner).nonce, _positions[owner]);
    }

    function requireConserved() external view {
        int256 cashE6 = int256(engine.insuranceE6());
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            IMarginEngine.Account memory a = engine.accountOf(account(i));
            vm.assertTrue(a.cashE6 >= 0, "E-1 cash is never negative");
            vm.assertTrue(!a.locked, "E-2 no auction is left running");
            cashE6 += a.cashE6;
            engine.requireState(account(i), stateOf(account(i)));
        }
        vm.assertEq(cashE6, int256(dollar.balanceOf(address(engine))), "E-3 cash + insurance = token balance");
        for (uint256 i = 0; i < 20; ++i) {
            vm.assertEq(_openAmount(_leg(i)), int256(0), "E-4 amounts of a contract sum to zero");
        }
    }

    function _openAmount(IMarginEngine.Position memory contract_) private view returns (int256 sum) {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            IMarginEngine.Position[] storage positions = _positions[account(i)];
            for (uint256 j = 0; j < positions.length; ++j) {
                if (_same(positions[j], contract_)) sum += positions[j].amountE4;
            }
        }
    }

    function _leg(uint256 seed) private pure returns (IMarginEngine.Position memory) {
        // forge-lint: disable-next-line(unsafe-typecast)
        int32 amountE4 = int32(uint32(1 + (seed / 20) % 100_000));
        return position(
            seed % 2 == 0 ? FIRST : SECOND,
            // forge-lint: disable-next-line(unsafe-typecast)
            uint24(40_000 + 10_000 * ((seed / 4) % 5)),
            (seed / 2) % 2 == 0,
            (seed / 20) % 3 == 0 ? -amountE4 : amountE4
        );
    }

    function _fits(address owner, IMarginEngine.Position memory leg) private view returns (bool) {
        IMarginEngine.Position[] storage positions = _positions[owner];
        for (uint256 i = 0; i < positions.length; ++i) {
            if (_same(positions[i], leg)) return true;
        }
        return positions.length < Positions.CAPACITY;
    }

    function _same(IMarginEngine.Position memory a, IMarginEngine.Position memory b) private pure returns (bool) {
        return a.expiry == b.expiry && a.strikeTicks == b.strikeTicks && a.put == b.put;
    }

    function _fill(IMarginEngine.Order memory order, bytes memory signature) private {
        IMarginEngine.AccountState memory makerState = stateOf(maker);
        IMarginEngine.AccountState memory takerState = stateOf(taker);
        _keep(maker, Positions.merge(makerState.positions, order.legs));
        _keep(taker, Positions.merge(takerState.positions, Positions.opposite(order.legs)));
        IMarginEngine.MarginProof memory makerProof = solvent(maker, state(makerState.nonce + 1, _positions[maker]), 0);
        IMarginEngine.MarginProof memory takerProof = solvent(taker, state(takerState.nonce + 1, _positions[taker]), 0);
        vm.prank(taker);
        engine.trade(order, signature, makerState, takerState, currentSlices, makerProof, takerProof);
    }

    /// @dev False where the bidder has no room or no cash for it.
    function _bid(address owner, address bidder, IMarginEngine.AccountState memory s) private returns (bool) {
        IMarginEngine.AccountState memory own = stateOf(bidder);
        (, int256 priceE6,) = auction.quote(owner, s, currentSlices);
        if (cashOf(bidder) + cashOf(owner) < priceE6) return false;
        for (uint256 i = 0; i < s.positions.length; ++i) {
            if (own.positions.length + i >= Positions.CAPACITY) return false;
        }
        IMarginEngine.Position[] memory merged = Positions.merge(own.positions, s.positions);
        IMarginEngine.MarginProof memory proof = solvent(bidder, state(own.nonce + 1, merged), 0);
        vm.prank(bidder);
        auction.bid(owner, s, own, currentSlices, proof, priceE6);
        _keep(bidder, merged);
        _keep(owner, new IMarginEngine.Position[](0));
        ++bidCount;
        return true;
    }

    function _keep(address owner, IMarginEngine.Position[] memory positions) private {
        delete _positions[owner];
        for (uint256 i = 0; i < positions.length; ++i) {
            _positions[owner].push(positions[i]);
        }
    }
}

contract ConservationTest is Test {
    EngineHandler private _handler = new EngineHandler();

    /// @notice Read by forge: the contracts that it calls at random.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_collateral_and_positions_are_conserved() public view {
        _handler.requireConserved();
    }

    function testFuzz_a_trade_and_a_liquidation_conserve_collateral(uint256 seed, uint256 waitS, uint256 shiftE2)
        public
    {
        for (uint256 i = 0; i < 3; ++i) {
            _handler.deposit(i, 1e12);
        }
        _handler.fundInsurance(1e10);
        _handler.trade(0, 0, seed, seed >> 1);
        _handler.liquidate(0, 1, waitS, shiftE2);
        vm.assertEq(_handler.tradeCount(), uint256(1), "traded");
        vm.assertEq(_handler.bidCount(), uint256(1), "sold");
        _handler.requireConserved();
    }
}
