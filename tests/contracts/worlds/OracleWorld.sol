// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IReports} from "../../../contracts/interfaces/IReports.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {OracleFixture} from "../base/OracleFixture.sol";
import {SliceBuilder} from "../base/SliceBuilder.sol";

/// @notice Publishers who sign newer, older and contradicting reports, owners who rotate, halt and resume, expiries that
/// settle; every slice is true of its report.
// Seeds are folded into ranges far below those of the types.
// forge-lint: disable-next-item(unsafe-typecast)
contract OracleWorld is OracleFixture {
    uint256 private constant EXPIRIES = 3;

    /// @dev The highest epoch and attempt, and the latest observation, of a slice or, last, of the market.
    struct Newest {
        uint256 round;
        uint256 observedAt;
        bytes32 hash;
    }

    Newest[4] private _newest;
    uint64[3] private _prices;
    bool[3] private _removed;
    bool private _halted;
    uint64 private _epoch = 1;
    uint16 private _attempt;

    /// @notice What went wrong first in each respect.
    string public wentBack;
    string public unsigned;
    string public resettled;
    string public refused;

    uint256 public landings;
    uint256 public removals;
    uint256 public settlements;

    /// @notice A report of the next epoch or attempt with some slices, signed by two of the three.
    function land(uint256 seed, uint256 signers) external {
        (uint64 epoch, uint16 attempt) = seed % 5 == 0 ? (_epoch, _attempt + 1) : (_epoch + 1 + uint64(seed % 3), 0);
        (bool landed, bool valid) = _submit(_report(seed, epoch, attempt), seed, signers % 3);
        if (landed && !valid) unsigned = "a removed publisher's";
        if (!landed && valid) refused = "a newer report";
        if (landed) (_epoch, _attempt, landings) = (epoch, attempt, landings + 1);
        _watch();
    }

    /// @notice An older epoch or attempt, however late it was observed, or a newer one that was observed earlier.
    function rewind(uint256 seed, uint256 back) external {
        if (landings == 0) return;
        uint64 epoch = uint64(bound(back, 0, _epoch));
        uint16 attempt = epoch == _epoch ? uint16(bound(back >> 64, 0, _attempt)) : uint16(back);
        IReports.Report memory report = _report(seed, epoch, attempt);
        if (seed % 4 == 0) {
            (report.epoch, report.attempt) = (_epoch + 1, 0);
            uint256 observedAt = _newest[3].observedAt;
            report.observedAtMs = uint64(bound(back, NOW - 1 days, observedAt)) * 1000 - 1;
        }
        bytes32 digest = oracle.newestReport(MARKET);
        _submit(report, seed, 0);
        if (digest != oracle.newestReport(MARKET)) wentBack = "the newest report";
        _watch();
    }

    /// @notice A newer report with too few signatures, twice the same, a stranger's, or of another set's version.
    function forge(uint256 seed, uint256 kind) external {
        IReports.Report memory report = _report(seed, _epoch + 1, 0);
        if (kind % 5 == 4) report.setVersion -= 1;
        bytes32 digest = publisherSet.reportDigest(report);
        bytes memory one = signed(publisherKeys[seed % 3], digest);
        bytes memory signatures = one;
        if (kind % 5 == 1) signatures = bytes.concat(one, one);
        if (kind % 5 == 2) signatures = bytes.concat(one, signed(STRANGER_KEY, digest));
        if (kind % 5 == 3) signatures = bytes.concat(signed(STRANGER_KEY, digest), one);
        if (kind % 5 == 4) signatures = signaturesOf(report);
        try oracle.submitReport(report, signatures) {
            unsigned = "too few";
        } catch {}
        _watch();
    }

    /// @notice A publisher signs two reports of one round; anyone shows it.
    function equivocate(uint256 who) external {
        who %= 3;
        IReports.Report memory report = _report(who, _epoch, _attempt);
        IReports.Report memory other = _report(who, _epoch, _attempt);
        other.spotE2 += 1;
        bytes memory first = signed(publisherKeys[who], publisherSet.reportDigest(report));
        bytes memory second = signed(publisherKeys[who], publisherSet.reportDigest(other));
        try publisherSet.removeEquivocator(report, first, other, second) {
            if (_removed[who]) refused = "removed twice";
            _removed[who] = true;
            ++removals;
        } catch {
            if (!_removed[who]) refused = "an equivocation";
        }
    }

    function rotate() external {
        publisherSet.setPublishers(_publishers(), 2);
        delete _removed;
    }

    function halt(bool on) external {
        if (on) oracle.halt(MARKET);
        else oracle.resume(MARKET);
        _halted = on;
    }

    function pass(uint256 seed) external {
        uint256 longest = seed % 7 == 0 ? 400_000 : 300;
        vm.warp(block.timestamp + 1 + (seed / 7) % longest);
    }

    /// @notice Two reports at the ends of an expiry's last half hour settle it, once.
    function settle(uint256 which, uint256 priceE2) external {
        which %= EXPIRIES;
        uint64 expiry = _expiry(which);
        if (block.timestamp < expiry) return;
        priceE2 = bound(priceE2, 1, 1e9);
        IReports.Report memory first = _report(0, 1, 0);
        IReports.Report memory last = _report(0, 2, 0);
        (first.observedAtMs, last.observedAtMs) = ((expiry - 30 minutes) * 1000, expiry * 1000);
        first.cumulativeSpotE2Ms = 1e18;
        last.cumulativeSpotE2Ms = 1e18 + uint128(priceE2 * 30 minutes * 1000);
        (bytes memory one, bool valid) = _sign(first, 0);
        (bytes memory two,) = _sign(last, 0);
        try oracle.settle(MARKET, expiry, first, one, last, two) {
            if (_prices[which] != 0 || !valid) resettled = "settled again or unsigned";
            _prices[which] = uint64(priceE2);
            ++settlements;
        } catch {
            if (_prices[which] == 0 && valid) refused = "a settlement";
        }
    }

    /// @notice Whether a slice or the market is used although it is halted or too old.
    function isUsedTooLong() external view returns (bool) {
        for (uint256 i = 0; i <= EXPIRIES; ++i) {
            (IRiskOracle.State state, uint256 observedAt) = _stateOf(i);
            if (state == IRiskOracle.State.None) continue;
            uint256 age = block.timestamp > observedAt ? block.timestamp - observedAt : 0;
            bool used = state == IRiskOracle.State.Fresh || state == IRiskOracle.State.LiquidateOnly;
            if (used && (_halted || age > 600)) return true;
            if (state == IRiskOracle.State.Fresh && age > 120) return true;
            if (_halted != (state == IRiskOracle.State.Halted)) return true;
        }
        return false;
    }

    /// @notice Whether every price is the first that was found.
    function arePricesKept() external view returns (bool) {
        for (uint256 i = 0; i < EXPIRIES; ++i) {
            if (oracle.settlementPriceE2(MARKET, _expiry(i)) != _prices[i]) return false;
        }
        return bytes(resettled).length == 0;
    }

    /// @notice Whether the set consists of those who were not removed.
    function isSetKnown() external view returns (bool) {
        address[] memory members = publisherSet.publishers();
        uint256 found = 0;
        for (uint256 i = 0; i < 3; ++i) {
            if (_removed[i]) continue;
            if (found == members.length || members[found++] != vm.addr(publisherKeys[i])) return false;
        }
        return found == members.length;
    }

    /// @dev Tries to land a report with its slices; `valid`: its signers were not removed.
    function _submit(IReports.Report memory report, uint256 seed, uint256 signers)
        private
        returns (bool landed, bool valid)
    {
        bytes memory signatures;
        (signatures, valid) = _sign(report, signers);
        SliceBuilder.Spec[] memory specs = _specs(seed);
        if (specs.length == 0) {
            try oracle.submitReport(report, signatures) {
                landed = true;
            } catch {}
        } else {
            try oracle.submit(report, signatures, updatesOf(report, specs)) {
                landed = true;
            } catch {}
        }
    }

    /// @dev Signatures of two publishers, ascending: all but one.
    function _sign(IReports.Report memory report, uint256 without) private view returns (bytes memory, bool valid) {
        bytes32 digest = publisherSet.reportDigest(report);
        (uint256 low, uint256 high) = without == 0 ? (1, 2) : (0, without == 1 ? 2 : 1);
        valid = !_removed[low] && !_removed[high];
        return (bytes.concat(signed(publisherKeys[low], digest), signed(publisherKeys[high], digest)), valid);
    }

    function _report(uint256 seed, uint64 epoch, uint16 attempt) private view returns (IReports.Report memory report) {
        report = reportOf(epoch, _specs(seed));
        report.attempt = attempt;
    }

    /// @dev Slices of the expiries ahead that the seed's low bits name, with claims among themselves or none.
    function _specs(uint256 seed) private view returns (SliceBuilder.Spec[] memory specs) {
        specs = new SliceBuilder.Spec[](EXPIRIES);
        uint256 count = 0;
        for (uint256 i = 0; i < EXPIRIES; ++i) {
            if ((seed >> i) & 1 == 0 || _expiry(i) <= block.timestamp) continue;
            specs[count] = SliceBuilder.calm(_expiry(i));
            specs[count].knotsDigest = uint256(keccak256(abi.encode(seed, i))) >> 8;
            specs[count].volShiftQ32 = (seed >> 8) % (1 << 30);
            ++count;
        }
        assembly ("memory-safe") {
            mstore(specs, count)
        }
        if (seed & 15 == 7 && count == EXPIRIES) specs[0].later = specs[1].knotsDigest;
    }

    /// @dev Nothing that is stored is older than what was stored before, and what is as new is the same.
    function _watch() private {
        for (uint256 i = 0; i <= EXPIRIES; ++i) {
            Newest storage newest = _newest[i];
            (uint256 round, uint256 observedAt, bytes32 hash) = _storedOf(i);
            if (round < newest.round) wentBack = i == EXPIRIES ? "the market's epoch" : "a slice's epoch";
            if (observedAt < newest.observedAt) wentBack = "the time of observation";
            bool same = i < EXPIRIES && newest.hash != 0 && round == newest.round;
            if (same && hash != newest.hash) wentBack = "the words of an epoch";
            (newest.round, newest.observedAt, newest.hash) = (round, observedAt, hash);
        }
    }

    function _storedOf(uint256 i) private view returns (uint256 round, uint256 observedAt, bytes32 hash) {
        if (i == EXPIRIES) {
            IRiskOracle.MarketFacts memory facts = oracle.marketFacts(MARKET);
            return (facts.epoch, facts.observedAt, oracle.newestReport(MARKET));
        }
        IRiskOracle.Slice memory slice = oracle.sliceOf(MARKET, _expiry(i));
        round = (uint256(slice.epoch) << 16) | slice.attempt;
        return (round, factsOf(_expiry(i)).observedAt, marginHashOf(_expiry(i)));
    }

    function _stateOf(uint256 i) private view returns (IRiskOracle.State, uint256) {
        if (i == EXPIRIES) {
            IRiskOracle.MarketFacts memory facts = oracle.marketFacts(MARKET);
            return (facts.state, facts.observedAt);
        }
        return (factsOf(_expiry(i)).state, factsOf(_expiry(i)).observedAt);
    }

    function _expiry(uint256 i) private pure returns (uint64) {
        return i == 0 ? FIRST : (i == 1 ? SECOND : THIRD);
    }
}
