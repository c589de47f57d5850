// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILiquidationAuction} from "../../../contracts/interfaces/ILiquidationAuction.sol";
import {IMarginTypes} from "../../../contracts/interfaces/IMarginTypes.sol";
import {INativeMargin} from "../../../contracts/interfaces/INativeMargin.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {Positions} from "../../../contracts/libraries/Positions.sol";
import {RulesData} from "../../../contracts/libraries/RulesData.sol";
import {SliceSet} from "../../../contracts/libraries/SliceSet.sol";
import {AccountWords} from "../../../contracts/statements/AccountWords.sol";
import {Insolvency} from "../../../contracts/statements/Insolvency.sol";
import {Solvency} from "../../../contracts/statements/Solvency.sol";
import {AuctionFixture} from "../base/AuctionFixture.sol";

/// @notice What solvency and insolvency proofs may truly claim, computed natively from the slices that are stored.
contract TrueMargin is IMarginTypes {
    INativeMargin private immutable _native;
    IRiskOracle private immutable _oracle;

    constructor(INativeMargin native_, IRiskOracle oracle_) {
        (_native, _oracle) = (native_, oracle_);
    }

    /// @notice Least cash at initial or maintenance margin.
    function solvencyE6(
        address data,
        uint256[] calldata positions,
        IRiskOracle.MarginSlice[] calldata slices,
        bool initial
    ) external view returns (int256) {
        uint256[] memory r = RulesData.load(data);
        uint256 factorE2 = initial ? RulesData.initialFactorE2(r) : RulesData.maintenanceFactorE2(r);
        (AccountWords.Facts memory facts, SliceSet.Loaded[] memory loaded) = _facts(positions, slices);
        return _native.solvencyBoundE6(Solvency.build(facts, loaded, positions.length, r, factorE2, 0));
    }

    /// @notice Largest cash that is too little in a row.
    function insolvencyE6(
        address data,
        uint256[] calldata positions,
        IRiskOracle.MarginSlice[] calldata slices,
        uint256 row
    ) external view returns (int256) {
        (AccountWords.Facts memory facts, SliceSet.Loaded[] memory loaded) = _facts(positions, slices);
        uint256[] memory r = RulesData.load(data);
        return _native.insolvencyBoundE6(Insolvency.build(facts, loaded, positions.length, r, row, 0));
    }

    function _facts(uint256[] calldata positions, IRiskOracle.MarginSlice[] calldata slices)
        private
        view
        returns (AccountWords.Facts memory facts, SliceSet.Loaded[] memory loaded)
    {
        loaded = SliceSet.load(_oracle, "", slices, Use.Starting);
        facts = AccountWords.facts(positions, loaded, _oracle.marketFacts("").perpetualMarkE2);
    }
}

/// @notice One account, one bidder who can pay, marks that move: every statement is computed natively, so that all are true.
contract AuctionWorld is AuctionFixture {
    address public constant OWNER = address(0x0e4e5);
    address public constant BIDDER = address(0xb1d);

    /// @notice Bids that went through, and what the largest left above maintenance plus the buffer, in 1e-6 USD.
    uint256 public bids;
    int256 public worstExcessE6;

    /// @notice Withdrawals beside positions, and the least that one left above initial margin, in 1e-6 USD.
    uint256 public withdrawals;
    int256 public leastHeadroomE6 = type(int256).max;

    /// @notice What went through under a lock, and whether a running clock was moved.
    bool public leaked;
    bool public clockMoved;

    /// @notice The most that a bid booked beside what the newest marks say of the rest, in 1e-6 USD.
    uint256 public worstBookedE6;

    /// @dev A solvency proof made before the last move of marks or positions.
    struct Earlier {
        uint256 forward;
        uint64 nonce;
        int256 boundE6;
    }

    TrueMargin private _truth = new TrueMargin(native, IRiskOracle(address(oracle)));
    Earlier[2] private _earlier;
    uint256 private _clockStart;
    uint256 private _forward = 60_000;
    uint256 private _forwardBefore = 60_000;
    AccountState private _owner;
    AccountState private _bidder;

    constructor() {
        rules.setNativeMargin(1);
        publish(_forward, _marksAt(_forward));
        _owner.nonce = 1;
        _owner.positions = list(option(FIRST, 2, false, -100_000), option(SECOND, 4, true, -20_001));
        put(OWNER, _owner, 120_000e6);
        put(BIDDER, _bidder, 100_000_000e6);
        insure(1_000e6);
    }

    function move(uint256 seed) external {
        vm.warp(block.timestamp + 1 + seed % 100);
        if (block.timestamp > FIRST - 1 days) return;
        (_forwardBefore, _forward) = (_forward, 55_000 + seed % 15_000);
        publish(_forward, _marksAt(_forward));
    }

    /// @notice A start without proof, or with a true one, on the newest slices or on those before.
    function start(uint256 row, uint256 kind) external {
        row %= 36;
        if (kind % 3 == 0) {
            try auction.startNative(OWNER, _owner, _slices(), row, 0) {} catch {}
        } else {
            IRiskOracle.MarginSlice[] memory slices = kind % 3 == 1 ? _slices() : _slicesAt(_forwardBefore);
            // Slices before the newest are unknown to the oracle after two further moves of the same marks.
            try this.startProven(slices, row) {} catch {}
        }
        _watchClock();
    }

    function startProven(IRiskOracle.MarginSlice[] calldata slices, uint256 row) external {
        int256 boundE6 = _truth.insolvencyE6(_data(), _owner.positions, slices, row);
        auction.start(OWNER, _owner, slices, row, insolvent(OWNER, _owner, slices, row, boundE6));
    }

    function end(bool proven) external {
        MarginProof memory proof = _native();
        if (proven && _owner.positions.length != 0) {
            int256 boundE6 = _truth.solvencyE6(_data(), _owner.positions, _slices(), false);
            proof = solvent(OWNER, _owner, _slices(), boundE6, false);
        }
        try auction.end(OWNER, _owner, _slices(), proof) {} catch {}
        _watchClock();
    }

    /// @notice Owner or bidder takes out up to all of his cash: with a true proof, natively, or with an earlier proof on the
    /// slices of then or of now.
    function withdraw(uint256 who, uint256 amountE6, uint256 kind) external {
        who %= 2;
        address account = who == 0 ? OWNER : BIDDER;
        AccountState memory s = who == 0 ? _owner : _bidder;
        int256 cashE6 = cashOf(account);
        if (cashE6 < 0) return;
        // forge-lint: disable-next-line(unsafe-typecast)
        amountE6 = bound(amountE6, 0, uint256(cashE6));
        Earlier memory before = _earlier[who];
        if (kind % 4 > 1 && before.forward == 0) return;
        IRiskOracle.MarginSlice[] memory slices = kind % 4 == 2 ? _slicesAt(before.forward) : _slices();
        MarginProof memory proof = _native();
        if (kind % 4 > 1) {
            proof.circuitId = Solvency.CIRCUIT_4;
            (proof.requiredCashE6, proof.digest) = (before.boundE6, 7);
        } else if (kind % 4 == 0 && s.positions.length != 0) {
            int256 boundE6 = _truth.solvencyE6(_data(), s.positions, slices, true);
            proof = solvent(account, s, slices, boundE6, true);
            _earlier[who] = Earlier({forward: _forward, nonce: s.nonce, boundE6: boundE6});
        }
        bool shut = engine.accountOf(account).locked || engine.fund().knownInsolvencyE6 > engine.fund().insuranceE6;
        vm.prank(account);
        try engine.withdraw(amountE6, s, slices, proof) {
            leaked = leaked || shut;
            if (s.positions.length == 0) return;
            int256 headroomE6 = cashOf(account) - _truth.solvencyE6(_data(), s.positions, _slices(), true);
            if (headroomE6 < leastHeadroomE6) leastHeadroomE6 = headroomE6;
            ++withdrawals;
        } catch {}
    }

    function remark() external {
        try auction.remark(OWNER, _owner, _slices()) {} catch {}
    }

    function deposit(uint256 amount) external {
        fund(OWNER, amount % 20_000e6);
    }

    function bid(uint256 fraction, uint8 row) external {
        uint16 largest = _largest(row % 36);
        if (largest == 0) return;
        // forge-lint: disable-next-line(unsafe-typecast)
        uint16 asked = fraction % 3 == 0 ? largest : uint16(bound(fraction, 1, largest));
        uint256[] memory part = Positions.fraction(_owner.positions, asked);
        vm.prank(BIDDER);
        try auction.bid(OWNER, _owner, _bidder, _slices(), _terms(asked, row % 36), _native()) {
            ++bids;
            (_owner.positions,) = Positions.merge(_owner.positions, part, -1, type(uint32).max);
            (_bidder.positions,) = Positions.merge(_bidder.positions, part, 1, type(uint32).max);
            (_owner.nonce, _bidder.nonce) = (_owner.nonce + 1, _bidder.nonce + 1);
            if (asked != 10_000) {
                _measure(row % 36);
                _rebook();
            }
        } catch {}
        _watchClock();
    }

    /// @notice Tokens held less what accounts, funds and shortfall explain.
    function unexplainedE6() external view returns (int256) {
        Fund memory f = engine.fund();
        int256 owed = cashOf(OWNER) + cashOf(BIDDER) + cashOf(address(this)) + int256(uint256(f.insuranceE6))
            + int256(uint256(f.feesE6)) - int256(uint256(f.shortfallE6));
        return int256(dollar.balanceOf(address(engine))) - owed;
    }

    /// @notice Whether the tokens held cover insurance and fees.
    function isBacked() external view returns (bool) {
        Fund memory f = engine.fund();
        return dollar.balanceOf(address(engine)) >= uint256(f.insuranceE6) + f.feesE6;
    }

    /// @notice Whether what the fund knows of insolvency is what the auction booked.
    function isBooked() external view returns (bool) {
        return engine.fund().knownInsolvencyE6 == bookedE6();
    }

    /// @notice What the auction booked, in 1e-6 USD.
    function bookedE6() public view returns (uint256) {
        return auction.auctionOf(OWNER).bookedE6;
    }

    /// @notice Whether the account is locked exactly while it is under auction.
    function isLockedWhileSold() external view returns (bool) {
        return engine.accountOf(OWNER).locked == (auction.auctionOf(OWNER).clockStart != 0);
    }

    /// @dev A clock that runs is never set again.
    function _watchClock() private {
        uint256 now_ = auction.auctionOf(OWNER).clockStart;
        clockMoved = clockMoved || (_clockStart != 0 && now_ != 0 && now_ != _clockStart);
        _clockStart = now_;
    }

    /// @dev What was booked before and after a remark.
    function _rebook() private {
        uint256 before = bookedE6();
        auction.remark(OWNER, _owner, _slices());
        uint256 now_ = bookedE6();
        uint256 differenceE6 = now_ > before ? now_ - before : before - now_;
        if (differenceE6 > worstBookedE6) worstBookedE6 = differenceE6;
    }

    function _measure(uint8 row) private {
        try auction.quote(OWNER, _owner, _slices(), _terms(10_000, row), 0) {}
        catch (bytes memory refusal) {
            // forge-lint: disable-next-line(unsafe-typecast)
            if (bytes4(refusal) != ILiquidationAuction.NothingToRestore.selector) return;
            (int256 cashE6, int256 boundE6) = (_word(refusal, 68), _word(refusal, 100));
            if (cashE6 - boundE6 > worstExcessE6) worstExcessE6 = cashE6 - boundE6;
        }
    }

    function _largest(uint8 row) private view returns (uint16) {
        try auction.quote(OWNER, _owner, _slices(), _terms(10_000, row), 0) {
            return 10_000;
        } catch (bytes memory refusal) {
            // forge-lint: disable-next-line(unsafe-typecast)
            if (bytes4(refusal) != ILiquidationAuction.BidTooLarge.selector) return 0;
            // forge-lint: disable-next-line(unsafe-typecast)
            return uint16(uint256(_word(refusal, 68)));
        }
    }

    function _word(bytes memory data, uint256 offset) private pure returns (int256 word) {
        assembly ("memory-safe") {
            word := mload(add(data, offset))
        }
    }

    function _terms(uint16 fractionE4, uint8 row) private pure returns (ILiquidationAuction.Bid memory) {
        return ILiquidationAuction.Bid(fractionE4, row, type(int128).max);
    }

    function _native() private pure returns (MarginProof memory proof) {
        proof.circuitId = "solvency_native";
    }

    function _slices() private view returns (IRiskOracle.MarginSlice[] memory) {
        return _slicesAt(_forward);
    }

    function _slicesAt(uint256 forward) private pure returns (IRiskOracle.MarginSlice[] memory) {
        return slicesOf(forward, _marksAt(forward));
    }

    function _data() private view returns (address data) {
        (data,,) = rules.terms(0);
    }

    /// @dev Intrinsic value and a time value that shrinks away from the money.
    function _marksAt(uint256 forward) private pure returns (uint32[5] memory marks) {
        for (uint256 i = 0; i < 5; ++i) {
            uint256 strike = 40_000 + 10_000 * i;
            uint256 distance = strike > forward ? strike - forward : forward - strike;
            uint256 time = distance < 24_000 ? 240_000 - 10 * distance : 100;
            // forge-lint: disable-next-line(unsafe-typecast)
            marks[i] = uint32(time + (forward > strike ? 100 * (forward - strike) : 0));
        }
    }
}

