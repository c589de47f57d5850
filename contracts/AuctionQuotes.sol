// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InsolvencyLayout} from "./generated/InsolvencyLayout.sol";
import {ILiquidationAuction} from "./interfaces/ILiquidationAuction.sol";
import {IMarginChecker} from "./interfaces/IMarginChecker.sol";
import {IMarginEngine} from "./interfaces/IMarginEngine.sol";
import {IMarginErrors} from "./interfaces/IMarginErrors.sol";
import {IMarginRules} from "./interfaces/IMarginRules.sol";
import {INativeMargin} from "./interfaces/INativeMargin.sol";
import {IPlainReads} from "./interfaces/IPlainReads.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {AuctionMath} from "./libraries/AuctionMath.sol";
import {Positions} from "./libraries/Positions.sol";
import {RulesData} from "./libraries/RulesData.sol";
import {SliceSet} from "./libraries/SliceSet.sol";
import {AccountWords} from "./statements/AccountWords.sol";
import {Insolvency} from "./statements/Insolvency.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title AuctionQuotes
/// @notice Values accounts at the marks of slices: what a bid for a part of one comes to, and whether one is insolvent.
abstract contract AuctionQuotes is ILiquidationAuction {
    /// @notice Accounts and collateral.
    IMarginEngine public immutable engine;

    /// @notice Source of slices.
    IRiskOracle internal immutable oracle;

    /// @notice Versions of the margin rules.
    IMarginRules internal immutable rules;

    /// @notice Statements without proofs: sizes bids, and stands in for proofs where governance enabled it.
    INativeMargin internal immutable native;

    /// @notice Market of every position.
    bytes32 internal immutable market;

    Settings internal _settings;

    mapping(address account => Auction) internal _auctions;

    /// @dev An account at the marks of some slices, under one version of the rules; `cashE6` after funding. Expired positions
    /// have no usable slice: they are refused with theirs.
    struct Valued {
        uint256[] rules;
        SliceSet.Loaded[] slices;
        uint256[] positions;
        AccountWords.Facts facts;
        bool marketLoaded;
        IRiskOracle.MarketFacts market;
        int256 cashE6;
        uint256 lastChangedAt;
    }

    constructor(IMarginEngine engine_) {
        engine = engine_;
        IMarginChecker checker = engine_.checker();
        (oracle, native, market) = (checker.oracle(), checker.native(), checker.market());
        rules = engine_.rules();
    }

    function _load(address account) internal view returns (Auction memory) {
        return _auctions[account];
    }

    function _loadSettings() internal view returns (Settings memory) {
        return _settings;
    }

    /// @dev The bid's terms at these marks, and the equity that is left in the account.
    function _quote(address account, Valued memory v, Bid calldata terms)
        internal
        view
        returns (Quote memory q, int256 restE6)
    {
        Auction memory running = _load(account);
        if (running.clockStart == 0) revert NoAuction(account);
        if (terms.row >= Insolvency.ROWS) revert RowOutOfRange(terms.row);
        Settings memory s = _loadSettings();
        AuctionMath.Moment memory moment =
            AuctionMath.Moment(block.timestamp - running.clockStart, s.decayS, s.startPriceE2);
        q.equityE6 = v.cashE6 + v.facts.valueE6;
        q.boundE6 = _boundE6(v, terms.row, RulesData.maintenanceFactorE2(v.rules) + s.bufferE2);
        if (q.boundE6 <= v.cashE6) revert NothingToRestore(account, v.cashE6, q.boundE6);
        q.fractionE4 =
            _fraction(terms.fractionE4, AuctionMath.largestFractionE4(q.boundE6, v.cashE6, q.equityE6, moment));
        int256 valueE6 = _partE6(v.facts, q.fractionE4);
        int256 soldE6;
        (q.priceE6, soldE6) = AuctionMath.priceE6(valueE6, v.cashE6, q.fractionE4, moment);
        if (q.equityE6 > 0) {
            q.rewardE6 = Math.min(running.rewardE6, soldE6 > 0 ? SafeCast.toUint256(soldE6) : 0);
        } else {
            uint256 leftE6 = Math.saturatingSub(engine.fund().insuranceE6, SafeCast.toUint256(-q.equityE6));
            uint256 bonusE6 = Math.min(AuctionMath.bonusE6(s.bonusCapE6, q.fractionE4, moment), leftE6);
            q.priceE6 -= SafeCast.toInt256(bonusE6);
            if (running.insured) q.rewardE6 = Math.min(running.rewardE6, leftE6 - bonusE6);
        }
        restE6 = q.equityE6 - valueE6 + q.priceE6 - SafeCast.toInt256(q.rewardE6);
    }

    /// @dev Marks of the part, whose amounts the engine rounds toward zero.
    function _partE6(AccountWords.Facts memory facts, uint256 fractionE4) private pure returns (int256 valueE6) {
        if (fractionE4 == AuctionMath.WHOLE_E4) return facts.valueE6;
        uint256 any;
        (valueE6, any) = AccountWords.valueOfPart(facts, fractionE4);
        if (any == 0) revert BidTooSmall(fractionE4, AuctionMath.WHOLE_E4);
    }

    function _fraction(uint256 asked, uint256 largest) private pure returns (uint16) {
        if (asked > largest) revert BidTooLarge(asked, largest);
        uint256 least = Math.min(largest, AuctionMath.LEAST_FRACTION_E4);
        if (asked == 0 || asked < least) revert BidTooSmall(asked, least);
        // At most 10,000.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint16(asked);
    }

    /// @dev Largest cash below which the account is short in a row at a factor, computed natively.
    function _boundE6(Valued memory v, uint256 row, uint256 factorE2) internal view returns (int256) {
        if (row >= Insolvency.ROWS) revert RowOutOfRange(row);
        uint256[] memory d = Insolvency.build(v.facts, v.slices, v.facts.elements.length, v.rules, row, 0);
        uint256 shift = InsolvencyLayout.HEADER_FACTOR_E2_SHIFT;
        d[0] = (d[0] & ~(uint256(0xff) << shift)) | (Math.min(factorE2, 0xff) << shift);
        return _nativeBoundE6(d);
    }

    /// @dev `native.insolvencyBoundE6(d)`, its call coded by hand: selector, offset, length and elements.
    function _nativeBoundE6(uint256[] memory d) private view returns (int256 boundE6) {
        INativeMargin to = native;
        bytes4 selector = INativeMargin.insolvencyBoundE6.selector;
        assembly ("memory-safe") {
            let start := mload(0x40)
            let size := shl(5, add(mload(d), 1))
            mstore(start, selector)
            mstore(add(start, 4), 32)
            mcopy(add(start, 36), d, size)
            if iszero(and(gt(returndatasize(), 31), staticcall(gas(), to, start, add(size, 36), 0, 32))) {
                returndatacopy(start, 0, returndatasize())
                revert(start, returndatasize())
            }
            boundE6 := mload(0)
        }
    }

    function _valued(
        address account,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        uint32 rulesVersion,
        Use use
    ) internal view returns (Valued memory v) {
        v.positions = state.positions;
        bytes32 stored;
        (stored, v.cashE6,, v.lastChangedAt,) = IPlainReads(address(engine)).accountOf(account);
        bytes32 given = Positions.hash(account, state.nonce, state.fundingIndexE6, v.positions);
        if (given != stored) revert IMarginErrors.AccountStateMismatch(account, given, stored);
        v.rules = RulesData.load(rules.dataOf(rulesVersion));
        v.slices = SliceSet.load(oracle, market, slices, use);
        if (Positions.hasPerpetual(v.positions)) v.cashE6 = engine.cashAfterFundingE6(account, state);
        v.facts = AccountWords.facts(v.positions, v.slices, _perpetualMarkE2(v.positions, v, use));
    }

    /// @dev Mark of the perpetual; zero where no position needs it.
    function _perpetualMarkE2(uint256[] memory positions, Valued memory v, Use use) internal view returns (uint256) {
        if (!Positions.hasPerpetual(positions)) return 0;
        IRiskOracle.MarketFacts memory facts = _marketFacts(v);
        SliceSet.requireMarket(facts, v.slices, use);
        return facts.perpetualMarkE2;
    }

    function _marketFacts(Valued memory v) internal view returns (IRiskOracle.MarketFacts memory) {
        if (!v.marketLoaded) (v.marketLoaded, v.market) = (true, oracle.marketFacts(market));
        return v.market;
    }
}
