// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../generated/SliceLayout.sol";
import {Guarded} from "../governance/Guarded.sol";
import {INativeSlice} from "../interfaces/INativeSlice.sol";
import {IPoseidon} from "../interfaces/IPoseidon.sol";
import {ISliceFallback} from "../interfaces/ISliceFallback.sol";

/// @title SliceFallback
/// @notice Remembers which data vectors were checked without a proof, and whether the oracle may use them.
contract SliceFallback is ISliceFallback, Guarded {
    /// @inheritdoc ISliceFallback
    INativeSlice public immutable native;

    /// @inheritdoc ISliceFallback
    IPoseidon public immutable poseidon;

    /// @inheritdoc ISliceFallback
    bool public allowed;

    mapping(bytes32 id => bool) private _checked;

    constructor(address admin, INativeSlice native_, IPoseidon poseidon_) Guarded(admin) {
        (native, poseidon) = (native_, poseidon_);
    }

    /// @inheritdoc ISliceFallback
    function check(uint256[] calldata d, uint256 count, INativeSlice.Opening calldata opening) external {
        native.requireSlice(d, count, opening);
        uint256 greeks = d[SliceLayout.greeksDigestIndex()];
        if (greeks != 0) revert UncheckedGreeks(greeks);
        _requireDigest(d, SliceLayout.knotsDigestIndex(), opening.knots);
        _requireDigest(d, SliceLayout.earlierKnotsDigestIndex(), opening.earlierKnots);
        _requireDigest(d, SliceLayout.laterKnotsDigestIndex(), opening.laterKnots);
        bytes32 id = keccak256(abi.encodePacked(count, d));
        _checked[id] = true;
        emit SliceChecked(id);
    }

    /// @inheritdoc ISliceFallback
    function holds(bytes32 id) external view returns (bool) {
        return allowed && _checked[id];
    }

    /// @inheritdoc ISliceFallback
    function setNativeSlices(bool allowed_) external onlyOwner {
        _setNativeSlices(allowed_);
    }

    /// @inheritdoc ISliceFallback
    function stopNative() external onlyGuardian {
        _setNativeSlices(false);
    }

    function _setNativeSlices(bool allowed_) private {
        allowed = allowed_;
        emit NativeSlicesSet(allowed_);
    }

    function _requireDigest(uint256[] calldata d, uint256 index, uint256[] calldata knots) private view {
        uint256 opened = knots.length == 0 ? 0 : poseidon.digest(knots);
        if (d[index] != opened) revert KnotsNotOpened(index, d[index], opened);
    }
}
