// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VerifierRegistry} from "../../contracts/VerifierRegistry.sol";
import {IPublisherSet} from "../../contracts/interfaces/IPublisherSet.sol";
import {IReports} from "../../contracts/interfaces/IReports.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {Groth16Vector} from "./base/Groth16Vector.sol";
import {OracleFixture} from "./base/OracleFixture.sol";
import {SliceBuilder} from "./base/SliceBuilder.sol";

/// @notice One publisher of two that must sign, with everything he can add to his signature.
contract OracleAttacksTest is OracleFixture {
    /// @dev Order of secp256k1.
    uint256 private constant N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    function test_publishers_below_the_threshold_land_nothing_whatever_they_add() public {
        IReports.Report memory honest = reportOf(1, new SliceBuilder.Spec[](0));
        IReports.Report memory forged = reportOf(1, new SliceBuilder.Spec[](0));
        forged.spotE2 *= 2;
        bytes32 digest = publisherSet.reportDigest(forged);
        bytes memory own = signed(publisherKeys[1], digest);
        _expect(IPublisherSet.BelowThreshold.selector, forged, own);
        _expect(IPublisherSet.SignersNotAscending.selector, forged, bytes.concat(own, own));
        _expect(IPublisherSet.InvalidSignature.selector, forged, bytes.concat(own, _mirrored(digest)));
        // What another publisher signed of the true report.
        bytes memory others = signed(publisherKeys[2], publisherSet.reportDigest(honest));
        _expect(IPublisherSet.UnknownSigner.selector, forged, bytes.concat(own, others));
        _expect(IPublisherSet.UnknownSigner.selector, forged, bytes.concat(signed(STRANGER_KEY, digest), own));
        vm.assertEq(oracle.newestReport(MARKET), bytes32(0), "nothing landed");
        oracle.submitReport(honest, signaturesOf(honest));
    }

    function test_a_flash_loan_in_the_block_moves_no_report_that_was_signed_before() public {
        SliceBuilder.Spec[] memory specs = provenPair();
        IReports.Report memory report = reportOf(1, specs);
        bytes memory signatures = signaturesOf(report);
        report.spotE2 += 1;
        IRiskOracle.SliceUpdate[] memory updates = updatesOf(report, specs);
        vm.expectPartialRevert(IPublisherSet.UnknownSigner.selector);
        oracle.submit(report, signatures, updates);
        report.spotE2 -= 1;
        updates = updatesOf(report, specs);
        oracle.submit(report, signatures, updates);
        vm.assertTrue(oracle.marketFacts(MARKET).spotE2 == 6_000_000, "as signed");
    }

    function _expect(bytes4 refusal, IReports.Report memory report, bytes memory signatures) private {
        vm.expectPartialRevert(refusal);
        oracle.submitReport(report, signatures);
    }

    /// @dev The same publisher's signature with the other s: valid on the curve, refused.
    function _mirrored(bytes32 digest) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(publisherKeys[1], digest);
        return abi.encodePacked(r, bytes32(N - uint256(s)), v == 27 ? uint8(28) : uint8(27));
    }
}

/// @notice What anyone can do to a real proof.
contract RerandomisedProofTest is Groth16Vector {
    function test_a_rerandomised_real_proof_verifies_so_that_nothing_may_depend_on_its_bytes() public {
        VerifierRegistry registry = new VerifierRegistry(address(this), true);
        registry.add("three_signals", key, "manifest", true);
        // (-A, -B, C) has the pairings of (A, B, C).
        proof[1] = Q - proof[1];
        vm.assertTrue(!registry.verify("three_signals", proof, signals), "-A alone");
        (proof[4], proof[5]) = (Q - proof[4], Q - proof[5]);
        vm.assertTrue(registry.verify("three_signals", proof, signals), "both");
        signals[1] = addmod(signals[1], 1, R);
        vm.assertTrue(!registry.verify("three_signals", proof, signals), "another signal");
    }
}
