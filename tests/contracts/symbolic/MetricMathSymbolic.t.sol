// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ExpMath} from "../../../contracts/libraries/ExpMath.sol";
import {MetricMath} from "../../../contracts/libraries/MetricMath.sol";
import {Positions} from "../../../contracts/libraries/Positions.sol";

/// @notice What `make prove-arithmetic` proves for every input (halmos): the arithmetic of the metric adapters.
/// @dev Named `check_`, so that forge runs none of it. An assertion is what is proven, a `return` leaves inputs out.
contract MetricMathSymbolic {
    /// @notice Prices at eight decimals are exact, positive and never overflow.
    function check_dollars_are_exact_at_eight_decimals(uint64 valueE2) external pure {
        int256 answer = MetricMath.dollarsE8(valueE2);
        assert(answer >= 0 && answer < 1 << 84);
        assert(uint256(answer) == uint256(valueE2) * 1_000_000);
    }

    /// @notice A forward loses less than one unit of 1e-8 USD, and is never rounded up.
    function check_a_forward_loses_less_than_one_unit(uint64 forwardQ16, uint8 tickE2) external pure {
        uint256 exactQ16 = uint256(forwardQ16) * uint256(tickE2) * 1_000_000;
        int256 answer = MetricMath.forwardE8(forwardQ16, tickE2);
        assert(answer >= 0 && answer < 1 << 76);
        assert(uint256(answer) << 16 <= exactQ16);
        assert(exactQ16 - (uint256(answer) << 16) < 1 << 16);
    }

    /// @notice A larger forward has no smaller answer.
    function check_forwards_keep_their_order(uint64 lowQ16, uint64 highQ16, uint8 tickE2) external pure {
        if (lowQ16 > highQ16) return;
        assert(MetricMath.forwardE8(lowQ16, tickE2) <= MetricMath.forwardE8(highQ16, tickE2));
    }

    /// @notice Neither adapter reverts on any input: what Solidity checks is never reached.
    function check_no_price_reverts(uint64 valueE2, uint64 forwardQ16, uint8 tickE2) external view {
        (bool done,) = address(this).staticcall(abi.encodeCall(this.prices, (valueE2, forwardQ16, tickE2)));
        assert(done);
    }

    function prices(uint64 valueE2, uint64 forwardQ16, uint8 tickE2) external pure returns (int256, int256) {
        return (MetricMath.dollarsE8(valueE2), MetricMath.forwardE8(forwardQ16, tickE2));
    }

    /// @notice A vol at a tenor: rounded down, and within one unit of the quotient. Tenors are those at which a feed is asked
    /// first; the vol is any.
    function check_a_vol_loses_less_than_one_unit(uint64 totalVolQ32) external pure {
        uint32[5] memory tenors = [uint32(0), 60, 1 days, 30 days, 730 days];
        for (uint256 i = 0; i < 5; ++i) {
            uint256 rootQ32 = ExpMath.sqrtYearsQ32(tenors[i]);
            int256 answer = MetricMath.volE8(totalVolQ32, tenors[i]);
            assert(answer >= 0 && rootQ32 != 0);
            uint256 scaled = uint256(totalVolQ32) * 100_000_000;
            assert(uint256(answer) * rootQ32 <= scaled);
            assert(scaled - uint256(answer) * rootQ32 < rootQ32);
        }
    }

    /// @notice Every field of a position is read back, and no field reaches into another.
    function check_a_position_keeps_every_field(
        uint64 expiry,
        uint24 strikeTicks,
        bool put,
        int256 amountE4,
        uint8 hint
    ) external pure {
        if (amountE4 <= -(1 << 28) || amountE4 >= 1 << 28) return;
        uint256 position = Positions.pack(expiry, strikeTicks, put, amountE4, hint);
        assert(Positions.expiryOf(position) == expiry);
        assert(Positions.strikeTicksOf(position) == strikeTicks);
        assert(Positions.isPut(position) == put);
        assert(Positions.amountE4Of(position) == amountE4);
        assert(Positions.hintOf(position) == hint);
    }
}
