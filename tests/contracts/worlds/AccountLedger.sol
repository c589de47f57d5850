// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMarginTypes} from "../../../contracts/interfaces/IMarginTypes.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {Positions} from "../../../contracts/libraries/Positions.sol";
import {EngineFixture} from "../base/EngineFixture.sol";

/// @notice What four accounts and the fund must hold, kept beside the engine from what was done, in signed numbers.
// Seeds are folded into ranges far below those of the types.
// forge-lint: disable-next-item(unsafe-typecast)
abstract contract AccountLedger is EngineFixture {
    struct Shadow {
        address owner;
        uint256 key;
        uint64 nonce;
        int128 index;
        uint256[] positions;
        int256 cashE6;
        int256 putInE6;
        int256 askedE6;
        int256 takenE6;
        int256 profitE6;
        int256 forgivenE6;
    }

    struct Funds {
        int256 insuranceE6;
        int256 feesE6;
        int256 shortfallE6;
        int256 heldE6;
    }

    uint256 internal constant ACCOUNTS = 4;
    uint64 internal constant STEP = 1_000_000;

    Shadow[4] internal shadows;
    Funds internal funds;

    /// @notice Fundings that were realised: each leaves at most a unit of dust with the engine.
    uint256 public fundings;

    /// @dev The index of funding, the state of slices and market, and the nearer of the two expiries that are listed now.
    int128 internal fundingIndex;
    IRiskOracle.State internal marketState = IRiskOracle.State.Fresh;
    uint64 internal nearer = FIRST;

    /// @dev Expiries that have passed, ascending.
    uint64[] internal passed;

    constructor() {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            uint256 key = 0x1000 + i;
            uint256 rank = i;
            // Ascending by address, as a trade's makers are.
            for (; rank > 0 && shadows[rank - 1].owner > vm.addr(key); --rank) {
                (shadows[rank].owner, shadows[rank].key) = (shadows[rank - 1].owner, shadows[rank - 1].key);
            }
            (shadows[rank].owner, shadows[rank].key) = (vm.addr(key), key);
        }
    }

    /// @notice The account's state as the ledger knows it.
    function stateOf(uint256 who) public view returns (IMarginTypes.AccountState memory) {
        Shadow storage s = shadows[who];
        return IMarginTypes.AccountState(s.nonce, s.index, s.positions);
    }

    /// @dev Both listed expiries and the market, observed now, in the state of this world.
    function publishAll() internal {
        delete currentSlices;
        publishOne(nearer, 0, marketState);
        publishOne(nearer + STEP, 0, marketState);
        publishMarket(6_000_000, fundingIndex);
        setStates(marketState);
    }

    /// @dev What is observed stays, its state changes.
    function setStates(IRiskOracle.State state_) internal {
        feed.setState(nearer, state_);
        feed.setState(nearer + STEP, state_);
        IRiskOracle.MarketFacts memory facts = feed.marketFacts(MARKET);
        facts.state = state_;
        feed.setMarket(facts);
    }

    /// @dev Whether a position of the account has passed an expiry without a price.
    function isPending(uint256 who) internal view returns (bool) {
        uint256[] storage positions = shadows[who].positions;
        for (uint256 i = 0; i < positions.length; ++i) {
            uint64 expiry = Positions.expiryOf(positions[i]);
            if (expiry != 0 && expiry <= block.timestamp && feed.settlementPriceE2(MARKET, expiry) == 0) return true;
        }
        return false;
    }

    /// @dev The positions that have not expired, and what the others pay at their prices.
    function livingOf(uint256 who) internal view returns (uint256[] memory living, int256 gainE6) {
        uint256[] memory positions = shadows[who].positions;
        living = new uint256[](positions.length);
        uint256 count = 0;
        for (uint256 i = 0; i < positions.length; ++i) {
            uint64 expiry = Positions.expiryOf(positions[i]);
            if (expiry == 0 || expiry > block.timestamp) living[count++] = positions[i];
            else gainE6 += paidAtExpiryE6(positions[i]);
        }
        assembly ("memory-safe") {
            mstore(living, count)
        }
    }

    /// @dev Amount times what is in the money, nothing while there is no price.
    function paidAtExpiryE6(uint256 position) internal view returns (int256) {
        int256 priceE2 = int256(uint256(feed.settlementPriceE2(MARKET, Positions.expiryOf(position))));
        if (priceE2 == 0) return 0;
        int256 inside = priceE2 - int256(uint256(Positions.strikeTicksOf(position))) * 100;
        if (Positions.isPut(position)) inside = -inside;
        return inside > 0 ? Positions.amountE4Of(position) * inside : int256(0);
    }

    /// @dev Books what an engine's call does to an account before anything else.
    function bookSettlement(uint256 who) internal {
        Shadow storage s = shadows[who];
        (uint256[] memory living, int256 gainE6) = livingOf(who);
        if (living.length == s.positions.length) return;
        s.positions = living;
        credit(who, gainE6);
        bookAbsorption(who);
    }

    /// @dev An account without positions never owes: insurance pays, then the shortfall grows.
    function bookAbsorption(uint256 who) internal {
        Shadow storage s = shadows[who];
        if (s.positions.length != 0 || s.cashE6 >= 0) return;
        int256 lossE6 = -s.cashE6;
        int256 insuredE6 = lossE6 < funds.insuranceE6 ? lossE6 : funds.insuranceE6;
        funds.insuranceE6 -= insuredE6;
        funds.shortfallE6 += lossE6 - insuredE6;
        (s.cashE6, s.forgivenE6) = (0, s.forgivenE6 + lossE6);
    }

    /// @dev Funding since the account's index, rounded against it, and the new positions; the nonce rises by one.
    function bookPositions(uint256 who, uint256[] memory positions) internal {
        Shadow storage s = shadows[who];
        if (Positions.hasPerpetual(s.positions)) ++fundings;
        credit(who, -owedE6(who));
        (s.positions, s.nonce) = (positions, s.nonce + 1);
        s.index = Positions.hasPerpetual(positions) ? fundingIndex : int128(0);
    }

    function credit(uint256 who, int256 amountE6) internal {
        shadows[who].cashE6 += amountE6;
        shadows[who].profitE6 += amountE6;
    }

    /// @dev The amount of `contract_` that an account holds.
    function amountOf(uint256 who, uint256 contract_) internal view returns (int256) {
        uint256[] storage positions = shadows[who].positions;
        for (uint256 i = 0; i < positions.length; ++i) {
            if (_isSame(positions[i], contract_)) return Positions.amountE4Of(positions[i]);
        }
        return 0;
    }

    /// @dev Funding owed by an account since its index.
    function owedE6(uint256 who) internal view returns (int256) {
        Shadow storage s = shadows[who];
        if (!Positions.hasPerpetual(s.positions)) return 0;
        return _roundedUp(Positions.amountE4Of(s.positions[0]) * (int256(fundingIndex) - s.index));
    }

    /// @dev A ten-thousandth.
    function _roundedUp(int256 product) private pure returns (int256) {
        return product > 0 ? (product + 9_999) / 10_000 : product / 10_000;
    }

    function _isSame(uint256 a, uint256 b) private pure returns (bool) {
        return Positions.expiryOf(a) == Positions.expiryOf(b)
            && Positions.strikeTicksOf(a) == Positions.strikeTicksOf(b) && Positions.isPut(a) == Positions.isPut(b);
    }
}
