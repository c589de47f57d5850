// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {GreeksMath} from "../libraries/GreeksMath.sol";
import {IRiskOracle} from "./IRiskOracle.sol";

/// @notice What other contracts read of the oracle, one number a call. Only fresh and liquidate-only data is read;
/// `observedAt` in Unix seconds. The forms with `maxAge` refuse what is older, in seconds.
interface IOracleReader {
    /// @notice The words of a proven option that the stored slice does not fix.
    struct OptionClaim {
        uint256 strikeTicks;
        uint256 callQ53;
        uint256 totalVolQ32;
        uint256 cdfD1;
        uint256 pdfD1;
    }

    /// @notice A proof of an `option` statement: circuit, the epoch and report that its domain names, digest and proof.
    struct OptionProof {
        bytes32 circuitId;
        uint64 epoch;
        bytes32 reportDigest;
        uint256 digest;
        uint256[8] proof;
    }

    /// @notice The slice cannot be read in this state.
    error SliceNotReadable(uint64 expiry, IRiskOracle.State state);

    /// @notice The market cannot be read in this state.
    error MarketNotReadable(bytes32 market, IRiskOracle.State state);

    /// @notice The value is older than the reader accepts, in seconds.
    error TooOld(uint64 observedAt, uint256 maxAge);

    /// @notice The strike is not listed in the slice.
    error StrikeNotListed(uint64 expiry, uint256 strikeTicks);

    /// @notice The circuit does not prove options.
    error UnsupportedCircuit(bytes32 circuitId);

    /// @notice The proof does not hold for these words and the stored slice.
    error InvalidOptionProof(bytes32 circuitId, uint64 expiry, uint256 strikeTicks);

    /// @notice Spot in 1e-2 USD.
    function getSpot(bytes32 market) external view returns (uint64 spotE2, uint64 observedAt);

    /// @notice The same, no older than `maxAge`.
    function getSpotNoOlderThan(bytes32 market, uint256 maxAge) external view returns (uint64 spotE2, uint64 observedAt);

    /// @notice Relative half-width of the spot's uncertainty in 1e-4.
    function getConfidence(bytes32 market) external view returns (uint16 confidenceE4, uint64 observedAt);

    /// @notice Mark of the perpetual in 1e-2 USD; zero where the publishers know none.
    function getPerpetualMarkNoOlderThan(bytes32 market, uint256 maxAge)
        external
        view
        returns (uint64 markE2, uint64 observedAt);

    /// @notice Proven forward in ticks at scale 2^16.
    function getForward(bytes32 market, uint64 expiry) external view returns (uint64 forwardQ16, uint64 observedAt);

    /// @notice The same, no older than `maxAge`.
    function getForwardNoOlderThan(bytes32 market, uint64 expiry, uint256 maxAge)
        external
        view
        returns (uint64 forwardQ16, uint64 observedAt);

    /// @notice Proven total implied vol at scale 2^32 of a listed strike.
    function getVol(bytes32 market, uint24 strikeTicks, IRiskOracle.MarginSlice calldata slice)
        external
        view
        returns (uint64 totalVolQ32, uint64 observedAt);

    /// @notice The same, no older than `maxAge`.
    function getVolNoOlderThan(
        bytes32 market,
        uint24 strikeTicks,
        IRiskOracle.MarginSlice calldata slice,
        uint256 maxAge
    ) external view returns (uint64 totalVolQ32, uint64 observedAt);

    /// @notice Verifies an `option` proof against the stored slice and returns price and Greeks of the call or the put, at
    /// the tenor of the slice's observation. Any strike, listed or not.
    function getOption(
        bytes32 market,
        uint64 expiry,
        bool put,
        OptionClaim calldata claim,
        OptionProof calldata proof,
        uint256 maxAge
    ) external view returns (GreeksMath.OptionGreeks memory greeks, uint64 observedAt);
}
