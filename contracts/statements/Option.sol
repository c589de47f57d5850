// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {OptionLayout} from "../generated/OptionLayout.sol";
import {Challenge} from "../libraries/Challenge.sol";
import {GreeksMath} from "../libraries/GreeksMath.sol";
import {LnMath} from "../libraries/LnMath.sol";
import {Words} from "../libraries/Words.sol";

/// @notice At this strike, listed or not: the slice with this knots digest prices the call at exactly this much, and the
/// published implied vol and Greeks words are those of Black-76 at that price and this forward.
/// @dev The words are proven of a slice only if forward and knots digest are those of a stored one: the reader takes them
/// from its own storage, never from the claim. Widths are refused here; the circuit relies on it.
library Option {
    bytes32 internal constant CIRCUIT_32 = "option_32";
    bytes32 internal constant CIRCUIT_48 = "option_48";
    bytes32 internal constant CIRCUIT_64 = "option_64";
    bytes32 internal constant CIRCUIT_96 = "option_96";

    /// @dev 2^53: keeps the stored log-moneyness non-negative.
    int256 private constant LOG_MONEYNESS_OFFSET = 1 << 53;

    /// @notice The fact that a proof is bound to, equal on every chain.
    struct Context {
        bytes32 circuitId;
        bytes32 market;
        uint64 expiry;
        uint64 epoch;
        bytes32 reportDigest;
    }

    /// @notice Knots of the slices that a circuit prices options of; zero for a circuit that does not prove this statement.
    function knotsOf(bytes32 circuitId) internal pure returns (uint256) {
        if (circuitId == CIRCUIT_32) return 32;
        if (circuitId == CIRCUIT_48) return 48;
        if (circuitId == CIRCUIT_64) return 64;
        return circuitId == CIRCUIT_96 ? 96 : 0;
    }

    /// @notice The statement's data vector. Reverts on a word outside its range.
    function build(uint256 knotsDigest, GreeksMath.OptionWords memory w) internal pure returns (uint256[] memory d) {
        GreeksMath.requireWords(w);
        d = new uint256[](OptionLayout.length());
        d[OptionLayout.headerIndex()] = OptionLayout.packHeader(
            OptionLayout.HeaderRecord({strikeTicks: w.strikeTicks, totalVolQ32: w.totalVolQ32})
        );
        d[OptionLayout.forwardQ16Index()] = w.forwardQ16;
        d[OptionLayout.logMoneynessQ48Index()] = _logMoneyness(w.strikeTicks, w.forwardQ16);
        d[OptionLayout.knotsDigestIndex()] = knotsDigest;
        d[OptionLayout.callQ53Index()] = w.callQ53;
        d[OptionLayout.cdfD1Index()] = w.cdfD1;
        d[OptionLayout.pdfD1Index()] = w.pdfD1;
        OptionLayout.requireWidths(d);
    }

    /// @notice Public signals that a proof of these words must have.
    function signals(Context memory context, uint256 knotsDigest, GreeksMath.OptionWords memory w, uint256 digest)
        internal
        pure
        returns (uint256[3] memory)
    {
        bytes32 domain = Challenge.sliceDomain(
            context.circuitId, context.market, context.expiry, context.epoch, context.reportDigest
        );
        return Challenge.signals(domain, build(knotsDigest, w), digest);
    }

    /// @dev Both logarithms are below 17 2^48 < 2^53: their difference is within the offset.
    function _logMoneyness(uint256 strikeTicks, uint256 forwardQ16) private pure returns (uint256) {
        // forge-lint: disable-next-line(unsafe-typecast)
        int256 difference = int256(LnMath.lnQ48(strikeTicks << 16)) - int256(LnMath.lnQ48(forwardQ16));
        return Words.fitSigned("log_moneyness_q48", difference, LOG_MONEYNESS_OFFSET, 54);
    }
}
