// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginTypes} from "../interfaces/IMarginTypes.sol";
import {Positions} from "./Positions.sol";

/// @notice EIP-712 struct hash of an order; a wallet shows its legs as positions.
library OrderHash {
    bytes32 internal constant POSITION_TYPE_HASH =
        keccak256("Position(uint64 expiry,uint24 strikeTicks,bool put,int32 amountE4)");

    bytes32 internal constant ORDER_TYPE_HASH = keccak256(
        "Order(address maker,address taker,Position[] legs,int64 cashToMakerE6,uint32 lots,uint32 minimumLots,uint64 deadline,uint64 salt)Position(uint64 expiry,uint24 strikeTicks,bool put,int32 amountE4)"
    );

    /// @notice The struct hash; the engine adds its domain.
    function structHash(IMarginTypes.Order calldata order) internal pure returns (bytes32) {
        bytes32[] memory legs = new bytes32[](order.legs.length);
        for (uint256 i = 0; i < legs.length; ++i) {
            legs[i] = _legHash(order.legs[i]);
        }
        return keccak256(
            abi.encode(
                ORDER_TYPE_HASH,
                order.maker,
                order.taker,
                keccak256(abi.encodePacked(legs)),
                order.cashToMakerE6,
                order.lots,
                order.minimumLots,
                order.deadline,
                order.salt
            )
        );
    }

    function _legHash(uint256 leg) private pure returns (bytes32 hash) {
        (bytes32 typeHash, uint256 expiry, uint256 strikeTicks) =
            (POSITION_TYPE_HASH, Positions.expiryOf(leg), Positions.strikeTicksOf(leg));
        (bool put, int256 amountE4) = (Positions.isPut(leg), Positions.amountE4Of(leg));
        assembly ("memory-safe") {
            let start := mload(0x40)
            mstore(start, typeHash)
            mstore(add(start, 32), expiry)
            mstore(add(start, 64), strikeTicks)
            mstore(add(start, 96), put)
            mstore(add(start, 128), amountE4)
            hash := keccak256(start, 160)
        }
    }
}
