// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MarginEngine} from "../../contracts/MarginEngine.sol";
import {DemoDollar} from "../../contracts/demo/DemoDollar.sol";
import {IMarginChecker} from "../../contracts/interfaces/IMarginChecker.sol";
import {IMarginRules} from "../../contracts/interfaces/IMarginRules.sol";
import {IMarginTypes} from "../../contracts/interfaces/IMarginTypes.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {IVerifierRegistry} from "../../contracts/interfaces/IVerifierRegistry.sol";
import {ProofCall} from "../../contracts/libraries/ProofCall.sol";
import {Test} from "./base/Test.sol";

/// @notice Answers with the hash of what it is asked, as the compiler decodes it.
contract EchoChecker is IMarginTypes {
    function oracle() external pure returns (address) {}

    function market() external pure returns (bytes32) {}

    function check(
        IMarginChecker.Terms calldata terms,
        IRiskOracle.MarginSlice[] calldata slices,
        IMarginChecker.Claim[] calldata claims,
        IMarginChecker.Charge[] calldata charges
    ) external pure returns (uint256[] memory feesE6) {
        feesE6 = new uint256[](2);
        feesE6[0] = uint256(keccak256(abi.encode(terms, slices, claims, charges)));
        feesE6[1] = claims.length;
    }
}

/// @notice An engine that asks what a test says.
contract AskingEngine is MarginEngine {
    int256 private constant OWED = 7;

    constructor(DemoDollar dollar, IMarginChecker checker_) MarginEngine(dollar, checker_, IMarginRules(address(0))) {}

    function ask(
        IMarginChecker.Terms calldata terms,
        IRiskOracle.MarginSlice[] calldata slices,
        IMarginChecker.Claim[] calldata claims,
        Fill[] calldata fills,
        bool charged
    ) external view returns (uint256[] memory) {
        Check memory asked;
        (asked.terms, asked.charged) = (terms, charged);
        (asked.books, asked.proofs) = (new Book[](claims.length), new uint256[](claims.length));
        for (uint256 i = 0; i < claims.length; ++i) {
            Book memory book = asked.books[i];
            (book.owner, book.nonce, book.positions) = (claims[i].account, claims[i].nonce, claims[i].positions);
            (book.cashE6, book.owedE6) = (claims[i].cashE6 + OWED, OWED);
            MarginProof calldata proof = claims[i].proof;
            uint256 where;
            assembly ("memory-safe") {
                where := proof
            }
            asked.proofs[i] = where;
        }
        return _check(asked, slices, fills);
    }
}

contract ProofCallHarness is IMarginTypes {
    /// @notice The call's bytes.
    function code(MarginProof[] calldata proofs, uint256[3][] calldata signals)
        external
        pure
        returns (bytes memory data)
    {
        ProofCall.Call memory c = ProofCall.open(proofs.length);
        for (uint256 i = 0; i < proofs.length; ++i) {
            ProofCall.add(c, proofs[i], signals[i]);
        }
        data = new bytes(c.size);
        (uint256 start, uint256 size) = (c.start, c.size);
        assembly ("memory-safe") {
            mcopy(add(data, 32), start, size)
        }
    }
}

/// @notice Calls that are coded by hand against those of the compiler.
contract CodedCallsTest is Test {
    AskingEngine private engine = new AskingEngine(new DemoDollar(), IMarginChecker(address(new EchoChecker())));
    ProofCallHarness private proofCalls = new ProofCallHarness();

    /// @dev Long lists of large structs: few runs.
    /// forge-config: default.fuzz.runs = 32
    function testFuzz_the_checker_is_asked_what_the_compiler_would_ask(
        IRiskOracle.MarginSlice[] memory slices,
        IMarginChecker.Claim[] memory claims,
        IMarginTypes.Fill[] memory fills,
        IMarginTypes.Limits memory limits,
        bool charged
    ) public view {
        IMarginChecker.Terms memory terms = IMarginChecker.Terms(
            address(this), limits, IMarginTypes.Use.Liquidating, charged
        );
        for (uint256 i = 0; i < claims.length; ++i) {
            claims[i].cashE6 /= 2;
        }
        IMarginChecker.Charge[] memory charges = new IMarginChecker.Charge[](charged ? fills.length : 0);
        for (uint256 i = 0; i < charges.length; ++i) {
            charges[i] = IMarginChecker.Charge(fills[i].order.legs, fills[i].lots, fills[i].maker);
        }
        uint256[] memory answer = engine.ask(terms, slices, claims, fills, charged);
        vm.assertEq(answer.length, 2, "answer");
        vm.assertEq(answer[0], uint256(keccak256(abi.encode(terms, slices, claims, charges))), "asked");
        vm.assertEq(answer[1], claims.length, "claims");
    }

    function testFuzz_the_registry_is_called_as_the_compiler_would_call(
        IMarginTypes.MarginProof[4] memory given,
        uint256[3][4] memory signals,
        uint8 size
    ) public view {
        uint256 count = 1 + size % 4;
        IMarginTypes.MarginProof[] memory proofs = new IMarginTypes.MarginProof[](count);
        bytes32[] memory ids = new bytes32[](count);
        uint256[8][] memory points = new uint256[8][](count);
        uint256[3][] memory shown = new uint256[3][](count);
        for (uint256 i = 0; i < count; ++i) {
            (proofs[i], ids[i], points[i], shown[i]) = (given[i], given[i].circuitId, given[i].proof, signals[i]);
        }
        bytes memory expected = count == 1
            ? abi.encodeCall(IVerifierRegistry.verify, (ids[0], points[0], shown[0]))
            : abi.encodeCall(IVerifierRegistry.verifyBatch, (ids, points, shown));
        vm.assertEq(proofCalls.code(proofs, shown), expected, "call");
    }
}
