// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginTypes} from "../../../contracts/interfaces/IMarginTypes.sol";

/// @notice The vol rule of a vector: its eight fields in order.
function volRuleOf(uint256[] memory rule) pure returns (IMarginTypes.VolRule memory) {
    // forge-lint: disable-next-item(unsafe-typecast)
    return IMarginTypes.VolRule(
        uint16(rule[0]),
        uint16(rule[1]),
        uint16(rule[2]),
        uint16(rule[3]),
        uint16(rule[4]),
        uint16(rule[5]),
        uint16(rule[6]),
        uint32(rule[7])
    );
}
