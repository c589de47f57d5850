# SPDX-License-Identifier: Apache-2.0
"""Recordings as the commands read them: the last snapshot of each market, its fit, the venue's own Greeks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from oracle.errors import ConfigError, FrameRejected, SnapshotError
from oracle.model.snapshot import MarketSnapshot
from oracle.node.markets import MARKETS, Market
from oracle.stream.epochs import snapshots
from oracle.stream.events import Event, OptionSummary
from oracle.stream.instrument import parse_expiry
from oracle.stream.ledger import RejectLedger
from oracle.stream.open_recording import RecordedMarkets, open_recording
from oracle.stream.snapshot import SnapshotBuilder
from oracle.surface.market import MarketFit, fit_market


def market_named(name: str) -> Market:
    """A market. Raises :class:`ConfigError` for one that is not served."""
    for market in MARKETS:
        if market.name == name:
            return market
    raise ConfigError(f"market = {name!r}: must be one of {[market.name for market in MARKETS]}")


@dataclass(frozen=True)
class Observed:
    """A market's snapshot and what its builder left unquoted, per expiry and rule."""

    snapshot: MarketSnapshot
    unquoted: Mapping[int, Mapping[str, int]]

    def fit(self) -> MarketFit:
        """The fit of everything that can be fitted."""
        return fit_market(self.snapshot, unquoted=self.unquoted)


@dataclass
class Replay:
    """One pass over a recording; ``quotes``: the newest ticker of each option."""

    path: Path
    ledger: RejectLedger = field(default_factory=RejectLedger)
    late: RejectLedger = field(default_factory=RejectLedger)
    quotes: dict[str, OptionSummary] = field(default_factory=dict)
    recording: RecordedMarkets | None = None

    def observed(self) -> Iterator[Observed]:
        """Every snapshot in order. Raises ``OSError`` for a file that cannot be opened, InvalidFrame for a torn document."""
        builders = {
            m.name: SnapshotBuilder(m.name, m.currency, m.tick_e2, ledger=self.ledger, late=self.late) for m in MARKETS
        }
        self.recording = open_recording(self.path, self.ledger)
        for snapshot in snapshots(self._noted(self.recording.events), *builders.values()):
            yield Observed(snapshot, builders[snapshot.market].removed)

    def _noted(self, events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            if isinstance(event, OptionSummary):
                held = self.quotes.get(event.symbol)
                if held is None or event.key >= held.key:
                    self.quotes[event.symbol] = event
            yield event

    def newest_quotes(self) -> list[OptionSummary]:
        """The newest ticker of each option, from a pass over the whole recording."""
        for _ in self.observed():
            pass
        return list(self.quotes.values())

    def last(self, market: str | None = None) -> dict[str, Observed]:
        """The last snapshot of each market, or of one. Raises :class:`SnapshotError` where there is none."""
        wanted = None if market is None else market_named(market).name
        found = {o.snapshot.market: o for o in self.observed() if wanted in (None, o.snapshot.market)}
        if not found:
            rules = ", ".join(f"{rule}: {count}" for rule, count in self.ledger.counts.items()) or "nothing refused"
            raise SnapshotError(f"{self.path}: no snapshot of {wanted or 'any market'} ({rules})")
        return dict(sorted(found.items()))

    def only(self, market: str | None) -> Observed:
        """The last snapshot of the one market named or held. Raises :class:`ConfigError` where several are held."""
        found = self.last(market)
        if len(found) > 1:
            raise ConfigError(f"{self.path} holds {list(found)}: name one with --market")
        return next(iter(found.values()))


def parse_expiry_option(text: str) -> int:
    """Unix seconds of ``27MAR26`` or of digits. Raises :class:`ConfigError`."""
    if text.isascii() and text.isdigit() and len(text) <= 12:
        return int(text)
    try:
        return parse_expiry(text, text.upper())
    except FrameRejected:
        raise ConfigError(f"expiry = {text!r}: must be a date such as 27MAR26, or Unix seconds") from None
