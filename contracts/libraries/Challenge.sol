// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Words} from "./Words.sol";

/// @notice The challenge form: binds a data vector d to a proof with three public signals.
/// @dev signals = [digest, y, z] with z = keccak256(domain, n, d, digest) mod r and y = sum of d_i z^i mod r, i from 0.
/// @dev Warning: the digest must enter z. With z from the data alone a prover chooses its d after z.
library Challenge {
    /// @notice The public signals of `d` under `domain`. Refuses elements and digests at or above r.
    function signals(bytes32 domain, uint256[] memory d, uint256 digest) internal pure returns (uint256[3] memory) {
        if (digest >= Words.FIELD_ORDER) revert Words.NotInField(d.length, digest);
        uint256 z;
        uint256 y;
        uint256 order = Words.FIELD_ORDER;
        uint256 bits = 0;
        assembly ("memory-safe") {
            // domain, length and elements as they lie in memory, digest: packed behind the free memory.
            let packed := mload(0x40)
            let size := shl(5, add(mload(d), 1))
            mstore(packed, domain)
            mcopy(add(packed, 32), d, size)
            mstore(add(add(packed, 32), size), digest)
            z := mod(keccak256(packed, add(size, 64)), order)
            let word := add(d, size)
            if and(mload(d), 1) {
                word := sub(word, 32)
                bits := mload(word)
                y := mod(bits, order)
            }
            // Two elements a turn, from the last one.
            for {} gt(sub(word, 32), d) {} {
                let value := mload(sub(word, 32))
                word := sub(word, 64)
                let before := mload(word)
                bits := or(bits, or(value, before))
                y := addmod(mulmod(addmod(mulmod(y, z, order), value, order), z, order), before, order)
            }
        }
        // Elements below 2^253 are below the order.
        if (bits >> 253 != 0) {
            for (uint256 i = 0; i < d.length; ++i) {
                Words.requireBelowField(d, i);
            }
        }
        return [digest, y, z];
    }

    /// @notice Domain of a slice or an option: a fact, equal on every chain.
    function sliceDomain(bytes32 circuitId, bytes32 market, uint64 expiry, uint64 epoch, bytes32 reportDigest)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(circuitId, market, expiry, epoch, reportDigest));
    }

    /// @notice Domain of an account statement. `positionNonce` is the nonce under which the proven positions are stored.
    function accountDomain(bytes32 circuitId, address engine, address account, uint64 positionNonce, bytes32 gridId)
        internal
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(circuitId, block.chainid, engine, account, positionNonce, gridId));
    }
}
