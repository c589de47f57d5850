// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginEngine} from "./interfaces/IMarginEngine.sol";
import {IMarginRules} from "./interfaces/IMarginRules.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {Ledger} from "./libraries/Ledger.sol";
import {Positions} from "./libraries/Positions.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title MarginAccounts
/// @notice Storage of accounts: reading them against what the caller gives, settlement, funding, and what no account
/// bears.
abstract contract MarginAccounts is IMarginEngine {
    /// @dev An account that a call works on. `owedE6`: funding since the index in its state.
    struct Book {
        address owner;
        uint64 nonce;
        int128 fundingIndexE6;
        bool settled;
        int256 cashE6;
        int256 owedE6;
        uint256[] positions;
    }

    /// @dev The market's facts, read once a call where they are needed.
    struct Market {
        bool loaded;
        IRiskOracle.MarketFacts facts;
    }

    /// @inheritdoc IMarginEngine
    IRiskOracle public immutable oracle;

    /// @inheritdoc IMarginEngine
    IMarginRules public immutable rules;

    /// @inheritdoc IMarginEngine
    bytes32 public immutable market;

    /// @inheritdoc IMarginEngine
    uint256 public grossE4;

    mapping(address account => Account) internal _accounts;
    Fund internal _fund;

    constructor(IRiskOracle oracle_, IMarginRules rules_, bytes32 market_) {
        (oracle, rules, market) = (oracle_, rules_, market_);
    }

    /// @inheritdoc IMarginEngine
    function accountOf(address account) external view returns (Account memory) {
        return _accounts[account];
    }

    /// @inheritdoc IMarginEngine
    function fund() external view returns (Fund memory) {
        return _fund;
    }

    /// @inheritdoc IMarginEngine
    function requireState(address account, AccountState calldata state) public view {
        bytes32 given = Positions.hash(account, state.nonce, state.fundingIndexE6, state.positions);
        bytes32 stored = _accounts[account].stateHash;
        if (given != stored) revert AccountStateMismatch(account, given, stored);
    }

    /// @dev The account as it is after settlement; refuses a state that is not the stored one.
    function _open(address owner, AccountState calldata state, Market memory m) internal returns (Book memory book) {
        Account storage account = _accounts[owner];
        (book.owner, book.nonce, book.fundingIndexE6) = (owner, state.nonce, state.fundingIndexE6);
        book.positions = state.positions;
        book.cashE6 = account.cashE6;
        bytes32 stored = account.stateHash;
        bytes32 given = Positions.hash(owner, book.nonce, book.fundingIndexE6, book.positions);
        bool known = given == stored;
        if (_hasExpired(book.positions)) {
            (uint256[] memory left, int256 gainE6, uint256 sizeE4) = _expire(book.positions, known);
            book.positions = left;
            if (known) {
                (book.cashE6, book.settled) = (book.cashE6 + gainE6, true);
                grossE4 -= sizeE4;
                if (left.length == 0) book.cashE6 = _absorb(book.cashE6);
            } else {
                known = Positions.hash(owner, book.nonce, book.fundingIndexE6, left) == stored;
            }
        }
        if (!known) revert AccountStateMismatch(owner, given, stored);
        book.owedE6 = _owedE6(book.positions, book.fundingIndexE6, m);
    }

    /// @dev Stores the book's cash, and its positions under `nonce`.
    function _save(Book memory book, uint64 nonce, bool locked) internal {
        bytes32 stateHash = Positions.hash(book.owner, nonce, book.fundingIndexE6, book.positions);
        _accounts[book.owner] = Account({
            stateHash: stateHash,
            cashE6: SafeCast.toInt128(book.cashE6),
            nonce: nonce,
            lastChangedAt: uint40(block.timestamp),
            locked: locked
        });
        _emitPositions(book, nonce);
    }

    /// @dev Emits PositionsChanged, its data coded by hand: the list is copied whole.
    function _emitPositions(Book memory book, uint64 nonce) private {
        bytes32 topic = PositionsChanged.selector;
        (uint256 index, uint256[] memory positions) = (uint256(int256(book.fundingIndexE6)), book.positions);
        (address owner, int256 cashE6) = (book.owner, book.cashE6);
        assembly ("memory-safe") {
            let data := mload(0x40)
            let size := add(32, shl(5, mload(positions)))
            mstore(data, nonce)
            mstore(add(data, 32), index)
            mstore(add(data, 64), 128)
            mstore(add(data, 96), cashE6)
            mcopy(add(data, 128), positions, size)
            log2(data, add(128, size), topic, owner)
        }
    }

    /// @dev Takes the funding owed from the cash, from where on the current positions count.
    function _realise(Book memory book, Market memory m) internal view {
        book.cashE6 -= book.owedE6;
        book.owedE6 = 0;
        book.fundingIndexE6 = Positions.hasPerpetual(book.positions) ? _facts(m).fundingIndexE6 : int128(0);
    }

    /// @dev The cash of an account without positions: a negative one is made up by the insurance fund, then by the shortfall.
    function _absorb(int256 cashE6) internal returns (int256) {
        if (cashE6 >= 0) return cashE6;
        uint256 lossE6 = SafeCast.toUint256(-cashE6);
        Fund memory f = _fund;
        uint256 borneE6 = lossE6 < f.insuranceE6 ? lossE6 : f.insuranceE6;
        f.insuranceE6 -= SafeCast.toUint64(borneE6);
        f.shortfallE6 += SafeCast.toUint64(lossE6 - borneE6);
        _setFund(f);
        return 0;
    }

    function _setFund(Fund memory f) internal {
        _fund = f;
        emit FundChanged(f.insuranceE6, f.feesE6, f.shortfallE6, f.knownInsolvencyE6);
    }

    function _facts(Market memory m) internal view returns (IRiskOracle.MarketFacts memory) {
        if (!m.loaded) (m.loaded, m.facts) = (true, oracle.marketFacts(market));
        return m.facts;
    }

    /// @dev Funding of a perpetual since `fromIndexE6`, rounded against the account.
    function _owedE6(uint256[] memory positions, int128 fromIndexE6, Market memory m) internal view returns (int256) {
        if (!Positions.hasPerpetual(positions)) return 0;
        return Ledger.fundingOwedE6(positions[0], fromIndexE6, _facts(m).fundingIndexE6);
    }

    /// @dev Lists ascend by expiry behind the perpetual: the first option expires first.
    function _hasExpired(uint256[] memory positions) internal view returns (bool) {
        uint256 first = Positions.hasPerpetual(positions) ? 1 : 0;
        return positions.length > first && Positions.expiryOf(positions[first]) <= block.timestamp;
    }

    /// @dev The positions that have not expired; where `priced`, what the expired ones settle to. `sizeE4`: their amounts.
    function _expire(uint256[] memory positions, bool priced)
        private
        view
        returns (uint256[] memory left, int256 gainE6, uint256 sizeE4)
    {
        left = new uint256[](positions.length);
        uint256 count = 0;
        uint64 expiry = 0;
        (uint256 priceE2, uint256 tickE2) = (0, 0);
        for (uint256 i = 0; i < positions.length; ++i) {
            uint256 position = positions[i];
            uint64 own = Positions.expiryOf(position);
            if (own == 0 || own > block.timestamp) {
                left[count++] = position;
                continue;
            }
            if (!priced) continue;
            if (own != expiry) (expiry, priceE2, tickE2) = (own, _settlementPriceE2(own), _tickE2(own));
            int256 amount = Positions.amountE4Of(position);
            gainE6 += Ledger.settlementE6(position, priceE2, tickE2);
            sizeE4 += SafeCast.toUint256(amount < 0 ? -amount : amount);
        }
        assembly ("memory-safe") {
            mstore(left, count)
        }
    }

    function _settlementPriceE2(uint64 expiry) private view returns (uint256 priceE2) {
        priceE2 = oracle.settlementPriceE2(market, expiry);
        if (priceE2 == 0) revert SettlementPending(expiry);
    }

    /// @dev Tick of an expiry's listing: the last field of its third word.
    function _tickE2(uint64 expiry) private view returns (uint256) {
        uint64[] memory expiries = new uint64[](1);
        expiries[0] = expiry;
        return oracle.marginFacts(market, expiries)[2] >> 168;
    }
}
