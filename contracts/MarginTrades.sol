// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MarginAccounts} from "./MarginAccounts.sol";
import {MarginOrders} from "./MarginOrders.sol";
import {IMarginChecker} from "./interfaces/IMarginChecker.sol";
import {IMarginEngine} from "./interfaces/IMarginEngine.sol";
import {IMarginRules} from "./interfaces/IMarginRules.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {Positions} from "./libraries/Positions.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title MarginTrades
/// @notice The steps of a trade: orders, merged positions, claims about margin, fees.
abstract contract MarginTrades is MarginOrders, MarginAccounts {
    /// @dev A trade between its fills and their storing: the accounts, and what is claimed of them.
    struct Trade {
        Book[] books;
        IMarginChecker.Terms terms;
        IMarginChecker.Claim[] claims;
        IMarginChecker.Charge[] charges;
    }

    uint256 private constant UNIT_E4 = 10_000;

    /// @inheritdoc IMarginEngine
    IMarginChecker public immutable checker;

    constructor(IMarginChecker checker_, IMarginRules rules_)
        MarginAccounts(checker_.oracle(), rules_, checker_.market())
    {
        checker = checker_;
    }

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
    function _prepare(Fill[] calldata fills, AccountChange[] calldata accounts) internal returns (Trade memory done) {
        bool paused;
        (done.terms, paused) = _terms(accounts[0].proof.rulesVersion, Use.Opening, true);
        bool reduces;
        (done.books, reduces) = _mergeAll(fills, accounts, done.terms.limits);
        if (reduces) done.terms.use = Use.Liquidating;
        else if (paused) revert OpeningPaused();
        done.claims = _claims(done.books, accounts);
        done.charges = _charges(fills, done.terms);
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

    /// @dev What the accounts of a trade claim: solvent at initial margin under their new nonces.
    function _claims(Book[] memory books, AccountChange[] calldata accounts)
        internal
        pure
        returns (IMarginChecker.Claim[] memory claims)
    {
        claims = new IMarginChecker.Claim[](books.length);
        for (uint256 i = 0; i < books.length; ++i) {
            Book memory book = books[i];
            claims[i] = IMarginChecker.Claim(book.owner, ++book.nonce, book.cashE6, book.positions, accounts[i].proof);
        }
    }

    /// @dev Closing pays no fees.
    function _charges(Fill[] calldata fills, IMarginChecker.Terms memory terms)
        internal
        pure
        returns (IMarginChecker.Charge[] memory charges)
    {
        bool free = terms.limits.makerFeeE6 == 0 && terms.limits.takerFeeE6 == 0;
        if (free || terms.use == Use.Liquidating) return charges;
        charges = new IMarginChecker.Charge[](fills.length);
        for (uint256 i = 0; i < fills.length; ++i) {
            charges[i] = IMarginChecker.Charge(fills[i].order.legs, fills[i].lots, fills[i].maker);
        }
    }

    /// @dev Stores the accounts of a trade after their fees, of which the fund gets its share.
    function _close(Trade memory done, uint256[] memory feesE6) internal {
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

    function _terms(uint32 version, Use use, bool atInitial)
        internal
        view
        returns (IMarginChecker.Terms memory terms, bool openingPaused)
    {
        (terms.use, terms.atInitial) = (use, atInitial);
        (terms.data, terms.limits, openingPaused) = rules.terms(version);
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
        (IMarginChecker.Terms memory terms,) = _terms(proof.rulesVersion, use, atInitial);
        IMarginChecker.Claim[] memory claims = new IMarginChecker.Claim[](1);
        claims[0] = IMarginChecker.Claim(book.owner, book.nonce, cashE6, book.positions, proof);
        checker.check(terms, slices, claims, new IMarginChecker.Charge[](0));
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
