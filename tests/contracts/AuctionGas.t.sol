// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VerifierRegistry} from "../../contracts/VerifierRegistry.sol";
import {SliceLayout} from "../../contracts/generated/SliceLayout.sol";
import {ILiquidationAuction} from "../../contracts/interfaces/ILiquidationAuction.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {DataContract} from "../../contracts/libraries/DataContract.sol";
import {LnMath} from "../../contracts/libraries/LnMath.sol";
import {Positions} from "../../contracts/libraries/Positions.sol";
import {Slice} from "../../contracts/statements/Slice.sol";
import {AuctionFixture} from "./base/AuctionFixture.sol";
import {Groth16Vector} from "./base/Groth16Vector.sol";
import {MockVerifierRegistry} from "./base/MockVerifierRegistry.sol";

/// @notice Accepts every statement and, for its gas, verifies a true proof with three public signals.
contract MeteredRegistry is MockVerifierRegistry {
    address private _data;
    address private _real;

    function meter(VerifierRegistry real, uint256[8] calldata proof, uint256[3] calldata signals) external {
        _real = address(real);
        _data = DataContract.store(abi.encodeCall(real.verify, ("three_signals", proof, signals)));
    }

    function verify(bytes32, uint256[8] calldata, uint256[3] calldata) public view override returns (bool) {
        (bool done, bytes memory returned) = _real.staticcall(DataContract.load(_data));
        return done && abi.decode(returned, (bool));
    }
}

/// @notice Whole transactions: base cost, calldata, verification of one proof and everything around it. Each is dearer than on a
/// chain by what it takes to read the true proof and to call the registry that holds its key, about 10,000.
contract AuctionGasTest is AuctionFixture, Groth16Vector {
    address private constant OWNER = address(0x0e4e5);
    address private constant BIDDER = address(0xb1d);
    uint256 private constant STRIKES = 32;

    function newRegistry() internal override returns (MockVerifierRegistry) {
        return new MeteredRegistry();
    }

    function setUp() public {
        VerifierRegistry real = new VerifierRegistry(address(this), true);
        real.add("three_signals", key, "manifest", true);
        MeteredRegistry(address(registry)).meter(real, proof, signals);
    }

    function test_gas_of_a_start_with_16_positions_in_3_expiries() public {
        _start(16, 3, "insolvency_start_16");
    }

    function test_gas_of_a_start_with_32_positions_in_8_expiries() public {
        _start(32, 8, "insolvency_start_32");
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
        slices = _publish(expiries);
        AccountState memory state = stateOf(1, _book(positions, expiries));
        put(OWNER, state, positions == 16 ? int128(60_000e6) : int128(200_000e6));
        put(BIDDER, stateOf(0, new uint256[](0)), 10_000_000e6);
        MarginProof memory proof = insolvent(OWNER, state, slices, ROW, 210_000e6);
        auction.start(OWNER, state, slices, ROW, proof);
        if (bytes(name).length != 0) vm.snapshotGasLastCall("auction", name);
        vm.assertEq(uint256(auction.auctionOf(OWNER).bookedE6), uint256(0), "equity is left");
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
            store(slices[e], DataContract.store(abi.encodePacked(Slice.listingElements(strikes))), uint8(STRIKES));
        }
    }
}
