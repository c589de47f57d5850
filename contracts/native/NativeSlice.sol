// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {NormalTables} from "../generated/NormalTables.sol";
import {SliceLayout} from "../generated/SliceLayout.sol";
import {INativeSlice} from "../interfaces/INativeSlice.sol";
import {DataContract} from "../libraries/DataContract.sol";
import {Black76} from "./Black76.sol";
import {CalendarPath} from "./CalendarPath.sol";
import {DensityLaw} from "./DensityLaw.sol";

/// @title NativeSlice
/// @notice The slice statement in plain Solidity; the table of the normal distribution lies in a data contract.
contract NativeSlice is INativeSlice {
    using DensityLaw for DensityLaw.Law;

    /// @dev Data contract of `NormalTables.CORE_CDF`.
    address private immutable _tables;

    int256 private constant QUOTE_UNITS_PER_COIN = 20_000;

    /// @dev [B-2] Prices of the core are ticks at 2^168; the vol is that of the call plus the mean over 2^22.
    uint256 private constant CALL_SHIFT = 115;
    uint256 private constant FLOOR_SHIFT = 93;
    int256 private constant VOL_TOLERANCE = 1 << 153;

    /// @dev First elements of the runs that the check reads, and values of the header.
    struct Context {
        uint256 results;
        uint256 listing;
        uint256 logarithms;
        uint256 tables;
        uint256 forwardQ16;
        uint256 lnForwardQ48;
        uint256 tickE2;
    }

    constructor() {
        _tables = DataContract.store(NormalTables.CORE_CDF);
    }

    /// @inheritdoc INativeSlice
    function requireSlice(uint256[] calldata d, uint256 count, Opening calldata opening)
        external
        view
        returns (bytes32[3] memory knotsHashes)
    {
        uint256[] memory words = d;
        uint256 capacity = _capacityOf(d.length);
        if (count > capacity) revert SliceTooShort(d.length, count);
        SliceLayout.requireWidths(words, capacity);
        uint256 knots = _knotsOf(capacity);
        DensityLaw.Law memory law = DensityLaw.open(opening.knots, knots);
        knotsHashes[1] = keccak256(abi.encodePacked(opening.knots));
        _requireStrikes(words, capacity, count, law);
        if (opening.earlierKnots.length != 0) {
            DensityLaw.Law memory earlier = DensityLaw.open(opening.earlierKnots, knots);
            CalendarPath.requirePath(earlier, law, opening.earlierPath);
            knotsHashes[0] = keccak256(abi.encodePacked(opening.earlierKnots));
        }
        if (opening.laterKnots.length != 0) {
            DensityLaw.Law memory later = DensityLaw.open(opening.laterKnots, knots);
            CalendarPath.requirePath(law, later, opening.laterPath);
            knotsHashes[2] = keccak256(abi.encodePacked(opening.laterKnots));
        }
    }

    /// @inheritdoc INativeSlice
    function crosses(
        uint256[] calldata earlierKnots,
        uint256[] calldata laterKnots,
        uint256 earlierKnot,
        uint256 laterKnot
    ) external pure returns (bool) {
        DensityLaw.Law memory earlier = DensityLaw.open(earlierKnots, _knotsIn(earlierKnots.length));
        DensityLaw.Law memory later = DensityLaw.open(laterKnots, _knotsIn(laterKnots.length));
        return CalendarPath.crosses(earlier, later, earlierKnot, laterKnot);
    }

    function _requireStrikes(uint256[] memory d, uint256 capacity, uint256 count, DensityLaw.Law memory law)
        private
        view
    {
        uint256 header = d[SliceLayout.headerIndex()];
        Context memory context = Context({
            results: SliceLayout.resultsIndex(capacity),
            listing: SliceLayout.listingIndex(capacity),
            logarithms: SliceLayout.logarithmsIndex(capacity),
            tables: _coefficients(),
            forwardQ16: SliceLayout.headerForwardQ16(header),
            lnForwardQ48: SliceLayout.headerLnForwardQ48(header),
            tickE2: SliceLayout.headerTickE2(header)
        });
        law.requireMean(context.forwardQ16);
        uint256 squares = 0;
        unchecked {
            // Strikes and knots ascend, both with the row.
            uint256 row = 0;
            for (uint256 i = 0; i < count; ++i) {
                uint256 strikeTicks = SliceLayout.listingAt(d, context.listing, i);
                row = _rowOf(law.knotsTicks, strikeTicks, row);
                // At most 80 squares of 103 bits.
                squares += _squareOf(d, context, law, i, strikeTicks, row++);
            }
            // 48 + 2 x 78 bits on the left, 16 + 213 on the right.
            uint256 fitErrorQ16 = SliceLayout.headerFitErrorQ16(header);
            if (fitErrorQ16 * law.meanQ53 * law.meanQ53 < squares << 16) revert FitErrorTooLow(fitErrorQ16);
        }
    }

    /// @dev First row from `row` whose knot is the strike. Knots that repeat it have the same call.
    function _rowOf(uint256[] memory knotsTicks, uint256 strikeTicks, uint256 row) private pure returns (uint256) {
        unchecked {
            while (row < knotsTicks.length && knotsTicks[row] < strikeTicks) ++row;
            if (row >= knotsTicks.length || strikeTicks == 0 || knotsTicks[row] != strikeTicks) {
                revert StrikeNotAKnot(strikeTicks);
            }
            return row;
        }
    }

    /// @dev Checks one listed strike and returns its squared price error [S-2], zero unless it is quoted.
    function _squareOf(
        uint256[] memory d,
        Context memory context,
        DensityLaw.Law memory law,
        uint256 i,
        uint256 strikeTicks,
        uint256 row
    ) private pure returns (uint256) {
        uint256 callQ53 = law.callQ53[row];
        uint256 result = SliceLayout.resultsAt(d, context.results, i);
        uint256 expectedE2 = (callQ53 * context.tickE2 + (DensityLaw.MASS_ONE >> 1)) >> 53;
        uint256 markE2 = SliceLayout.resultsMarkE2(result);
        if (markE2 != expectedE2) revert MarkOffLaw(strikeTicks, markE2, expectedE2);
        uint256 lnStrikeQ48 = SliceLayout.logarithmsLnStrikeQ48(SliceLayout.logarithmsAt(d, context.logarithms, i));
        _requireVol(context, law.meanQ53, callQ53, strikeTicks, lnStrikeQ48, SliceLayout.resultsTotalVolQ32(result));
        uint256 quote = SliceLayout.quotesAt(d, SliceLayout.quotesIndex(), i);
        if (SliceLayout.quotesQuoted(quote) == 0) return 0;
        unchecked {
            // forge-lint: disable-start(unsafe-typecast)
            int256 mean = int256(law.meanQ53);
            int256 parity = SliceLayout.quotesPut(quote) == 1 ? mean - int256(strikeTicks << 53) : int256(0);
            int256 miss = QUOTE_UNITS_PER_COIN * (int256(callQ53) - parity)
                - int256(SliceLayout.quotesMidHalfTicks(quote)) * mean;
            return uint256(miss * miss);
            // forge-lint: disable-end(unsafe-typecast)
        }
    }

    /// @dev [B-3] at 2^168 ticks: forward x Phi is below 2^193, strike x Phi below 2^192. The table's Phi(0) is not one half,
    /// and the circuit takes a d of zero with either sign: so does this.
    function _requireVol(
        Context memory context,
        uint256 meanQ53,
        uint256 callQ53,
        uint256 strikeTicks,
        uint256 lnStrikeQ48,
        uint256 totalVolQ32
    ) private pure {
        unchecked {
            // forge-lint: disable-start(unsafe-typecast)
            int256 kQ48 = int256(lnStrikeQ48) - int256(context.lnForwardQ48);
            (uint256 cdfD1, uint256 cdfD2) = Black76.cdfs(context.tables, kQ48, totalVolQ32);
            int256 gap = int256(context.forwardQ16 * cdfD1) - int256((strikeTicks << 16) * cdfD2)
                - int256((callQ53 << CALL_SHIFT) + (meanQ53 << FLOOR_SHIFT));
            if (_tolerates(gap)) return;
            (uint256 atZero, uint256 negated) = Black76.cdfsAtZero(context.tables);
            int256 excess = int256(atZero - negated);
            bool tolerated = (cdfD1 == atZero && _tolerates(gap - int256(context.forwardQ16) * excess))
                || (cdfD2 == atZero && _tolerates(gap + int256(strikeTicks << 16) * excess));
            // forge-lint: disable-end(unsafe-typecast)
            if (!tolerated) revert VolOffPrice(strikeTicks, totalVolQ32);
        }
    }

    /// @dev The range of the circuit: the lower end is in it.
    function _tolerates(int256 gap) private pure returns (bool) {
        return gap >= -VOL_TOLERANCE && gap < VOL_TOLERANCE;
    }

    /// @dev Strike slots of the circuit whose data vector has this length; zero where none has.
    function _capacityOf(uint256 length) private pure returns (uint256) {
        uint8[4] memory capacities = [16, 32, 48, 80];
        for (uint256 i = 0; i < 4; ++i) {
            if (length == SliceLayout.length(capacities[i])) return capacities[i];
        }
        return 0;
    }

    /// @dev Knots of the circuit with this many strike slots.
    function _knotsOf(uint256 capacity) private pure returns (uint256) {
        return capacity + 16;
    }

    /// @dev Knots of the circuit whose knots take this many elements: 32, 48, 64, 96 of 11, 16, 22, 32.
    function _knotsIn(uint256 elements) private pure returns (uint256) {
        return 3 * elements / 16 * 16;
    }

    /// @dev Memory address of the first coefficient; the allocation is never released.
    function _coefficients() private view returns (uint256 first) {
        bytes memory tables = DataContract.load(_tables);
        assembly ("memory-safe") {
            first := add(tables, 32)
        }
    }
}
