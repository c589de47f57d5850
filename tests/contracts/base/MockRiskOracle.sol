// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";

/// @notice The views that margin reads, answered as a test says.
contract MockRiskOracle {
    mapping(uint64 expiry => IRiskOracle.SliceFacts) private _slices;
    mapping(uint64 expiry => uint64) private _settlements;
    IRiskOracle.MarketFacts private _market;

    function setSlice(uint64 expiry, IRiskOracle.SliceFacts calldata facts) external {
        _slices[expiry] = facts;
    }

    function setState(uint64 expiry, IRiskOracle.State state) external {
        _slices[expiry].state = state;
    }

    function setMarket(IRiskOracle.MarketFacts calldata facts) external {
        _market = facts;
    }

    function setSettlement(uint64 expiry, uint64 priceE2) external {
        _settlements[expiry] = priceE2;
    }

    function sliceFacts(bytes32, uint64[] calldata expiries)
        external
        view
        returns (IRiskOracle.SliceFacts[] memory facts)
    {
        facts = new IRiskOracle.SliceFacts[](expiries.length);
        for (uint256 i = 0; i < facts.length; ++i) {
            facts[i] = _slices[expiries[i]];
        }
    }

    function marginFacts(bytes32, uint64[] calldata expiries) external view returns (uint256[] memory words) {
        words = new uint256[](3 * expiries.length);
        for (uint256 i = 0; i < expiries.length; ++i) {
            IRiskOracle.SliceFacts storage facts = _slices[expiries[i]];
            words[3 * i] = uint256(facts.marginHash);
            uint256 times = facts.observedAt | (uint256(facts.previousObservedAt) << 32);
            words[3 * i + 1] = times | (uint256(facts.replacedAt) << 64) | (uint256(facts.state) << 96);
            uint256 listed = (uint256(facts.tickE2) << 168) | (uint256(facts.count) << 160);
            words[3 * i + 2] = listed | uint160(facts.listing);
        }
    }

    function marketFacts(bytes32) external view returns (IRiskOracle.MarketFacts memory) {
        return _market;
    }

    function settlementPriceE2(bytes32, uint64 expiry) external view returns (uint64) {
        return _settlements[expiry];
    }
}
