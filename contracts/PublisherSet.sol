// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPublisherSet} from "./interfaces/IPublisherSet.sol";
import {DataContract} from "./libraries/DataContract.sol";
import {ReportHash} from "./libraries/ReportHash.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title PublisherSet
/// @notice Who signs reports and listings, and how many must.
contract PublisherSet is IPublisherSet, Ownable2Step {
    uint256 private constant SIGNATURE_LENGTH = 65;

    /// @dev Data contract of the publishers, one a word, ascending; in one word with what follows.
    address private _members;

    /// @inheritdoc IPublisherSet
    uint32 public setVersion;

    /// @inheritdoc IPublisherSet
    uint8 public threshold;

    constructor(address admin, address[] memory publishers_, uint8 threshold_) Ownable(admin) {
        _setPublishers(publishers_, threshold_);
    }

    /// @inheritdoc IPublisherSet
    function setPublishers(address[] calldata publishers_, uint8 threshold_) external onlyOwner {
        _setPublishers(publishers_, threshold_);
    }

    /// @inheritdoc IPublisherSet
    function removeEquivocator(
        Report calldata report,
        bytes calldata signature,
        Report calldata other,
        bytes calldata otherSignature
    ) external {
        (bytes32 digest, bytes32 otherDigest) = (ReportHash.digest(report), ReportHash.digest(other));
        bool sameRound = report.market == other.market && report.epoch == other.epoch && report.attempt == other.attempt
            && report.setVersion == other.setVersion;
        if (!sameRound || digest == otherDigest) revert NoEquivocation(digest, otherDigest);
        address signer = _recover(digest, signature, 0);
        address otherSigner = _recover(otherDigest, otherSignature, 1);
        if (signer != otherSigner) revert SignersDiffer(signer, otherSigner);
        _remove(signer);
        emit PublisherRemoved(signer, digest, otherDigest);
    }

    /// @inheritdoc IPublisherSet
    function publishers() external view returns (address[] memory list) {
        uint256[] memory words = DataContract.loadWords(_members);
        // Every word is an address: the two arrays have one form in memory.
        assembly ("memory-safe") {
            list := words
        }
    }

    /// @inheritdoc IPublisherSet
    function reportDigest(Report calldata report) external pure returns (bytes32) {
        return ReportHash.digest(report);
    }

    /// @inheritdoc IPublisherSet
    function requireQuorum(bytes32 digest, uint32 setVersion_, bytes calldata signatures) external view {
        (address pointer, uint32 current, uint8 least) = (_members, setVersion, threshold);
        if (setVersion_ != current) revert WrongSetVersion(setVersion_, current);
        uint256 count = signatures.length / SIGNATURE_LENGTH;
        if (count < least) revert BelowThreshold(count, least);
        if (signatures.length != count * SIGNATURE_LENGTH) revert InvalidSignature(count);
        uint256[] memory members = DataContract.loadWords(pointer);
        // Members and signers ascend: `cursor`, an address in memory, passes each member once.
        uint256 cursor;
        assembly ("memory-safe") {
            cursor := add(members, 32)
        }
        address previous = address(0);
        for (uint256 i = 0; i < count; ++i) {
            address signer = _recover(digest, signatures[SIGNATURE_LENGTH * i:SIGNATURE_LENGTH * (i + 1)], i);
            bool found;
            assembly ("memory-safe") {
                let end := add(add(members, 32), mul(32, mload(members)))
                for {} lt(cursor, end) {} {
                    let member := mload(cursor)
                    if gt(member, signer) { break }
                    cursor := add(cursor, 32)
                    if eq(member, signer) {
                        found := 1
                        break
                    }
                }
            }
            if (!found) {
                if (_isMember(members, signer)) revert SignersNotAscending(previous, signer);
                revert UnknownSigner(signer);
            }
            previous = signer;
        }
    }

    function _setPublishers(address[] memory publishers_, uint8 threshold_) private {
        bool valid = threshold_ != 0 && threshold_ <= publishers_.length;
        address previous = address(0);
        for (uint256 i = 0; i < publishers_.length; ++i) {
            valid = valid && publishers_[i] > previous;
            previous = publishers_[i];
        }
        if (!valid) revert InvalidPublisherSet(publishers_.length, threshold_);
        _members = DataContract.store(abi.encodePacked(publishers_));
        threshold = threshold_;
        emit PublishersSet(++setVersion, publishers_, threshold_);
    }

    function _remove(address publisher) private {
        uint256[] memory members = DataContract.loadWords(_members);
        uint256 kept = 0;
        for (uint256 i = 0; i < members.length; ++i) {
            if (members[i] != uint160(publisher)) members[kept++] = members[i];
        }
        if (kept == members.length) revert UnknownSigner(publisher);
        assembly ("memory-safe") {
            mstore(members, kept)
        }
        _members = DataContract.store(abi.encodePacked(members));
    }

    function _recover(bytes32 digest, bytes calldata signature, uint256 index) private pure returns (address signer) {
        ECDSA.RecoverError failure;
        (signer, failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure != ECDSA.RecoverError.NoError) revert InvalidSignature(index);
    }

    function _isMember(uint256[] memory members, address signer) private pure returns (bool) {
        for (uint256 i = 0; i < members.length; ++i) {
            if (members[i] == uint160(signer)) return true;
        }
        return false;
    }
}
