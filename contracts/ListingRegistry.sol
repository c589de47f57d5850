// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IListingRegistry} from "./interfaces/IListingRegistry.sol";
import {Slice} from "./statements/Slice.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

/// @title ListingRegistry
/// @notice Listed strikes of every expiry, with their logarithms, registered once.
contract ListingRegistry is IListingRegistry, Ownable2Step {
    mapping(bytes32 market => mapping(uint64 expiry => Listing)) private _listings;
    mapping(bytes32 market => uint64[]) private _expiries;

    constructor(address admin) Ownable(admin) {}

    /// @inheritdoc IListingRegistry
    function addListing(bytes32 market, uint64 expiry, uint8 tickE2, uint24[] calldata strikes) external onlyOwner {
        if (expiry <= block.timestamp) revert ListingExpired(expiry, block.timestamp);
        if (tickE2 == 0) revert ZeroTick(market, expiry);
        if (_listings[market][expiry].tickE2 != 0) revert ListingExists(market, expiry);
        if (strikes.length == 0 || strikes.length > Slice.MAX_STRIKES) {
            revert WrongStrikeCount(strikes.length, Slice.MAX_STRIKES);
        }
        for (uint256 i = 0; i < strikes.length; ++i) {
            if (strikes[i] <= (i == 0 ? 0 : strikes[i - 1])) revert StrikesNotAscending(i, strikes[i]);
        }
        uint256[] memory elements = Slice.listingElements(strikes);
        _listings[market][expiry] = Listing({
            elementsHash: Slice.hashOfElements(elements, strikes.length),
            tickE2: tickE2,
            // At most 80.
            // forge-lint: disable-next-line(unsafe-typecast)
            count: uint8(strikes.length)
        });
        _insert(_expiries[market], expiry);
        emit ListingAdded(market, expiry, tickE2, strikes, elements);
    }

    /// @inheritdoc IListingRegistry
    function prune(bytes32 market) external {
        uint64[] storage list = _expiries[market];
        uint256 expired = 0;
        while (expired < list.length && list[expired] <= block.timestamp) ++expired;
        if (expired == 0) return;
        uint256 kept = list.length - expired;
        for (uint256 i = 0; i < kept; ++i) {
            list[i] = list[i + expired];
        }
        for (uint256 i = 0; i < expired; ++i) {
            list.pop();
        }
        emit ListingsPruned(market, expired);
    }

    /// @inheritdoc IListingRegistry
    function listingOf(bytes32 market, uint64 expiry) external view returns (Listing memory listing) {
        listing = _listings[market][expiry];
        if (listing.tickE2 == 0) revert UnknownListing(market, expiry);
    }

    /// @inheritdoc IListingRegistry
    function expiries(bytes32 market) external view returns (uint64[] memory) {
        return _expiries[market];
    }

    /// @dev Keeps the list ascending; the expiry is not in it.
    function _insert(uint64[] storage list, uint64 expiry) private {
        list.push(expiry);
        for (uint256 i = list.length - 1; i > 0 && list[i - 1] > expiry; --i) {
            list[i] = list[i - 1];
            list[i - 1] = expiry;
        }
    }
}
