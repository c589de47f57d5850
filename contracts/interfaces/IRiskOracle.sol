// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IReports} from "./IReports.sol";

/// @notice From these attested quotes and this attested forward: the published prices are free of arbitrage for every
/// strike and in time against both neighbouring slices, they reprice the quotes within the stated error, and the
/// published marks, implied vols and Greeks are those of Black-76 at these prices.
interface IRiskOracle is IReports {
    /// @notice How far a slice or a market can be relied on. Fresh: for everything. LiquidateOnly: older than `maxAge`, a
    /// calendar condition to a neighbour unproven, vol or spot moved past its limit, too many marks outside their quotes, or
    /// checked without a proof. Stale: older than `liquidationMaxAge`, or the sequencer is down or just back. Halted: by guardian or owner.
    enum State {
        None,
        Fresh,
        LiquidateOnly,
        Stale,
        Halted
    }

    /// @notice Calendar condition between a slice and one neighbour.
    enum Calendar {
        NoNeighbour,
        Proven,
        Unproven
    }

    /// @notice A proven slice: the elements of its data vector before the listing, which the contract adds; the digest of
    /// the whole data vector; and the proof. Where the id begins with `slice_native_`, digest and proof are not read: the data
    /// vector was checked by `ISliceFallback`.
    struct SliceUpdate {
        bytes32 circuitId;
        uint64 expiry;
        uint256[] words;
        uint256 digest;
        uint256[8] proof;
    }

    /// @notice What margin reads of a stored slice. `marginHash` = keccak256(restHash, header, a hash of each block of results),
    /// 32 bytes each; a block is four of the result elements that listed strikes use (eight strikes), the last one what is left;
    /// `restHash` = keccak256(knots digest, Greeks digest, quotes hash). Margin functions take block b as its hash where bit
    /// 192 + b of `header`, whose element has 149 bits, is set: no position is on its strikes.
    struct MarginSlice {
        uint64 expiry;
        bytes32 restHash;
        uint256 header;
        uint256[] results;
    }

    /// @notice A slice as margin needs it. Times in Unix seconds: when its report and the one before were observed, and
    /// the block in which the newest landed. `listing`: data contract of the expiry's listing and logarithm elements.
    struct SliceFacts {
        bytes32 marginHash;
        bytes32 previousMarginHash;
        uint64 observedAt;
        uint64 previousObservedAt;
        uint64 replacedAt;
        State state;
        address listing;
        uint8 count;
        uint8 tickE2;
    }

    /// @notice A market as margin needs it; all of its newest report. `fundingIndexE6`: 1e-6 USD owed by one whole long
    /// perpetual since the beginning.
    struct MarketFacts {
        uint64 epoch;
        uint64 observedAt;
        uint64 spotE2;
        uint64 perpetualMarkE2;
        uint64 perpetualIndexE2;
        int128 fundingIndexE6;
        uint16 confidenceE4;
        State state;
    }

    /// @notice What the chain keeps of a slice besides its facts. `referenceVolE6`: at-the-money vol a year in 1e-6 as the
    /// rate limit lets it move. `outside` of `quoted` marks lie outside bid and ask by more than half a cent. `native`:
    /// checked without a proof.
    struct Slice {
        uint256 knotsDigest;
        uint64 epoch;
        uint16 attempt;
        uint64 forwardQ16;
        uint32 referenceVolE6;
        uint8 outside;
        uint8 quoted;
        bool volMoved;
        Calendar calendarEarlier;
        Calendar calendarLater;
        uint64 earlier;
        uint64 later;
        bool native;
    }

    /// @notice Limits. Ages in seconds. `spotDeviationE4`: of the spot from its signed average, relative. A vol at 30 days
    /// may move by `volMoveE4` plus `volMovePerHourE4` an hour, absolute; at another tenor by the root of 30 days over it
    /// as much. `outsideShareE4`: of the quoted marks.
    struct Limits {
        uint32 maxAge;
        uint32 liquidationMaxAge;
        uint16 spotDeviationE4;
        uint16 volMoveE4;
        uint16 volMovePerHourE4;
        uint16 outsideShareE4;
    }

    /// @notice A slice was proven, or checked without a proof, and stored.
    event SliceStored(
        bytes32 indexed market,
        uint64 indexed expiry,
        uint64 indexed epoch,
        uint16 attempt,
        uint64 observedAt,
        uint8 outside,
        uint8 quoted,
        bool volMoved
    );

    /// @notice A newer report of a market landed.
    event ReportLanded(
        bytes32 indexed market,
        uint64 indexed epoch,
        uint16 attempt,
        bytes32 digest,
        uint64 observedAtMs,
        uint64 spotE2,
        uint128 cumulativeSpotE2Ms,
        int128 fundingIndexE6,
        bool deviates
    );

    /// @notice The calendar condition of an adjacent pair changed.
    event CalendarEvaluated(bytes32 indexed market, uint64 indexed earlier, uint64 indexed later, bool proven);

    /// @notice The price at which an expiry settles is known.
    event Settled(bytes32 indexed market, uint64 indexed expiry, uint64 priceE2);

    /// @notice The limits changed.
    event LimitsSet(Limits limits);

    /// @notice A market was halted or resumed.
    event HaltSet(bytes32 indexed market, bool halted);

    /// @notice The report was observed later than the block's time allows, in Unix milliseconds.
    error ReportFromFuture(uint64 observedAtMs, uint256 latestMs);

    /// @notice The report's epoch does not fit 40 bits.
    error EpochTooWide(uint64 epoch);

    /// @notice A report of a newer epoch that was observed earlier than the newest one, both in Unix milliseconds.
    error ObservedBeforeStored(uint64 observedAtMs, uint64 stored);

    /// @notice The transaction carries no slice.
    error NoUpdates();

    /// @notice The report does not hold the expiry.
    error ExpiryNotInReport(uint64 expiry);

    /// @notice The expiry is not after the report.
    error SliceExpired(uint64 expiry, uint64 observedAtMs);

    /// @notice Neither the report nor a slice is newer than what is stored, nor does one add a claim to the same words.
    error NothingNewer(bytes32 market, uint64 epoch);

    /// @notice Update `index` does not come after the one before by expiry.
    error UpdatesNotAscending(uint256 index);

    /// @notice The circuit does not prove slices.
    error UnsupportedCircuit(bytes32 circuitId);

    /// @notice The data vector's forward is not the reported one.
    error ForwardMismatch(uint64 expiry, uint256 forwardQ16, uint64 reported);

    /// @notice The data vector's logarithm is not that of its forward.
    error LnForwardMismatch(uint64 expiry, uint256 lnForwardQ48, uint256 expected);

    /// @notice The data vector's tick is not the listed one.
    error TickMismatch(uint64 expiry, uint256 tickE2, uint8 listed);

    /// @notice The circuit has fewer strike slots than the listing has strikes.
    error ListingTooLong(uint64 expiry, uint256 count, uint256 capacity);

    /// @notice The data vector's knots are not the reported ones.
    error KnotsMismatch(uint64 expiry, uint256 knotsDigest, uint256 reported);

    /// @notice The data vector's quotes are not the signed ones.
    error QuotesMismatch(uint64 expiry, bytes32 quotesHash, bytes32 reported);

    /// @notice The proof does not hold for this data vector, expiry, epoch and report.
    error InvalidProof(bytes32 circuitId, uint64 expiry);

    /// @notice One of the transaction's proofs does not hold for its data vector, expiry, epoch and report.
    error InvalidBatch(uint256 updates);

    /// @notice The data vector was not checked without a proof, or native slices are refused.
    error UncheckedSlice(bytes32 circuitId, uint64 expiry);

    /// @notice The slice claims a calendar condition against a digest that its neighbour does not have.
    error UnknownNeighbour(uint64 expiry, uint256 claimed, uint256 current);

    /// @notice The words are not those of the stored slice.
    error UnknownSliceWords(uint64 expiry, bytes32 marginHash, bytes32 stored);

    /// @notice An age of zero, or one for opening above that for liquidating.
    error InvalidLimits();

    /// @notice The settlement price is known already.
    error SettlementKnown(bytes32 market, uint64 expiry);

    /// @notice The report was not observed within the tolerance after an end of the settlement window, in milliseconds.
    error OutsideSettlementWindow(uint64 observedAtMs, uint256 endMs);

    /// @notice The report is of another market.
    error WrongMarket(bytes32 market, bytes32 expected);

    /// @notice The reports' averages give no price of 64 bits above zero.
    error NoSettlementPrice(bytes32 market, uint64 expiry);

    /// @notice The owner names a settlement price only a day after the expiry.
    error SettlementTooEarly(uint64 expiry, uint256 earliest);

    /// @notice Stores the slices of one signed report, strictly ascending by expiry. Slices of an older epoch, and
    /// slices of the stored one that add no calendar claim to the same words, are ignored.
    /// @param signatures 65-byte signatures over the report's EIP-712 digest, one after the other, signers strictly
    /// ascending by address; not read where the report is the newest of its market already.
    function submit(Report calldata report, bytes calldata signatures, SliceUpdate[] calldata updates) external;

    /// @notice Lands a report without slices: spot, perpetual and funding alone.
    function submitReport(Report calldata report, bytes calldata signatures) external;

    /// @notice Fixes the settlement price of an expiry: the average spot of the 30 minutes before it. Anyone.
    /// @param first A signed report observed at most a minute after the window's begin.
    /// @param last One observed at most a minute after the expiry.
    function settle(
        bytes32 market,
        uint64 expiry,
        Report calldata first,
        bytes calldata firstSignatures,
        Report calldata last,
        bytes calldata lastSignatures
    ) external;

    /// @notice Names the settlement price of an expiry that has none a day later; owner only.
    function setSettlementPrice(bytes32 market, uint64 expiry, uint64 priceE2) external;

    /// @notice Sets the limits; owner only.
    function setLimits(Limits calldata limits) external;

    /// @notice Halts a market; owner or guardian.
    function halt(bytes32 market) external;

    /// @notice Resumes a market; owner only.
    function resume(bytes32 market) external;

    /// @notice The stored slices as margin needs them; all zero with state None where there is none.
    function sliceFacts(bytes32 market, uint64[] calldata expiries) external view returns (SliceFacts[] memory);

    /// @notice The market as margin needs it; all zero with state None where no report landed.
    function marketFacts(bytes32 market) external view returns (MarketFacts memory);

    /// @notice Average spot of the 30 minutes before the expiry, in 1e-2 USD; zero: not known.
    function settlementPriceE2(bytes32 market, uint64 expiry) external view returns (uint64);

    /// @notice The same facts for margin, three words a slice: margin hash; observed at, previous one observed at and replaced at
    /// (32 bits each) and, from bit 96, the state; listing, count (8 bits) and tick (8 bits). Neither reads the previous hash.
    function marginFacts(bytes32 market, uint64[] calldata expiries) external view returns (uint256[] memory words);

    /// @notice The stored slice; all zero where there is none.
    function sliceOf(bytes32 market, uint64 expiry) external view returns (Slice memory);

    /// @notice The slice's state at the block's time.
    function stateOf(bytes32 market, uint64 expiry) external view returns (State);

    /// @notice Digest of the market's newest report; zero where none landed.
    function newestReport(bytes32 market) external view returns (bytes32);
}
