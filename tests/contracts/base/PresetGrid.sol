// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SolvencyLayout} from "../../../contracts/generated/SolvencyLayout.sol";
import {IMarginTypes} from "../../../contracts/interfaces/IMarginTypes.sol";
import {LnMath} from "../../../contracts/libraries/LnMath.sol";
import {Test} from "./Test.sol";

/// @notice The grids of circuits/grids as the contracts hold them, the same words as `oracle/model/grid.py` packs.
abstract contract PresetGrid is Test {
    /// @notice Nine words of four rows, and the rule of vols; a mode's rows repeat up to 18, 9 and 9.
    function presetGrid(string memory name)
        internal
        view
        returns (uint256[9] memory grid, IMarginTypes.VolRule memory rule)
    {
        // forge-lint: disable-next-line(unsafe-cheatcode)
        string memory json = vm.readFile(string.concat("circuits/grids/", name, ".json"));
        uint256 row = _put(grid, 0, 18, abi.decode(vm.parseJson(json, ".up"), (uint256[][])));
        row = _put(grid, row, 9, abi.decode(vm.parseJson(json, ".none"), (uint256[][])));
        _put(grid, row, 9, abi.decode(vm.parseJson(json, ".down"), (uint256[][])));
        // forge-lint: disable-start(unsafe-typecast)
        rule.upE4 = uint16(vm.parseJsonUint(json, ".vol_rule.up_e4"));
        rule.downE4 = uint16(vm.parseJsonUint(json, ".vol_rule.down_e4"));
        rule.powerShortE4 = uint16(vm.parseJsonUint(json, ".vol_rule.power_short_e4"));
        rule.powerLongE4 = uint16(vm.parseJsonUint(json, ".vol_rule.power_long_e4"));
        rule.floorE4 = uint16(vm.parseJsonUint(json, ".vol_rule.floor_e4"));
        rule.upPointsE4 = uint16(_orElse(json, ".vol_rule.up_points_e4", 0));
        rule.downPointsE4 = uint16(_orElse(json, ".vol_rule.down_points_e4", 0));
        rule.leastTenorS = uint32(_orElse(json, ".vol_rule.least_tenor_s", 60));
        // forge-lint: disable-end(unsafe-typecast)
    }

    function _put(uint256[9] memory grid, uint256 first, uint256 count, uint256[][] memory rows)
        private
        pure
        returns (uint256 next)
    {
        for (uint256 i = 0; i < count; ++i) {
            (uint256 spotE4, uint256 weightE5) = (rows[i % rows.length][0], rows[i % rows.length][1]);
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 ln = (int256(LnMath.lnQ48(spotE4 << 16)) - int256(LnMath.lnQ48(10_000 << 16)) + (1 << 23)) >> 24;
            uint256 record = SolvencyLayout.packGrid(SolvencyLayout.GridRecord(spotE4, ln, weightE5));
            grid[(first + i) / 4] |= record << (60 * ((first + i) % 4));
        }
        return first + count;
    }

    function _orElse(string memory json, string memory key, uint256 otherwise) private view returns (uint256) {
        return vm.keyExistsJson(json, key) ? vm.parseJsonUint(json, key) : otherwise;
    }
}
