// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {PoseidonTables} from "../generated/PoseidonTables.sol";
import {IPoseidon} from "../interfaces/IPoseidon.sol";
import {DataContract} from "../libraries/DataContract.sol";
import {Words} from "../libraries/Words.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Poseidon
/// @notice The chain of `circuits/lib/poseidon.circom` and `prover/poseidon.py` at the lengths of knots digests.
/// @dev Every round mixes by the whole matrix: sparse partial rounds would save four fifths of the gas and need nine data
/// contracts instead of four. Rows of the state, of constants and of the matrix are padded with zeros to whole groups of
/// four elements.
contract Poseidon is IPoseidon {
    uint256 private constant FIRST_INPUTS = 16;

    /// @dev Rows of constants: eight full rounds, and what precedes the first partial round.
    uint256 private constant CONSTANT_ROWS = 9;

    address private immutable _width3;
    address private immutable _width8;
    address private immutable _width12;
    address private immutable _width17;

    constructor() {
        _width3 = _store(PoseidonTables.WIDTH_3, 3);
        _width8 = _store(PoseidonTables.WIDTH_8, 8);
        _width12 = _store(PoseidonTables.WIDTH_12, 12);
        _width17 = _store(PoseidonTables.WIDTH_17, 17);
    }

    /// @inheritdoc IPoseidon
    function digest(uint256[] calldata elements) external view returns (uint256 value) {
        uint256 length = elements.length;
        if (length != 11 && length != 16 && length != 22 && length != 32) revert UnsupportedLength(length);
        for (uint256 i = 0; i < length; ++i) {
            if (elements[i] >= Words.FIELD_ORDER) revert Words.NotInField(i, elements[i]);
        }
        uint256 used = length < FIRST_INPUTS ? length : FIRST_INPUTS;
        value = _block(elements[:used], used + 1, 0);
        while (used < length) {
            uint256 end = length < used + FIRST_INPUTS - 1 ? length : used + FIRST_INPUTS - 1;
            value = _block(elements[used:end], end - used + 2, value);
            used = end;
        }
    }

    /// @dev One permutation of `width`: its state is 0, the running digest where there is one, the inputs.
    function _block(uint256[] calldata inputs, uint256 width, uint256 running) private view returns (uint256) {
        uint256[] memory tables = DataContract.loadWords(_tablesOf(width));
        uint256 padded = _padded(width);
        uint256[] memory state = new uint256[](padded);
        uint256 first = width - inputs.length;
        if (first == 2) state[1] = running;
        for (uint256 i = 0; i < inputs.length; ++i) {
            state[first + i] = inputs[i];
        }
        return _permute(tables, state, new uint256[](padded), width);
    }

    function _tablesOf(uint256 width) private view returns (address) {
        if (width == 17) return _width17;
        if (width == 12) return _width12;
        return width == 8 ? _width8 : _width3;
    }

    /// @dev First element of the last state. In `mix` four products and a reduced sum are below five orders, and so below
    /// 2^256; rows of the matrix follow each other, `row` moves through all of them.
    function _permute(uint256[] memory tables, uint256[] memory state, uint256[] memory spare, uint256 width)
        private
        pure
        returns (uint256 value)
    {
        uint256 order = Words.FIELD_ORDER;
        uint256 columns = 32 * state.length;
        uint256 matrix = 32 * (1 + tables.length - width * state.length);
        assembly ("memory-safe") {
            matrix := add(tables, matrix)
            function fifth(x, m) -> y {
                let square := mulmod(x, x, m)
                y := mulmod(mulmod(square, square, m), x, m)
            }
            function box(from, end, constants, m) {
                for {} lt(from, end) { from := add(from, 32) } {
                    mstore(from, fifth(addmod(mload(from), mload(constants), m), m))
                    constants := add(constants, 32)
                }
            }
            function mix(from, end, to, last, row, m) {
                for {} lt(to, last) { to := add(to, 32) } {
                    let sum := 0
                    for { let at := from } lt(at, end) { at := add(at, 128) } {
                        sum := add(sum, mulmod(mload(row), mload(at), m))
                        sum := add(sum, mulmod(mload(add(row, 32)), mload(add(at, 32)), m))
                        sum := add(sum, mulmod(mload(add(row, 64)), mload(add(at, 64)), m))
                        sum := mod(add(sum, mulmod(mload(add(row, 96)), mload(add(at, 96)), m)), m)
                        row := add(row, 128)
                    }
                    mstore(to, sum)
                }
            }
            function exchanged(a, b) -> first, second {
                first := b
                second := a
            }
            // From here on: the next row of constants, the state and its successor, bytes of a state's elements.
            tables := add(tables, 32)
            state := add(state, 32)
            spare := add(spare, 32)
            width := mul(width, 32)
            for { let round := 0 } lt(round, 8) { round := add(round, 1) } {
                if eq(round, 4) {
                    for { let i := 0 } lt(i, width) { i := add(i, 32) } {
                        mstore(add(state, i), addmod(mload(add(state, i)), mload(add(tables, i)), order))
                    }
                    tables := add(tables, columns)
                    // The shifts of the partial rounds lie between the last row of constants and the matrix.
                    for { let shift := add(tables, mul(4, columns)) } lt(shift, matrix) { shift := add(shift, 32) } {
                        mstore(state, addmod(fifth(mload(state), order), mload(shift), order))
                        mix(state, add(state, columns), spare, add(spare, width), matrix, order)
                        state, spare := exchanged(state, spare)
                    }
                }
                box(state, add(state, width), tables, order)
                tables := add(tables, columns)
                mix(state, add(state, columns), spare, add(spare, width), matrix, order)
                state, spare := exchanged(state, spare)
            }
            value := mload(state)
        }
    }

    /// @dev Stores constants, the shifts of the partial rounds, and the matrix of 1 / (row point + column point).
    function _store(bytes memory compact, uint256 width) private returns (address) {
        uint256 padded = _padded(width);
        uint256 shifts = compact.length / 32 - (CONSTANT_ROWS + 2) * width;
        uint256[] memory tables = new uint256[]((CONSTANT_ROWS + width) * padded + shifts);
        for (uint256 i = 0; i < CONSTANT_ROWS * width; ++i) {
            tables[i / width * padded + i % width] = _wordAt(compact, i);
        }
        for (uint256 i = 0; i < shifts; ++i) {
            tables[CONSTANT_ROWS * padded + i] = _wordAt(compact, CONSTANT_ROWS * width + i);
        }
        uint256 points = CONSTANT_ROWS * width + shifts;
        uint256 matrix = CONSTANT_ROWS * padded + shifts;
        for (uint256 i = 0; i < width * width; ++i) {
            uint256 row = _wordAt(compact, points + i / width);
            uint256 sum = addmod(row, _wordAt(compact, points + width + i % width), Words.FIELD_ORDER);
            tables[matrix + i / width * padded + i % width] = Math.invModPrime(sum, Words.FIELD_ORDER);
        }
        return DataContract.store(abi.encodePacked(tables));
    }

    function _wordAt(bytes memory data, uint256 index) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(data, 32), mul(index, 32)))
        }
    }

    /// @dev Whole groups of four.
    function _padded(uint256 width) private pure returns (uint256) {
        return (width + 3) / 4 * 4;
    }
}
