# SPDX-License-Identifier: Apache-2.0
"""Our Black-76 Greeks against the venue's own, at the volatility and underlying price the venue states.

Deribit states vega per volatility point and theta per day of 24 hours, of one coin's option in dollars; ours are per 1.00 of
volatility and per year of 365 days.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.table import Table

from oracle.analytics.black76 import greeks
from oracle.cli.output import table
from oracle.stream.events import OptionSummary
from oracle.stream.instrument import parse_option
from oracle.surface.quotes import YEAR_MS

NAMES = ("delta", "gamma", "vega", "theta")
POINTS_PER_VOL, DAYS_PER_YEAR = 100, 365


@dataclass(frozen=True)
class GreeksComparison:
    """``count`` options compared, ``skipped`` without Greeks, volatility or time; differences of ours, absolute, by name."""

    count: int
    skipped: int
    largest: dict[str, float]
    instruments: dict[str, str]

    def to_json(self) -> dict[str, object]:
        """The comparison as JSON."""
        return {
            "count": self.count,
            "skipped": self.skipped,
            "largest_difference": self.largest,
            "instruments": self.instruments,
        }

    def table(self) -> Table:
        """The comparison for a terminal."""
        shown = table(f"Greeks against the venue's, {self.count} options", "Greek", "instrument", "largest", left=2)
        for name in NAMES:
            shown.add_row(name, self.instruments.get(name, ""), f"{self.largest.get(name, 0.0):.6f}")
        return shown


def compare_greeks(quotes: Iterable[OptionSummary]) -> GreeksComparison:
    """Compares every option ticker that carries Greeks and a positive mark volatility before its expiry."""
    count = skipped = 0
    largest: dict[str, float] = {}
    instruments: dict[str, str] = {}
    for quote in sorted(quotes, key=lambda q: q.symbol):
        option = parse_option(quote.symbol)
        left_ms = option.expiry * 1000 - quote.exchange_time_ms
        if quote.greeks is None or not quote.mark_iv_percent or left_ms <= 0:
            skipped += 1
            continue
        count += 1
        ours = greeks(
            float(quote.underlying_price_usd),
            float(option.strike_ticks),
            float(quote.mark_iv_percent) / 100,
            left_ms / YEAR_MS,
            option.put,
        )
        values = {
            "delta": float(ours.delta),
            "gamma": float(ours.gamma),
            "vega": float(ours.vega) / POINTS_PER_VOL,
            "theta": float(ours.theta) / DAYS_PER_YEAR,
        }
        for name, value in values.items():
            difference = abs(value - float(getattr(quote.greeks, name)))
            if difference >= largest.get(name, 0.0):
                largest[name], instruments[name] = difference, quote.symbol
    return GreeksComparison(count, skipped, largest, instruments)
