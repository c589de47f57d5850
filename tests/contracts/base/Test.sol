// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IVm} from "./IVm.sol";

/// @notice Base of every test: the cheat codes and a bounded fuzz input.
abstract contract Test {
    // forge-lint: disable-next-line(screaming-snake-case-const)
    IVm internal constant vm = IVm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @notice Read by forge: which functions of a contract it calls at random.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @notice `value` folded into [low, high].
    function bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + value % (high - low + 1);
    }

    /// @notice A vector file as text, from the folder in ZKRISK_VECTORS where it is set.
    function vector(string memory name) internal view returns (string memory) {
        // forge-lint: disable-next-line(unsafe-cheatcode)
        return vm.readFile(string.concat(vm.envOr("ZKRISK_VECTORS", string("tests/vectors/")), name));
    }

    /// @notice The 65 bytes of a signature by `privateKey`.
    function signed(uint256 privateKey, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(privateKey, digest);
        return abi.encodePacked(r, s, v);
    }
}
