// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {PublisherSet} from "./PublisherSet.sol";
import {SliceRules} from "./SliceRules.sol";
import {SliceLayout} from "./generated/SliceLayout.sol";
import {IListingRegistry} from "./interfaces/IListingRegistry.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Slice as SliceStatement} from "./statements/Slice.sol";

/// @title RiskOracle
/// @notice From these attested quotes and this attested forward: the published prices are free of arbitrage for every
/// strike and in time against both neighbouring slices, they reprice the quotes within the stated error, and the
/// published marks, implied vols and Greeks are those of Black-76 at these prices.
/// @dev Refuses invalid proofs and signatures alone: an oracle that refuses a crash stops exactly when it is needed.
/// Assumptions: the verifier and listing registries are this project's own; the publishers' clocks are Unix time.
contract RiskOracle is PublisherSet, SliceRules {
    /// @notice How far a report may lie ahead of the block, in milliseconds.
    uint256 public constant CLOCK_TOLERANCE_MS = 15_000;

    /// @notice Age in seconds above which a slice is stale.
    uint64 public maxAge = 120;

    /// @notice Who may halt besides the owner.
    address public guardian;

    /// @notice Halted markets.
    mapping(bytes32 market => bool) public halted;

    mapping(bytes32 market => mapping(uint64 expiry => Slice)) private _slices;

    constructor(
        address admin,
        IVerifierRegistry registry_,
        IListingRegistry listings_,
        address[] memory publishers_,
        uint8 threshold_
    ) PublisherSet(admin, publishers_, threshold_) SliceRules(registry_, listings_) {}

    /// @inheritdoc IRiskOracle
    function submit(Report calldata report, bytes[] calldata signatures, SliceUpdate[] calldata updates) external {
        if (updates.length == 0) revert NoUpdates();
        uint256 latestMs = block.timestamp * 1000 + CLOCK_TOLERANCE_MS;
        if (report.observedAtMs > latestMs) revert ReportFromFuture(report.observedAtMs, latestMs);
        bytes32 digest = _requireQuorum(report, signatures);
        uint256[3][] memory signals = new uint256[3][](updates.length);
        bool[] memory newer = new bool[](updates.length);
        for (uint256 i = 0; i < updates.length; ++i) {
            if (i > 0 && updates[i].expiry <= updates[i - 1].expiry) revert UpdatesNotAscending(i);
            (signals[i], newer[i]) = _store(report, digest, updates[i]);
        }
        // A proof that fails reverts what was stored.
        _requireProofs(updates, signals);
        _evaluateCalendar(report.market, updates, newer);
        emit ReportUsed(report.market, report.epoch, digest, report.spotE2, report.rejectedCount, report.snapshotRoot);
    }

    /// @inheritdoc IRiskOracle
    function setGuardian(address guardian_) external onlyOwner {
        guardian = guardian_;
        emit GuardianSet(guardian_);
    }

    /// @inheritdoc IRiskOracle
    function setMaxAge(uint64 maxAge_) external onlyOwner {
        maxAge = maxAge_;
        emit MaxAgeSet(maxAge_);
    }

    /// @inheritdoc IRiskOracle
    function halt(bytes32 market) external {
        if (msg.sender != guardian && msg.sender != owner()) revert NotGuardian(msg.sender);
        halted[market] = true;
        emit HaltSet(market, true);
    }

    /// @inheritdoc IRiskOracle
    function resume(bytes32 market) external onlyOwner {
        halted[market] = false;
        emit HaltSet(market, false);
    }

    /// @inheritdoc IRiskOracle
    function sliceOf(bytes32 market, uint64 expiry) external view returns (Slice memory) {
        return _slices[market][expiry];
    }

    /// @inheritdoc IRiskOracle
    function getForward(bytes32 market, uint64 expiry) external view returns (uint64 forwardQ16, uint64 observedAt) {
        _requireReadable(market, expiry);
        Slice storage slice = _slices[market][expiry];
        return (slice.forwardQ16, slice.observedAt);
    }

    /// @inheritdoc IRiskOracle
    function getVol(bytes32 market, uint64 expiry, uint24 strikeTicks, uint256[] calldata d)
        external
        view
        returns (uint64 totalVolQ32, uint64 observedAt)
    {
        _requireReadable(market, expiry);
        (, observedAt) = requireWords(market, expiry, d);
        (bool found, SliceStatement.Strike memory strike) = SliceStatement.strikeOf(d, strikeTicks);
        if (!found) revert StrikeNotListed(expiry, strikeTicks);
        // 35 bits by the statement's widths.
        // forge-lint: disable-next-line(unsafe-typecast)
        totalVolQ32 = uint64(strike.totalVolQ32);
    }

    /// @inheritdoc IRiskOracle
    function stateOf(bytes32 market, uint64 expiry) public view returns (State) {
        Slice storage slice = _slices[market][expiry];
        if (slice.epoch == 0) return State.None;
        if (halted[market]) return State.Halted;
        if (block.timestamp > uint256(slice.observedAt) + maxAge) return State.Stale;
        if (slice.calendarEarlier == Calendar.Unproven || slice.calendarLater == Calendar.Unproven) {
            return State.LiquidateOnly;
        }
        return State.Fresh;
    }

    /// @inheritdoc IRiskOracle
    function requireWords(bytes32 market, uint64 expiry, uint256[] calldata d)
        public
        view
        returns (State state, uint64 observedAt)
    {
        Slice storage slice = _slices[market][expiry];
        bytes32 wordsHash = SliceStatement.wordsHash(d);
        if (slice.epoch == 0 || wordsHash != slice.wordsHash) {
            revert UnknownSliceWords(expiry, wordsHash, slice.wordsHash);
        }
        return (stateOf(market, expiry), slice.observedAt);
    }

    function _requireReadable(bytes32 market, uint64 expiry) private view {
        State state = stateOf(market, expiry);
        if (state != State.Fresh && state != State.LiquidateOnly) revert SliceNotReadable(expiry, state);
    }

    /// @dev Stores a slice of a newer epoch. One of the stored epoch changes nothing but the pairs that it claims.
    function _store(Report calldata report, bytes32 digest, SliceUpdate calldata update)
        private
        returns (uint256[3] memory signals, bool newer)
    {
        uint64 expiry = update.expiry;
        if (uint256(expiry) * 1000 <= report.observedAtMs || expiry <= block.timestamp) {
            revert SliceExpired(expiry, report.observedAtMs);
        }
        Slice storage slice = _slices[report.market][expiry];
        if (report.epoch < slice.epoch) revert EpochNotNewer(expiry, report.epoch, slice.epoch);
        uint256[] memory d = update.d;
        uint256 count = _requireStatement(report, update, d);
        signals = _signals(report, digest, update, d);
        bytes32 wordsHash = SliceStatement.wordsHash(d);
        if (report.epoch == slice.epoch) {
            if (wordsHash != slice.wordsHash || !_addsClaim(slice, d)) {
                revert EpochNotNewer(expiry, report.epoch, slice.epoch);
            }
            return (signals, false);
        }
        uint64 observedAt = report.observedAtMs / 1000;
        if (observedAt < slice.observedAt) revert ObservedBeforeStored(expiry, observedAt, slice.observedAt);

        newer = true;
        slice.wordsHash = wordsHash;
        slice.knotsDigest = d[SliceLayout.knotsDigestIndex()];
        slice.epoch = report.epoch;
        slice.observedAt = observedAt;
        // 40 bits by the statement's widths.
        // forge-lint: disable-next-line(unsafe-typecast)
        slice.forwardQ16 = uint64(SliceLayout.headerForwardQ16(d[SliceLayout.headerIndex()]));
        (slice.outside, slice.quoted) = SliceStatement.countOutside(d, count);
        // Its neighbours are known once every update of the transaction is stored.
        slice.calendarEarlier = Calendar.NoNeighbour;
        slice.calendarLater = Calendar.NoNeighbour;
        emit SliceStored(
            report.market,
            expiry,
            report.epoch,
            slice.observedAt,
            slice.forwardQ16,
            slice.outside,
            slice.quoted,
            slice.knotsDigest
        );
    }

    /// @dev Evaluates every adjacent pair of live slices that has a newer member or is claimed. A pair is proven where
    /// one of this transaction's slices claims the other's current knots; one proof per pair is enough.
    function _evaluateCalendar(bytes32 market, SliceUpdate[] calldata updates, bool[] memory newer) private {
        uint64[] memory live = _liveExpiries(market);
        bool earlierNewer = false;
        uint256 earlierClaim = 0;
        for (uint256 i = 0; i < live.length; ++i) {
            (bool isNewer, uint256 toEarlier, uint256 toLater) = _claimsOf(updates, newer, live[i]);
            _requireClaim(market, live[i], toEarlier, i == 0 ? 0 : live[i - 1]);
            _requireClaim(market, live[i], toLater, i + 1 == live.length ? 0 : live[i + 1]);
            bool proven = earlierClaim != 0 || toEarlier != 0;
            if (i > 0 && (proven || isNewer || earlierNewer)) _setCalendar(market, live[i - 1], live[i], proven);
            (earlierNewer, earlierClaim) = (isNewer, toLater);
        }
    }

    function _setCalendar(bytes32 market, uint64 earlier, uint64 later, bool proven) private {
        Calendar calendar = proven ? Calendar.Proven : Calendar.Unproven;
        _slices[market][earlier].calendarLater = calendar;
        _slices[market][later].calendarEarlier = calendar;
        emit CalendarEvaluated(market, earlier, later, proven);
    }

    function _requireClaim(bytes32 market, uint64 expiry, uint256 claimed, uint64 neighbour) private view {
        if (claimed == 0) return;
        uint256 current = _slices[market][neighbour].knotsDigest;
        if (claimed != current) revert UnknownNeighbour(expiry, claimed, current);
    }

    /// @dev True where `d` claims a pair that is not proven.
    function _addsClaim(Slice storage slice, uint256[] memory d) private view returns (bool) {
        bool addsEarlier = d[SliceLayout.earlierKnotsDigestIndex()] != 0 && slice.calendarEarlier != Calendar.Proven;
        bool addsLater = d[SliceLayout.laterKnotsDigestIndex()] != 0 && slice.calendarLater != Calendar.Proven;
        return addsEarlier || addsLater;
    }

    /// @dev The claims of the update of `expiry`, zero where there is none.
    function _claimsOf(SliceUpdate[] calldata updates, bool[] memory newer, uint64 expiry)
        private
        pure
        returns (bool isNewer, uint256 toEarlier, uint256 toLater)
    {
        for (uint256 i = 0; i < updates.length; ++i) {
            if (updates[i].expiry != expiry) continue;
            uint256[] calldata d = updates[i].d;
            return (newer[i], d[SliceLayout.earlierKnotsDigestIndex()], d[SliceLayout.laterKnotsDigestIndex()]);
        }
    }

    /// @dev Listed expiries that lie ahead and have a slice, ascending.
    function _liveExpiries(bytes32 market) private view returns (uint64[] memory live) {
        uint64[] memory listed = listings.expiries(market);
        uint256 count = 0;
        for (uint256 i = 0; i < listed.length; ++i) {
            if (listed[i] <= block.timestamp || _slices[market][listed[i]].epoch == 0) continue;
            listed[count++] = listed[i];
        }
        live = new uint64[](count);
        for (uint256 i = 0; i < count; ++i) {
            live[i] = listed[i];
        }
    }
}
