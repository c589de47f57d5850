// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IListingRegistry} from "../../contracts/interfaces/IListingRegistry.sol";
import {IPublisherSet} from "../../contracts/interfaces/IPublisherSet.sol";
import {IReports} from "../../contracts/interfaces/IReports.sol";
import {OracleFixture} from "./base/OracleFixture.sol";
import {SliceBuilder} from "./base/SliceBuilder.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @notice Digests, rotation, equivocation and listings that a quorum signed.
contract PublisherSetTest is OracleFixture {
    string private json = vector("report.json");

    function test_the_report_digest_equals_that_of_python() public view {
        vm.assertEq(publisherSet.reportDigest(_vectorReport()), vm.parseJsonBytes32(json, ".digest"), "digest");
    }

    function test_every_member_of_a_report_enters_its_digest() public view {
        bytes32 digest = publisherSet.reportDigest(_vectorReport());
        bytes memory encoded = abi.encode(_vectorReport());
        // 15 members, and the five of the first expiry behind the offset and the length.
        for (uint256 i = 0; i < 22; ++i) {
            if (i == 15 || i == 16) continue;
            bytes memory changed = encoded;
            changed[32 * i + 63] ^= 0x01;
            IReports.Report memory report = abi.decode(changed, (IReports.Report));
            vm.assertTrue(publisherSet.reportDigest(report) != digest, vm.toString(i));
            changed[32 * i + 63] ^= 0x01;
        }
    }

    function test_the_listing_digest_equals_that_of_python() public view {
        uint24[] memory strikes = new uint24[](3);
        (strikes[0], strikes[1], strikes[2]) = (40_000, 45_000, 60_000);
        bytes32 digest = listings.listingDigest(MARKET, _expiries()[0], 100, strikes, 3);
        vm.assertEq(digest, vm.parseJsonBytes32(json, ".listing_digest"), "digest");
    }

    function test_a_listing_that_a_quorum_signed_is_relayed_by_anyone() public {
        bytes memory signatures = _listingSignatures(1);
        vm.prank(address(7));
        listings.relayListing(MARKET, THIRD + 7, 100, SliceBuilder.strikes(), 1, signatures);
        vm.assertEq(uint256(listings.listingOf(MARKET, THIRD + 7).count), 5, "listed");
        vm.expectRevert(abi.encodeWithSelector(IListingRegistry.ListingExists.selector, MARKET, THIRD + 7));
        listings.relayListing(MARKET, THIRD + 7, 100, SliceBuilder.strikes(), 1, signatures);
    }

    function test_a_relayed_listing_of_too_few_or_changed_after_signing_is_refused() public {
        bytes memory signatures = _listingSignatures(1);
        bytes memory one = new bytes(65);
        for (uint256 i = 0; i < 65; ++i) {
            one[i] = signatures[i];
        }
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.BelowThreshold.selector, 1, 2));
        listings.relayListing(MARKET, THIRD + 7, 100, SliceBuilder.strikes(), 1, one);
        vm.expectPartialRevert(IPublisherSet.UnknownSigner.selector);
        listings.relayListing(MARKET, THIRD + 7, 101, SliceBuilder.strikes(), 1, signatures);
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.WrongSetVersion.selector, 2, 1));
        listings.relayListing(MARKET, THIRD + 7, 100, SliceBuilder.strikes(), 2, signatures);
    }

    function test_a_signature_of_another_length_reverts_with_InvalidSignature() public {
        IReports.Report memory report = reportOf(1, provenPair());
        bytes32 digest = publisherSet.reportDigest(report);
        bytes memory longer = bytes.concat(signaturesOf(report), hex"00");
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.InvalidSignature.selector, 2));
        publisherSet.requireQuorum(digest, 1, longer);
    }

    function test_more_signatures_than_needed_are_accepted_and_each_is_checked() public {
        IReports.Report memory report = reportOf(1, provenPair());
        bytes32 digest = publisherSet.reportDigest(report);
        bytes memory two = signaturesOf(report);
        publisherSet.requireQuorum(digest, 1, bytes.concat(two, signed(publisherKeys[2], digest)));
        vm.expectPartialRevert(IPublisherSet.UnknownSigner.selector);
        publisherSet.requireQuorum(digest, 1, bytes.concat(two, signed(STRANGER_KEY, digest)));
    }

    function test_a_publisher_who_signs_two_reports_of_one_round_is_removed_at_once_by_anyone() public {
        (IReports.Report memory report, IReports.Report memory other) = _contradiction();
        address culprit = vm.addr(publisherKeys[1]);
        (bytes memory first, bytes memory second) = (_by(1, report), _by(1, other));
        (bytes32 digest, bytes32 otherDigest) = (publisherSet.reportDigest(report), publisherSet.reportDigest(other));
        vm.expectEmit(address(publisherSet));
        emit IPublisherSet.PublisherRemoved(culprit, digest, otherDigest);
        vm.prank(address(7));
        publisherSet.removeEquivocator(report, first, other, second);
        address[] memory left = publisherSet.publishers();
        vm.assertEq(left.length, 2, "two left");
        vm.assertTrue(left[0] != culprit && left[1] != culprit, "without the culprit");
        vm.assertEq(uint256(publisherSet.threshold()), 2, "the threshold stays");
        bytes memory signatures = signaturesOf(report);
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.UnknownSigner.selector, culprit));
        publisherSet.requireQuorum(digest, 1, signatures);
        publisherSet.requireQuorum(digest, 1, bytes.concat(_by(0, report), _by(2, report)));
    }

    function test_below_the_threshold_nothing_lands_until_the_owner_rotates() public {
        (IReports.Report memory report, IReports.Report memory other) = _contradiction();
        publisherSet.removeEquivocator(report, _by(1, report), other, _by(1, other));
        publisherSet.removeEquivocator(report, _by(2, report), other, _by(2, other));
        bytes32 digest = publisherSet.reportDigest(report);
        bytes memory signature = _by(0, report);
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.BelowThreshold.selector, 1, 2));
        publisherSet.requireQuorum(digest, 1, signature);
        publisherSet.setPublishers(_publishers(), 2);
        submit(1, provenPair());
    }

    function test_two_reports_that_do_not_contradict_revert_with_NoEquivocation() public {
        (IReports.Report memory report,) = _contradiction();
        IReports.Report[5] memory others;
        for (uint256 i = 0; i < 5; ++i) {
            (, others[i]) = _contradiction();
        }
        others[0].market = "ETH-USD";
        others[1].epoch += 1;
        others[2].attempt += 1;
        others[3].setVersion += 1;
        others[4] = report;
        for (uint256 i = 0; i < 5; ++i) {
            bytes32 digest = publisherSet.reportDigest(report);
            bytes32 otherDigest = publisherSet.reportDigest(others[i]);
            (bytes memory first, bytes memory second) = (_by(1, report), _by(1, others[i]));
            vm.expectRevert(abi.encodeWithSelector(IPublisherSet.NoEquivocation.selector, digest, otherDigest));
            publisherSet.removeEquivocator(report, first, others[i], second);
        }
    }

    function test_reports_of_two_signers_or_of_a_stranger_remove_nobody() public {
        (IReports.Report memory report, IReports.Report memory other) = _contradiction();
        (address low, address high) = (vm.addr(publisherKeys[0]), vm.addr(publisherKeys[1]));
        (bytes memory first, bytes memory second) = (_by(0, report), _by(1, other));
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.SignersDiffer.selector, low, high));
        publisherSet.removeEquivocator(report, first, other, second);
        first = signed(STRANGER_KEY, publisherSet.reportDigest(report));
        second = signed(STRANGER_KEY, publisherSet.reportDigest(other));
        vm.expectRevert(abi.encodeWithSelector(IPublisherSet.UnknownSigner.selector, vm.addr(STRANGER_KEY)));
        publisherSet.removeEquivocator(report, first, other, second);
        vm.assertEq(publisherSet.publishers().length, 3, "all there");
    }

    function test_a_stranger_cannot_rotate_publishers() public {
        address[] memory list = _publishers();
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(7)));
        vm.prank(address(7));
        publisherSet.setPublishers(list, 1);
    }

    function _contradiction() private view returns (IReports.Report memory report, IReports.Report memory other) {
        report = reportOf(5, provenPair());
        other = reportOf(5, provenPair());
        other.spotE2 += 1;
    }

    function _by(uint256 publisher, IReports.Report memory report) private view returns (bytes memory) {
        return signed(publisherKeys[publisher], publisherSet.reportDigest(report));
    }

    function _listingSignatures(uint32 version) private view returns (bytes memory) {
        bytes32 digest = listings.listingDigest(MARKET, THIRD + 7, 100, SliceBuilder.strikes(), version);
        return bytes.concat(signed(publisherKeys[0], digest), signed(publisherKeys[1], digest));
    }

    function _expiries() private view returns (uint64[] memory expiries) {
        uint256[] memory given = vm.parseJsonUintArray(json, ".expiry");
        expiries = new uint64[](given.length);
        for (uint256 i = 0; i < given.length; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            expiries[i] = uint64(given[i]);
        }
    }

    function _number(string memory key) private view returns (uint256) {
        return vm.parseJsonUint(json, key);
    }

    /// @dev Python writes every number within its member's width.
    function _vectorReport() private view returns (IReports.Report memory report) {
        // forge-lint: disable-start(unsafe-typecast)
        (report.market, report.epoch, report.attempt) = (MARKET, uint64(_number(".epoch")), uint16(_number(".attempt")));
        report.observedAtMs = uint64(_number(".observed_at_ms"));
        report.setVersion = uint32(_number(".set_version"));
        report.venueMask = uint32(_number(".venue_mask"));
        report.absentVenues = uint32(_number(".absent_venues"));
        report.rejectedCount = uint32(_number(".rejected_count"));
        report.confidenceE4 = uint16(_number(".confidence_e4"));
        report.configHash = vm.parseJsonBytes32(json, ".config_hash");
        report.snapshotRoot = vm.parseJsonBytes32(json, ".snapshot_root");
        report.spotE2 = uint64(_number(".spot_e2"));
        report.cumulativeSpotE2Ms = uint128(_number(".cumulative_spot_e2_ms"));
        report.perpetualMarkE2 = uint64(_number(".perpetual_mark_e2"));
        report.perpetualIndexE2 = uint64(_number(".perpetual_index_e2"));
        uint64[] memory expiries = _expiries();
        uint256[] memory forwards = vm.parseJsonUintArray(json, ".forward_q16");
        uint256[] memory discounts = vm.parseJsonUintArray(json, ".discount_e9");
        bytes32[] memory quotes = vm.parseJsonBytes32Array(json, ".quotes_hash");
        uint256[] memory knots = vm.parseJsonUintArray(json, ".knots_digest");
        report.expiries = new IReports.ExpiryReport[](expiries.length);
        for (uint256 i = 0; i < expiries.length; ++i) {
            report.expiries[i] =
                IReports.ExpiryReport(expiries[i], uint64(forwards[i]), uint32(discounts[i]), quotes[i], knots[i]);
        }
        // forge-lint: disable-end(unsafe-typecast)
    }
}
