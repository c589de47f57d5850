// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Parts of lists of positions (see `Positions`).
library PositionParts {
    /// @notice A list in two: a fraction, at most 10,000, of every position, rounded toward zero, and the rest; what is nothing is
    /// left out of either. `sizeE4`: sum of the part's absolute amounts.
    function split(uint256[] memory list, uint256 fractionE4)
        internal
        pure
        returns (uint256[] memory part, uint256[] memory rest, uint256 sizeE4)
    {
        (part, rest) = (new uint256[](list.length), new uint256[](list.length));
        assembly ("memory-safe") {
            let toPart := add(part, 32)
            let toRest := add(rest, 32)
            let end := add(add(list, 32), shl(5, mload(list)))
            for { let at := add(list, 32) } lt(at, end) { at := add(at, 32) } {
                let word := mload(at)
                // Amounts have 29 bits: nothing overflows, and neither part is larger.
                let amount := sub(and(word, 0x1fffffff), 0x10000000)
                let taken := sdiv(mul(amount, fractionE4), 10000)
                // The key and hint with an amount of zero.
                word := sub(word, amount)
                if taken {
                    mstore(toPart, add(word, taken))
                    toPart := add(toPart, 32)
                }
                if sub(amount, taken) {
                    mstore(toRest, add(word, sub(amount, taken)))
                    toRest := add(toRest, 32)
                }
                if slt(taken, 0) { taken := sub(0, taken) }
                sizeE4 := add(sizeE4, taken)
            }
            mstore(part, shr(5, sub(sub(toPart, part), 32)))
            mstore(rest, shr(5, sub(sub(toRest, rest), 32)))
        }
    }
}
