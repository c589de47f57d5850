// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Words} from "../libraries/Words.sol";

/// @notice One expiry as a piecewise-linear density over integer knots [D-1] to [D-5], the same in Python
/// (`oracle/model/density.py`).
/// @dev Knots come packed as in a slice's knots digest: three an element (density 48 | gap 22), the first knot on top of
/// element 0. Widths: knots < 2^28, survival < 2^80, calls < 2^107 for up to 128 knots.
library DensityLaw {
    /// @notice The last knot is 2^24 ticks or more.
    error KnotTooHigh(uint256 knotTicks);

    /// @notice The mass at the first knot exceeds 2^53.
    error MassAboveOne(uint256 survivalQ53);

    /// @notice [D-5] The mean misses the attested forward by 2^-20 ticks or more.
    error MeanOffForward(uint256 meanQ53, uint256 forwardQ16);

    /// @notice Knots in ticks, survival and call prices at 2^53, mean at 2^53 ticks.
    struct Law {
        uint256[] knotsTicks;
        uint256[] survivalQ53;
        uint256[] callQ53;
        uint256 meanQ53;
    }

    uint256 internal constant MASS_ONE = 1 << 53;

    uint256 private constant RECORD_BITS = 70;
    uint256 private constant DENSITY_MASK = (1 << 48) - 1;
    uint256 private constant GAP_MASK = (1 << 22) - 1;
    uint256 private constant TOLERANCE_Q53 = 1 << 33;

    /// @notice The law of `count` packed knots, 2 to 128. Reverts on bits outside their fields and a mass above one.
    function open(uint256[] calldata words, uint256 count) internal pure returns (Law memory law) {
        _requireWidths(words, count);
        (law.knotsTicks, law.survivalQ53, law.callQ53) =
        (new uint256[](count), new uint256[](count), new uint256[](count));
        _unpack(words, law.knotsTicks, law.survivalQ53);
        uint256 last = law.knotsTicks[count - 1];
        if (last >> 24 != 0) revert KnotTooHigh(last);
        _integrate(law.knotsTicks, law.survivalQ53, law.callQ53);
        uint256 mass = law.survivalQ53[0];
        if (mass > MASS_ONE) revert MassAboveOne(mass);
        law.meanQ53 = law.callQ53[0] + law.knotsTicks[0] * mass;
    }

    /// @notice [D-5] Reverts unless the mean minus the forward is in [-2^-20, 2^-20) ticks.
    function requireMean(Law memory law, uint256 forwardQ16) internal pure {
        uint256 attested = forwardQ16 << 37;
        uint256 lifted = law.meanQ53 + TOLERANCE_Q53;
        if (lifted < attested || lifted - attested >> 34 != 0) revert MeanOffForward(law.meanQ53, forwardQ16);
    }

    /// @notice Elements that `count` knots take.
    function elements(uint256 count) internal pure returns (uint256) {
        return (count + 2) / 3;
    }

    /// @dev Writes knots and densities, as many as both arrays have; words hold three records each.
    function _unpack(uint256[] calldata words, uint256[] memory knots, uint256[] memory densities) private pure {
        assembly ("memory-safe") {
            let source := words.offset
            let toKnot := add(knots, 32)
            let toDensity := add(densities, 32)
            let end := add(toKnot, mul(mload(knots), 32))
            let knot := shr(210, calldataload(source))
            for {} lt(toKnot, end) { source := add(source, 32) } {
                let word := calldataload(source)
                for { let record := 0 } and(lt(record, 3), lt(toKnot, end)) { record := add(record, 1) } {
                    mstore(toKnot, knot)
                    mstore(toDensity, and(word, DENSITY_MASK))
                    knot := add(knot, and(shr(48, word), GAP_MASK))
                    word := shr(70, word)
                    toKnot := add(toKnot, 32)
                    toDensity := add(toDensity, 32)
                }
            }
        }
    }

    /// @dev [D-1], [D-2] from the right; survivals replace the densities in their array.
    function _integrate(uint256[] memory knots, uint256[] memory densities, uint256[] memory calls) private pure {
        assembly ("memory-safe") {
            let toCalls := sub(calls, knots)
            let toDensities := sub(densities, knots)
            let place := add(knots, mul(mload(knots), 32))
            let density := mload(add(place, toDensities))
            let knot := mload(place)
            mstore(add(place, toDensities), 0)
            let survival := 0
            let call_ := 0
            let first := add(knots, 32)
            for {} gt(place, first) {} {
                place := sub(place, 32)
                let left := mload(add(place, toDensities))
                let gap := sub(knot, mload(place))
                knot := sub(knot, gap)
                call_ := add(call_, mul(gap, add(survival, mul(gap, add(left, add(density, density))))))
                survival := add(survival, mul(mul(3, gap), add(left, density)))
                mstore(add(place, toDensities), survival)
                mstore(add(place, toCalls), call_)
                density := left
            }
        }
    }

    /// @dev The first element has the first knot on top, the last one no records after the last knot and no gap for it.
    function _requireWidths(uint256[] calldata words, uint256 count) private pure {
        uint256 length = elements(count);
        if (words.length != length) revert Words.WrongLength(words.length, length);
        uint256 full = (1 << (3 * RECORD_BITS)) - 1;
        for (uint256 i = 0; i < length; ++i) {
            uint256 mask = i == 0 ? full | (((1 << 24) - 1) << (3 * RECORD_BITS)) : full;
            if (i == length - 1) {
                uint256 used = (RECORD_BITS * (count - 3 * i)) - 22;
                uint256 first = i == 0 ? ((1 << 24) - 1) << (3 * RECORD_BITS) : 0;
                mask = ((1 << used) - 1) | first;
            }
            if (words[i] & ~mask != 0) revert Words.BitsOutsideFields(i, words[i], mask);
        }
    }
}
