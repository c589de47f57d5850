// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILiquidationAuction} from "../../../contracts/interfaces/ILiquidationAuction.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {IVerifierRegistry} from "../../../contracts/interfaces/IVerifierRegistry.sol";
import {Solvency} from "../../../contracts/statements/Solvency.sol";
import {AuctionFixture} from "./AuctionFixture.sol";
import {MockVerifierRegistry} from "./MockVerifierRegistry.sol";

/// @notice Accepts declared statements of circuits that a test did not remove.
contract HaltableRegistry is MockVerifierRegistry {
    mapping(bytes32 circuitId => bool) private _removed;

    function removeFor(bytes32 circuitId) external {
        _removed[circuitId] = true;
    }

    function verify(bytes32 circuitId, uint256[8] calldata, uint256[3] calldata signals)
        external
        view
        override
        returns (bool)
    {
        return _holds(circuitId, signals);
    }

    function verifyBatch(bytes32[] calldata ids, uint256[8][] calldata, uint256[3][] calldata signals)
        external
        view
        override
        returns (bool)
    {
        for (uint256 i = 0; i < ids.length; ++i) {
            if (!_holds(ids[i], signals[i])) return false;
        }
        return true;
    }

    function _holds(bytes32 circuitId, uint256[3] calldata signals) private view returns (bool) {
        if (_removed[circuitId]) revert IVerifierRegistry.RemovedCircuit(circuitId);
        return holds(circuitId, signals);
    }
}

/// @notice What accounts can do, each tried on its own: MAKER is short a call that TAKER is long, HEIR has an expired one,
/// SAVER has cash alone, DEBTOR is insolvent, CURED is under auction and solvent again with a deposit.
abstract contract HaltFixture is AuctionFixture {
    uint256 internal constant MAKER_KEY = 0xa11ce;
    address internal constant TAKER = address(0x7a8e2);
    address internal constant HEIR = address(0x4e12);
    address internal constant SAVER = address(0x5a5e2);
    address internal constant DEBTOR = address(0xdeb7);
    address internal constant CURED = address(0xc02ed);
    address internal constant BIDDER = address(0xb1d);
    uint64 internal constant EXPIRED = NOW - 1 days;
    int128 internal constant CASH = 80_000e6;

    address internal maker = vm.addr(MAKER_KEY);
    ILiquidationAuction.Bid internal terms = ILiquidationAuction.Bid(1_000, 0, type(int256).max);

    function newRegistry() internal override returns (IVerifierRegistry) {
        return new HaltableRegistry();
    }

    constructor() {
        put(maker, short(), CASH);
        put(TAKER, long(), CASH);
        put(HEIR, stateOf(1, list(option(EXPIRED, 2, false, 10_000))), 0);
        oracle.setSettlement(EXPIRED, 6_100_000);
        put(SAVER, stateOf(0, new uint256[](0)), CASH);
        put(BIDDER, stateOf(0, new uint256[](0)), 1_000_000e6);
        put(DEBTOR, ten(), CASH);
        put(CURED, ten(), CASH);
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        auction.start(CURED, ten(), slices, ROW, insolvent(CURED, ten(), slices, ROW, 86_000e6));
    }

    function short() internal pure returns (AccountState memory) {
        return stateOf(1, list(option(FIRST, 2, false, -10_000)));
    }

    function long() internal pure returns (AccountState memory) {
        return stateOf(1, list(option(FIRST, 2, false, 10_000)));
    }

    function ten() internal pure returns (AccountState memory) {
        return stateOf(1, list(option(FIRST, 2, false, -100_000)));
    }

    function deposits() external {
        fund(SAVER, 1e6);
    }

    /// @notice The maker sells twice as much to the taker.
    function opens() external {
        _trade(-10_000);
    }

    function closesInPart() external {
        _trade(5_000);
    }

    function closesAll() external {
        _trade(10_000);
    }

    function settles() external {
        engine.settle(HEIR, stateOf(1, list(option(EXPIRED, 2, false, 10_000))));
    }

    function withdrawsCash() external {
        vm.prank(SAVER);
        engine.withdraw(1e6, stateOf(0, new uint256[](0)), new IRiskOracle.MarginSlice[](0), none());
    }

    function withdrawsBesidePositions() external {
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        MarginProof memory proof = solvent(TAKER, long(), slices, 0, true);
        vm.prank(TAKER);
        engine.withdraw(1e6, long(), slices, proof);
    }

    function cures() external {
        fund(CURED, 10_000e6);
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        auction.end(CURED, ten(), slices, solvent(CURED, ten(), slices, 86_000e6, false));
    }

    function starts() external {
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        auction.start(DEBTOR, ten(), slices, ROW, insolvent(DEBTOR, ten(), slices, ROW, 86_000e6));
    }

    function bids() external {
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        AccountState memory after_ = stateOf(1, list(option(FIRST, 2, false, -10_000)));
        MarginProof memory proof = solvent(BIDDER, after_, slices, 0, true);
        vm.prank(BIDDER);
        auction.bid(CURED, ten(), stateOf(0, new uint256[](0)), slices, terms, proof);
    }

    function startsNatively() external {
        auction.startNative(DEBTOR, ten(), slicesOf(60_000, calm), ROW, 0);
    }

    function bidsNatively() external {
        vm.prank(BIDDER);
        auction.bid(CURED, ten(), stateOf(0, new uint256[](0)), slicesOf(60_000, calm), terms, nativeProof());
    }

    function withdrawsNatively() external {
        vm.prank(TAKER);
        engine.withdraw(1e6, long(), slicesOf(60_000, calm), nativeProof());
    }

    /// @notice The names of what is possible now, in the order of the table in docs/halts.md.
    function possible() internal returns (string memory names) {
        names = _add(names, "deposit", this.deposits.selector);
        names = _add(names, "open", this.opens.selector);
        names = _add(names, "close", this.closesInPart.selector);
        names = _add(names, "close all", this.closesAll.selector);
        names = _add(names, "cure", this.cures.selector);
        names = _add(names, "settle", this.settles.selector);
        names = _add(names, "withdraw cash", this.withdrawsCash.selector);
        names = _add(names, "withdraw", this.withdrawsBesidePositions.selector);
        names = _add(names, "start", this.starts.selector);
        names = _add(names, "bid", this.bids.selector);
        names = _add(names, "native start", this.startsNatively.selector);
        names = _add(names, "native bid", this.bidsNatively.selector);
        names = _add(names, "native withdraw", this.withdrawsNatively.selector);
    }

    function none() internal pure returns (MarginProof memory proof) {}

    function nativeProof() internal pure returns (MarginProof memory proof) {
        proof.circuitId = Solvency.NATIVE;
    }

    /// @dev Tried and undone.
    function _add(string memory names, string memory name, bytes4 action) private returns (string memory) {
        uint256 snapshot = vm.snapshotState();
        // forge-lint: disable-next-line(unchecked-call)
        (bool done,) = address(this).call(abi.encodeWithSelector(action));
        vm.revertToState(snapshot);
        if (!done) return names;
        return bytes(names).length == 0 ? name : string.concat(names, ", ", name);
    }

    function _trade(int256 amountE4) private {
        Order memory order = Order({
            maker: maker,
            taker: TAKER,
            legs: list(option(FIRST, 2, false, amountE4)),
            cashToMakerE6: 0,
            lots: 1,
            minimumLots: 0,
            deadline: uint64(block.timestamp),
            salt: 0
        });
        Fill[] memory fills = new Fill[](1);
        fills[0] = Fill({order: order, signature: signed(MAKER_KEY, engine.orderHash(order)), lots: 1, maker: 1});
        IRiskOracle.MarginSlice[] memory slices = slicesOf(60_000, calm);
        bool ends = amountE4 == 10_000;
        AccountChange[] memory changes = new AccountChange[](2);
        AccountState memory takerAfter = stateOf(2, list(option(FIRST, 2, false, 10_000 - amountE4)));
        AccountState memory makerAfter = stateOf(2, list(option(FIRST, 2, false, amountE4 - 10_000)));
        MarginProof memory proof = ends ? none() : solvent(TAKER, takerAfter, slices, 0, true);
        changes[0] = AccountChange({account: TAKER, state: long(), proof: proof});
        proof = ends ? none() : solvent(maker, makerAfter, slices, 0, true);
        changes[1] = AccountChange({account: maker, state: short(), proof: proof});
        vm.prank(TAKER);
        engine.trade(fills, changes, ends ? new IRiskOracle.MarginSlice[](0) : slices);
    }
}
