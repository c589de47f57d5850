// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginTypes} from "../../../contracts/interfaces/IMarginTypes.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {AccountTrades} from "./AccountTrades.sol";

/// @notice Random deposits, withdrawals, orders, settlements, liquidations and halts of four accounts; every proof is true
/// of what was published. This contract is the auction, the owner of the rules and the oracle.
// Seeds are folded into ranges far below those of the types.
// forge-lint: disable-next-item(unsafe-typecast)
contract AccountWorld is AccountTrades {
    uint256 private _insolvencyE6;

    uint256 public settlements;
    uint256 public withdrawals;

    /// @notice Withdrawals that bore a part of a shortfall.
    uint256 public shortened;

    constructor() {
        IMarginTypes.Limits memory limits = defaultLimits();
        (limits.takerFeeE6, limits.makerFeeE6, limits.capE4) = (300, 100, 1_250);
        limits.insuranceShareE4 = INSURANCE_SHARE_E4;
        rules.setLimits(limits);
        rules.setFeeAccount(shadows[0].owner);
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            _deposit(i, 2e9);
        }
        publishAll();
    }

    function deposit(uint256 who, uint256 amountE6) external {
        _deposit(who % ACCOUNTS, bound(amountE6, 0, 5e9));
    }

    function insure(uint256 amountE6) external {
        amountE6 = bound(amountE6, 0, 1e9);
        dollar.mint(address(this), amountE6);
        dollar.approve(address(engine), amountE6);
        engine.fundInsurance(amountE6);
        int256 added = int256(amountE6);
        int256 madeUp = added < funds.shortfallE6 ? added : funds.shortfallE6;
        (funds.shortfallE6, funds.insuranceE6) = (funds.shortfallE6 - madeUp, funds.insuranceE6 + added - madeUp);
        funds.heldE6 += added;
    }

    function collect() external {
        engine.collectFees();
        credit(0, funds.feesE6);
        funds.feesE6 = 0;
    }

    /// @notice Time passes, the index of funding moves, slices and market are observed again.
    function pass(uint256 seed, uint256 funding) external {
        vm.warp(block.timestamp + 1 + seed % 400_000);
        fundingIndex += int128(int256(bound(funding, 0, 2e9))) - 1e9;
        for (; nearer <= block.timestamp; nearer += STEP) {
            passed.push(nearer);
        }
        publishAll();
    }

    /// @notice The oldest passed expiry without a price gets one.
    function price(uint256 priceE2) external {
        for (uint256 i = 0; i < passed.length; ++i) {
            if (feed.settlementPriceE2(MARKET, passed[i]) != 0) continue;
            feed.setSettlement(passed[i], uint64(bound(priceE2, 1, 12_000_000)));
            return;
        }
    }

    /// @notice Every second time the next account that is locked, as auctions leave it.
    function settle(uint256 who, bool isLocked_) external {
        who %= ACCOUNTS;
        for (uint256 i = 0; isLocked_ && i < ACCOUNTS && !locked[who]; ++i) {
            who = (who + 1) % ACCOUNTS;
        }
        bool pending = isPending(who);
        uint256 before = shadows[who].positions.length;
        try engine.settle(shadows[who].owner, stateOf(who)) {
            note(pending, "settled without a price");
            bookSettlement(who);
            if (shadows[who].positions.length < before) ++settlements;
        } catch {
            if (!pending) refused = "settlement";
        }
    }

    /// @notice Halts and their ends: states of slices and market, paused opening, locks, known insolvency.
    function halt(uint256 seed, uint256 amountE6) external {
        uint256 kind = seed % 8;
        if (kind < 3) {
            marketState = kind == 0 ? IRiskOracle.State(uint8(amountE6 % 5)) : IRiskOracle.State.Fresh;
            setStates(marketState);
        } else if (kind < 5) {
            paused = kind == 3;
            vm.prank(paused ? GUARDIAN : address(this));
            if (paused) rules.pauseOpening();
            else rules.resumeOpening();
        } else if (kind < 7) {
            uint256 who = amountE6 % ACCOUNTS;
            locked[who] = kind == 5;
            if (locked[who]) engine.lock(shadows[who].owner);
            else engine.unlock(shadows[who].owner);
        } else {
            uint256 knownE6 = seed % 16 == 7 ? 0 : bound(amountE6, 0, 2e10);
            engine.bookInsolvency(int256(knownE6) - int256(_insolvencyE6));
            _insolvencyE6 = knownE6;
        }
    }

    function withdraw(uint256 who, uint256 amountE6) external {
        who %= ACCOUNTS;
        (uint256[] memory living, int256 gainE6) = livingOf(who);
        int256 cashE6 = shadows[who].cashE6 + gainE6;
        if (cashE6 < 0) return;
        // Beside positions at most the cash: these proofs let everything pass. Without, twice as much is asked for.
        amountE6 = bound(amountE6, 0, uint256(cashE6) * (living.length == 0 ? 2 : 1));
        IMarginTypes.MarginProof memory proof = solventOf(who, shadows[who].nonce, living);
        bool halted = locked[who] || int256(_insolvencyE6) > funds.insuranceE6 || isPending(who)
            || (living.length != 0 && marketState != IRiskOracle.State.Fresh);
        uint256 before = dollar.balanceOf(shadows[who].owner);
        vm.prank(shadows[who].owner);
        try engine.withdraw(amountE6, stateOf(who), currentSlices, proof) {
            note(halted, "withdrawn");
            _bookWithdrawal(who, int256(amountE6), int256(dollar.balanceOf(shadows[who].owner) - before));
        } catch {
            if (!halted && int256(amountE6) <= cashE6 && _canPay(int256(amountE6))) refused = "withdrawal";
        }
    }

    /// @notice Whether this account is locked.
    function isLocked(uint256 who) external view returns (bool) {
        return locked[who];
    }

    function knownInsolvencyE6() external view returns (uint256) {
        return _insolvencyE6;
    }

    function _deposit(uint256 who, uint256 amountE6) private {
        fund(shadows[who].owner, amountE6);
        shadows[who].cashE6 += int256(amountE6);
        shadows[who].putInE6 += int256(amountE6);
        funds.heldE6 += int256(amountE6);
    }

    function _bookWithdrawal(uint256 who, int256 askedE6, int256 paidE6) private {
        Shadow storage s = shadows[who];
        bookSettlement(who);
        int256 shareE6 = funds.heldE6 - funds.insuranceE6 - funds.feesE6;
        int256 dueE6 = funds.shortfallE6 == 0 ? askedE6 : askedE6 * shareE6 / (shareE6 + funds.shortfallE6);
        note(paidE6 != dueE6, "another amount paid");
        (s.cashE6, s.askedE6, s.takenE6) = (s.cashE6 - askedE6, s.askedE6 + askedE6, s.takenE6 + paidE6);
        (funds.shortfallE6, funds.heldE6) = (funds.shortfallE6 - (askedE6 - paidE6), funds.heldE6 - paidE6);
        ++withdrawals;
        if (paidE6 < askedE6) ++shortened;
    }

    /// @dev Whether the tokens held pay this much: where there is a shortfall, the part that is left of it.
    function _canPay(int256 amountE6) private view returns (bool) {
        if (funds.shortfallE6 == 0) return amountE6 <= funds.heldE6;
        int256 shareE6 = funds.heldE6 - funds.insuranceE6 - funds.feesE6;
        return shareE6 >= 0 && amountE6 <= shareE6 + funds.shortfallE6;
    }
}
