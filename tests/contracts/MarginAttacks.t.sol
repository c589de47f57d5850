// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MarginChecker} from "../../contracts/MarginChecker.sol";
import {MarginEngine} from "../../contracts/MarginEngine.sol";
import {IMarginEngine} from "../../contracts/interfaces/IMarginEngine.sol";
import {IMarginErrors} from "../../contracts/interfaces/IMarginErrors.sol";
import {IMarginTypes} from "../../contracts/interfaces/IMarginTypes.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {EngineFixture} from "./base/EngineFixture.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice A token that takes a fee of a unit from every transfer and calls back while it transfers.
contract HostileDollar is ERC20("Hostile", "H") {
    uint256 public feeE6;
    address private _target;
    bytes private _call;
    bytes public answer;

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setFee(uint256 feeE6_) external {
        feeE6 = feeE6_;
    }

    function setCall(address target, bytes calldata call_) external {
        (_target, _call) = (target, call_);
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (_target != address(0)) {
            address target = _target;
            _target = address(0);
            // The engine must answer this call with a refusal: kept, not passed on.
            // forge-lint: disable-next-line(unchecked-call)
            (, answer) = target.call(_call);
        }
        super._update(from, to, amount);
        if (from != address(0) && to != address(0) && feeE6 != 0) super._update(to, address(0xdead), feeE6);
    }
}

/// @notice One attack on accounts each.
contract MarginAttacksTest is EngineFixture {
    IMarginTypes.AccountState private _state;
    IMarginTypes.MarginProof private _proof;

    function setUp() public {
        (_state,) = open(list(option(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        _proof = solvent(maker, _state, 0);
    }

    function test_a_proof_replayed_on_another_chain_is_refused() public {
        vm.chainId(1);
        _expectRefused(_state);
    }

    function test_a_proof_replayed_on_another_engine_is_refused() public {
        MarginEngine other = new MarginEngine(dollar, checker, rules);
        dollar.mint(address(this), 1_000e6);
        dollar.approve(address(other), 1_000e6);
        other.deposit(maker, 500e6);
        other.deposit(taker, 500e6);
        IMarginTypes.AccountChange[] memory both =
            changes(fresh(), opposite(_state.positions), fresh(), _state.positions);
        IMarginTypes.Fill[] memory fills = fillOf(orderOf(_state.positions, 0, 5), 1);
        fills[0].signature = signed(MAKER_KEY, other.orderHash(fills[0].order));
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.InvalidMarginProofs.selector, 2));
        vm.prank(taker);
        other.trade(fills, both, currentSlices);
    }

    function test_an_order_signed_for_another_engine_or_chain_is_refused() public {
        IMarginTypes.Fill[] memory fills = fillOf(orderOf(_state.positions, 0, 5), 1);
        IMarginTypes.AccountChange[] memory both = new IMarginTypes.AccountChange[](2);
        (both[0].account, both[1].account) = (taker, maker);
        bytes memory refusal = abi.encodeWithSelector(IMarginErrors.InvalidOrderSignature.selector, maker);
        MarginEngine other = new MarginEngine(dollar, checker, rules);
        vm.expectRevert(refusal);
        vm.prank(taker);
        other.trade(fills, both, currentSlices);
        vm.chainId(1);
        vm.expectRevert(refusal);
        vm.prank(taker);
        engine.trade(fills, both, currentSlices);
    }

    function test_another_accounts_proof_is_refused() public {
        _proof = solvent(taker, _state, 0);
        _expectRefused(_state);
    }

    function test_a_proof_of_an_older_nonce_is_refused() public {
        uint256[] memory more = list(option(FIRST, 60_000, false, 20_000));
        IMarginTypes.AccountState memory takerState = state(1, opposite(_state.positions));
        IMarginTypes.AccountChange[] memory both = changes(takerState, opposite(more), _state, more);
        IMarginTypes.Fill[] memory fills = fillOf(orderOf(_state.positions, 0, 5), 1);
        vm.prank(taker);
        engine.trade(fills, both, currentSlices);
        _expectRefused(state(2, more));
        vm.expectPartialRevert(IMarginErrors.AccountStateMismatch.selector);
        vm.prank(maker);
        engine.withdraw(1, _state, currentSlices, _proof);
    }

    function test_a_proof_for_a_superset_of_the_positions_is_refused() public {
        uint256[] memory hedged = list(_state.positions[0], option(FIRST, 70_000, false, 10_000));
        _proof = solvent(maker, state(1, hedged), 0);
        _expectRefused(_state);
        vm.expectPartialRevert(IMarginErrors.AccountStateMismatch.selector);
        vm.prank(maker);
        engine.withdraw(1, state(1, hedged), currentSlices, _proof);
    }

    function test_invented_expired_positions_pay_nothing() public {
        uint256[] memory invented = list(option(NOW - 1, 40_000, false, 10_000), _state.positions[0]);
        feed.setSettlement(NOW - 1, 9_000_000);
        vm.prank(maker);
        engine.withdraw(1, state(1, invented), currentSlices, _proof);
        vm.assertEq(cashOf(maker), int256(1_000e6 - 1), "nothing was paid for them");
        engine.requireState(maker, _state);
    }

    function test_a_proof_that_holds_an_expired_position_is_refused() public {
        vm.warp(FIRST);
        publish(0);
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.SettlementPending.selector, FIRST));
        vm.prank(maker);
        engine.withdraw(1, _state, currentSlices, _proof);
    }

    function test_slices_of_a_passed_expiry_are_refused() public {
        uint256[] memory far = list(option(SECOND, 60_000, false, 10_000));
        address owner = address(0x0123);
        fund(owner, 1);
        IMarginTypes.AccountState memory takerState = state(1, opposite(_state.positions));
        uint256[] memory takerAfter = list(takerState.positions[0], option(SECOND, 60_000, false, -10_000));
        uint256[] memory makerAfter = list(_state.positions[0], far[0]);
        vm.warp(FIRST - 1);
        publish(0);
        IMarginTypes.AccountChange[] memory both = changes(takerState, takerAfter, _state, makerAfter);
        IMarginTypes.Order memory order = orderOf(far, 0, 5);
        order.deadline = FIRST + 1;
        IMarginTypes.Fill[] memory fills = fillOf(order, 1);
        vm.warp(FIRST);
        feed.setSettlement(FIRST, 6_000_000);
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.SliceNotFresh.selector, FIRST, IRiskOracle.State.Fresh));
        vm.prank(taker);
        engine.trade(fills, both, currentSlices);
    }

    function test_deposits_and_settlements_of_others_do_not_break_a_proof_in_flight() public {
        for (uint256 i = 0; i < 5; ++i) {
            fund(maker, 1);
        }
        engine.settle(maker, _state);
        vm.prank(maker);
        engine.withdraw(1, _state, currentSlices, _proof);
    }

    function test_a_donation_moves_no_account_and_no_fund() public {
        dollar.mint(address(engine), 1e12);
        vm.assertEq(cashOf(maker), int256(1_000e6), "cash");
        vm.assertEq(uint256(engine.fund().insuranceE6), 0, "insurance");
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.InsufficientMargin.selector, maker, -int256(1), int256(0)));
        vm.prank(maker);
        engine.withdraw(1_000e6 + 1, _state, currentSlices, _proof);
    }

    function test_a_flash_loan_inside_a_block_neither_proves_nor_leaves() public {
        // Borrowed collateral is credited and can be taken out again, not more: the proof's bound stays.
        fund(maker, 1e15);
        vm.prank(maker);
        engine.withdraw(1e15, _state, currentSlices, _proof);
        vm.assertEq(cashOf(maker), int256(1_000e6), "as before");
        // Marks are those of the signed report, whatever happens on this chain inside the block.
        publish(1);
        _expectRefused(_state);
    }

    function test_a_digest_or_a_result_plus_r_is_refused() public {
        uint256 order = Words.FIELD_ORDER;
        _proof.digest += order;
        vm.expectPartialRevert(Words.NotInField.selector);
        vm.prank(maker);
        engine.withdraw(1, _state, currentSlices, _proof);
        _proof.digest -= order;
        currentSlices[0].header += order;
        vm.expectPartialRevert(IMarginErrors.SliceMismatch.selector);
        vm.prank(maker);
        engine.withdraw(1, _state, currentSlices, _proof);
    }

    function test_the_engine_names_its_checker_and_what_it_asks() public view {
        MarginChecker found = MarginChecker(address(engine.checker()));
        vm.assertEq(address(found), address(checker), "the engine's");
        vm.assertEq(found.market(), MARKET, "market");
        vm.assertEq(address(found.registry()), address(registry), "registry");
    }

    function test_a_token_that_arrives_short_reverts_with_WrongAmountArrived() public {
        (HostileDollar token, MarginEngine hostile) = _hostile();
        token.setFee(1);
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.WrongAmountArrived.selector, 100, 99));
        hostile.deposit(maker, 100);
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.WrongAmountArrived.selector, 100, 99));
        hostile.fundInsurance(100);
    }

    function test_a_token_that_re_enters_is_refused_in_every_call_that_moves_it() public {
        (HostileDollar token, MarginEngine hostile) = _hostile();
        bytes memory reentry =
            abi.encodeCall(IMarginEngine.withdraw, (1, fresh(), new IRiskOracle.MarginSlice[](0), noProof()));
        bytes memory refusal = abi.encodePacked(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        token.setCall(address(hostile), reentry);
        hostile.deposit(maker, 100);
        vm.assertEq(token.answer(), refusal, "deposit");
        token.setCall(address(hostile), abi.encodeCall(IMarginEngine.deposit, (maker, 1)));
        vm.prank(maker);
        hostile.withdraw(10, fresh(), new IRiskOracle.MarginSlice[](0), noProof());
        vm.assertEq(token.answer(), refusal, "withdraw");
        vm.assertEq(hostile.accountOf(maker).cashE6, int256(90), "once");
        token.setCall(address(hostile), abi.encodeCall(IMarginEngine.fundInsurance, (1)));
        hostile.fundInsurance(5);
        vm.assertEq(token.answer(), refusal, "insurance");
        vm.assertEq(uint256(hostile.fund().insuranceE6), 5, "once");
    }

    function testFuzz_any_other_state_of_an_account_is_refused(uint64 nonce, int128 index, uint256 flipped) public {
        IMarginTypes.AccountState memory s = _state;
        flipped = bound(flipped, 0, 119);
        if (flipped == 118) s.nonce = nonce == s.nonce ? nonce + 1 : nonce;
        else if (flipped == 119) s.fundingIndexE6 = index == 0 ? int128(1) : index;
        else s.positions[0] ^= 1 << flipped;
        vm.expectPartialRevert(IMarginErrors.AccountStateMismatch.selector);
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, _proof);
    }

    function test_zero_and_more_than_all_amounts_are_handled() public {
        vm.prank(maker);
        engine.withdraw(0, _state, currentSlices, _proof);
        fund(maker, 0);
        vm.assertEq(cashOf(maker), int256(1_000e6), "nothing moved");
        vm.expectPartialRevert(SafeCast.SafeCastOverflowedUintToInt.selector);
        vm.prank(maker);
        engine.withdraw(type(uint256).max, _state, currentSlices, _proof);
        vm.expectPartialRevert(SafeCast.SafeCastOverflowedUintToInt.selector);
        engine.deposit(maker, type(uint256).max);
    }

    function _hostile() private returns (HostileDollar token, MarginEngine hostile) {
        token = new HostileDollar();
        hostile = new MarginEngine(token, checker, rules);
        token.mint(address(this), 1_000);
        token.approve(address(hostile), 1_000);
    }

    function _expectRefused(IMarginTypes.AccountState memory s) private {
        vm.expectRevert(abi.encodeWithSelector(IMarginErrors.InvalidMarginProofs.selector, 1));
        vm.prank(maker);
        engine.withdraw(1, s, currentSlices, _proof);
    }
}
