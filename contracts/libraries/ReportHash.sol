// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// @notice EIP-712 digest of a report under the domain (name "zkrisk", version "1"), without chain id or contract.
library ReportHash {
    bytes32 internal constant DOMAIN_SEPARATOR = keccak256(
        abi.encode(keccak256("EIP712Domain(string name,string version)"), keccak256("zkrisk"), keccak256("1"))
    );

    bytes32 internal constant EXPIRY_TYPE_HASH =
        keccak256("ExpiryReport(uint64 expiry,uint64 forwardQ16,bytes32 quotesHash,uint256 knotsDigest)");

    bytes32 internal constant REPORT_TYPE_HASH = keccak256(
        "Report(bytes32 market,uint64 epoch,uint64 observedAtMs,uint64 spotE2,uint32 setVersion,uint32 rejectedCount,bytes32 snapshotRoot,ExpiryReport[] expiries)ExpiryReport(uint64 expiry,uint64 forwardQ16,bytes32 quotesHash,uint256 knotsDigest)"
    );

    /// @notice What the publishers sign.
    function digest(IRiskOracle.Report calldata report) internal pure returns (bytes32) {
        bytes32[] memory expiries = new bytes32[](report.expiries.length);
        for (uint256 i = 0; i < expiries.length; ++i) {
            IRiskOracle.ExpiryReport calldata e = report.expiries[i];
            expiries[i] = keccak256(abi.encode(EXPIRY_TYPE_HASH, e.expiry, e.forwardQ16, e.quotesHash, e.knotsDigest));
        }
        bytes32 structHash = keccak256(
            abi.encode(
                REPORT_TYPE_HASH,
                report.market,
                report.epoch,
                report.observedAtMs,
                report.spotE2,
                report.setVersion,
                report.rejectedCount,
                report.snapshotRoot,
                keccak256(abi.encodePacked(expiries))
            )
        );
        return MessageHashUtils.toTypedDataHash(DOMAIN_SEPARATOR, structHash);
    }
}
