// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IReports} from "../interfaces/IReports.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// @notice EIP-712 digests of what publishers sign, under the domain (name "zkrisk", version "1"), without chain id or
/// contract: reports and listings are facts.
library ReportHash {
    bytes32 internal constant DOMAIN_SEPARATOR = keccak256(
        abi.encode(keccak256("EIP712Domain(string name,string version)"), keccak256("zkrisk"), keccak256("1"))
    );

    bytes32 internal constant EXPIRY_TYPE_HASH = keccak256(
        "ExpiryReport(uint64 expiry,uint64 forwardQ16,uint32 discountE9,bytes32 quotesHash,uint256 knotsDigest)"
    );

    bytes32 internal constant REPORT_TYPE_HASH = keccak256(
        "Report(bytes32 market,uint64 epoch,uint16 attempt,uint64 observedAtMs,uint32 setVersion,uint32 venueMask,uint32 absentVenues,uint32 rejectedCount,uint16 confidenceE4,bytes32 configHash,bytes32 snapshotRoot,uint64 spotE2,uint128 cumulativeSpotE2Ms,uint64 perpetualMarkE2,uint64 perpetualIndexE2,ExpiryReport[] expiries)ExpiryReport(uint64 expiry,uint64 forwardQ16,uint32 discountE9,bytes32 quotesHash,uint256 knotsDigest)"
    );

    bytes32 internal constant LISTING_TYPE_HASH =
        keccak256("Listing(bytes32 market,uint64 expiry,uint8 tickE2,uint24[] strikes,uint32 setVersion)");

    /// @dev Members of a report before its expiries, and members of an expiry, each a word of calldata.
    uint256 private constant REPORT_MEMBERS = 15;
    uint256 private constant EXPIRY_MEMBERS = 5;

    /// @notice What the publishers sign.
    /// @dev Every member is a value type, so that the struct's calldata is what EIP-712 hashes after the type's hash. The
    /// compiler's decoder refuses dirty upper bits when a member is read, not here: a dirty word gives another digest,
    /// which nobody signed.
    function digest(IReports.Report calldata report) internal pure returns (bytes32) {
        IReports.ExpiryReport[] calldata expiries = report.expiries;
        bytes32 typeHash = EXPIRY_TYPE_HASH;
        bytes32 structHash;
        bytes32 expiriesHash;
        assembly ("memory-safe") {
            let free := mload(0x40)
            // Above the words of one expiry: the hashes of all of them.
            let hashes := add(free, mul(32, add(EXPIRY_MEMBERS, 1)))
            let size := mul(32, expiries.length)
            mstore(free, typeHash)
            for { let i := 0 } lt(i, size) { i := add(i, 32) } {
                calldatacopy(add(free, 32), add(expiries.offset, mul(EXPIRY_MEMBERS, i)), mul(32, EXPIRY_MEMBERS))
                mstore(add(hashes, i), keccak256(free, mul(32, add(EXPIRY_MEMBERS, 1))))
            }
            expiriesHash := keccak256(hashes, size)
        }
        typeHash = REPORT_TYPE_HASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            calldatacopy(add(free, 32), report, mul(32, REPORT_MEMBERS))
            mstore(add(free, mul(32, add(REPORT_MEMBERS, 1))), expiriesHash)
            structHash := keccak256(free, mul(32, add(REPORT_MEMBERS, 2)))
        }
        return MessageHashUtils.toTypedDataHash(DOMAIN_SEPARATOR, structHash);
    }

    /// @notice What the publishers sign of a listing.
    function listingDigest(bytes32 market, uint64 expiry, uint8 tickE2, uint24[] calldata strikes, uint32 setVersion)
        internal
        pure
        returns (bytes32)
    {
        bytes32 strikesHash = keccak256(abi.encodePacked(strikes));
        bytes32 structHash = keccak256(abi.encode(LISTING_TYPE_HASH, market, expiry, tickE2, strikesHash, setVersion));
        return MessageHashUtils.toTypedDataHash(DOMAIN_SEPARATOR, structHash);
    }
}
