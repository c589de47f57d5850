// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DensityLaw} from "./DensityLaw.sol";

/// @notice Two expiries of one market compared in time by the circuit's certificate [C-1], [C-3] to [C-5], the same in Python
/// (`oracle/model/calendar.py`): calls at equal moneyness do not fall from the earlier to the later slice.
library CalendarPath {
    /// @notice [C-1] The atom at zero shrinks in time.
    error AtomShrinks(uint256 earlierSurvivalQ53, uint256 laterSurvivalQ53);

    /// @notice [C-3] The ratio is above that of the means, or its denominator is zero.
    error RatioTooHigh(uint256 ratioP, uint256 ratioQ);

    /// @notice [C-5] Kinks or tangents do not ascend inside the slices, or are of different numbers.
    error PathNotAscending(uint256 piece);

    /// @notice [C-4] The tangent lies below the chord of a piece, or too far above it for the circuit's width.
    error TangentBelowChord(uint256 piece);

    /// @notice A path: one byte for the last knot of each piece but the last, one byte for each piece's tangent.
    struct Path {
        uint32 ratioP;
        uint32 ratioQ;
        bytes kinks;
        bytes tangents;
    }

    uint256 private constant PRICE_BITS = 72;

    /// @notice Reverts unless the path proves the pair. Any number of pieces is accepted.
    function requirePath(DensityLaw.Law memory earlier, DensityLaw.Law memory later, Path calldata path) internal pure {
        if (later.survivalQ53[0] > earlier.survivalQ53[0]) {
            revert AtomShrinks(earlier.survivalQ53[0], later.survivalQ53[0]);
        }
        // 32 + 78 bits.
        uint256 above = uint256(path.ratioQ) * earlier.meanQ53;
        if (path.ratioQ == 0 || uint256(path.ratioP) * later.meanQ53 > above) {
            revert RatioTooHigh(path.ratioP, path.ratioQ);
        }
        uint256 pieces = path.tangents.length;
        if (pieces == 0 || path.kinks.length != pieces - 1) revert PathNotAscending(0);
        uint256 left = 0;
        for (uint256 i = 0; i < pieces; ++i) {
            uint256 right = i == pieces - 1 ? earlier.knotsTicks.length - 1 : uint8(path.kinks[i]);
            uint256 tangent = uint8(path.tangents[i]);
            bool ascends = right > left && right < earlier.knotsTicks.length && tangent < later.knotsTicks.length
                && (i == 0 || tangent > uint8(path.tangents[i - 1]));
            if (!ascends) revert PathNotAscending(i);
            _requirePiece(earlier, later, path, tangent, left, right, i);
            left = right;
        }
    }

    /// @notice Whether the pair can have no path: the later atom is smaller, or the tangent of the earlier calls at one knot
    /// lies above the later law's call at another, at equal moneyness. No convex earlier law lies below its tangent.
    function crosses(DensityLaw.Law memory earlier, DensityLaw.Law memory later, uint256 earlierKnot, uint256 laterKnot)
        internal
        pure
        returns (bool)
    {
        if (later.survivalQ53[0] > earlier.survivalQ53[0]) return true;
        uint256 slope = earlier.survivalQ53[earlierKnot];
        // Calls and means have 78 bits, slopes 54, knots 24.
        uint256 intercept = earlier.callQ53[earlierKnot] + slope * earlier.knotsTicks[earlierKnot];
        uint256 reached = later.callQ53[laterKnot] + slope * later.knotsTicks[laterKnot];
        return intercept * later.meanQ53 > reached * earlier.meanQ53;
    }

    /// @dev [C-4] at both ends of the piece; prices have 78 bits, survivals 54, knots 24.
    function _requirePiece(
        DensityLaw.Law memory earlier,
        DensityLaw.Law memory later,
        Path calldata path,
        uint256 tangent,
        uint256 left,
        uint256 right,
        uint256 piece
    ) private pure {
        unchecked {
            uint256 slope = later.survivalQ53[tangent];
            uint256 intercept = later.callQ53[tangent] + slope * later.knotsTicks[tangent];
            intercept = uint256(path.ratioP) * intercept / path.ratioQ;
            // A negative difference wraps to a number of 256 bits.
            uint256 roomLeft = intercept - earlier.callQ53[left] - slope * earlier.knotsTicks[left];
            uint256 roomRight = intercept - earlier.callQ53[right] - slope * earlier.knotsTicks[right];
            if ((roomLeft | roomRight) >> PRICE_BITS != 0) revert TangentBelowChord(piece);
        }
    }
}
