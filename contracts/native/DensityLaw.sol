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
        law.knotsTicks = _knots(words, count);
        uint256 last = law.knotsTicks[count - 1];
        if (last >> 24 != 0) revert KnotTooHigh(last);
        (law.survivalQ53, law.callQ53) = (new uint256[](count), new uint256[](count));
        _integrate(law, words, count);
        uint256 mass = law.survivalQ53[0];
        if (mass > MASS_ONE) revert MassAboveOne(mass);
        law.meanQ53 = law.callQ53[0] + law.knotsTicks[0] * mass;
    }

    /// @notice [D-5] Reverts unless the mean is within 2^-20 ticks of the forward.
    function requireMean(Law memory law, uint256 forwardQ16) internal pure {
        uint256 attested = forwardQ16 << 37;
        uint256 gap = law.meanQ53 > attested ? law.meanQ53 - attested : attested - law.meanQ53;
        if (gap >= TOLERANCE_Q53) revert MeanOffForward(law.meanQ53, forwardQ16);
    }

    /// @notice Elements that `count` knots take.
    function elements(uint256 count) internal pure returns (uint256) {
        return (count + 2) / 3;
    }

    function _knots(uint256[] calldata words, uint256 count) private pure returns (uint256[] memory knots) {
        knots = new uint256[](count);
        unchecked {
            uint256 knot = words[0] >> (3 * RECORD_BITS);
            for (uint256 j = 0; j < count; ++j) {
                knots[j] = knot;
                knot += (words[j / 3] >> (RECORD_BITS * (j % 3) + 48)) & GAP_MASK;
            }
        }
    }

    /// @dev [D-1], [D-2] from the right.
    function _integrate(Law memory law, uint256[] calldata words, uint256 count) private pure {
        unchecked {
            (uint256 survival, uint256 call) = (0, 0);
            uint256 density = _density(words, count - 1);
            for (uint256 j = count - 1; j > 0; --j) {
                uint256 gap = law.knotsTicks[j] - law.knotsTicks[j - 1];
                uint256 left = _density(words, j - 1);
                call += gap * (survival + gap * (left + 2 * density));
                survival += 3 * gap * (left + density);
                (law.survivalQ53[j - 1], law.callQ53[j - 1]) = (survival, call);
                density = left;
            }
        }
    }

    function _density(uint256[] calldata words, uint256 j) private pure returns (uint256) {
        unchecked {
            return (words[j / 3] >> (RECORD_BITS * (j % 3))) & DENSITY_MASK;
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
