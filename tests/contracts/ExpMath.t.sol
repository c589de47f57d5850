// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginTypes} from "../../contracts/interfaces/IMarginTypes.sol";
import {ExpMath} from "../../contracts/libraries/ExpMath.sol";
import {LnMath} from "../../contracts/libraries/LnMath.sol";
import {VolShocks} from "../../contracts/statements/VolShocks.sol";
import {Test} from "./base/Test.sol";
import {volRuleOf} from "./base/VolRules.sol";

/// @notice Vol and inverse vol of one position: the elements of an insolvency statement, whose longs need upper bounds.
function volAndInverse(uint256 totalVolQ32, VolShocks.Shock memory shock, bool upper)
    pure
    returns (uint256 volQ18, uint256 inverseQ4)
{
    (uint256[] memory elements, uint256[] memory vols) = (new uint256[](1), new uint256[](1));
    (vols[0], elements[0]) = (totalVolQ32, upper ? 1 << 28 : 0);
    uint256 pointer;
    assembly ("memory-safe") {
        pointer := shock
    }
    VolShocks.putOne(elements, 0, elements, vols, 0, pointer);
    return ((elements[0] >> 122) & 0x1fffff, elements[0] >> 143);
}

function upperVolQ18(uint256 totalVolQ32, VolShocks.Shock memory shock) pure returns (uint256 volQ18) {
    (volQ18,) = volAndInverse(totalVolQ32, shock, true);
}

function lowerVolQ18(uint256 totalVolQ32, VolShocks.Shock memory shock) pure returns (uint256 volQ18) {
    (volQ18,) = volAndInverse(totalVolQ32, shock, false);
}

/// @notice One of a tenor's three shocks.
function shockOf(VolShocks.Shocks memory shocks, uint256 mode) pure returns (VolShocks.Shock memory shock) {
    assembly ("memory-safe") {
        shock := add(shocks, mul(mode, 96))
    }
}

contract ExpMathHarness {
    function expQ64(uint256 xQ48) external pure returns (uint256) {
        return ExpMath.expQ64(xQ48);
    }

    function tenorPowerQ64(uint256 tenorS, uint256 powerE4) external pure returns (uint256) {
        return ExpMath.tenorPowerQ64(tenorS, powerE4);
    }

    function upperQ18(uint256 totalVolQ32, VolShocks.Shock memory shock) external pure returns (uint256) {
        return upperVolQ18(totalVolQ32, shock);
    }

    /// @notice The element of a solvency statement, and those that the same amounts' opposites have in three insolvency statements.
    function elements(VolShocks.Shocks memory all, uint256 totalVolQ32, bool short)
        external
        pure
        returns (uint256 element, uint256[3] memory others)
    {
        (uint256[] memory d, uint256[] memory vols) = (new uint256[](3), new uint256[](1));
        (vols[0], d[2]) = (totalVolQ32, short ? 0 : 1 << 28);
        uint256 pointer;
        assembly ("memory-safe") {
            pointer := all
        }
        uint256[] memory given = new uint256[](1);
        given[0] = d[2];
        VolShocks.putAll(d, 2, given, vols, 0, pointer);
        element = d[2] >> 122;
        for (uint256 mode = 0; mode < 3; ++mode) {
            (uint256 volQ18, uint256 inverseQ4) = volAndInverse(totalVolQ32, shockOf(all, mode), short);
            others[mode] = (volQ18 << (21 * mode)) | (inverseQ4 << (63 + 12 * mode));
        }
    }

    function shocks(IMarginTypes.VolRule memory rule, uint256 tenorS) external pure returns (VolShocks.Shocks memory) {
        return VolShocks.ofTenor(rule, tenorS);
    }
}

/// @notice Replays tests/vectors/exponential.json: the integers of Python.
contract ExpMathTest is Test {
    ExpMathHarness private math = new ExpMathHarness();
    string private json = vector("exponential.json");

    function test_exponentials_equal_those_of_python() public view {
        uint256[] memory xs = vm.parseJsonUintArray(json, ".x_q48");
        uint256[] memory expected = vm.parseJsonUintArray(json, ".exp_q64");
        vm.assertTrue(xs.length > 60, "vector is not empty");
        for (uint256 i = 0; i < xs.length; ++i) {
            vm.assertEq(math.expQ64(xs[i]), expected[i], vm.toString(xs[i]));
        }
    }

    function test_tenor_powers_and_square_roots_equal_those_of_python() public view {
        uint256[] memory tenors = vm.parseJsonUintArray(json, ".tenor_s");
        uint256[] memory powers = vm.parseJsonUintArray(json, ".power_e4");
        uint256[] memory tenorPowers = vm.parseJsonUintArray(json, ".tenor_power_q64");
        uint256[] memory roots = vm.parseJsonUintArray(json, ".sqrt_years_q32");
        for (uint256 i = 0; i < tenors.length; ++i) {
            vm.assertEq(math.tenorPowerQ64(tenors[i], powers[i]), tenorPowers[i], vm.toString(tenors[i]));
            vm.assertEq(ExpMath.sqrtYearsQ32(tenors[i]), roots[i], vm.toString(tenors[i]));
        }
    }

    function test_the_shocks_of_every_rule_equal_those_of_python() public view {
        uint256[] memory tenors = vm.parseJsonUintArray(json, ".tenor_s");
        for (uint256 i = 0; i < tenors.length; ++i) {
            string memory row = string.concat("[", vm.toString(i), "]");
            uint256[] memory multipliers = vm.parseJsonUintArray(json, string.concat(".multiplier_q32", row));
            int256[] memory shifts = vm.parseJsonIntArray(json, string.concat(".shift_q32", row));
            uint256[] memory floors = vm.parseJsonUintArray(json, string.concat(".floor_q32", row));
            for (uint256 k = 0; k < 5; ++k) {
                VolShocks.Shocks memory s = math.shocks(_rule(k), tenors[i]);
                for (uint256 mode = 0; mode < 3; ++mode) {
                    VolShocks.Shock memory shock = shockOf(s, mode);
                    vm.assertEq(shock.multiplierQ32, multipliers[3 * k + mode], row);
                    vm.assertEq(shock.shiftQ64, shifts[3 * k + mode] << 32, row);
                    vm.assertEq(uint256(shock.floorQ64), floors[3 * k + mode] << 32, row);
                }
            }
        }
    }

    function test_a_month_is_the_unit_of_tenors_and_a_minute_the_least() public view {
        vm.assertEq(math.tenorPowerQ64(30 days, 3_000), 1 << 64, "a month to any power");
        vm.assertEq(math.tenorPowerQ64(1, 3_000), math.tenorPowerQ64(60, 3_000), "a second counts as a minute");
        uint256 lnMonthQ48 = LnMath.lnQ48(30 days << 16);
        vm.assertEq(math.tenorPowerQ64(60, 10_000), math.expQ64(lnMonthQ48 - LnMath.lnQ48(60 << 16)), "power one");
    }

    function test_a_vol_is_shocked_floored_and_rounded_by_its_side() public pure {
        VolShocks.Shock memory none = VolShocks.Shock(1 << 32, 0, 0);
        vm.assertEq(upperVolQ18((1 << 30) + 1, none), (1 << 16) + 1, "up to the next unit");
        vm.assertEq(lowerVolQ18((1 << 30) + 1, none), 1 << 16, "down");
        vm.assertEq(upperVolQ18(1, none), 1 << 11, "an upper bound is at least 2^-7");
        vm.assertEq(lowerVolQ18(1, none), 0, "a lower one is not");
        vm.assertEq(lowerVolQ18(1 << 35, none), (1 << 21) - 1, "a lower one is capped just below 8");
        VolShocks.Shock memory floored = VolShocks.Shock(3 << 31, 0, 1 << 63);
        vm.assertEq(lowerVolQ18(1 << 30, floored), 1 << 17, "1.5 x 0.25 is below the floor of 0.5");
        vm.assertEq(lowerVolQ18(1 << 32, floored), 3 << 17, "1.5 x 1 is not");
        vm.assertEq(lowerVolQ18(1 << 30, VolShocks.Shock(1 << 32, 1 << 61, 0)), 3 << 15, "0.25 + 0.125");
        vm.assertEq(lowerVolQ18(1 << 30, VolShocks.Shock(1 << 32, -(1 << 63), 0)), 0, "0.25 - 0.5 is nothing");
    }

    function test_an_inverse_vol_is_rounded_up_and_only_for_upper_bounds() public pure {
        VolShocks.Shock memory none = VolShocks.Shock(1 << 32, 0, 0);
        (uint256 volQ18, uint256 inverseQ4) = volAndInverse(3 << 32, none, true);
        vm.assertEq(volQ18, 3 << 18, "vol of 3");
        vm.assertEq(inverseQ4, 6, "16 / 3, rounded up");
        (, inverseQ4) = volAndInverse(3 << 32, none, false);
        vm.assertEq(inverseQ4, 0, "no upper bound");
        (, inverseQ4) = volAndInverse(0, none, true);
        vm.assertEq(inverseQ4, 1 << 11, "at the floor");
    }

    function test_an_upper_vol_of_eight_reverts_with_ShockedVolTooHigh() public {
        VolShocks.Shock memory doubled = VolShocks.Shock(2 << 32, 0, 0);
        vm.assertEq(math.upperQ18((1 << 34) - (1 << 13), doubled), (1 << 21) - 1, "just below 8");
        vm.expectRevert(abi.encodeWithSelector(VolShocks.ShockedVolTooHigh.selector, 1 << 21));
        math.upperQ18((1 << 34) - (1 << 13) + 1, doubled);
    }

    function testFuzz_three_shocks_at_once_are_each_of_them(
        uint256 totalVolQ32,
        uint32[2] memory multipliers,
        uint64[3] memory moves,
        bool short
    ) public view {
        VolShocks.Shocks memory s;
        // Vols and inverses of up to 8 with a multiplier of up to 4.
        totalVolQ32 = bound(totalVolQ32, 0, short ? (1 << 33) - (1 << 31) : (1 << 35) - 1);
        (s.upMultiplierQ32, s.downMultiplierQ32) = ((1 << 32) + uint256(multipliers[0]), multipliers[1]);
        (s.upShiftQ64, s.upFloorQ64) = (int256(uint256(moves[0])), int256(uint256(moves[1])));
        (s.noneMultiplierQ32, s.downShiftQ64) = (1 << 32, -int256(uint256(moves[2])));
        (uint256 element, uint256[3] memory others) = math.elements(s, totalVolQ32, short);
        vm.assertEq(element, others[0] | others[1] | others[2], "vols and inverses");
    }

    function testFuzz_a_larger_argument_has_no_smaller_exponential(uint256 x, uint256 y) public view {
        (x, y) = (bound(x, 0, (20 << 48) - 1), bound(y, 0, (20 << 48) - 1));
        (uint256 low, uint256 high) = x < y ? (x, y) : (y, x);
        vm.assertLe(math.expQ64(low), math.expQ64(high) + 2, "monotone but for its rounding");
    }

    function testFuzz_the_logarithm_of_an_exponential_is_its_argument(uint256 x) public view {
        x = bound(x, 0, (20 << 48) - 1);
        // Scale 2^64 read at 2^16 is a factor of 2^48.
        uint256 back = LnMath.lnQ48(math.expQ64(x)) - LnMath.lnQ48(1 << 64);
        vm.assertLe(back, x + 1, "not above");
        vm.assertLe(x, back + 2, "not below");
    }

    function test_an_argument_of_twenty_reverts_with_ExpOutOfDomain() public {
        math.expQ64((20 << 48) - 1);
        vm.expectRevert(abi.encodeWithSelector(ExpMath.ExpOutOfDomain.selector, 20 << 48));
        math.expQ64(20 << 48);
    }

    function test_a_power_above_one_reverts_with_PowerOutOfRange() public {
        math.tenorPowerQ64(60, 10_000);
        vm.expectRevert(abi.encodeWithSelector(ExpMath.PowerOutOfRange.selector, 10_001));
        math.tenorPowerQ64(60, 10_001);
    }

    function _rule(uint256 k) private view returns (IMarginTypes.VolRule memory) {
        uint256[] memory rule = vm.parseJsonUintArray(json, string.concat(".rules[", vm.toString(k), "]"));
        return volRuleOf(rule);
    }
}
