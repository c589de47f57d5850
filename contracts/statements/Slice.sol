// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SliceLayout} from "../generated/SliceLayout.sol";
import {LnMath} from "../libraries/LnMath.sol";

/// @notice The slice statement's data vector as the contracts read it: circuit `slice_32_16`, 16 strikes.
library Slice {
    bytes32 internal constant CIRCUIT_ID = "slice_32_16";

    /// @notice Strikes of one slice, unused slots included.
    uint256 internal constant STRIKES = 16;

    uint256 private constant RECORD_BITS = 108;
    uint256 private constant QUOTE_MASK = (1 << 42) - 1;

    /// @dev Quotes are in units of 1/20000 coin; the forward has scale 2^16: (quote x forward) has this scale in USD.
    int256 private constant PRICE_SCALE = 20_000 << 16;

    /// @notice What an account statement needs of one listed strike.
    struct Strike {
        uint256 strikeE2;
        uint256 lnStrikeQ48;
        uint256 markE2;
        uint256 totalVolQ32;
    }

    /// @notice Listing elements of `strikes`, padded with empty slots to the capacity.
    function listingElements(uint24[] memory strikes) internal pure returns (uint256[] memory elements) {
        elements = new uint256[]((STRIKES + 2) / 3);
        for (uint256 i = 0; i < strikes.length; ++i) {
            uint256 record = SliceLayout.packListing(
                SliceLayout.ListingRecord({
                    strikeTicks: strikes[i], lnStrikeQ48: LnMath.lnQ48(uint256(strikes[i]) << 16)
                })
            );
            elements[i / 3] |= record << (77 * (i % 3));
        }
    }

    /// @notice Hash of the listing elements of `d`.
    function listingHash(uint256[] memory d) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(_listing(d)));
    }

    /// @notice Hash of the strike elements of `d` with marks and vols cleared, followed by the listing elements.
    function quotesHash(uint256[] memory d) internal pure returns (bytes32) {
        uint256 count = (STRIKES + 1) / 2;
        uint256[] memory quotes = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            quotes[i] = d[SliceLayout.strikesIndex() + i] & (QUOTE_MASK | (QUOTE_MASK << RECORD_BITS));
        }
        return keccak256(abi.encodePacked(quotes, _listing(d)));
    }

    /// @notice How many slots are quoted, and how many of their marks lie outside bid and ask by more than half a cent.
    function countOutside(uint256[] memory d) internal pure returns (uint8 outside, uint8 quoted) {
        uint256 header = d[SliceLayout.headerIndex()];
        // In 1e-2 USD at scale 2^16, exact: 40 + 8 bits.
        uint256 forwardScaled = SliceLayout.headerForwardQ16(header) * SliceLayout.headerTickE2(header);
        for (uint256 i = 0; i < STRIKES; ++i) {
            uint256 record = SliceLayout.strikesAt(d, SliceLayout.strikesIndex(), i);
            if (SliceLayout.strikesQuoted(record) == 0) continue;
            ++quoted;
            uint256 strikeTicks = SliceLayout.listingStrikeTicks(_listingAt(d, i));
            if (_isOutside(record, strikeTicks * SliceLayout.headerTickE2(header), forwardScaled)) ++outside;
        }
    }

    /// @notice The strike's values; `found` is false where it is not listed.
    function strikeOf(uint256[] memory d, uint256 strikeTicks) internal pure returns (bool found, Strike memory s) {
        if (strikeTicks == 0) return (false, s);
        for (uint256 i = 0; i < STRIKES; ++i) {
            uint256 listing = _listingAt(d, i);
            if (SliceLayout.listingStrikeTicks(listing) != strikeTicks) continue;
            uint256 record = SliceLayout.strikesAt(d, SliceLayout.strikesIndex(), i);
            s.strikeE2 = strikeTicks * SliceLayout.headerTickE2(d[SliceLayout.headerIndex()]);
            s.lnStrikeQ48 = SliceLayout.listingLnStrikeQ48(listing);
            s.markE2 = SliceLayout.strikesMarkE2(record);
            s.totalVolQ32 = SliceLayout.strikesTotalVolQ32(record);
            return (true, s);
        }
    }

    /// @notice Forward in 1e-2 USD, rounded to nearest.
    function forwardE2(uint256[] memory d) internal pure returns (uint256) {
        uint256 header = d[SliceLayout.headerIndex()];
        return (SliceLayout.headerForwardQ16(header) * SliceLayout.headerTickE2(header) + (1 << 15)) >> 16;
    }

    /// @dev Both sides at scale 20000 x 2^16 in 1e-2 USD: no division, no rounding.
    function _isOutside(uint256 record, uint256 strikeE2, uint256 forwardScaled) private pure returns (bool) {
        // Strikes have 32 bits, forwards 48, quotes 24, the scale 31: every term is below 2^80.
        // forge-lint: disable-start(unsafe-typecast)
        int256 forward = int256(forwardScaled);
        int256 mark = int256(SliceLayout.strikesMarkE2(record)) * PRICE_SCALE;
        if (SliceLayout.strikesPut(record) == 1) mark += int256(strikeE2) * PRICE_SCALE - forward * 20_000;
        int256 mid = int256(SliceLayout.strikesMidHalfTicks(record));
        int256 halfSpread = int256(SliceLayout.strikesHalfSpreadHalfTicks(record));
        // forge-lint: disable-end(unsafe-typecast)
        return
            mark + PRICE_SCALE / 2 < (mid - halfSpread) * forward
                || mark - PRICE_SCALE / 2 > (mid + halfSpread) * forward;
    }

    function _listing(uint256[] memory d) private pure returns (uint256[] memory elements) {
        elements = new uint256[]((STRIKES + 2) / 3);
        for (uint256 i = 0; i < elements.length; ++i) {
            elements[i] = d[SliceLayout.listingIndex(STRIKES) + i];
        }
    }

    function _listingAt(uint256[] memory d, uint256 i) private pure returns (uint256) {
        return SliceLayout.listingAt(d, SliceLayout.listingIndex(STRIKES), i);
    }
}
