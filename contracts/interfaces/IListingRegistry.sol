// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Listed strikes of every expiry, with their logarithms, registered once.
interface IListingRegistry {
    /// @notice One expiry's listing. `elementsHash` is the hash of two hashes: of its listing elements, ten strikes an
    /// element, and of its logarithm elements, three an element.
    struct Listing {
        bytes32 elementsHash;
        uint8 tickE2;
        uint8 count;
    }

    /// @notice An expiry was listed; `elements` are the used listing and logarithm elements of every slice of it.
    event ListingAdded(
        bytes32 indexed market, uint64 indexed expiry, uint8 tickE2, uint24[] strikes, uint256[] elements
    );

    /// @notice Expired expiries left the market's list.
    event ListingsPruned(bytes32 indexed market, uint256 count);

    /// @notice The expiry is listed already.
    error ListingExists(bytes32 market, uint64 expiry);

    /// @notice The expiry is not listed.
    error UnknownListing(bytes32 market, uint64 expiry);

    /// @notice The expiry is not after the block's time.
    error ListingExpired(uint64 expiry, uint256 timestamp);

    /// @notice No strikes, or more than a slice holds.
    error WrongStrikeCount(uint256 count, uint256 capacity);

    /// @notice Strike `index` is zero or not above the one before.
    error StrikesNotAscending(uint256 index, uint24 strikeTicks);

    /// @notice A strike tick worth nothing.
    error ZeroTick(bytes32 market, uint64 expiry);

    /// @notice Lists the strikes of an expiry; owner only. The contract computes the logarithms itself.
    /// @param tickE2 Value of one strike tick in 1e-2 USD.
    /// @param strikes Strikes in ticks, strictly ascending, 1 to 80 of them.
    function addListing(bytes32 market, uint64 expiry, uint8 tickE2, uint24[] calldata strikes) external;

    /// @notice Drops expired expiries from the market's list; their listings stay readable. Anyone.
    function prune(bytes32 market) external;

    /// @notice The listing; reverts where there is none.
    function listingOf(bytes32 market, uint64 expiry) external view returns (Listing memory);

    /// @notice Listed expiries of a market, ascending; expired ones stay until pruned.
    function expiries(bytes32 market) external view returns (uint64[] memory);
}
