// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC7412} from "./IERC7412.sol";

/// @notice The oracle for consumers that bring their data along. A query is abi.encode(Query).
interface IPullOracle is IERC7412 {
    /// @notice What a read needs: the market's newest report, the slice of an expiry, or the vol of one of its strikes.
    enum Kind {
        Market,
        Slice,
        Vol
    }

    /// @notice A query; `expiry` and `strikeTicks` are zero where the kind has none. `maxAge` in seconds.
    struct Query {
        Kind kind;
        bytes32 market;
        uint64 expiry;
        uint24 strikeTicks;
        uint256 maxAge;
    }

    /// @notice A vol as it was last brought: total, at scale 2^32.
    struct StoredVol {
        uint64 totalVolQ32;
        uint64 observedAt;
    }

    /// @notice A vol of a stored slice was brought.
    event VolStored(
        bytes32 indexed market, uint64 indexed expiry, uint24 indexed strikeTicks, uint64 totalVolQ32, uint64 observedAt
    );

    /// @notice Neither data for a query is worth anything here, nor can it be paid back.
    error ValueNotAccepted(uint256 value);

    /// @notice Spot in 1e-2 USD, or OracleDataRequired.
    function spotE2(bytes32 market, uint256 maxAge) external view returns (uint64);

    /// @notice Forward in ticks at scale 2^16, or OracleDataRequired.
    function forwardQ16(bytes32 market, uint64 expiry, uint256 maxAge) external view returns (uint64);

    /// @notice Total vol at scale 2^32 of a listed strike, or OracleDataRequired.
    function totalVolQ32(bytes32 market, uint64 expiry, uint24 strikeTicks, uint256 maxAge)
        external
        view
        returns (uint64);

    /// @notice The vol that was last brought; all zero where none was.
    function storedVol(bytes32 market, uint64 expiry, uint24 strikeTicks) external view returns (StoredVol memory);
}
