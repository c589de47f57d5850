// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IReports} from "../interfaces/IReports.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice Averages of the signed spot, and funding of the perpetual, in integers.
library SpotMath {
    /// @notice Milliseconds in which a premium is paid once.
    uint256 internal constant FUNDING_PERIOD_MS = 8 hours * 1000;

    /// @notice Longest time between two reports that accrues funding, in milliseconds.
    uint256 internal constant MAX_FUNDING_MS = 1 hours * 1000;

    /// @notice Largest premium that counts, as a part of the index: one two-hundredth.
    uint256 internal constant INDEX_PER_PREMIUM = 200;

    /// @notice What one whole long perpetual owes for the time between two reports, in 1e-6 USD, rounded towards zero:
    /// premium x time / 8 hours, the premium at most 0.5 % of the index. Zero where mark or index is missing.
    function fundingE6(uint64 markE2, uint64 indexE2, uint256 elapsedMs) internal pure returns (int256) {
        if (markE2 == 0 || indexE2 == 0) return 0;
        unchecked {
            // Prices have 64 bits, 10^4 has 14 and the time 22: the product is far below 2^255.
            uint256 gap = markE2 > indexE2 ? markE2 - indexE2 : indexE2 - markE2;
            uint256 premiumE2 = Math.min(gap, indexE2 / INDEX_PER_PREMIUM);
            uint256 owed = premiumE2 * 1e4 * Math.min(elapsedMs, MAX_FUNDING_MS) / FUNDING_PERIOD_MS;
            // forge-lint: disable-next-line(unsafe-typecast)
            return markE2 > indexE2 ? int256(owed) : -int256(owed);
        }
    }

    /// @notice The report's cumulative spot carried back to `atMs`, which is not after it, at the report's own spot;
    /// negative where the origin lies between.
    function cumulativeAt(IReports.Report calldata report, uint256 atMs) internal pure returns (int256) {
        // 128 bits, and 64 bits by 64 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        return int256(uint256(report.cumulativeSpotE2Ms)) - int256(report.spotE2 * (report.observedAtMs - atMs));
    }

    /// @notice True where the spot is further from the average since an earlier report than `limitE4`, relative, or where
    /// the signed integral fell. Nothing is compared over no time.
    function deviates(
        IReports.Report calldata report,
        uint256 earlierCumulativeE2Ms,
        uint256 earlierMs,
        uint256 limitE4
    ) internal pure returns (bool) {
        (uint256 cumulative, uint256 observedAtMs, uint256 spotE2) =
            (report.cumulativeSpotE2Ms, report.observedAtMs, report.spotE2);
        if (observedAtMs <= earlierMs) return false;
        if (cumulative <= earlierCumulativeE2Ms) return true;
        unchecked {
            // Both differences are positive; the average has 128 bits, spot and limit have 64 at most.
            uint256 average = (cumulative - earlierCumulativeE2Ms) / (observedAtMs - earlierMs);
            uint256 gap = spotE2 > average ? spotE2 - average : average - spotE2;
            return gap * 10_000 > average * limitE4;
        }
    }
}
