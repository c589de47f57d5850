// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IListingRegistry} from "./interfaces/IListingRegistry.sol";
import {IPublisherSet} from "./interfaces/IPublisherSet.sol";
import {DataContract} from "./libraries/DataContract.sol";
import {ReportHash} from "./libraries/ReportHash.sol";
import {Slice} from "./statements/Slice.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

/// @title ListingRegistry
/// @notice Listed strikes of every expiry, with their logarithms, registered once: by the owner, or by anyone who relays
/// what the publishers' quorum signed.
contract ListingRegistry is IListingRegistry, Ownable2Step {
    /// @notice Whose quorum may list.
    IPublisherSet public immutable publisherSet;

    mapping(bytes32 market => mapping(uint64 expiry => Listing)) private _listings;

    constructor(address admin, IPublisherSet publisherSet_) Ownable(admin) {
        publisherSet = publisherSet_;
    }

    /// @inheritdoc IListingRegistry
    function addListing(bytes32 market, uint64 expiry, uint8 tickE2, uint24[] calldata strikes) external onlyOwner {
        _add(market, expiry, tickE2, strikes);
    }

    /// @inheritdoc IListingRegistry
    function relayListing(
        bytes32 market,
        uint64 expiry,
        uint8 tickE2,
        uint24[] calldata strikes,
        uint32 setVersion,
        bytes calldata signatures
    ) external {
        bytes32 digest = listingDigest(market, expiry, tickE2, strikes, setVersion);
        publisherSet.requireQuorum(digest, setVersion, signatures);
        _add(market, expiry, tickE2, strikes);
    }

    /// @inheritdoc IListingRegistry
    function listingOf(bytes32 market, uint64 expiry) external view returns (Listing memory listing) {
        listing = _listings[market][expiry];
        if (listing.tickE2 == 0) revert UnknownListing(market, expiry);
    }

    /// @inheritdoc IListingRegistry
    function listingDigest(bytes32 market, uint64 expiry, uint8 tickE2, uint24[] calldata strikes, uint32 setVersion)
        public
        pure
        returns (bytes32)
    {
        return ReportHash.listingDigest(market, expiry, tickE2, strikes, setVersion);
    }

    function _add(bytes32 market, uint64 expiry, uint8 tickE2, uint24[] calldata strikes) private {
        if (expiry <= block.timestamp) revert ListingExpired(expiry, block.timestamp);
        if (tickE2 == 0) revert ZeroTick(market, expiry);
        if (_listings[market][expiry].tickE2 != 0) revert ListingExists(market, expiry);
        if (strikes.length == 0 || strikes.length > Slice.MAX_STRIKES) {
            revert WrongStrikeCount(strikes.length, Slice.MAX_STRIKES);
        }
        for (uint256 i = 0; i < strikes.length; ++i) {
            if (strikes[i] <= (i == 0 ? 0 : strikes[i - 1])) revert StrikesNotAscending(i, strikes[i]);
        }
        address elements = DataContract.store(abi.encodePacked(Slice.listingElements(strikes)));
        // At most 80 strikes.
        // forge-lint: disable-next-line(unsafe-typecast)
        _listings[market][expiry] = Listing({elements: elements, tickE2: tickE2, count: uint8(strikes.length)});
        emit ListingAdded(market, expiry, elements, tickE2, strikes);
    }
}
