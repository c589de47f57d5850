// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../../../contracts/generated/SliceLayout.sol";
import {INativeSlice} from "../../../contracts/interfaces/INativeSlice.sol";
import {IPoseidon} from "../../../contracts/interfaces/IPoseidon.sol";
import {IReports} from "../../../contracts/interfaces/IReports.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {NativeSlice} from "../../../contracts/native/NativeSlice.sol";
import {Poseidon} from "../../../contracts/native/Poseidon.sol";
import {Slice} from "../../../contracts/statements/Slice.sol";
import {SliceElements} from "../../../contracts/statements/SliceElements.sol";
import {OracleFixture} from "./OracleFixture.sol";
import {SliceBuilder} from "./SliceBuilder.sol";

/// @notice An oracle with a slice between two others whose knots are known (tests/vectors/native_slice.json); the neighbours
/// have the digests that it claims, and their proofs are declared.
abstract contract OpenedFixture is OracleFixture {
    uint64 internal constant MIDDLE = (FIRST + SECOND) / 2;
    bytes32 internal constant NATIVE_32_16 = "slice_native_32_16";
    uint256 internal constant CAPACITY = 16;

    /// @dev The slice's data vector and what opens it.
    uint256[] internal opened;
    uint256 internal count;
    INativeSlice.Opening internal opening;

    constructor() {
        bytes[] memory openings = abi.decode(vm.parseJsonBytes(vector("native_slice.json"), ".openings"), (bytes[]));
        for (uint256 i = 0; i < openings.length && count == 0; ++i) {
            (uint256[] memory d, uint256 strikes, INativeSlice.Opening memory o) =
                abi.decode(openings[i], (uint256[], uint256, INativeSlice.Opening));
            bool both = o.earlierKnots.length != 0 && o.laterKnots.length != 0;
            if (both && SliceLayout.headerFitErrorQ16(d[0]) > 0) (opened, count, opening) = (d, strikes, o);
        }
        uint24[] memory listed = new uint24[](count);
        for (uint256 i = 0; i < count; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            listed[i] = uint24(SliceLayout.listingAt(opened, SliceLayout.listingIndex(CAPACITY), i));
        }
        // forge-lint: disable-next-line(unsafe-typecast)
        listings.addListing(MARKET, MIDDLE, uint8(SliceLayout.headerTickE2(opened[0])), listed);
    }

    function newNativeSlice() internal override returns (INativeSlice) {
        return new NativeSlice();
    }

    function newPoseidon() internal override returns (IPoseidon) {
        return new Poseidon();
    }

    /// @notice A report of the neighbours, as far as they are given, and the slice of `d`, observed now.
    function reportWith(uint64 epoch, uint256[] memory d, bool neighbours)
        internal
        view
        returns (IRiskOracle.Report memory report)
    {
        IReports.ExpiryReport memory own = IReports.ExpiryReport(
            MIDDLE,
            // forge-lint: disable-next-line(unsafe-typecast)
            uint64(SliceLayout.headerForwardQ16(d[0])),
            1e9,
            SliceElements.quotesHash(d, CAPACITY, count),
            d[SliceLayout.knotsDigestIndex()]
        );
        SliceBuilder.Spec[] memory none;
        report = reportOf(epoch, neighbours ? neighbourSpecs() : none);
        IReports.ExpiryReport[] memory expiries = new IReports.ExpiryReport[](neighbours ? 3 : 1);
        if (neighbours) (expiries[0], expiries[2]) = (report.expiries[0], report.expiries[1]);
        expiries[neighbours ? 1 : 0] = own;
        report.expiries = expiries;
    }

    /// @notice The neighbours with the digests that the slice claims.
    function neighbourSpecs() internal view returns (SliceBuilder.Spec[] memory specs) {
        specs = new SliceBuilder.Spec[](2);
        (specs[0], specs[1]) = (SliceBuilder.calm(FIRST), SliceBuilder.calm(SECOND));
        specs[0].knotsDigest = opened[SliceLayout.earlierKnotsDigestIndex()];
        specs[1].knotsDigest = opened[SliceLayout.laterKnotsDigestIndex()];
    }

    /// @notice The update of a data vector, as proven or without a proof.
    function updateOf(bytes32 circuitId, uint256[] memory d)
        internal
        pure
        returns (IRiskOracle.SliceUpdate memory update)
    {
        (update.circuitId, update.expiry) = (circuitId, MIDDLE);
        update.words = SliceBuilder.beforeListing(d, CAPACITY);
    }

    /// @notice Lands the slice of `d` alone, declared true.
    function landProven(uint64 epoch, uint256[] memory d) internal {
        IRiskOracle.Report memory report = reportWith(epoch, d, false);
        IRiskOracle.SliceUpdate[] memory updates = new IRiskOracle.SliceUpdate[](1);
        updates[0] = updateOf(Slice.CIRCUIT_32_16, d);
        declareSlice(report, updates[0], d);
        oracle.submit(report, signaturesOf(report), updates);
    }

    /// @notice Lands the slice of `d` alone, without a proof.
    function landNative(uint64 epoch, uint256[] memory d) internal {
        IRiskOracle.Report memory report = reportWith(epoch, d, false);
        bytes memory signatures = signaturesOf(report);
        oracle.submit(report, signatures, one(updateOf(NATIVE_32_16, d)));
    }

    /// @notice The slice without claims.
    function unclaimed() internal view returns (uint256[] memory d) {
        d = opened;
        (d[SliceLayout.earlierKnotsDigestIndex()], d[SliceLayout.laterKnotsDigestIndex()]) = (0, 0);
    }

    /// @notice What opens the slice without claims.
    function unclaimedOpening() internal view returns (INativeSlice.Opening memory o) {
        o.knots = opening.knots;
    }

    function one(IRiskOracle.SliceUpdate memory update)
        internal
        pure
        returns (IRiskOracle.SliceUpdate[] memory updates)
    {
        updates = new IRiskOracle.SliceUpdate[](1);
        updates[0] = update;
    }
}
