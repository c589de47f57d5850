// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MarginChecks} from "./MarginChecks.sol";
import {MarginOrders} from "./MarginOrders.sol";
import {IMarginChecker} from "./interfaces/IMarginChecker.sol";
import {IMarginRules} from "./interfaces/IMarginRules.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {Positions} from "./libraries/Positions.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title MarginTrades
/// @notice The steps of a trade: orders, merged positions, claims about margin, fees.
abstract contract MarginTrades is MarginOrders, MarginChecks {
    uint256 private constant UNIT_E4 = 10_000;

    constructor(IMarginChecker checker_, IMarginRules rules_) MarginChecks(checker_, rules_) {}

    /// @dev Uses up every fill's lots; the taker comes first, the makers ascend.
    function _useOrders(Fill[] calldata fills, AccountChange[] calldata accounts) internal {
        if (fills.length == 0 || accounts.length == 0) revert NothingToTrade(0);
        if (accounts[0].account != msg.sender) revert NotTaker(accounts[0].account, msg.sender);
        for (uint256 i = 2; i < accounts.length; ++i) {
            if (accounts[i].account <= accounts[i - 1].account) revert AccountsNotAscending(i);
        }
        for (uint256 i = 0; i < fills.length; ++i) {
            Fill calldata fill = fills[i];
            address named = fill.maker < accounts.length ? accounts[fill.maker].account : address(0);
            _useOrder(fill.order, fill.signature, fill.lots);
            if (fill.order.maker != named) revert WrongMaker(fill.order.maker, named);
        }
    }

    /// @dev Merges the fills and says what must be checked of the accounts.
    function _prepare(Fill[] calldata fills, AccountChange[] calldata accounts) internal returns (Check memory done) {
        bool paused;
        (done.terms.use, done.terms.atInitial) = (Use.Opening, true);
        (done.terms.data, done.terms.limits, paused) = rules.terms(accounts[0].proof.rulesVersion);
        bool reduces;
        (done.books, reduces) = _mergeAll(fills, accounts, done.terms.limits);
        if (reduces) done.terms.use = Use.Liquidating;
        else if (paused) revert OpeningPaused();
        done.proofs = _claim(done.books, accounts);
        // Closing pays no fees.
        bool free = done.terms.limits.makerFeeE6 == 0 && done.terms.limits.takerFeeE6 == 0;
        done.charged = !free && done.terms.use != Use.Liquidating;
    }

    /// @dev Every account after settlement and funding, with its fills merged in and their cash moved; `reduces`: every leg
    /// reduces a position of both its accounts.
    function _mergeAll(Fill[] calldata fills, AccountChange[] calldata accounts, Limits memory limits)
        internal
        returns (Book[] memory books, bool reduces)
    {
        Market memory m;
        books = new Book[](accounts.length);
        int256 grossChangeE4 = 0;
        reduces = true;
        for (uint256 i = 0; i < books.length; ++i) {
            _requireUnlocked(accounts[i].account);
            books[i] = _open(accounts[i].account, accounts[i].state, m);
            Positions.Effect memory effect = _mergeFills(books[i], fills, i, limits.maxPositionE4);
            _realise(books[i], m);
            grossChangeE4 += effect.grossChangeE4;
            reduces = reduces && effect.reduces;
        }
        _countGross(grossChangeE4, limits.maxOpenInterestE4);
    }

    /// @dev Merges what the account of index `i` fills: the taker all, opposite.
    function _mergeFills(Book memory book, Fill[] calldata fills, uint256 i, uint256 maxPositionE4)
        private
        view
        returns (Positions.Effect memory sum)
    {
        sum.reduces = true;
        bool touched = false;
        for (uint256 j = 0; j < fills.length; ++j) {
            Fill calldata fill = fills[j];
            if (i != 0 && fill.maker != i) continue;
            touched = true;
            int256 lots = i == 0 ? -int256(uint256(fill.lots)) : int256(uint256(fill.lots));
            Positions.Effect memory effect;
            (book.positions, effect) = Positions.merge(book.positions, fill.order.legs, lots, maxPositionE4);
            book.cashE6 += fill.order.cashToMakerE6 * lots;
            sum.grossChangeE4 += effect.grossChangeE4;
            sum.reduces = sum.reduces && effect.reduces;
        }
        if (!touched) revert NothingToTrade(i);
    }

    /// @dev The accounts of a trade claim to be solvent at initial margin under their new nonces; where their proofs lie.
    function _claim(Book[] memory books, AccountChange[] calldata accounts)
        private
        pure
        returns (uint256[] memory proofs)
    {
        proofs = new uint256[](books.length);
        for (uint256 i = 0; i < books.length; ++i) {
            ++books[i].nonce;
            MarginProof calldata proof = accounts[i].proof;
            assembly ("memory-safe") {
                mstore(add(proofs, add(32, shl(5, i))), proof)
            }
        }
    }

    /// @dev Stores the accounts of a trade after their fees, of which the fund gets its share.
    function _close(Check memory done, uint256[] memory feesE6) internal {
        uint256 totalE6 = 0;
        for (uint256 i = 0; i < feesE6.length; ++i) {
            Book memory book = done.books[i];
            totalE6 += feesE6[i];
            book.cashE6 -= SafeCast.toInt256(feesE6[i]);
            _save(book, book.nonce, false);
        }
        if (totalE6 == 0) return;
        Fund memory f = _fund;
        uint256 insuredE6 = totalE6 * done.terms.limits.insuranceShareE4 / UNIT_E4;
        f.insuranceE6 += SafeCast.toUint64(insuredE6);
        f.feesE6 += SafeCast.toUint64(totalE6 - insuredE6);
        _setFund(f);
    }

    /// @dev Reverts unless the book's account is solvent; without positions its cash must not be negative.
    function _requireMargin(
        Book memory book,
        IRiskOracle.MarginSlice[] calldata slices,
        MarginProof calldata proof,
        Use use,
        bool atInitial
    ) internal view {
        int256 cashE6 = book.cashE6 - book.owedE6;
        if (book.positions.length == 0) {
            if (cashE6 < 0) revert NegativeCash(book.owner, cashE6);
            return;
        }
        Check memory asked;
        (asked.terms.data, asked.terms.use, asked.terms.atInitial) = (rules.dataOf(proof.rulesVersion), use, atInitial);
        Book[] memory books;
        uint256[] memory proofs;
        Fill[] calldata none;
        assembly ("memory-safe") {
            // Two lists of one word.
            books := mload(0x40)
            proofs := add(books, 64)
            mstore(0x40, add(books, 128))
            mstore(books, 1)
            mstore(add(books, 32), book)
            mstore(proofs, 1)
            mstore(add(proofs, 32), proof)
            none.offset := 0
            none.length := 0
        }
        (asked.books, asked.proofs) = (books, proofs);
        _check(asked, slices, none);
    }

    /// @dev Two accounts hold every contract: open interest is half the sum of all amounts.
    function _countGross(int256 changeE4, uint64 maxOpenInterestE4) internal {
        if (changeE4 == 0) return;
        uint256 gross = SafeCast.toUint256(SafeCast.toInt256(grossE4) + changeE4);
        if (changeE4 > 0 && gross / 2 > maxOpenInterestE4) revert OpenInterestAboveCap(gross / 2, maxOpenInterestE4);
        grossE4 = gross;
    }

    function _requireUnlocked(address account) internal view {
        if (_accounts[account].locked) revert AccountLocked(account);
    }
}
