// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VerifierRegistry} from "../../contracts/VerifierRegistry.sol";
import {ContradictionWatch} from "../../contracts/governance/ContradictionWatch.sol";
import {IContradictionWatch} from "../../contracts/interfaces/IContradictionWatch.sol";
import {IGuarded} from "../../contracts/interfaces/IGuarded.sol";
import {IMarginEngine} from "../../contracts/interfaces/IMarginEngine.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";
import {GreeksMath} from "../../contracts/libraries/GreeksMath.sol";
import {NativeSlice} from "../../contracts/native/NativeSlice.sol";
import {Poseidon} from "../../contracts/native/Poseidon.sol";
import {SliceFallback} from "../../contracts/native/SliceFallback.sol";
import {Insolvency} from "../../contracts/statements/Insolvency.sol";
import {Option} from "../../contracts/statements/Option.sol";
import {Slice} from "../../contracts/statements/Slice.sol";
import {Solvency} from "../../contracts/statements/Solvency.sol";
import {AuctionFixture} from "./base/AuctionFixture.sol";
import {MockVerifierRegistry} from "./base/MockVerifierRegistry.sol";
import {OracleFixture} from "./base/OracleFixture.sol";
import {SliceBuilder} from "./base/SliceBuilder.sol";

/// @notice Contradictions about an account: two proofs, or a proof and the native implementation.
contract AccountContradictionTest is AuctionFixture {
    address private constant ACCOUNT = address(0xacc);
    int256 private constant CASH_E6 = 5_000e6;

    ContradictionWatch private watch;
    IRiskOracle.MarginSlice[] private _slices;

    constructor() {
        watch = _watch();
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        for (uint256 i = 0; i < slices.length; ++i) {
            _slices.push(slices[i]);
        }
    }

    function test_a_solvency_and_an_insolvency_at_the_same_cash_stop_everything() public {
        watch.showAccount(_evidence(CASH_E6, CASH_E6 + 1, false), _slices);
        vm.assertEq(MockVerifierRegistry(address(registry)).stops(), uint256(1), "stops");
    }

    function test_bounds_that_leave_a_cash_for_both_revert_with_NoContradiction() public {
        IContradictionWatch.AccountEvidence memory evidence = _evidence(CASH_E6, CASH_E6, false);
        vm.expectRevert(IContradictionWatch.NoContradiction.selector);
        watch.showAccount(evidence, _slices);
        vm.assertEq(MockVerifierRegistry(address(registry)).stops(), uint256(0), "stops");
    }

    function test_a_proven_solvency_below_the_native_insolvency_stops_everything_at_either_margin() public {
        for (uint256 i = 0; i < 2; ++i) {
            IContradictionWatch.AccountEvidence memory evidence = _evidence(-1e12, 0, i == 1);
            evidence.insolvency.circuitId = 0;
            watch.showAccount(evidence, _slices);
        }
        vm.assertEq(MockVerifierRegistry(address(registry)).stops(), uint256(2), "stops");
    }

    function test_a_proven_insolvency_above_the_native_solvency_stops_everything() public {
        IContradictionWatch.AccountEvidence memory evidence = _evidence(0, 1e12, false);
        evidence.solvency.circuitId = 0;
        watch.showAccount(evidence, _slices);
        vm.assertEq(MockVerifierRegistry(address(registry)).stops(), uint256(1), "stops");
    }

    function test_true_statements_beside_the_native_ones_revert_with_NoContradiction() public {
        IContradictionWatch.AccountEvidence memory evidence = _evidence(1e12, -1e12, false);
        evidence.insolvency.circuitId = 0;
        vm.expectRevert(IContradictionWatch.NoContradiction.selector);
        watch.showAccount(evidence, _slices);
        evidence = _evidence(1e12, -1e12, false);
        evidence.solvency.circuitId = 0;
        vm.expectRevert(IContradictionWatch.NoContradiction.selector);
        watch.showAccount(evidence, _slices);
        evidence.insolvency.circuitId = 0;
        vm.expectRevert(IContradictionWatch.NoContradiction.selector);
        watch.showAccount(evidence, _slices);
    }

    function test_a_proof_of_another_account_nonce_position_row_or_margin_reverts_with_InvalidEvidence() public {
        for (uint256 i = 0; i < 5; ++i) {
            IContradictionWatch.AccountEvidence memory evidence = _evidence(CASH_E6, CASH_E6 + 1, false);
            if (i == 0) evidence.account = address(1);
            if (i == 1) evidence.nonce += 1;
            if (i == 2) evidence.positions = list(option(FIRST, 2, false, -10_001));
            if (i == 3) evidence.row = 1;
            if (i == 4) evidence.atInitial = true;
            uint256 index = i == 3 ? 1 : 0;
            vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.InvalidEvidence.selector, index));
            watch.showAccount(evidence, _slices);
        }
    }

    function test_a_solvency_that_is_not_proven_reverts_with_InvalidEvidence() public {
        IContradictionWatch.AccountEvidence memory evidence = _evidence(CASH_E6, CASH_E6 + 2, false);
        evidence.solvency.requiredCashE6 += 1;
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.InvalidEvidence.selector, uint256(0)));
        watch.showAccount(evidence, _slices);
    }

    function test_proofs_of_two_versions_of_the_rules_revert_with_WrongRules() public {
        IContradictionWatch.AccountEvidence memory evidence = _evidence(CASH_E6, CASH_E6 + 1, false);
        evidence.insolvency.rulesVersion = 1;
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.WrongRules.selector, 0, 1));
        watch.showAccount(evidence, _slices);
        evidence.solvency.rulesVersion = 1;
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.WrongRules.selector, 1, 1));
        watch.showAccount(evidence, _slices);
    }

    function test_an_engine_of_another_deployment_reverts_with_UnknownEngine() public {
        IContradictionWatch.AccountEvidence memory evidence = _evidence(CASH_E6, CASH_E6 + 1, false);
        evidence.engine = IMarginEngine(address(7));
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.UnknownEngine.selector, address(7)));
        watch.showAccount(evidence, _slices);
    }

    function test_a_circuit_of_another_statement_reverts_with_UnsupportedCircuit_and_a_row_with_RowOutOfRange() public {
        IContradictionWatch.AccountEvidence memory evidence = _evidence(CASH_E6, CASH_E6 + 1, false);
        evidence.solvency.circuitId = Insolvency.CIRCUIT_4;
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.UnsupportedCircuit.selector, Insolvency.CIRCUIT_4));
        watch.showAccount(evidence, _slices);
        evidence = _evidence(CASH_E6, CASH_E6 + 1, false);
        evidence.insolvency.circuitId = Solvency.CIRCUIT_4;
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.UnsupportedCircuit.selector, Solvency.CIRCUIT_4));
        watch.showAccount(evidence, _slices);
        evidence = _evidence(CASH_E6, CASH_E6 + 1, false);
        evidence.row = 36;
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.RowOutOfRange.selector, 36));
        watch.showAccount(evidence, _slices);
    }

    function _watch() private returns (ContradictionWatch) {
        IMarginEngine[] memory engines = new IMarginEngine[](1);
        engines[0] = engine;
        SliceFallback sliceFallback = new SliceFallback(address(this), new NativeSlice(), new Poseidon());
        return new ContradictionWatch(registry, IRiskOracle(address(oracle)), sliceFallback, engines);
    }

    /// @dev A short call; both statements are declared true with these bounds, the insolvency at maintenance margin.
    function _evidence(int256 solventE6, int256 insolventE6, bool atInitial)
        private
        returns (IContradictionWatch.AccountEvidence memory evidence)
    {
        AccountState memory state = stateOf(3, list(option(FIRST, 2, false, -10_000)));
        (evidence.engine, evidence.account, evidence.nonce) = (engine, ACCOUNT, state.nonce);
        (evidence.positions, evidence.atInitial, evidence.row) = (state.positions, atInitial, ROW);
        evidence.solvency = solvent(ACCOUNT, state, _slices, solventE6, atInitial);
        evidence.insolvency = insolvent(ACCOUNT, state, _slices, ROW, insolventE6);
    }
}

/// @notice Contradictions about prices: two options, or an option and a stored mark.
contract PriceContradictionTest is OracleFixture {
    using SliceBuilder for SliceBuilder.Spec;

    uint256 private constant STRIKE = 60_000;

    ContradictionWatch private watch;

    constructor() {
        watch = new ContradictionWatch(registry, oracle, sliceFallback, new IMarginEngine[](0));
    }

    function test_two_prices_of_one_call_stop_everything() public {
        submit(1, only(SliceBuilder.calm(FIRST)));
        watch.showOptions(MARKET, FIRST, _option(STRIKE, 7 << 53, true), _option(STRIKE, (7 << 53) + 1, true));
        vm.assertEq(registry.stops(), uint256(1), "stops");
    }

    function test_one_price_or_two_strikes_revert_with_NoContradiction() public {
        submit(1, only(SliceBuilder.calm(FIRST)));
        IContradictionWatch.OptionEvidence memory first = _option(STRIKE, 7 << 53, true);
        vm.expectRevert(IContradictionWatch.NoContradiction.selector);
        watch.showOptions(MARKET, FIRST, first, first);
        IContradictionWatch.OptionEvidence memory other = _option(STRIKE + 1, 8 << 53, true);
        vm.expectRevert(IContradictionWatch.NoContradiction.selector);
        watch.showOptions(MARKET, FIRST, first, other);
    }

    function test_two_different_slices_of_one_expiry_are_no_contradiction() public {
        submit(1, only(SliceBuilder.calm(FIRST)));
        IContradictionWatch.OptionEvidence memory before = _option(STRIKE, 7 << 53, true);
        vm.warp(block.timestamp + 1);
        SliceBuilder.Spec memory moved = SliceBuilder.calm(FIRST);
        moved.knotsDigest += 1;
        submit(2, only(moved));
        IContradictionWatch.OptionEvidence memory now_ = _option(STRIKE, 8 << 53, true);
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.InvalidEvidence.selector, uint256(0)));
        watch.showOptions(MARKET, FIRST, before, now_);
        vm.assertEq(registry.stops(), uint256(0), "stops");
    }

    function test_an_option_that_is_not_proven_reverts_with_InvalidEvidence() public {
        submit(1, only(SliceBuilder.calm(FIRST)));
        IContradictionWatch.OptionEvidence memory first = _option(STRIKE, 7 << 53, true);
        IContradictionWatch.OptionEvidence memory second = _option(STRIKE, 8 << 53, false);
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.InvalidEvidence.selector, uint256(1)));
        watch.showOptions(MARKET, FIRST, first, second);
    }

    function test_a_slice_that_is_not_stored_reverts_with_UnknownSlice() public {
        submit(1, only(SliceBuilder.calm(FIRST)));
        IContradictionWatch.OptionEvidence memory first = _option(STRIKE, 7 << 53, true);
        IContradictionWatch.OptionEvidence memory second = _option(STRIKE, 8 << 53, true);
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.UnknownSlice.selector, MARKET, SECOND));
        watch.showOptions(MARKET, SECOND, first, second);
        first.words.forwardQ16 += 1;
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.UnknownSlice.selector, MARKET, FIRST));
        watch.showOptions(MARKET, FIRST, first, second);
    }

    function test_another_circuit_reverts_with_UnsupportedCircuit() public {
        submit(1, only(SliceBuilder.calm(FIRST)));
        IContradictionWatch.OptionEvidence memory first = _option(STRIKE, 7 << 53, true);
        IContradictionWatch.OptionEvidence memory second = _option(STRIKE, 8 << 53, true);
        first.context.circuitId = Slice.CIRCUIT_32_16;
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.UnsupportedCircuit.selector, Slice.CIRCUIT_32_16));
        watch.showOptions(MARKET, FIRST, first, second);
    }

    /// @dev The mark at 60,000 is 2,000.00 USD at a tick of one dollar.
    function test_an_option_that_contradicts_a_stored_mark_stops_everything() public {
        submit(1, only(SliceBuilder.calm(FIRST)));
        uint256 halfCent = (uint256(1) << 53) / 200;
        IRiskOracle.MarginSlice memory slice = SliceBuilder.calm(FIRST).margin();
        IContradictionWatch.OptionEvidence memory within = _option(STRIKE, (2_000 << 53) + halfCent - 1, true);
        vm.expectRevert(IContradictionWatch.NoContradiction.selector);
        watch.showMark(MARKET, slice, within);
        watch.showMark(MARKET, slice, _option(STRIKE, (2_000 << 53) + halfCent + 1, true));
        vm.assertEq(registry.stops(), uint256(1), "stops");
        IContradictionWatch.OptionEvidence memory unproven = _option(STRIKE, 2_001 << 53, false);
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.InvalidEvidence.selector, uint256(0)));
        watch.showMark(MARKET, slice, unproven);
    }

    function test_words_that_are_not_stored_and_unlisted_strikes_revert_with_StrikeNotStored() public {
        submit(1, only(SliceBuilder.calm(FIRST)));
        IRiskOracle.MarginSlice memory slice = SliceBuilder.calm(FIRST).margin();
        IContradictionWatch.OptionEvidence memory unlisted = _option(STRIKE + 1, 9 << 53, true);
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.StrikeNotStored.selector, FIRST, STRIKE + 1));
        watch.showMark(MARKET, slice, unlisted);
        IContradictionWatch.OptionEvidence memory option = _option(STRIKE, 9 << 53, true);
        slice.results[0] += 1;
        vm.expectRevert(abi.encodeWithSelector(IContradictionWatch.StrikeNotStored.selector, FIRST, STRIKE));
        watch.showMark(MARKET, slice, option);
    }

    function test_a_watch_that_the_registry_does_not_know_stops_nothing() public {
        submit(1, only(SliceBuilder.calm(FIRST)));
        VerifierRegistry real = new VerifierRegistry(address(this), true);
        ContradictionWatch unknown = new ContradictionWatch(registry, oracle, sliceFallback, new IMarginEngine[](0));
        vm.expectRevert(abi.encodeWithSelector(IGuarded.NotGuardian.selector, address(unknown)));
        vm.prank(address(unknown));
        real.stop();
        real.setWatch(address(unknown), true);
        vm.prank(address(unknown));
        real.stop();
        vm.assertTrue(real.circuitOf("none").status == IVerifierRegistry.Status.None, "nothing registered");
    }

    function _option(uint256 strikeTicks, uint256 callQ53, bool proven)
        private
        returns (IContradictionWatch.OptionEvidence memory option)
    {
        option.context = Option.Context(Option.CIRCUIT_32, MARKET, FIRST, 1, "report");
        option.words = GreeksMath.OptionWords(60_000 << 16, 100, strikeTicks, callQ53, 1 << 30, 1 << 150, 1);
        option.digest = callQ53 + 1;
        uint256[3] memory signals =
            Option.signals(option.context, oracle.sliceOf(MARKET, FIRST).knotsDigest, option.words, option.digest);
        if (proven) registry.declare(Option.CIRCUIT_32, signals);
    }
}
