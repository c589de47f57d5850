// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MetricMath} from "../../../contracts/libraries/MetricMath.sol";
import {Positions} from "../../../contracts/libraries/Positions.sol";
import {SliceRecord} from "../../../contracts/libraries/SliceRecord.sol";

/// @notice What `make prove-arithmetic` proves for every input (halmos): the arithmetic of the metric adapters.
/// @dev Named `check_`, so that forge runs none of it. An assertion is what is proven, a `return` leaves inputs out.
// The prover's prefix. Results are not negative where they are cast.
// forge-lint: disable-next-item(mixed-case-function, unsafe-typecast)
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

    /// @notice Every field of the word that a slice's readers see is read back.
    function check_a_slices_word_keeps_every_field(SliceRecord.Meta calldata given) external pure {
        SliceRecord.Meta memory m = SliceRecord.unpack(SliceRecord.pack(given));
        assert(m.epoch == given.epoch && m.attempt == given.attempt);
        assert(m.observedAt == given.observedAt && m.previousObservedAt == given.previousObservedAt);
        assert(m.replacedAt == given.replacedAt && m.forwardQ16 == given.forwardQ16);
        assert(m.referenceVolE6 == given.referenceVolE6 && m.flags == given.flags);
        assert(m.outside == given.outside && m.quoted == given.quoted);
    }

    /// @notice Listing and neighbours of a slice are read back, whatever neighbours there were.
    function check_a_slices_place_keeps_every_field(
        address elements,
        uint8 count,
        uint8 tickE2,
        uint40[2] calldata before,
        uint40[2] calldata next
    ) external pure {
        uint256 place = SliceRecord.withNeighbours(SliceRecord.placeOf(elements, count, tickE2), before[0], before[1]);
        place = SliceRecord.withNeighbours(place, next[0], next[1]);
        (address listed, uint8 strikes, uint8 tick) = SliceRecord.listingOf(place);
        assert(listed == elements && strikes == count && tick == tickE2);
        assert(SliceRecord.earlierOf(place) == next[0] && SliceRecord.laterOf(place) == next[1]);
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
