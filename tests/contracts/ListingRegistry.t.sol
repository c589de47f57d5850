// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ListingRegistry} from "../../contracts/ListingRegistry.sol";
import {IListingRegistry} from "../../contracts/interfaces/IListingRegistry.sol";
import {IPublisherSet} from "../../contracts/interfaces/IPublisherSet.sol";
import {DataContract} from "../../contracts/libraries/DataContract.sol";
import {LnMath} from "../../contracts/libraries/LnMath.sol";
import {Test} from "./base/Test.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

contract ListingRegistryTest is Test {
    bytes32 private constant MARKET = "BTC-USD";
    uint64 private constant EXPIRY = 2_000_000;

    ListingRegistry private listings = new ListingRegistry(address(this), IPublisherSet(address(0)));
    uint24[] private strikes = [40_000, 45_000, 50_000, 60_000];

    function setUp() public {
        vm.warp(1_000_000);
    }

    function test_a_listing_keeps_its_elements_in_a_data_contract() public {
        uint256[] memory elements = new uint256[](3);
        for (uint256 i = 0; i < 4; ++i) {
            elements[0] |= uint256(strikes[i]) << (24 * i);
            elements[1 + i / 3] |= LnMath.lnQ48(uint256(strikes[i]) << 16) << (80 * (i % 3));
        }
        listings.addListing(MARKET, EXPIRY, 100, strikes);
        IListingRegistry.Listing memory listing = listings.listingOf(MARKET, EXPIRY);
        vm.assertEq(DataContract.loadWords(listing.elements), elements, "elements");
        vm.assertEq(uint256(listing.count), 4, "count");
        vm.assertEq(uint256(listing.tickE2), 100, "tick");
    }

    function test_eighty_strikes_are_listed() public {
        uint24[] memory many = new uint24[](80);
        for (uint24 i = 0; i < 80; ++i) {
            many[i] = 1_000 * (i + 1);
        }
        listings.addListing(MARKET, EXPIRY, 100, many);
        vm.snapshotGasLastCall("gas", "listings.addListing of 80 strikes");
        vm.assertEq(uint256(listings.listingOf(MARKET, EXPIRY).count), 80, "count");
    }

    function test_a_second_listing_reverts_with_ListingExists() public {
        listings.addListing(MARKET, EXPIRY, 100, strikes);
        vm.expectRevert(abi.encodeWithSelector(IListingRegistry.ListingExists.selector, MARKET, EXPIRY));
        listings.addListing(MARKET, EXPIRY, 100, strikes);
    }

    function test_an_unlisted_expiry_reverts_with_UnknownListing() public {
        vm.expectRevert(abi.encodeWithSelector(IListingRegistry.UnknownListing.selector, MARKET, EXPIRY));
        listings.listingOf(MARKET, EXPIRY);
    }

    function test_a_past_expiry_reverts_with_ListingExpired() public {
        vm.expectRevert(abi.encodeWithSelector(IListingRegistry.ListingExpired.selector, 1_000_000, 1_000_000));
        listings.addListing(MARKET, 1_000_000, 100, strikes);
    }

    function test_no_strikes_or_eighty_one_revert_with_WrongStrikeCount() public {
        uint24[] memory none = new uint24[](0);
        vm.expectRevert(abi.encodeWithSelector(IListingRegistry.WrongStrikeCount.selector, 0, 80));
        listings.addListing(MARKET, EXPIRY, 100, none);
        vm.expectRevert(abi.encodeWithSelector(IListingRegistry.WrongStrikeCount.selector, 81, 80));
        listings.addListing(MARKET, EXPIRY, 100, new uint24[](81));
    }

    function test_strikes_out_of_order_or_zero_revert_with_StrikesNotAscending() public {
        strikes[2] = 45_000;
        vm.expectRevert(abi.encodeWithSelector(IListingRegistry.StrikesNotAscending.selector, 2, 45_000));
        listings.addListing(MARKET, EXPIRY, 100, strikes);
        strikes[0] = 0;
        vm.expectRevert(abi.encodeWithSelector(IListingRegistry.StrikesNotAscending.selector, 0, 0));
        listings.addListing(MARKET, EXPIRY, 100, strikes);
    }

    function test_a_worthless_tick_reverts_with_ZeroTick() public {
        vm.expectRevert(abi.encodeWithSelector(IListingRegistry.ZeroTick.selector, MARKET, EXPIRY));
        listings.addListing(MARKET, EXPIRY, 0, strikes);
    }

    function test_a_stranger_reverts_with_OwnableUnauthorizedAccount() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(7)));
        vm.prank(address(7));
        listings.addListing(MARKET, EXPIRY, 100, strikes);
    }
}
