// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginErrors} from "../../../contracts/interfaces/IMarginErrors.sol";
import {IMarginTypes} from "../../../contracts/interfaces/IMarginTypes.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {Positions} from "../../../contracts/libraries/Positions.sol";
import {AccountLedger} from "./AccountLedger.sol";

/// @notice Trades, replayed orders and liquidations of four accounts, and whether each may go through.
// Seeds are folded into ranges far below those of the types.
// forge-lint: disable-next-item(unsafe-typecast)
abstract contract AccountTrades is AccountLedger {
    /// @dev What halts a trade: an account locked or with a passed expiry, a leg that does not reduce; whether one account, and
    /// whether every account, ends without positions.
    struct Judged {
        bool locked;
        bool reduces;
        bool empty;
        bool closed;
    }

    struct Sale {
        uint256 who;
        uint256 bidder;
        uint256[] left;
        uint256[] merged;
        int256 priceE6;
        bool ends;
    }

    uint256 private constant NO_CAP = type(uint32).max;
    uint16 internal constant INSURANCE_SHARE_E4 = 2_500;

    uint64 private _salt;
    bool internal paused;
    bool[4] internal locked;
    IMarginTypes.Order private _used;
    uint256 private _usedBy;

    /// @notice The first refusal that did not come, the first that had no reason, the first order that was filled again.
    string public permitted;
    string public refused;
    string public refilled;

    /// @notice What went through: the invariants are not about idle accounts.
    uint256 public trades;
    uint256 public sales;

    /// @notice One order of one maker, or one each of two, filled by the taker in one call.
    function trade(uint256 takerSeed, uint256 makerSeed, uint256 legSeed, uint256 cashSeed) external {
        uint256 takerId = takerSeed % ACCOUNTS;
        uint256 maker_ = (takerId + 1 + makerSeed % (ACCOUNTS - 1)) % ACCOUNTS;
        uint256[] memory makers = list(maker_);
        uint256 other = (takerId + 1 + (makerSeed % (ACCOUNTS - 1) + 1) % (ACCOUNTS - 1)) % ACCOUNTS;
        if (makerSeed % 4 == 3) makers = maker_ < other ? list(maker_, other) : list(other, maker_);
        _trade(takerId, makers, _leg(legSeed, maker_), int64(int256(bound(cashSeed, 0, 2e9))) - 1e9);
    }

    /// @notice The last order that was filled or cancelled, once more: must be refused.
    function refill(uint256 cancelFirst) external {
        if (_used.legs.length == 0) return;
        uint256 who = _usedBy;
        IMarginTypes.Order memory order = _used;
        if (cancelFirst % 2 == 0) {
            order.salt = ++_salt;
            vm.prank(order.maker);
            if (cancelFirst % 4 == 0) engine.cancelOrder(order.salt);
            else engine.cancelBelow(order.salt + 1);
        }
        uint256 takerId = (who + 1) % ACCOUNTS;
        uint64 expiry = Positions.expiryOf(order.legs[0]);
        if (isPending(who) || isPending(takerId) || (expiry != 0 && expiry <= block.timestamp)) return;
        (IMarginTypes.AccountChange[] memory both,) = _changes(takerId, list(who), order.legs);
        IMarginTypes.Fill[] memory fills = new IMarginTypes.Fill[](1);
        fills[0] = IMarginTypes.Fill(order, signed(shadows[who].key, engine.orderHash(order)), 1, 1);
        vm.prank(shadows[takerId].owner);
        try engine.trade(fills, both, currentSlices) {
            refilled = cancelFirst % 2 == 0 ? "cancelled" : "filled";
        } catch {}
    }

    /// @notice The auction sells a part of an account to another.
    function sell(uint256 who, uint256 bidder, uint256 fraction, uint256 priceSeed) external {
        Sale memory s;
        s.who = who % ACCOUNTS;
        s.bidder = (s.who + 1 + bidder % (ACCOUNTS - 1)) % ACCOUNTS;
        (uint256[] memory living,) = livingOf(s.who);
        if (living.length == 0) return;
        uint256[] memory part = Positions.fraction(living, bound(fraction, 1, 10_000));
        (s.left,) = Positions.merge(living, part, -1, NO_CAP);
        (living,) = livingOf(s.bidder);
        (s.merged,) = Positions.merge(living, part, 1, NO_CAP);
        s.priceE6 = int256(bound(priceSeed, 0, 2e9)) - 1e9;
        s.ends = fraction % 2 == 0;
        _sell(s, uint16(bound(fraction, 1, 10_000)));
    }

    /// @notice What the auction does beside the engine, no action of its own: a bidder without positions must be able to pay.
    function transfer(
        IMarginTypes.Liquidation calldata sold,
        IMarginTypes.AccountState calldata state,
        IMarginTypes.AccountState calldata bidder
    ) external {
        (, int256 cashE6, uint256[] memory positions) = engine.transferLiquidated(sold, state, bidder);
        if (positions.length == 0 && cashE6 < 0) revert IMarginErrors.NegativeCash(sold.bidder, cashE6);
    }

    function _sell(Sale memory s, uint16 fractionE4) private {
        IMarginTypes.Liquidation memory sold = IMarginTypes.Liquidation(
            shadows[s.who].owner, shadows[s.bidder].owner, shadows[0].owner, fractionE4, s.ends, s.priceE6, 1e6
        );
        bool halted = locked[s.bidder] || isPending(s.who) || isPending(s.bidder);
        try this.transfer(sold, stateOf(s.who), stateOf(s.bidder)) {
            note(halted, "sold");
            bookSettlement(s.who);
            bookPositions(s.who, s.left);
            credit(s.who, s.priceE6 - 1e6);
            bookAbsorption(s.who);
            locked[s.who] = !(s.ends || s.left.length == 0);
            bookSettlement(s.bidder);
            bookPositions(s.bidder, s.merged);
            credit(s.bidder, -s.priceE6);
            credit(0, 1e6);
            ++sales;
        } catch {
            // A bidder without positions must be able to pay.
            if (!halted && s.merged.length != 0) refused = "sale";
        }
    }

    function _trade(uint256 takerId, uint256[] memory makers, uint256[] memory legs, int64 cashE6) private {
        (IMarginTypes.AccountChange[] memory changed, uint256[][] memory after_) = _changes(takerId, makers, legs);
        IMarginTypes.Fill[] memory fills = new IMarginTypes.Fill[](makers.length);
        for (uint256 i = 0; i < makers.length; ++i) {
            fills[i].order = orderOf(legs, cashE6, ++_salt);
            (fills[i].order.maker, fills[i].order.deadline) = (shadows[makers[i]].owner, type(uint64).max);
            fills[i].signature = signed(shadows[makers[i]].key, engine.orderHash(fills[i].order));
            (fills[i].lots, fills[i].maker) = (1, uint8(i + 1));
        }
        Judged memory j = _judge(takerId, makers, legs[0], after_);
        vm.prank(shadows[takerId].owner);
        try engine.trade(fills, changed, currentSlices) {
            note(j.locked, "traded while locked or unsettled");
            note(!j.reduces && (paused || marketState != IRiskOracle.State.Fresh), "opened");
            note(!j.closed && !_isLiquidatable(), "closed in part");
            _bookTrade(takerId, makers, after_, cashE6);
            (_used, _usedBy) = (fills[0].order, makers[0]);
            ++trades;
        } catch {
            // An account that ends without positions may not pay more than it has.
            bool halted = j.locked || marketState != IRiskOracle.State.Fresh || (paused && !j.reduces);
            if (!halted && !j.empty) refused = "trade";
        }
    }

    function _judge(uint256 takerId, uint256[] memory makers, uint256 leg, uint256[][] memory after_)
        private
        view
        returns (Judged memory j)
    {
        j.locked = locked[takerId] || isPending(takerId);
        j.reduces = _reduces(takerId, leg, -int256(makers.length));
        j.empty = after_[0].length == 0;
        j.closed = j.empty;
        for (uint256 i = 0; i < makers.length; ++i) {
            j.locked = j.locked || locked[makers[i]] || isPending(makers[i]);
            j.reduces = j.reduces && _reduces(makers[i], leg, 1);
            j.closed = j.closed && after_[i + 1].length == 0;
            j.empty = j.empty || after_[i + 1].length == 0;
        }
    }

    /// @dev What is missing from cash after a trade is its fees, none negative, all of them the fund's.
    function _bookTrade(uint256 takerId, uint256[] memory makers, uint256[][] memory after_, int256 cashE6) private {
        int256 feesE6 = 0;
        for (uint256 i = 0; i < after_.length; ++i) {
            uint256 who = i == 0 ? takerId : makers[i - 1];
            bookSettlement(who);
            bookPositions(who, after_[i]);
            credit(who, i == 0 ? -cashE6 * int256(makers.length) : cashE6);
            int256 feeE6 = shadows[who].cashE6 - cashOf(shadows[who].owner);
            note(feeE6 < 0, "a trade gave more than its price");
            credit(who, -feeE6);
            feesE6 += feeE6;
        }
        int256 insuredE6 = feesE6 * int256(uint256(INSURANCE_SHARE_E4)) / 10_000;
        (funds.insuranceE6, funds.feesE6) = (funds.insuranceE6 + insuredE6, funds.feesE6 + feesE6 - insuredE6);
    }

    /// @dev The taker's and the makers' changes with true proofs of what they hold afterwards.
    function _changes(uint256 takerId, uint256[] memory makers, uint256[] memory legs)
        private
        returns (IMarginTypes.AccountChange[] memory changed, uint256[][] memory after_)
    {
        changed = new IMarginTypes.AccountChange[](makers.length + 1);
        after_ = new uint256[][](changed.length);
        for (uint256 i = 0; i < changed.length; ++i) {
            uint256 who = i == 0 ? takerId : makers[i - 1];
            (uint256[] memory living,) = livingOf(who);
            (after_[i],) = Positions.merge(living, legs, i == 0 ? -int256(makers.length) : int256(1), NO_CAP);
            changed[i].account = shadows[who].owner;
            changed[i].state = stateOf(who);
            changed[i].proof = solventOf(who, shadows[who].nonce + 1, after_[i]);
        }
    }

    /// @dev A proof for the slices as if nothing were halted: what refuses is the halt.
    function solventOf(uint256 who, uint64 nonce, uint256[] memory positions)
        internal
        returns (IMarginTypes.MarginProof memory proof)
    {
        setStates(IRiskOracle.State.Fresh);
        proof = solvent(shadows[who].owner, state(nonce, positions), type(int64).min);
        setStates(marketState);
    }

    function _reduces(uint256 who, uint256 leg, int256 lots) private view returns (bool) {
        int256 held = amountOf(who, leg);
        int256 left = held + lots * Positions.amountE4Of(leg);
        return held > 0 ? left >= 0 && left < held : left <= 0 && left > held;
    }

    /// @dev One leg: a listed contract, or what closes a part or all of what the maker holds.
    function _leg(uint256 seed, uint256 who) private view returns (uint256[] memory) {
        (uint256[] memory living,) = livingOf(who);
        if (seed % 3 == 0 && living.length != 0) {
            uint256 held = living[(seed / 3) % living.length];
            int256 part = seed % 2 == 0 ? Positions.amountE4Of(held) : (Positions.amountE4Of(held) + 1) / 2;
            if (part != 0) return list(_contract(held, -part));
        }
        int256 amountE4 = int256(1 + (seed / 64) % 3_000);
        if (seed % 5 < 2) amountE4 = -amountE4;
        uint256 term = (seed / 8) % 7;
        if (term == 0) return list(perpetual(amountE4));
        uint64 expiry = term < 4 ? nearer : nearer + STEP;
        return list(option(expiry, uint24(50_000 + 10_000 * (term % 2)), term % 3 == 0, amountE4));
    }

    function _contract(uint256 held, int256 amountE4) private pure returns (uint256) {
        return Positions.pack(
            Positions.expiryOf(held),
            Positions.strikeTicksOf(held),
            Positions.isPut(held),
            amountE4,
            uint8(Positions.hintOf(held))
        );
    }

    function _isLiquidatable() private view returns (bool) {
        return marketState == IRiskOracle.State.Fresh || marketState == IRiskOracle.State.LiquidateOnly;
    }

    function note(bool happened, string memory what) internal {
        if (happened && bytes(permitted).length == 0) permitted = what;
    }
}
