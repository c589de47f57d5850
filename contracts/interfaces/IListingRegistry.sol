// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Listed strikes of every expiry, with their logarithms, registered once.
interface IListingRegistry {
    /// @notice One expiry's listing. `elements`: data contract of its listing elements, ten strikes an element, followed
    /// by its logarithm elements, three an element; the used ones of every slice of the expiry.
    struct Listing {
        address elements;
        uint8 tickE2;
        uint8 count;
    }

    /// @notice An expiry was listed.
    event ListingAdded(bytes32 indexed market, uint64 indexed expiry, address elements, uint8 tickE2, uint24[] strikes);

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

    /// @notice Lists what a quorum of the publishers signed (EIP-712, no chain id). Anyone.
    function relayListing(
        bytes32 market,
        uint64 expiry,
        uint8 tickE2,
        uint24[] calldata strikes,
        uint32 setVersion,
        bytes calldata signatures
    ) external;

    /// @notice EIP-712 digest of a listing.
    function listingDigest(bytes32 market, uint64 expiry, uint8 tickE2, uint24[] calldata strikes, uint32 setVersion)
        external
        view
        returns (bytes32);

    /// @notice The listing; reverts where there is none.
    function listingOf(bytes32 market, uint64 expiry) external view returns (Listing memory);
}
