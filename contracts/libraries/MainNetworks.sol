// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Chain ids on which money is real: none of them can be declared a test chain.
/// @dev The same list as `MAIN_NETWORKS` in `oracle/chain/networks.py`; both are tested on `main_networks.json`.
library MainNetworks {
    /// @notice True for the id of a main network.
    function contains(uint256 chainId) internal pure returns (bool) {
        // Ethereum, OP, Cronos, BNB, Gnosis, Unichain, Polygon, Sonic; Manta, opBNB, Fantom, Fraxtal, Boba, ZKsync Era,
        // World Chain, Derive; HyperEVM, Metis, Polygon zkEVM, Moonbeam, Soneium, Kava, Mantle, Kaia; Base, Mode,
        // Arbitrum One, Arbitrum Nova, Celo, Avalanche, Ink, Linea; BOB, Berachain, Blast, Taiko, Scroll, Zora, Aurora.
        // forgefmt: disable-next-item
        uint32[39] memory ids = [
            uint32(1), 10, 25, 56, 100, 130, 137, 146,
            169, 204, 250, 252, 288, 324, 480, 957,
            999, 1_088, 1_101, 1_284, 1_868, 2_222, 5_000, 8_217,
            8_453, 34_443, 42_161, 42_170, 42_220, 43_114, 57_073, 59_144,
            60_808, 80_094, 81_457, 167_000, 534_352, 7_777_777, 1_313_161_554
        ];
        for (uint256 i = 0; i < ids.length; ++i) {
            if (ids[i] == chainId) return true;
        }
        return false;
    }
}
