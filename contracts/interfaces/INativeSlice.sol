// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CalendarPath} from "../native/CalendarPath.sol";

/// @notice The slice statement checked without a proof on opened words, in the integers of the circuit: a second
/// implementation, and what shows that a proven slice's words are false. Whatever the circuit accepts of a listing that
/// ascends, it accepts: only the paths to the neighbours depend on what the caller chooses.
interface INativeSlice {
    /// @notice What a proof hides: the knots of a slice, and the knots and paths of the neighbours it is compared with (no
    /// elements: not compared). Knots are packed as in a slice's knots digest.
    struct Opening {
        uint256[] knots;
        uint256[] earlierKnots;
        CalendarPath.Path earlierPath;
        uint256[] laterKnots;
        CalendarPath.Path laterPath;
    }

    /// @notice No slice circuit has a data vector of this length, or fewer slots than strikes.
    error SliceTooShort(uint256 length, uint256 strikes);

    /// @notice A listed strike is none of the slice's knots, or not above the strike before.
    error StrikeNotAKnot(uint256 strikeTicks);

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

    /// @notice Whether two opened laws cross in time, shown at one knot of each: the later atom is smaller, or a tangent of the
    /// earlier law's calls lies above the later law's call at equal moneyness. Reverts on knots that are no law.
    /// @param earlierKnot Index of the knot at which the tangent touches.
    /// @param laterKnot Index of the knot at which prices are compared.
    function crosses(
        uint256[] calldata earlierKnots,
        uint256[] calldata laterKnots,
        uint256 earlierKnot,
        uint256 laterKnot
    ) external pure returns (bool);
}
