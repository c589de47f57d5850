// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginErrors} from "../../contracts/interfaces/IMarginErrors.sol";
import {IMarginTypes} from "../../contracts/interfaces/IMarginTypes.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {Challenge} from "../../contracts/libraries/Challenge.sol";
import {DataContract} from "../../contracts/libraries/DataContract.sol";
import {Ledger} from "../../contracts/libraries/Ledger.sol";
import {Positions} from "../../contracts/libraries/Positions.sol";
import {RulesData} from "../../contracts/libraries/RulesData.sol";
import {Insolvency} from "../../contracts/statements/Insolvency.sol";
import {Slice} from "../../contracts/statements/Slice.sol";
import {Solvency} from "../../contracts/statements/Solvency.sol";
import {VolShocks} from "../../contracts/statements/VolShocks.sol";
import {marginOf} from "./base/Margins.sol";
import {MockRiskOracle} from "./base/MockRiskOracle.sol";
import {StatementHarness} from "./base/StatementHarness.sol";
import {Test} from "./base/Test.sol";
import {volRuleOf} from "./base/VolRules.sol";

/// @notice Replays tests/vectors/account_words.json and account_rows.json: accounts whose data vectors were built in Python, of every grid, all
/// sizes and slices of every circuit, with and without a perpetual.
contract AccountWordsTest is Test {
    uint256 private constant CASES = 20;
    uint256 private constant GRIDS = 5;
    address private constant ENGINE = address(0x1111111111111111111111111111111111111111);
    address private constant ACCOUNT = address(0x2222222222222222222222222222222222222222);

    MockRiskOracle private feed = new MockRiskOracle();
    StatementHarness private statements = new StatementHarness(IRiskOracle(address(feed)));
    string private json = vector("account_words.json");
    IRiskOracle.MarginSlice[] private _slices;
    address[GRIDS] private _rules;
    bytes32[GRIDS] private _gridIds;

    constructor() {
        uint8[4] memory capacities = [16, 32, 48, 80];
        uint64 observedAt = uint64(vm.parseJsonUint(json, ".observed_at"));
        vm.warp(observedAt);
        for (uint256 i = 0; i < capacities.length; ++i) {
            _store(string.concat(".slices[", vm.toString(i), "]"), capacities[i], observedAt);
        }
        IRiskOracle.MarketFacts memory market;
        market.perpetualMarkE2 = uint64(vm.parseJsonUint(json, ".perpetual_mark_e2"));
        feed.setMarket(market);
        for (uint256 i = 0; i < GRIDS; ++i) {
            (_rules[i],) = RulesData.store(_params(i));
            _gridIds[i] = _gridId(i);
        }
    }

    function test_the_grid_ids_and_rules_equal_those_of_python() public view {
        for (uint256 i = 0; i < GRIDS; ++i) {
            uint256[] memory rules = RulesData.load(_rules[i]);
            vm.assertEq(RulesData.gridId(rules), _gridId(i), vm.toString(i));
            bytes32 read = keccak256(abi.encode(RulesData.params(rules)));
            vm.assertEq(read, keccak256(abi.encode(_params(i))), "the rules are read back as given");
        }
    }

    function test_solvency_data_vectors_and_signals_equal_those_of_python() public {
        vm.chainId(31337);
        for (uint256 i = 0; i < CASES; ++i) {
            string memory path = _case(i);
            uint256 capacity = _uint(path, ".slots");
            uint256[] memory d = statements.solvency(
                _words(path, ".words"),
                _slices,
                capacity,
                _rules[_uint(path, ".grid")],
                100,
                _int(path, ".required_cash_e6")
            );
            vm.assertEq(d, vm.parseJsonUintArray(json, string.concat(path, ".solvency.d")), path);
            _requireSignals(_circuit("solvency_", capacity), d, path, ".solvency");
        }
    }

    function test_insolvency_data_vectors_and_signals_equal_those_of_python() public {
        vm.chainId(31337);
        for (uint256 i = 0; i < CASES; ++i) {
            string memory path = _case(i);
            uint256 capacity = _uint(path, ".slots");
            uint256[] memory d = statements.insolvency(
                _words(path, ".words"),
                _slices,
                capacity,
                _rules[_uint(path, ".grid")],
                _uint(path, ".row"),
                _int(path, ".required_cash_e6")
            );
            vm.assertEq(d, vm.parseJsonUintArray(json, string.concat(path, ".insolvency.d")), path);
            _requireSignals(_circuit("insolvency_", capacity), d, path, ".insolvency");
        }
    }

    function test_marked_values_equal_those_of_python() public view {
        for (uint256 i = 0; i < CASES; ++i) {
            string memory path = _case(i);
            vm.assertEq(statements.valueE6(_words(path, ".words"), _slices), _int(path, ".value_e6"), path);
        }
    }

    function test_state_hashes_funding_haircuts_and_parts_equal_those_of_python() public view {
        for (uint256 i = 0; i < CASES; ++i) {
            string memory path = string.concat(_case(i), ".ledger");
            uint256[] memory positions = _words(_case(i), ".words");
            int128 before = int128(_int(path, ".index_before_e6"));
            bytes32 hash = Positions.hash(ACCOUNT, uint64(_uint(path, ".nonce")), before, positions);
            vm.assertEq(hash, vm.parseJsonBytes32(json, string.concat(path, ".state_hash")), path);
            int256 owedE6 = Positions.hasPerpetual(positions)
                ? Ledger.fundingOwedE6(positions[0], before, int128(_int(path, ".index_now_e6")))
                : int256(0);
            vm.assertEq(owedE6, _int(path, ".owed_e6"), path);
            uint256[] memory rules = new uint256[](11);
            rules[1] = _uint(path, ".haircut_e4") << 208;
            vm.assertEq(RulesData.counted(rules, _int(path, ".cash_e6")), _int(path, ".counted_e6"), path);
            uint256[] memory part = Positions.fraction(positions, _uint(path, ".fraction_e4"));
            vm.assertEq(_unhinted(part), _words(path, ".part"), path);
        }
    }

    function testFuzz_a_fractions_facts_follow_from_those_of_the_whole(uint256 seed, uint256 fractionE4) public view {
        fractionE4 = bound(fractionE4, 0, 10_000);
        uint256[] memory others = _words(_case(seed % CASES), ".words");
        uint256[] memory part = Positions.fraction(others, fractionE4);
        (bool found, bytes memory copy, bytes memory full) = statements.copied(part, others, _slices);
        vm.assertTrue(found, "every position is known");
        vm.assertEq(copy, full, "the same facts");
        (int256 partE6, uint256 any) = statements.partE6(others, _slices, fractionE4);
        vm.assertEq(partE6, statements.valueE6(part, _slices), "value");
        vm.assertTrue((any != 0) == (part.length != 0), "of something");
    }

    function testFuzz_facts_are_copied_for_no_list_with_an_unknown_position(uint256 seed) public view {
        uint256[] memory all = _words(_case(seed % CASES), ".words");
        uint256[] memory others = new uint256[](all.length - 1);
        uint256 left = (seed >> 8) % all.length;
        for (uint256 i = 0; i < others.length; ++i) {
            others[i] = all[i < left ? i : i + 1];
        }
        (bool found,,) = statements.copied(all, others, _slices);
        vm.assertTrue(!found, "one is left out");
        (found,,) = statements.copied(others, all, _slices);
        vm.assertTrue(found, "and the other way round");
        uint256[] memory put = new uint256[](1);
        put[0] = all[left] ^ (1 << 29);
        if (Positions.expiryOf(put[0]) == 0) return;
        uint256[] memory one = new uint256[](1);
        one[0] = all[left];
        (found,,) = statements.copied(put, one, _slices);
        vm.assertTrue(!found, "a put is no call");
    }

    function test_settlements_equal_those_of_python() public view {
        for (uint256 i = 0; i < CASES; ++i) {
            string memory path = string.concat(_case(i), ".ledger");
            uint256[] memory positions = _words(_case(i), ".words");
            int256 gainE6 = _settledE6(positions, _uint(path, ".now"), _uint(path, ".price_e2"));
            vm.assertEq(gainE6, _int(path, ".gain_e6"), path);
        }
    }

    /// @notice Packing, challenge, value, settlement, funding, haircut, parts and state hash of random accounts at once.
    function test_random_accounts_equal_those_of_python() public {
        vm.chainId(31337);
        (uint256[][] memory words, int256[17][] memory numbers, bytes32[6][] memory hashes) = abi.decode(
            vm.parseJsonBytes(vector("account_rows.json"), ".rows"), (uint256[][], int256[17][], bytes32[6][])
        );
        vm.assertGe(words.length, 60, "accounts");
        for (uint256 i = 0; i < words.length; ++i) {
            // A call of its own frees its memory.
            this.requireRow(words[i], numbers[i], hashes[i]);
        }
    }

    function requireRow(uint256[] calldata words, int256[17] calldata n, bytes32[6] calldata hashes) external view {
        (uint256 slots, address rules, bytes32 gridId) = (uint256(n[0]), _rules[uint256(n[1])], _gridIds[uint256(n[1])]);
        uint256[] memory d = statements.solvency(words, _slices, slots, rules, 100, n[3]);
        _requireHashes(_circuit("solvency_", slots), gridId, d, uint256(n[5]), hashes[0], hashes[1]);
        d = statements.insolvency(words, _slices, slots, rules, uint256(n[2]), n[3]);
        _requireHashes(_circuit("insolvency_", slots), gridId, d, uint256(n[5]), hashes[2], hashes[3]);
        vm.assertEq(statements.valueE6(words, _slices), n[4], "value");
        vm.assertEq(_settledE6(words, uint256(n[6]), uint256(n[7])), n[8], "settlement");
        int256 owedE6 =
            Positions.hasPerpetual(words) ? Ledger.fundingOwedE6(words[0], int128(n[9]), int128(n[10])) : int256(0);
        vm.assertEq(owedE6, n[11], "funding");
        vm.assertEq(Positions.hash(ACCOUNT, uint64(uint256(n[12])), int128(n[9]), words), hashes[4], "state");
        uint256[] memory terms = new uint256[](11);
        terms[1] = uint256(n[14]) << 208;
        vm.assertEq(RulesData.counted(terms, n[13]), n[15], "haircut");
        uint256[] memory part = _unhinted(Positions.fraction(words, uint256(n[16])));
        vm.assertEq(keccak256(abi.encodePacked(part)), hashes[5], "part");
    }

    function test_more_positions_than_the_circuit_holds_revert_with_TooManyPositions() public {
        uint256[] memory positions = _words(_case(3), ".words");
        bytes memory refusal =
            abi.encodeWithSelector(IMarginErrors.TooManyPositions.selector, positions.length, positions.length - 1);
        vm.expectRevert(refusal);
        statements.solvency(positions, _slices, positions.length - 1, _rules[0], 100, 0);
        vm.expectRevert(refusal);
        statements.insolvency(positions, _slices, positions.length - 1, _rules[0], 0, 0);
    }

    function test_capacities_follow_from_the_circuit_id() public pure {
        vm.assertEq(Solvency.capacityOf("solvency_4"), 4, "solvency_4");
        vm.assertEq(Solvency.capacityOf("solvency_8"), 8, "solvency_8");
        vm.assertEq(Solvency.capacityOf("solvency_16"), 16, "solvency_16");
        vm.assertEq(Solvency.capacityOf("solvency_32"), 32, "solvency_32");
        vm.assertEq(Solvency.capacityOf("insolvency_4"), 0, "insolvency_4 proves no solvency");
        vm.assertEq(Insolvency.capacityOf("insolvency_4"), 4, "insolvency_4");
        vm.assertEq(Insolvency.capacityOf("insolvency_8"), 8, "insolvency_8");
        vm.assertEq(Insolvency.capacityOf("insolvency_16"), 16, "insolvency_16");
        vm.assertEq(Insolvency.capacityOf("insolvency_32"), 32, "insolvency_32");
        vm.assertEq(Insolvency.capacityOf("solvency_16"), 0, "solvency_16 proves no insolvency");
    }

    function test_a_vol_shocked_to_eight_reverts_with_ShockedVolTooHigh_where_an_upper_bound_is_needed() public {
        uint256[] memory short = _words(".refused.short", ".words");
        uint256[] memory long = _words(".refused.long", ".words");
        bytes memory refusal =
            abi.encodeWithSelector(VolShocks.ShockedVolTooHigh.selector, vm.parseJsonUint(json, ".refused.vol_q18"));
        statements.solvency(long, _slices, 4, _rules[1], 100, 0);
        statements.insolvency(short, _slices, 4, _rules[1], 0, 0);
        statements.insolvency(long, _slices, 4, _rules[1], 35, 0);
        vm.expectRevert(refusal);
        statements.solvency(short, _slices, 4, _rules[1], 100, 0);
        vm.expectRevert(refusal);
        statements.insolvency(long, _slices, 4, _rules[1], 0, 0);
    }

    function test_words_with_a_wrong_hint_revert_with_StrikeNotInSlice() public {
        uint256[] memory long = _words(".refused.long", ".words");
        (uint64 expiry, uint24 strikeTicks) = (Positions.expiryOf(long[0]), Positions.strikeTicksOf(long[0]));
        uint256 hint = Positions.hintOf(long[0]);
        bytes memory refusal = abi.encodeWithSelector(IMarginErrors.StrikeNotInSlice.selector, expiry, strikeTicks);
        for (uint256 other = 0; other < 256; ++other) {
            if (other == hint) continue;
            long[0] = (long[0] & ((1 << 118) - 1)) | (other << 118);
            vm.expectRevert(refusal);
            statements.valueE6(long, _slices);
        }
    }

    function _store(string memory path, uint256 capacity, uint64 observedAt) private {
        uint256[] memory d = vm.parseJsonUintArray(json, string.concat(path, ".d"));
        uint256 count = _uint(path, ".count");
        Slice.Margin memory margin = marginOf(d, capacity, count);
        IRiskOracle.MarginSlice storage slice = _slices.push();
        slice.expiry = uint64(_uint(path, ".expiry"));
        (slice.restHash, slice.header, slice.results) = (keccak256("rest"), margin.header, margin.results);
        IRiskOracle.SliceFacts memory facts;
        facts.marginHash = Slice.marginHash(slice.restHash, slice.header, slice.results);
        (facts.observedAt, facts.replacedAt, facts.state) = (observedAt, observedAt, IRiskOracle.State.Fresh);
        facts.listing = DataContract.store(abi.encodePacked(margin.elements));
        // forge-lint: disable-next-line(unsafe-typecast)
        (facts.count, facts.tickE2) = (uint8(count), 100);
        feed.setSlice(slice.expiry, facts);
    }

    function _settledE6(uint256[] memory positions, uint256 now_, uint256 priceE2)
        private
        pure
        returns (int256 gainE6)
    {
        for (uint256 i = 0; i < positions.length; ++i) {
            uint256 expiry = Positions.expiryOf(positions[i]);
            if (expiry == 0 || expiry > now_) continue;
            gainE6 += Ledger.settlementE6(positions[i], priceE2, 100);
        }
    }

    function _requireHashes(
        bytes32 circuitId,
        bytes32 gridId,
        uint256[] memory d,
        uint256 digest,
        bytes32 vectorHash,
        bytes32 signalsHash
    ) private view {
        vm.assertEq(keccak256(abi.encodePacked(d)), vectorHash, "data vector");
        bytes32 domain = Challenge.accountDomain(circuitId, ENGINE, ACCOUNT, 7, gridId);
        vm.assertEq(keccak256(abi.encodePacked(Challenge.signals(domain, d, digest))), signalsHash, "signals");
    }

    function _unhinted(uint256[] memory positions) private pure returns (uint256[] memory) {
        for (uint256 i = 0; i < positions.length; ++i) {
            positions[i] &= (1 << 118) - 1;
        }
        return positions;
    }

    function _circuit(string memory statement, uint256 capacity) private pure returns (bytes32) {
        return bytes32(bytes(string.concat(statement, vm.toString(capacity))));
    }

    function _requireSignals(bytes32 circuitId, uint256[] memory d, string memory path, string memory statement)
        private
        view
    {
        bytes32 domain = Challenge.accountDomain(circuitId, ENGINE, ACCOUNT, 7, _gridId(_uint(path, ".grid")));
        path = string.concat(path, statement);
        uint256[3] memory signals = Challenge.signals(domain, d, _uint(path, ".digest"));
        uint256[] memory expected = vm.parseJsonUintArray(json, string.concat(path, ".signals"));
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(signals[i], expected[i], path);
        }
    }

    function _params(uint256 i) private view returns (IMarginTypes.MarginParams memory params) {
        string memory path = string.concat(".grids[", vm.toString(i), "]");
        uint256[] memory grid = vm.parseJsonUintArray(json, string.concat(path, ".words"));
        for (uint256 j = 0; j < 9; ++j) {
            params.grid[j] = grid[j];
        }
        params.volRule = volRuleOf(vm.parseJsonUintArray(json, string.concat(path, ".vol_rule")));
        (params.initialFactorE2, params.maintenanceFactorE2) = (100, 80);
        (params.shortRateE5, params.perpetualRateE5) = (600, 200);
        (params.haircutE4, params.confidenceLimitE4) = (123, 456);
    }

    function _gridId(uint256 i) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, string.concat(".grids[", vm.toString(i), "].grid_id"));
    }

    function _case(uint256 i) private pure returns (string memory) {
        return string.concat(".cases[", vm.toString(i), "]");
    }

    function _words(string memory path, string memory key) private view returns (uint256[] memory) {
        return vm.parseJsonUintArray(json, string.concat(path, key));
    }

    function _uint(string memory path, string memory key) private view returns (uint256) {
        return vm.parseJsonUint(json, string.concat(path, key));
    }

    function _int(string memory path, string memory key) private view returns (int256) {
        return vm.parseJsonInt(json, string.concat(path, key));
    }
}
