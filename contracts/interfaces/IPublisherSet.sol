// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IReports} from "./IReports.sol";

/// @notice Who signs reports and listings, and how many must.
interface IPublisherSet is IReports {
    /// @notice The publisher set changed.
    event PublishersSet(uint32 setVersion, address[] publishers, uint8 threshold);

    /// @notice A publisher signed two different reports of one market, epoch and attempt, and is removed.
    event PublisherRemoved(address indexed publisher, bytes32 digest, bytes32 otherDigest);

    /// @notice Signature `index` recovers to nobody, or is not 65 bytes long.
    error InvalidSignature(uint256 index);

    /// @notice The signer is not a publisher.
    error UnknownSigner(address signer);

    /// @notice Signers are not strictly ascending; a duplicate counts once.
    error SignersNotAscending(address previous, address signer);

    /// @notice Fewer signatures than the threshold.
    error BelowThreshold(uint256 signatures, uint256 threshold);

    /// @notice Signed under another publisher set.
    error WrongSetVersion(uint32 setVersion, uint32 current);

    /// @notice A publisher set that is empty, too small for its threshold, or not strictly ascending from above zero.
    error InvalidPublisherSet(uint256 publishers, uint256 threshold);

    /// @notice The two reports do not contradict each other: the same, or of another market, epoch or attempt.
    error NoEquivocation(bytes32 digest, bytes32 otherDigest);

    /// @notice The two reports have different signers.
    error SignersDiffer(address signer, address otherSigner);

    /// @notice Replaces the publishers, strictly ascending, and raises the set version; owner only.
    function setPublishers(address[] calldata publishers, uint8 threshold) external;

    /// @notice Removes at once the publisher who signed both of two different reports of one market, epoch and attempt.
    /// Anyone. The threshold stays: with fewer publishers than it nothing lands until the owner names a new set.
    function removeEquivocator(
        Report calldata report,
        bytes calldata signature,
        Report calldata other,
        bytes calldata otherSignature
    ) external;

    /// @notice Reverts unless enough current publishers signed `digest`, which names `setVersion`.
    /// @param signatures 65 bytes each, one after the other, signers strictly ascending by address.
    function requireQuorum(bytes32 digest, uint32 setVersion, bytes calldata signatures) external view;

    /// @notice EIP-712 digest that the publishers sign.
    function reportDigest(Report calldata report) external view returns (bytes32);

    /// @notice The current publishers, ascending.
    function publishers() external view returns (address[] memory);

    /// @notice Version of the publisher set; every report and listing names it.
    function setVersion() external view returns (uint32);

    /// @notice Signatures that a report needs.
    function threshold() external view returns (uint8);
}
