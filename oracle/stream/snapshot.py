# SPDX-License-Identifier: Apache-2.0
"""From events to attested snapshots: the same frames give the same root, in whatever order channels arrive.

State is the newest event per instrument in canonical order (exchange time, venue, channel, sequence), so only the
order inside one channel matters, which a connection preserves. A snapshot takes events up to and including its
moment; newer ones wait. Events older than the last closed snapshot go to the late ledger and still update the state:
the closed snapshot stays as signed, the next one does not depend on how long the event was under way. The first event
of a channel after (re)subscription is the venue's standing state with an old time and is not late.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from statistics import median

from oracle.errors import FrameRejected, InvalidValue, SnapshotError, require_bits
from oracle.model.snapshot import FORWARD_Q16_BITS, STRIKE_BITS, ExpirySnapshot, MarketSnapshot, Quote
from oracle.stream.events import DerivativeTicker, Disconnect, Event, IndexPrice, OptionSummary
from oracle.stream.filters import (
    FilterLimits,
    QuoteContext,
    RefusedQuote,
    forward_out_of_band,
    not_open,
    require_usable,
    stale,
)
from oracle.stream.instrument import OptionInstrument, format_expiry, format_option, parse_option
from oracle.stream.ledger import RejectLedger
from oracle.stream.perpetual import PerpetualMark

Listings = Mapping[int, Sequence[int]]
"""Expiry (Unix seconds) to listed strikes (ticks)."""
_OptionState = dict[tuple[int, bool], OptionSummary]


class SnapshotBuilder:
    """One market's state and its snapshots.

    ``tick_e2``: a strike tick in hundredths of a dollar. ``listings``: what is listed on-chain; None means every
    strike seen. ``ledger`` receives refused quotes, ``late`` late events; both are created where not given.
    Events of other kinds, currencies and indices are not this builder's and pass without effect.
    """

    def __init__(
        self,
        market: str,
        currency: str,
        tick_e2: int = 100,
        listings: Listings | None = None,
        *,
        limits: FilterLimits | None = None,
        ledger: RejectLedger | None = None,
        late: RejectLedger | None = None,
    ) -> None:
        if not 0 < tick_e2 < 256:
            raise InvalidValue("tick_e2", tick_e2, "must be in [1, 255]")
        self.market = market
        self.currency = currency
        self.tick_e2 = tick_e2
        self.limits = FilterLimits() if limits is None else limits
        self.ledger = RejectLedger() if ledger is None else ledger
        self.late = RejectLedger() if late is None else late
        self._listings: Listings | None = None
        self.index_symbol = f"{currency.lower()}_usd"
        self._pending: list[OptionSummary | IndexPrice] = []
        self._latest: dict[str, OptionSummary] = {}
        self._spot: IndexPrice | None = None
        self._perpetual = PerpetualMark(f"{currency}-PERPETUAL", self.limits.max_spot_age_ms)
        self._config_hash = self.limits.digest()
        self._subscribed: set[tuple[str, str]] = set()
        self._event_time_ms = 0
        self._closed_at_ms = -1
        self._removed: dict[int, Counter[str]] = {}
        self.set_listings(listings)

    @property
    def event_time_ms(self) -> int:
        """The newest exchange time consumed: the clock that closes epochs."""
        return self._event_time_ms

    @property
    def oldest_waiting_ms(self) -> int | None:
        """The earliest exchange time among events newer than the last snapshot, None where none waits."""
        times = (event.exchange_time_ms for event in self._pending)
        return min((time_ms for time_ms in times if time_ms > self._closed_at_ms), default=None)

    @property
    def removed(self) -> dict[int, dict[str, int]]:
        """Per live expiry how many listed strikes the last snapshot left without a quote, by rule.

        An expiry without a forward has all its strikes under ``no_forward``.
        """
        return {expiry: dict(sorted(counts.items())) for expiry, counts in self._removed.items()}

    def set_listings(self, listings: Listings | None) -> None:
        """Replace what is listed; :class:`InvalidValue` where an expiry or strike has no Deribit name."""
        for expiry, strikes in ({} if listings is None else listings).items():
            for strike in strikes:
                require_bits("strike_ticks", strike, STRIKE_BITS)
                format_option(OptionInstrument(self.currency, expiry, strike, put=False), self.tick_e2)
        self._listings = listings

    def consume(self, event: Event) -> None:
        """Take one event; O(1). Late events are recorded under the rule ``late`` with the age in milliseconds."""
        if isinstance(event, Disconnect):
            self._subscribed = {channel for channel in self._subscribed if channel[0] != event.venue}
            return
        if isinstance(event, DerivativeTicker):
            self._perpetual.consume(event)
            return
        if isinstance(event, IndexPrice):
            if event.symbol != self.index_symbol:
                return
        elif not isinstance(event, OptionSummary) or not event.symbol.startswith(f"{self.currency}-"):
            return
        channel = (event.venue, event.channel)
        if event.exchange_time_ms <= self._closed_at_ms and channel in self._subscribed:
            age_ms = self._closed_at_ms - event.exchange_time_ms
            values = {"kind": event.kind, "exchange_time_ms": event.exchange_time_ms, "age_ms": age_ms}
            self.late.record("late", event.symbol, event.received_at_us, values)
        self._subscribed.add(channel)
        self._event_time_ms = max(self._event_time_ms, event.exchange_time_ms)
        self._pending.append(event)

    def close(self, epoch: int, observed_at_ms: int) -> MarketSnapshot:
        """The market as of ``observed_at_ms`` (venue clock, inclusive), which may not go backwards.

        Per expiry the forward is the median of the underlying prices of open, fresh options within the band, rounded
        half-even to ticks at 2^16. Per listed strike the out-of-the-money quote: the put below the forward, else the
        call. What the rules refuse is ``quoted=False`` and one ledger entry; so is a strike nobody quotes (rule
        ``unseen``) and an expiry without a forward (rule ``no_forward``), which the snapshot omits. Expired expiries
        are omitted. ``rejected_count`` is the number of ledger entries this call wrote. Refused frames are not in it:
        they have no exchange time and so belong to no epoch.

        Raises :class:`SnapshotError` where there is no fresh spot, no expiry with a forward, or a number leaves the
        widths of the snapshot.
        """
        if observed_at_ms < self._closed_at_ms:
            raise SnapshotError(f"observed_at_ms = {observed_at_ms}: before the last snapshot at {self._closed_at_ms}")
        newest_ms = self._advance(observed_at_ms)
        spot_e2 = self._spot_e2(observed_at_ms)
        refused_before = self.ledger.total
        self._removed = {}
        expiries = []
        for expiry, (strikes, state) in sorted(self._by_expiry(observed_at_ms).items()):
            snapshot = self._expiry(expiry, strikes, state, newest_ms, observed_at_ms)
            if snapshot is not None:
                expiries.append(snapshot)
        if not expiries:
            raise SnapshotError(f"{self.market} epoch {epoch}: no expiry has a forward")
        rejected_count = self.ledger.total - refused_before
        mark_e2, index_e2 = self._perpetual.at(observed_at_ms)
        try:
            return MarketSnapshot(
                self.market,
                epoch,
                observed_at_ms,
                spot_e2,
                self.tick_e2,
                tuple(expiries),
                rejected_count,
                perpetual_mark_e2=mark_e2,
                perpetual_index_e2=index_e2,
                config_hash=self._config_hash,
            )
        except InvalidValue as error:
            raise SnapshotError(f"{self.market} epoch {epoch}: {error}") from error

    def _advance(self, observed_at_ms: int) -> int:
        """Apply pending events up to the moment; the newest exchange time among all applied so far."""
        self._closed_at_ms = observed_at_ms
        waiting: list[OptionSummary | IndexPrice] = []
        for event in self._pending:
            if event.exchange_time_ms > observed_at_ms:
                waiting.append(event)
            elif isinstance(event, IndexPrice):
                if self._spot is None or event.key >= self._spot.key:
                    self._spot = event
            else:
                held = self._latest.get(event.symbol)
                if held is None or event.key >= held.key:
                    self._latest[event.symbol] = event
        self._pending = waiting
        times = [quote.exchange_time_ms for quote in self._latest.values()]
        return max(times, default=0) if self._spot is None else max(*times, self._spot.exchange_time_ms, 0)

    def _spot_e2(self, observed_at_ms: int) -> int:
        if self._spot is None:
            raise SnapshotError(f"{self.market}: no spot: no event of index {self.index_symbol}")
        age_ms = observed_at_ms - self._spot.exchange_time_ms
        if age_ms > self.limits.max_spot_age_ms:
            raise SnapshotError(
                f"{self.market}: no spot: the index is {age_ms} ms old, limit {self.limits.max_spot_age_ms}"
            )
        spot_e2 = round(Fraction(self._spot.price_usd) * 100)
        if not spot_e2:
            raise SnapshotError(f"{self.market}: no spot: the index is {self._spot.price_usd} dollars")
        return spot_e2

    def _by_expiry(self, observed_at_ms: int) -> dict[int, tuple[tuple[int, ...], _OptionState]]:
        """Listed strikes and newest quotes of each live expiry; expired instruments are forgotten."""
        states: dict[int, _OptionState] = {}
        for symbol, quote in sorted(self._latest.items()):
            option = self._option(symbol, quote)
            if option is None:
                continue
            if option.expiry * 1000 <= observed_at_ms:
                del self._latest[symbol]
            else:
                states.setdefault(option.expiry, {})[option.strike_ticks, option.put] = quote
        listings = self._listings
        if listings is None:
            listings = {expiry: [strike for strike, _ in state] for expiry, state in states.items()}
        return {
            expiry: (tuple(sorted(set(strikes))), states.get(expiry, {}))
            for expiry, strikes in listings.items()
            if expiry * 1000 > observed_at_ms
        }

    def _option(self, symbol: str, quote: OptionSummary) -> OptionInstrument | None:
        try:
            return parse_option(symbol, self.tick_e2)
        except FrameRejected:
            self._refuse("strike_off_tick", symbol, quote.exchange_time_ms, {"tick_e2": self.tick_e2})
            return None

    def _expiry(
        self, expiry: int, strikes: Sequence[int], state: _OptionState, newest_ms: int, observed_at_ms: int
    ) -> ExpirySnapshot | None:
        removed = self._removed[expiry] = Counter[str]()
        first = QuoteContext(newest_ms, None, self.limits)
        fresh = [quote for quote in state.values() if not stale(quote, first) and not not_open(quote, first)]
        forward_usd = self._forward_usd(fresh, newest_ms)
        forward_q16 = 0 if forward_usd is None else round(Fraction(forward_usd) * 100 * (1 << 16) / self.tick_e2)
        if forward_usd is None or forward_q16 < 1 << 16 or forward_q16 >> FORWARD_Q16_BITS:
            values = {"underlying_price_usd": forward_usd, "fresh_quotes": len(fresh)}
            self._refuse("no_forward", f"{self.currency}-{format_expiry(expiry)}", observed_at_ms, values)
            removed["no_forward"] = len(strikes)
            return None
        context = QuoteContext(newest_ms, forward_usd, self.limits)
        selected = [OptionInstrument(self.currency, expiry, k, put=k << 16 < forward_q16) for k in strikes]
        for side in sorted(state.keys() - {(option.strike_ticks, option.put) for option in selected}):
            self._note_forward(state[side], context)
        quotes = [
            self._quote(option, state.get((option.strike_ticks, option.put)), context, observed_at_ms)
            for option in selected
        ]
        return ExpirySnapshot(expiry, forward_q16, tuple(quotes))

    def _forward_usd(self, fresh: Sequence[OptionSummary], newest_ms: int) -> Decimal | None:
        """Median of the underlying prices within the band around the median of all."""
        if not fresh:
            return None
        context = QuoteContext(newest_ms, median(quote.underlying_price_usd for quote in fresh), self.limits)
        accepted = []
        for quote in fresh:
            values = forward_out_of_band(quote, context)
            if values is None:
                accepted.append(quote.underlying_price_usd)
        return median(accepted) if accepted else None

    def _note_forward(self, quote: OptionSummary, context: QuoteContext) -> None:
        """Record a quote that is not selected, and whose underlying price the forward left out."""
        if not_open(quote, context) or stale(quote, context):
            return
        values = forward_out_of_band(quote, context)
        if values is not None:
            self._refuse("forward_out_of_band", quote.symbol, quote.exchange_time_ms, values)

    def _quote(
        self, option: OptionInstrument, quote: OptionSummary | None, context: QuoteContext, observed_at_ms: int
    ) -> Quote:
        absent = Quote(option.strike_ticks, put=False, quoted=False, mid_half_ticks=0, half_spread_half_ticks=0)
        if quote is None:
            self._refuse("unseen", format_option(option, self.tick_e2), observed_at_ms, {})
            self._removed[option.expiry]["unseen"] += 1
            return absent
        try:
            bid, ask = require_usable(quote, context)
        except RefusedQuote as refused:
            self._refuse(refused.rule, refused.instrument, quote.exchange_time_ms, refused.values)
            self._removed[option.expiry][refused.rule] += 1
            return absent
        return Quote(option.strike_ticks, option.put, True, _half_ticks(ask + bid), _half_ticks(ask - bid))

    def _refuse(self, rule: str, subject: str, at_ms: int, values: Mapping[str, object]) -> None:
        self.ledger.record(rule, subject, at_ms * 1000, values)


def _half_ticks(twice_the_price: Decimal) -> int:
    """Half of a sum or difference of two prices on the 1e-4 grid, in units of 5e-5 coin: exact."""
    return int(twice_the_price * 10_000)
