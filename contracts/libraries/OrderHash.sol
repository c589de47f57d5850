// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginEngine} from "../interfaces/IMarginEngine.sol";

/// @notice EIP-712 struct hash of an order.
library OrderHash {
    bytes32 internal constant POSITION_TYPE_HASH =
        keccak256("Position(uint64 expiry,uint24 strikeTicks,bool put,int32 amountE4)");

    bytes32 internal constant ORDER_TYPE_HASH = keccak256(
        "Order(address maker,address taker,Position[] legs,int64 cashToMakerE6,uint64 deadline,uint256 salt)Position(uint64 expiry,uint24 strikeTicks,bool put,int32 amountE4)"
    );

    /// @notice The struct hash; the engine adds its domain.
    function structHash(IMarginEngine.Order calldata order) internal pure returns (bytes32) {
        bytes32[] memory legs = new bytes32[](order.legs.length);
        for (uint256 i = 0; i < legs.length; ++i) {
            IMarginEngine.Position calldata leg = order.legs[i];
            legs[i] = keccak256(abi.encode(POSITION_TYPE_HASH, leg.expiry, leg.strikeTicks, leg.put, leg.amountE4));
        }
        return keccak256(
            abi.encode(
                ORDER_TYPE_HASH,
                order.maker,
                order.taker,
                keccak256(abi.encodePacked(legs)),
                order.cashToMakerE6,
                order.deadline,
                order.salt
            )
        );
    }
}
