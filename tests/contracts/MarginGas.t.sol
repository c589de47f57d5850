// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VerifierRegistry} from "../../contracts/VerifierRegistry.sol";
import {SliceLayout} from "../../contracts/generated/SliceLayout.sol";
import {IMarginTypes} from "../../contracts/interfaces/IMarginTypes.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";
import {DataContract} from "../../contracts/libraries/DataContract.sol";
import {LnMath} from "../../contracts/libraries/LnMath.sol";
import {Positions} from "../../contracts/libraries/Positions.sol";
import {Slice} from "../../contracts/statements/Slice.sol";
import {Solvency} from "../../contracts/statements/Solvency.sol";
import {EngineFixture} from "./base/EngineFixture.sol";
import {Folding} from "./base/Folding.sol";
import {MockRiskOracle} from "./base/MockRiskOracle.sol";
import {PlantedOracle} from "./base/PlantedOracle.sol";
import {PresetGrid} from "./base/PresetGrid.sol";
import {SimulatedSetup} from "./base/SimulatedSetup.sol";

/// @notice Whole transactions with the real verifier and the real oracle's views: base cost, calldata and execution. Expiries of 32 strikes; accounts,
/// salts and balances are in use already.
contract MarginGasTest is EngineFixture, PresetGrid, SimulatedSetup {
    uint256 private constant LISTED = 32;
    uint64 private constant STEP = 30 days;

    VerifierRegistry private _registry;

    function newFeed() internal override returns (MockRiskOracle) {
        return MockRiskOracle(address(new PlantedOracle(MARKET)));
    }

    function verifier() internal override returns (IVerifierRegistry) {
        _registry = new VerifierRegistry(address(this), true);
        // forge-lint: disable-next-line(unsafe-typecast)
        registerSimulated(_registry, [bytes32("solvency_4"), "solvency_16", "solvency_32"]);
        return _registry;
    }

    function proofOf(bytes32, uint256[3] memory signals) internal view override returns (uint256[8] memory) {
        return simulated(signals);
    }

    function test_gas_of_a_withdrawal_from_16_positions_in_3_expiries() public {
        _withdraw(16, 3, "withdraw_16_36");
    }

    function test_gas_of_a_withdrawal_from_4_positions_in_1_expiry() public {
        _withdraw(4, 1, "withdraw_4_36");
    }

    function test_gas_of_a_withdrawal_from_32_positions_in_8_expiries() public {
        _withdraw(32, 8, "withdraw_32_36");
    }

    function test_gas_of_withdrawals_by_positions() public {
        uint256 clean = vm.snapshotState();
        _withdraw(1, 1, "withdraw_1_36");
        vm.revertToState(clean);
        _withdraw(16, 1, "withdraw_16_36_in_1_expiry");
        vm.revertToState(clean);
        _withdraw(32, 2, "withdraw_32_36_in_2_expiries");
        vm.revertToState(clean);
        registerSimulated(_registry, "solvency_8");
        (IMarginTypes.AccountState memory m,) = _open(8, 1);
        _withdrawWith(m, solventBy("solvency_8", maker, m, 1e6, 0, true), "withdraw_8_36");
    }

    function test_gas_of_withdrawals_computed_on_chain() public {
        rules.setNativeMargin(1);
        uint256 clean = vm.snapshotState();
        _withdrawNatively(1, 1, "withdraw_native_1_36");
        vm.revertToState(clean);
        _withdrawNatively(4, 1, "withdraw_native_4_36");
        vm.revertToState(clean);
        _withdrawNatively(8, 1, "withdraw_native_8_36");
        vm.revertToState(clean);
        _withdrawNatively(16, 3, "withdraw_native_16_36");
        vm.revertToState(clean);
        _withdrawNatively(32, 8, "withdraw_native_32_36");
    }

    /// @dev Grids of 35, 25 and 16 scenarios, each with its own rule of vols.
    function test_gas_of_withdrawals_by_scenarios() public {
        uint256 clean = vm.snapshotState();
        _withdrawUnder("deribit", "withdraw_16_35_deribit");
        vm.revertToState(clean);
        _withdrawUnder("paradex", "withdraw_16_25_paradex");
        vm.revertToState(clean);
        _withdrawUnder("span16", "withdraw_16_16_span16");
    }

    /// @dev Two accounts of 16 positions, one leg changes in both.
    function test_gas_of_a_trade_between_accounts_of_16_positions() public {
        (IMarginTypes.AccountState memory m, IMarginTypes.AccountState memory t) = _open(16, 3);
        uint256[] memory legs = list(m.positions[3]);
        (uint256[] memory makerAfter,) = Positions.merge(m.positions, legs, 1, type(uint32).max);
        IMarginTypes.AccountChange[] memory both = changes(t, opposite(makerAfter), m, makerAfter);
        IMarginTypes.Fill[] memory fills = fillOf(orderOf(legs, 1e6, 1), 1);
        IRiskOracle.MarginSlice[] memory slices = Folding.fold(currentSlices, m.positions);
        vm.prank(taker);
        engine.trade(fills, both, slices);
        vm.snapshotGasLastCall("margin", "trade_two_accounts_16");
    }

    function test_gas_of_deposits() public {
        fund(maker, 1e6);
        fund(maker, 1e6);
        vm.snapshotGasLastCall("margin", "deposit");
        fund(taker, 1e6);
        vm.snapshotGasLastCall("margin", "deposit to a fresh account");
    }

    function test_gas_of_settling_an_account_of_16_positions() public {
        (IMarginTypes.AccountState memory m,) = _open(16, 3);
        vm.warp(NOW + STEP);
        feed.setSettlement(NOW + STEP, 6_100_000);
        engine.settle(maker, m);
        vm.snapshotGasLastCall("margin", "settle_one_account");
    }

    function _withdraw(uint256 count, uint256 expiries, string memory name) private {
        (IMarginTypes.AccountState memory m,) = _open(count, expiries);
        _withdrawWith(m, solvent(maker, m, 1e6), name);
    }

    function _withdrawNatively(uint256 count, uint256 expiries, string memory name) private {
        (IMarginTypes.AccountState memory m,) = _open(count, expiries);
        IMarginTypes.MarginProof memory proof;
        proof.circuitId = Solvency.NATIVE;
        _withdrawWith(m, proof, name);
    }

    /// @dev Rules of a preset grid, announced an hour ahead; the account opens under those before.
    function _withdrawUnder(string memory preset, string memory name) private {
        IMarginTypes.MarginParams memory params = defaultParams();
        (params.grid, params.volRule) = presetGrid(preset);
        uint256 activeFrom = block.timestamp + rules.NOTICE();
        // forge-lint: disable-next-line(unsafe-typecast)
        rules.addRules(params, uint48(activeFrom));
        vm.warp(activeFrom);
        (IMarginTypes.AccountState memory m,) = _open(16, 3);
        _withdrawWith(m, solventBy("solvency_16", maker, m, 1e6, 1, true), name);
    }

    function _withdrawWith(
        IMarginTypes.AccountState memory m,
        IMarginTypes.MarginProof memory proof,
        string memory name
    ) private {
        dollar.mint(maker, 1);
        IRiskOracle.MarginSlice[] memory slices = Folding.fold(currentSlices, m.positions);
        vm.prank(maker);
        engine.withdraw(1e6, m, slices, proof);
        vm.snapshotGasLastCall("margin", name);
    }

    function _open(uint256 count, uint256 expiries)
        private
        returns (IMarginTypes.AccountState memory m, IMarginTypes.AccountState memory t)
    {
        _publish(expiries);
        return open(_book(count, expiries), 0, 1_000_000e6);
    }

    /// @dev Shorts and longs in turn, calls and puts, spread over the expiries.
    function _book(uint256 count, uint256 expiries) private pure returns (uint256[] memory positions) {
        positions = new uint256[](count);
        uint256 each = (count + expiries - 1) / expiries;
        for (uint256 i = 0; i < count; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            uint8 hint = uint8(8 + i % each);
            // forge-lint: disable-next-line(unsafe-typecast)
            uint64 expiry = NOW + STEP * uint64(1 + i / each);
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 amount = i % 2 == 0 ? -int256(20_000 + i) : int256(10_000 + i);
            uint24 strikeTicks = 44_000 + 1_000 * uint24(hint);
            positions[i] = Positions.pack(expiry, strikeTicks, i % 3 == 2, amount, hint);
        }
    }

    function _publish(uint256 expiries) private {
        publishMarket(6_000_000, 0);
        uint24[] memory listed = new uint24[](LISTED);
        for (uint256 i = 0; i < LISTED; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            listed[i] = uint24(44_000 + 1_000 * i);
        }
        delete currentSlices;
        for (uint256 e = 0; e < expiries; ++e) {
            IRiskOracle.MarginSlice storage slice = currentSlices.push();
            // forge-lint: disable-next-line(unsafe-typecast)
            slice.expiry = NOW + STEP * uint64(1 + e);
            slice.restHash = keccak256(abi.encode("rest", e));
            uint256 forwardQ16 = (60_000 << 16) + 12_345;
            slice.header = SliceLayout.packHeader(
                SliceLayout.HeaderRecord(forwardQ16, LnMath.lnQ48(forwardQ16), 123_456_789, 100)
            );
            uint256[] memory results = new uint256[](SliceLayout.resultsCount(LISTED));
            for (uint256 i = 0; i < LISTED; ++i) {
                uint256 markE2 = 234_567 + (listed[i] < 60_000 ? (60_000 - listed[i]) * 100 : 0);
                uint256 record = SliceLayout.packResults(SliceLayout.ResultsRecord(markE2, 429_496_730 + i));
                SliceLayout.putResults(results, 0, i, record);
            }
            slice.results = results;
            IRiskOracle.SliceFacts memory facts = factsOf(slice, IRiskOracle.State.Fresh);
            facts.listing = DataContract.store(abi.encodePacked(Slice.listingElements(listed)));
            // forge-lint: disable-next-line(unsafe-typecast)
            (facts.count, facts.previousMarginHash) = (uint8(LISTED), keccak256("previous"));
            feed.setSlice(slice.expiry, facts);
        }
    }
}
