// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What the publishers sign of a market: fixed once for every venue and quorum.
interface IReports {
    /// @notice What the publishers attest of one expiry: forward in strike ticks at 2^16, discount factor at 1e-9.
    struct ExpiryReport {
        uint64 expiry;
        uint64 forwardQ16;
        uint32 discountE9;
        bytes32 quotesHash;
        uint256 knotsDigest;
    }

    /// @notice What the publishers sign (EIP-712 name "zkrisk", version "1", no chain id: a report is a fact). Venues are
    /// bits of `venueMask`; `absentVenues` are those of them that gave nothing. `confidenceE4`: relative half-width of the
    /// spot's uncertainty in 1e-4. `cumulativeSpotE2Ms`: integral of the spot over milliseconds since any origin.
    struct Report {
        bytes32 market;
        uint64 epoch;
        uint16 attempt;
        uint64 observedAtMs;
        uint32 setVersion;
        uint32 venueMask;
        uint32 absentVenues;
        uint32 rejectedCount;
        uint16 confidenceE4;
        bytes32 configHash;
        bytes32 snapshotRoot;
        uint64 spotE2;
        uint128 cumulativeSpotE2Ms;
        uint64 perpetualMarkE2;
        uint64 perpetualIndexE2;
        ExpiryReport[] expiries;
    }
}
