// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InsolvencyLayout} from "../../contracts/generated/InsolvencyLayout.sol";
import {OptionLayout} from "../../contracts/generated/OptionLayout.sol";
import {SliceLayout} from "../../contracts/generated/SliceLayout.sol";
import {SolvencyLayout} from "../../contracts/generated/SolvencyLayout.sol";
import {Challenge} from "../../contracts/libraries/Challenge.sol";
import {Insolvency} from "../../contracts/statements/Insolvency.sol";
import {Slice} from "../../contracts/statements/Slice.sol";
import {Solvency} from "../../contracts/statements/Solvency.sol";
import {Test} from "./base/Test.sol";

/// @notice Replays tests/vectors/statement_*.json: data vectors of random statements of every preset.
contract StatementsTest is Test {
    function test_slices_have_the_declared_widths_and_the_signals_of_python() public view {
        string memory json = vector("statement_slice.json");
        for (uint256 i = 0; i < _count(json); ++i) {
            SliceLayout.requireWidths(_data(json, i), Slice.capacityOf(_circuitId(json, i)));
            _requireSignals(json, i);
        }
    }

    function test_solvencies_have_the_declared_widths_and_the_signals_of_python() public view {
        string memory json = vector("statement_solvency.json");
        for (uint256 i = 0; i < _count(json); ++i) {
            SolvencyLayout.requireWidths(_data(json, i), Solvency.capacityOf(_circuitId(json, i)));
            _requireSignals(json, i);
        }
    }

    function test_insolvencies_have_the_declared_widths_and_the_signals_of_python() public view {
        string memory json = vector("statement_insolvency.json");
        for (uint256 i = 0; i < _count(json); ++i) {
            InsolvencyLayout.requireWidths(_data(json, i), Insolvency.capacityOf(_circuitId(json, i)));
            _requireSignals(json, i);
        }
    }

    function test_options_have_the_declared_widths_and_the_signals_of_python() public view {
        string memory json = vector("statement_option.json");
        for (uint256 i = 0; i < _count(json); ++i) {
            OptionLayout.requireWidths(_data(json, i));
            _requireSignals(json, i);
        }
    }

    function _requireSignals(string memory json, uint256 i) private pure {
        string memory path = _case(i);
        bytes32 domain = vm.parseJsonBytes32(json, string.concat(path, ".domain"));
        uint256[3] memory expected = [
            vm.parseJsonUint(json, string.concat(path, ".digest")),
            vm.parseJsonUint(json, string.concat(path, ".y")),
            vm.parseJsonUint(json, string.concat(path, ".z"))
        ];
        uint256[3] memory signals = Challenge.signals(domain, _data(json, i), expected[0]);
        for (uint256 j = 0; j < 3; ++j) {
            vm.assertEq(signals[j], expected[j], path);
        }
    }

    function _count(string memory json) private pure returns (uint256 count) {
        count = vm.parseJsonStringArray(json, ".circuit_ids").length;
        vm.assertTrue(count > 4, "several cases");
    }

    function _data(string memory json, uint256 i) private pure returns (uint256[] memory) {
        return vm.parseJsonUintArray(json, string.concat(_case(i), ".data"));
    }

    function _circuitId(string memory json, uint256 i) private pure returns (bytes32) {
        bytes memory name = bytes(vm.parseJsonStringArray(json, ".circuit_ids")[i]);
        bytes32 id;
        for (uint256 j = 0; j < name.length; ++j) {
            id |= bytes32(name[j]) >> (8 * j);
        }
        return id;
    }

    function _case(uint256 i) private pure returns (string memory) {
        return string.concat(".cases[", vm.toString(i), "]");
    }
}
