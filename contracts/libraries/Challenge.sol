// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Words} from "./Words.sol";

/// @notice The challenge form: binds a data vector d to a proof with three public signals.
/// @dev signals = [digest, y, z] with z = keccak256(domain, n, d, digest) mod r and y = sum of d_i z^i mod r, i from 0.
/// @dev Warning: the digest must enter z. With z from the data alone a prover chooses its d after z.
library Challenge {
    /// @notice The public signals of `d` under `domain`. Refuses elements and digests at or above r.
    function signals(bytes32 domain, uint256[] memory d, uint256 digest) internal pure returns (uint256[3] memory) {
        Words.requireAllBelowField(d);
        return evaluate(domain, d, digest);
    }

    /// @notice The same of a data vector whose elements are known to be below r each; y of none is 0.
    function evaluate(bytes32 domain, uint256[] memory d, uint256 digest) internal pure returns (uint256[3] memory) {
        if (digest >= Words.FIELD_ORDER) revert Words.NotInField(d.length, digest);
        uint256 z;
        uint256 y;
        uint256 order = Words.FIELD_ORDER;
        assembly ("memory-safe") {
            // domain, length and elements as they lie in memory, digest: packed behind the free memory.
            let packed := mload(0x40)
            let size := shl(5, add(mload(d), 1))
            mstore(packed, domain)
            mcopy(add(packed, 32), d, size)
            mstore(add(add(packed, 32), size), digest)
            z := mod(keccak256(packed, add(size, 64)), order)
            // From the last element to the one after the first: y = (y + element) z. Sums are below 2 r < 2^255.
            let word := add(d, sub(size, 32))
            let first := add(d, 32)
            if iszero(mload(d)) { word := first }
            for { let end := sub(word, and(sub(word, first), 0xe0)) } gt(word, end) { word := sub(word, 32) } {
                y := mulmod(add(y, mload(word)), z, order)
            }
            // Eight elements a turn.
            for {} gt(word, first) { word := sub(word, 256) } {
                y := mulmod(add(y, mload(word)), z, order)
                y := mulmod(add(y, mload(sub(word, 32))), z, order)
                y := mulmod(add(y, mload(sub(word, 64))), z, order)
                y := mulmod(add(y, mload(sub(word, 96))), z, order)
                y := mulmod(add(y, mload(sub(word, 128))), z, order)
                y := mulmod(add(y, mload(sub(word, 160))), z, order)
                y := mulmod(add(y, mload(sub(word, 192))), z, order)
                y := mulmod(add(y, mload(sub(word, 224))), z, order)
            }
            if mload(d) { y := addmod(y, mload(first), order) }
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
