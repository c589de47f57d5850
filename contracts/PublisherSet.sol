// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {ReportHash} from "./libraries/ReportHash.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title PublisherSet
/// @notice Who may sign reports, and how many must.
abstract contract PublisherSet is IRiskOracle, Ownable2Step {
    /// @notice Version of the publisher set; every report names it.
    uint32 public setVersion;

    /// @notice Signatures that a report needs.
    uint8 public threshold;

    address[] private _publishers;

    /// @dev Version of the set in which an address last was a publisher.
    mapping(address publisher => uint32 version) private _memberOf;

    constructor(address admin, address[] memory publishers_, uint8 threshold_) Ownable(admin) {
        _setPublishers(publishers_, threshold_);
    }

    /// @inheritdoc IRiskOracle
    function setPublishers(address[] calldata publishers_, uint8 threshold_) external onlyOwner {
        _setPublishers(publishers_, threshold_);
    }

    /// @notice The current publishers.
    function publishers() external view returns (address[] memory) {
        return _publishers;
    }

    /// @inheritdoc IRiskOracle
    function reportDigest(Report calldata report) public pure returns (bytes32) {
        return ReportHash.digest(report);
    }

    /// @dev Digest of a report that enough current publishers signed.
    function _requireQuorum(Report calldata report, bytes[] calldata signatures)
        internal
        view
        returns (bytes32 digest)
    {
        if (report.setVersion != setVersion) {
            revert WrongSetVersion(report.setVersion, setVersion);
        }
        if (signatures.length < threshold) revert BelowThreshold(signatures.length, threshold);
        digest = reportDigest(report);
        address previous = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, signatures[i]);
            if (failure != ECDSA.RecoverError.NoError) revert InvalidSignature(i);
            if (_memberOf[signer] != setVersion) revert UnknownSigner(signer);
            if (signer <= previous) revert SignersNotAscending(previous, signer);
            previous = signer;
        }
    }

    function _setPublishers(address[] memory publishers_, uint8 threshold_) private {
        if (threshold_ == 0 || threshold_ > publishers_.length) {
            revert InvalidPublisherSet(publishers_.length, threshold_);
        }
        uint32 version = ++setVersion;
        for (uint256 i = 0; i < publishers_.length; ++i) {
            if (publishers_[i] == address(0) || _memberOf[publishers_[i]] == version) {
                revert InvalidPublisherSet(publishers_.length, threshold_);
            }
            _memberOf[publishers_[i]] = version;
        }
        _publishers = publishers_;
        threshold = threshold_;
        emit PublishersSet(version, publishers_, threshold_);
    }
}
