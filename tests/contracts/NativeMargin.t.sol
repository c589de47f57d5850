// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InsolvencyLayout} from "../../contracts/generated/InsolvencyLayout.sol";
import {SolvencyLayout} from "../../contracts/generated/SolvencyLayout.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {MarginBook} from "../../contracts/native/MarginBook.sol";
import {NativeMargin} from "../../contracts/native/NativeMargin.sol";
import {Test} from "./base/Test.sol";

/// @notice Replays tests/vectors/native_margin.json: random accounts over the whole of every field, bounds from Python.
contract NativeMarginTest is Test {
    NativeMargin private native = new NativeMargin();
    string private json = vector("native_margin.json");

    function test_insolvency_bounds_equal_those_of_python() public view {
        (uint256[][] memory vectors, int256[] memory bounds) =
            abi.decode(vm.parseJsonBytes(json, ".insolvency"), (uint256[][], int256[]));
        vm.assertGe(vectors.length, 500, "cases");
        for (uint256 i = 0; i < vectors.length; ++i) {
            vm.assertEq(native.insolvencyBoundE6(vectors[i]), bounds[i], vm.toString(i));
        }
    }

    function test_solvency_bounds_equal_those_of_python() public view {
        (uint256[][] memory grids, uint256[] memory chosen, uint256[][] memory rest, int256[] memory bounds) =
            abi.decode(vm.parseJsonBytes(json, ".solvency"), (uint256[][], uint256[], uint256[][], int256[]));
        vm.assertGe(rest.length, 500, "cases");
        for (uint256 i = 0; i < rest.length; ++i) {
            uint256[] memory d = _joined(grids[chosen[i]], rest[i]);
            vm.assertEq(native.solvencyBoundE6(d), bounds[i], vm.toString(i));
        }
    }

    function test_gas_of_insolvency_depends_on_positions_alone() public {
        _call(abi.encodeCall(native.insolvencyBoundE6, (_insolvency(16))));
        vm.snapshotGasLastCall("native", "insolvency_native_16");
        _call(abi.encodeCall(native.insolvencyBoundE6, (_insolvency(32))));
        vm.snapshotGasLastCall("native", "insolvency_native_32");
    }

    function test_gas_of_solvency_grows_with_positions() public {
        uint8[4] memory counts = [1, 4, 8, 16];
        string[4] memory names =
            ["solvency_native_1_36", "solvency_native_4_36", "solvency_native_8_36", "solvency_native_16_36"];
        for (uint256 i = 0; i < 4; ++i) {
            _call(abi.encodeCall(native.solvencyBoundE6, (_solvency(counts[i]))));
            vm.snapshotGasLastCall("native", names[i]);
        }
    }

    /// @dev A transaction with base cost and calldata, which a view call is not.
    function _call(bytes memory data) private {
        (bool success,) = address(native).call(data);
        vm.assertTrue(success, "computed");
    }

    function test_an_empty_account_needs_nothing() public view {
        vm.assertEq(native.insolvencyBoundE6(_insolvency(0)), int256(0), "insolvency");
        vm.assertEq(native.solvencyBoundE6(_solvency(0)), int256(0), "solvency");
    }

    function test_a_vector_of_another_length_reverts_with_WrongLength() public {
        vm.expectRevert(abi.encodeWithSelector(Words.WrongLength.selector, 0, 1));
        native.insolvencyBoundE6(new uint256[](0));
        vm.expectRevert(abi.encodeWithSelector(Words.WrongLength.selector, 9, 10));
        native.solvencyBoundE6(new uint256[](9));
    }

    function test_an_element_beyond_its_fields_reverts(uint256 excess) public {
        uint256[] memory d = _insolvency(1);
        d[1] |= bound(excess, 1, type(uint64).max) << 155;
        vm.expectRevert(abi.encodeWithSelector(Words.ValueTooWide.selector, "d", d[1], 155));
        native.insolvencyBoundE6(d);
    }

    function test_a_bound_from_above_without_a_true_inverse_reverts_with_InverseVolTooSmall() public {
        uint256[] memory d = _insolvency(1);
        InsolvencyLayout.PositionsRecord memory r = _insolvencyRecord();
        (r.amountE4, r.inverseVolQ4) = (1, r.inverseVolQ4 - 1);
        d[1] = InsolvencyLayout.packPositions(r);
        vm.expectRevert(abi.encodeWithSelector(MarginBook.InverseVolTooSmall.selector, 1, r.volQ18, r.inverseVolQ4));
        native.insolvencyBoundE6(d);
    }

    function test_a_perpetual_put_reverts_with_PerpetualPut() public {
        uint256[] memory d = _insolvency(1);
        InsolvencyLayout.PositionsRecord memory r = _insolvencyRecord();
        (r.put, r.perpetual) = (1, 1);
        d[1] = InsolvencyLayout.packPositions(r);
        vm.expectRevert(abi.encodeWithSelector(MarginBook.PerpetualPut.selector, 1));
        native.insolvencyBoundE6(d);
    }

    function _joined(uint256[] memory grid, uint256[] memory rest) private pure returns (uint256[] memory d) {
        d = new uint256[](rest.length + grid.length);
        d[0] = rest[0];
        for (uint256 i = 0; i < grid.length; ++i) {
            d[1 + i] = grid[i];
        }
        for (uint256 i = 1; i < rest.length; ++i) {
            d[grid.length + i] = rest[i];
        }
    }

    function _insolvencyRecord() private pure returns (InsolvencyLayout.PositionsRecord memory) {
        return InsolvencyLayout.PositionsRecord({
            amountE4: 10_000,
            put: 0,
            perpetual: 0,
            strikeE2: 6_000_000,
            logMoneynessQ24: 0,
            forwardE2: 6_000_000,
            volQ18: 1 << 15,
            inverseVolQ4: 1 << 7
        });
    }

    function _insolvency(uint256 count) private pure returns (uint256[] memory d) {
        d = new uint256[](1 + count);
        d[0] =
            InsolvencyLayout.packHeader(InsolvencyLayout.HeaderRecord(0, 0, 80, 600, 200, 9_000, -1_767_625, 100_000));
        for (uint256 i = 0; i < count; ++i) {
            InsolvencyLayout.PositionsRecord memory r = _insolvencyRecord();
            // forge-lint: disable-next-line(unsafe-typecast)
            r.logMoneynessQ24 = int256(i) << 18;
            d[1 + i] = InsolvencyLayout.packPositions(r);
        }
    }

    function _solvency(uint256 count) private pure returns (uint256[] memory d) {
        d = new uint256[](10 + count);
        d[0] = SolvencyLayout.packHeader(SolvencyLayout.HeaderRecord(0, 0, 100, 600, 200));
        for (uint256 row = 0; row < 36; ++row) {
            uint256 record = SolvencyLayout.packGrid(SolvencyLayout.GridRecord(9_000 + row, -1_767_625, 100_000));
            d[1 + row / 4] |= record << (60 * (row % 4));
        }
        for (uint256 i = 0; i < count; ++i) {
            d[10 + i] = SolvencyLayout.packPositions(
                SolvencyLayout.PositionsRecord({
                    amountE4: -10_000,
                    put: 0,
                    perpetual: 0,
                    strikeE2: 6_000_000,
                    // forge-lint: disable-next-line(unsafe-typecast)
                    logMoneynessQ24: int256(i) << 18,
                    forwardE2: 6_000_000,
                    volUpQ18: 1 << 15,
                    volNoneQ18: 1 << 15,
                    volDownQ18: 1 << 15,
                    inverseVolUpQ4: 1 << 7,
                    inverseVolNoneQ4: 1 << 7,
                    inverseVolDownQ4: 1 << 7
                })
            );
        }
    }
}
