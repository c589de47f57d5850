// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CalendarPath} from "../native/CalendarPath.sol";

/// @notice The slice statement checked without a proof on opened words, in the integers of the circuit: a second
/// implementation, and what shows that a proven slice's words are false.
interface INativeSlice {
    /// @notice What a proof hides: the knots of a slice, one byte a listed strike that names its knot, and the knots and paths of
    /// the neighbours it is compared with (no elements: not compared). Knots are packed as in a slice's knots digest.
    struct Opening {
        uint256[] knots;
        bytes strikeRows;
        uint256[] earlierKnots;
        CalendarPath.Path earlierPath;
        uint256[] laterKnots;
        CalendarPath.Path laterPath;
    }

    /// @notice No slice circuit has a data vector of this length, or fewer slots than strikes.
    error SliceTooShort(uint256 length, uint256 strikes);

    /// @notice The knot named for a listed strike is another number of ticks, or there is none.
    error StrikeNotAKnot(uint256 strikeTicks, uint256 row);

    /// @notice The published mark is not the law's call price to the nearest cent.
    error MarkOffLaw(uint256 strikeTicks, uint256 markE2, uint256 expectedE2);

    /// @notice [B-3] The published vol does not reprice the call within 2^-15 ticks.
    error VolOffPrice(uint256 strikeTicks, uint256 totalVolQ32);

    /// @notice The stated fit error is below that of the published prices.
    error FitErrorTooLow(uint256 fitErrorQ16);

    /// @notice Reverts unless the words of a slice follow from the opened knots: widths, mass, mean, marks, vols and fit error of
    /// the first `count` strikes, and the calendar against the neighbours opened. Digests in `d` are not read.
    /// @return knotsHashes Keccak-256 of the packed knots of the earlier neighbour, the slice and the later one; zero: none.
    function requireSlice(uint256[] calldata d, uint256 count, Opening calldata opening)
        external
        view
        returns (bytes32[3] memory knotsHashes);
}
