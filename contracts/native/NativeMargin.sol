// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {NormalTables} from "../generated/NormalTables.sol";
import {INativeMargin} from "../interfaces/INativeMargin.sol";
import {DataContract} from "../libraries/DataContract.sol";
import {NativeInsolvency} from "./NativeInsolvency.sol";
import {NativeSolvency} from "./NativeSolvency.sol";

/// @title NativeMargin
/// @notice The account statements in plain Solidity; the tables of the normal distribution lie in a data contract.
contract NativeMargin is INativeMargin {
    /// @dev Two tables of 8 rows of 8 coefficients.
    uint256 private constant TABLE_BYTES = 2 * 8 * 8 * 32;

    /// @dev Data contract of `NormalTables.MARGIN`.
    address private immutable _tables;

    constructor() {
        _tables = DataContract.store(NormalTables.MARGIN);
    }

    /// @inheritdoc INativeMargin
    function insolvencyBoundE6(uint256[] calldata d) external view returns (int256) {
        return NativeInsolvency.requiredCashE6(_coefficients(), d);
    }

    /// @inheritdoc INativeMargin
    function solvencyBoundE6(uint256[] calldata d) external view returns (int256) {
        return NativeSolvency.requiredCashE6(_coefficients(), d);
    }

    /// @dev Memory address of the first coefficient; the allocation is never released.
    function _coefficients() private view returns (uint256 first) {
        address tables = _tables;
        uint256 size = TABLE_BYTES;
        assembly ("memory-safe") {
            first := mload(0x40)
            extcodecopy(tables, first, 1, size)
            mstore(0x40, add(first, size))
        }
    }
}
