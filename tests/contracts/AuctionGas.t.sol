// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VerifierRegistry} from "../../contracts/VerifierRegistry.sol";
import {SliceLayout} from "../../contracts/generated/SliceLayout.sol";
import {ILiquidationAuction} from "../../contracts/interfaces/ILiquidationAuction.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";
import {DataContract} from "../../contracts/libraries/DataContract.sol";
import {LnMath} from "../../contracts/libraries/LnMath.sol";
import {Positions} from "../../contracts/libraries/Positions.sol";
import {Insolvency} from "../../contracts/statements/Insolvency.sol";
import {Slice} from "../../contracts/statements/Slice.sol";
import {Solvency} from "../../contracts/statements/Solvency.sol";
import {AuctionFixture} from "./base/AuctionFixture.sol";
import {Folding} from "./base/Folding.sol";
import {MockRiskOracle} from "./base/MockRiskOracle.sol";
import {PlantedOracle} from "./base/PlantedOracle.sol";
import {SimulatedSetup} from "./base/SimulatedSetup.sol";

/// @notice Whole transactions: base cost, calldata, the real oracle's views, verification and everything around it.
contract AuctionGasTest is AuctionFixture, SimulatedSetup {
    address private constant OWNER = address(0x0e4e5);
    address private constant BIDDER = address(0xb1d);
    uint256 private constant STRIKES = 32;

    function newOracle() internal override returns (MockRiskOracle) {
        return MockRiskOracle(address(new PlantedOracle(MARKET)));
    }

    function newRegistry() internal override returns (IVerifierRegistry) {
        return new VerifierRegistry(address(this), true);
    }

    function proven(bytes32, uint256[3] memory signals) internal view override returns (uint256[8] memory) {
        return simulated(signals);
    }

    function setUp() public {
        bytes32[3] memory circuits = [Insolvency.CIRCUIT_16, Insolvency.CIRCUIT_32, Solvency.CIRCUIT_16];
        registerSimulated(VerifierRegistry(address(registry)), circuits);
    }

    function test_gas_of_a_start_with_16_positions_in_3_expiries() public {
        _start(16, 3, "insolvency_start_16");
    }

    function test_gas_of_a_start_with_32_positions_in_8_expiries() public {
        _start(32, 8, "insolvency_start_32");
    }

    function test_gas_of_starts_by_positions() public {
        registerSimulated(VerifierRegistry(address(registry)), Insolvency.CIRCUIT_4);
        registerSimulated(VerifierRegistry(address(registry)), Insolvency.CIRCUIT_8);
        uint256 clean = vm.snapshotState();
        _start(1, 1, "insolvency_start_1");
        vm.revertToState(clean);
        _start(4, 1, "insolvency_start_4");
        vm.revertToState(clean);
        _start(8, 1, "insolvency_start_8");
    }

    function test_gas_of_starts_computed_on_chain() public {
        rules.setNativeMargin(1);
        uint256 clean = vm.snapshotState();
        _startNatively(16, 3, "insolvency_start_native_16");
        vm.revertToState(clean);
        _startNatively(32, 8, "insolvency_start_native_32");
    }

    function test_gas_of_a_bid_for_a_fifth_of_16_positions_in_3_expiries() public {
        IRiskOracle.MarginSlice[] memory slices = _start(16, 3, "");
        AccountState memory empty = stateOf(0, new uint256[](0));
        AccountState memory after_ = stateOf(1, Positions.fraction(_book(16, 3), 1_000));
        MarginProof memory proof = solvent(BIDDER, after_, slices, 0, true);
        vm.prank(BIDDER);
        auction.bid(OWNER, stateOf(1, _book(16, 3)), empty, slices, ILiquidationAuction.Bid(1_000, 0, 1e15), proof);
        vm.snapshotGasLastCall("auction", "bid_16");
    }

    function _start(uint256 positions, uint256 expiries, string memory name)
        private
        returns (IRiskOracle.MarginSlice[] memory slices)
    {
        AccountState memory state;
        (state, slices) = _debtor(positions, expiries, positions == 16 ? int128(60_000e6) : int128(200_000e6));
        MarginProof memory proof = insolvent(OWNER, state, slices, ROW, 210_000e6);
        auction.start(OWNER, state, slices, ROW, proof);
        if (bytes(name).length != 0) vm.snapshotGasLastCall("auction", name);
        vm.assertEq(uint256(auction.auctionOf(OWNER).bookedE6), uint256(0), "equity is left");
    }

    function _startNatively(uint256 positions, uint256 expiries, string memory name) private {
        (AccountState memory state, IRiskOracle.MarginSlice[] memory slices) =
            _debtor(positions, expiries, positions == 16 ? int128(60_000e6) : int128(180_000e6));
        auction.startNative(OWNER, state, slices, ROW, 0);
        vm.snapshotGasLastCall("auction", name);
        vm.assertEq(uint256(auction.auctionOf(OWNER).bookedE6), uint256(0), "equity is left");
    }

    /// @dev The owner's account, which has equity and falls short, and a bidder who can pay.
    function _debtor(uint256 positions, uint256 expiries, int128 cashE6)
        private
        returns (AccountState memory state, IRiskOracle.MarginSlice[] memory slices)
    {
        state = stateOf(1, _book(positions, expiries));
        slices = Folding.fold(_publish(expiries), state.positions);
        put(OWNER, state, cashE6);
        put(BIDDER, stateOf(0, new uint256[](0)), 10_000_000e6);
    }

    /// @dev Shorts and longs in turn, calls and puts, spread over the expiries.
    function _book(uint256 count, uint256 expiries) private pure returns (uint256[] memory positions) {
        positions = new uint256[](count);
        uint256 each = (count + expiries - 1) / expiries;
        for (uint256 i = 0; i < count; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            uint8 hint = uint8(8 + i % each);
            // forge-lint: disable-next-line(unsafe-typecast)
            uint64 expiry = NOW + uint64(30 days * (1 + i / each));
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 amount = i % 2 == 0 ? -int256(20_000 + i) : int256(10_000 + i);
            positions[i] = Positions.pack(expiry, uint24(44_000 + 1_000 * uint24(hint)), i % 3 == 2, amount, hint);
        }
    }

    function _publish(uint256 expiries) private returns (IRiskOracle.MarginSlice[] memory slices) {
        uint24[] memory strikes = new uint24[](STRIKES);
        for (uint256 i = 0; i < STRIKES; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            strikes[i] = uint24(44_000 + 1_000 * i);
        }
        slices = new IRiskOracle.MarginSlice[](expiries);
        for (uint256 e = 0; e < expiries; ++e) {
            // forge-lint: disable-next-line(unsafe-typecast)
            slices[e].expiry = NOW + uint64(30 days * (1 + e));
            slices[e].restHash = keccak256(abi.encode("rest", e));
            uint256 forwardQ16 = (60_000 << 16) + 12_345;
            slices[e].header = SliceLayout.packHeader(
                SliceLayout.HeaderRecord(forwardQ16, LnMath.lnQ48(forwardQ16), 123_456_789, 100)
            );
            slices[e].results = new uint256[](SliceLayout.resultsCount(STRIKES));
            for (uint256 i = 0; i < STRIKES; ++i) {
                uint256 markE2 = 234_567 + (strikes[i] < 60_000 ? (60_000 - strikes[i]) * 100 : 0);
                uint256 record = SliceLayout.packResults(SliceLayout.ResultsRecord(markE2, 429_496_730 + i));
                SliceLayout.putResults(slices[e].results, 0, i, record);
            }
            // forge-lint: disable-next-line(unsafe-typecast)
            store(slices[e], DataContract.store(abi.encodePacked(Slice.listingElements(strikes))), uint8(STRIKES));
        }
    }
}
