// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VerifierRegistry} from "../../contracts/VerifierRegistry.sol";
import {GreeksMath} from "../../contracts/libraries/GreeksMath.sol";
import {LnMath} from "../../contracts/libraries/LnMath.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {Option} from "../../contracts/statements/Option.sol";
import {Test} from "./base/Test.sol";

contract OptionHarness {
    function greeks(GreeksMath.OptionWords memory w, uint256 tenorS, bool put)
        external
        pure
        returns (GreeksMath.OptionGreeks memory)
    {
        return GreeksMath.greeks(w, tenorS, put);
    }

    function build(uint256 knotsDigest, GreeksMath.OptionWords memory w) external pure returns (uint256[] memory) {
        return Option.build(knotsDigest, w);
    }

    function signals(Option.Context memory context, uint256 knots, GreeksMath.OptionWords memory w, uint256 digest)
        external
        pure
        returns (uint256[3] memory)
    {
        return Option.signals(context, knots, w, digest);
    }
}

/// @notice Words and Greeks of Python (tests/vectors/option.json).
contract OptionTest is Test {
    OptionHarness private harness = new OptionHarness();
    string private json = vector("option.json");

    function test_circuits_follow_from_the_id() public pure {
        vm.assertEq(Option.knotsOf("option_32"), 32, "32");
        vm.assertEq(Option.knotsOf("option_48"), 48, "48");
        vm.assertEq(Option.knotsOf("option_64"), 64, "64");
        vm.assertEq(Option.knotsOf("option_96"), 96, "96");
        vm.assertEq(Option.knotsOf("slice_32_16"), 0, "no option circuit");
    }

    function test_greeks_and_marks_equal_those_of_python() public view {
        uint256 count = vm.parseJsonUintArray(json, ".strike_ticks").length;
        vm.assertTrue(count > 40, "vector is not empty");
        for (uint256 i = 0; i < count; ++i) {
            GreeksMath.OptionWords memory w = _words(i);
            GreeksMath.OptionGreeks memory g = harness.greeks(w, _uint(".tenor_s", i), _uint(".put", i) == 1);
            vm.assertEq(g.priceE6, _uint(".price_e6", i), "price");
            vm.assertEq(g.deltaE9, _int(".delta_e9", i), "delta");
            vm.assertEq(g.gammaE12, _uint(".gamma_e12", i), "gamma");
            vm.assertEq(g.vegaE6, _uint(".vega_e6", i), "vega");
            vm.assertEq(g.thetaE6, _int(".theta_e6", i), "theta");
            vm.assertEq(g.rhoE6, _int(".rho_e6", i), "rho");
            vm.assertEq(GreeksMath.markE2(w.callQ53, w.tickE2), _uint(".mark_e2", i), "mark");
        }
    }

    function test_data_vectors_and_signals_equal_those_of_python() public view {
        uint256 count = vm.parseJsonUintArray(json, ".strike_ticks").length;
        Option.Context memory context = Option.Context("option_32", "BTC-USD", 1_799_900_045, 42, _reportDigest());
        for (uint256 i = 0; i < count; ++i) {
            GreeksMath.OptionWords memory w = _words(i);
            uint256 knots = _uint(".knots_digest", i);
            vm.assertEq(harness.build(knots, w), vm.parseJsonUintArray(json, _at(".d", i)), "d");
            uint256[3] memory signals = harness.signals(context, knots, w, _uint(".digest", i));
            uint256[] memory expected = vm.parseJsonUintArray(json, _at(".signals", i));
            for (uint256 j = 0; j < 3; ++j) {
                vm.assertEq(signals[j], expected[j], "signal");
            }
        }
    }

    function test_a_word_at_its_width_is_refused() public {
        uint256[7] memory widths = [uint256(40), 8, 24, 78, 35, 198, 202];
        for (uint256 i = 0; i < 7; ++i) {
            uint256[7] memory raw = _raw();
            raw[i] = 1 << widths[i];
            bytes4 expected = i == 5 ? GreeksMath.CdfAboveOne.selector : Words.ValueTooWide.selector;
            _refuses(raw, expected);
        }
    }

    function test_phi_of_one_and_a_unit_is_refused() public {
        uint256[7] memory raw = _raw();
        raw[5] = 1 << 197;
        harness.build(1, _of(raw));
        raw[5] += 1;
        _refuses(raw, GreeksMath.CdfAboveOne.selector);
    }

    function test_a_strike_forward_tick_or_vol_of_zero_is_refused() public {
        uint256[4] memory positive = [uint256(0), 1, 2, 4];
        for (uint256 i = 0; i < 4; ++i) {
            uint256[7] memory raw = _raw();
            raw[positive[i]] = 0;
            _refuses(raw, GreeksMath.ZeroWord.selector);
        }
    }

    function test_a_forward_below_one_tick_is_refused() public {
        uint256[7] memory raw = _raw();
        raw[0] = (1 << 16) - 1;
        vm.expectPartialRevert(LnMath.LnOutOfDomain.selector);
        harness.build(1, _of(raw));
    }

    function test_a_knots_digest_at_the_field_order_is_refused() public {
        vm.expectPartialRevert(Words.NotInField.selector);
        harness.build(Words.FIELD_ORDER, _of(_raw()));
    }

    function test_a_tenor_of_41_bits_is_refused() public {
        vm.expectPartialRevert(Words.ValueTooWide.selector);
        harness.greeks(_of(_raw()), 1 << 40, false);
    }

    /// forge-config: default.fuzz.runs = 64
    function test_parity_holds_for_any_words(uint256 forward, uint256 strike, uint256 call, uint256 tenor) public view {
        uint256[7] memory raw = _raw();
        (raw[0], raw[2], raw[3]) =
        (bound(forward, 1 << 16, (1 << 40) - 1), bound(strike, 1, (1 << 24) - 1), bound(call, 0, (1 << 78) - 1));
        GreeksMath.OptionWords memory w = _of(raw);
        GreeksMath.OptionGreeks memory c = harness.greeks(w, bound(tenor, 0, 1 << 32), false);
        GreeksMath.OptionGreeks memory p = harness.greeks(w, bound(tenor, 0, 1 << 32), true);
        // Both round towards zero.
        vm.assertLe(uint256(c.deltaE9 - p.deltaE9), 1e9, "delta");
        vm.assertGe(uint256(c.deltaE9 - p.deltaE9), 1e9 - 1, "delta");
        vm.assertEq(c.gammaE12, p.gammaE12, "gamma");
        vm.assertEq(c.vegaE6, p.vegaE6, "vega");
        vm.assertEq(c.thetaE6, p.thetaE6, "theta");
        uint256 value = GreeksMath.valueQ53(w, true);
        uint256 above = w.callQ53 + (w.strikeTicks << 53);
        uint256 below = w.forwardQ16 << 37;
        vm.assertEq(value, above > below ? above - below : 0, "put");
    }

    function _refuses(uint256[7] memory raw, bytes4 selector) private {
        GreeksMath.OptionWords memory w = _of(raw);
        vm.expectPartialRevert(selector);
        harness.build(1, w);
        vm.expectPartialRevert(selector);
        harness.greeks(w, 86_400, false);
    }

    function _raw() private pure returns (uint256[7] memory) {
        return [uint256(60_000 << 16), 100, 61_234, 6140 << 53, 923_772_057, 1 << 196, 1 << 200];
    }

    function _of(uint256[7] memory raw) private pure returns (GreeksMath.OptionWords memory) {
        return GreeksMath.OptionWords(raw[0], raw[1], raw[2], raw[3], raw[4], raw[5], raw[6]);
    }

    function _words(uint256 i) private view returns (GreeksMath.OptionWords memory) {
        return GreeksMath.OptionWords({
            forwardQ16: _uint(".forward_q16", i),
            tickE2: _uint(".tick_e2", i),
            strikeTicks: _uint(".strike_ticks", i),
            callQ53: _uint(".call_q53", i),
            totalVolQ32: _uint(".total_vol_q32", i),
            cdfD1: _uint(".cdf_d1", i),
            pdfD1: _uint(".pdf_d1", i)
        });
    }

    function _reportDigest() private pure returns (bytes32) {
        return 0x0505050505050505050505050505050505050505050505050505050505050505;
    }

    function _at(string memory key, uint256 i) private pure returns (string memory) {
        return string.concat(key, "[", vm.toString(i), "]");
    }

    function _uint(string memory key, uint256 i) private view returns (uint256) {
        return vm.parseJsonUint(json, _at(key, i));
    }

    function _int(string memory key, uint256 i) private view returns (int256) {
        return vm.parseJsonInt(json, _at(key, i));
    }
}

/// @notice A real proof of one unlisted strike (tests/vectors/option_proof.json) through the registry.
contract OptionProofTest is Test {
    string private json = vector("option_proof.json");
    VerifierRegistry private registry = new VerifierRegistry(address(this), true);
    OptionHarness private harness = new OptionHarness();
    uint256[8] private proof;
    uint256[7] private raw;
    uint256 private knotsDigest = vm.parseJsonUint(json, ".knots_digest");
    uint256 private digest = vm.parseJsonUint(json, ".digest");

    constructor() {
        uint256[22] memory key;
        uint256[] memory words = vm.parseJsonUintArray(json, ".key");
        for (uint256 i = 0; i < 22; ++i) {
            key[i] = words[i];
        }
        words = vm.parseJsonUintArray(json, ".proof");
        for (uint256 i = 0; i < 8; ++i) {
            proof[i] = words[i];
        }
        words = vm.parseJsonUintArray(json, ".words");
        for (uint256 i = 0; i < 7; ++i) {
            raw[i] = words[i];
        }
        registry.add(Option.CIRCUIT_32, key, "manifest", false);
    }

    function test_a_real_proof_of_an_unlisted_strike_verifies_and_gives_its_greeks() public {
        vm.assertTrue(_verifies(_context(), knotsDigest, raw, digest), "honest words");
        harness.signals(_context(), knotsDigest, _words(raw), digest);
        vm.snapshotGasLastCall("gas", "option.signals of one strike");
        GreeksMath.OptionGreeks memory g = harness.greeks(_words(raw), 30 days, false);
        vm.snapshotGasLastCall("gas", "option.greeks of one call");
        // 6140.33 USD of a forward of 62,816 at a total vol of 0.215.
        vm.assertEq(g.priceE6 / 1e6, 6140, "price");
        vm.assertTrue(g.deltaE9 > 5e8 && g.deltaE9 < 7e8, "delta");
    }

    function test_the_signals_of_the_proof_are_those_of_python() public view {
        uint256[3] memory signals = harness.signals(_context(), knotsDigest, _words(raw), digest);
        uint256[] memory expected = vm.parseJsonUintArray(json, ".signals");
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(signals[i], expected[i], "signal");
        }
    }

    function test_every_changed_word_is_refused() public view {
        for (uint256 i = 0; i < 7; ++i) {
            // The tick is no part of the statement: the reader multiplies by its own.
            if (i == 1) continue;
            uint256[7] memory changed = raw;
            changed[i] += 1;
            vm.assertTrue(!_verifies(_context(), knotsDigest, changed, digest), vm.toString(i));
            changed[i] -= 2;
            vm.assertTrue(!_verifies(_context(), knotsDigest, changed, digest), vm.toString(i));
        }
    }

    function test_other_knots_or_another_digest_are_refused() public view {
        vm.assertTrue(!_verifies(_context(), knotsDigest - 1, raw, digest), "knots");
        vm.assertTrue(!_verifies(_context(), knotsDigest, raw, digest - 1), "digest");
    }

    function test_another_context_is_refused() public view {
        Option.Context memory c = _context();
        c.market = "ETH-USD";
        vm.assertTrue(!_verifies(c, knotsDigest, raw, digest), "market");
        c = _context();
        c.expiry += 1;
        vm.assertTrue(!_verifies(c, knotsDigest, raw, digest), "expiry");
        c = _context();
        c.epoch += 1;
        vm.assertTrue(!_verifies(c, knotsDigest, raw, digest), "epoch");
        c = _context();
        c.reportDigest = bytes32(uint256(c.reportDigest) + 1);
        vm.assertTrue(!_verifies(c, knotsDigest, raw, digest), "report");
        c = _context();
        c.circuitId = Option.CIRCUIT_48;
        uint256[3] memory signals = harness.signals(c, knotsDigest, _words(raw), digest);
        vm.assertTrue(!registry.verify(Option.CIRCUIT_32, proof, signals), "circuit");
    }

    function _verifies(Option.Context memory context, uint256 knots, uint256[7] memory words, uint256 digest_)
        private
        view
        returns (bool)
    {
        return registry.verify(Option.CIRCUIT_32, proof, harness.signals(context, knots, _words(words), digest_));
    }

    function _context() private view returns (Option.Context memory) {
        return Option.Context({
            circuitId: Option.CIRCUIT_32,
            market: "BTC-USD",
            expiry: uint64(vm.parseJsonUint(json, ".expiry")),
            epoch: uint64(vm.parseJsonUint(json, ".epoch")),
            reportDigest: vm.parseJsonBytes32(json, ".report_digest")
        });
    }

    function _words(uint256[7] memory values) private pure returns (GreeksMath.OptionWords memory) {
        return GreeksMath.OptionWords(values[0], values[1], values[2], values[3], values[4], values[5], values[6]);
    }
}
