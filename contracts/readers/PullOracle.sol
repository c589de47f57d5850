// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC7412} from "../interfaces/IERC7412.sol";
import {IOracleReader} from "../interfaces/IOracleReader.sol";
import {IPullOracle} from "../interfaces/IPullOracle.sol";
import {IReports} from "../interfaces/IReports.sol";
import {IRiskOracle} from "../interfaces/IRiskOracle.sol";

/// @title PullOracle
/// @notice The oracle for consumers that bring their data along (ERC-7412).
/// @dev `fulfillOracleQuery` takes abi.encode(Kind, payload): for a market (Report, signatures), for a slice (Report,
/// signatures, SliceUpdate[]), for a vol (market, strike, MarginSlice). All of it is checked where it lands.
contract PullOracle is IPullOracle {
    /// @notice The oracle behind it.
    IRiskOracle public immutable oracle;

    /// @notice Its reader.
    IOracleReader public immutable reader;

    mapping(bytes32 market => mapping(uint64 expiry => mapping(uint24 strikeTicks => StoredVol))) private _vols;

    constructor(IRiskOracle oracle_, IOracleReader reader_) {
        (oracle, reader) = (oracle_, reader_);
    }

    /// @inheritdoc IERC7412
    function fulfillOracleQuery(bytes calldata signedOffchainData) external payable {
        if (msg.value != 0) revert ValueNotAccepted(msg.value);
        (Kind kind, bytes memory payload) = abi.decode(signedOffchainData, (Kind, bytes));
        if (kind == Kind.Market) {
            (IReports.Report memory report, bytes memory signatures) = abi.decode(payload, (IReports.Report, bytes));
            oracle.submitReport(report, signatures);
        } else if (kind == Kind.Slice) {
            (IReports.Report memory report, bytes memory signatures, IRiskOracle.SliceUpdate[] memory updates) =
                abi.decode(payload, (IReports.Report, bytes, IRiskOracle.SliceUpdate[]));
            oracle.submit(report, signatures, updates);
        } else {
            (bytes32 market, uint24 strikeTicks, IRiskOracle.MarginSlice memory slice) =
                abi.decode(payload, (bytes32, uint24, IRiskOracle.MarginSlice));
            (uint64 vol, uint64 observedAt) = reader.getVol(market, strikeTicks, slice);
            _vols[market][slice.expiry][strikeTicks] = StoredVol({totalVolQ32: vol, observedAt: observedAt});
            emit VolStored(market, slice.expiry, strikeTicks, vol, observedAt);
        }
    }

    /// @inheritdoc IERC7412
    function oracleId() external pure returns (bytes32) {
        return "zkrisk";
    }

    /// @inheritdoc IPullOracle
    function spotE2(bytes32 market, uint256 maxAge) external view returns (uint64 value) {
        try reader.getSpotNoOlderThan(market, maxAge) returns (uint64 spot, uint64) {
            return spot;
        } catch {
            _require(Kind.Market, market, 0, 0, maxAge);
        }
    }

    /// @inheritdoc IPullOracle
    function forwardQ16(bytes32 market, uint64 expiry, uint256 maxAge) external view returns (uint64 value) {
        try reader.getForwardNoOlderThan(market, expiry, maxAge) returns (uint64 forward, uint64) {
            return forward;
        } catch {
            _require(Kind.Slice, market, expiry, 0, maxAge);
        }
    }

    /// @inheritdoc IPullOracle
    function totalVolQ32(bytes32 market, uint64 expiry, uint24 strikeTicks, uint256 maxAge)
        external
        view
        returns (uint64)
    {
        StoredVol memory stored = _vols[market][expiry][strikeTicks];
        if (stored.totalVolQ32 == 0 || block.timestamp > stored.observedAt + maxAge) {
            _require(Kind.Vol, market, expiry, strikeTicks, maxAge);
        }
        return stored.totalVolQ32;
    }

    /// @inheritdoc IPullOracle
    function storedVol(bytes32 market, uint64 expiry, uint24 strikeTicks) external view returns (StoredVol memory) {
        return _vols[market][expiry][strikeTicks];
    }

    function _require(Kind kind, bytes32 market, uint64 expiry, uint24 strikeTicks, uint256 maxAge) private view {
        Query memory query =
            Query({kind: kind, market: market, expiry: expiry, strikeTicks: strikeTicks, maxAge: maxAge});
        revert OracleDataRequired(address(this), abi.encode(query));
    }
}
