// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Words} from "../libraries/Words.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice The matrices of a Poseidon permutation from its Cauchy points, for a constructor. Rows are padded with zeros.
library PoseidonMatrix {
    /// @notice Partial rounds of one step.
    uint256 internal constant STEP = 4;

    /// @notice 1 / (row point + column point), padded rows; all are inverted by one inversion of their product.
    function cauchy(bytes memory compact, uint256 points, uint256 width, uint256 padded)
        internal
        view
        returns (uint256[] memory matrix)
    {
        uint256[] memory sums = new uint256[](width * width);
        uint256[] memory before = new uint256[](width * width);
        uint256 product = 1;
        for (uint256 i = 0; i < sums.length; ++i) {
            uint256 column = wordAt(compact, points + width + i % width);
            sums[i] = addmod(wordAt(compact, points + i / width), column, Words.FIELD_ORDER);
            (before[i], product) = (product, mulmod(product, sums[i], Words.FIELD_ORDER));
        }
        matrix = new uint256[](width * padded);
        uint256 inverse = Math.invModPrime(product, Words.FIELD_ORDER);
        for (uint256 i = sums.length; i > 0;) {
            --i;
            matrix[i / width * padded + i % width] = mulmod(inverse, before[i], Words.FIELD_ORDER);
            inverse = mulmod(inverse, sums[i], Words.FIELD_ORDER);
        }
    }

    /// @notice Row 0 of M, M^2 and M^3, then M^4. Behind the elements, for the change in round j of the step: element (0, 0) of
    /// M^(k - j + 1) in the row of M^k, column 0 of M^(5 - j) in the matrix.
    function step(uint256[] memory matrix, uint256 width, uint256 padded)
        internal
        pure
        returns (uint256[] memory words)
    {
        uint256[][5] memory powers;
        (powers[1], powers[2]) = (matrix, _product(matrix, matrix, width, padded, false));
        powers[3] = _product(powers[2], matrix, width, padded, true);
        powers[4] = _product(powers[2], powers[2], width, padded, false);
        words = new uint256[]((STEP - 1 + width) * padded);
        for (uint256 row = 0; row < STEP - 1 + width; ++row) {
            bool first = row < STEP - 1;
            (uint256 power, uint256 place) = first ? (row + 1, 0) : (STEP, row - (STEP - 1));
            for (uint256 column = 0; column < width; ++column) {
                words[row * padded + column] = powers[power][place * padded + column];
            }
            for (uint256 j = 2; j <= power; ++j) {
                words[row * padded + width + j - 2] = powers[power - j + 1][place * padded];
            }
        }
    }

    /// @notice Word `index` of packed words, which must exist.
    function wordAt(bytes memory data, uint256 index) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(data, 32), mul(index, 32)))
        }
    }

    /// @dev The product of two matrices, or of it the first row and column alone.
    function _product(uint256[] memory a, uint256[] memory b, uint256 width, uint256 padded, bool edges)
        private
        pure
        returns (uint256[] memory product)
    {
        product = new uint256[](a.length);
        unchecked {
            for (uint256 i = 0; i < width * width; ++i) {
                if (edges && i >= width && i % width != 0) continue;
                uint256 row = 32 * (i / width * padded);
                uint256 sum = _columnTimes(_first(a) + row, _first(b) + 32 * (i % width), 32 * width, 32 * padded);
                product[row / 32 + i % width] = sum;
            }
        }
    }

    /// @dev A row of `length` bytes times a column whose elements are `stride` bytes apart.
    function _columnTimes(uint256 row, uint256 column, uint256 length, uint256 stride)
        private
        pure
        returns (uint256 sum)
    {
        uint256 order = Words.FIELD_ORDER;
        assembly ("memory-safe") {
            for { let end := add(row, length) } lt(row, end) { row := add(row, 32) } {
                sum := addmod(sum, mulmod(mload(row), mload(column), order), order)
                column := add(column, stride)
            }
        }
    }

    function _first(uint256[] memory words) private pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := add(words, 32)
        }
    }
}
