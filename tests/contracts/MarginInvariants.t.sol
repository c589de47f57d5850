// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginTypes} from "../../contracts/interfaces/IMarginTypes.sol";
import {Positions} from "../../contracts/libraries/Positions.sol";
import {EngineFixture} from "./base/EngineFixture.sol";
import {Test} from "./base/Test.sol";

/// @notice Random deposits, withdrawals, trades, funding, settlements and liquidations of four accounts, every proof true.
/// The handler is the auction.
contract EngineHandler is EngineFixture {
    uint256 private constant ACCOUNTS = 4;
    uint256 private constant FIRST_KEY = 0x1000;
    uint256 private constant TERMS = 6;

    mapping(address account => uint256[]) private _positions;
    mapping(address account => int128) private _index;
    uint64 private _salt;
    int128 private _now;
    uint256 private _dust;

    /// @notice Trades and liquidations that went through: the invariants are not about idle accounts.
    uint256 public tradeCount;
    uint256 public liquidationCount;

    constructor() {
        IMarginTypes.Limits memory limits = defaultLimits();
        (limits.takerFeeE6, limits.makerFeeE6, limits.capE4, limits.insuranceShareE4) = (300, 100, 1_250, 2_500);
        rules.setLimits(limits);
        rules.setFeeAccount(account(0));
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            fund(account(i), 1e12);
        }
    }

    function deposit(uint256 who, uint256 amountE6) external {
        fund(account(who), bound(amountE6, 0, 1e12));
    }

    function insure(uint256 amountE6) external {
        amountE6 = bound(amountE6, 0, 1e10);
        dollar.mint(address(this), amountE6);
        dollar.approve(address(engine), amountE6);
        engine.fundInsurance(amountE6);
    }

    function collect() external {
        engine.collectFees();
    }

    function accrue(uint256 seed) external {
        // forge-lint: disable-next-line(unsafe-typecast)
        _now += int128(int256(bound(seed, 0, 2e9))) - 1e9;
        publishMarket(6_000_000, _now);
    }

    function withdraw(uint256 who, uint256 amountE6) external {
        address owner = account(who);
        int256 cashE6 = cashOf(owner);
        if (cashE6 <= 0) return;
        // forge-lint: disable-next-line(unsafe-typecast)
        amountE6 = bound(amountE6, 0, uint256(cashE6));
        IMarginTypes.AccountState memory s = stateOf(owner);
        IMarginTypes.MarginProof memory proof = solvent(owner, s, type(int64).min);
        vm.prank(owner);
        engine.withdraw(amountE6, s, currentSlices, proof);
    }

    function trade(uint256 makerSeed, uint256 takerSeed, uint256 legSeed, uint256 cashSeed) external {
        maker = account(makerSeed);
        taker = account(makerSeed % ACCOUNTS + 1 + takerSeed % (ACCOUNTS - 1));
        uint256[] memory legs = list(_leg(legSeed));
        // forge-lint: disable-next-line(unsafe-typecast)
        int64 cash = int64(int256(bound(cashSeed, 0, 2e9))) - 1e9;
        IMarginTypes.Order memory order = orderOf(legs, cash, ++_salt);
        order.deadline = type(uint64).max;
        IMarginTypes.Fill[] memory fills = fillOf(order, 1);
        fills[0].signature = signed(FIRST_KEY + makerSeed % ACCOUNTS, engine.orderHash(order));
        IMarginTypes.AccountChange[] memory both = new IMarginTypes.AccountChange[](2);
        both[0] = _changed(taker, opposite(legs));
        both[1] = _changed(maker, legs);
        for (uint256 i = 0; i < 2; ++i) {
            if (both[i].state.nonce == type(uint64).max) return;
        }
        vm.prank(taker);
        try engine.trade(fills, both, currentSlices) {
            _keep(both[0], opposite(legs));
            _keep(both[1], legs);
            ++tradeCount;
        } catch (bytes memory refusal) {
            // An account that ends without positions may not pay more than it has.
            vm.assertTrue(both[0].proof.circuitId == 0 || both[1].proof.circuitId == 0, string(refusal));
        }
    }

    function liquidate(uint256 who, uint256 bidderSeed, uint256 fraction, uint256 priceSeed) external {
        address owner = account(who);
        address bidder = account(who % ACCOUNTS + 1 + bidderSeed % (ACCOUNTS - 1));
        if (_positions[owner].length == 0) return;
        // forge-lint: disable-next-line(unsafe-typecast)
        _sell(owner, bidder, uint16(bound(fraction, 1, 10_000)), int256(bound(priceSeed, 0, 2e9)) - 1e9);
    }

    function account(uint256 seed) public pure returns (address) {
        return vm.addr(FIRST_KEY + seed % ACCOUNTS);
    }

    function stateOf(address owner) public view returns (IMarginTypes.AccountState memory) {
        return IMarginTypes.AccountState(engine.accountOf(owner).nonce, _index[owner], _positions[owner]);
    }

    /// @notice E-1 cash and fund are the tokens held, but for what an index realised on one side alone moved.
    function requireConserved() external view {
        IMarginTypes.Fund memory f = engine.fund();
        int256 sumE6 = int256(uint256(f.insuranceE6)) + int256(uint256(f.feesE6)) - int256(uint256(f.shortfallE6));
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            address owner = account(i);
            IMarginTypes.AccountState memory s = stateOf(owner);
            engine.requireState(owner, s);
            sumE6 += engine.cashAfterFundingE6(owner, s);
            if (s.positions.length == 0) {
                vm.assertTrue(cashOf(owner) >= 0, "E-2 cash without positions is never negative");
            }
        }
        int256 held = int256(dollar.balanceOf(address(engine)));
        vm.assertTrue(sumE6 <= held, "E-1 no more than is held");
        // forge-lint: disable-next-line(unsafe-typecast)
        vm.assertTrue(held - sumE6 <= int256(_dust + 2 * ACCOUNTS), "E-1 no less, but for dust");
    }

    function requireContractsSumToNothing() external view {
        uint256 gross = 0;
        for (uint256 term = 0; term < TERMS; ++term) {
            int256 sum = 0;
            for (uint256 i = 0; i < ACCOUNTS; ++i) {
                int256 amount = _amountOf(account(i), _term(term, 1));
                sum += amount;
                gross += uint256(amount < 0 ? -amount : amount);
            }
            vm.assertEq(sum, int256(0), "E-3 amounts of a contract sum to zero");
        }
        vm.assertEq(engine.grossE4(), gross, "E-4 open interest is the sum of all amounts");
    }

    function _sell(address owner, address bidder, uint16 fractionE4, int256 priceE6) private {
        uint256[] memory part = Positions.fraction(_positions[owner], fractionE4);
        (uint256[] memory merged,) = Positions.merge(_positions[bidder], part, 1, type(uint32).max);
        // A bidder left without positions must be able to pay.
        if (merged.length == 0 && cashOf(bidder) < priceE6 + 1e10) return;
        IMarginTypes.AccountState memory own = stateOf(bidder);
        engine.lock(owner);
        engine.transferLiquidated(
            IMarginTypes.Liquidation(owner, bidder, account(0), fractionE4, true, priceE6, 1e6), stateOf(owner), own
        );
        (uint256[] memory left,) = Positions.merge(_positions[owner], part, -1, type(uint32).max);
        (_positions[owner], _positions[bidder]) = (left, merged);
        (_index[owner], _index[bidder]) = (_indexOf(left), _indexOf(merged));
        _dust += 2;
        ++liquidationCount;
    }

    function _changed(address owner, uint256[] memory legs) private returns (IMarginTypes.AccountChange memory change) {
        (change.account, change.state) = (owner, stateOf(owner));
        (uint256[] memory merged,) = Positions.merge(change.state.positions, legs, 1, type(uint32).max);
        change.proof = solvent(owner, state(change.state.nonce + 1, merged), type(int64).min);
    }

    function _keep(IMarginTypes.AccountChange memory change, uint256[] memory legs) private {
        (uint256[] memory merged,) = Positions.merge(change.state.positions, legs, 1, type(uint32).max);
        _positions[change.account] = merged;
        _index[change.account] = _indexOf(merged);
        ++_dust;
    }

    function _indexOf(uint256[] memory positions) private view returns (int128) {
        return Positions.hasPerpetual(positions) ? _now : int128(0);
    }

    function _amountOf(address owner, uint256 term) private view returns (int256) {
        uint256[] storage positions = _positions[owner];
        for (uint256 i = 0; i < positions.length; ++i) {
            if ((positions[i] ^ term) >> 29 == 0) return Positions.amountE4Of(positions[i]);
        }
        return 0;
    }

    function _leg(uint256 seed) private pure returns (uint256) {
        int256 amountE4 = int256(1 + (seed / 20) % 3_000);
        return _term(seed, (seed / 20) % 3 == 0 ? -amountE4 : amountE4);
    }

    function _term(uint256 seed, int256 amountE4) private pure returns (uint256) {
        uint256 term = seed % TERMS;
        if (term == 0) return perpetual(amountE4);
        // forge-lint: disable-next-line(unsafe-typecast)
        return option(term < 4 ? FIRST : SECOND, uint24(40_000 + 10_000 * (term % 3)), term % 2 == 0, amountE4);
    }
}

contract MarginInvariantsTest is Test {
    EngineHandler private _handler = new EngineHandler();

    /// @notice Read by forge: the contracts that it calls at random.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_cash_and_fund_are_the_tokens_held() public view {
        _handler.requireConserved();
    }

    function invariant_the_contracts_of_all_accounts_sum_to_nothing() public view {
        _handler.requireContractsSumToNothing();
    }

    function testFuzz_trades_funding_and_a_liquidation_conserve_collateral(uint256 seed, uint256 fraction) public {
        _handler.insure(1e10);
        for (uint256 i = 0; i < 3; ++i) {
            _handler.trade(i, seed >> i, seed / (i + 1), seed >> 1);
            _handler.accrue(seed >> 2);
        }
        _handler.liquidate(0, 1, fraction, seed);
        vm.assertTrue(_handler.tradeCount() > 0, "traded");
        _handler.requireConserved();
        _handler.requireContractsSumToNothing();
    }
}
