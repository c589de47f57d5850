// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title DemoDollar
/// @notice Collateral for test chains: six decimals, minted by anyone.
/// @dev Warning: worthless by design.
contract DemoDollar is ERC20("Demo Dollar", "DUSD") {
    /// @notice Gives `amount` base units to `account`.
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    /// @notice One base unit is 1e-6 dollar.
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
