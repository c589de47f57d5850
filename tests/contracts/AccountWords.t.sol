// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginEngine} from "../../contracts/interfaces/IMarginEngine.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {Challenge} from "../../contracts/libraries/Challenge.sol";
import {SliceSet} from "../../contracts/libraries/SliceSet.sol";
import {AccountWords} from "../../contracts/statements/AccountWords.sol";
import {Insolvency} from "../../contracts/statements/Insolvency.sol";
import {Solvency} from "../../contracts/statements/Solvency.sol";
import {VolShocks} from "../../contracts/statements/VolShocks.sol";
import {marginOf} from "./base/Margins.sol";
import {Test} from "./base/Test.sol";
import {volRuleOf} from "./base/VolRules.sol";

contract AccountWordsHarness {
    function solvency(
        IMarginEngine.Position[] memory positions,
        SliceSet.Loaded[] memory slices,
        uint256 capacity,
        IMarginEngine.MarginParams memory params,
        int256 requiredCashE6
    ) external pure returns (uint256[] memory) {
        AccountWords.Facts[] memory facts = AccountWords.facts(positions, slices);
        return Solvency.build(facts, capacity, params, params.initialFactorE2, requiredCashE6);
    }

    function insolvency(
        IMarginEngine.Position[] memory positions,
        SliceSet.Loaded[] memory slices,
        uint256 capacity,
        IMarginEngine.MarginParams memory params,
        uint256 row,
        int256 requiredCashE6
    ) external pure returns (uint256[] memory) {
        return Insolvency.build(AccountWords.facts(positions, slices), capacity, params, row, requiredCashE6);
    }

    function valueE6(IMarginEngine.Position[] memory positions, SliceSet.Loaded[] memory slices)
        external
        pure
        returns (int256)
    {
        return AccountWords.valueE6(AccountWords.facts(positions, slices));
    }
}

/// @notice Replays tests/vectors/account_words.json: accounts whose data vectors were built in Python, of every grid, all
/// sizes and slices of every circuit.
contract AccountWordsTest is Test {
    uint256 private constant CASES = 20;
    uint256 private constant SLICES = 4;
    address private constant ENGINE = address(0x1111111111111111111111111111111111111111);
    address private constant ACCOUNT = address(0x2222222222222222222222222222222222222222);

    AccountWordsHarness private words = new AccountWordsHarness();
    string private json = vector("account_words.json");
    uint256[4] private capacities = [uint256(16), 32, 48, 80];

    function test_the_grid_ids_equal_those_of_python() public view {
        for (uint256 i = 0; i < 5; ++i) {
            IMarginEngine.MarginParams memory params = _params(i);
            vm.assertEq(keccak256(abi.encode(params.grid, params.volRule)), _gridId(i), vm.toString(i));
        }
    }

    function test_solvency_data_vectors_and_signals_equal_those_of_python() public {
        vm.chainId(31337);
        SliceSet.Loaded[] memory slices = _slices();
        for (uint256 i = 0; i < CASES; ++i) {
            string memory path = _case(i);
            uint256 capacity = vm.parseJsonUint(json, string.concat(path, ".slots"));
            uint256[] memory d = words.solvency(
                _positions(path),
                slices,
                capacity,
                _params(vm.parseJsonUint(json, string.concat(path, ".grid"))),
                vm.parseJsonInt(json, string.concat(path, ".required_cash_e6"))
            );
            vm.assertEq(d, vm.parseJsonUintArray(json, string.concat(path, ".solvency.d")), path);
            _requireSignals(_circuit("solvency_", capacity), d, path, ".solvency");
        }
    }

    function test_insolvency_data_vectors_and_signals_equal_those_of_python() public {
        vm.chainId(31337);
        SliceSet.Loaded[] memory slices = _slices();
        for (uint256 i = 0; i < CASES; ++i) {
            string memory path = _case(i);
            uint256 capacity = vm.parseJsonUint(json, string.concat(path, ".slots"));
            uint256[] memory d = words.insolvency(
                _positions(path),
                slices,
                capacity,
                _params(vm.parseJsonUint(json, string.concat(path, ".grid"))),
                vm.parseJsonUint(json, string.concat(path, ".row")),
                vm.parseJsonInt(json, string.concat(path, ".required_cash_e6"))
            );
            vm.assertEq(d, vm.parseJsonUintArray(json, string.concat(path, ".insolvency.d")), path);
            _requireSignals(_circuit("insolvency_", capacity), d, path, ".insolvency");
        }
    }

    function test_marked_values_equal_those_of_python() public view {
        SliceSet.Loaded[] memory slices = _slices();
        for (uint256 i = 0; i < CASES; ++i) {
            string memory path = _case(i);
            int256 value = words.valueE6(_positions(path), slices);
            vm.assertEq(value, vm.parseJsonInt(json, string.concat(path, ".value_e6")), path);
        }
    }

    function test_more_positions_than_the_circuit_holds_revert_with_TooManyPositions() public {
        IMarginEngine.Position[] memory positions = new IMarginEngine.Position[](5);
        for (uint256 i = 0; i < 5; ++i) {
            positions[i] = _positions(_case(1))[0];
        }
        bytes memory refusal = abi.encodeWithSelector(IMarginEngine.TooManyPositions.selector, 5, 4);
        IMarginEngine.MarginParams memory params = _params(0);
        SliceSet.Loaded[] memory slices = _slices();
        vm.expectRevert(refusal);
        words.solvency(positions, slices, 4, params, 0);
        vm.expectRevert(refusal);
        words.insolvency(positions, slices, 4, params, 0, 0);
    }

    function test_capacities_follow_from_the_circuit_id() public pure {
        vm.assertEq(Solvency.capacityOf("solvency_4"), 4, "solvency_4");
        vm.assertEq(Solvency.capacityOf("solvency_8"), 8, "solvency_8");
        vm.assertEq(Solvency.capacityOf("solvency_16"), 16, "solvency_16");
        vm.assertEq(Solvency.capacityOf("solvency_32"), 32, "solvency_32");
        vm.assertEq(Solvency.capacityOf("insolvency_4"), 0, "insolvency_4 proves no solvency");
        vm.assertEq(Insolvency.capacityOf("insolvency_4"), 4, "insolvency_4");
        vm.assertEq(Insolvency.capacityOf("insolvency_8"), 8, "insolvency_8");
        vm.assertEq(Insolvency.capacityOf("insolvency_16"), 16, "insolvency_16");
        vm.assertEq(Insolvency.capacityOf("insolvency_32"), 32, "insolvency_32");
        vm.assertEq(Insolvency.capacityOf("solvency_16"), 0, "solvency_16 proves no insolvency");
    }

    function test_a_vol_shocked_to_eight_reverts_with_ShockedVolTooHigh_where_an_upper_bound_is_needed() public {
        SliceSet.Loaded[] memory slices = _slices();
        IMarginEngine.MarginParams memory params = _params(1);
        IMarginEngine.Position[] memory short = _positions(".refused.short");
        IMarginEngine.Position[] memory long = _positions(".refused.long");
        uint256 volQ18 = vm.parseJsonUint(json, ".refused.vol_q18");
        bytes memory refusal = abi.encodeWithSelector(VolShocks.ShockedVolTooHigh.selector, volQ18);
        words.solvency(long, slices, 4, params, 0);
        words.insolvency(short, slices, 4, params, 0, 0);
        words.insolvency(long, slices, 4, params, 35, 0);
        vm.expectRevert(refusal);
        words.solvency(short, slices, 4, params, 0);
        vm.expectRevert(refusal);
        words.insolvency(long, slices, 4, params, 0, 0);
    }

    function _circuit(string memory statement, uint256 capacity) private pure returns (bytes32) {
        return bytes32(bytes(string.concat(statement, vm.toString(capacity))));
    }

    function _requireSignals(bytes32 circuitId, uint256[] memory d, string memory path, string memory statement)
        private
        view
    {
        bytes32 gridId = _gridId(vm.parseJsonUint(json, string.concat(path, ".grid")));
        path = string.concat(path, statement);
        bytes32 domain = Challenge.accountDomain(circuitId, ENGINE, ACCOUNT, 7, gridId);
        uint256[3] memory signals = Challenge.signals(domain, d, vm.parseJsonUint(json, string.concat(path, ".digest")));
        uint256[] memory expected = vm.parseJsonUintArray(json, string.concat(path, ".signals"));
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(signals[i], expected[i], path);
        }
    }

    function _params(uint256 i) private view returns (IMarginEngine.MarginParams memory params) {
        string memory path = string.concat(".grids[", vm.toString(i), "]");
        uint256[] memory grid = vm.parseJsonUintArray(json, string.concat(path, ".words"));
        for (uint256 j = 0; j < 9; ++j) {
            params.grid[j] = grid[j];
        }
        uint256[] memory rule = vm.parseJsonUintArray(json, string.concat(path, ".vol_rule"));
        params.volRule = volRuleOf(rule);
        (params.initialFactorE2, params.maintenanceFactorE2) = (100, 80);
        (params.shortRateE5, params.perpetualRateE5) = (600, 200);
    }

    function _gridId(uint256 i) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, string.concat(".grids[", vm.toString(i), "].grid_id"));
    }

    function _case(uint256 i) private pure returns (string memory) {
        return string.concat(".cases[", vm.toString(i), "]");
    }

    function _slices() private view returns (SliceSet.Loaded[] memory slices) {
        slices = new SliceSet.Loaded[](SLICES);
        for (uint256 i = 0; i < SLICES; ++i) {
            string memory path = string.concat(".slices[", vm.toString(i), "]");
            // forge-lint: disable-next-line(unsafe-typecast)
            slices[i].expiry = uint64(vm.parseJsonUint(json, string.concat(path, ".expiry")));
            // forge-lint: disable-next-line(unsafe-typecast)
            slices[i].observedAt = uint64(vm.parseJsonUint(json, ".observed_at"));
            slices[i].state = IRiskOracle.State.Fresh;
            slices[i].words = marginOf(
                vm.parseJsonUintArray(json, string.concat(path, ".d")),
                capacities[i],
                vm.parseJsonUint(json, string.concat(path, ".count"))
            );
        }
    }

    function _positions(string memory path) private view returns (IMarginEngine.Position[] memory positions) {
        uint256[] memory expiry = vm.parseJsonUintArray(json, string.concat(path, ".expiry"));
        uint256[] memory strikeTicks = vm.parseJsonUintArray(json, string.concat(path, ".strike_ticks"));
        uint256[] memory put = vm.parseJsonUintArray(json, string.concat(path, ".put"));
        int256[] memory amountE4 = vm.parseJsonIntArray(json, string.concat(path, ".amount_e4"));
        positions = new IMarginEngine.Position[](expiry.length);
        for (uint256 i = 0; i < positions.length; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            positions[i] =
                IMarginEngine.Position(uint64(expiry[i]), uint24(strikeTicks[i]), put[i] == 1, int32(amountE4[i]));
        }
    }
}
