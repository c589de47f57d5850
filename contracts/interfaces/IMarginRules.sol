// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginTypes} from "./IMarginTypes.sol";

/// @notice A market's margin rules by version, its fees and caps, and who may change what.
interface IMarginRules is IMarginTypes {
    /// @notice The auction contract was named.
    event AuctionSet(address auction);

    /// @notice Opening was paused or resumed.
    event OpeningPausedSet(bool paused);

    /// @notice Fees and caps changed.
    event LimitsSet(Limits limits);

    /// @notice Native statements were allowed with this margin, or refused (zero).
    event NativeMarginSet(uint8 marginE2);

    /// @notice The account that collects fees changed.
    event FeeAccountSet(address feeAccount);

    /// @notice A version of the rules was announced.
    event RulesAdded(uint32 indexed version, bytes32 gridId, address data, uint48 activeFrom);

    /// @notice Margin rules that contradict each other or do not fit the statements.
    error InvalidParams();

    /// @notice Fees above a thousandth, or shares above one.
    error InvalidLimits();

    /// @notice New rules are announced at least the notice ahead, and after the version before is active.
    error RulesTooEarly(uint48 activeFrom, uint256 earliest);

    /// @notice The version of the rules does not exist, is not active yet or no longer usable.
    error RulesNotUsable(uint32 version);

    /// @notice The auction contract is named once.
    error AuctionAlreadySet(address auction);

    /// @notice Names the auction contract, once; owner only.
    function setAuction(address auction) external;

    /// @notice Names the account that collects fees; owner only.
    function setFeeAccount(address feeAccount) external;

    /// @notice Sets fees and caps; owner only.
    function setLimits(Limits calldata limits) external;

    /// @notice Allows account statements that are computed on-chain instead of proven, at factors `marginE2` (1e-2) to the safe
    /// side: below maintenance to liquidate, above the statement's to stay solvent. Zero refuses them. Owner only.
    function setNativeMargin(uint8 marginE2) external;

    /// @notice Refuses statements without proofs, by guardian or owner.
    function stopNative() external;

    /// @notice Announces new rules, active from `activeFrom`; the version before stays usable for a grace; owner only.
    function addRules(MarginParams calldata params, uint48 activeFrom) external;

    /// @notice Pauses opening, by guardian or owner. Trades each of whose legs reduces both accounts' positions stay possible.
    function pauseOpening() external;

    /// @notice Resumes opening; owner only.
    function resumeOpening() external;

    /// @notice What a statement under `version` needs: data contract of the rules (`RulesData`), fees and caps, and whether
    /// opening is paused. Reverts with RulesNotUsable.
    function terms(uint32 version) external view returns (address data, Limits memory limits, bool openingPaused);

    /// @notice Data contract of the rules of a version alone. Reverts with RulesNotUsable.
    function dataOf(uint32 version) external view returns (address);

    /// @notice A version of the rules; all zero where there is none.
    function versionOf(uint32 version) external view returns (RulesVersion memory);

    /// @notice Margin rules of a version, and keccak256(abi.encode(grid, volRule)): the grid in every account domain.
    function paramsOf(uint32 version) external view returns (MarginParams memory params, bytes32 gridId);

    /// @notice The version that is active now.
    function activeVersion() external view returns (uint32);

    /// @notice Margin in 1e-2 of account statements without proofs; zero: refused.
    function nativeMarginE2() external view returns (uint8);

    /// @notice The account that collects fees.
    function feeAccount() external view returns (address);

    /// @notice The auction contract.
    function auction() external view returns (address);
}
