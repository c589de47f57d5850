// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LiquidationAuction} from "../../../contracts/LiquidationAuction.sol";
import {MarginChecker} from "../../../contracts/MarginChecker.sol";
import {MarginEngine} from "../../../contracts/MarginEngine.sol";
import {MarginRules} from "../../../contracts/MarginRules.sol";
import {DemoDollar} from "../../../contracts/demo/DemoDollar.sol";
import {SliceLayout} from "../../../contracts/generated/SliceLayout.sol";
import {SolvencyLayout} from "../../../contracts/generated/SolvencyLayout.sol";
import {ILiquidationAuction} from "../../../contracts/interfaces/ILiquidationAuction.sol";
import {IMarginChecker} from "../../../contracts/interfaces/IMarginChecker.sol";
import {IMarginRules} from "../../../contracts/interfaces/IMarginRules.sol";
import {IMarginTypes} from "../../../contracts/interfaces/IMarginTypes.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {IVerifierRegistry} from "../../../contracts/interfaces/IVerifierRegistry.sol";
import {Challenge} from "../../../contracts/libraries/Challenge.sol";
import {DataContract} from "../../../contracts/libraries/DataContract.sol";
import {LnMath} from "../../../contracts/libraries/LnMath.sol";
import {Positions} from "../../../contracts/libraries/Positions.sol";
import {RulesData} from "../../../contracts/libraries/RulesData.sol";
import {SliceSet} from "../../../contracts/libraries/SliceSet.sol";
import {NativeMargin} from "../../../contracts/native/NativeMargin.sol";
import {AccountWords} from "../../../contracts/statements/AccountWords.sol";
import {Insolvency} from "../../../contracts/statements/Insolvency.sol";
import {Slice} from "../../../contracts/statements/Slice.sol";
import {Solvency} from "../../../contracts/statements/Solvency.sol";
import {MockRiskOracle} from "./MockRiskOracle.sol";
import {MockVerifierRegistry} from "./MockVerifierRegistry.sol";
import {Test} from "./Test.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice An engine whose accounts a test writes.
contract EngineHarness is MarginEngine {
    constructor(IERC20Metadata token, IMarginChecker checker_, IMarginRules rules_)
        MarginEngine(token, checker_, rules_)
    {}

    uint40 private changedAgo = 1 days;

    function setChangedAgo(uint40 seconds_) external {
        changedAgo = seconds_;
    }

    function put(address account, IMarginTypes.AccountState calldata state, int128 cashE6) external {
        _accounts[account] = Account({
            stateHash: Positions.hash(account, state.nonce, state.fundingIndexE6, state.positions),
            cashE6: cashE6,
            nonce: state.nonce,
            lastChangedAt: uint40(block.timestamp) - changedAgo,
            locked: false
        });
        for (uint256 i = 0; i < state.positions.length; ++i) {
            int256 amount = Positions.amountE4Of(state.positions[i]);
            // forge-lint: disable-next-line(unsafe-typecast)
            grossE4 += uint256(amount < 0 ? -amount : amount);
        }
    }
}

/// @notice Public signals of account statements, as the contracts under test build them.
contract StatementSignals is IMarginTypes {
    bytes32 private constant MARKET = "BTC-USD";

    struct Subject {
        MockRiskOracle oracle;
        address engine;
        address account;
        address data;
        bool atInitial;
        uint256 row;
    }

    function solvency(
        Subject calldata s,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        MarginProof calldata proof
    ) external view returns (uint256[3] memory) {
        uint256[] memory rules = RulesData.load(s.data);
        SliceSet.Loaded[] memory loaded = SliceSet.load(IRiskOracle(address(s.oracle)), MARKET, slices, Use.Liquidating);
        uint256[] memory d = Solvency.build(
            AccountWords.facts(state.positions, loaded, s.oracle.marketFacts(MARKET).perpetualMarkE2),
            loaded,
            Solvency.capacityOf(proof.circuitId),
            rules,
            s.atInitial ? RulesData.initialFactorE2(rules) : RulesData.maintenanceFactorE2(rules),
            proof.requiredCashE6
        );
        return Challenge.signals(_domain(s, state, rules, proof), d, proof.digest);
    }

    function insolvency(
        Subject calldata s,
        AccountState calldata state,
        IRiskOracle.MarginSlice[] calldata slices,
        MarginProof calldata proof
    ) external view returns (uint256[3] memory) {
        uint256[] memory rules = RulesData.load(s.data);
        SliceSet.Loaded[] memory loaded = SliceSet.load(IRiskOracle(address(s.oracle)), MARKET, slices, Use.Starting);
        uint256[] memory d = Insolvency.build(
            AccountWords.facts(state.positions, loaded, s.oracle.marketFacts(MARKET).perpetualMarkE2),
            loaded,
            Insolvency.capacityOf(proof.circuitId),
            rules,
            s.row,
            proof.requiredCashE6
        );
        return Challenge.signals(_domain(s, state, rules, proof), d, proof.digest);
    }

    function _domain(
        Subject calldata s,
        AccountState calldata state,
        uint256[] memory rules,
        MarginProof calldata proof
    ) private view returns (bytes32) {
        return Challenge.accountDomain(proof.circuitId, s.engine, s.account, state.nonce, RulesData.gridId(rules));
    }
}

/// @notice A market of two expiries whose marks a test moves; margin, native checks and auction are real, proofs are declared.
abstract contract AuctionFixture is Test, IMarginTypes {
    bytes32 internal constant MARKET = "BTC-USD";
    uint64 internal constant NOW = 1_799_000_000;
    uint64 internal constant FIRST = NOW + 30 days;
    uint64 internal constant SECOND = NOW + 60 days;
    uint256 internal constant ROW = 0;

    /// @dev Calls at 40,000 to 80,000 in 1e-2 USD, of a forward of 60,000 and of one of 66,000.
    uint32[5] internal calm = [2_000_000, 1_007_000, 239_300, 13_000, 200];
    uint32[5] internal risen = [2_600_000, 1_601_000, 650_000, 120_000, 8_000];

    MockRiskOracle internal oracle = newOracle();
    IVerifierRegistry internal registry = newRegistry();
    StatementSignals internal statements = new StatementSignals();
    DemoDollar internal dollar = newDollar();
    NativeMargin internal native = new NativeMargin();
    MarginRules internal rules;
    EngineHarness internal engine;
    LiquidationAuction internal auction;
    address internal listing;

    constructor() {
        vm.warp(NOW);
        uint24[] memory strikes = new uint24[](5);
        for (uint256 i = 0; i < 5; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            strikes[i] = uint24(40_000 + 10_000 * i);
        }
        listing = DataContract.store(abi.encodePacked(Slice.listingElements(strikes)));
        rules =
            new MarginRules(address(this), address(this), params(), IMarginTypes.Limits(0, 0, 0, 0, 1 << 28, 1 << 60));
        MarginChecker checker = new MarginChecker(IRiskOracle(address(oracle)), registry, native, rules, MARKET);
        engine = new EngineHarness(dollar, checker, rules);
        auction = new LiquidationAuction(address(this), engine, defaultSettings());
        rules.setAuction(address(auction));
        publish(60_000, calm);
    }

    /// @dev Answers as told; a test may put one in its place that has the mock's functions.
    function newOracle() internal virtual returns (MockRiskOracle) {
        return new MockRiskOracle();
    }

    /// @dev Accepts declared statements; a test may put one in its place that verifies.
    function newRegistry() internal virtual returns (IVerifierRegistry) {
        return new MockVerifierRegistry();
    }

    /// @dev A proof that the registry accepts for these signals.
    function proven(bytes32 circuitId, uint256[3] memory signals) internal virtual returns (uint256[8] memory) {
        MockVerifierRegistry(address(registry)).declare(circuitId, signals);
        uint256[8] memory unread;
        return unread;
    }

    /// @dev Collateral; a test may put one in its place that does more.
    function newDollar() internal virtual returns (DemoDollar) {
        return new DemoDollar();
    }

    function defaultSettings() internal pure returns (ILiquidationAuction.Settings memory) {
        return ILiquidationAuction.Settings({
            rewardFixedE6: 5e6,
            rewardPerGweiE6: 1e6,
            rewardCapE6: 50e6,
            minimumAuctionE6: 100e6,
            bonusCapE6: 100e6,
            bufferE2: 10,
            decayS: 1_200,
            startPriceE2: 98
        });
    }

    /// @notice Spot up and down by 15 percent in every mode, all losses count.
    function params() internal pure returns (MarginParams memory p) {
        for (uint256 row = 0; row < 36; ++row) {
            uint256 spotE4 = row % 2 == 0 ? 11_500 : 8_500;
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 ln = (int256(LnMath.lnQ48(spotE4 << 16)) - int256(LnMath.lnQ48(10_000 << 16)) + (1 << 23)) >> 24;
            uint256 record = SolvencyLayout.packGrid(SolvencyLayout.GridRecord(spotE4, ln, 100_000));
            p.grid[row / 4] |= record << (60 * (row % 4));
        }
        // forge-lint: disable-next-line(named-struct-fields)
        p.volRule = VolRule(2_500, 2_500, 3_000, 1_300, 0, 0, 0, 60);
        (p.initialFactorE2, p.maintenanceFactorE2, p.shortRateE5, p.perpetualRateE5) = (100, 80, 600, 200);
        p.confidenceLimitE4 = 0xffff;
    }

    /// @notice Both expiries at this forward and these marks, observed now; what was there becomes the slice before.
    function publish(uint256 forwardTicks, uint32[5] memory marks) internal {
        store(sliceOf(FIRST, forwardTicks, marks), listing, 5);
        store(sliceOf(SECOND, forwardTicks, marks), listing, 5);
        IRiskOracle.MarketFacts memory market;
        (market.observedAt, market.state) = (uint64(block.timestamp), IRiskOracle.State.Fresh);
        // forge-lint: disable-next-line(unsafe-typecast)
        market.perpetualMarkE2 = uint64(forwardTicks * 100);
        oracle.setMarket(market);
    }

    /// @notice Makes a slice the newest of its expiry, observed now.
    function store(IRiskOracle.MarginSlice memory slice, address listed, uint8 count) internal {
        uint64[] memory expiries = new uint64[](1);
        expiries[0] = slice.expiry;
        IRiskOracle.SliceFacts memory before = oracle.sliceFacts(MARKET, expiries)[0];
        oracle.setSlice(
            slice.expiry,
            IRiskOracle.SliceFacts({
                marginHash: Slice.marginHash(slice.restHash, slice.header, slice.results),
                previousMarginHash: before.marginHash,
                observedAt: uint64(block.timestamp),
                previousObservedAt: before.observedAt,
                replacedAt: uint64(block.timestamp),
                state: IRiskOracle.State.Fresh,
                listing: listed,
                count: count,
                tickE2: 100
            })
        );
    }

    function sliceOf(uint64 expiry, uint256 forwardTicks, uint32[5] memory marks)
        internal
        pure
        returns (IRiskOracle.MarginSlice memory slice)
    {
        uint256 forwardQ16 = forwardTicks << 16;
        slice.expiry = expiry;
        slice.restHash = "rest";
        slice.header = SliceLayout.packHeader(SliceLayout.HeaderRecord(forwardQ16, LnMath.lnQ48(forwardQ16), 1, 100));
        slice.results = new uint256[](3);
        for (uint256 i = 0; i < 5; ++i) {
            uint256 record = SliceLayout.packResults(SliceLayout.ResultsRecord(marks[i], 429_496_730));
            SliceLayout.putResults(slice.results, 0, i, record);
        }
    }

    function slicesOf(uint256 forwardTicks, uint32[5] memory marks)
        internal
        pure
        returns (IRiskOracle.MarginSlice[] memory slices)
    {
        slices = new IRiskOracle.MarginSlice[](2);
        (slices[0], slices[1]) = (sliceOf(FIRST, forwardTicks, marks), sliceOf(SECOND, forwardTicks, marks));
    }

    /// @notice A call or put at the strike with this index.
    function option(uint64 expiry, uint8 index, bool isPut, int256 amountE4) internal pure returns (uint256) {
        return Positions.pack(expiry, uint24(40_000 + 10_000 * uint24(index)), isPut, amountE4, index);
    }

    function stateOf(uint64 nonce, uint256[] memory positions) internal pure returns (AccountState memory) {
        // forge-lint: disable-next-line(named-struct-fields)
        return AccountState(nonce, 0, positions);
    }

    function list(uint256 a) internal pure returns (uint256[] memory positions) {
        positions = new uint256[](1);
        positions[0] = a;
    }

    function list(uint256 a, uint256 b) internal pure returns (uint256[] memory positions) {
        positions = new uint256[](2);
        (positions[0], positions[1]) = (a, b);
    }

    /// @notice Writes an account and backs its cash with tokens.
    function put(address account, AccountState memory state, int128 cashE6) internal {
        int256 addedE6 = cashE6 - cashOf(account);
        engine.put(account, state, cashE6);
        if (addedE6 > 0) {
            dollar.mint(address(engine), SafeCast.toUint256(addedE6));
        } else {
            vm.prank(address(engine));
            // forge-lint: disable-next-line(erc20-unchecked-transfer)
            dollar.transfer(address(this), SafeCast.toUint256(-addedE6));
        }
    }

    /// @notice Deposits for an account.
    function fund(address account, uint256 amountE6) internal {
        dollar.mint(address(this), amountE6);
        dollar.approve(address(engine), amountE6);
        engine.deposit(account, amountE6);
    }

    /// @notice Pays into the insurance fund.
    function insure(uint256 amountE6) internal {
        dollar.mint(address(this), amountE6);
        dollar.approve(address(engine), amountE6);
        engine.fundInsurance(amountE6);
    }

    function cashOf(address account) internal view returns (int256) {
        return engine.accountOf(account).cashE6;
    }

    /// @notice A true insolvency proof.
    function insolvent(
        address account,
        AccountState memory state,
        IRiskOracle.MarginSlice[] memory slices,
        uint256 row,
        int256 requiredCashE6
    ) internal returns (MarginProof memory proof) {
        proof.circuitId = state.positions.length > 4 ? Insolvency.CIRCUIT_8 : Insolvency.CIRCUIT_4;
        (proof.requiredCashE6, proof.digest) = (requiredCashE6, 7);
        if (state.positions.length > 8) proof.circuitId = Insolvency.CIRCUIT_16;
        if (state.positions.length > 16) proof.circuitId = Insolvency.CIRCUIT_32;
        proof.proof =
            proven(proof.circuitId, statements.insolvency(_subject(account, false, row), state, slices, proof));
    }

    /// @notice A true solvency proof at initial or maintenance margin.
    function solvent(
        address account,
        AccountState memory state,
        IRiskOracle.MarginSlice[] memory slices,
        int256 requiredCashE6,
        bool atInitial
    ) internal returns (MarginProof memory proof) {
        proof.circuitId = state.positions.length > 4 ? Solvency.CIRCUIT_16 : Solvency.CIRCUIT_4;
        (proof.requiredCashE6, proof.digest) = (requiredCashE6, 7);
        if (state.positions.length > 16) proof.circuitId = Solvency.CIRCUIT_32;
        proof.proof =
            proven(proof.circuitId, statements.solvency(_subject(account, atInitial, 0), state, slices, proof));
    }

    function _subject(address account, bool atInitial, uint256 row)
        private
        view
        returns (StatementSignals.Subject memory)
    {
        (address data,,) = rules.terms(0);
        return StatementSignals.Subject(oracle, address(engine), account, data, atInitial, row);
    }
}
