// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginEngine} from "../../contracts/interfaces/IMarginEngine.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {Challenge} from "../../contracts/libraries/Challenge.sol";
import {SliceSet} from "../../contracts/libraries/SliceSet.sol";
import {AccountWords} from "../../contracts/statements/AccountWords.sol";
import {Insolvency} from "../../contracts/statements/Insolvency.sol";
import {Solvency} from "../../contracts/statements/Solvency.sol";
import {Test} from "./base/Test.sol";

contract AccountWordsHarness {
    function solvency(
        IMarginEngine.Position[] memory positions,
        SliceSet.Loaded[] memory slices,
        IMarginEngine.MarginParams memory params,
        int256 requiredCashE6
    ) external pure returns (uint256[] memory) {
        return Solvency.build(AccountWords.facts(positions, slices), params, params.initialFactorE2, requiredCashE6);
    }

    function insolvency(
        IMarginEngine.Position[] memory positions,
        SliceSet.Loaded[] memory slices,
        IMarginEngine.MarginParams memory params,
        uint256 row,
        int256 requiredCashE6
    ) external pure returns (uint256[] memory) {
        return Insolvency.build(AccountWords.facts(positions, slices), params, row, requiredCashE6);
    }

    function valueE6(IMarginEngine.Position[] memory positions, SliceSet.Loaded[] memory slices)
        external
        pure
        returns (int256)
    {
        return AccountWords.valueE6(AccountWords.facts(positions, slices));
    }
}

/// @notice Replays tests/vectors/account_words.json: accounts whose data vectors were built in Python.
contract AccountWordsTest is Test {
    uint256 private constant CASES = 24;
    uint256 private constant SLICES = 3;
    address private constant ENGINE = address(0x1111111111111111111111111111111111111111);
    address private constant ACCOUNT = address(0x2222222222222222222222222222222222222222);

    AccountWordsHarness private words = new AccountWordsHarness();
    IMarginEngine.MarginParams private params;
    string private json;

    function setUp() public {
        json = vector("account_words.json");
        uint256[] memory grid = vm.parseJsonUintArray(json, ".grid");
        for (uint256 i = 0; i < 9; ++i) {
            params.grid[i] = grid[i];
        }
        // forge-lint: disable-start(unsafe-typecast)
        params.volUpE4 = uint24(vm.parseJsonUint(json, ".vol_up_e4"));
        params.volDownE4 = uint24(vm.parseJsonUint(json, ".vol_down_e4"));
        // forge-lint: disable-end(unsafe-typecast)
        (params.initialFactorE2, params.maintenanceFactorE2) = (100, 80);
        (params.shortRateE5, params.perpetualRateE5) = (600, 200);
    }

    function test_the_grid_id_equals_that_of_python() public view {
        bytes32 gridId = keccak256(abi.encode(params.grid, params.volUpE4, params.volDownE4));
        vm.assertEq(gridId, vm.parseJsonBytes32(json, ".grid_id"), "grid id");
    }

    function test_solvency_data_vectors_and_signals_equal_those_of_python() public {
        vm.chainId(31337);
        SliceSet.Loaded[] memory slices = _slices();
        for (uint256 i = 0; i < CASES; ++i) {
            string memory path = _case(i);
            uint256[] memory d = words.solvency(
                _positions(path), slices, params, vm.parseJsonInt(json, string.concat(path, ".required_cash_e6"))
            );
            vm.assertEq(d, vm.parseJsonUintArray(json, string.concat(path, ".solvency.d")), path);
            _requireSignals("solvency_4", d, string.concat(path, ".solvency"));
        }
    }

    function test_insolvency_data_vectors_and_signals_equal_those_of_python() public {
        vm.chainId(31337);
        SliceSet.Loaded[] memory slices = _slices();
        for (uint256 i = 0; i < CASES; ++i) {
            string memory path = _case(i);
            uint256[] memory d = words.insolvency(
                _positions(path),
                slices,
                params,
                vm.parseJsonUint(json, string.concat(path, ".row")),
                vm.parseJsonInt(json, string.concat(path, ".required_cash_e6"))
            );
            vm.assertEq(d, vm.parseJsonUintArray(json, string.concat(path, ".insolvency.d")), path);
            _requireSignals("insolvency_4", d, string.concat(path, ".insolvency"));
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

    function _requireSignals(bytes32 circuitId, uint256[] memory d, string memory path) private view {
        bytes32 domain = Challenge.accountDomain(circuitId, ENGINE, ACCOUNT, 7, vm.parseJsonBytes32(json, ".grid_id"));
        uint256[3] memory signals = Challenge.signals(domain, d, vm.parseJsonUint(json, string.concat(path, ".digest")));
        uint256[] memory expected = vm.parseJsonUintArray(json, string.concat(path, ".signals"));
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(signals[i], expected[i], path);
        }
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
            slices[i].state = IRiskOracle.State.Fresh;
            slices[i].d = vm.parseJsonUintArray(json, string.concat(path, ".d"));
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
