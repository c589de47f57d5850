// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ExpMath} from "./ExpMath.sol";
import {Words} from "./Words.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice Price and Greeks of one option in integers from its proven words [O-3], [O-4], the same in Python
/// (`oracle/model/greeks.py`): discount factor 1, every magnitude rounded down, towards zero.
library GreeksMath {
    /// @notice Phi(d1) above one, at scale 2^197.
    error CdfAboveOne(uint256 cdfD1);

    /// @notice A word that must be positive is zero.
    error ZeroWord(string field);

    /// @notice What a reader holds of a proven option: the slice's forward and tick, and the published numbers of the strike.
    struct OptionWords {
        uint256 forwardQ16;
        uint256 tickE2;
        uint256 strikeTicks;
        uint256 callQ53;
        uint256 totalVolQ32;
        uint256 cdfD1;
        uint256 pdfD1;
    }

    /// @notice `priceE6` USD at 1e-6; `deltaE9` at 1e-9; `gammaE12` delta per USD at 1e-12; `vegaE6` USD per 1.00 of vol;
    /// `thetaE6` USD per year; `rhoE6` USD per 1.00 of the rate at a fixed forward.
    struct OptionGreeks {
        uint256 priceE6;
        int256 deltaE9;
        uint256 gammaE12;
        uint256 vegaE6;
        int256 thetaE6;
        int256 rhoE6;
    }

    uint256 internal constant CDF_BITS = 197;
    uint256 internal constant PDF_BITS = 202;
    uint256 internal constant MASS_BITS = 53;

    uint256 private constant YEAR_S = 365 days;

    /// @notice Greeks of a call or a put that expires in `tenorS` seconds; below a minute counts as a minute.
    function greeks(OptionWords memory w, uint256 tenorS, bool put) internal pure returns (OptionGreeks memory g) {
        requireWords(w);
        uint256 tenor = Math.max(Words.fit("tenor_s", tenorS, 40), ExpMath.LEAST_TENOR_S);
        unchecked {
            // 78 + 8 + 14 bits.
            uint256 valueE6 = valueQ53(w, put) * w.tickE2 * 1e4;
            g.priceE6 = valueE6 >> MASS_BITS;
            // 197 + 30 bits.
            uint256 mass = put ? (1 << CDF_BITS) - w.cdfD1 : w.cdfD1;
            // At most 1e9, and 2^140 for theta and rho.
            // forge-lint: disable-start(unsafe-typecast)
            int256 delta = int256((mass * 1e9) >> CDF_BITS);
            g.deltaE9 = put ? -delta : delta;
            // 48 bits.
            uint256 forwardE2 = w.forwardQ16 * w.tickE2;
            // 202 + 47 bits over 48 + 35 + 154.
            g.gammaE12 = (w.pdfD1 * 1e14) / ((forwardE2 * w.totalVolQ32) << (PDF_BITS - 48));
            g.vegaE6 = Math.mulDiv(forwardE2 * 1e4 * ExpMath.sqrtYearsQ32(tenor), w.pdfD1, 1 << (PDF_BITS + 48));
            // A quotient rounded down and divided again is the whole quotient rounded down.
            uint256 decay =
                Math.mulDiv(forwardE2 * 1e4 * w.totalVolQ32 * YEAR_S, w.pdfD1, 1 << (PDF_BITS + 48)) / (2 * tenor);
            g.thetaE6 = -int256(decay);
            g.rhoE6 = -int256((valueE6 * tenor) / (YEAR_S << MASS_BITS));
            // forge-lint: disable-end(unsafe-typecast)
        }
    }

    /// @notice Price of the call or the put, ticks at scale 2^53: a put is max(0, call - forward + strike).
    function valueQ53(OptionWords memory w, bool put) internal pure returns (uint256) {
        if (!put) return w.callQ53;
        uint256 above = w.callQ53 + (w.strikeTicks << MASS_BITS);
        uint256 forward = w.forwardQ16 << (MASS_BITS - 16);
        return above > forward ? above - forward : 0;
    }

    /// @notice The call's price in 1e-2 USD, rounded to nearest, halves up [S-1]: the mark of a listed strike.
    function markE2(uint256 callQ53, uint256 tickE2) internal pure returns (uint256) {
        return (callQ53 * tickE2 + (1 << (MASS_BITS - 1))) >> MASS_BITS;
    }

    /// @notice Reverts unless every word is in its range; forward, tick, strike and vol are positive.
    function requireWords(OptionWords memory w) internal pure {
        _requirePositive("strike_ticks", w.strikeTicks, 24);
        _requirePositive("forward_q16", w.forwardQ16, 40);
        _requirePositive("tick_e2", w.tickE2, 8);
        _requirePositive("total_vol_q32", w.totalVolQ32, 35);
        Words.fit("call_q53", w.callQ53, 78);
        Words.fit("pdf_d1", w.pdfD1, PDF_BITS);
        if (w.cdfD1 > 1 << CDF_BITS) revert CdfAboveOne(w.cdfD1);
    }

    function _requirePositive(string memory field, uint256 value, uint256 bits) private pure {
        if (Words.fit(field, value, bits) == 0) revert ZeroWord(field);
    }
}
