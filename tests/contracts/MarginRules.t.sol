// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MarginRules} from "../../contracts/MarginRules.sol";
import {IGuarded} from "../../contracts/interfaces/IGuarded.sol";
import {IMarginErrors} from "../../contracts/interfaces/IMarginErrors.sol";
import {IMarginRules} from "../../contracts/interfaces/IMarginRules.sol";
import {IMarginTypes} from "../../contracts/interfaces/IMarginTypes.sol";
import {EngineFixture} from "./base/EngineFixture.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @notice Versions of the rules, limits, roles.
contract MarginRulesTest is EngineFixture {
    function test_new_rules_are_usable_after_their_notice_and_the_old_ones_for_a_grace() public {
        IMarginTypes.MarginParams memory params = defaultParams();
        params.initialFactorE2 = 120;
        // forge-lint: disable-next-line(unsafe-typecast)
        uint48 from = uint48(NOW + 1 hours);
        rules.addRules(params, from);
        vm.assertEq(uint256(rules.activeVersion()), 0, "announced");
        _expectNotUsable(1);
        vm.warp(from);
        vm.assertEq(uint256(rules.activeVersion()), 1, "active");
        rules.terms(0);
        rules.terms(1);
        vm.warp(from + 1 hours);
        rules.terms(0);
        vm.warp(from + 1 hours + 1);
        _expectNotUsable(0);
        rules.terms(1);
        _expectNotUsable(2);
    }

    function test_both_versions_prove_during_the_grace_and_bind_their_own_grid() public {
        (IMarginTypes.AccountState memory s,) = open(list(option(FIRST, 60_000, false, 10_000)), 0, 1_000e6);
        IMarginTypes.MarginParams memory params = defaultParams();
        params.grid[0] += 1;
        // forge-lint: disable-next-line(unsafe-typecast)
        rules.addRules(params, uint48(NOW + 1 hours));
        vm.warp(NOW + 1 hours);
        publish(0);
        for (uint32 version = 0; version < 2; ++version) {
            IMarginTypes.MarginProof memory proof = solventBy("solvency_4", maker, s, 0, version, true);
            vm.prank(maker);
            engine.withdraw(1, s, currentSlices, proof);
            proof.rulesVersion = 1 - version;
            vm.expectRevert(abi.encodeWithSelector(IMarginErrors.InvalidMarginProofs.selector, 1));
            vm.prank(maker);
            engine.withdraw(1, s, currentSlices, proof);
        }
    }

    function test_rules_without_notice_or_out_of_order_revert_with_RulesTooEarly() public {
        // forge-lint: disable-next-line(unsafe-typecast)
        uint48 earliest = uint48(NOW + 1 hours);
        vm.expectRevert(abi.encodeWithSelector(IMarginRules.RulesTooEarly.selector, earliest - 1, earliest));
        rules.addRules(defaultParams(), earliest - 1);
        rules.addRules(defaultParams(), earliest + 50);
        vm.expectRevert(abi.encodeWithSelector(IMarginRules.RulesTooEarly.selector, earliest + 50, earliest + 51));
        rules.addRules(defaultParams(), earliest + 50);
    }

    function test_contradicting_rules_revert_with_InvalidParams() public {
        IMarginTypes.MarginParams[10] memory wrong;
        for (uint256 i = 0; i < 10; ++i) {
            wrong[i] = defaultParams();
        }
        wrong[0].maintenanceFactorE2 = 101;
        wrong[1].maintenanceFactorE2 = 0;
        wrong[2].volRule.downE4 = 10_001;
        wrong[3].volRule.powerShortE4 = 10_001;
        wrong[4].volRule.powerLongE4 = 10_001;
        wrong[5].shortRateE5 = 1 << 17;
        wrong[6].perpetualRateE5 = 1 << 17;
        wrong[7].grid[8] |= 1 << 240;
        wrong[8].volRule.leastTenorS = 59;
        wrong[9].haircutE4 = 10_001;
        for (uint256 i = 0; i < 10; ++i) {
            vm.expectRevert(IMarginRules.InvalidParams.selector);
            new MarginRules(address(this), GUARDIAN, wrong[i], defaultLimits());
        }
    }

    function test_excessive_fees_and_shares_revert_with_InvalidLimits() public {
        IMarginTypes.Limits[4] memory wrong;
        (wrong[0].makerFeeE6, wrong[1].takerFeeE6) = (1_001, 1_001);
        (wrong[2].capE4, wrong[3].insuranceShareE4) = (10_001, 10_001);
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(IMarginRules.InvalidLimits.selector);
            rules.setLimits(wrong[i]);
        }
    }

    function testFuzz_limits_and_rules_are_read_back_as_given(IMarginTypes.Limits memory limits, uint16 haircutE4)
        public
    {
        limits.makerFeeE6 %= 1_001;
        limits.takerFeeE6 %= 1_001;
        limits.capE4 %= 10_001;
        limits.insuranceShareE4 %= 10_001;
        rules.setLimits(limits);
        (, IMarginTypes.Limits memory read, bool paused) = rules.terms(0);
        vm.assertEq(keccak256(abi.encode(read)), keccak256(abi.encode(limits)), "limits");
        vm.assertTrue(!paused, "not paused by limits");
        IMarginTypes.MarginParams memory params = defaultParams();
        params.haircutE4 = haircutE4 % 10_001;
        MarginRules other = new MarginRules(address(this), GUARDIAN, params, limits);
        (IMarginTypes.MarginParams memory found, bytes32 gridId) = other.paramsOf(0);
        vm.assertEq(keccak256(abi.encode(found)), keccak256(abi.encode(params)), "rules");
        vm.assertEq(gridId, keccak256(abi.encode(params.grid, params.volRule)), "grid id");
    }

    function test_the_guardian_pauses_opening_and_only_the_owner_resumes() public {
        vm.expectRevert(abi.encodeWithSelector(IGuarded.NotGuardian.selector, maker));
        vm.prank(maker);
        rules.pauseOpening();
        vm.prank(GUARDIAN);
        rules.pauseOpening();
        (,, bool paused) = rules.terms(0);
        vm.assertTrue(paused, "paused");
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, GUARDIAN));
        vm.prank(GUARDIAN);
        rules.resumeOpening();
        rules.resumeOpening();
        (,, paused) = rules.terms(0);
        vm.assertTrue(!paused, "resumed");
    }

    function test_the_owners_calls_by_others_are_refused() public {
        bytes[6] memory calls = [
            abi.encodeCall(IMarginRules.setAuction, (maker)),
            abi.encodeCall(IGuarded.setGuardian, (maker)),
            abi.encodeCall(IMarginRules.setFeeAccount, (maker)),
            abi.encodeCall(IMarginRules.setLimits, (defaultLimits())),
            // forge-lint: disable-next-line(unsafe-typecast)
            abi.encodeCall(IMarginRules.addRules, (defaultParams(), uint48(NOW + 2 hours))),
            abi.encodeCall(IMarginRules.resumeOpening, ())
        ];
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, maker);
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(maker);
            (bool done, bytes memory answer) = address(rules).call(calls[i]);
            vm.assertTrue(!done, "refused");
            vm.assertEq(answer, refusal, "OwnableUnauthorizedAccount");
        }
    }

    function test_the_auction_is_named_once_and_reverts_with_AuctionAlreadySet() public {
        vm.expectRevert(abi.encodeWithSelector(IMarginRules.AuctionAlreadySet.selector, address(this)));
        rules.setAuction(address(7));
    }

    function test_a_new_guardian_and_fee_account_are_named() public {
        rules.setGuardian(maker);
        rules.setFeeAccount(taker);
        vm.assertEq(rules.guardian(), maker, "guardian");
        vm.assertEq(rules.feeAccount(), taker, "fee account");
    }

    function _expectNotUsable(uint32 version) private {
        vm.expectRevert(abi.encodeWithSelector(IMarginRules.RulesNotUsable.selector, version));
        rules.terms(version);
    }
}
