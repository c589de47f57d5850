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
        uint256 z = uint256(keccak256(abi.encodePacked(domain, d.length, d, digest))) % Words.FIELD_ORDER;
        uint256 y = 0;
        for (uint256 i = d.length; i > 0; --i) {
            Words.requireBelowField(d, i - 1);
            y = addmod(mulmod(y, z, Words.FIELD_ORDER), d[i - 1], Words.FIELD_ORDER);
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
