// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginTypes} from "../../../contracts/interfaces/IMarginTypes.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {RulesData} from "../../../contracts/libraries/RulesData.sol";
import {SliceSet} from "../../../contracts/libraries/SliceSet.sol";
import {AccountWords} from "../../../contracts/statements/AccountWords.sol";
import {Insolvency} from "../../../contracts/statements/Insolvency.sol";
import {Solvency} from "../../../contracts/statements/Solvency.sol";

/// @notice Data vectors of accounts, built by the product's libraries from what a call carries.
contract StatementHarness {
    bytes32 private constant MARKET = "BTC-USD";

    IRiskOracle private immutable _oracle;

    constructor(IRiskOracle oracle) {
        _oracle = oracle;
    }

    function solvency(
        uint256[] calldata positions,
        IRiskOracle.MarginSlice[] calldata slices,
        uint256 capacity,
        address data,
        uint256 factorE2,
        int256 requiredCashE6
    ) external view returns (uint256[] memory) {
        SliceSet.Loaded[] memory loaded = SliceSet.load(_oracle, MARKET, slices, IMarginTypes.Use.Starting);
        return
            Solvency.build(facts(positions, loaded), loaded, capacity, RulesData.load(data), factorE2, requiredCashE6);
    }

    function insolvency(
        uint256[] calldata positions,
        IRiskOracle.MarginSlice[] calldata slices,
        uint256 capacity,
        address data,
        uint256 row,
        int256 requiredCashE6
    ) external view returns (uint256[] memory) {
        SliceSet.Loaded[] memory loaded = SliceSet.load(_oracle, MARKET, slices, IMarginTypes.Use.Starting);
        return Insolvency.build(facts(positions, loaded), loaded, capacity, RulesData.load(data), row, requiredCashE6);
    }

    function valueE6(uint256[] calldata positions, IRiskOracle.MarginSlice[] calldata slices)
        external
        view
        returns (int256)
    {
        return facts(positions, SliceSet.load(_oracle, MARKET, slices, IMarginTypes.Use.Starting)).valueE6;
    }

    /// @notice Whether some positions are among others; their facts copied from those of the others, and their own, encoded.
    function copied(uint256[] calldata positions, uint256[] calldata others, IRiskOracle.MarginSlice[] calldata slices)
        external
        view
        returns (bool found, bytes memory copy, bytes memory full)
    {
        SliceSet.Loaded[] memory loaded = SliceSet.load(_oracle, MARKET, slices, IMarginTypes.Use.Starting);
        AccountWords.Facts memory all;
        (all, found) = AccountWords.among(positions, others, facts(others, loaded));
        return (found, abi.encode(all), abi.encode(facts(positions, loaded)));
    }

    /// @notice What a fraction of positions is worth.
    function partE6(uint256[] calldata positions, IRiskOracle.MarginSlice[] calldata slices, uint256 fractionE4)
        external
        view
        returns (int256, uint256 any)
    {
        SliceSet.Loaded[] memory loaded = SliceSet.load(_oracle, MARKET, slices, IMarginTypes.Use.Starting);
        return AccountWords.valueOfPart(facts(positions, loaded), fractionE4);
    }

    function facts(uint256[] calldata positions, SliceSet.Loaded[] memory loaded)
        private
        view
        returns (AccountWords.Facts memory)
    {
        return AccountWords.facts(positions, loaded, _oracle.marketFacts(MARKET).perpetualMarkE2);
    }
}
