// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginTypes} from "../interfaces/IMarginTypes.sol";
import {IVerifierRegistry} from "../interfaces/IVerifierRegistry.sol";

/// @notice A call of the verifier registry, coded by hand: proofs go from calldata straight into it.
library ProofCall {
    /// @dev Call data of `size` bytes at `start`; where the next circuit id, proof and signals go.
    struct Call {
        uint256 start;
        uint256 size;
        uint256 ids;
        uint256 proofs;
        uint256 signals;
    }

    /// @dev One proof: selector, id, 8 words, 3 words. A batch: selector, three offsets, three lists with their lengths.
    uint256 private constant ONE_BYTES = 388;
    uint256 private constant BATCH_BYTES = 196;
    uint256 private constant EACH_BYTES = 384;

    /// @notice Room for `count` proofs, at least one.
    function open(uint256 count) internal pure returns (Call memory c) {
        uint256 start;
        assembly ("memory-safe") {
            start := mload(0x40)
        }
        c.start = start;
        if (count == 1) {
            (c.size, c.ids, c.proofs, c.signals) = (ONE_BYTES, start + 4, start + 36, start + 292);
            _put(start, IVerifierRegistry.verify.selector);
        } else {
            c.size = BATCH_BYTES + EACH_BYTES * count;
            c.ids = start + 132;
            c.proofs = c.ids + 32 * count + 32;
            c.signals = c.proofs + 256 * count + 32;
            _put(start, IVerifierRegistry.verifyBatch.selector);
            (uint256 ids, uint256 proofs, uint256 signals) = (c.ids, c.proofs, c.signals);
            assembly ("memory-safe") {
                mstore(add(start, 4), 96)
                mstore(add(start, 36), sub(sub(proofs, start), 36))
                mstore(add(start, 68), sub(sub(signals, start), 36))
                mstore(sub(ids, 32), count)
                mstore(sub(proofs, 32), count)
                mstore(sub(signals, 32), count)
            }
        }
        uint256 end = start + c.size;
        assembly ("memory-safe") {
            mstore(0x40, end)
        }
    }

    /// @notice Adds a proof and its public signals; there must be room.
    function add(Call memory c, IMarginTypes.MarginProof calldata proof, uint256[3] memory signals) internal pure {
        (uint256 ids, uint256 proofs, uint256 to) = (c.ids, c.proofs, c.signals);
        assembly ("memory-safe") {
            // Circuit id, rules version, cash, digest, proof.
            mstore(ids, calldataload(proof))
            calldatacopy(proofs, add(proof, 128), 256)
            mcopy(to, signals, 96)
        }
        unchecked {
            (c.ids, c.proofs, c.signals) = (ids + 32, proofs + 256, to + 96);
        }
    }

    /// @notice The registry's answer once every proof is there.
    function valid(Call memory c, IVerifierRegistry registry) internal view returns (bool answer) {
        (uint256 start, uint256 size) = (c.start, c.size);
        assembly ("memory-safe") {
            // The call is not needed again: its first word takes the answer.
            if iszero(staticcall(gas(), registry, start, size, start, 32)) {
                returndatacopy(start, 0, returndatasize())
                revert(start, returndatasize())
            }
            answer := and(gt(returndatasize(), 31), eq(mload(start), 1))
        }
    }

    function _put(uint256 start, bytes4 selector) private pure {
        assembly ("memory-safe") {
            mstore(start, selector)
        }
    }
}
