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
        uint256 order = Words.FIELD_ORDER;
        uint256 z;
        uint256 y;
        uint256 refused = type(uint256).max;
        assembly ("memory-safe") {
            // The hashed bytes are domain, length, elements, digest: in memory `d` has length and elements.
            let size := shl(5, mload(d))
            let start := mload(0x40)
            mstore(start, domain)
            mcopy(add(start, 32), d, add(size, 32))
            mstore(add(start, add(size, 64)), digest)
            z := mod(keccak256(start, add(size, 96)), order)
            for { let at := add(d, size) } gt(at, d) { at := sub(at, 32) } {
                let element := mload(at)
                if iszero(lt(element, order)) { refused := sub(shr(5, sub(at, d)), 1) }
                y := addmod(mulmod(y, z, order), element, order)
            }
        }
        if (refused != type(uint256).max) revert Words.NotInField(refused, d[refused]);
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
