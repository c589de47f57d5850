// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {PoseidonTables} from "../generated/PoseidonTables.sol";
import {IPoseidon} from "../interfaces/IPoseidon.sol";
import {DataContract} from "../libraries/DataContract.sol";
import {Words} from "../libraries/Words.sol";
import {PoseidonMatrix} from "./PoseidonMatrix.sol";

/// @title Poseidon
/// @notice The chain of `circuits/lib/poseidon.circom` and `prover/poseidon.py` at the lengths of knots digests.
/// @dev Rows of the state, of constants and of matrices are padded with zeros to whole groups of four elements. Tables of a
/// width: nine rows of constants, the shifts of the partial rounds, the matrix M; at width 17, where four partial rounds are
/// one step, the rows and the matrix of such a step.
contract Poseidon is IPoseidon {
    uint256 private constant ORDER = Words.FIELD_ORDER;
    uint256 private constant FIRST_INPUTS = 16;
    uint256 private constant WIDEST = 17;

    /// @dev Rows of constants: eight full rounds, and what precedes the first partial round.
    uint256 private constant CONSTANT_ROWS = 9;
    uint256 private constant HALF_ROUNDS = 4;

    /// @dev Where the tables of one permutation lie in memory, and the bytes of a state's elements and of its padded row.
    struct Permutation {
        uint256 constants;
        uint256 shifts;
        uint256 matrix;
        uint256 stepRows;
        uint256 stepMatrix;
        uint256 elements;
        uint256 row;
    }

    address private immutable _width3;
    address private immutable _width8;
    address private immutable _width12;
    address private immutable _width17;
    address private immutable _step17;

    constructor() {
        (_width3,) = _store(PoseidonTables.WIDTH_3, 3);
        (_width8,) = _store(PoseidonTables.WIDTH_8, 8);
        (_width12,) = _store(PoseidonTables.WIDTH_12, 12);
        (_width17, _step17) = _store(PoseidonTables.WIDTH_17, WIDEST);
    }

    /// @inheritdoc IPoseidon
    function digest(uint256[] calldata elements) external view returns (uint256 value) {
        uint256 length = elements.length;
        if (length != 11 && length != 16 && length != 22 && length != 32) revert UnsupportedLength(length);
        for (uint256 i = 0; i < length; ++i) {
            if (elements[i] >= ORDER) revert Words.NotInField(i, elements[i]);
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
        Permutation memory p = _load(width);
        uint256[] memory state = new uint256[](p.row / 32);
        uint256 first = width - inputs.length;
        if (first == 2) state[1] = running;
        for (uint256 i = 0; i < inputs.length; ++i) {
            state[first + i] = inputs[i];
        }
        return _permute(p, state, new uint256[](state.length));
    }

    function _load(uint256 width) private view returns (Permutation memory p) {
        (p.elements, p.row) = (32 * width, 32 * _padded(width));
        uint256[] memory tables = DataContract.loadWords(_tablesOf(width));
        p.constants = _first(tables);
        p.shifts = p.constants + CONSTANT_ROWS * p.row;
        p.matrix = p.constants + 32 * tables.length - width * p.row;
        (p.stepRows, p.stepMatrix) = (p.matrix, p.matrix);
        if (width != WIDEST) return p;
        p.stepRows = _first(DataContract.loadWords(_step17));
        p.stepMatrix = p.stepRows + (PoseidonMatrix.STEP - 1) * p.row;
    }

    function _tablesOf(uint256 width) private view returns (address) {
        if (width == WIDEST) return _width17;
        if (width == 12) return _width12;
        return width == 8 ? _width8 : _width3;
    }

    /// @dev First element of the last state.
    function _permute(Permutation memory p, uint256[] memory first, uint256[] memory second)
        private
        pure
        returns (uint256 value)
    {
        (uint256 state, uint256 spare) = (_first(first), _first(second));
        unchecked {
            for (uint256 round = 0; round < 2 * HALF_ROUNDS; ++round) {
                if (round == HALF_ROUNDS) (state, spare) = _partialRounds(p, state, spare);
                for (uint256 i = 0; i < p.elements; i += 32) {
                    _put(state + i, _fifth(addmod(_at(state + i), _at(p.constants + i), ORDER)));
                }
                p.constants += p.row;
                _mix(state, spare, p, p.matrix);
                (state, spare) = (spare, state);
            }
        }
        return _at(state);
    }

    /// @dev With y the state after the first S-box of a step, the later rounds' element 0 is a row of a power of M times y,
    /// plus what the S-boxes between have changed, times elements of lower powers. These changes stand behind the state's
    /// elements; a round's row has zeros for those that come after it, and M has zeros for all.
    function _partialRounds(Permutation memory p, uint256 state, uint256 spare)
        private
        pure
        returns (uint256, uint256)
    {
        unchecked {
            for (uint256 i = 0; i < p.elements; i += 32) {
                _put(state + i, addmod(_at(state + i), _at(p.constants + i), ORDER));
            }
            p.constants += p.row;
            // Shifts end where the matrix begins.
            for (uint256 shift = p.shifts; shift < p.matrix;) {
                _put(state, addmod(_fifth(_at(state)), _at(shift), ORDER));
                shift += 32;
                uint256 change = state + p.elements;
                for (uint256 row = p.stepRows; row < p.stepMatrix; row += p.row) {
                    uint256 reached = _dot(state, state + p.row, row);
                    _put(change, addmod(addmod(_fifth(reached), _at(shift), ORDER), ORDER - reached, ORDER));
                    (shift, change) = (shift + 32, change + 32);
                }
                _mix(state, spare, p, p.stepMatrix);
                (state, spare) = (spare, state);
            }
        }
        return (state, spare);
    }

    /// @dev Writes the product of a matrix and the state to `to`.
    function _mix(uint256 state, uint256 to, Permutation memory p, uint256 matrix) private pure {
        unchecked {
            (uint256 row, uint256 end, uint256 stateEnd) = (p.row, to + p.elements, state + p.row);
            for (; to < end; to += 32) {
                _put(to, _dot(state, stateEnd, matrix));
                matrix += row;
            }
        }
    }

    /// @dev Four products and a reduced sum are below five orders, and so below 2^256.
    function _dot(uint256 from, uint256 end, uint256 row) private pure returns (uint256 sum) {
        uint256 order = ORDER;
        assembly ("memory-safe") {
            for {} lt(from, end) { from := add(from, 128) } {
                sum := add(sum, mulmod(mload(row), mload(from), order))
                sum := add(sum, mulmod(mload(add(row, 32)), mload(add(from, 32)), order))
                sum := add(sum, mulmod(mload(add(row, 64)), mload(add(from, 64)), order))
                sum := mod(add(sum, mulmod(mload(add(row, 96)), mload(add(from, 96)), order)), order)
                row := add(row, 128)
            }
        }
    }

    function _fifth(uint256 x) private pure returns (uint256) {
        uint256 square = mulmod(x, x, ORDER);
        return mulmod(mulmod(square, square, ORDER), x, ORDER);
    }

    /// @dev Stores the tables of a width, those of a step apart.
    function _store(bytes memory compact, uint256 width) private returns (address tables, address step) {
        uint256 padded = _padded(width);
        uint256 shifts = compact.length / 32 - (CONSTANT_ROWS + 2) * width;
        uint256[] memory words = new uint256[](CONSTANT_ROWS * padded + shifts);
        for (uint256 i = 0; i < CONSTANT_ROWS * width; ++i) {
            words[i / width * padded + i % width] = PoseidonMatrix.wordAt(compact, i);
        }
        for (uint256 i = 0; i < shifts; ++i) {
            words[CONSTANT_ROWS * padded + i] = PoseidonMatrix.wordAt(compact, CONSTANT_ROWS * width + i);
        }
        uint256[] memory matrix = PoseidonMatrix.cauchy(compact, CONSTANT_ROWS * width + shifts, width, padded);
        tables = DataContract.store(abi.encodePacked(words, matrix));
        if (width == WIDEST) step = DataContract.store(abi.encodePacked(PoseidonMatrix.step(matrix, width, padded)));
    }

    function _at(uint256 place) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(place)
        }
    }

    function _put(uint256 place, uint256 word) private pure {
        assembly ("memory-safe") {
            mstore(place, word)
        }
    }

    function _first(uint256[] memory words) private pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := add(words, 32)
        }
    }

    /// @dev Whole groups of four, with room for the changes of a step: 20 at width 17.
    function _padded(uint256 width) private pure returns (uint256) {
        return (width + 3) / 4 * 4;
    }
}
