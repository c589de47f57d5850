// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginTypes} from "../interfaces/IMarginTypes.sol";

/// @notice EIP-712 struct hash of an order; a wallet shows its legs as positions.
library OrderHash {
    bytes32 internal constant POSITION_TYPE_HASH =
        keccak256("Position(uint64 expiry,uint24 strikeTicks,bool put,int32 amountE4)");

    bytes32 internal constant ORDER_TYPE_HASH = keccak256(
        "Order(address maker,address taker,Position[] legs,int64 cashToMakerE6,uint32 lots,uint32 minimumLots,uint64 deadline,uint64 salt)Position(uint64 expiry,uint24 strikeTicks,bool put,int32 amountE4)"
    );

    /// @notice The struct hash; the engine adds its domain.
    function structHash(IMarginTypes.Order calldata order) internal pure returns (bytes32) {
        bytes32 legs = _legsHash(order.legs);
        return keccak256(
            abi.encode(
                ORDER_TYPE_HASH,
                order.maker,
                order.taker,
                legs,
                order.cashToMakerE6,
                order.lots,
                order.minimumLots,
                order.deadline,
                order.salt
            )
        );
    }

    /// @dev Hash of the legs' struct hashes: each of type, expiry, strike in ticks, put, signed amount.
    function _legsHash(uint256[] calldata legs) private pure returns (bytes32 hash) {
        bytes32 typeHash = POSITION_TYPE_HASH;
        assembly ("memory-safe") {
            // Five words of one leg, then the hashes.
            let start := mload(0x40)
            let to := add(start, 160)
            mstore(start, typeHash)
            for { let i := 0 } lt(i, legs.length) { i := add(i, 1) } {
                let leg := calldataload(add(legs.offset, shl(5, i)))
                mstore(add(start, 32), and(shr(54, leg), 0xffffffffffffffff))
                mstore(add(start, 64), and(shr(30, leg), 0xffffff))
                mstore(add(start, 96), and(shr(29, leg), 1))
                mstore(add(start, 128), sub(and(leg, 0x1fffffff), 0x10000000))
                mstore(to, keccak256(start, 160))
                to := add(to, 32)
            }
            hash := keccak256(add(start, 160), shl(5, legs.length))
        }
    }
}
