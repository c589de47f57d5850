// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AuctionClaims} from "./AuctionClaims.sol";
import {ILiquidationAuction} from "./interfaces/ILiquidationAuction.sol";
import {IMarginEngine} from "./interfaces/IMarginEngine.sol";
import {IMarginErrors} from "./interfaces/IMarginErrors.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {AuctionMath} from "./libraries/AuctionMath.sol";
import {RulesData} from "./libraries/RulesData.sol";
import {SliceSet} from "./libraries/SliceSet.sol";
import {AccountWords} from "./statements/AccountWords.sol";
import {Insolvency} from "./statements/Insolvency.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title LiquidationAuction
/// @notice Sells an account that falls short of its maintenance requirement in one scenario of the grid, in parts that
/// bring it back to maintenance plus a buffer: a Dutch auction, re-marked from the newest slices at every bid.
/// @dev Assumptions: engine, oracle, registry and native margin are this project's own; the engine names this contract as
/// its auction and calls no untrusted contract on its behalf.
contract LiquidationAuction is AuctionClaims, Ownable2Step {
    constructor(address owner_, IMarginEngine engine_, Settings memory settings_)
        AuctionClaims(engine_)
        Ownable(owner_)
    {
        _set(settings_);
    }

    /// @inheritdoc ILiquidationAuction
    function start(
        address account,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        uint256 row,
        MarginProof calldata proof
    ) external {
        _start(account, state, slices, row, proof);
    }

    /// @inheritdoc ILiquidationAuction
    function startNative(
        address account,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        uint256 row,
        uint32 rulesVersion
    ) external {
        uint256 marginE2 = rules.nativeMarginE2();
        if (marginE2 == 0) revert IMarginErrors.NativeRefused();
        Valued memory v = _valued(account, state, slices, rulesVersion, _useOf(account));
        uint256 factorE2 = Math.saturatingSub(RulesData.maintenanceFactorE2(v.rules), marginE2);
        _open(account, v, row, _boundE6(v, row, factorE2), false);
    }

    /// @inheritdoc ILiquidationAuction
    function bid(
        address account,
        AccountState calldata state,
        AccountState calldata bidder,
        IRiskOracle.MarginSlice[] calldata slices,
        Bid calldata terms,
        MarginProof calldata proof
    ) external {
        _bid(account, state, bidder, slices, terms, proof);
    }

    /// @inheritdoc ILiquidationAuction
    function startAndBid(
        address account,
        AccountState calldata state,
        AccountState calldata bidder,
        IRiskOracle.MarginSlice[] calldata slices,
        Bid calldata terms,
        MarginProof calldata insolvency,
        MarginProof calldata solvency
    ) external {
        _start(account, state, slices, terms.row, insolvency);
        _bid(account, state, bidder, slices, terms, solvency);
    }

    /// @inheritdoc ILiquidationAuction
    function end(
        address account,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        MarginProof calldata proof
    ) external {
        _requireRunning(account);
        Valued memory v = _valued(account, state, slices, proof.rulesVersion, Use.Liquidating);
        _requireSolvent(
            Holder({owner: account, nonce: state.nonce, cashE6: v.cashE6, atInitial: false}), v.facts, v, proof
        );
        emit AuctionEnded(account, msg.sender);
        _close(account, block.timestamp);
        engine.unlock(account);
    }

    /// @inheritdoc ILiquidationAuction
    function remark(address account, AccountState calldata state, IRiskOracle.MarginSlice[] calldata slices) external {
        _requireRunning(account);
        Valued memory v = _valued(account, state, slices, rules.activeVersion(), Use.Liquidating);
        _book(account, v.cashE6 + v.facts.valueE6);
    }

    /// @inheritdoc ILiquidationAuction
    function set(Settings memory settings_) external onlyOwner {
        _set(settings_);
    }

    /// @inheritdoc ILiquidationAuction
    function quote(
        address account,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        Bid calldata terms,
        uint32 rulesVersion
    ) external view returns (Quote memory q) {
        (q,) = _quote(account, _valued(account, state, slices, rulesVersion, Use.Liquidating), terms);
    }

    /// @inheritdoc ILiquidationAuction
    function auctionOf(address account) external view returns (Auction memory) {
        return _load(account);
    }

    /// @inheritdoc ILiquidationAuction
    function settings() external view returns (Settings memory) {
        return _loadSettings();
    }

    function _set(Settings memory s) private {
        bool priced = s.decayS != 0 && s.startPriceE2 <= AuctionMath.WHOLE_E2;
        if (!priced || s.rewardFixedE6 > s.rewardCapE6) revert InvalidSettings();
        _settings = s;
        emit SettingsChanged(s);
    }

    function _start(
        address account,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        uint256 row,
        MarginProof calldata proof
    ) private {
        Valued memory v = _valued(account, state, slices, proof.rulesVersion, _useOf(account));
        _open(account, v, row, proof.requiredCashE6, true);
        _requireInsolvent(account, state.nonce, v, row, proof);
    }

    /// @dev Slices before the newest serve only where no solvency proof has ended an auction since they were replaced.
    function _useOf(address account) private view returns (Use) {
        bool ended = block.timestamp <= uint256(_auctions[account].endedAt) + SliceSet.PREVIOUS_GRACE;
        return ended ? Use.Liquidating : Use.Starting;
    }

    /// @dev Opens the auction of an account whose cash is below the bound; whoever calls shows that the bound holds.
    function _open(address account, Valued memory v, uint256 row, int256 boundE6, bool proven) private {
        if (_auctions[account].clockStart != 0) revert AuctionRunning(account);
        if (row >= Insolvency.ROWS) revert RowOutOfRange(row);
        if (v.facts.elements.length == 0) revert NothingToLiquidate(account);
        int256 countedE6 = RulesData.counted(v.rules, v.cashE6);
        if (countedE6 >= boundE6) revert NotInsolvent(account, countedE6, boundE6);
        Settings memory s = _loadSettings();
        uint256 clock =
            AuctionMath.clockStart(SliceSet.oldestOf(v.slices, block.timestamp), v.lastChangedAt, block.timestamp);
        uint256 rewardE6 = AuctionMath.rewardE6(s.rewardFixedE6, s.rewardPerGweiE6, s.rewardCapE6, block.basefee);
        Auction storage opened = _auctions[account];
        bool insured = boundE6 >= int256(uint256(s.minimumAuctionE6));
        // The first word of the record at once. A time of 40 bits, a reward of at most a cap of 48.
        assembly ("memory-safe") {
            sstore(opened.slot, or(or(caller(), shl(160, clock)), or(shl(200, rewardE6), shl(248, insured))))
        }
        // forge-lint: disable-next-line(unsafe-typecast)
        emit AuctionStarted(account, msg.sender, uint40(clock), row, v.cashE6, boundE6, proven);
        engine.lock(account);
        _book(account, v.cashE6 + v.facts.valueE6);
    }

    function _bid(
        address account,
        AccountState calldata state,
        AccountState calldata bidder,
        IRiskOracle.MarginSlice[] calldata slices,
        Bid calldata terms,
        MarginProof calldata proof
    ) private {
        if (account == msg.sender) revert SelfBid(account);
        Valued memory v = _valued(account, state, slices, proof.rulesVersion, Use.Liquidating);
        (Quote memory q, int256 restE6) = _quote(account, v, terms);
        if (q.priceE6 > terms.maxPriceE6) revert PriceAboveLimit(q.priceE6, terms.maxPriceE6);
        bool whole = q.fractionE4 == AuctionMath.WHOLE_E4;
        address starter = _auctions[account].starter;
        if (whole) {
            _close(account, 0);
        } else {
            _book(account, restE6);
            // A reward is at most what is still to be paid.
            // forge-lint: disable-next-line(unsafe-typecast)
            _auctions[account].rewardE6 -= uint48(q.rewardE6);
        }
        emit AuctionFilled(account, msg.sender, q.fractionE4, q.equityE6, q.priceE6, q.rewardE6);
        Liquidation memory fill = Liquidation({
            account: account,
            bidder: msg.sender,
            starter: starter,
            fractionE4: q.fractionE4,
            ends: whole,
            priceE6: q.priceE6,
            rewardE6: q.rewardE6
        });
        _transfer(fill, state, bidder, v, proof);
    }

    /// @dev Transfers the part, after which the bidder is solvent at initial margin.
    function _transfer(
        Liquidation memory fill,
        AccountState calldata state,
        AccountState calldata bidder,
        Valued memory v,
        MarginProof calldata proof
    ) private {
        (uint64 nonce, int256 cashE6, uint256[] memory positions) = engine.transferLiquidated(fill, state, bidder);
        // A bidder who holds nothing else is valued by what is known.
        (AccountWords.Facts memory facts, bool known) = AccountWords.among(positions, v.positions, v.facts);
        if (!known) {
            facts = AccountWords.facts(positions, v.slices, _perpetualMarkE2(positions, v, Use.Liquidating));
        }
        _requireSolvent(Holder({owner: msg.sender, nonce: nonce, cashE6: cashE6, atInitial: true}), facts, v, proof);
    }

    /// @dev Clears the record of an auction and takes back what is booked; `endedAt`: the time at which a solvency proof ended
    /// it, else zero.
    function _close(address account, uint256 endedAt) private {
        Auction storage closed = _auctions[account];
        uint128 bookedE6 = closed.bookedE6;
        // A time of 40 bits, behind the 128 of what is booked.
        assembly ("memory-safe") {
            sstore(closed.slot, 0)
            sstore(add(closed.slot, 1), shl(128, endedAt))
        }
        if (bookedE6 == 0) return;
        emit InsolvencyBooked(account, 0);
        engine.bookInsolvency(-int256(uint256(bookedE6)));
    }

    /// @dev Books negative equity as known insolvency; withdrawals wait while the sum exceeds the fund.
    function _book(address account, int256 equityE6) private {
        uint128 bookedE6 = equityE6 < 0 ? SafeCast.toUint128(SafeCast.toUint256(-equityE6)) : 0;
        uint128 before = _auctions[account].bookedE6;
        if (bookedE6 == before) return;
        _auctions[account].bookedE6 = bookedE6;
        emit InsolvencyBooked(account, bookedE6);
        engine.bookInsolvency(int256(uint256(bookedE6)) - int256(uint256(before)));
    }

    function _requireRunning(address account) private view {
        if (_auctions[account].clockStart == 0) revert NoAuction(account);
    }
}
