// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IGuarded} from "../../contracts/interfaces/IGuarded.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {Insolvency} from "../../contracts/statements/Insolvency.sol";
import {Solvency} from "../../contracts/statements/Solvency.sol";
import {HaltFixture, HaltableRegistry} from "./base/HaltFixture.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @notice Every row of the table in docs/halts.md.
contract HaltsTest is HaltFixture {
    string private constant ALWAYS = "deposit, close all, settle, withdraw cash";

    function test_without_a_halt_everything_is_possible_but_native_statements() public {
        _expect("deposit, open, close, close all, cure, settle, withdraw cash, withdraw, start, bid", "no halt");
    }

    function test_a_halted_market_leaves_deposits_full_closing_settlement_and_cash() public {
        _setState(IRiskOracle.State.Halted);
        _expect(ALWAYS, "halted");
    }

    function test_a_stale_oracle_and_a_sequencer_outage_leave_what_a_halted_market_leaves() public {
        _setState(IRiskOracle.State.Stale);
        _expect(ALWAYS, "stale");
    }

    function test_liquidate_only_slices_stop_opening_and_withdrawing_beside_positions_alone() public {
        _setState(IRiskOracle.State.LiquidateOnly);
        _expect("deposit, close, close all, cure, settle, withdraw cash, start, bid", "liquidate only");
    }

    function test_paused_opening_stops_opening_alone() public {
        rules.pauseOpening();
        _expect("deposit, close, close all, cure, settle, withdraw cash, withdraw, start, bid", "paused");
    }

    function test_removed_solvency_circuits_leave_what_needs_no_solvency_proof() public {
        _remove(Solvency.CIRCUIT_4);
        _expect("deposit, close all, settle, withdraw cash, start", "no solvency");
    }

    function test_removed_solvency_circuits_with_native_statements_leave_withdrawing_and_liquidating_too() public {
        rules.setNativeMargin(5);
        _remove(Solvency.CIRCUIT_4);
        _expect("deposit, close all, settle, withdraw cash, start, native start, native bid, native withdraw", "native");
    }

    function test_removed_insolvency_circuits_stop_the_start_of_liquidations_alone() public {
        _remove(Insolvency.CIRCUIT_4);
        _expect("deposit, open, close, close all, cure, settle, withdraw cash, withdraw, bid", "no insolvency");
    }

    function test_removed_insolvency_circuits_with_native_statements_stop_nothing() public {
        rules.setNativeMargin(5);
        _remove(Insolvency.CIRCUIT_4);
        _expect(
            "deposit, open, close, close all, cure, settle, withdraw cash, withdraw, bid, native start, native bid, native withdraw",
            "native"
        );
    }

    function test_with_every_circuit_stopped_native_slices_and_statements_keep_settlement_and_liquidation() public {
        rules.setNativeMargin(5);
        _remove(Solvency.CIRCUIT_4);
        _remove(Insolvency.CIRCUIT_4);
        _setState(IRiskOracle.State.LiquidateOnly);
        _expect("deposit, close all, settle, withdraw cash, native start, native bid", "nothing is proven");
    }

    function test_a_guardian_who_stops_native_statements_leaves_proofs_alone() public {
        rules.setNativeMargin(5);
        rules.stopNative();
        _expect("deposit, open, close, close all, cure, settle, withdraw cash, withdraw, start, bid", "native stopped");
    }

    function test_an_insolvency_above_the_fund_locks_withdrawals_alone() public {
        vm.prank(address(auction));
        engine.bookInsolvency(1);
        _expect("deposit, open, close, close all, cure, settle, start, bid", "insurance exceeded");
    }

    function test_the_guardian_pauses_opening_and_the_owner_alone_resumes_it() public {
        address guardian = address(0x6a);
        rules.setGuardian(guardian);
        vm.prank(guardian);
        rules.pauseOpening();
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, guardian));
        vm.prank(guardian);
        rules.resumeOpening();
        vm.expectRevert(abi.encodeWithSelector(IGuarded.NotGuardian.selector, address(7)));
        vm.prank(address(7));
        rules.pauseOpening();
        rules.resumeOpening();
        _expect("deposit, open, close, close all, cure, settle, withdraw cash, withdraw, start, bid", "resumed");
    }

    function _expect(string memory names, string memory label) private {
        vm.assertEq(bytes(possible()), bytes(names), label);
    }

    function _remove(bytes32 circuitId) private {
        HaltableRegistry(address(registry)).removeFor(circuitId);
    }

    function _setState(IRiskOracle.State state) private {
        uint64[2] memory expiries = [FIRST, SECOND];
        for (uint256 i = 0; i < 2; ++i) {
            uint64[] memory one = new uint64[](1);
            one[0] = expiries[i];
            IRiskOracle.SliceFacts memory facts = oracle.sliceFacts("", one)[0];
            facts.state = state;
            oracle.setSlice(expiries[i], facts);
        }
        IRiskOracle.MarketFacts memory market = oracle.marketFacts("");
        market.state = state;
        oracle.setMarket(market);
    }
}
