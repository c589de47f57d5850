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
        bytes memory tables = DataContract.load(_tables);
        assembly ("memory-safe") {
            first := add(tables, 32)
        }
    }
}
