// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Guarded} from "./governance/Guarded.sol";
import {IMarginRules} from "./interfaces/IMarginRules.sol";
import {RulesData} from "./libraries/RulesData.sol";
import {VolShocks} from "./statements/VolShocks.sol";

/// @title MarginRules
/// @notice A market's margin rules by version, its fees and caps, and who may change what.
contract MarginRules is IMarginRules, Guarded {
    /// @notice Seconds between the announcement of rules and their use.
    uint256 public constant NOTICE = 1 hours;

    /// @notice Seconds for which the version before stays usable.
    uint256 public constant GRACE = 1 hours;

    /// @inheritdoc IMarginRules
    address public auction;

    /// @inheritdoc IMarginRules
    address public feeAccount;

    /// @inheritdoc IMarginRules
    uint8 public nativeMarginE2;

    uint256 private constant ROW_WORD_BITS = 240;
    uint256 private constant RATE_BITS = 17;
    uint256 private constant UNIT_E4 = 10_000;
    uint256 private constant MAX_FEE_E6 = 1_000;

    /// @dev Limits, whether opening is paused, and how many versions there are: one word, which every trade reads.
    struct Gate {
        uint16 makerFeeE6;
        uint16 takerFeeE6;
        uint16 capE4;
        uint16 insuranceShareE4;
        uint32 maxPositionE4;
        uint64 maxOpenInterestE4;
        bool openingPaused;
        uint32 count;
    }

    Gate private _gate;
    mapping(uint32 version => RulesVersion) private _versions;

    constructor(address admin, address guardian_, MarginParams memory params, Limits memory limits) Guarded(admin) {
        _setGuardian(guardian_);
        _setLimits(limits);
        _add(params, uint48(block.timestamp));
    }

    /// @inheritdoc IMarginRules
    function setAuction(address auction_) external onlyOwner {
        if (auction != address(0)) revert AuctionAlreadySet(auction);
        auction = auction_;
        emit AuctionSet(auction_);
    }

    /// @inheritdoc IMarginRules
    function setFeeAccount(address feeAccount_) external onlyOwner {
        feeAccount = feeAccount_;
        emit FeeAccountSet(feeAccount_);
    }

    /// @inheritdoc IMarginRules
    function setLimits(Limits calldata limits) external onlyOwner {
        _setLimits(limits);
    }

    /// @inheritdoc IMarginRules
    function setNativeMargin(uint8 marginE2) external onlyOwner {
        _setNativeMargin(marginE2);
    }

    /// @inheritdoc IMarginRules
    function stopNative() external onlyGuardian {
        _setNativeMargin(0);
    }

    /// @inheritdoc IMarginRules
    function addRules(MarginParams calldata params, uint48 activeFrom) external onlyOwner {
        RulesVersion storage last = _versions[_gate.count - 1];
        uint256 earliest = block.timestamp + NOTICE;
        if (last.activeFrom >= earliest) earliest = uint256(last.activeFrom) + 1;
        if (activeFrom < earliest) revert RulesTooEarly(activeFrom, earliest);
        // A time that fits 48 bits, plus an hour.
        // forge-lint: disable-next-line(unsafe-typecast)
        last.usableUntil = activeFrom + uint48(GRACE);
        _add(params, activeFrom);
    }

    /// @inheritdoc IMarginRules
    function pauseOpening() external onlyGuardian {
        _gate.openingPaused = true;
        emit OpeningPausedSet(true);
    }

    /// @inheritdoc IMarginRules
    function resumeOpening() external onlyOwner {
        _gate.openingPaused = false;
        emit OpeningPausedSet(false);
    }

    /// @inheritdoc IMarginRules
    function terms(uint32 version) external view returns (address data, Limits memory limits, bool openingPaused) {
        data = dataOf(version);
        Gate memory gate = _gate;
        limits = Limits({
            makerFeeE6: gate.makerFeeE6,
            takerFeeE6: gate.takerFeeE6,
            capE4: gate.capE4,
            insuranceShareE4: gate.insuranceShareE4,
            maxPositionE4: gate.maxPositionE4,
            maxOpenInterestE4: gate.maxOpenInterestE4
        });
        openingPaused = gate.openingPaused;
    }

    /// @inheritdoc IMarginRules
    function versionOf(uint32 version) external view returns (RulesVersion memory) {
        return _versions[version];
    }

    /// @inheritdoc IMarginRules
    function paramsOf(uint32 version) external view returns (MarginParams memory params, bytes32 gridId) {
        if (version >= _gate.count) revert RulesNotUsable(version);
        uint256[] memory rules = RulesData.load(_versions[version].data);
        return (RulesData.params(rules), RulesData.gridId(rules));
    }

    /// @inheritdoc IMarginRules
    function activeVersion() external view returns (uint32) {
        uint32 version = _gate.count - 1;
        while (_versions[version].activeFrom > block.timestamp) --version;
        return version;
    }

    /// @inheritdoc IMarginRules
    function dataOf(uint32 version) public view returns (address data) {
        RulesVersion memory found = _versions[version];
        bool over = found.usableUntil != 0 && block.timestamp > found.usableUntil;
        if (found.data == address(0) || over || block.timestamp < found.activeFrom) revert RulesNotUsable(version);
        return found.data;
    }

    function _setNativeMargin(uint8 marginE2) private {
        nativeMarginE2 = marginE2;
        emit NativeMarginSet(marginE2);
    }

    function _setLimits(Limits memory limits) private {
        bool shares = limits.capE4 <= UNIT_E4 && limits.insuranceShareE4 <= UNIT_E4;
        if (!shares || limits.makerFeeE6 > MAX_FEE_E6 || limits.takerFeeE6 > MAX_FEE_E6) revert InvalidLimits();
        Gate storage gate = _gate;
        (gate.makerFeeE6, gate.takerFeeE6, gate.capE4) = (limits.makerFeeE6, limits.takerFeeE6, limits.capE4);
        (gate.insuranceShareE4, gate.maxPositionE4) = (limits.insuranceShareE4, limits.maxPositionE4);
        gate.maxOpenInterestE4 = limits.maxOpenInterestE4;
        emit LimitsSet(limits);
    }

    function _add(MarginParams memory params, uint48 activeFrom) private {
        bool ordered = params.maintenanceFactorE2 > 0 && params.maintenanceFactorE2 <= params.initialFactorE2
            && params.haircutE4 <= UNIT_E4 && VolShocks.isValid(params.volRule);
        uint256 widest = params.shortRateE5 | params.perpetualRateE5;
        if (!ordered || widest >> RATE_BITS != 0) revert InvalidParams();
        for (uint256 i = 0; i < params.grid.length; ++i) {
            if (params.grid[i] >> ROW_WORD_BITS != 0) revert InvalidParams();
        }
        (address data, bytes32 gridId) = RulesData.store(params);
        uint32 version = _gate.count++;
        emit RulesAdded(version, gridId, data, activeFrom);
        _versions[version] = RulesVersion({data: data, activeFrom: activeFrom, usableUntil: 0});
    }
}
