// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginEngine} from "./interfaces/IMarginEngine.sol";
import {OrderHash} from "./libraries/OrderHash.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title MarginOrders
/// @notice Signed orders: who may fill how many lots, and what is cancelled.
abstract contract MarginOrders is IMarginEngine, EIP712 {
    /// @dev Filled lots of a cancelled salt.
    uint256 private constant CANCELLED = type(uint32).max;

    /// @inheritdoc IMarginEngine
    mapping(address maker => uint64) public minimumSalt;

    /// @dev Filled lots, 32 bits of eight successive salts a word: a maker who counts up pays for a new word rarely.
    mapping(address maker => mapping(uint256 word => uint256)) private _filled;

    constructor() EIP712("zkrisk", "1") {}

    /// @inheritdoc IMarginEngine
    function cancelOrder(uint64 salt) external {
        _setFilled(msg.sender, salt, CANCELLED);
        emit OrderCancelled(msg.sender, salt);
    }

    /// @inheritdoc IMarginEngine
    function cancelBelow(uint64 salt) external {
        uint64 current = minimumSalt[msg.sender];
        if (salt <= current) revert SaltNotHigher(salt, current);
        minimumSalt[msg.sender] = salt;
        emit MinimumSaltSet(msg.sender, salt);
    }

    /// @inheritdoc IMarginEngine
    function filledLots(address maker, uint64 salt) public view returns (uint32) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32(_filled[maker][salt / 8] >> (32 * (salt % 8)));
    }

    /// @inheritdoc IMarginEngine
    function orderHash(Order calldata order) public view returns (bytes32) {
        return _hashTypedDataV4(OrderHash.structHash(order));
    }

    /// @dev Checks the fill of the order by the caller and counts its lots.
    function _useOrder(Order calldata order, bytes calldata signature, uint32 lots) internal {
        address maker = order.maker;
        if (order.legs.length == 0) revert EmptyOrder();
        if (maker == msg.sender) revert SelfTrade(maker);
        if (order.taker != address(0) && order.taker != msg.sender) revert WrongTaker(order.taker, msg.sender);
        if (block.timestamp > order.deadline) revert OrderExpired(order.deadline);
        uint256 filled = filledLots(maker, order.salt);
        if (filled == CANCELLED || order.salt < minimumSalt[maker]) revert CancelledOrder(maker, order.salt);
        uint256 left = order.lots > filled ? order.lots - filled : 0;
        if (lots == 0 || lots > left || (lots < order.minimumLots && lots < left)) {
            revert WrongLots(maker, order.salt, lots, left);
        }
        bytes32 digest = orderHash(order);
        // An account's own key first: only where it did not sign is the account asked as a contract.
        (address signer, ECDSA.RecoverError failed,) = ECDSA.tryRecoverCalldata(digest, signature);
        bool signed = failed == ECDSA.RecoverError.NoError && signer == maker;
        if (!signed && !SignatureChecker.isValidERC1271SignatureNowCalldata(maker, digest, signature)) {
            revert InvalidOrderSignature(maker);
        }
        _setFilled(maker, order.salt, filled + lots);
        emit Traded(maker, msg.sender, digest, lots);
    }

    function _setFilled(address maker, uint64 salt, uint256 filled) private {
        uint256 shift = 32 * (salt % 8);
        uint256 word = _filled[maker][salt / 8];
        _filled[maker][salt / 8] = (word & ~(CANCELLED << shift)) | (filled << shift);
    }
}
