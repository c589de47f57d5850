// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice From these attested quotes and this attested forward: the published prices are free of arbitrage for every
/// strike and in time against both neighbouring slices, they reprice the quotes within the stated error, and the
/// published marks, implied vols and Greeks are those of Black-76 at these prices.
interface IRiskOracle {
    /// @notice How far a slice can be relied on. LiquidateOnly: a calendar condition to a neighbour is unproven.
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

    /// @notice What the publishers attest of one expiry.
    struct ExpiryReport {
        uint64 expiry;
        uint64 forwardQ16;
        bytes32 quotesHash;
        uint256 knotsDigest;
    }

    /// @notice What the publishers sign (EIP-712 without chain id: a report is a fact).
    struct Report {
        bytes32 market;
        uint64 epoch;
        uint64 observedAtMs;
        uint64 spotE2;
        uint32 setVersion;
        uint32 rejectedCount;
        bytes32 snapshotRoot;
        ExpiryReport[] expiries;
    }

    /// @notice A proven slice: its data vector, the digest of it and the proof.
    struct SliceUpdate {
        bytes32 circuitId;
        uint64 expiry;
        uint256[] d;
        uint256 digest;
        uint256[8] proof;
    }

    /// @notice What the chain keeps of a slice. `wordsHash`: keccak256 of its data vector with both neighbour claims set
    /// to zero. `observedAt` in Unix seconds; `outside` of `quoted` marks lie outside bid and ask by more than half a
    /// cent.
    struct Slice {
        bytes32 wordsHash;
        uint256 knotsDigest;
        uint64 epoch;
        uint64 observedAt;
        uint64 forwardQ16;
        uint8 outside;
        uint8 quoted;
        Calendar calendarEarlier;
        Calendar calendarLater;
    }

    /// @notice A slice was proven and stored.
    event SliceStored(
        bytes32 indexed market,
        uint64 indexed expiry,
        uint64 indexed epoch,
        uint64 observedAt,
        uint64 forwardQ16,
        uint8 outside,
        uint8 quoted,
        uint256 knotsDigest
    );

    /// @notice A report was used by a transaction.
    event ReportUsed(
        bytes32 indexed market,
        uint64 indexed epoch,
        bytes32 reportDigest,
        uint64 spotE2,
        uint32 rejectedCount,
        bytes32 snapshotRoot
    );

    /// @notice The calendar condition of an adjacent pair was evaluated.
    event CalendarEvaluated(bytes32 indexed market, uint64 indexed earlier, uint64 indexed later, bool proven);

    /// @notice The publisher set changed.
    event PublishersSet(uint32 setVersion, address[] publishers, uint8 threshold);

    /// @notice The guardian changed.
    event GuardianSet(address guardian);

    /// @notice The age at which a slice becomes stale changed.
    event MaxAgeSet(uint64 maxAge);

    /// @notice A market was halted or resumed.
    event HaltSet(bytes32 indexed market, bool halted);

    /// @notice Signature `index` recovers to nobody.
    error InvalidSignature(uint256 index);

    /// @notice The signer is not a publisher.
    error UnknownSigner(address signer);

    /// @notice Signers are not strictly ascending; a duplicate counts once.
    error SignersNotAscending(address previous, address signer);

    /// @notice Fewer signatures than the threshold.
    error BelowThreshold(uint256 signatures, uint256 threshold);

    /// @notice The report is signed under another publisher set.
    error WrongSetVersion(uint32 setVersion, uint32 current);

    /// @notice A publisher set that is empty, too small for its threshold, or holds zero or a duplicate.
    error InvalidPublisherSet(uint256 publishers, uint256 threshold);

    /// @notice The report was observed later than the block's time allows, in Unix milliseconds.
    error ReportFromFuture(uint64 observedAtMs, uint256 latestMs);

    /// @notice The transaction carries no slice.
    error NoUpdates();

    /// @notice The report does not hold the expiry.
    error ExpiryNotInReport(uint64 expiry);

    /// @notice The expiry is not after the report.
    error SliceExpired(uint64 expiry, uint64 observedAtMs);

    /// @notice The stored slice is of a newer epoch, or of this one and the update adds no claim to the same words.
    error EpochNotNewer(uint64 expiry, uint64 epoch, uint64 stored);

    /// @notice A newer epoch that was observed earlier than the stored slice, both in Unix seconds.
    error ObservedBeforeStored(uint64 expiry, uint64 observedAt, uint64 stored);

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

    /// @notice The data vector's listing is not the registered one.
    error ListingMismatch(uint64 expiry, bytes32 elementsHash, bytes32 listed);

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

    /// @notice The slice claims a calendar condition against a digest that its neighbour does not have.
    error UnknownNeighbour(uint64 expiry, uint256 claimed, uint256 current);

    /// @notice The words are not those of the stored slice.
    error UnknownSliceWords(uint64 expiry, bytes32 wordsHash, bytes32 stored);

    /// @notice The slice cannot be read in this state.
    error SliceNotReadable(uint64 expiry, State state);

    /// @notice The strike is not listed in the slice.
    error StrikeNotListed(uint64 expiry, uint256 strikeTicks);

    /// @notice The caller may not halt.
    error NotGuardian(address caller);

    /// @notice Stores the proven slices of one signed report, strictly ascending by expiry. A slice of the stored epoch
    /// with the same words is accepted where it claims a calendar condition that is not proven: it changes that alone.
    /// @param signatures 65-byte signatures over the report's EIP-712 digest, signers strictly ascending by address.
    function submit(Report calldata report, bytes[] calldata signatures, SliceUpdate[] calldata updates) external;

    /// @notice Replaces the publisher set and raises the set version; owner only.
    function setPublishers(address[] calldata publishers, uint8 threshold) external;

    /// @notice Names the guardian; owner only.
    function setGuardian(address guardian) external;

    /// @notice Sets the age in seconds above which a slice is stale; owner only.
    function setMaxAge(uint64 maxAge) external;

    /// @notice Halts a market; owner or guardian.
    function halt(bytes32 market) external;

    /// @notice Resumes a market; owner only.
    function resume(bytes32 market) external;

    /// @notice EIP-712 digest that the publishers sign.
    function reportDigest(Report calldata report) external view returns (bytes32);

    /// @notice The stored slice; all zero where there is none.
    function sliceOf(bytes32 market, uint64 expiry) external view returns (Slice memory);

    /// @notice The slice's state at the block's time.
    function stateOf(bytes32 market, uint64 expiry) external view returns (State);

    /// @notice Proven forward in ticks at scale 2^16, of a fresh or liquidate-only slice; `observedAt` in Unix seconds.
    function getForward(bytes32 market, uint64 expiry) external view returns (uint64 forwardQ16, uint64 observedAt);

    /// @notice Proven total implied vol at scale 2^32 of a listed strike, of a fresh or liquidate-only slice.
    /// @param d Data vector of the stored slice; its neighbour claims are not compared.
    function getVol(bytes32 market, uint64 expiry, uint24 strikeTicks, uint256[] calldata d)
        external
        view
        returns (uint64 totalVolQ32, uint64 observedAt);

    /// @notice State and time of the slice whose data vector is `d`; reverts where `d` is not the stored one. Its
    /// neighbour claims are not compared: what is proven stands in `sliceOf`.
    function requireWords(bytes32 market, uint64 expiry, uint256[] calldata d)
        external
        view
        returns (State state, uint64 observedAt);
}
