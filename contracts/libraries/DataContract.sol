// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Words stored as the code of a contract: read at the cost of one cold account instead of one slot a word.
library DataContract {
    /// @notice The chain refused to create the data contract.
    error DataContractNotCreated();

    /// @notice The data does not fit one contract.
    error DataTooLong(uint256 length);

    uint256 private constant MAX_LENGTH = 24_575;

    /// @dev PUSH2 size, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN: returns what follows it.
    bytes7 private constant RETURN_REST = 0x80600a3d393df3;

    /// @notice Stores `data` behind a STOP byte, so that a call never executes it. At most 24,575 bytes.
    function store(bytes memory data) internal returns (address pointer) {
        if (data.length > MAX_LENGTH) revert DataTooLong(data.length);
        // forge-lint: disable-next-line(unsafe-typecast)
        bytes memory creation = abi.encodePacked(hex"61", uint16(data.length + 1), RETURN_REST, hex"00", data);
        assembly ("memory-safe") {
            pointer := create(0, add(creation, 32), mload(creation))
        }
        if (pointer == address(0)) revert DataContractNotCreated();
    }

    /// @notice The stored bytes.
    function load(address pointer) internal view returns (bytes memory data) {
        uint256 size = pointer.code.length - 1;
        assembly ("memory-safe") {
            data := mload(0x40)
            mstore(data, size)
            let end := and(add(add(data, size), 63), not(31))
            // Zero what follows the last byte in its word.
            mstore(sub(end, 32), 0)
            extcodecopy(pointer, add(data, 32), 1, size)
            mstore(0x40, end)
        }
    }

    /// @notice The stored bytes as whole words.
    function loadWords(address pointer) internal view returns (uint256[] memory words) {
        uint256 count = (pointer.code.length - 1) / 32;
        assembly ("memory-safe") {
            words := mload(0x40)
            let size := mul(count, 32)
            mstore(words, count)
            extcodecopy(pointer, add(words, 32), 1, size)
            mstore(0x40, add(add(words, 32), size))
        }
    }

    /// @notice Copies `count` stored words from `first` into `words` from `start`; both runs must exist.
    function copyWords(address pointer, uint256 first, uint256 count, uint256[] memory words, uint256 start)
        internal
        view
    {
        assembly ("memory-safe") {
            extcodecopy(pointer, add(add(words, 32), mul(start, 32)), add(1, mul(first, 32)), mul(count, 32))
        }
    }
}
